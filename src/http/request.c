/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request: its memory, and what its owner may ask of it. Its head is parsed
 * in place; names and values stay where they were read.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "http/http_private.h"

void
hold(struct http_server *s, int64_t bytes)
{
	if (s != NULL)
		s->held += bytes;
}

void
listener_unref(struct listener *l)
{
	if (l == NULL || --l->refs > 0)
		return;
	for (char **h = l->hosts; h != NULL && *h != NULL; h++)
		free(*h);
	free(l->hosts);
	free(l->name);
	SSL_CTX_free(l->tls);
	free(l);
}

/* Who sends it: kept also when the connection ends before the request. */
static void
peer_set(struct http_request *r, const struct conn *c)
{
	r->peer = (struct http_peer){ .is_unix = c->family == AF_UNIX };
	if (r->peer.is_unix) {
		r->peer.uid = c->peer.cred.uid;
		r->peer.gid = c->peer.cred.gid;
		r->peer.pid = c->peer.cred.pid;
		r->peer.address = "unix";
	} else {
		r->ip = c->peer.ip;
	}
}

struct http_request *
request_get(struct conn *c)
{
	struct http_server *s = c->server;
	struct http_request *r = LIST_FIRST(&s->stock);
	if (r != NULL) {
		LIST_REMOVE(r, all);
		s->n_stock--;
	} else {
		r = xcalloc(1, sizeof(*r));
		r->in_room = IN_FIRST;
		r->in = xmalloc(r->in_room);
		r->fd = -1;
		http_head_init(&r->head);
	}
	r->conn = c;
	r->server = s;
	r->listener = c->listener;
	r->listener->refs++;
	peer_set(r, c);
	return r;
}

/* Gives back what this one request took. */
static void
request_clear(struct http_request *r)
{
	arena_free(r->arena);
	if (r->body != NULL) {
		hold(r->server, -(int64_t)r->body_room);
		free(r->body);
	}
	if (r->fd >= 0)
		close(r->fd);
	r->arena = NULL;
	r->owner = NULL;
	r->body = NULL;
	r->body_room = r->body_len = 0;
	r->fd = -1;
	r->mode = BODY_NONE;
	r->chunks = (struct http_chunks){ 0 };
	r->body_max = r->left = r->taken = 0;
	r->at = 0;
	r->accepted = r->is_whole = r->is_ready = r->answered = false;
	r->is_paused = r->is_resumed = r->continued = false;
	r->segments[0] = NULL;
	http_head_init(&r->head);
}

void
request_put(struct http_request *r)
{
	struct http_server *s = r->server;
	request_clear(r);
	listener_unref(r->listener);
	hold(s, -(int64_t)r->in_held);
	r->in_held = 0;
	r->listener = NULL;
	r->conn = NULL;
	r->in_end = 0;
	if (s != NULL && s->n_stock < STOCK_MAX && r->in_room <= IN_BODY) {
		LIST_INSERT_HEAD(&s->stock, r, all);
		s->n_stock++;
		return;
	}
	free(r->texts);
	free(r->in);
	free(r);
}

void
request_next(struct http_request *r)
{
	size_t behind = r->in_end - r->at;
	memmove(r->in, r->in + r->at, behind);
	r->in_end = behind;
	request_clear(r);
}

bool
request_room(struct http_request *r, size_t room)
{
	struct http_server *s = r->server;
	if (room <= r->in_room)
		return true;
	if (s->held + (int64_t)(room - r->in_room) > s->limits.memory_budget)
		return false;
	hold(s, (int64_t)(room - r->in_room));
	r->in_held += room - r->in_room;
	r->in = xrealloc(r->in, room);
	r->in_room = room;
	return true;
}

int
request_segments(struct http_request *r)
{
	const char *p = r->in + r->head.path, *query = r->in + r->head.query;
	size_t path_len = strlen(p), query_len = strlen(query), n = 0;
	size_t need = path_len + query_len + 1;
	if (need > r->texts_room)
		r->texts = xrealloc(r->texts, r->texts_room = need + 256);
	if (!http_query_valid(query, r->texts))
		return 400;
	char *to = r->texts;
	while (*(p += strspn(p, "/")) != '\0') {
		size_t len = strcspn(p, "/");
		if (n == SEGMENTS_MAX)
			return 414;
		size_t out = http_unescape(p, len, false, to);
		if (!http_text_valid(to, out))
			return 400;
		r->segments[n++] = to;
		r->segments[n] = NULL;
		to[out] = '\0';
		to += out + 1;
		p += len;
	}
	return 0;
}

const char *
http_method(const struct http_request *r)
{
	return r->in + r->head.method;
}

const char *
http_path(const struct http_request *r)
{
	return r->in + r->head.path;
}

const char *const *
http_segments(const struct http_request *r)
{
	return r->segments;
}

const char *
http_query(const struct http_request *r)
{
	return r->in + r->head.query;
}

const char *
http_query_get(struct http_request *r, const char *name)
{
	const char *p = http_query(r);
	size_t wanted = strlen(name);
	while (*p != '\0') {
		size_t len = strcspn(p, "&"), key = strcspn(p, "&=");
		char *text = arena_alloc(http_request_arena(r), len + 2);
		size_t n = http_unescape(p, key, true, text);
		if (n == wanted && memcmp(text, name, n) == 0) {
			size_t skip = key < len ? key + 1 : key;
			n = http_unescape(p + skip, len - skip, true, text);
			text[n] = '\0';
			return text;
		}
		p += len + (p[len] != '\0');
	}
	return NULL;
}

/* The i-th field's value if it has this name. */
static const char *
field_value(const struct http_request *r, int i, const char *name, size_t len)
{
	const struct http_field *f = &r->head.fields[i];
	if (f->name_len != len || strcasecmp(r->in + f->name, name) != 0)
		return NULL;
	return r->in + f->value;
}

const char *
http_header_get(const struct http_request *r, const char *name)
{
	const char *found = NULL, *value;
	size_t len = strlen(name);
	for (int i = 0; i < r->head.n_fields; i++) {
		if ((value = field_value(r, i, name, len)) == NULL)
			continue;
		/* The arena is memory of the request, not its meaning. */
		found = found == NULL
		    ? value
		    : arena_printf(http_request_arena(
				       (struct http_request *)(uintptr_t)r),
			  "%s, %s", found, value);
	}
	return found;
}

const struct http_peer *
http_request_peer(const struct http_request *request)
{
	struct http_request *r = (struct http_request *)(uintptr_t)request;
	if (r->peer.address != NULL)
		return &r->peer;
	if (IN6_IS_ADDR_V4MAPPED(&r->ip))
		inet_ntop(AF_INET, &r->ip.s6_addr[12], r->address,
		    sizeof(r->address));
	else
		inet_ntop(AF_INET6, &r->ip, r->address, sizeof(r->address));
	r->peer.address = r->address;
	return &r->peer;
}

const char *
http_request_listener(const struct http_request *r)
{
	return r->listener->name;
}

void *
http_request_owner(const struct http_request *r)
{
	return r->owner;
}

struct arena *
http_request_arena(struct http_request *r)
{
	if (r->arena == NULL)
		r->arena = arena_new();
	return r->arena;
}

void
http_request_body(const struct http_request *r, struct http_body *b)
{
	*b = (struct http_body){ .data = "", .fd = -1 };
	if (r->mode == BODY_IN_PLACE) {
		b->data = r->in + r->head.line;
		b->len = (size_t)r->head.content_length;
	} else if (r->mode == BODY_MEMORY && r->body != NULL) {
		b->data = r->body;
		b->len = r->body_len;
	} else if (r->mode == BODY_FILE) {
		*b = (struct http_body){ .fd = r->fd, .len = (size_t)r->taken };
	}
}

bool
http_request_gone(const struct http_request *r)
{
	return r->conn == NULL;
}

void
http_resume(struct http_request *r)
{
	r->is_resumed = true;
	if (r->conn != NULL)
		conn_resume(r->conn);
}
