/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/cli/fake_server.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/un.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tests/tap.h"

enum { SEEN_MAX = 64, ANSWERS_MAX = 64 };

struct answer {
	int status;
	const char *body, *retry_after;
};

static struct event_base *base;
static struct evhttp *http;
static char socket_path[300], conf_path[300], url[64];
static char *seen[SEEN_MAX], *seen_headers[SEEN_MAX];
static char seen_cmdline[SEEN_MAX][200];
static int n_seen;
static struct answer answers[ANSWERS_MAX];
static int n_answers, next_answer;

/* Keeps the headers as "name: value" lines, names in lower case. */
static char *
headers_text(struct evhttp_request *q)
{
	struct buf b = { 0 };
	struct evkeyval *h;
	buf_char(&b, '\n');
	TAILQ_FOREACH (h, evhttp_request_get_input_headers(q), next) {
		for (const char *s = h->key; *s != '\0'; s++)
			buf_char(&b, *s >= 'A' && *s <= 'Z' ? *s + 32 : *s);
		buf_printf(&b, ": %s\n", h->value);
	}
	return buf_take(&b);
}

static const char *
method_name(enum evhttp_cmd_type type)
{
	return type == EVHTTP_REQ_GET   ? "GET"
	    : type == EVHTTP_REQ_POST   ? "POST"
	    : type == EVHTTP_REQ_PATCH  ? "PATCH"
	    : type == EVHTTP_REQ_DELETE ? "DELETE"
					: "OTHER";
}

/* Adds 65 MB of blanks: more than postflow takes, and JSON all the same. */
static void
add_blanks(struct evbuffer *to)
{
	static char blanks[1 << 20];
	memset(blanks, ' ', sizeof(blanks));
	for (int i = 0; i < 65; i++)
		evbuffer_add_reference(to, blanks, sizeof(blanks), NULL, NULL);
}

/* Keeps a request and gives the next answer. */
static void
request(struct evhttp_request *q, void *arg)
{
	static const struct answer none = { 500, "{\"message\":\"unasked\"}",
		NULL };
	const struct answer *a =
	    next_answer < n_answers ? &answers[next_answer++] : &none;
	struct evbuffer *in = evhttp_request_get_input_buffer(q);
	struct evbuffer *body = evbuffer_new();
	struct buf b = { 0 };
	size_t n = evbuffer_get_length(in);
	(void)arg;
	buf_printf(&b, "%s %s", method_name(evhttp_request_get_command(q)),
	    evhttp_request_get_uri(q));
	if (n > 0)
		buf_printf(&b, " %.*s", (int)n,
		    (char *)evbuffer_pullup(in, -1));
	if (n_seen < SEEN_MAX) {
		seen[n_seen] = buf_take(&b);
		run_cmdline(seen_cmdline[n_seen], sizeof(seen_cmdline[0]));
		seen_headers[n_seen++] = headers_text(q);
	}
	buf_free(&b);
	if (a->status == 0) {
		evbuffer_free(body);
		evhttp_connection_free(evhttp_request_get_connection(q));
		return;
	}
	if (a->retry_after != NULL)
		evhttp_add_header(evhttp_request_get_output_headers(q),
		    "Retry-After", a->retry_after);
	if (a->body == NULL)
		add_blanks(body);
	else
		evbuffer_add(body, a->body, strlen(a->body));
	evhttp_send_reply(q, a->status, "Answer", body);
	evbuffer_free(body);
}

static void
listen_unix(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	snprintf(socket_path, sizeof(socket_path), "%s/api.sock", tap_dir());
	memcpy(sun.sun_path, socket_path, strlen(socket_path));
	struct evconnlistener *l = evconnlistener_new_bind(base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 16,
	    (struct sockaddr *)&sun, sizeof(sun));
	evhttp_bind_listener(http, l);
}

void
fake_start(void)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	signal(SIGPIPE, SIG_IGN);
	base = event_base_new();
	http = evhttp_new(base);
	evhttp_set_allowed_methods(http,
	    EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PATCH |
		EVHTTP_REQ_DELETE);
	evhttp_set_gencb(http, request, NULL);
	listen_unix();
	struct evhttp_bound_socket *tcp =
	    evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
	getsockname(evhttp_bound_socket_get_fd(tcp), (struct sockaddr *)&sin,
	    &len);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", ntohs(sin.sin_port));
	snprintf(conf_path, sizeof(conf_path), "%s/postflow.conf", tap_dir());
	FILE *f = fopen(conf_path, "w");
	fprintf(f, "api {\n\tsocket = \"%s\"\n}\n", socket_path);
	fclose(f);
}

void
fake_stop(void)
{
	fake_forget();
	evhttp_free(http);
	event_base_free(base);
	run_end();
}

const char *
fake_conf(void)
{
	return conf_path;
}

const char *
fake_url(void)
{
	return url;
}

void
fake_answer_later(int status, const char *retry_after, const char *body)
{
	answers[n_answers++] = (struct answer){ status, body, retry_after };
}

void
fake_answer(int status, const char *body)
{
	fake_answer_later(status, NULL, body);
}

int
fake_count(void)
{
	return n_seen;
}

const char *
fake_seen(int i)
{
	return i < n_seen ? seen[i] : "";
}

const char *
fake_cmdline(int i)
{
	return i < n_seen ? seen_cmdline[i] : "";
}

const char *
fake_header(int i, const char *name)
{
	static char value[300];
	char start[64];
	value[0] = '\0';
	snprintf(start, sizeof(start), "\n%s: ", name);
	const char *at = i < n_seen ? strstr(seen_headers[i], start) : NULL;
	if (at != NULL) {
		at += strlen(start);
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\n"),
		    at);
	}
	return value;
}

void
fake_forget(void)
{
	for (int i = 0; i < n_seen; i++) {
		free(seen[i]);
		free(seen_headers[i]);
	}
	n_seen = n_answers = next_answer = 0;
}

struct event_base *
fake_base(void)
{
	return base;
}
