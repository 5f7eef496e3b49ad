/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the HTTP server share: the server, its listeners, a
 * connection, a request. An idle connection owns nothing but its struct; the
 * memory a request needs comes from a stock the server keeps.
 */
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/buf.h"
#include "http/http.h"
#include "http/parse.h"

enum {
	IN_FIRST = 4096,  /* a request's buffer at first */
	IN_BODY = 16384,  /* up to this a head and its body share it */
	IN_SPARE = 2048,  /* what a chunked body is read in, at least */
	OUT_HIGH = 65536, /* unsent: no further request is begun */
	OUT_KEPT = 16384, /* a larger output buffer is not kept */
	DROP_MAX = 65536, /* an unread body that is passed over */
	SCRATCH = 65536,  /* one read of a large body */
	STOCK_MAX = 128,  /* spare requests and output buffers */
	SEGMENTS_MAX = 32,
	LINGER_MS = 3000, /* for the client to read our last answer */
	OVER_MAX = 64,    /* connections being told of the cap */
	OVER_MS = 1000,
	UNIX_EXTRA = 32, /* above the cap, for Unix sockets */
	ACCEPT_MAX = 64, /* connections taken in one turn */
	ACCEPT_PAUSE_MS = 200,
	READS_MAX = 8, /* reads of one connection in one turn */
	TURN_MAX = 16, /* pipelined requests of one connection in one turn */
};

#define NEVER INT64_MAX

/* One listening socket and whom it serves. Requests hold it too. */
struct listener {
	LIST_ENTRY(listener) all;
	struct http_server *server;
	struct event event;
	int fd, refs;
	char *name, **hosts;
	struct http_handler handler;
	SSL_CTX *tls;
	bool is_unix, check_host;
};

enum body_mode {
	BODY_NONE,
	BODY_IN_PLACE, /* behind the head, where it was read */
	BODY_MEMORY,
	BODY_FILE,
	BODY_STREAM,
	BODY_DROP,
};

struct http_request {
	LIST_ENTRY(http_request) all; /* the orphans, or the stock */
	struct conn *conn;            /* NULL: the client has gone */
	struct http_server *server;   /* NULL: that, too */
	struct listener *listener;
	struct arena *arena;
	void *owner;

	char *in; /* head, body if it fits, what was pipelined behind */
	size_t in_room, in_held; /* held: counted towards the budget */
	size_t in_end, at;       /* at: bytes up to there were taken */
	struct http_head head;
	char *texts; /* decoded segments */
	size_t texts_room;
	const char *segments[SEGMENTS_MAX + 1];

	enum body_mode mode;
	struct http_chunks chunks;
	int64_t body_max, left, taken; /* left: of a Content-Length */
	int64_t since, paused_at;      /* when the body began to come */
	char *body;
	size_t body_room, body_len;
	int fd;

	bool accepted; /* begin() said yes, ready() was not called yet */
	bool is_whole; /* the body has been read to its end */
	bool is_ready; /* ready() was called */
	bool answered;
	bool is_paused, is_resumed;
	bool continued; /* 100 was sent or is not needed */
	bool keeps;     /* the connection serves on after the answer */

	struct http_peer peer;
	struct in6_addr ip;
	char address[INET6_ADDRSTRLEN];
};

enum conn_state {
	CONN_IDLE, /* nothing of a request came yet */
	CONN_HEAD,
	CONN_BODY,    /* also when the body is passed over */
	CONN_WAITING, /* for the owner's answer */
	CONN_CLOSING, /* as soon as all is written */
	CONN_LINGER,  /* all is written; the peer may still send */
};

struct conn {
	struct event event;
	TAILQ_ENTRY(conn) all;
	struct http_server *server;
	struct listener *listener;
	SSL *tls;
	struct http_request *req; /* NULL while idle */
	struct buf out;
	size_t out_at;   /* bytes of out already sent */
	size_t out_held; /* bytes counted towards the budget */
	int64_t read_due, write_due, scheduled; /* ms of the monotonic clock */
	int heap_at;                            /* -1: has no timer */
	int n_begun;                            /* requests in this turn */
	int fd;
	union {
		struct ucred cred;
		struct in6_addr ip;
	} peer;
	sa_family_t family;
	uint8_t state;
	short watched;
	bool is_first;     /* no request was read yet */
	bool is_over;      /* came above the cap */
	bool is_busy;      /* its steps run; http_reply() only appends */
	bool is_scheduled; /* its event was made active by us */
	bool is_dead, is_eof, must_linger;
	bool read_wants_write, write_wants_read, tls_broken;
};

LIST_HEAD(requests, http_request);

struct http_server {
	struct event_base *base;
	struct http_limits limits;
	char *spool_dir;
	LIST_HEAD(, listener) listeners;
	TAILQ_HEAD(, conn) conns;
	int n_conns, n_over;
	bool is_draining;

	struct requests orphans, stock;
	int n_stock;
	struct buf outs[STOCK_MAX];
	int n_outs;
	int64_t held; /* bytes of bodies and unsent replies */
	char *scratch;
	struct buf error_text;

	struct event timer;
	int64_t timer_at;
	struct conn **heap;
	int n_heap, heap_room;

	struct event accept_timer;
	int64_t cap_logged, accept_logged, spool_logged, now;
	int64_t date_second; /* of the monotonic clock */
	char date[64];       /* the Date header with its line end */
};

/* ---- timers.c: each connection has one moment at most ------------------ */

void timers_init(struct http_server *);
void timers_stop(struct http_server *);
/* Sets the moment to the earlier of read_due and write_due. */
void timers_set(struct conn *);
void timers_remove(struct conn *);
/* Milliseconds of the monotonic clock, kept in server->now. */
int64_t timers_now(struct http_server *);
/* True once a minute per *last. */
bool timers_minute(struct http_server *, int64_t *last);

/* ---- io.c: bytes over TCP, a Unix socket or TLS ------------------------- */

enum { IO_AGAIN = -1, IO_GONE = -2 };
/* Bytes, 0 at the end, IO_AGAIN, IO_GONE. */
ssize_t io_read(struct conn *, void *, size_t);
ssize_t io_write(struct conn *, const void *, size_t);
/* Says that we send no more. */
void io_shutdown(struct conn *);
/* True if the peer has not only stopped sending but gone. */
bool io_is_gone(const struct conn *);

/* ---- conn.c: a connection's beginning and end --------------------------- */

/* Takes the socket over. */
void conn_new(struct listener *, int fd, const struct sockaddr *, bool over);
/* Closes it; a request that waits for its answer becomes an orphan. */
void conn_free(struct conn *);
void conn_timeout(struct conn *);
/* The owner answered: goes on, if the connection is not doing so already. */
void conn_answered(struct conn *);
/* The owner takes pieces again. */
void conn_resume(struct conn *);
void conn_drain(struct conn *);

/* ---- turn.c: its reading and writing ------------------------------------ */

/* libevent's callback. */
void conn_event(evutil_socket_t, short, void *);
/* Brings everything about the connection in line with its state; may end it. */
void conn_settle(struct conn *);
/* Lets it end as soon as all is written. */
void conn_close_soon(struct conn *);
/* Lets go of the output buffer. */
void conn_out_release(struct conn *);
/* Bytes of answers not sent yet. */
size_t conn_unsent(const struct conn *);
/* True if so many that no further request may be begun. */
bool conn_is_full(const struct conn *);

/* ---- step.c: from a request's first byte to its end --------------------- */

/* Does the next thing the bytes at hand allow; false if there is none. */
bool step(struct conn *);
/* Sets the moment until which the body has time: every 64 KB that came give a
 * second more. */
void step_body_due(struct conn *);
/* n bytes of a body were read to where body_room() said. */
void step_body_read(struct conn *, size_t n);
/* The server answers in the owner's place. final: what follows on the
 * connection cannot be understood, so it closes. */
void step_refuse(struct conn *, int status, const char *sentence, bool final);
/* After an answer: to the next request, or to the end of the connection. */
void step_answered(struct conn *);
/* Tells the owner that ready() will not come. */
void step_abandon(struct http_request *);

/* ---- body.c ------------------------------------------------------------- */

/* What became of a body's bytes; else the status of the refusal. */
enum { BODY_OK = 0 };
/* Decides where the body goes. BODY_OK or a status. */
int body_begin(struct http_request *, const struct http_plan *);
/* Takes n bytes of the body. BODY_OK or a status. */
int body_take(struct http_request *, const char *, size_t n);
/* Where the next bytes can be read to without a copy. NULL with status_r. */
char *body_room(struct http_request *, size_t *room_r, int *status_r);
/* n bytes were read there. */
void body_took(struct http_request *, size_t n);
/* The body has been read to its end. */
void body_end(struct http_request *);

/* ---- request.c ---------------------------------------------------------- */

struct http_request *request_get(struct conn *);
/* Ends the request and returns its memory to the stock. */
void request_put(struct http_request *);
/* Ends the request; its struct serves the next one, whose first bytes may be
 * there already. */
void request_next(struct http_request *);
/* Enlarges in to hold at least that many bytes. False if the budget does not
 * allow it. */
bool request_room(struct http_request *, size_t);
/* Fills the segments. 0, or the status of the refusal. */
int request_segments(struct http_request *);
/* Counts memory towards the budget (or back); server may be NULL. */
void hold(struct http_server *, int64_t bytes);
void listener_unref(struct listener *);

/* ---- reply.c ------------------------------------------------------------ */

/* Appends an answer. req may be NULL. */
void reply_write(struct conn *, const struct http_request *, bool keep,
    int status, const char *content_type, const struct http_header *,
    const void *body, size_t len);
/* Appends the server's own error in the owner's shape. */
void reply_error(struct conn *, struct http_request *, bool keep, int status,
    const char *sentence);
/* Appends "100 Continue". */
void reply_continue(struct conn *);
/* True if the connection can serve on after this request. */
bool reply_keeps(const struct http_request *);
/* Gives an empty output buffer back to the stock. */
void reply_buffer_put(struct conn *);
