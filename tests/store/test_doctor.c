/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doctor finds nothing in a sound database, names each broken tie in one
 * that is not, and looks at every row once however small its slices are.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/log.h"
#include "model/email.h"
#include "model/mail_template.h"
#include "store/automations.h"
#include "store/contacts.h"
#include "store/direct.h"
#include "store/doctor.h"
#include "store/emails.h"
#include "store/events.h"
#include "store/imports.h"
#include "store/jobs.h"
#include "store/runs.h"
#include "store/segments.h"
#include "store/store.h"
#include "store/templates.h"
#include "store/webhooks.h"
#include "tests/store/within.h"
#include "tests/tap.h"

/* A graph whose step 1 waits for "paid". */
static const char graph[] =
    "{\"steps\":[{\"key\":\"start\",\"type\":\"trigger\","
    "\"config\":{\"event_name\":\"signup\"}},"
    "{\"key\":\"wait\",\"type\":\"wait_for_event\","
    "\"config\":{\"event_name\":\"paid\"}}],"
    "\"connections\":[{\"from\":\"start\",\"to\":\"wait\"}]}";

static struct store *store;
static struct automation automation;
static int64_t paid, other, foreign;

/* ---- looking ----------------------------------------------------------- */

/* What a whole examination said: "table id: text" a line. */
static const char *
examine(struct txn *t, struct arena *a, int rows, int *checked_r)
{
	struct doctor_place place = { 0 };
	const char *said = "";
	struct fault f;
	*checked_r = 0;
	while (place.check < store_doctor_checks()) {
		struct list list;
		int n = store_doctor_look(t, a, NULL, &place, rows, &list, &f);
		if (n < 0)
			return arena_strdup(a, f.text);
		*checked_r += n;
		const struct doctor_problem *all = list.items;
		for (int i = 0; i < list.n; i++)
			said = arena_printf(a, "%s%s %s: %s\n", said,
			    all[i].table, all[i].id, all[i].text);
	}
	return said;
}

/* ---- rows -------------------------------------------------------------- */

static struct run
resting(int64_t id)
{
	return (struct run){ .id = id,
		.automation = automation.num,
		.version = automation.version,
		.contact = 10,
		.step = 1,
		.due_ms = 5 };
}

/* The same mail as one of an app. */
static const struct email *
direct(int64_t id, const struct email *of)
{
	static struct email e;
	e = *of;
	e.id = id;
	e.run = 0;
	e.is_direct = true;
	return &e;
}

/* One of each table, all tied as they should be. */
static void
fill(struct txn *t, struct arena *a)
{
	struct fault f;
	struct contact c = { .id = 10, .email_key = "a@example.com" };
	struct segment s = { .id = 11, .name = "s" };
	struct topic topic = { .id = 12, .name = "t" };
	struct mail_version v = { .id = 14, .template = 13, .html = "x" };
	struct mail_template m = { .id = 13,
		.name = "m",
		.draft = 14,
		.published = 14 };
	struct automation elsewhere = { .id = 16, .name = "b" };
	int checked;
	automation = (struct automation){ .id = 15, .name = "a" };
	ok(store_contact_insert(t, &c, &f) == 0 &&
		store_segment_insert(t, &s, &f) == 0 &&
		store_topic_insert(t, &topic, &f) == 0 &&
		store_version_put(t, &v, &f) == 0 &&
		store_template_insert(t, &m, &f) == 0 &&
		store_name_insert(t, "paid", &paid, &f) == 0 &&
		store_name_insert(t, "other", &other, &f) == 0 &&
		store_automation_insert(t, &automation, &f) == 0 &&
		store_graph_insert(t, automation.num, graph,
		    &automation.version, &f) == 0 &&
		store_automation_update(t, &automation, &f) == 0 &&
		store_automation_insert(t, &elsewhere, &f) == 0 &&
		store_graph_insert(t, elsewhere.num, graph, &foreign, &f) == 0,
	    "what runs stand on");
	elsewhere.version = foreign;
	struct run due = resting(20), waits = resting(21), ended = resting(22);
	waits.due_ms = 0;
	ended.due_ms = 0;
	ended.status = RUN_COMPLETED;
	struct run_step step = { .seq = 0, .step = 0 };
	const struct email_parts parts = { .text = "x" };
	const struct email_recipient to = { .address = "c@d.example",
		.key = "c@d.example" };
	const struct email_attachment file = { .id = 26,
		.email = 25,
		.type = "text/plain" };
	struct email e = { .id = 23,
		.due_ms = 5,
		.run = 22,
		.sender = "a@b.example",
		.recipient = "c@d.example",
		.subject = "s" };
	struct webhook w = { .id = 25, .endpoint = "https://a.example/" };
	struct hook_event owed = { .id = 26,
		.webhook = 25,
		.due_ms = 5,
		.payload = "{}" };
	struct hook_attempt tried = { .id = 27, .event = 26 };
	ok(store_automation_update(t, &elsewhere, &f) == 0 &&
		store_run_insert(t, &due, &f) == 0 &&
		store_run_insert(t, &waits, &f) == 0 &&
		store_run_insert(t, &ended, &f) == 0 &&
		store_wait_insert(t, &waits, paid, &f) == 0 &&
		store_step_insert(t, &due, &step, &f) == 0 &&
		store_step_insert(t, &waits, &step, &f) == 0 &&
		store_email_insert(t, &e, &f) == 0 &&
		store_email_insert(t, direct(25, &e), &f) == 0 &&
		store_parts_insert(t, 25, &parts, &f) == 0 &&
		store_recipient_insert(t, 25, &to, &f) == 0 &&
		store_attachment_insert(t, &file, &f) == 0 &&
		store_entry_put(t, 10, automation.num, 1, 20, &f) == 0 &&
		store_recent_insert(t, 10, paid, 24, &f) == 0 &&
		store_member_insert(t, 11, 10, &f) == 1 &&
		store_topic_choose(t, 10, 12, true, &f) == 1 &&
		store_webhook_insert(t, &w, &f) == 0 &&
		store_hook_event_insert(t, &owed, &f) == 0 &&
		store_hook_attempt_insert(t, &tried, &f) == 0,
	    "and runs");
	struct import i = { .id = 25, .options = "{}" };
	struct job j = { .id = 26, .kind = JOB_IMPORT, .subject = 25 };
	struct import_failure failure = { 3, "why" };
	ok(store_import_insert(t, &i, &f) == 0 &&
		store_job_insert(t, &j, &f) == 0 &&
		store_import_failure(t, 25, &failure, &f) == 0,
	    "and an import");
	is(examine(t, a, 100, &checked), "", "a sound database is sound");
	is_int(checked, 23, "every row was looked at");
	is(examine(t, a, 1, &checked), "", "also in slices of one row");
	is_int(checked, 23, "each of them once");
}

/* ---- what can be wrong ------------------------------------------------- */

static const char *
id_text(struct arena *a, int64_t id)
{
	char text[ID_UUID_LEN];
	return arena_strdup(a, id_uuid(id, text));
}

/* One row of a run that is wrong in one way; the doctor says just that. */
static void
wrong_run(struct txn *t, struct arena *a, struct run r, const char *text)
{
	struct fault f;
	int checked;
	ok(store_run_insert(t, &r, &f) == 0, "a run: %s", text);
	is(examine(t, a, 3, &checked),
	    arena_printf(a, "runs %s: %s\n", id_text(a, r.id), text), text);
	store_run_prune(t, r.automation, r.status, r.id + 1, 1, &f);
}

static void
test_runs(struct txn *t, struct arena *a)
{
	struct fault f;
	int checked;
	struct run r = resting(19);
	r.automation = 99;
	wrong_run(t, a, r, "its automation is not there");
	r = resting(19);
	r.version = 99;
	wrong_run(t, a, r, "its version is not there");
	r.version = foreign;
	wrong_run(t, a, r, "its version is not there");
	r = resting(19);
	r.contact = 99;
	wrong_run(t, a, r, "it is running and its contact is not there");
	const struct job j = { .id = 90,
		.kind = JOB_FORGET_CONTACT,
		.subject = 99 };
	ok(store_job_insert(t, &j, &f) == 0 && store_run_insert(t, &r, &f) == 0,
	    "its contact is being forgotten");
	is(examine(t, a, 3, &checked), "", "that is nothing wrong");
	store_run_prune(t, r.automation, r.status, r.id + 1, 1, &f);
	store_job_delete(t, j.id, &f);
	r = resting(19);
	r.due_ms = 0;
	wrong_run(t, a, r, "it is running and nothing will wake it");
	r = resting(19);
	r.status = RUN_FAILED;
	wrong_run(t, a, r, "it has ended and is due");
}

static void
test_waits(struct txn *t, struct arena *a)
{
	static const struct {
		int64_t contact, run;
		int name; /* 0 paid, 1 other, 2 none, 3 paid elsewhere */
		const char *text;
	} cases[] = {
		{ 10, 99, 0, "its run is not there" },
		{ 10, 22, 0, "its run has ended" },
		{ 98, 21, 0, "its run is another contact's" },
		{ 10, 21, 2, "its event has no name" },
		{ 10, 21, 1,
		    "its run does not stand where the event is waited for" },
		{ 10, 21, 3,
		    "its run does not stand where the event is waited for" },
	};
	struct fault f;
	int checked;
	for (size_t i = 0; i < N_OF(cases); i++) {
		int64_t name = cases[i].name % 3 == 0 ? paid
		    : cases[i].name == 1              ? other
						      : 97;
		struct run r = resting(cases[i].run);
		r.contact = cases[i].contact;
		r.step += cases[i].name == 3;
		ok(store_wait_insert(t, &r, name, &f) == 0, "a wait");
		is(examine(t, a, 2, &checked),
		    arena_printf(a, "waits %s: %s\n", id_text(a, cases[i].run),
			cases[i].text),
		    cases[i].text);
		store_wait_delete(t, &r, name, &f);
	}
	struct run r = resting(21);
	r.due_ms = 0;
	r.step = 150;
	ok(store_run_update(t, &r, &f) == 0, "a run stands nowhere");
	is(examine(t, a, 2, &checked),
	    arena_printf(a, "waits %s: its run stands at no step\n",
		id_text(a, 21)),
	    "its wait is told");
	r.step = 1;
	ok(store_run_update(t, &r, &f) == 0, "it stands at its step again");
}

/* All that is left at once, each told once. */
static void
test_rest(struct txn *t, struct arena *a)
{
	struct fault f;
	int checked;
	struct run gone = resting(99);
	struct run_step step = { .seq = 3 };
	struct automation bad = { .id = 40, .name = "b" };
	struct mail_template m = { .id = 41, .name = "m", .draft = 99 };
	struct mail_template p = { .id = 42,
		.name = "p",
		.draft = 14,
		.published = 99 };
	const struct email_parts parts = { .text = "x" };
	const struct email_recipient to = { .n = 2,
		.address = "c@d.example",
		.key = "c@d.example" };
	const struct email_attachment file = { .id = 46,
		.email = 99,
		.type = "text/plain" };
	struct email e = { .id = 43,
		.due_ms = 5,
		.run = 99,
		.sender = "a@b.example",
		.recipient = "c@d.example",
		.subject = "s" };
	struct hook_event lost = { .id = 45,
		.webhook = 96,
		.due_ms = 5,
		.payload = "{}" };
	struct hook_event idle = { .id = 46, .webhook = 25, .payload = "{}" };
	struct hook_event busy = { .id = 47,
		.webhook = 25,
		.status = HOOK_SUCCESS,
		.due_ms = 5,
		.payload = "{}" };
	struct hook_attempt tried = { .id = 48, .event = 95 };
	struct import i = { .id = 45, .options = "{}" };
	struct import_failure failure = { 3, "why" };
	ok(store_import_insert(t, &i, &f) == 0 &&
		store_import_failure(t, 46, &failure, &f) == 0,
	    "an import nobody goes on with, and a row of none");
	ok(store_automation_insert(t, &bad, &f) == 0 &&
		store_template_insert(t, &m, &f) == 0 &&
		store_template_insert(t, &p, &f) == 0 &&
		store_step_insert(t, &gone, &step, &f) == 0 &&
		store_entry_put(t, 98, 1, 1, 1, &f) == 0 &&
		store_recent_insert(t, 98, paid, 44, &f) == 0 &&
		store_email_insert(t, &e, &f) == 0 &&
		store_email_insert(t, direct(44, &e), &f) == 0 &&
		store_parts_insert(t, 99, &parts, &f) == 0 &&
		store_email_insert(t, direct(45, &e), &f) == 0 &&
		store_parts_insert(t, 45, &parts, &f) == 0 &&
		store_recipient_insert(t, 99, &to, &f) == 0 &&
		store_attachment_insert(t, &file, &f) == 0 &&
		store_member_insert(t, 97, 10, &f) == 1 &&
		store_member_insert(t, 11, 98, &f) == 1 &&
		store_topic_choose(t, 98, 12, true, &f) == 1 &&
		store_hook_event_insert(t, &lost, &f) == 0 &&
		store_hook_event_insert(t, &idle, &f) == 0 &&
		store_hook_event_insert(t, &busy, &f) == 0 &&
		store_hook_attempt_insert(t, &tried, &f) == 0,
	    "broken ties");
	is(examine(t, a, 1, &checked),
	    arena_printf(a,
		"automations %s: its version is not there\n"
		"templates %s: its draft is not there\n"
		"templates %s: its published version is not there\n"
		"run_steps %s/3: its run is not there\n"
		"run_entries %s: its contact is not there\n"
		"recent_events %s/%s: its contact is not there\n"
		"emails %s: it is not sent yet and its run is not there\n"
		"emails %s: it is an app's and its parts are not there\n"
		"emails %s: it is an app's and goes to nobody\n"
		"email_parts %s: its email is not there\n"
		"email_recipients %s/2: its email is not there\n"
		"email_attachments %s: its email is not there\n"
		"segment_members %s/%s: its contact is not there\n"
		"segment_members %s/%s: its segment is not there\n"
		"contact_topics %s/%s: its contact is not there\n"
		"webhook_events %s: its webhook is not there\n"
		"webhook_events %s: whether it is owed and its status do not "
		"agree\n"
		"webhook_events %s: whether it is owed and its status do not "
		"agree\n"
		"webhook_attempts %s: its event is not there\n"
		"imports %s: it is not done and nothing goes on with it\n"
		"import_failures %s/3: its import is not there\n",
		id_text(a, 40), id_text(a, 41), id_text(a, 42), id_text(a, 99),
		id_text(a, 98), id_text(a, 98), id_text(a, 44), id_text(a, 43),
		id_text(a, 44), id_text(a, 45), id_text(a, 99), id_text(a, 99),
		id_text(a, 46), id_text(a, 11), id_text(a, 98), id_text(a, 97),
		id_text(a, 10), id_text(a, 98), id_text(a, 12), id_text(a, 45),
		id_text(a, 46), id_text(a, 47), id_text(a, 48), id_text(a, 45),
		id_text(a, 46)),
	    "each is named, in order");
}

/* A segment or a webhook that is being emptied is no fault. */
static void
test_emptied(struct txn *t, struct arena *a)
{
	struct fault f;
	struct job j = { .id = 50, .kind = JOB_EMPTY_SEGMENT, .subject = 97 };
	int checked;
	ok(store_job_insert(t, &j, &f) == 0, "the segment is being emptied");
	ok(strstr(examine(t, a, 10, &checked), "its segment is not there") ==
		NULL,
	    "its members are no fault then");
	struct job hook = { .id = 51,
		.kind = JOB_EMPTY_WEBHOOK,
		.subject = 96 };
	ok(store_job_insert(t, &hook, &f) == 0, "so is the webhook");
	ok(strstr(examine(t, a, 10, &checked), "its webhook is not there") ==
		NULL,
	    "what it is owed is no fault then");
}

int
main(void)
{
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct store_options o = { .node_name = "one",
		.cache_size = 2 << 20,
		.wal_limit = 4 << 20,
		.readers = 1,
		.composers = 1,
		.batch_items = 64,
		.batch_ms = 100 };
	struct arena *a = arena_new();
	struct fault f;
	o.path = arena_printf(a, "%s/doctor.db", tap_dir());
	store = store_open(&o, &f);
	if (!ok(store != NULL, "a store is opened"))
		return tap_done();
	within(store, fill);
	within(store, test_runs);
	within(store, test_waits);
	within(store, test_rest);
	within(store, test_emptied);
	store_close(store);
	arena_free(a);
	return tap_done();
}
