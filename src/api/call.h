/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call: one request on its way through its route. Its parse() runs before
 * any transaction, its run() in one (or on the loop, if it needs none). What
 * run() needs of the request it finds here: the request itself is the loop's.
 */
#pragma once

#include <jansson.h>
#include <sys/queue.h>

#include "api/api.h"
#include "api/answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/json_names.h"
#include "model/error.h"
#include "store/keys.h"
#include "store/list.h"
#include "store/store.h"

enum { PARAMS_MAX = 4 };

enum route_flags {
	ROUTE_WRITE = 1,        /* run() in the writer's batch */
	ROUTE_READ = 2,         /* run() on a reader */
	ROUTE_LOOP = 4,         /* run() on the loop, without a transaction */
	ROUTE_PUBLIC = 8,       /* no key; also on the public listener */
	ROUTE_OPEN = 16,        /* no key, but not on the public listener */
	ROUTE_SENDING = 32,     /* a key that may only send is enough */
	ROUTE_BODY = 64,        /* the body must be JSON */
	ROUTE_SECRET = 256,     /* its answer is not kept: no Idempotency-Key */
	ROUTE_ESSENTIAL = 1024, /* also while the disk is full */
	ROUTE_RAW = 128,        /* the body is no JSON; run() reads it itself */
	ROUTE_LATER = 512, /* run() on the loop begins what is answered later,
			    * by call_finish() */
	ROUTE_COMPUTE = 2048, /* run() where it may take long */
	ROUTE_QUIET = 4096,   /* not in the logbook */
	ROUTE_EVENT = 8192,   /* there only if events are to be */
	ROUTE_FILE = 32768,   /* it answers with what somebody sent */
	ROUTE_ABSENT = 16384, /* it says that there is no such thing here */
	ROUTE_CLOSED = 65536, /* parse() refuses any name it does not know */
};

struct api {
	struct store *store;
	struct engine *engine;
	_Atomic(const struct conf *) conf;
	_Atomic(const struct token_keys *) tokens;
	struct http_server *server;
	struct keyring *keys;
	void (*keys_changed)(void *arg); /* those that sign links */
	void *keys_changed_arg;
	struct logbook *logbook;
	int busy;
	int computing; /* calls that compute or wait for their turn */
	int uploads;   /* imports being sent */
	struct bodies *bodies;
	unsigned next_lane;
	int64_t started_ms;
};

struct call {
	struct work work;
	struct api *api;
	struct http_request *req;
	struct arena *arena;
	const struct route *route;
	const char *params[PARAMS_MAX]; /* of the pattern's ":" segments */
	struct asker asker;             /* its key is 0: a local peer */
	const char *key_domain; /* the one its mail must be from; NULL: any */
	const json_t *body;     /* NULL: none */
	const char *raw;        /* ROUTE_RAW */
	size_t raw_len;
	void *input; /* what parse() made */
	int64_t now_ms;
	/* of a body in a file: see bodies.h */
	TAILQ_ENTRY(call) waiting;
	int64_t charge, wait_until_ms;
	bool is_charged;
	bool is_computing;           /* one of api->computing */
	bool batch_strict;           /* x-batch-validation: strict */
	bool batch_permissive;       /* the same: permissive */
	bool must_prepare;           /* parse() wants prepare() called */
	struct page page;            /* of a list, from call_parse_page() */
	const char *idempotency_key; /* with its scope; NULL: none */
	unsigned char body_hash[SHA256_LEN];
	/* the answer */
	int status;
	struct buf out;
	const char *content_type; /* NULL: JSON */
	const char *disposition;  /* of a file; NULL: it has no name */
	void *result;             /* for after() */
};

/*
 * Takes a body as it comes, all on the loop. A fault answers the request; the
 * rest of the body is passed over, or the connection closes.
 */
struct stream {
	/* Before any of it; what it needs it keeps in c->input. 0 or -1. */
	int (*begin)(struct call *, struct fault *fault_r);
	/* 0, or -1 for a pause until http_resume(); it is taken either way. */
	int (*piece)(struct call *, const char *, size_t);
	/* All of it came: to end in call_submit() or call_finish(). */
	void (*ready)(struct call *);
	/* The call was answered or the body broke off: the call is gone when
	 * this returns. */
	void (*end)(struct call *);
};

struct route {
	const char *method, *pattern;
	/* In a transaction. Fills status and out; 0, or -1 with fault_r. It
	 * may be called again: out is empty then, the rest as before. */
	int (*run)(struct call *, struct txn *, struct fault *fault_r);
	unsigned flags;
	/* Before, where the body is read; NULL: nothing. 0 or -1. */
	int (*parse)(struct call *, struct fault *fault_r);
	/* On the loop, once the answer is on disk; NULL: nothing. */
	void (*after)(struct call *);
	int64_t body_max;            /* 0: the API's usual */
	const struct stream *stream; /* NULL: the body is taken whole */
	/* Behind parse(), if that set must_prepare: what has to be on disk
	 * beside the database before run(), on a thread that may wait for it. 0
	 * or -1. */
	int (*prepare)(struct call *, struct fault *fault_r);
	/* ROUTE_BODY: the names of the body or, where that is an array, of each
	 * of its objects, as the API's document has them. An object's are
	 * looked at before parse(), an array's by that. */
	const struct json_name *fields;
};

/* Tables of routes, each ended by a NULL method. */
extern const struct route routes_events[], routes_templates[],
    routes_automations[], routes_runs[], routes_why[], routes_simulate[],
    routes_contacts[], routes_properties[], routes_segments[], routes_topics[],
    routes_suppressions[], routes_webhooks[], routes_webhook_events[],
    routes_domains[], routes_absent[], routes_logs[], routes_usage[],
    routes_export[], routes_doctor[], routes_attachments[], routes_emails[],
    routes_metrics[], routes_keys[], routes_signing[], routes_system[],
    routes_public[], routes_backup[], routes_queue[], routes_imports[],
    routes_openapi[];
/* All of them, by number from 0 on; NULL: there are no more. */
const struct route *api_routes(size_t i);

/* Sends a call to the thread its route belongs to; on the loop. */
void call_submit(struct call *);
/* Reads a body that is in memory, and goes on to call_submit(), or answers; on
 * the loop. The call may be gone then. */
void call_read(struct call *, const struct http_body *);
/* What the route makes of a body that was read: its parse() and, if that wants
 * it, prepare(). On a thread that may wait for a disk. 0 or -1. */
int call_understand(struct call *, struct fault *fault_r);
/* Answers a call of ROUTE_LATER, on the loop: with what run() or the like made
 * of it, or with the fault, if it is one. The call is gone then. */
void call_finish(struct call *, const struct fault *);

/* ---- answers ----------------------------------------------------------- */

/* Answers with that value, which is taken over. Always 0. */
int call_json(struct call *, int status, json_t *);
/* {"object":...,"id":...} and, unless NULL, more members taken from extra. */
int call_object(struct call *, int status, const char *object, int64_t id,
    json_t *extra);
/* Values for json_pack's "o". */
json_t *json_id(int64_t id);           /* null for 0 */
json_t *json_time(int64_t ms);         /* null for 0 */
json_t *json_text_value(const char *); /* JSON text as a value; null for NULL */
/* A list as {"object":"list","has_more":...,"data":[...]}. */
typedef json_t *item_json(const void *item);
int call_list(struct call *, const struct list *, size_t item_size,
    item_json *);

/* ---- what requests say --------------------------------------------------- */

/* A path parameter as an id. 0; -1 malformed (422) or unknown (404 with
 * "<What> not found"). */
int call_id(struct call *, int param, const char *what, int64_t *id_r,
    struct fault *fault_r);
/* The same of any text; field is what the sentence names. */
int call_text_id(const char *text, const char *field, const char *what,
    int64_t *id_r, struct fault *fault_r);
/* A parse() for lists: limit, after, before into c->page. 0 or -1. */
int call_parse_page(struct call *, struct fault *fault_r);
/* The same for lists that are whole unless a limit is given: a hundred, and
 * has_more tells. Whole would be as long as the table. */
int call_parse_whole(struct call *, struct fault *fault_r);
/* The same of lists with cursors of their own: the limit alone. */
int call_parse_limit(struct call *, struct fault *fault_r);
/* All values of a query parameter, given once or often, joined by commas; NULL
 * if it is absent. */
const char *call_query_all(struct call *, const char *name);
/* The body must be an object. 0 or -1. */
int call_need_object(struct call *, struct fault *fault_r);
/* An unknown name of the object is ignored, as Resend does, unless it can only
 * be one of the route's fields, misspelt. 0 or -1. */
int call_check_fields(const struct call *, const json_t *,
    struct fault *fault_r);
/* A field of the body that is shown in one line: 1 to max bytes, no control
 * characters. 1, 0 absent, -1. */
int call_get_line(struct call *, const char *field, size_t max,
    const char **text_r, struct fault *fault_r);
/* The same, but absent is a fault. 0 or -1. */
int call_need_line(struct call *, const char *field, size_t max,
    const char **text_r, struct fault *fault_r);
/* "<name> copy", cut between characters where it is too long. */
const char *copy_name(struct arena *, const char *name);
/* "<What> not found"; always -1. */
int not_found(struct fault *fault_r, const char *what);
