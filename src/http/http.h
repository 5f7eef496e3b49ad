/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HTTP/1.1 server: listens, limits, authenticates Host, reads requests,
 * writes replies. It knows no route and no JSON; the owner's callbacks do.
 * Everything here runs on the loop's thread.
 *
 * Life of a request: its head arrives whole -> begin() decides whether and how
 * much body is wanted, before any body byte is taken -> the body arrives in
 * memory, in an unlinked temporary file, or piece by piece -> ready() -> the
 * owner answers with http_reply(), now or at any later time. The request
 * lives until it was answered, also when its client has gone.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/defs.h"

struct arena;
struct buf;
struct event_base;
struct fault;
struct http_request;
struct http_server;

/* A time of 0 is no limit. */
struct http_limits {
	int max_connections;   /* of the whole server; 503 and close above.
				* Unix sockets have 32 more to themselves */
	int header_timeout_ms; /* from first byte to end of head: 408. The
				* first runs from the connection's begin */
	int body_timeout_ms;   /* whole body: 408. Extended by 1 s for each
				* 64 KB that came; a pause does not count */
	int idle_timeout_ms;   /* between requests: closed silently */
	int write_timeout_ms;  /* the peer takes nothing of our reply */
	size_t head_max;       /* request line and headers together: 431, or
				* 414 while in the request line */
	size_t memory_body;    /* larger bodies are spooled to a file */
	/*
	 * Of all bodies, long heads and unsent replies held. A request above
	 * it is refused with 503; a peer that does not read its reply then is
	 * cut off.
	 */
	int64_t memory_budget;
	const char *spool_dir; /* must be writable */
};

enum http_sink { HTTP_SINK_WHOLE, HTTP_SINK_STREAM };

/* What begin() wants done with the body. */
struct http_plan {
	int64_t body_max; /* more is answered 413 */
	enum http_sink sink;
	void *owner; /* kept in the request for the owner */
};

struct http_header {
	const char *name, *value;
};

/* The owner's side. All but the first two may be NULL. */
struct http_handler {
	/*
	 * The head is here. 0 with the plan, or -1 after http_reply() was
	 * called; then the body is passed over if it is short (64 KB), else
	 * the connection closes after the answer.
	 */
	int (*begin)(void *arg, struct http_request *, struct http_plan *);
	/* The whole body is here (or was streamed). */
	void (*ready)(void *arg, struct http_request *);
	/* HTTP_SINK_STREAM: a piece of the body. Return 0, or -1 to be asked
	 * again after http_resume(); the piece must have been taken. */
	int (*piece)(void *arg, struct http_request *, const char *, size_t);
	/* The request ended without ready(): client gone, timeout, too large.
	 * It is not valid any more once this returns. */
	void (*abandoned)(void *arg, struct http_request *);
	/*
	 * The text of an error the server itself answers (malformed request,
	 * 408, 413, 431, 501, 503, ...): fills body, returns its content type.
	 * req is NULL when not even a request line was understood; of a
	 * malformed one the rest is absent. Returning NULL, or
	 * no function at all, gives a line of plain text.
	 */
	const char *(*error)(void *arg, struct http_request *req_or_null,
	    int status, const char *sentence, struct buf *body);
	void *arg;
};

/* Who is at the other end. */
struct http_peer {
	bool is_unix;
	uid_t uid; /* of a Unix socket's peer */
	gid_t gid;
	pid_t pid;
	const char *address; /* "127.0.0.1", "::1", "unix" */
};

/*
 * No function of the server may be called from within error(), and
 * http_server_free() from no callback. With TLS the process must ignore
 * SIGPIPE. NULL with fault_r when the spool directory cannot be written.
 */
struct http_server *http_server_new(struct event_base *,
    const struct http_limits *, struct fault *fault_r);
/*
 * Serves an already bound and listening socket, non-blocking, owned from now
 * on. tls is an SSL_CTX * or NULL. check_host refuses requests whose Host is
 * no address, not localhost and not in hosts (NULL-ended; may be NULL) with
 * 403: DNS rebinding. It means nothing on a Unix socket. The context is
 * shared, names and handler are copied.
 * 0 or -1 with fault_r, fd then still being the caller's.
 */
int http_server_listen(struct http_server *, int fd, const char *name,
    const struct http_handler *, void *tls, bool check_host,
    const char *const *hosts, struct fault *fault_r);
/* Replaces the TLS context of every TLS listener of that name; connections
 * there are keep theirs. */
void http_server_set_tls(struct http_server *, const char *name, void *tls);
/* Replaces the further Host names of every listener of that name. */
void http_server_set_hosts(struct http_server *, const char *name,
    const char *const *hosts);
/* Accepts no more; idle connections close, busy ones after their reply. */
void http_server_drain(struct http_server *);
/* Connections still open. */
int http_server_connections(const struct http_server *);
/* Closes everything. Requests not answered yet stay valid for http_reply(). */
void http_server_free(struct http_server *);

/* ---- a request ------------------------------------------------------- */

const char *http_method(const struct http_request *);
/* The target as sent, without the query: "/a//b%20c". */
const char *http_path(const struct http_request *);
/* Path segments: empty ones dropped, each percent-decoded after splitting
 * (a stray '%' stands for itself, '+' is a plus). NULL-ended array; a segment
 * with NUL or invalid UTF-8 makes the request 400 before begin(). */
const char *const *http_segments(const struct http_request *);
/* Raw query string, "" if none. */
const char *http_query(const struct http_request *);
/* Decoded value of a query parameter ('+' is a blank here); NULL if absent. */
const char *http_query_get(struct http_request *, const char *name);
/* Value of a header, NULL if absent; several are joined with ", ". */
const char *http_header_get(const struct http_request *, const char *name);
const struct http_peer *http_request_peer(const struct http_request *);
/* Name of the listener it came by. */
const char *http_request_listener(const struct http_request *);
void *http_request_owner(const struct http_request *);
/* Memory that lives as long as the request. */
struct arena *http_request_arena(struct http_request *);
/* The body: in memory (data, len; fd -1) or in a file (fd, len; data NULL). */
struct http_body {
	const char *data; /* NUL-terminated for convenience */
	size_t len;
	int fd;
};
void http_request_body(const struct http_request *, struct http_body *);
/* True if the client is known to have gone; an answer will then go nowhere.
 * A TCP client that closes looks like one that sends no more and still reads,
 * until it resets the connection. */
bool http_request_gone(const struct http_request *);
/* The owner takes pieces again, after piece() returned -1. */
void http_resume(struct http_request *);

/*
 * Answers and ends the request, exactly once, at any time from begin() on; an
 * answer before ready() means that the rest of the body is not wanted. headers
 * ends with a NULL name and may be NULL, as may content_type; Content-Length,
 * Date, Connection are added; a control character in a value is sent as a
 * blank. The body is copied. A HEAD request gets the headers only, 204 and 304
 * have no body, any other status with length 0 has Content-Length: 0. No
 * callback is called from within.
 */
void http_reply(struct http_request *, int status, const char *content_type,
    const struct http_header *headers, const void *body, size_t len);
/* "Not Found" for 404, and so on. */
const char *http_status_text(int status);
