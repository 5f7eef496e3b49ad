/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/answer.h"

#include <string.h>

#include "api/call.h"
#include "api/logbook.h"
#include "base/clock.h"
#include "conf/conf.h"

enum { HEADERS_MAX = 16 };

/* ---- paths ------------------------------------------------------------- */

const char *const *
answer_segments(const struct api *api, struct http_request *req)
{
	const char *const *all = http_segments(req), *const *s = all;
	const char *prefix = ((const struct conf *)api->conf)->api_prefix;
	while (prefix != NULL && *(prefix += strspn(prefix, "/")) != '\0') {
		size_t n = strcspn(prefix, "/");
		if (*s == NULL || strlen(*s) != n ||
		    strncmp(*s, prefix, n) != 0)
			return all;
		prefix += n;
		s++;
	}
	return s;
}

const char *
answer_endpoint(const struct api *api, struct http_request *req)
{
	const char *const *s = answer_segments(api, req);
	size_t len = 2;
	for (int i = 0; s[i] != NULL; i++)
		len += strlen(s[i]) + 1;
	char *path = arena_alloc(http_request_arena(req), len), *to = path;
	for (; *s != NULL; s++) {
		*to++ = '/';
		to = stpcpy(to, *s);
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
	return path;
}

/* ---- headers ----------------------------------------------------------- */

/* The headers, and behind them what is left of the limit. */
static const struct http_header *
with_rate(struct arena *a, const struct rate *r,
    const struct http_header *given)
{
	struct http_header *all = arena_alloc(a, HEADERS_MAX * sizeof(*all));
	int n = 0;
	for (; given != NULL && given->name != NULL; given++)
		all[n++] = *given;
	all[n++] = (struct http_header){ "ratelimit-limit",
		arena_printf(a, "%d", r->limit) };
	all[n++] = (struct http_header){ "ratelimit-remaining",
		arena_printf(a, "%d", r->remaining) };
	all[n++] = (struct http_header){ "ratelimit-reset", "1" };
	all[n++] = (struct http_header){ "ratelimit-policy",
		arena_printf(a, "%d;w=1", r->limit) };
	all[n] = (struct http_header){ NULL, NULL };
	return all;
}

/* ---- the logbook ------------------------------------------------------- */

static void
note(const struct asker *who, struct http_request *req, int status,
    const void *body, size_t len)
{
	struct http_body b;
	http_request_body(req, &b);
	const struct log_entry e = { .method = http_method(req),
		.endpoint = answer_endpoint(who->api, req),
		.user_agent = http_header_get(req, "User-Agent"),
		.status = status,
		.request = { b.len > 0 ? (char *)(uintptr_t)b.data : NULL,
		    b.data != NULL ? b.len : 0, b.len },
		.response = { len > 0 ? (char *)(uintptr_t)body : NULL, len,
		    len } };
	logbook_add(who->api->logbook, &e, clock_now_ms());
}

void
answer_send(const struct asker *who, struct http_request *req, int status,
    const char *content_type, const struct http_header *headers,
    const void *body, size_t len)
{
	if (who->is_logged && logbook_is_on(who->api->logbook))
		note(who, req, status, body, len);
	if (who->rate.limit > 0)
		headers =
		    with_rate(http_request_arena(req), &who->rate, headers);
	http_reply(req, status, content_type, headers, body, len);
}

void
answer_error(const struct asker *who, struct http_request *req, int status,
    const char *name, const char *message, const struct http_header *headers)
{
	struct buf b = { 0 };
	error_body(&b, status, name, message);
	answer_send(who, req, status, "application/json; charset=utf-8",
	    headers, b.data, b.len);
	buf_free(&b);
}
