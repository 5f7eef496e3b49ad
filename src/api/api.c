/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a request's head to its answer: who asks, which route, which thread.
 * Authentication and routing need no disk and no body; a request that may not
 * pass costs nothing more.
 */
#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "api/bodies.h"
#include "api/call.h"
#include "api/keyring.h"
#include "api/logbook.h"
#include "api/redact.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/log.h"
#include "conf/access.h"
#include "conf/conf.h"
#include "engine/engine.h"

enum {
	BODY_MAX = 1 << 20,
	KEY_TEXT_MAX = 256,
	IDEMPOTENCY_KEY_MAX = 256,
	HTTP_LANES = 32,
	COMPUTING_MAX = 8 /* one does, the others wait */
};

static const struct route *const tables[] = {
	routes_public,
	routes_system,
	routes_openapi,
	routes_backup,
	routes_queue,
	routes_events,
	routes_metrics,
	routes_absent,
	routes_emails,
	routes_attachments,
	routes_templates,
	routes_automations,
	routes_runs,
	routes_why,
	routes_simulate,
	routes_imports, /* before contacts: /contacts/imports is no contact */
	routes_contacts,
	routes_properties,
	routes_segments,
	routes_topics,
	routes_webhooks,
	routes_webhook_events,
	routes_suppressions,
	routes_domains,
	routes_export,
	routes_doctor,
	routes_keys,
	routes_signing,
	routes_logs,
	routes_usage,
};

const struct route *
api_routes(size_t i)
{
	return i < N_OF(tables) ? tables[i] : NULL;
}

/* ---- answers ----------------------------------------------------------- */

static void
call_end(struct call *c)
{
	if (c->route->stream != NULL)
		c->route->stream->end(c);
	c->api->busy--;
	bodies_leave(c->api->bodies, c);
	c->api->computing -= c->is_computing;
	buf_free(&c->out);
	free(c);
}

static void
log_failed(struct call *c, const struct fault *f)
{
	char *path = arena_strdup(c->arena, answer_endpoint(c->api, c->req));
	redact(path, strlen(path));
	log_error("request failed method=%s path=%s error=%s",
	    http_method(c->req), log_text(path), log_text(f->text));
}

static void
answer_fault(struct call *c, const struct fault *f)
{
	static const struct http_header later[] = { { "Retry-After", "1" },
		{ NULL, NULL } };
	const char *name;
	int status = error_of_fault(f, &name);
	if (status == 500)
		log_failed(c, f);
	/* Strangers need not know where the database lies. */
	bool is_secret = status >= 500 && (c->route->flags & ROUTE_PUBLIC);
	answer_error(&c->asker, c->req, status, name,
	    is_secret ? "The page cannot be served now; try again." : f->text,
	    status == 503 || status == 429 ? later : NULL);
	call_end(c);
}

static void
answer(struct call *c)
{
	static const struct http_header plain[] = {
		{ "Cache-Control", "no-store" }, { NULL, NULL }
	};
	static const struct http_header page[] = { { "Cache-Control",
						       "no-store" },
		{ "Referrer-Policy", "no-referrer" },
		{ "X-Robots-Tag", "noindex" }, { "X-Frame-Options", "DENY" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Content-Security-Policy",
		    "default-src 'none'; "
		    "style-src 'unsafe-inline'; form-action 'self'; "
		    "base-uri 'none'; frame-ancestors 'none'" },
		{ NULL, NULL } };
	/* Not to be shown as a page of this host. */
	const struct http_header file[] = { { "Cache-Control", "no-store" },
		{ "Content-Disposition",
		    c->disposition != NULL ? c->disposition : "attachment" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Content-Security-Policy", "sandbox" }, { NULL, NULL } };
	unsigned flags = c->route->flags;
	if (c->route->after != NULL)
		c->route->after(c);
	answer_send(&c->asker, c->req, c->status,
	    c->content_type != NULL ? c->content_type
				    : "application/json; charset=utf-8",
	    flags & ROUTE_PUBLIC     ? page
		: flags & ROUTE_FILE ? file
				     : plain,
	    c->out.data, c->out.len);
	call_end(c);
}

/* ---- running ----------------------------------------------------------- */

/* The route's run(), unless the same was done and answered before. */
static int
run_once(struct call *c, struct txn *t, struct fault *fault_r)
{
	struct idempotency known,
	    mine = { .expires_ms = c->now_ms + c->api->conf->idempotency_ms };
	int rc = store_idempotency_get(t, c->arena, c->idempotency_key,
	    c->now_ms, &known, fault_r);
	memcpy(mine.hash, c->body_hash, sizeof(mine.hash));
	if (rc < 0)
		return -1;
	if (rc == 1) {
		if (memcmp(known.hash, mine.hash, sizeof(mine.hash)) != 0)
			return fault(fault_r, FAULT_CONFLICT,
			    "This "
			    "Idempotency-Key was used with another body.");
		c->status = (int)known.ref;
		buf_str(&c->out, known.answer != NULL ? known.answer : "");
		return 0;
	}
	if (c->route->run(c, t, fault_r) != 0)
		return -1;
	mine.ref = c->status;
	mine.answer = c->out.len > 0 ? c->out.data : "";
	return store_idempotency_put(t, c->idempotency_key, &mine, fault_r);
}

static int
call_run(struct txn *t, struct work *w)
{
	struct call *c = container_of(w, struct call, work);
	buf_clear(&c->out);
	return c->idempotency_key != NULL ? run_once(c, t, &w->fault)
					  : c->route->run(c, t, &w->fault);
}

void
call_finish(struct call *c, const struct fault *f)
{
	if (f->kind != FAULT_NONE)
		answer_fault(c, f);
	else
		answer(c);
}

static void
call_done(struct work *w)
{
	call_finish(container_of(w, struct call, work), &w->fault);
}

/* Has the call wait for its turn to compute, unless too many do. */
static void
submit_compute(struct call *c)
{
	struct fault f;
	if (c->api->computing == COMPUTING_MAX) {
		fault(&f, FAULT_BUSY,
		    "Too many simulations are asked for at once; at most %d "
		    "wait.",
		    COMPUTING_MAX);
		answer_fault(c, &f);
		return;
	}
	c->is_computing = true;
	c->api->computing++;
	store_compute(c->api->store, &c->work);
}

void
call_submit(struct call *c)
{
	struct api *api = c->api;
	c->work = (struct work){ .run = call_run,
		.done = call_done,
		.essential = (c->route->flags & ROUTE_ESSENTIAL) != 0,
		.lane = 1 + api->next_lane++ % HTTP_LANES };
	if (c->route->flags & ROUTE_WRITE)
		store_write(api->store, &c->work);
	else if (c->route->flags & ROUTE_READ)
		store_read(api->store, &c->work);
	else if (c->route->flags & ROUTE_COMPUTE)
		submit_compute(c);
	else if (c->route->run(c, NULL, &c->work.fault) != 0)
		answer_fault(c, &c->work.fault);
	else if (!(c->route->flags & ROUTE_LATER))
		answer(c);
}

/* What the route makes of the body that was read. */
static int
understand(struct call *c, struct fault *fault_r)
{
	if (c->body != NULL && !(c->route->flags & ROUTE_CLOSED) &&
	    call_check_fields(c, c->body, fault_r) != 0)
		return -1;
	return c->route->parse != NULL ? c->route->parse(c, fault_r) : 0;
}

/* The body as JSON, and what the route's parse() makes of it. */
static int
parse_body(struct call *c, const char *data, size_t len, struct fault *f)
{
	if (c->idempotency_key != NULL)
		sha256(data, len, c->body_hash);
	if (c->route->flags & ROUTE_RAW) {
		c->raw = data;
		c->raw_len = len;
	} else if (c->route->flags & ROUTE_BODY) {
		if (len == 0)
			return fault(f, FAULT_INVALID,
			    "The request needs a JSON body.");
		if ((c->body = json_parse(c->arena, data, len, f)) == NULL)
			return -1;
	}
	return understand(c, f);
}

/* What a porter had to do before is done. */
static void
ready_done(struct work *w)
{
	struct call *c = container_of(w, struct call, work);
	if (w->fault.kind != FAULT_NONE)
		answer_fault(c, &w->fault);
	else
		call_submit(c);
}

static int
prepare_run(struct txn *t, struct work *w)
{
	struct call *c = container_of(w, struct call, work);
	(void)t;
	return c->route->prepare(c, &w->fault);
}

void
call_read(struct call *c, const struct http_body *b)
{
	const char *data = b->data != NULL ? b->data : "";
	struct fault f;
	if (parse_body(c, data, b->len, &f) != 0) {
		answer_fault(c, &f);
	} else if (c->must_prepare) {
		c->work =
		    (struct work){ .run = prepare_run, .done = ready_done };
		store_aside(c->api->store, &c->work);
	} else {
		call_submit(c);
	}
}

int
call_understand(struct call *c, struct fault *fault_r)
{
	if (understand(c, fault_r) != 0)
		return -1;
	return c->must_prepare ? c->route->prepare(c, fault_r) : 0;
}

static void
on_ready(void *arg, struct http_request *req)
{
	struct call *c = http_request_owner(req);
	struct http_body b;
	(void)arg;
	c->now_ms = clock_now_ms();
	if (c->route->stream != NULL) {
		c->route->stream->ready(c);
		return;
	}
	http_request_body(req, &b);
	if (b.fd >= 0 || b.len > BODIES_SMALL)
		bodies_take(c->api->bodies, c);
	else
		call_read(c, &b);
}

static int
on_piece(void *arg, struct http_request *req, const char *p, size_t n)
{
	struct call *c = http_request_owner(req);
	(void)arg;
	return c->route->stream->piece(c, p, n);
}

static void
on_abandoned(void *arg, struct http_request *req)
{
	struct call *c = http_request_owner(req);
	(void)arg;
	if (c != NULL)
		call_end(c);
}

/* ---- routing ----------------------------------------------------------- */

/* Whether the segments fit the pattern; fills the parameters. */
static bool
matches(const char *pattern, const char *const *segments,
    const char *params[PARAMS_MAX])
{
	int n = 0;
	for (; *pattern == '/'; segments++) {
		const char *part = pattern + 1;
		size_t len = strcspn(part, "/");
		if (len == 0 || *segments == NULL)
			return len == 0 && *segments == NULL;
		if (part[0] == ':') {
			if (n < PARAMS_MAX)
				params[n++] = *segments;
		} else if (strlen(*segments) != len ||
		    strncmp(*segments, part, len) != 0) {
			return false;
		}
		pattern = part + len;
	}
	return *segments == NULL;
}

/* The route of a request. NULL; then *allow_r lists the methods the path does
 * have ("" if there is no such path). */
static const struct route *
find_route(const struct api *api, struct http_request *req, bool public_only,
    const char *params[PARAMS_MAX], char allow_r[64])
{
	const char *const *segments = answer_segments(api, req);
	const char *method = http_method(req);
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	allow_r[0] = '\0';
	for (size_t i = 0; i < N_OF(tables); i++) {
		for (const struct route *r = tables[i]; r->method; r++) {
			if (public_only && !(r->flags & ROUTE_PUBLIC))
				continue;
			if (!matches(r->pattern, segments, params))
				continue;
			if (strcmp(r->method, method) == 0)
				return r;
			size_t n = strlen(allow_r);
			snprintf(allow_r + n, 64 - n, "%s%s", n ? ", " : "",
			    r->method);
		}
	}
	return NULL;
}

/* Says no before there is a call; always -1. */
static int
refuse(const struct asker *who, struct http_request *req, int status,
    const char *name, const char *message)
{
	answer_error(who, req, status, name, message, NULL);
	return -1;
}

/* A peer of the Unix socket that shows no key. 0, or -1 answered. */
static int
authenticate_peer(const struct asker *who, struct http_request *req)
{
	const struct http_peer *peer = http_request_peer(req);
	return access_allowed(who->api->conf, peer->uid, peer->gid)
	    ? 0
	    : refuse(who, req, 403, "invalid_permission",
		  "This user may not use the socket; see allow_users and "
		  "allow_groups.");
}

/* Whose key it is, where a route asks for one: 0 with the key (NULL: a local
 * peer), or -1 answered. */
static int
authenticate(const struct asker *who, struct http_request *req,
    struct known_key **key_r)
{
	const char *header = http_header_get(req, "Authorization");
	*key_r = NULL;
	if (header == NULL && http_request_peer(req)->is_unix)
		return authenticate_peer(who, req);
	if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
		return refuse(who, req, 401, "missing_api_key",
		    "Missing API key in the Authorization header.");
	const char *token = header + 7 + strspn(header + 7, " ");
	if (strlen(token) <= KEY_TEXT_MAX)
		*key_r = keyring_find(who->api->keys, token);
	return *key_r != NULL
	    ? 0
	    : refuse(who, req, 403, "invalid_api_key", "API key is invalid");
}

/* Counts the request against its key's limit. 0, or -1 answered. */
static int
take_from_limit(struct asker *who, struct http_request *req,
    struct known_key *key)
{
	static const struct http_header later[] = { { "Retry-After", "1" },
		{ NULL, NULL } };
	const struct conf *conf = who->api->conf;
	int64_t now = clock_now_ms();
	keyring_note(key, who->api->store, now);
	if (http_request_peer(req)->is_unix)
		return 0;
	who->rate = keyring_count(key, conf->rate_limit, now);
	if (!who->rate.is_over)
		return 0;
	answer_error(who, req, 429, "rate_limit_exceeded",
	    "Too many requests. You can only make so many requests per second "
	    "as the header ratelimit-limit says.",
	    later);
	return -1;
}

static int
no_route(const struct asker *who, struct http_request *req, const char *allow)
{
	const struct http_header headers[] = { { "Allow", allow },
		{ NULL, NULL } };
	if (allow[0] != '\0')
		answer_error(who, req, 405, "method_not_allowed",
		    "The method is "
		    "not allowed for the requested path.",
		    headers);
	else
		answer_error(who, req, 404, "not_found",
		    "The requested endpoint does not exist", NULL);
	return -1;
}

/* The Idempotency-Key, where it counts. 0, or -1 answered. */
static int
read_idempotency(const struct asker *who, struct http_request *req,
    const struct route *r, const char **key_r)
{
	const char *key = http_header_get(req, "Idempotency-Key");
	*key_r = NULL;
	if (key == NULL || strcmp(r->method, "POST") != 0 ||
	    !(r->flags & ROUTE_WRITE) ||
	    (r->flags & (ROUTE_PUBLIC | ROUTE_SECRET)))
		return 0;
	if (key[0] == '\0' || strlen(key) > IDEMPOTENCY_KEY_MAX)
		return refuse(who, req, 400, "invalid_idempotency_key",
		    "The Idempotency-Key must have 1 to 256 characters.");
	*key_r = key;
	return 0;
}

/* No body is taken that is packed in any way. 0, or -1 answered. */
static int
check_encoding(const struct asker *who, struct http_request *req)
{
	static const struct http_header plain[] = {
		{ "Accept-Encoding", "identity" }, { NULL, NULL }
	};
	const char *coding = http_header_get(req, "Content-Encoding");
	if (coding == NULL || coding[0] == '\0' ||
	    strcasecmp(coding, "identity") == 0)
		return 0;
	answer_error(who, req, 415, "validation_error",
	    "The body must come as it is, without a Content-Encoding.", plain);
	return -1;
}

/* Who asks, where that matters: fills what is known of it. 0, or -1 answered.
 */
static int
identify(struct asker *who, struct http_request *req, const struct route *r,
    const char **domain_r)
{
	const struct conf *conf = who->api->conf;
	unsigned flags = r != NULL ? r->flags : 0;
	struct known_key *key;
	*domain_r = NULL;
	if (flags & (ROUTE_PUBLIC | ROUTE_OPEN))
		return 0;
	if (authenticate(who, req, &key) != 0)
		return -1;
	who->is_logged = !(flags & ROUTE_QUIET) &&
	    (!(flags & ROUTE_EVENT) || conf->log_events);
	if (key == NULL)
		return 0;
	who->key = key->id;
	*domain_r = arena_strdup(http_request_arena(req), key->domain);
	if (take_from_limit(who, req, key) != 0)
		return -1;
	return key->permission == KEY_FULL_ACCESS || r == NULL ||
		(flags & ROUTE_SENDING)
	    ? 0
	    : refuse(who, req, 401, "restricted_api_key",
		  "This API key is restricted to only send emails");
}

/* A call for a request that may pass. */
static struct call *
call_new(const struct asker *who, struct http_request *req,
    const struct route *r, const char *idempotency_key)
{
	struct call *c = xcalloc(1, sizeof(*c));
	c->api = who->api;
	c->asker = *who;
	c->req = req;
	c->arena = http_request_arena(req);
	c->route = r;
	/* Whose, for what, and what they call it. */
	if (idempotency_key != NULL)
		c->idempotency_key = arena_printf(c->arena,
		    "http\n%lld\n%s\n%s", (long long)who->key,
		    answer_endpoint(who->api, req), idempotency_key);
	const char *validation = http_header_get(req, "x-batch-validation");
	c->batch_strict =
	    validation != NULL && strcmp(validation, "strict") == 0;
	c->batch_permissive =
	    validation != NULL && strcmp(validation, "permissive") == 0;
	c->api->busy++;
	return c;
}

/* The route takes the body as it comes. 0, or -1 answered. */
static int
stream_begin(struct call *c, struct http_plan *plan)
{
	struct fault f;
	plan->sink = HTTP_SINK_STREAM;
	if (c->route->stream->begin(c, &f) == 0)
		return 0;
	answer_fault(c, &f);
	return -1;
}

static int
begin(struct api *api, struct http_request *req, struct http_plan *plan,
    bool public_only)
{
	const char *params[PARAMS_MAX] = { NULL }, *idempotency_key, *domain;
	char allow[64];
	struct asker who = { .api = api };
	const struct route *r =
	    find_route(api, req, public_only, params, allow);
	if (public_only && r == NULL)
		return no_route(&who, req, allow);
	if (identify(&who, req, r, &domain) != 0)
		return -1;
	if (r == NULL)
		return no_route(&who, req, allow);
	if (check_encoding(&who, req) != 0 ||
	    read_idempotency(&who, req, r, &idempotency_key) != 0)
		return -1;
	struct call *c = call_new(&who, req, r, idempotency_key);
	memcpy(c->params, params, sizeof(params));
	c->key_domain = domain;
	plan->owner = c;
	plan->body_max = r->body_max != 0 ? r->body_max : BODY_MAX;
	return r->stream != NULL ? stream_begin(c, plan) : 0;
}

static int
on_begin(void *arg, struct http_request *req, struct http_plan *plan)
{
	return begin(arg, req, plan, false);
}

static int
on_begin_public(void *arg, struct http_request *req, struct http_plan *plan)
{
	return begin(arg, req, plan, true);
}

static const char *
on_error(void *arg, struct http_request *req, int status, const char *sentence,
    struct buf *body)
{
	static const struct {
		int status;
		const char *name;
	} names[] = {
		{ 400, "validation_error" },
		{ 403, "validation_error" },
		{ 405, "method_not_allowed" },
		{ 408, "request_timeout" },
		{ 413, "payload_too_large" },
		{ 414, "uri_too_long" },
		{ 417, "expectation_failed" },
		{ 431, "headers_too_large" },
		{ 501, "method_not_allowed" },
		{ 503, "service_unavailable" },
		{ 505, "http_version_not_supported" },
	};
	const char *name = "internal_server_error";
	(void)arg, (void)req;
	for (size_t i = 0; i < N_OF(names); i++)
		if (names[i].status == status)
			name = names[i].name;
	error_body(body, status, name, sentence);
	return "application/json; charset=utf-8";
}

/* ---- frame ------------------------------------------------------------- */

struct http_handler
api_handler(struct api *api)
{
	return (struct http_handler){ .begin = on_begin,
		.ready = on_ready,
		.piece = on_piece,
		.abandoned = on_abandoned,
		.error = on_error,
		.arg = api };
}

struct http_handler
api_public_handler(struct api *api)
{
	struct http_handler h = api_handler(api);
	h.begin = on_begin_public;
	return h;
}

struct api *
api_new(struct event_base *base, struct store *store, struct engine *engine,
    const struct conf *conf, const struct token_keys *tokens)
{
	struct api *api = xcalloc(1, sizeof(*api));
	api->store = store;
	api->engine = engine;
	api->conf = conf;
	api->tokens = tokens;
	api->started_ms = clock_now_ms();
	api->keys = keyring_new();
	api->logbook = logbook_new();
	api->bodies = bodies_new(base, store);
	logbook_resize(api->logbook, conf->log_entries);
	return api;
}

void
api_free(struct api *api)
{
	if (api == NULL)
		return;
	bodies_free(api->bodies);
	keyring_free(api->keys);
	logbook_free(api->logbook);
	free(api);
}

void
api_set_conf(struct api *api, const struct conf *conf,
    const struct token_keys *tokens)
{
	api->conf = conf;
	api->tokens = tokens;
	logbook_resize(api->logbook, conf->log_entries);
}

int
api_load_keys(struct api *api, struct fault *fault_r)
{
	return keyring_load(api->keys, api->store, fault_r);
}

int
api_busy(const struct api *api)
{
	return api->busy;
}

void
api_on_keys(struct api *api, void (*changed)(void *), void *arg)
{
	api->keys_changed = changed;
	api->keys_changed_arg = arg;
}

void
api_set_server(struct api *api, struct http_server *server)
{
	api->server = server;
}
