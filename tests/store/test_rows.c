/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every column of every row comes back as it was written: full, empty, a
 * megabyte long, and in any script.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/log.h"
#include "store/automations.h"
#include "store/contacts.h"
#include "store/emails.h"
#include "store/events.h"
#include "store/runs.h"
#include "store/keys.h"
#include "store/templates.h"
#include "tests/store/rig.h"
#include "tests/store/within.h"
#include "tests/tap.h"

#define UTF8 "Zo\xc3\xab \xe5\xb1\xb1\xe7\x94\xb0 \xf0\x9f\x93\xac '\"\\;--"

enum { MEGABYTE = 1 << 20 };

static struct store *store;
static char megabyte[MEGABYTE + 1];

/* ---- comparing by a table of fields ------------------------------------ */

struct field {
	const char *name;
	size_t at;
	enum { TEXT, NUMBER, INT, FLAG } kind;
};

static int64_t
number_at(const struct field *f, const char *item)
{
	if (f->kind == NUMBER)
		return *(const int64_t *)(const void *)(item + f->at);
	return f->kind == INT ? *(const int *)(const void *)(item + f->at)
			      : *(const bool *)(const void *)(item + f->at);
}

/* Names what differs; 0 if nothing does. */
static int
differences(const struct field *f, const void *a, const void *b)
{
	int n = 0;
	for (; f->name != NULL; f++) {
		const char *x = a, *y = b;
		bool same = f->kind == TEXT
		    ? same_text(*(const char *const *)(const void *)(x + f->at),
			  *(const char *const *)(const void *)(y + f->at))
		    : number_at(f, x) == number_at(f, y);
		if (!same)
			printf("# `%s` came back changed\n", f->name);
		n += !same;
	}
	return n;
}

#define TEXT_OF(s, f) \
	{ \
#f, offsetof(struct s, f), TEXT \
	}
#define NUMBER_OF(s, f) \
	{ \
#f, offsetof(struct s, f), NUMBER \
	}
#define INT_OF(s, f) \
	{ \
#f, offsetof(struct s, f), INT \
	}
#define FLAG_OF(s, f) \
	{ \
#f, offsetof(struct s, f), FLAG \
	}

static const struct field contact_fields[] = { NUMBER_OF(contact, id),
	TEXT_OF(contact, email_key), TEXT_OF(contact, email),
	TEXT_OF(contact, first_name), TEXT_OF(contact, last_name),
	FLAG_OF(contact, unsubscribed), TEXT_OF(contact, properties),
	NUMBER_OF(contact, updated_ms), { 0 } };
static const struct field topic_fields[] = { NUMBER_OF(topic, id),
	TEXT_OF(topic, name), TEXT_OF(topic, description),
	FLAG_OF(topic, default_in), FLAG_OF(topic, is_public), { 0 } };
static const struct field template_fields[] = { NUMBER_OF(mail_template, id),
	TEXT_OF(mail_template, name), TEXT_OF(mail_template, alias),
	NUMBER_OF(mail_template, draft), NUMBER_OF(mail_template, published),
	NUMBER_OF(mail_template, published_ms),
	NUMBER_OF(mail_template, updated_ms), { 0 } };
static const struct field version_fields[] = { NUMBER_OF(mail_version, id),
	NUMBER_OF(mail_version, template), TEXT_OF(mail_version, sender),
	TEXT_OF(mail_version, subject), TEXT_OF(mail_version, reply_to),
	TEXT_OF(mail_version, html), TEXT_OF(mail_version, text),
	TEXT_OF(mail_version, variables), { 0 } };
static const struct field automation_fields[] = { NUMBER_OF(automation, num),
	NUMBER_OF(automation, id), TEXT_OF(automation, name),
	INT_OF(automation, enabled), NUMBER_OF(automation, version),
	NUMBER_OF(automation, updated_ms), { 0 } };
static const struct field event_fields[] = { NUMBER_OF(event, id),
	TEXT_OF(event, name), NUMBER_OF(event, contact), TEXT_OF(event, email),
	TEXT_OF(event, payload), NUMBER_OF(event, cause), INT_OF(event, depth),
	{ 0 } };
static const struct field run_fields[] = { NUMBER_OF(run, id),
	NUMBER_OF(run, automation), NUMBER_OF(run, version),
	NUMBER_OF(run, contact), NUMBER_OF(run, event), INT_OF(run, status),
	INT_OF(run, step), INT_OF(run, seq), NUMBER_OF(run, due_ms),
	NUMBER_OF(run, entered_ms), NUMBER_OF(run, finished_ms),
	TEXT_OF(run, payload), TEXT_OF(run, context), TEXT_OF(run, reason),
	{ 0 } };
static const struct field step_fields[] = { INT_OF(run_step, seq),
	INT_OF(run_step, step), INT_OF(run_step, status),
	NUMBER_OF(run_step, started_ms), NUMBER_OF(run_step, finished_ms),
	TEXT_OF(run_step, output), TEXT_OF(run_step, error), { 0 } };
static const struct field email_fields[] = { NUMBER_OF(email, id),
	INT_OF(email, status), NUMBER_OF(email, due_ms), INT_OF(email, attempt),
	NUMBER_OF(email, node), NUMBER_OF(email, contact),
	NUMBER_OF(email, run), INT_OF(email, step), NUMBER_OF(email, version),
	NUMBER_OF(email, topic), TEXT_OF(email, stream), TEXT_OF(email, sender),
	TEXT_OF(email, recipient), TEXT_OF(email, reply_to),
	TEXT_OF(email, subject), TEXT_OF(email, data), INT_OF(email, code),
	TEXT_OF(email, answer), TEXT_OF(email, queue_id),
	NUMBER_OF(email, settled_ms), { 0 } };

static void
test_contacts(struct txn *t, struct arena *a)
{
	struct fault f;
	struct contact got,
	    full = { .id = 10,
		    .email_key = "zoe@example.com",
		    .email = "Zoe@Example.com",
		    .first_name = UTF8,
		    .last_name = "",
		    .unsubscribed = true,
		    .properties = megabyte,
		    .updated_ms = 1790000000123 };
	struct contact bare = { .id = 11,
		.email_key = "b@example.com",
		.email = "b@example.com" };
	ok(store_contact_insert(t, &full, &f) == 0 &&
		store_contact_by_id(t, a, 10, &got, &f) == 1,
	    "a full contact");
	is_int(differences(contact_fields, &full, &got), 0, "comes back");
	ok(store_contact_insert(t, &bare, &f) == 0 &&
		store_contact_by_key(t, a, "b@example.com", &got, &f) == 1,
	    "a bare contact is found by its key");
	is_int(differences(contact_fields, &bare, &got), 0, "comes back");
	is_int(store_contact_by_key(t, a, "B@example.com", &got, &f), 0,
	    "a key is compared bytewise");
	is_int(store_contact_by_id(t, a, 12, &got, &f), 0, "12 is not there");
	struct contact twin = { .id = 13, .email_key = "b@example.com" };
	ok(store_contact_insert(t, &twin, &f) == -1 && f.kind == FAULT_CONFLICT,
	    "one address is one contact");
	bare = (struct contact){ .id = 10,
		.email_key = "new@example.com",
		.email = "new@example.com",
		.updated_ms = 5 };
	ok(store_contact_update(t, &bare, &f) == 0 &&
		store_contact_by_id(t, a, 10, &got, &f) == 1,
	    "changed");
	is_int(differences(contact_fields, &bare, &got), 0,
	    "every column is, also to nothing");
	is_int(store_contact_delete(t, 10, &f), 1, "deleted");
	is_int(store_contact_delete(t, 10, &f), 0, "it was there once");
	is_int(store_contact_by_key(t, a, "zoe@example.com", &got, &f), 0,
	    "nor is it found");
}

static void
test_topics(struct txn *t, struct arena *a)
{
	struct fault f;
	struct topic got,
	    full = { .id = 20,
		    .name = UTF8,
		    .description = megabyte,
		    .default_in = true,
		    .is_public = true };
	struct topic bare = { .id = 21, .name = "" };
	ok(store_topic_insert(t, &full, &f) == 0 &&
		store_topic_get(t, a, 20, &got, &f) == 1,
	    "a full topic");
	is_int(differences(topic_fields, &full, &got), 0, "comes back");
	ok(store_topic_insert(t, &bare, &f) == 0 &&
		store_topic_get(t, a, 21, &got, &f) == 1,
	    "a bare topic");
	is_int(differences(topic_fields, &bare, &got), 0, "comes back");
	is_int(store_topic_wanted(t, 11, 20, &f), 1, "wanted by default");
	is_int(store_topic_wanted(t, 11, 21, &f), 0, "not wanted by default");
	is_int(store_topic_choose(t, 11, 20, false, &f), 1, "opted out");
	is_int(store_topic_choose(t, 11, 20, false, &f), 0, "already");
	is_int(store_topic_wanted(t, 11, 20, &f), 0, "not wanted any more");
	is_int(store_topic_wanted(t, 99, 20, &f), 1, "others want it still");
	is_int(store_topic_choose(t, 11, 20, true, &f), 1, "opted in again");
	is_int(store_topic_wanted(t, 11, 20, &f), 1, "wanted again");
	is_int(store_topic_choose(t, 11, 21, true, &f), 1, "opted in");
	is_int(store_topic_wanted(t, 11, 21, &f), 1, "wanted");
	is_int(store_contact_delete(t, 11, &f), 1, "the contact goes");
	is_int(store_topic_wanted(t, 11, 21, &f), 0, "and its choices");
	is_int(store_topic_delete(t, 20, &f), 1, "deleted");
	is_int(store_topic_wanted(t, 99, 20, &f), 0,
	    "nobody wants a topic that is gone");
}

static void
test_templates(struct txn *t, struct arena *a)
{
	struct fault f;
	struct mail_template got,
	    full = { .id = 30,
		    .name = UTF8,
		    .alias = "welcome",
		    .draft = 31,
		    .published = 32,
		    .published_ms = 1790000000001,
		    .updated_ms = 1790000000002 };
	struct mail_template bare = { .id = 33, .name = "n" };
	struct mail_version v,
	    long_one = { .id = 31,
		    .template = 30,
		    .sender = "a@b.example",
		    .subject = UTF8,
		    .reply_to = "[\"c@d.example\"]",
		    .html = megabyte,
		    .text = "",
		    .variables = "[]" };
	struct mail_version short_one = { .id = 31, .template = 30 };
	ok(store_template_insert(t, &full, &f) == 0 &&
		store_template_by_id(t, a, 30, &got, &f) == 1,
	    "a full template");
	is_int(differences(template_fields, &full, &got), 0, "comes back");
	ok(store_template_insert(t, &bare, &f) == 0 &&
		store_template_by_id(t, a, 33, &got, &f) == 1,
	    "a bare template");
	is_int(differences(template_fields, &bare, &got), 0, "comes back");
	is_int(store_template_by_alias(t, a, "welcome", &got, &f), 1,
	    "found by alias");
	is_int(got.id, 30, "it is the one");
	is_int(store_template_by_alias(t, a, "Welcome", &got, &f), 0,
	    "an alias is compared bytewise");
	bare.alias = "welcome";
	ok(store_template_update(t, &bare, &f) == -1 &&
		f.kind == FAULT_INVALID && strstr(f.text, "`welcome`") != NULL,
	    "an alias belongs to one: %s", f.text);
	ok(store_version_put(t, &long_one, &f) == 0 &&
		store_version_get(t, a, 31, &v, &f) == 1,
	    "a full version");
	is_int(differences(version_fields, &long_one, &v), 0, "comes back");
	ok(store_version_put(t, &short_one, &f) == 0 &&
		store_version_get(t, a, 31, &v, &f) == 1,
	    "a draft anew");
	is_int(differences(version_fields, &short_one, &v), 0,
	    "replaces every column");
	is_int(store_template_delete(t, 30, &f), 1, "deleted");
	is_int(store_template_by_alias(t, a, "welcome", &got, &f), 0,
	    "its alias is free");
	ok(store_template_update(t, &bare, &f) == 0, "for another");
	is_int(store_version_get(t, a, 31, &v, &f), 1, "its versions stay");
}

static void
test_automations(struct txn *t, struct arena *a)
{
	struct fault f;
	struct automation got,
	    one = { .id = 40, .name = UTF8, .enabled = 1, .updated_ms = 77 };
	struct automation two = { .id = 41, .name = "" };
	const char *graph;
	int64_t first = 0, second = 0, before = txn_automations_version(t);
	ok(store_automation_insert(t, &one, &f) == 0 && one.num > 0,
	    "an automation gets a number");
	ok(store_automation_insert(t, &two, &f) == 0 && two.num > one.num,
	    "the next gets the next");
	ok(txn_automations_version(t) > before, "everybody can see a change");
	ok(store_automation_by_id(t, a, 40, &got, &f) == 1, "it is found");
	is_int(differences(automation_fields, &one, &got), 0, "as it was");
	ok(store_graph_insert(t, one.num, megabyte, &first, &f) == 0 &&
		store_graph_insert(t, one.num, "{}", &second, &f) == 0 &&
		first != second,
	    "its versions have numbers");
	ok(store_graph_get(t, a, first, &graph, &f) == 1 &&
		strcmp(graph, megabyte) == 0,
	    "and come back");
	is_int(store_graph_get(t, a, 999, &graph, &f), 0, "999 is none");
	one = (struct automation){ .num = one.num,
		.id = 40,
		.name = "new",
		.version = second };
	ok(store_automation_update(t, &one, &f) == 0 &&
		store_automation_by_num(t, a, one.num, &got, &f) == 1,
	    "changed");
	is_int(differences(automation_fields, &one, &got), 0, "altogether");
	one.enabled = -1;
	ok(store_automation_update(t, &one, &f) == 0, "deleted");
	is_int(store_automation_by_id(t, a, 40, &got, &f), 0,
	    "it is not found by its id");
	is_int(store_automation_by_num(t, a, one.num, &got, &f), 1,
	    "but by its number, for the runs it has");
}

static void
test_events(struct txn *t, struct arena *a)
{
	struct fault f;
	enum event_outcome outcome = EVENT_STARTED;
	int64_t name = 0, other = 0;
	struct event got,
	    full = { .id = 50,
		    .name = "user.created",
		    .contact = 9,
		    .payload = megabyte,
		    .cause = 49,
		    .depth = 7 };
	struct event stranger = { .id = 51,
		.name = UTF8,
		.email = "Zo\xc3\xab@example.com" };
	struct event_name known;
	is_int(store_name_get(t, a, "user.created", &known, &f), 0,
	    "a name nobody used is not known");
	ok(store_name_insert(t, "user.created", &name, &f) == 0 &&
		store_name_insert(t, UTF8, &other, &f) == 0 && name != other,
	    "names get numbers");
	ok(store_name_interest(t, name, INTEREST_WAIT, &f) == 0 &&
		store_name_interest(t, name, INTEREST_EXIT, &f) == 0 &&
		store_name_get(t, a, "user.created", &known, &f) == 1 &&
		known.num == name &&
		known.interest == (INTEREST_WAIT | INTEREST_EXIT),
	    "and keep what is done with them");
	ok(store_event_insert(t, &full, name, EVENT_TOO_DEEP, &f) == 0 &&
		store_event_get(t, a, 50, &got, &outcome, &f) == 1,
	    "an event of a contact");
	is_int(differences(event_fields, &full, &got), 0, "comes back");
	is_int(outcome, EVENT_TOO_DEEP, "with what it led to");
	ok(store_event_insert(t, &stranger, other, EVENT_STARTED, &f) == 0 &&
		store_event_get(t, a, 51, &got, &outcome, &f) == 1,
	    "an event of a stranger");
	is_int(differences(event_fields, &stranger, &got), 0, "comes back");
	is_int(store_event_get(t, a, 52, &got, &outcome, &f), 0, "52 is none");
}

static void
test_runs(struct txn *t, struct arena *a)
{
	struct fault f;
	int64_t began = 1790000000000, id = id_at_ms(began) + 1;
	struct run got,
	    full = { .id = id,
		    .automation = 3,
		    .version = 4,
		    .contact = 5,
		    .event = 6,
		    .status = RUN_CANCELLED,
		    .step = 149,
		    .seq = 150,
		    .due_ms = began + 1,
		    .entered_ms = began,
		    .finished_ms = began + 86400000000,
		    .payload = megabyte,
		    .context = UTF8,
		    .reason = "contact_deleted" };
	struct run bare = { .id = id + 1,
		.automation = 3,
		.version = 4,
		.contact = 5 };
	struct run_step step = { .seq = 0,
		.step = 1,
		.status = STEP_FAILED,
		.started_ms = began,
		.finished_ms = began + 5,
		.output = megabyte,
		.error = UTF8 };
	struct run_step empty = { .seq = 1,
		.step = 2,
		.status = STEP_SKIPPED,
		.started_ms = began + 5,
		.finished_ms = began + 5 };
	struct list list;
	ok(store_run_insert(t, &full, &f) == 0 &&
		store_run_get(t, a, id, &got, &f) == 1,
	    "a full run");
	is_int(differences(run_fields, &full, &got), 0, "comes back");
	ok(store_run_insert(t, &bare, &f) == 0 &&
		store_run_get(t, a, id + 1, &got, &f) == 1,
	    "a bare run");
	is_int(differences(run_fields, &bare, &got), 0, "comes back");
	bare = full;
	bare.status = RUN_FAILED;
	bare.step = bare.seq = 0;
	bare.due_ms = bare.finished_ms = 0;
	bare.entered_ms = began - 1000; /* the clock was set back */
	bare.context = bare.reason = NULL;
	ok(store_run_update(t, &bare, &f) == 0 &&
		store_run_get(t, a, id, &got, &f) == 1,
	    "where it rests changes");
	is_int(differences(run_fields, &bare, &got), 0, "altogether");
	bare.entered_ms = began - 1; /* its id is ahead of the clock */
	ok(store_run_update(t, &bare, &f) == 0 &&
		store_run_get(t, a, id, &got, &f) == 1 &&
		got.entered_ms == began - 1,
	    "a step entered a millisecond before the run's id is entered");
	ok(store_step_insert(t, &full, &empty, &f) == 0 &&
		store_step_insert(t, &full, &step, &f) == 0 &&
		store_step_list(t, a, id, &list, &f) == 0 && list.n == 2,
	    "its steps are listed");
	const struct run_step *steps = list.items;
	is_int(differences(step_fields, &step, &steps[0]) +
		differences(step_fields, &empty, &steps[1]),
	    0, "in their order, as they were");
	ok(store_step_insert(t, &full, &step, &f) == -1 &&
		f.kind == FAULT_CONFLICT,
	    "a step is written once");
}

static void
test_due_runs(struct txn *t, struct arena *a)
{
	struct fault f;
	struct list list;
	int64_t next = 0, id = id_at_ms(1790000100000);
	static const int64_t dues[] = { 300, 100, 0, 200, 100 };
	for (int i = 0; i < 5; i++) {
		const struct run r = { .id = id + i,
			.automation = 8,
			.contact = 5,
			.due_ms = dues[i],
			.status = dues[i] ? RUN_RUNNING : RUN_COMPLETED };
		store_run_insert(t, &r, &f);
	}
	const struct run elsewhere = { .id = id + 9,
		.automation = 11,
		.contact = 5,
		.due_ms = 50 };
	store_run_insert(t, &elsewhere, &f);
	ok(store_run_due(t, a, 8, 200, 2, &list, &f) == 0 && list.n == 2 &&
		list.has_more,
	    "two of three that are due");
	ok(store_run_due(t, a, 8, 200, 10, &list, &f) == 0 && list.n == 3 &&
		!list.has_more,
	    "all three, and none of another automation");
	const struct run *runs = list.items;
	ok(runs[0].due_ms == 100 && runs[1].due_ms == 100 &&
		runs[2].due_ms == 200,
	    "the earliest first");
	ok(store_run_next_due(t, 8, &next, &f) == 0 && next == 100,
	    "the earliest is known");
	int64_t behind = 0;
	ok(store_run_due_behind(t, 8, &behind, &next, &f) == 1 &&
		behind == 11 && next == 50,
	    "and of the automation behind it");
	is_int(store_run_due_behind(t, 11, &behind, &next, &f), 0,
	    "behind which there is none");
	ok(store_run_running(t, a, 8, 3, &list, &f) == 0 && list.n == 3 &&
		list.has_more,
	    "running ones in slices");
	runs = list.items;
	is_int(runs[0].id, id, "the oldest first");
	struct run_group g = { 0 };
	int groups = 0, due = 0;
	while (store_run_live_group(t, 5, &g, &f) == 1 &&
	    store_run_live_due(t, a, 5, &g, 100, 10, &list, &f) == 0) {
		groups++;
		due += list.n;
	}
	ok(groups >= 2 && g.automation == 11 && due == 3,
	    "what is due of a contact, in all automations");
	ok(store_run_last(t, 5, 8, &next, &f) == 1 && next == id + 4 &&
		store_run_last_live(t, 5, 11, &next, &f) == 1 &&
		next == id + 9 && store_run_last(t, 6, 8, &next, &f) == 0,
	    "its last run in one of them");
}

static void
test_emails(struct txn *t, struct arena *a)
{
	struct fault f;
	int n;
	struct email got,
	    full = { .id = id_at_ms(1790000200000),
		    .status = EMAIL_QUEUED,
		    .due_ms = INT64_MAX,
		    .attempt = -3,
		    .node = 1,
		    .contact = 5,
		    .run = id_at_ms(1790000000000) + 1,
		    .step = 9,
		    .version = 31,
		    .topic = 20,
		    .stream = "s",
		    .sender = UTF8,
		    .recipient = "a@b.example",
		    .reply_to = "r@b.example",
		    .subject = megabyte,
		    .data = UTF8 };
	struct email bare = { .id = full.id + 1,
		.sender = "",
		.recipient = "",
		.subject = "" };
	ok(store_email_insert(t, &full, &f) == 0 &&
		store_email_get(t, a, full.id, &got, &f) == 1,
	    "a full email");
	is_int(differences(email_fields, &full, &got), 0, "comes back");
	ok(store_email_insert(t, &bare, &f) == 0 &&
		store_email_get(t, a, bare.id, &got, &f) == 1,
	    "a bare email");
	is_int(differences(email_fields, &bare, &got), 0, "comes back");
	ok(store_email_count(t, 5, 3, 0, full.id - 1, 20, &n, &f) == 0 &&
		n == 1,
	    "a contact's mails of an automation are counted");
	ok(store_email_count(t, 5, 3, 0, full.id, 20, &n, &f) == 0 && n == 0,
	    "from a moment on");
	ok(store_email_count(t, 5, 4, 0, 1, 20, &n, &f) == 0 && n == 0,
	    "not those of another automation");
}

/* Over a gigabyte of text in two megabytes of memory. */
static char *
huge_text(size_t n)
{
	int fd = memfd_create("text", MFD_CLOEXEC);
	char *all = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	bool good = fd >= 0 && all != MAP_FAILED;
	for (int i = 0; good && i < 2; i++)
		good = write(fd, megabyte, MEGABYTE) == MEGABYTE;
	for (size_t at = 0; good && at < n - 2 * MEGABYTE; at += 2 * MEGABYTE)
		good = mmap(all + at, 2 * MEGABYTE, PROT_READ,
			   MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;
	close(fd);
	return good ? all : NULL;
}

static void
test_too_big(struct txn *t, struct arena *a)
{
	enum { HUGE_LEN = 1100 << 20 };
	struct fault f = { 0 };
	struct contact got;
	char *huge = huge_text(HUGE_LEN);
	if (huge == NULL) {
		tap_skip("a value over 1 GB", "it cannot be mapped");
		return;
	}
	const struct contact c = { .id = 70,
		.email_key = "huge@example.com",
		.properties = huge };
	ok(store_contact_insert(t, &c, &f) == -1 && f.kind == FAULT_LIMIT,
	    "a value over 1 GB is refused: %s", f.text);
	is_int(store_contact_by_id(t, a, 70, &got, &f), 0,
	    "and not left out silently");
	munmap(huge, HUGE_LEN);
}

static void
test_keys(struct txn *t, struct arena *a)
{
	struct fault f;
	struct list list;
	const struct page all = { .limit = 10 };
	struct api_key k = { .id = 80,
		.name = UTF8,
		.permission = KEY_SENDING_ACCESS };
	for (int i = 0; i < SHA256_LEN; i++)
		k.hash[i] = (unsigned char)(i * 9);
	ok(store_key_insert(t, &k, &f) == 0 &&
		store_key_list(t, a, &all, &list, &f) == 0 && list.n == 1,
	    "an API key");
	const struct api_key *got = list.items;
	ok(got->id == 80 && same_text(got->name, UTF8) &&
		got->permission == KEY_SENDING_ACCESS &&
		memcmp(got->hash, k.hash, SHA256_LEN) == 0,
	    "comes back");
	k.id = 81;
	ok(store_key_insert(t, &k, &f) == -1 && f.kind == FAULT_CONFLICT,
	    "the same key is not kept twice");
	is_int(store_key_delete(t, 80, &f), 1, "deleted");
	is_int(store_key_delete(t, 80, &f), 0, "it was there once");
}

int
main(void)
{
	static void (*const tests[])(struct txn *,
	    struct arena *) = { test_contacts, test_topics, test_templates,
		test_automations, test_events, test_runs, test_due_runs,
		test_emails, test_keys, test_too_big };
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct store_options o = rig_options("rows.db");
	struct fault f;
	for (size_t i = 0; i < MEGABYTE; i++)
		megabyte[i] = (char)(' ' + i * 31 % 95);
	store = store_open(&o, &f);
	if (!ok(store != NULL, "a store is opened"))
		return tap_done();
	for (size_t i = 0; i < N_OF(tests); i++)
		within(store, tests[i]);
	store_close(store);
	return tap_done();
}
