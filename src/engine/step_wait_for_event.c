/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wait for event: the run rests until an event of that name comes for its
 * contact, or until a moment. A row tells engine_accept() that it waits; who
 * takes the row away has won.
 */
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/mail_event.h"
#include "engine/names.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "model/duration.h"
#include "model/event.h"
#include "model/rule.h"
#include "store/events.h"
#include "store/runs.h"

/* What a wait looks back to at most, for the writer is held meanwhile: events,
 * and bytes of what they carried. Others have their turn behind it if that was
 * not little. */
enum {
	LOOKBACK_EVENTS = 100,
	LOOKBACK_BYTES = 2 << 20,
	LOOKBACK_LITTLE = 64 << 10
};

struct wait_config {
	const char *event;
	int64_t timeout_ms;  /* 0: none */
	int64_t lookback_ms; /* 0: none */
	struct rule *filter; /* NULL: any */
	bool is_mail;        /* of mails of the run itself alone */
};

static const struct json_name wait_names[] = { { "event_name" }, { "timeout" },
	{ "filter_rule" }, { "lookback" }, { NULL } };

static int
wait_check_written(struct json_place *p, const json_t *config)
{
	return event_check_awaited(p, config, "event_name") != 0
	    ? -1
	    : rule_check_names(p, config, "filter_rule");
}

/* A duration of the config; 0 if it is not there. */
static int
read_duration(const json_t *config, const char *name, int64_t *ms_r,
    struct fault *fault_r)
{
	const char *text;
	int rc = json_get_string(config, name, &text, fault_r);
	if (rc <= 0)
		return rc;
	return duration_parse(text, DURATION_STEP_MAX_MS, ms_r, fault_r) == 0
	    ? 0
	    : fault_at(fault_r, "`config.%s`", name);
}

static void *
wait_compile(struct arena *a, const struct step *s, struct fault *fault_r)
{
	struct wait_config *c = arena_alloc(a, sizeof(*c));
	const char *name;
	json_t *filter;
	int rc = json_get_string(s->config, "event_name", &name, fault_r);
	if (rc == 0 || (rc == 1 && name[0] == '\0'))
		rc = fault(fault_r, FAULT_INVALID,
		    "missing `config.event_name`, the event to wait "
		    "for" CLIENT_SPELLING("`eventName`") ".");
	if (rc < 0 ||
	    read_duration(s->config, "timeout", &c->timeout_ms, fault_r) != 0 ||
	    read_duration(s->config, "lookback", &c->lookback_ms, fault_r) !=
		0 ||
	    json_get_object(s->config, "filter_rule", &filter, fault_r) < 0)
		return NULL;
	c->event = arena_strdup(a, name);
	c->is_mail = strncmp(name, "resend:email.", 13) == 0;
	if (filter != NULL &&
	    (c->filter = rule_compile(a, filter, RULE_EVENT | RULE_CONTACT,
		 fault_r)) == NULL) {
		fault_at(fault_r, "`config.filter_rule`");
		return NULL;
	}
	return c;
}

static const char *
wait_awaits(const void *config)
{
	return ((const struct wait_config *)config)->event;
}

/* Who waits for ever is never late. */
static int
wait_check_ways(const struct graph *g, int step, const void *config,
    struct fault *fault_r)
{
	const struct wait_config *c = config;
	return c->timeout_ms != 0 || graph_next(g, step, CONNECTION_TIMEOUT) < 0
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "a connection of type `timeout` leaves it, but it has no "
		  "`config.timeout`, so that way is never gone.");
}

static int
wait_save(struct engine *e, struct txn *t, const void *config,
    struct fault *fault_r)
{
	const struct wait_config *c = config;
	unsigned bits = INTEREST_WAIT;
	if (c->lookback_ms != 0)
		bits |= INTEREST_LOOKBACK;
	return names_interest(e, t, c->event, bits, fault_r);
}

/* Whether what came is what the step waits for; a holds what is read for it. */
static bool
fits(struct step_call *c, struct arena *a, const struct event *e)
{
	const struct wait_config *w = c->config;
	struct scope s = c->scope;
	struct fault ignored;
	if (w->filter == NULL && !w->is_mail)
		return true;
	s.event = e->parsed != NULL || e->payload == NULL
	    ? e->parsed
	    : json_parse(a, e->payload, strlen(e->payload), &ignored);
	if (w->is_mail && mail_event_run(e, s.event) != c->run->id)
		return false;
	if (w->filter == NULL)
		return true;
	s.arena = a;
	/* What the run was started by is not what is asked. */
	s.payload = NULL;
	s.payload_json = NULL;
	return rule_true(w->filter, scope_lookup, &s);
}

/* The event is here: on with what it carried. */
static void
receive(struct step_call *c, struct step_next *next, const struct event *e)
{
	const struct wait_config *w = c->config;
	char id[ID_UUID_LEN];
	bool is_kept = walk_keep_event(c, w->event, e->payload);
	/* What the run causes from now on follows from both. */
	if (e->depth > c->run->depth)
		c->run->depth = e->depth;
	next->what = STEP_GO;
	next->out = graph_next(c->flow->graph, c->run->step,
			CONNECTION_EVENT_RECEIVED) >= 0
	    ? CONNECTION_EVENT_RECEIVED
	    : CONNECTION_DEFAULT;
	next->output = arena_printf(c->arena, "{\"event_id\":\"%s\"%s}",
	    id_uuid(e->id, id), is_kept ? "" : ",\"payload_kept\":false");
}

/* ---- looking back -------------------------------------------------------- */

/* From the newest event on, one after the other. */
struct looking {
	int64_t name, from;
	int64_t before; /* what is looked at next is older */
	size_t bytes;   /* of what was looked at */
	bool is_over;
};

/* The next older event; what would be too much is as if it had not come. 1, 0,
 * -1 */
static int
next_older(struct step_call *c, struct arena *a, struct looking *l,
    struct event *e, struct fault *fault_r)
{
	int rc = store_recent_before(c->txn, a, c->run->contact, l->name,
	    l->from, l->before, e, fault_r);
	if (rc != 1)
		return rc;
	l->before = e->id;
	/* What began the run is not what it waits for. */
	if (e->id != c->run->event && e->payload != NULL)
		l->bytes += strlen(e->payload);
	return l->bytes <= LOOKBACK_BYTES;
}

/* Looks at one event. 1 it is the one, 0, -1 */
static int
look_at_one(struct step_call *c, struct looking *l, struct step_next *next,
    struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct event e;
	int rc = next_older(c, a, l, &e, fault_r);
	l->is_over = rc != 1;
	if (rc == 1 && (e.id == c->run->event || !fits(c, a, &e)))
		rc = 0;
	if (rc == 1)
		receive(c, next, &e);
	arena_free(a);
	return rc;
}

/* Looks for the event among those that came shortly before. 1, 0, -1 */
static int
look_back(struct step_call *c, int64_t name, struct step_next *next,
    struct fault *fault_r)
{
	const struct wait_config *w = c->config;
	struct looking l = { .name = name,
		.from = id_at_ms(c->now_ms - w->lookback_ms),
		.before = INT64_MAX,
		.is_over = w->lookback_ms == 0 };
	int rc = 0;
	for (int i = 0; rc == 0 && !l.is_over && i < LOOKBACK_EVENTS; i++)
		rc = look_at_one(c, &l, next, fault_r);
	if (l.bytes > LOOKBACK_LITTLE)
		c->holds = true;
	return rc;
}

/* ---- the step ------------------------------------------------------------ */

static int
wait_enter(struct step_call *c, struct step_next *next, struct fault *fault_r)
{
	const struct wait_config *w = c->config;
	int64_t name;
	if (names_number(c->engine, c->txn, w->event, &name, fault_r) != 0)
		return -1;
	int rc = look_back(c, name, next, fault_r);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	next->what = STEP_REST;
	next->until_ms = w->timeout_ms == 0 ? 0 : c->now_ms + w->timeout_ms;
	return store_wait_insert(c->txn, c->run, name, fault_r);
}

static int
wait_leave(struct step_call *c, struct fault *fault_r)
{
	const struct wait_config *w = c->config;
	int64_t name;
	if (names_number(c->engine, c->txn, w->event, &name, fault_r) != 0)
		return -1;
	return store_wait_delete(c->txn, c->run, name, fault_r);
}

static bool
wait_hears(struct step_call *c, const struct event *e)
{
	const struct wait_config *w = c->config;
	return strcmp(e->name, w->event) == 0 && fits(c, c->arena, e);
}

static int
wait_resume(struct step_call *c, struct step_next *next, struct fault *fault_r)
{
	if (c->received != NULL) {
		receive(c, next, c->received);
	} else {
		next->what = STEP_GO;
		next->out = CONNECTION_TIMEOUT;
		next->output = "{\"timed_out\":true}";
	}
	return wait_leave(c, fault_r);
}

const struct step_type step_wait_for_event = {
	.name = "wait_for_event",
	.summary = "Rests until an event comes for the contact, or a timeout.",
	.outs = OUT(EVENT_RECEIVED) | OUT(TIMEOUT) | OUT(DEFAULT),
	.names = wait_names,
	.check_written = wait_check_written,
	.compile = wait_compile,
	.awaits = wait_awaits,
	.check_ways = wait_check_ways,
	.save = wait_save,
	.enter = wait_enter,
	.resume = wait_resume,
	.hears = wait_hears,
	.leave = wait_leave,
};
