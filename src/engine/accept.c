/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one entrance. An event is recorded, and the runs it starts with it, in
 * one transaction; it is told what it led to.
 */
#include "engine/engine.h"

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/id.h"
#include "conf/conf.h"
#include "engine/catalog.h"
#include "engine/runner.h"
#include "model/contact.h"
#include "store/contacts.h"
#include "store/flows.h"
#include "store/keys.h"

/* What two events with the same key must share, hashed. */
static void
content_hash(struct arena *a, const struct event *e,
    unsigned char hash[SHA256_LEN])
{
	const char *text = arena_printf(a, "%s\n%s\n%lld\n%s", e->name,
	    e->email_key != NULL ? e->email_key : "", (long long)e->contact,
	    e->payload != NULL ? e->payload : "");
	sha256(text, strlen(text), hash);
}

/* Known by its key already? 1 yes, 0 no, -1 also for another content. */
static int
find_duplicate(struct txn *t, struct arena *a, const struct event *e,
    int64_t now_ms, struct idempotency *known, struct fault *fault_r)
{
	const char *key = arena_printf(a, "event\n%s", e->key);
	unsigned char hash[SHA256_LEN];
	int rc = store_idempotency_get(t, a, key, now_ms, known, fault_r);
	content_hash(a, e, hash);
	if (rc == 1 && memcmp(hash, known->hash, sizeof(hash)) != 0)
		return fault(fault_r, FAULT_CONFLICT,
		    "An event with the id "
		    "`%s` and another content was accepted before.",
		    e->key);
	memcpy(known->hash, hash, sizeof(hash));
	return rc;
}

static int
note_key(struct txn *t, struct arena *a, const struct event *e,
    const struct idempotency *i, struct fault *fault_r)
{
	return store_idempotency_put(t, arena_printf(a, "event\n%s", e->key), i,
	    fault_r);
}

/* Who the event is about; c is filled only if the whole contact is asked for.
 * 1 known, 0 a stranger's address, -1 */
static int
find_contact(struct txn *t, struct arena *a, struct event *e, bool whole,
    struct contact *c, struct fault *fault_r)
{
	if (e->contact != 0) {
		int rc = store_contact_by_id(t, a, e->contact, c, fault_r);
		if (rc == 0)
			return fault(fault_r, FAULT_NOT_FOUND,
			    "Contact not found");
		return rc;
	}
	if (!whole)
		return store_contact_id(t, e->email_key, &e->contact, fault_r);
	int rc = store_contact_by_key(t, a, e->email_key, c, fault_r);
	if (rc == 1)
		e->contact = c->id;
	return rc;
}

/* A stranger becomes a contact when a run starts. */
static int
make_contact(struct txn *t, struct event *e, struct contact *c, int64_t now_ms,
    struct fault *fault_r)
{
	*c = (struct contact){ .id = txn_new_id(t, now_ms),
		.email_key = e->email_key,
		.email = e->email };
	e->contact = c->id;
	return store_contact_insert(t, c, fault_r);
}

/* Which flows the event starts, or why it starts none. 0 or -1. */
static int
find_flows(struct engine *g, struct txn *t, const struct event *e,
    const struct flow *const **flows_r, struct accepted *out,
    struct fault *fault_r)
{
	if (catalog_listeners(g, t, e->name, flows_r, &out->runs, fault_r) != 0)
		return -1;
	out->outcome = EVENT_STARTED;
	if (out->runs == 0) {
		out->outcome = EVENT_NO_AUTOMATION;
	} else if (e->depth >= g->conf->max_depth) {
		out->outcome = EVENT_TOO_DEEP;
		out->runs = 0;
	}
	return 0;
}

static int
start_runs(struct engine *g, struct txn *t, struct arena *a, struct event *e,
    struct contact *c, const struct flow *const *flows, int n, int64_t now_ms,
    struct fault *fault_r)
{
	if (n > 0 && e->contact == 0 &&
	    make_contact(t, e, c, now_ms, fault_r) != 0)
		return -1;
	for (int i = 0; i < n; i++)
		if (runner_start(g, t, a, flows[i], c, e, now_ms, fault_r) != 0)
			return -1;
	return 0;
}

int
engine_accept(struct engine *g, struct txn *t, struct arena *a,
    struct event *given, int64_t now_ms, struct accepted *out,
    struct fault *fault_r)
{
	/* The work may be run again: what it was given stays as it is. */
	struct event event = *given, *e = &event;
	struct idempotency known = { 0 };
	const struct flow *const *flows;
	struct contact contact;
	int64_t name;
	*out = (struct accepted){ 0 };
	if (e->key != NULL) {
		int rc = find_duplicate(t, a, e, now_ms, &known, fault_r);
		if (rc < 0)
			return -1;
		if (rc == 1) {
			out->event = known.ref;
			out->duplicate = true;
			return 0;
		}
	}
	if (find_flows(g, t, e, &flows, out, fault_r) != 0 ||
	    find_contact(t, a, e, out->runs > 0, &contact, fault_r) < 0)
		return -1;
	e->id = out->event = txn_new_id(t, now_ms);
	known.ref = e->id;
	known.expires_ms = now_ms + g->conf->event_id_ms;
	if (start_runs(g, t, a, e, &contact, flows, out->runs, now_ms,
		fault_r) != 0 ||
	    store_event_name(t, e->name, &name, fault_r) != 0 ||
	    store_event_insert(t, e, name, out->outcome, fault_r) != 0 ||
	    (e->key != NULL && note_key(t, a, e, &known, fault_r) != 0))
		return -1;
	g->batch_events++;
	return 0;
}

int
engine_unsubscribe(struct engine *g, struct txn *t, struct arena *a,
    const struct contact *who, int64_t topic, int64_t email, int64_t now_ms,
    struct fault *fault_r)
{
	struct contact c = *who;
	struct accepted out;
	struct event e = { .name = "resend:contact.unsubscribed",
		.contact = c.id };
	char id[ID_UUID_LEN], topic_id[ID_UUID_LEN];
	if (topic != 0) {
		int rc = store_topic_choose(t, c.id, topic, false, fault_r);
		if (rc != 1)
			return rc;
	} else {
		if (c.unsubscribed)
			return 0;
		c.unsubscribed = true;
		c.updated_ms = now_ms;
		if (store_contact_update(t, &c, fault_r) != 0)
			return -1;
	}
	e.payload = arena_printf(a, "{\"email_id\":%s%s%s,\"topic_id\":%s%s%s}",
	    email ? "\"" : "", email ? id_uuid(email, id) : "null",
	    email ? "\"" : "", topic ? "\"" : "",
	    topic ? id_uuid(topic, topic_id) : "null", topic ? "\"" : "");
	return engine_accept(g, t, a, &e, now_ms, &out, fault_r) == 0 ? 1 : -1;
}
