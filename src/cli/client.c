/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "cli/client.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "cli/client.h"

enum {
	CONNECT_SECONDS = 5,
	TOTAL_SECONDS = 120,
	ANSWER_MAX = 64 << 20,
	TRIES = 4,
	WAIT_MAX_SECONDS = 30,
};

#define MAYBE_DONE "; what was asked may have been done all the same"

struct cli_client {
	CURL *curl;
	struct arena *arena;
	const char *base;          /* what every URL begins with */
	const char *place;         /* what to call the server in messages */
	const char *authorization; /* header line, NULL: none */
	bool is_socket;
};

/* The bytes of an answer while they come. */
struct receiver {
	struct buf bytes;
	bool is_too_large;
};

/* True if the text can stand in a header: printable ASCII, no blank. */
static bool
is_token(const char *s)
{
	for (const char *p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return s[0] != '\0';
}

/* Takes one part of a URL; NULL if there is none. The arena owns the text. */
static const char *
url_part(struct arena *a, CURLU *u, CURLUPart part)
{
	char *text;
	if (curl_url_get(u, part, &text, 0) != CURLUE_OK)
		return NULL;
	const char *copy = arena_strdup(a, text);
	curl_free(text);
	return copy;
}

/*
 * Takes a base URL apart: scheme, host, perhaps a port and a path. A user, a
 * query or a fragment has no meaning there; a password would be a key that
 * shows in messages.
 */
static int
url_check(struct cli_client *c, const char *url, struct fault *fault_r)
{
	CURLU *u = curl_url();
	int rc = -1;
	const char *scheme, *host, *port, *path;
	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    (scheme = url_part(c->arena, u, CURLUPART_SCHEME)) == NULL ||
	    (host = url_part(c->arena, u, CURLUPART_HOST)) == NULL ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)) {
		fault(fault_r, FAULT_INVALID,
		    "the URL must be http://HOST[:PORT] or "
		    "https://HOST[:PORT]");
		goto out;
	}
	if (url_part(c->arena, u, CURLUPART_USER) != NULL ||
	    url_part(c->arena, u, CURLUPART_QUERY) != NULL ||
	    url_part(c->arena, u, CURLUPART_FRAGMENT) != NULL) {
		fault(fault_r, FAULT_INVALID,
		    "the URL must not have a user, a query or a fragment");
		goto out;
	}
	port = url_part(c->arena, u, CURLUPART_PORT);
	path = url_part(c->arena, u, CURLUPART_PATH);
	size_t n = path == NULL ? 0 : strlen(path);
	while (n > 0 && path[n - 1] == '/')
		n--;
	c->place = arena_printf(c->arena, "%s://%s%s%s", scheme, host,
	    port != NULL ? ":" : "", port != NULL ? port : "");
	c->base = arena_printf(c->arena, "%s%.*s", c->place, (int)n,
	    path != NULL ? path : "");
	rc = 0;
out:
	curl_url_cleanup(u);
	return rc;
}

/* Fills in where the server is. */
static int
target_check(struct cli_client *c, const struct cli_target *t,
    struct fault *fault_r)
{
	if (t->url == NULL) {
		struct sockaddr_un sun;
		if (strlen(t->socket) >= sizeof(sun.sun_path))
			return fault(fault_r, FAULT_INVALID,
			    "the path of the socket is too long: %s",
			    t->socket);
		c->is_socket = true;
		c->place = arena_strdup(c->arena, t->socket);
		c->base = "http://localhost";
		return 0;
	}
	if (t->key != NULL && !is_token(t->key))
		return fault(fault_r, FAULT_INVALID,
		    "the key is empty or has characters no key has");
	if (t->key != NULL)
		c->authorization =
		    arena_printf(c->arena, "Authorization: Bearer %s", t->key);
	return url_check(c, t->url, fault_r);
}

struct cli_client *
cli_client_new(const struct cli_target *t, struct fault *fault_r)
{
	struct cli_client *c = xcalloc(1, sizeof(*c));
	c->arena = arena_new();
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (c->curl = curl_easy_init()) == NULL) {
		fault(fault_r, FAULT_INTERNAL, "libcurl does not start");
		cli_client_free(c);
		return NULL;
	}
	if (target_check(c, t, fault_r) < 0) {
		cli_client_free(c);
		return NULL;
	}
	return c;
}

void
cli_client_free(struct cli_client *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->curl);
	curl_global_cleanup();
	arena_free(c->arena);
	free(c);
}

/* Takes bytes of an answer; a short count ends the transfer. */
static size_t
receive(char *data, size_t one, size_t n, void *arg)
{
	struct receiver *r = arg;
	(void)one;
	if (r->bytes.len + n > ANSWER_MAX) {
		r->is_too_large = true;
		return 0;
	}
	buf_add(&r->bytes, data, n);
	return n;
}

/* Reads the next bytes of a part from its stream. */
static size_t
part_read(char *p, size_t one, size_t n, void *arg)
{
	FILE *f = arg;
	size_t got = fread(p, one, n, f);
	return ferror(f) ? CURL_READFUNC_ABORT : got;
}

/* The form of a request, to be freed; NULL if it has none. */
static curl_mime *
form(struct cli_client *c, const struct cli_request *q)
{
	if (q->parts == NULL)
		return NULL;
	curl_mime *m = curl_mime_init(c->curl);
	for (const struct cli_part *p = q->parts; p->name != NULL; p++) {
		curl_mimepart *to = curl_mime_addpart(m);
		curl_mime_name(to, p->name);
		if (p->stream == NULL) {
			curl_mime_data(to, p->text, CURL_ZERO_TERMINATED);
			continue;
		}
		curl_mime_filename(to, p->name);
		curl_mime_type(to, "text/csv");
		curl_mime_data_cb(to, -1, part_read, NULL, NULL, p->stream);
	}
	return m;
}

/* The headers of a request; an empty "Expect:" keeps libcurl from asking
 * first whether a large body is welcome. */
static struct curl_slist *
headers(const struct cli_client *c, const struct cli_request *q)
{
	struct curl_slist *h =
	    curl_slist_append(NULL, "Accept: application/json");
	h = curl_slist_append(h, "Expect:");
	if (q->body != NULL)
		h = curl_slist_append(h, "Content-Type: application/json");
	else if (q->parts == NULL)
		h = curl_slist_append(h, "Content-Type:");
	if (c->authorization != NULL)
		h = curl_slist_append(h, c->authorization);
	if (q->idempotency_key != NULL) {
		struct buf line = { 0 };
		buf_printf(&line, "Idempotency-Key: %s", q->idempotency_key);
		h = curl_slist_append(h, line.data);
		buf_free(&line);
	}
	return h;
}

/* Sets a request up. No proxy, no redirect, no .netrc: what is sent goes to
 * the named server only, and the path arrives as it is. */
static void
set_up(struct cli_client *c, const struct cli_request *q, const char *url,
    struct curl_slist *h, struct receiver *r)
{
	CURL *e = c->curl;
	curl_easy_reset(e);
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	if (c->is_socket)
		curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, c->place);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(e, CURLOPT_TIMEOUT,
	    q->is_long ? 0L : (long)TOTAL_SECONDS);
	curl_easy_setopt(e, CURLOPT_USERAGENT,
	    PACKAGE_NAME "/" PACKAGE_VERSION);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, h);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
	if (q->parts == NULL &&
	    (q->body != NULL || strcmp(q->method, "POST") == 0)) {
		curl_easy_setopt(e, CURLOPT_POST, 1L);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS,
		    q->body != NULL ? q->body : "");
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)(q->body != NULL ? q->body_len : 0));
	}
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, q->method);
}

/* Says why there is no answer. */
static int
no_answer(struct cli_client *c, CURLcode code, const struct receiver *r,
    struct fault *fault_r)
{
	long number = 0;
	curl_off_t connected_us = 0;
	curl_easy_getinfo(c->curl, CURLINFO_OS_ERRNO, &number);
	curl_easy_getinfo(c->curl, CURLINFO_CONNECT_TIME_T, &connected_us);
	if (r->is_too_large)
		return fault(fault_r, FAULT_INVALID,
		    "the answer of %s is larger than %d MB", c->place,
		    ANSWER_MAX >> 20);
	if (code == CURLE_OPERATION_TIMEDOUT && connected_us > 0)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "%s did not answer within %d seconds" MAYBE_DONE, c->place,
		    TOTAL_SECONDS);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return fault(fault_r, FAULT_INVALID,
		    "the file cannot be read to its end");
	if (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
	    code == CURLE_SEND_ERROR || code == CURLE_PARTIAL_FILE)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "%s broke the connection off" MAYBE_DONE, c->place);
	return fault(fault_r, FAULT_UNAVAILABLE, "cannot reach %s: %s",
	    c->place,
	    code == CURLE_COULDNT_CONNECT && number != 0
		? strerror((int)number)
		: curl_easy_strerror(code));
}

/* Sends once. 0 with the answer's bytes in *r, -1 with fault_r. */
static int
send_once(struct cli_client *c, const struct cli_request *q, int *status_r,
    struct receiver *r, struct fault *fault_r)
{
	struct buf url = { 0 };
	struct curl_slist *h = headers(c, q);
	long status = 0;
	buf_printf(&url, "%s%s", c->base, q->path);
	set_up(c, q, url.data, h, r);
	curl_mime *m = form(c, q);
	if (m != NULL)
		curl_easy_setopt(c->curl, CURLOPT_MIMEPOST, m);
	CURLcode code = curl_easy_perform(c->curl);
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	*status_r = (int)status;
	curl_mime_free(m);
	curl_slist_free_all(h);
	buf_free(&url);
	return code == CURLE_OK ? 0 : no_answer(c, code, r, fault_r);
}

/* The seconds to wait before the next try, 0: the answer stands. */
static int
retry_wait(struct cli_client *c, int status, int try)
{
	curl_off_t after = 0;
	curl_easy_getinfo(c->curl, CURLINFO_RETRY_AFTER, &after);
	if (try + 1 >= TRIES || (status != 429 && status != 503))
		return 0;
	if (after <= 0)
		return status == 429 ? 1 <<
		try:
			0;
	return after > WAIT_MAX_SECONDS ? 0 : (int)after;
}

/* Reads the bytes of an answer as JSON. */
static int
answer_read(struct cli_client *c, struct arena *a, const struct cli_request *q,
    const struct receiver *r, struct cli_answer *answer_r,
    struct fault *fault_r)
{
	struct fault f;
	answer_r->body = NULL;
	if (r->bytes.len == 0 && answer_r->status / 100 == 2)
		return 0;
	answer_r->body = json_parse(a,
	    r->bytes.data != NULL ? r->bytes.data : "", r->bytes.len, &f);
	if (answer_r->body == NULL && q->takes_text &&
	    answer_r->status / 100 == 2)
		return 0;
	if (answer_r->body == NULL || answer_r->status < 200 ||
	    answer_r->status / 100 == 3)
		return fault(fault_r, FAULT_INVALID,
		    "%s does not answer as Postflow does (HTTP %d)", c->place,
		    answer_r->status);
	return 0;
}

int
cli_client_call(struct cli_client *c, struct arena *a,
    const struct cli_request *q, struct cli_answer *answer_r,
    struct fault *fault_r)
{
	for (int try = 0;; try++) {
		struct receiver r = { 0 };
		int rc = send_once(c, q, &answer_r->status, &r, fault_r);
		int wait = rc < 0 || q->is_long
		    ? 0
		    : retry_wait(c, answer_r->status, try);
		if (rc == 0 && wait == 0)
			rc = answer_read(c, a, q, &r, answer_r, fault_r);
		buf_free(&r.bytes);
		if (wait == 0)
			return rc;
		nanosleep(&(struct timespec){ .tv_sec = wait }, NULL);
	}
}
