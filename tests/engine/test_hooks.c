/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What webhooks are owed: by whom, in the transaction of what it tells of, and
 * for how long.
 */
#include "engine/hooks.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/json.h"
#include "engine/engine.h"
#include "engine/mail_event.h"
#include "model/suppression.h"
#include "store/contacts.h"
#include "store/direct.h"
#include "store/emails.h"
#include "store/webhooks.h"
#include "tests/engine/rig.h"
#include "tests/tap.h"

#define CONTACTS \
	(HOOK_BIT(HOOK_CONTACT_CREATED) | HOOK_BIT(HOOK_CONTACT_UPDATED) | \
	    HOOK_BIT(HOOK_CONTACT_DELETED))
#define RUNS \
	(HOOK_BIT(HOOK_RUN_STARTED) | HOOK_BIT(HOOK_RUN_COMPLETED) | \
	    HOOK_BIT(HOOK_RUN_FAILED) | HOOK_BIT(HOOK_RUN_EXITED))

typedef int part(struct txn *, struct arena *, void *arg, struct fault *);

/* ---- webhooks and what they were told ----------------------------------- */

static int
do_insert(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct webhook *w = arg;
	(void)a;
	w->id = txn_new_id(t, rig.now_ms);
	return store_webhook_insert(t, w, f);
}

static int64_t
webhook(int64_t types)
{
	struct webhook w = { .endpoint = "https://a.example/h",
		.types = types,
		.enabled = true };
	ok(rig_txn(do_insert, &w) == 0, "a webhook");
	return w.id;
}

static int
do_disable(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct webhook w;
	if (store_webhook_get(t, a, *(int64_t *)arg, &w, f) != 1)
		return -1;
	w.enabled = false;
	return store_webhook_update(t, &w, f);
}

struct listing {
	int64_t webhook;
	struct list list;
};

static int
do_list(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct page all = { .limit = 1000 };
	struct listing *l = arg;
	return store_hook_event_list(t, a, l->webhook, &all, &l->list, f);
}

/* Everything, newest first: how many. */
static int
events(int64_t webhook, struct hook_event **events_r)
{
	struct listing l = { .webhook = webhook };
	ok(rig_txn(do_list, &l) == 0, "what it was told is listed");
	*events_r = l.list.items;
	return l.list.n;
}

/* The types, oldest first, and behind each the members of the data named. */
static const char *
told(int64_t webhook, const char *member)
{
	struct hook_event *all;
	struct fault f;
	const char *text = "";
	for (int n = events(webhook, &all), i = n - 1; i >= 0; i--) {
		const char *p = all[i].payload;
		json_t *o = json_parse(rig.arena, p, strlen(p), &f);
		json_t *v = json_object_get(json_object_get(o, "data"), member);
		char *shown = v == NULL ? NULL : json_dumps(v, JSON_ENCODE_ANY);
		text = arena_printf(rig.arena, "%s%s%s%s%s", text,
		    i == n - 1 ? "" : " ",
		    json_string_value(json_object_get(o, "type")),
		    shown != NULL ? "=" : "", shown != NULL ? shown : "");
		free(shown);
	}
	return text;
}

/* ---- contacts ------------------------------------------------------------ */

static void
test_contacts(void)
{
	rig_up(NULL);
	struct contact c = { .email = "A@b.example",
		.email_key = "a@b.example",
		.first_name = "Ada" };
	int64_t s = rig_segment("s", NULL);
	ok(rig_people_create(&c, NULL, 0) == 1, "a contact nobody hears of");
	int64_t w = webhook(CONTACTS), other = webhook(RUNS);
	is(told(w, "id"), "", "what was before is not told");
	struct contact d = { .email = "d@b.example",
		.email_key = "d@b.example" };
	ok(rig_people_create(&d, &s, 1) == 1, "one who is heard of");
	char id[ID_UUID_LEN];
	is(told(w, "segment_ids"),
	    arena_printf(rig.arena, "contact.created=[\"%s\"]", id_uuid(s, id)),
	    "with the segments it is in");
	c.last_name = "Love";
	rig.now_ms += 5;
	ok(rig_people_update(&c) == 1, "a change");
	ok(rig_people_update(&c) == 0, "and none");
	ok(rig_people_delete(c.id) == 1, "a contact goes");
	is(told(w, "email"),
	    "contact.created=\"d@b.example\" contact.updated=\"A@b.example\" "
	    "contact.deleted=\"A@b.example\"",
	    "each change is told once");
	is(told(w, "first_name"),
	    "contact.created contact.updated=\"Ada\" contact.deleted=\"Ada\"",
	    "a name that is none is left out");
	is(told(other, "id"), "", "who asks for others hears nothing");
	struct hook_event *all;
	ok(events(w, &all) == 3 && all[1].status == HOOK_PENDING &&
		all[1].due_ms == rig.now_ms && all[1].attempt == 0 &&
		all[1].contact == c.id,
	    "it is owed at once");
	is(all[1].payload,
	    arena_printf(rig.arena,
		"{\"type\":\"contact.updated\","
		"\"created_at\":\"2026-09-21T14:13:20.005Z\",\"data\":{"
		"\"id\":\"%s\",\"segment_ids\":[],"
		"\"created_at\":\"2026-09-21T14:13:20.000Z\","
		"\"updated_at\":\"2026-09-21T14:13:20.005Z\","
		"\"email\":\"A@b.example\",\"unsubscribed\":false,"
		"\"first_name\":\"Ada\",\"last_name\":\"Love\"}}",
		id_uuid(c.id, id)),
	    "the whole body");
	rig_down();
}

static void
test_who_hears(void)
{
	rig_up(NULL);
	int64_t one = webhook(CONTACTS), two = webhook(HOOK_ALL);
	unsigned said = engine_said(rig.engine);
	struct contact c = { .email = "a@b.example",
		.email_key = "a@b.example" };
	rig_people_create(&c, NULL, 0);
	is(told(one, "x"), "contact.created", "one hears");
	is(told(two, "x"), "contact.created", "and so does the other");
	ok(engine_said(rig.engine) != said, "that something is owed is noted");
	said = engine_said(rig.engine);
	rig_tick();
	ok(engine_said(rig.engine) == said, "and not when nothing is");
	ok(rig_txn(do_disable, &one) == 0, "one is disabled");
	c.first_name = "A";
	rig_people_update(&c);
	is(told(one, "x"), "contact.created", "it is owed nothing new");
	is(told(two, "x"), "contact.created contact.updated", "others are");
	rig_restart();
	c.first_name = "B";
	rig_people_update(&c);
	is(told(two, "x"), "contact.created contact.updated contact.updated",
	    "also after a restart");
	hooks_hush(rig.engine, true);
	c.first_name = "C";
	rig_people_update(&c);
	hooks_hush(rig.engine, false);
	is(told(two, "x"), "contact.created contact.updated contact.updated",
	    "hushed, nothing is told");
	rig_down();
}

struct choosing {
	int64_t contact;
	struct topic_choice choices[3];
};

static int
do_choose(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct choosing *c = arg;
	return engine_topics_set(rig.engine, t, a, c->contact, c->choices, 3, 0,
	    rig.now_ms, f);
}

static void
test_topics(void)
{
	rig_up(NULL);
	int64_t w = webhook(HOOK_BIT(HOOK_CONTACT_TOPICS_UPDATED));
	int64_t who = rig_contact("a@b.example");
	int64_t x = rig_topic("x", true), y = rig_topic("y", true),
		z = rig_topic("z", false);
	char xid[ID_UUID_LEN], zid[ID_UUID_LEN];
	struct choosing c = { who, { { x, false }, { y, true }, { z, true } } };
	rig_topic_choose(who, y, true);
	ok(rig_txn(do_choose, &c) == 1, "three choices, two of them new");
	ok(rig_txn(do_choose, &c) == 0, "and none");
	is(told(w, "topics"),
	    arena_printf(rig.arena,
		"contact.topics.updated=[{\"id\": \"%s\", "
		"\"subscription\": \"opt_out\"}, {\"id\": \"%s\", "
		"\"subscription\": \"opt_in\"}]",
		id_uuid(x, xid), id_uuid(z, zid)),
	    "those that changed are told, together");
	ok(rig_unsubscribe(who, z) == 1, "a link in a mail");
	ok(strstr(told(w, "email"),
	       " contact.topics.updated=\"a@b.example\"") != NULL,
	    "tells, too");
	c.choices[2].topic = 5;
	c.choices[0].opted_in = true;
	ok(rig_txn(do_choose, &c) == -1, "a topic that is none");
	ok(strstr(told(w, "x"), "updated contact.topics.updated c") == NULL,
	    "then nothing is told");
	rig_down();
}

/* ---- mails and runs -------------------------------------------------------
 */

static int
do_settled(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	return mail_event_settled(rig.engine, t, a, arg, f);
}

static void
test_emails(void)
{
	static const struct {
		enum email_status status;
		const char *member, *told;
	} cases[] = {
		{ EMAIL_SENT, "to", "email.sent=[\"a@b.example\"]" },
		{ EMAIL_FAILED, "failed",
		    "email.failed={\"reason\": \"550 no\"}" },
		{ EMAIL_SKIPPED, "suppressed",
		    "email.suppressed={\"message\": \"The recipient takes no "
		    "such mail any more.\", \"type\": \"Suppressed\", "
		    "\"reason\": \"550 no\", \"diagnosticCode\": []}" },
		{ EMAIL_QUEUED, "to", "" },
		{ EMAIL_IN_DOUBT, "to", "" },
	};
	rig_up(NULL);
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct email m = { .id = id_at_ms(rig.now_ms) + (int64_t)i,
			.status = cases[i].status,
			.sender = "Shop <shop@c.example>",
			.recipient = "a@b.example",
			.subject = "Hi",
			.answer = "550 no",
			.settled_ms = rig.now_ms };
		int64_t w = webhook(HOOK_ALL);
		ok(rig_txn(do_settled, &m) == 0, "an email is settled");
		is(told(w, cases[i].member), cases[i].told, "what is told");
		ok(cases[i].told[0] == '\0' ||
			strstr(told(w, "message_id"), "=\"<pf.") != NULL,
		    "with its Message-ID");
	}
	rig_down();
}

static void
test_runs(void)
{
	static const struct {
		const char *step, *member, *told;
	} cases[] = {
		{ "{\"key\":\"e\",\"type\":\"exit\",\"config\":"
		  "{\"reason\":\"bought\"}}",
		    "exit_reason",
		    "automation.run.started automation.run.exited=\"bought\"" },
		{ "{\"key\":\"e\",\"type\":\"contact_update\",\"config\":"
		  "{\"first_name\":\"A\"}}",
		    "status",
		    "automation.run.started=\"running\" "
		    "automation.run.completed=\"completed\"" },
		{ "{\"key\":\"e\",\"type\":\"send_email\",\"config\":"
		  "{\"template\":{\"id\":\"none\"}}}",
		    "failed",
		    "automation.run.started automation.run.failed="
		    "{\"reason\": \"template_unavailable\"}" },
	};
	rig_up(NULL);
	rig_contact("a@b.example");
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct accepted out;
		const char *event = arena_printf(rig.arena, "x%zu", i);
		int64_t num = rig_automation(arena_printf(rig.arena,
						 "{\"steps\":[{\"key\":\"t\","
						 "\"type\":\"trigger\","
						 "\"config\":{\"event_name\":"
						 "\"%s\"}},%s],"
						 "\"connections\":[{\"from\":"
						 "\"t\",\"to\":\"e\"}]}",
						 event, cases[i].step),
		    false);
		ok(rig_automation_set(num, 1) == 0, "an automation");
		int64_t w = webhook(RUNS);
		ok(rig_event(event, "a@b.example", NULL, NULL, &out) == 0 &&
			out.runs == 1,
		    "a run of it");
		is(told(w, cases[i].member), cases[i].told, "is told of");
		ok(rig_txn(do_disable, &w) == 0, "enough");
	}
	rig_down();
}

/* ---- what is undone -------------------------------------------------------
 */

struct both {
	struct webhook webhook;
	struct contact contact;
};

/* A webhook, and at once something to be told. */
static int
do_both(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct cause nobody = { 0 };
	struct both *b = arg;
	return do_insert(t, a, &b->webhook, f) != 0
	    ? -1
	    : engine_contact_create(rig.engine, t, a, &b->contact, NULL, 0,
		  &nobody, rig.now_ms, f);
}

static void
test_undone(void)
{
	rig_up(NULL);
	struct both b = { { .endpoint = "https://a.example/h",
			      .types = CONTACTS,
			      .enabled = true },
		{ .email = "a@b.example", .email_key = "a@b.example" } };
	ok(rig_in_vain(do_both, &b) == 1, "a webhook that never was is told");
	struct contact c = { .email = "c@b.example",
		.email_key = "c@b.example" };
	rig_people_create(&c, NULL, 0);
	is(told(b.webhook.id, "x"), "", "and hears of nothing later");
	int64_t w = webhook(HOOK_BIT(HOOK_CONTACT_UPDATED));
	c.first_name = "C";
	rig_people_update(&c);
	is(told(w, "x"), "contact.updated",
	    "one that takes its number's place does");
	struct contact same = { .email = "c@b.example",
		.email_key = "c@b.example" };
	webhook(CONTACTS);
	ok(rig_people_create(&same, NULL, 0) == -1, "a work that fails");
	rig.now_ms++;
	ok(rig_people_update(&c) == 0, "goes");
	rig_down();
}

/* ---- how long --------------------------------------------------------------
 */

static void
test_retention(void)
{
	rig_up("retention { webhooks = \"1 h\" }");
	int64_t w = webhook(HOOK_ALL);
	struct contact c = { .email = "a@b.example",
		.email_key = "a@b.example" };
	rig_people_create(&c, NULL, 0);
	rig_go_to(rig.now_ms + RIG_HOUR - 61 * RIG_SECOND);
	is(told(w, "x"), "contact.created", "it is kept for so long");
	rig_go_to(rig.now_ms + 200 * RIG_SECOND);
	is(told(w, "x"), "", "and not longer");
	rig_down();
}

static int
do_delete(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return engine_webhook_delete(rig.engine, t, *(int64_t *)arg, rig.now_ms,
	    f);
}

static void
test_deletion(void)
{
	enum { CHANGES = 120 };
	rig_up(NULL);
	int64_t w = webhook(CONTACTS), other = webhook(CONTACTS);
	struct contact c = { .email = "a@b.example",
		.email_key = "a@b.example" };
	struct hook_event *all;
	rig_people_create(&c, NULL, 0);
	for (int i = 0; i < CHANGES; i++) {
		c.first_name = i % 2 == 0 ? "A" : "B";
		rig_people_update(&c);
	}
	is_int(events(w, &all), CHANGES + 1, "much is owed");
	ok(rig_txn(do_delete, &w) == 1, "the webhook goes");
	ok(rig_txn(do_delete, &w) == 0, "once");
	rig_do_due();
	is_int(events(w, &all), 0, "and what it is owed, in slices");
	is_int(events(other, &all), CHANGES + 1, "but nothing of another");
	rig_down();
}

static void
test_erasure(void)
{
	rig_up(NULL);
	int64_t w = webhook(CONTACTS);
	struct contact c = { .email = "a@b.example",
		.email_key = "a@b.example" },
		       d = { .email = "d@b.example",
			       .email_key = "d@b.example" };
	rig_people_create(&c, NULL, 0);
	rig_people_create(&d, NULL, 0);
	ok(rig_people_erase(c.id) == 1, "a contact is erased");
	rig_do_due();
	is(told(w, "email"),
	    "contact.created=\"d@b.example\" contact.deleted=\"a@b.example\"",
	    "what was told of it goes, but for its end");
	rig_down();
}

/* ---- an address that no contact stands for ------------------------------- */

struct telling {
	enum hook_type type;
	const char *to[2]; /* the second may be NULL */
	const char *answer;
};

static int
do_tell(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct telling *l = arg;
	struct email m = { .id = txn_new_id(t, rig.now_ms),
		.status = EMAIL_FAILED,
		.is_direct = true,
		.sender = "x@test.example",
		.recipient = l->to[0],
		.subject = "s",
		.answer = l->answer };
	if (store_email_insert(t, &m, f) != 0)
		return -1;
	for (int i = 0; i < 2 && l->to[i] != NULL; i++) {
		struct email_recipient r = { .n = i,
			.address = l->to[i],
			.key = l->to[i] };
		if (store_recipient_insert(t, m.id, &r, f) != 0)
			return -1;
	}
	return hooks_say_email(rig.engine, t, a, l->type, &m, rig.now_ms, f);
}

static int
do_suppress(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct suppression s;
	return engine_suppress(rig.engine, t, a, arg, SUPPRESSED_MANUAL, 0,
	    rig.now_ms, &s, f);
}

static void
test_erased_address(void)
{
	struct telling goes[] = {
		{ HOOK_EMAIL_SENT, { "bob@b.example", "ada@xn--bcher-kva.ex" },
		    NULL },
		{ HOOK_EMAIL_SENT,
		    { "Ada <\"ADA\"@B\303\274cher.ex>", "bob@b.example" },
		    NULL },
		{ HOOK_EMAIL_FAILED, { "bob@b.example", NULL },
		    "550 <Ada@xn--bcher-kva.ex>: no such user" },
	}, stays[] = {
		{ HOOK_EMAIL_SENT, { "bob@b.example", NULL }, NULL },
		{ HOOK_EMAIL_SENT, { "ada@b.example", NULL }, NULL },
		{ HOOK_EMAIL_FAILED, { "bob@b.example", NULL },
		    "not.ada@xn--bcher-kva.ex or ada@xn--bcher-kva.ex.b" },
	};
	rig_up(NULL);
	char ada[] = "Ada@B\303\274cher.ex", bob[] = "bob@b.example";
	int64_t w = webhook(HOOK_BIT(HOOK_EMAIL_SENT) |
	    HOOK_BIT(HOOK_EMAIL_FAILED) | HOOK_BIT(HOOK_SUPPRESSION_ADDED));
	for (size_t i = 0; i < N_OF(goes); i++)
		ok(rig_txn(do_tell, &goes[i]) == 0, "one that goes");
	for (size_t i = 0; i < N_OF(stays); i++)
		ok(rig_txn(do_tell, &stays[i]) == 0, "one that stays");
	ok(rig_txn(do_suppress, ada) == 1, "one goes");
	ok(rig_txn(do_suppress, bob) == 1, "one stays");
	/* More than are looked at in one go. */
	for (int i = 0; i < 300; i++)
		if (rig_txn(do_tell, &stays[0]) != 0)
			ok(false, "one that stays is told");
	ok(rig_txn(do_tell, &goes[0]) == 0, "the last goes");
	ok(rig_people_erase(rig_contact("ada@xn--bcher-kva.ex")) == 1,
	    "whose address it is is erased");
	rig_do_due();
	struct hook_event *all;
	int n = events(w, &all), named = 0;
	is_int(n, 300 + (int)N_OF(stays) + 1,
	    "what was told of the address goes, and of others stays");
	for (int i = 0; i < n; i++)
		named += strstr(all[i].payload, "\"ada@xn--") != NULL ||
		    strstr(all[i].payload, "ADA") != NULL;
	is_int(named, 0, "nothing has it any more");
	rig_down();
}

int
main(void)
{
	test_contacts();
	test_who_hears();
	test_topics();
	test_emails();
	test_runs();
	test_undone();
	test_retention();
	test_deletion();
	test_erasure();
	test_erased_address();
	return tap_done();
}
