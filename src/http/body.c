/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a request's body goes: it stays behind the head, grows in memory, is
 * written to a file that has no name, or is handed on piece by piece.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "http/http_private.h"

/* A file without a name in the spool directory; -1 with errno. */
static int
spool_open(const char *dir)
{
	char path[4096];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	/* This file system cannot; take the name away instead. */
	int n = snprintf(path, sizeof(path), "%s/body.XXXXXX", dir);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((fd = mkostemp(path, O_CLOEXEC)) >= 0)
		unlink(path);
	return fd;
}

/* The spool failed; says so once a minute. Returns the status to answer. */
static int
spool_failed(struct http_server *s)
{
	int error = errno;
	if (timers_minute(s, &s->spool_logged))
		log_error("http spool failed dir=%s error=%s",
		    log_text(s->spool_dir), log_text(strerror(error)));
	return 503;
}

/* Writes all n bytes to the request's file. BODY_OK or a status. */
static int
spool_write(struct http_request *r, const char *p, size_t n)
{
	return file_write_all(r->fd, p, n) == 0 ? BODY_OK
						: spool_failed(r->server);
}

/* From memory to a file, with what has come so far. */
static int
spill(struct http_request *r)
{
	int status;
	if ((r->fd = spool_open(r->server->spool_dir)) < 0)
		return spool_failed(r->server);
	r->mode = BODY_FILE;
	if ((status = spool_write(r, r->body, r->body_len)) != BODY_OK)
		return status;
	hold(r->server, -(int64_t)r->body_room);
	free(r->body);
	r->body = NULL;
	r->body_room = r->body_len = 0;
	return BODY_OK;
}

/* Room for n more bytes and a NUL in memory, within the budget. */
static int
grow(struct http_request *r, size_t n)
{
	size_t need = r->body_len + n + 1, room = r->body_room;
	if (need <= room)
		return BODY_OK;
	room = 2 * room < IN_BODY ? IN_BODY : 2 * room;
	/* Of a body whose length is known no more than that. */
	if (!r->head.is_chunked && room > (size_t)r->left + r->body_len + 1)
		room = (size_t)r->left + r->body_len + 1;
	if (room < need)
		room = need;
	struct http_server *s = r->server;
	if (s->held + (int64_t)(room - r->body_room) > s->limits.memory_budget)
		return 503;
	hold(s, (int64_t)(room - r->body_room));
	r->body = xrealloc(r->body, room);
	r->body_room = room;
	return BODY_OK;
}

int
body_begin(struct http_request *r, const struct http_plan *plan)
{
	const struct http_limits *limits = &r->server->limits;
	int64_t length = r->head.content_length;
	r->body_max = plan->body_max;
	if (length > plan->body_max)
		return 413;
	r->mode = BODY_MEMORY;
	if (plan->sink == HTTP_SINK_STREAM)
		r->mode = BODY_STREAM;
	else if (r->head.is_chunked)
		r->mode = BODY_MEMORY;
	else if (length > (int64_t)limits->memory_body)
		return spill(r);
	else if (r->head.line + (uint64_t)length + 1 <= r->in_room)
		r->mode = BODY_IN_PLACE;
	else if (r->server->held + length > limits->memory_budget)
		return 503;
	return BODY_OK;
}

char *
body_room(struct http_request *r, size_t *room_r, int *status_r)
{
	size_t n = (uint64_t)r->left < SCRATCH ? (size_t)r->left : SCRATCH;
	*room_r = n;
	*status_r = BODY_OK;
	if (r->mode != BODY_MEMORY)
		return r->server->scratch;
	if (r->body_len + 1 >= r->body_room &&
	    (*status_r = grow(r, n < IN_BODY ? n : IN_BODY)) != BODY_OK)
		return NULL;
	if (n > r->body_room - r->body_len - 1)
		*room_r = r->body_room - r->body_len - 1;
	return r->body + r->body_len;
}

void
body_took(struct http_request *r, size_t n)
{
	r->body_len += n;
	r->taken += (int64_t)n;
}

/* Hands a piece to the owner, who may ask for a pause or answer at once. */
static int
stream(struct http_request *r, const char *p, size_t n)
{
	const struct http_handler *h = &r->listener->handler;
	r->is_resumed = false;
	if (h->piece == NULL || h->piece(h->arg, r, p, n) == 0 ||
	    r->is_resumed || r->answered)
		return BODY_OK;
	r->is_paused = true;
	r->paused_at = timers_now(r->server);
	return BODY_OK;
}

int
body_take(struct http_request *r, const char *p, size_t n)
{
	int status;
	if (r->mode == BODY_DROP)
		return BODY_OK;
	if ((int64_t)n > r->body_max - r->taken)
		return 413;
	r->taken += (int64_t)n;
	if (r->mode == BODY_STREAM)
		return stream(r, p, n);
	if (r->mode == BODY_MEMORY && r->head.is_chunked &&
	    r->body_len + n > r->server->limits.memory_body &&
	    (status = spill(r)) != BODY_OK)
		return status;
	if (r->mode == BODY_FILE)
		return spool_write(r, p, n);
	if ((status = grow(r, n)) != BODY_OK)
		return status;
	memcpy(r->body + r->body_len, p, n);
	r->body_len += n;
	return BODY_OK;
}

void
body_end(struct http_request *r)
{
	if (r->mode == BODY_IN_PLACE) {
		/* What is pipelined behind makes room for the NUL. */
		char *end = r->in + r->at;
		memmove(end + 1, end, r->in_end - r->at);
		*end = '\0';
		r->at++;
		r->in_end++;
	} else if (r->mode == BODY_MEMORY && r->body != NULL) {
		r->body[r->body_len] = '\0';
	} else if (r->mode == BODY_FILE) {
		lseek(r->fd, 0, SEEK_SET);
	}
}
