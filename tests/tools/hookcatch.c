/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * hookcatch DIR: an endpoint for webhooks on a port of 127.0.0.1, which is
 * printed first. Each request becomes DIR/NNNNNN.head (a line "METHOD PATH",
 * then the headers) and .body; the head appears last, and whole. How it answers
 * is in the path:
 *   /status/NNN  with that status, and a Location to /ok
 *   /gate        with 500 until DIR/open exists, then with 200
 *   /silent      never
 *   /big         with 200 and 3 MiB
 *   else         with 200
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/tools/net.h"

enum { BIG = 3 << 20, PATH_LEN = 600 };

static const char *dir;

/* Writes a file that appears whole. */
static void
write_file(int n, const char *kind, struct evbuffer *content)
{
	char path[PATH_LEN], hidden[PATH_LEN + 8];
	snprintf(path, sizeof(path), "%s/%06d.%s", dir, n, kind);
	snprintf(hidden, sizeof(hidden), "%s/.new", dir);
	FILE *f = fopen(hidden, "w");
	if (f == NULL)
		die("%s cannot be written", hidden);
	size_t len = evbuffer_get_length(content);
	if (len > 0)
		fwrite(evbuffer_pullup(content, -1), 1, len, f);
	if (fclose(f) != 0 || rename(hidden, path) != 0)
		die("%s cannot be written", path);
}

static void
keep(struct evhttp_request *req)
{
	static int n;
	struct evbuffer *head = evbuffer_new();
	const struct evkeyval *h;
	evbuffer_add_printf(head, "%s %s\n",
	    evhttp_request_get_command(req) == EVHTTP_REQ_POST ? "POST"
							       : "other",
	    evhttp_request_get_uri(req));
	for (h = evhttp_request_get_input_headers(req)->tqh_first; h != NULL;
	     h = h->next.tqe_next)
		evbuffer_add_printf(head, "%s: %s\n", h->key, h->value);
	write_file(n, "body", evhttp_request_get_input_buffer(req));
	write_file(n, "head", head);
	evbuffer_free(head);
	n++;
}

static bool
gate_is_open(void)
{
	char path[PATH_LEN];
	snprintf(path, sizeof(path), "%s/open", dir);
	return access(path, F_OK) == 0;
}

static void
on_request(struct evhttp_request *req, void *arg)
{
	const char *path = evhttp_request_get_uri(req);
	struct evbuffer *said = evbuffer_new();
	int code = 200;
	(void)arg;
	keep(req);
	if (strncmp(path, "/status/", 8) == 0) {
		code = (int)number(path + 8);
		evhttp_add_header(evhttp_request_get_output_headers(req),
		    "Location", "/ok");
	}
	if (strcmp(path, "/gate") == 0 && !gate_is_open())
		code = 500;
	if (strcmp(path, "/big") == 0) {
		char *big = calloc(1, BIG);
		evbuffer_add(said, big, BIG);
		free(big);
	} else {
		evbuffer_add_printf(said, "heard %s", path);
	}
	if (strcmp(path, "/silent") != 0)
		evhttp_send_reply(req, code, "As Asked", said);
	evbuffer_free(said);
}

static void
on_signal(int number, short what, void *arg)
{
	(void)number, (void)what;
	event_base_loopbreak(arg);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	if (argc != 2)
		die("usage: hookcatch DIR");
	dir = argv[1];
	signal(SIGPIPE, SIG_IGN);
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	struct evhttp_bound_socket *s =
	    evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
	if (s == NULL)
		die("no port to be had");
	evhttp_set_gencb(http, on_request, NULL);
	getsockname(evhttp_bound_socket_get_fd(s), (struct sockaddr *)&sin,
	    &len);
	printf("%d\n", ntohs(sin.sin_port));
	fflush(stdout);
	struct event *end = evsignal_new(base, SIGTERM, on_signal, base);
	event_add(end, NULL);
	event_base_dispatch(base);
	event_free(end);
	evhttp_free(http);
	event_base_free(base);
	return 0;
}
