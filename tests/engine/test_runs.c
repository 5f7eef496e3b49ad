/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs that rest: long ones go in slices, what rests is woken, also after a
 * restart, and ends when its contact or automation is gone.
 */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "engine/engine.h"
#include "model/address.h"
#include "store/automations.h"
#include "store/contacts.h"
#include "store/events.h"
#include "store/runs.h"
#include "tests/engine/rig.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum { SLICE = 50, LONGEST = GRAPH_STEPS_MAX - 1, TICKS = 20 };

static const char many_mails[] = "engine { mails_per_contact_day = 1000 }";

/* Lets the engine do what is due until the run has ended; how many batches
 * that took, or -1. */
static int
tick_until_ended(int64_t run)
{
	for (int i = 0; i < TICKS; i++) {
		if (rig_run(run).status != RUN_RUNNING)
			return i;
		rig_do_due();
	}
	return -1;
}

/* A slice is moved at a time, and the rest in the same batch, if time is left
 * in it. */
static void
test_slices(void)
{
	struct accepted out;
	struct run run;
	struct run_step *steps;
	struct email *mails;
	bool in_order = true;
	rig_up(many_mails);
	rig_template("t", "T", "<p>x</p>", true);
	int64_t a = rig_automation(rig_chain_of("x", LONGEST, "t"), true);
	ok(rig_event("x", "ada@example.com", "{\"n\":1}", NULL, &out) == 0,
	    "a run of %d steps starts", LONGEST);
	rig_runs(a, &run);
	ok(run.status == RUN_COMPLETED ||
		(run.due_ms == rig.now_ms && run.seq % SLICE == 0),
	    "it rests after a slice of %d of them, due at once, or is woken",
	    SLICE);
	int ticks = tick_until_ended(run.id);
	ok(ticks >= 0, "it is woken until it has ended");
	run = rig_run(run.id);
	ok(run.status == RUN_COMPLETED && run.due_ms == 0 &&
		run.finished_ms == rig.now_ms,
	    "completed");
	is_int(rig_emails(&mails), LONGEST, "every step has sent");
	int n = rig_steps(run.id, &steps);
	is_int(n, LONGEST, "and is behind the run");
	for (int i = 0; i < n; i++)
		in_order = in_order && steps[i].step == i + 1 &&
		    steps[i].status == STEP_COMPLETED &&
		    (i == 0 || steps[i].started_ms >= steps[i - 1].finished_ms);
	ok(in_order, "each once, in order");
	rig_down();
}

/* More long runs than are woken in one batch. */
static void
test_many_slices(void)
{
	enum { N = 250 };
	struct accepted out;
	struct email *mails;
	char email[40];
	rig_up(many_mails);
	rig_template("t", "T", "<p>x</p>", true);
	rig_automation(rig_chain_of("x", SLICE + 1, "t"), true);
	for (int i = 0; i < N; i++) {
		snprintf(email, sizeof(email), "c%d@example.com", i);
		rig_event("x", email, NULL, NULL, &out);
	}
	rig.now_ms += RIG_SECOND;
	for (int i = 0; i < TICKS; i++)
		rig_do_due();
	is_int(rig_emails(&mails), N * (SLICE + 1),
	    "two hundred and fifty long runs all come to their end");
	rig_down();
}

static void
test_restart(void)
{
	struct accepted out;
	struct run run;
	struct email *mails;
	rig_up(many_mails);
	rig_template("t", "T", "<p>x</p>", true);
	int64_t a = rig_automation(rig_chain_of("x", LONGEST, "t"), true);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	rig_restart();
	rig_runs(a, &run);
	ok(tick_until_ended(run.id) >= 0, "after a restart a run goes on");
	is_int(rig_emails(&mails), LONGEST, "and sends each mail once");
	rig_down();
}

/* ---- a run that rests until a moment ----------------------------------- */

static int
do_put_run(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return store_run_insert(t, arg, f);
}

static int
do_get_automation(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct automation *m = arg;
	return store_automation_by_num(t, a, m->num, m, f) == 1 ? 0 : -1;
}

/* A run of that automation and contact that rests before its step until a
 * moment, written by hand; the engine finds it at its start. */
static int64_t
put_resting(int64_t automation, int64_t contact, int step, int64_t due_ms)
{
	struct automation a = { .num = automation };
	rig_txn(do_get_automation, &a);
	struct run r = { .id = id_at_ms(rig.now_ms) + 999 * (step + 1),
		.automation = automation,
		.version = a.version,
		.contact = contact,
		.step = step,
		.seq = 1,
		.due_ms = due_ms };
	rig_txn(do_put_run, &r);
	rig_restart();
	rig_do_due();
	return r.id;
}

static void
test_moment(void)
{
	struct email *mails;
	rig_up(NULL);
	rig_template("t", "T", "<p>x</p>", true);
	int64_t ada = rig_contact("ada@example.com");
	int64_t a = rig_automation(rig_chain_of("x", 2, "t"), true);
	int64_t until = rig.now_ms + 30 * (int64_t)RIG_DAY;
	int64_t run = put_resting(a, ada, 2, until);
	is_int(rig_run(run).status, RUN_RUNNING, "a run rests for thirty days");
	rig.now_ms = until - 1;
	rig_do_due();
	is_int(rig_run(run).status, RUN_RUNNING, "to the last millisecond");
	rig.now_ms = until;
	rig_do_due();
	is_int(rig_run(run).status, RUN_COMPLETED, "and is woken then");
	is_int(rig_emails(&mails), 1, "one step was left");
	rig_down();
}

/* A disabled automation starts nothing new; what runs goes on. */
static void
test_disabled(void)
{
	struct email *mails;
	rig_up(NULL);
	rig_template("t", "T", "<p>x</p>", true);
	int64_t ada = rig_contact("ada@example.com");
	int64_t a = rig_automation(rig_chain_of("x", 2, "t"), true);
	int64_t run = put_resting(a, ada, 1, rig.now_ms + RIG_HOUR);
	rig_automation_set(a, 0);
	rig.now_ms += RIG_HOUR;
	rig_do_due();
	is_int(rig_run(run).status, RUN_COMPLETED,
	    "a run of an automation disabled meanwhile goes on");
	is_int(rig_emails(&mails), 2, "and sends");
	rig_down();
}

static void
test_contact_deleted(void)
{
	struct email *mails;
	rig_up(NULL);
	rig_template("t", "T", "<p>x</p>", true);
	int64_t ada = rig_contact("ada@example.com");
	int64_t a = rig_automation(rig_chain_of("x", 2, "t"), true);
	int64_t id = put_resting(a, ada, 1, rig.now_ms + RIG_HOUR);
	rig_contact_delete(ada);
	rig.now_ms += RIG_HOUR;
	rig_do_due();
	struct run run = rig_run(id);
	is_int(run.status, RUN_CANCELLED, "a run whose contact is gone ends");
	is(run.reason, "contact_deleted", "and says why");
	is_int(run.finished_ms, rig.now_ms, "and when");
	is_int(rig_emails(&mails), 0, "nothing is sent");
	rig_down();
}

static void
test_automation_deleted(void)
{
	struct email *mails;
	rig_up(NULL);
	rig_template("t", "T", "<p>x</p>", true);
	int64_t ada = rig_contact("ada@example.com");
	int64_t a = rig_automation(rig_chain_of("x", 2, "t"), true);
	int64_t id = put_resting(a, ada, 1, rig.now_ms + RIG_HOUR);
	rig_automation_set(a, -1);
	rig.now_ms += RIG_HOUR;
	rig_do_due();
	struct run run = rig_run(id);
	is_int(run.status, RUN_CANCELLED,
	    "a run whose automation is deleted ends");
	is(run.reason, "automation_deleted", "and says why");
	is_int(rig_emails(&mails), 0, "nothing is sent");
	rig_down();
}

/* ---- what is damaged --------------------------------------------------- */

struct damage {
	int64_t automation;
	const char *graph;
};

/* Gives an automation a version no program of ours would write. */
static int
do_damage(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct damage *d = arg;
	struct automation m;
	return store_automation_by_num(t, a, d->automation, &m, f) == 1 &&
		store_graph_insert(t, m.num, d->graph, &m.version, f) == 0
	    ? store_automation_update(t, &m, f)
	    : -1;
}

static void
test_damaged(void)
{
	static const char unknown[] =
	    "{\"steps\":[{\"key\":\"a\",\"type\":\"no such\","
	    "\"config\":{}}],\"connections\":[]}";
	static const char *const graphs[] = { "", "{", "{\"steps\":[]}",
		unknown };
	struct accepted out;
	struct run run;
	rig_up(NULL);
	rig_template("t", "T", "<p>x</p>", true);
	int64_t ada = rig_contact("ada@example.com");
	int64_t bad = rig_automation(rig_chain_of("x", 1, "t"), true);
	int64_t good = rig_automation(rig_chain_of("x", 1, "t"), true);
	for (size_t i = 0; i < N_OF(graphs); i++) {
		struct damage d = { bad, graphs[i] };
		ok(rig_txn(do_damage, &d) == 0, "a damaged version");
		ok(rig_event("x", "ada@example.com", NULL, NULL, &out) == 0,
		    "an event comes");
		is_int(out.runs, 1, "the damaged one does not start");
		is_int(rig_runs(good, NULL), (int)i + 1,
		    "and keeps no other from starting");
	}
	int64_t resting = put_resting(bad, ada, 1, rig.now_ms + RIG_HOUR);
	int64_t other = put_resting(good, ada, 0, rig.now_ms + RIG_HOUR);
	rig.now_ms += RIG_HOUR;
	rig_do_due();
	run = rig_run(resting);
	ok(run.status == RUN_FAILED && run.reason != NULL &&
		strcmp(run.reason, "damaged") == 0,
	    "a run of a damaged version fails and says so");
	is_int(rig_run(other).status, RUN_COMPLETED, "others go on");
	rig_down();
}

/* Rows no program of ours would write end alone, and the batch goes on. */
static void
test_damaged_runs(void)
{
	rig_up(NULL);
	rig_template("t", "T", "<p>x</p>", true);
	int64_t ada = rig_contact("ada@example.com");
	struct automation a = { .num = rig_automation(rig_chain_of("x", 1, "t"),
				    true) };
	rig_txn(do_get_automation, &a);
	struct run good = { .id = id_at_ms(rig.now_ms) + 1,
		.automation = a.num,
		.version = a.version,
		.contact = ada,
		.step = 1,
		.due_ms = 1 };
	struct run bad[] = { good, good, good, good, good };
	bad[0].step = 2;
	bad[1].step = -1;
	bad[2].automation = 999;
	bad[3].version = 999;
	bad[4].payload = "{\"n\":";
	rig_txn(do_put_run, &good);
	for (size_t i = 0; i < N_OF(bad); i++) {
		bad[i].id += 1 + (int64_t)i;
		rig_txn(do_put_run, &bad[i]);
	}
	rig_restart();
	ok(rig_tick() == 0, "damaged runs do not stop the batch");
	rig_do_due();
	for (size_t i = 0; i < N_OF(bad); i++)
		is_int(rig_run(bad[i].id).status, RUN_FAILED, "each fails");
	is_int(rig_run(good.id).status, RUN_COMPLETED, "a sound one goes on");
	rig_down();
}

/* What was due before an event is moved before it, however much it is. */
static void
test_catch_up(void)
{
	enum { N = 450 };
	struct accepted out;
	struct run *runs;
	int heard = 0;
	rig_up(NULL);
	int64_t a = rig_automation(
	    "{\"steps\":[{\"key\":\"t\",\"type\":\"trigger\",\"config\":"
	    "{\"event_name\":\"x\"}},{\"key\":\"d\",\"type\":\"delay\","
	    "\"config\":{\"duration\":\"1 hour\"}},{\"key\":\"w\",\"type\":"
	    "\"wait_for_event\",\"config\":{\"event_name\":\"y\"}}],"
	    "\"connections\":[{\"from\":\"t\",\"to\":\"d\"},"
	    "{\"from\":\"d\",\"to\":\"w\"}]}",
	    true);
	for (int i = 0; i < N; i++)
		rig_event("x", "ada@example.com", NULL, NULL, &out);
	rig.now_ms += RIG_HOUR;
	rig_event("y", "ada@example.com", NULL, NULL, &out);
	rig_do_due();
	int n = rig_runs_all(a, &runs);
	for (int i = 0; i < n; i++)
		heard += runs[i].status == RUN_COMPLETED;
	is_int(heard, N, "all that was due hears of the event");
	rig_down();
}

/* Stops an automation, enables it again and starts a run, all at once. */
static int
do_begin_anew(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct run *r = arg;
	struct contact c;
	struct automation on, off;
	if (store_automation_by_num(t, a, r->automation, &on, f) != 1 ||
	    store_contact_by_id(t, a, r->contact, &c, f) != 1)
		return -1;
	off = on;
	off.enabled = 0;
	return engine_automation_set(rig.engine, t, a, &on, &off, rig.now_ms,
		   f) != 0 ||
		engine_automation_set(rig.engine, t, a, &off, &on, rig.now_ms,
		    f) != 0
	    ? -1
	    : engine_run_start(rig.engine, t, a, &on, &c, NULL, rig.now_ms,
		  &r->id, f);
}

/* The runs of an automation that was stopped go in slices; those that begin
 * meanwhile stay. */
static void
test_begin_anew(void)
{
	struct accepted out;
	struct run old = { 0 }, new;
	rig_up(NULL);
	int64_t a = rig_automation(
	    "{\"steps\":[{\"key\":\"t\",\"type\":\"trigger\",\"config\":"
	    "{\"event_name\":\"x\"}},{\"key\":\"d\",\"type\":\"delay\","
	    "\"config\":{\"duration\":\"1 day\"}}],"
	    "\"connections\":[{\"from\":\"t\",\"to\":\"d\"}],"
	    "\"settings\":{\"on_stop\":\"cancel\"}}",
	    true);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	rig_runs(a, &old);
	new = old;
	ok(rig_txn(do_begin_anew, &new) == 0,
	    "an automation is stopped and enabled again");
	rig_do_due();
	is_int(rig_run(old.id).status, RUN_CANCELLED, "its run is cancelled");
	is_int(rig_run(new.id).status, RUN_RUNNING, "one behind it is not");
	rig_down();
}

static int
do_put_step(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct run *r = arg;
	const struct run_step s = { .seq = r->seq, .step = r->step };
	(void)a;
	return store_step_insert(t, r, &s, f);
}

/* What it wrote before it met the damage is undone: no mail goes out of a step
 * that failed. */
static void
test_undone(void)
{
	struct email *mails;
	rig_up(NULL);
	rig_template("t", "T", "<p>x</p>", true);
	int64_t ada = rig_contact("ada@example.com");
	int64_t a = rig_automation(rig_chain_of("x", 3, "t"), true);
	struct run r = { .id = put_resting(a, ada, 1, rig.now_ms + RIG_HOUR),
		.step = 2,
		.seq = 2 };
	rig_txn(do_put_step, &r);
	rig.now_ms += RIG_HOUR;
	ok(rig_tick() == 0, "a run meets a step it has taken already");
	rig_do_due();
	is_int(rig_run(r.id).status, RUN_FAILED, "and fails");
	is_int(rig_emails(&mails), 0, "nothing of what it did meanwhile stays");
	rig_down();
}

/* ---- within one batch -------------------------------------------------- */

/* Jobs for the writer's thread, in one batch. */
static int
set_enabled(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct automation a;
	if (store_automation_by_num(t, rig.arena, j->n, &a, fault_r) != 1)
		return -1;
	a.enabled = j->result != 0;
	if (store_automation_update(t, &a, fault_r) != 0)
		return -1;
	return j->text != NULL ? fault(fault_r, FAULT_INVALID, "No.") : 0;
}

static int
send_event(struct txn *t, struct job *j, struct fault *fault_r)
{
	struct event e = { .name = "x",
		.email = "ada@example.com",
		.key = j->text };
	struct accepted out;
	e.email_key = address_key(rig.arena, e.email, fault_r);
	if (engine_accept(rig.engine, t, rig.arena, &e, rig.now_ms, &out,
		fault_r) != 0)
		return -1;
	j->result = out.runs;
	j->n = out.duplicate;
	return 0;
}

static void
test_one_batch(void)
{
	struct gate gate;
	rig_up(NULL);
	rig_template("t", "T", "<p>x</p>", true);
	int64_t a = rig_automation(rig_chain_of("x", 1, "t"), false);
	struct job jobs[] = { { .run = send_event },
		{ .run = set_enabled, .n = a, .result = 1 },
		{ .run = send_event, .text = "key" },
		{ .run = send_event, .text = "key" },
		{ .run = set_enabled, .n = a, .result = 0, .text = "fails" },
		{ .run = send_event },
		{ .run = set_enabled, .n = a, .result = 0 },
		{ .run = send_event } };
	store_start(rig.store);
	gate_close(rig.store, &gate);
	for (size_t i = 0; i < N_OF(jobs); i++)
		job_write(rig.store, &jobs[i]);
	struct store_figures before, after;
	store_figures(rig.store, &before);
	gate_open(&gate);
	ok(rig_settle(rig.store), "works of one batch");
	store_figures(rig.store, &after);
	is_int(after.batches - before.batches, 2, "one and the gate's");
	is_int(jobs[0].result, 0, "an event before the change starts nothing");
	is_int(jobs[2].result, 1, "the next one after it does");
	ok(jobs[3].n == 1 && jobs[3].result == 0,
	    "the same id again in the batch is a duplicate");
	ok(!job_good(&jobs[4]) && jobs[5].result == 1,
	    "a change that failed is none");
	is_int(jobs[7].result, 0, "one that did not counts at once");
	rig_down();
}

/* ---- with all threads and the loop ------------------------------------- */

static void
on_store(int fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	store_dispatch(rig.store);
	engine_arm(rig.engine);
}

static void
on_late(int fd, short what, void *arg)
{
	(void)fd, (void)what;
	*(bool *)arg = true;
}

/* Turns the loop until that many mails were sent, or it takes too long. */
static bool
loop_until_sent(struct event_base *base, int64_t n)
{
	bool late = false;
	struct timeval bound = { .tv_sec = RIG_WAIT_MS / 1000 };
	struct engine_figures f = { 0 };
	struct event *bell = evtimer_new(base, on_late, &late);
	event_add(bell, &bound);
	while (!late && f.sent < n) {
		event_base_loop(base, EVLOOP_ONCE);
		engine_figures(rig.engine, &f);
		/* As a reload does, while all threads are at work. */
		engine_set_conf(rig.engine, rig.conf, rig.keys);
	}
	event_free(bell);
	return f.sent == n;
}

/* Nothing but the engine's own timer makes a long run go on. */
static void
test_loop(void)
{
	struct job event = { .run = send_event };
	struct email *mails;
	struct run run;
	int n_sent = 0;
	rig_up(many_mails);
	rig_template("t", "T", "<p>x</p>", true);
	int64_t a = rig_automation(rig_chain_of("x", LONGEST, "t"), true);
	struct event_base *base = event_base_new();
	struct event *ready = event_new(base, store_fd(rig.store),
	    EV_READ | EV_PERSIST, on_store, NULL);
	event_add(ready, NULL);
	if (!ok(engine_start(rig.engine, base, &rig.fault) == 0,
		"the engine starts"))
		return;
	store_start(rig.store);
	job_write(rig.store, &event);
	ok(loop_until_sent(base, LONGEST),
	    "a long run is woken by the timer, its mails go out");
	engine_stop(rig.engine);
	ok(rig_settle(rig.store), "what was under way is noted");
	rig_restart();
	rig_runs(a, &run);
	is_int(run.status, RUN_COMPLETED, "the run has ended");
	int n = rig_emails(&mails);
	for (int i = 0; i < n; i++)
		n_sent += mails[i].status == EMAIL_SENT;
	is_int(n_sent, LONGEST, "every mail is noted as sent");
	event_free(ready);
	rig_down();
	event_base_free(base);
}

int
main(void)
{
	test_slices();
	test_many_slices();
	test_restart();
	test_moment();
	test_disabled();
	test_contact_deleted();
	test_automation_deleted();
	test_damaged();
	test_damaged_runs();
	test_catch_up();
	test_begin_anew();
	test_undone();
	test_one_batch();
	test_loop();
	return tap_done();
}
