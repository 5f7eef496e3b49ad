/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A work that fails is undone: what the engine keeps in memory must not go on
 * saying what it wrote.
 */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "store/automations.h"
#include "tests/engine/rig.h"
#include "tests/tap.h"

typedef int part(struct txn *, struct arena *, void *arg, struct fault *);

static void
in_vain(part *fn, void *arg, const char *what)
{
	ok(rig_in_vain(fn, arg) == 0, "%s, in vain", what);
}

/* A graph of a trigger and an exit for that reason. */
static const char *
leaves(const char *event, const char *reason)
{
	return arena_printf(rig.arena,
	    "{\"steps\":[{\"key\":\"t\",\"type\":\"trigger\",\"config\":"
	    "{\"event_name\":\"%s\"}},{\"key\":\"e\",\"type\":\"exit\","
	    "\"config\":{\"reason\":\"%s\"}}],"
	    "\"connections\":[{\"from\":\"t\",\"to\":\"e\"}]}",
	    event, reason);
}

/* Makes an automation as the API does. */
static int
make(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const char *text = arg;
	json_t *json = json_parse(a, text, strlen(text), f);
	struct graph *g = json != NULL ? graph_from_json(a, json, f) : NULL;
	struct automation m = { .id = txn_new_id(t, rig.now_ms),
		.name = "made" };
	if (g == NULL || store_automation_insert(t, &m, f) != 0 ||
	    engine_version_add(rig.engine, t, a, &m, g, f) != 0)
		return -1;
	const struct automation was = m;
	m.enabled = 1;
	return engine_automation_set(rig.engine, t, a, &was, &m, rig.now_ms, f);
}

/* The number of a version that was undone is given to the next one. */
static void
test_versions(void)
{
	struct accepted out;
	struct run run = { 0 };
	rig_up(NULL);
	in_vain(make, (void *)leaves("x", "never"), "an automation is made");
	int64_t a = rig_automation(leaves("y", "good"), true);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	is_int(rig_runs(a, NULL), 0, "the next one does not listen for it");
	rig_event("y", "ada@example.com", NULL, NULL, &out);
	is_int(rig_runs(a, &run), 1, "but to its own event");
	is(run.reason, "good", "and its runs go its own way");
	rig_down();
}

static int
pause(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a, (void)arg;
	return engine_pause(rig.engine, t, ENGINE_RUNS, true, f);
}

static void
test_pause(void)
{
	rig_up(NULL);
	in_vain(pause, NULL, "runs are paused");
	ok(!engine_is_paused(rig.engine, ENGINE_RUNS),
	    "a pause that was undone is none");
	rig_down();
}

static void
test_pause_at_start(void)
{
	struct accepted out;
	struct run run = { 0 };
	rig_up(NULL);
	int64_t a = rig_automation(leaves("x", "moved"), true);
	rig_pause(ENGINE_RUNS, true);
	rig_restart();
	ok(engine_is_paused(rig.engine, ENGINE_RUNS),
	    "a pause is known before the first batch");
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	rig_runs(a, &run);
	is_int(run.status, RUN_RUNNING, "in which no run moves");
	rig_down();
}

/* Sends an event and defines a property, in a work. */
struct mixed {
	const char *email, *property;
	bool event_first;
	struct accepted accepted;
};

static int
send(struct txn *t, struct arena *a, struct mixed *m, struct fault *f)
{
	struct event e = { .name = "new",
		.email = "ada@example.com",
		.email_key = "ada@example.com" };
	return engine_accept(rig.engine, t, a, &e, rig.now_ms, &m->accepted, f);
}

static int
do_mixed(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	static const struct cause nobody;
	struct mixed *m = arg;
	struct contact c = { .email = m->email,
		.email_key = m->email,
		.properties = arena_printf(a, "{\"%s\":1}", m->property) };
	return (m->event_first && send(t, a, m, f) != 0) ||
		engine_contact_create(rig.engine, t, a, &c, NULL, 0, &nobody,
		    rig.now_ms, f) < 0 ||
		send(t, a, m, f) != 0
	    ? -1
	    : 0;
}

/* A name is read anew when definitions change, also within the work that made
 * it. */
static void
test_names(void)
{
	struct mixed vain = { "a@example.com", "one", true, { 0 } };
	struct mixed good = { "b@example.com", "two", false, { 0 } };
	struct event e = { 0 };
	enum event_outcome outcome;
	rig_up(NULL);
	in_vain(do_mixed, &vain, "a name is given a number");
	ok(rig_txn(do_mixed, &good) == 0, "an event of that name follows");
	ok(rig_event_get(good.accepted.event, &e, &outcome) == 1 &&
		strcmp(e.name, "new") == 0,
	    "and is there, under its name");
	rig_down();
}

/* A contact with a property nobody knows, in a segment there is none of. */
static int
make_contact(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	static const struct cause nobody;
	const int64_t segment = 1;
	struct fault why;
	struct contact c = { .email = "b@example.com",
		.email_key = "b@example.com",
		.properties = "{\"plan\":\"pro\"}" };
	(void)arg, (void)f;
	return engine_contact_create(rig.engine, t, a, &c, &segment, 1, &nobody,
		   rig.now_ms, &why) < 0
	    ? 0
	    : -1;
}

/* The count of changes is undone too, and the next change comes to it again. */
static void
test_lists(void)
{
	struct accepted out;
	rig_up(NULL);
	int64_t a = rig_automation(leaves("x", "good"), false);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	in_vain(make_contact, NULL, "a contact brings a property");
	rig_automation_set(a, 1);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	is_int(out.runs, 1, "an automation enabled behind it listens");
	rig_down();
}

int
main(void)
{
	test_versions();
	test_pause();
	test_pause_at_start();
	test_names();
	test_lists();
	return tap_done();
}
