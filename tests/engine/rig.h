/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the engine's tests share: a store, a configuration and an engine in the
 * test's directory, a clock that stands until it is moved, and the rooms'
 * functions as one call each. Every call is a transaction of its own, with the
 * engine's part at its end; no thread runs and nothing is delivered, unless a
 * test starts what it needs.
 *
 * There is one rig at a time. What cannot be made ends the test.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "engine/engine.h"
#include "model/automation.h"
#include "model/contact.h"
#include "model/email.h"
#include "model/event.h"
#include "model/mail_template.h"
#include "model/run.h"
#include "store/list.h"
#include "store/store.h"

struct arena;
struct conf;
struct token_keys;

/* Noon of some day; the clock begins there. */
#define RIG_NOON INT64_C(1790000000000)
enum { RIG_SECOND = 1000, RIG_HOUR = 3600 * 1000, RIG_DAY = 24 * RIG_HOUR };

extern struct rig {
	struct store *store;
	struct engine *engine;
	struct conf *conf;
	struct token_keys *keys;
	struct arena *arena; /* holds what the calls below return */
	int64_t now_ms;      /* the clock */
	int bound;           /* see rig_bound() */
	struct fault fault;  /* of the last call that failed */
} rig;

/* conf is added to the configuration; or NULL. */
void rig_up(const char *conf);
/* The same database with a new store and engine, as after a restart. */
void rig_restart(void);
/* The same without a clean end: what was not committed is gone. */
void rig_kill(void);
void rig_down(void);
/* engine_set_bound(), also after a restart. */
void rig_bound(int n);
/* The engine's clock: rig.now_ms. */
int64_t rig_clock(void);

/* Runs a function in a transaction: what it returned, or -1 with rig.fault
 * when that was -1 or the transaction failed. */
int rig_txn(int (*fn)(struct txn *, struct arena *, void *arg,
		struct fault *fault_r),
    void *arg);
/* The same in a part of the transaction that is undone, while the rest of the
 * batch is stored. */
int rig_in_vain(int (*fn)(struct txn *, struct arena *, void *arg,
		    struct fault *fault_r),
    void *arg);
/* An empty transaction: the engine does what is due. 0 or -1. */
int rig_tick(void);
/* The same until nothing is due any more at this moment. */
void rig_do_due(void);
/* Goes to a moment, stopping at each at which something is due. */
void rig_go_to(int64_t ms);

/* ---- making things ----------------------------------------------------- */

/* Its id. */
int64_t rig_contact(const char *email);
/* Writes the contact as it is. */
void rig_contact_put(const struct contact *);
void rig_contact_delete(int64_t id);
/* The same by the engine, so that automations hear of it: what engine.h says of
 * each; -1 leaves rig.fault. */
int rig_people_create(struct contact *, const int64_t *segments, int n);
int rig_people_update(struct contact *after); /* found by its id */
int rig_people_delete(int64_t id);
int rig_people_erase(int64_t id);
int rig_segment_set(int64_t contact, int64_t segment, bool is_member);
bool rig_segment_has(int64_t contact, int64_t segment);
/* filter: a rule as JSON, or NULL. Its id. */
int64_t rig_segment(const char *name, const char *filter);
int64_t rig_topic(const char *name, bool default_in);
void rig_topic_choose(int64_t contact, int64_t topic, bool opted_in);
void rig_topic_delete(int64_t topic);
/* A template with a first version: published, or a draft. Its id. */
int64_t rig_template(const char *alias, const char *subject, const char *html,
    bool published);
/* A published one that says all the version does. */
int64_t rig_template_full(const char *alias, const struct mail_version *);
/* Its newest text, published; the version's number. */
int64_t rig_template_publish(int64_t id, const char *subject, const char *html);

/* An automation from its graph as JSON, checked as the API would; its number,
 * or -1 with rig.fault. enabled: what must be true before is checked. */
int64_t rig_automation(const char *graph, bool enabled);
/* The same of a version that was saved when less was checked. */
int64_t rig_automation_old(const char *graph);
/* A graph of a trigger and n steps of the same config, one after the other. */
const char *rig_chain(const char *event, int n, const char *config);
/* The same with send_email steps of a template. */
const char *rig_chain_of(const char *event, int n, const char *template);
/* enabled: 1, 0, or -1: deleted. 0, or -1 with rig.fault. */
int rig_automation_set(int64_t num, int enabled);
int rig_automation_pause(int64_t num, bool paused);
/* A new version for new runs, checked. 0, or -1 with rig.fault. */
int rig_automation_edit(int64_t num, const char *graph);

/* ---- what happens ------------------------------------------------------ */

/* An event of an address, now; payload and key may be NULL. 0 or -1. */
int rig_event(const char *name, const char *email, const char *payload,
    const char *key, struct accepted *);
/* Any event. */
int rig_accept(const struct event *, struct accepted *);
/* engine_unsubscribe() of the contact as it is now. */
int rig_unsubscribe(int64_t contact, int64_t topic);

/* engine_run_start() and the like; -1 leaves rig.fault. */
int rig_run_start(int64_t automation, int64_t contact, const char *payload,
    int64_t *run_r);
int rig_run_cancel(int64_t run);
int rig_run_retry(int64_t run);
/* How many at once. */
int rig_runs_cancel(int64_t contact);
int rig_pause(enum engine_part, bool paused);

/* ---- what is there ----------------------------------------------------- */

/* 1, 0, -1 */
int rig_contact_find(const char *email, struct contact *);
/* How many runs an automation has; the newest one. */
int rig_runs(int64_t automation, struct run *newest);
struct run rig_run(int64_t id);
/* All runs of an automation, newest first: how many. */
int rig_runs_all(int64_t automation, struct run **runs_r);
/* Why an automation kept a contact out, newest first: how many. */
int rig_skips(int64_t automation, struct skip **skips_r);
/* The steps behind a run: how many. */
int rig_steps(int64_t run, struct run_step **steps_r);
/* All emails, newest first: how many. */
int rig_emails(struct email **emails_r);
/* The event and what it led to; 1, 0, -1. */
int rig_event_get(int64_t id, struct event *, enum event_outcome *);
