/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an event leads to: the runs it starts and the mails they write, or why
 * it started none.
 */
#include "engine/engine.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "conf/conf.h"
#include "tests/engine/rig.h"
#include "tests/tap.h"

static const char hello[] = "<p>Hello {{{FIRST_NAME|there}}}</p>";

/* What an event led to, as the API would show it. */
static enum event_outcome
outcome_of(int64_t event)
{
	enum event_outcome outcome = EVENT_NOT_STARTED;
	struct event e;
	if (rig_event_get(event, &e, &outcome) != 1)
		printf("# event %lld is not there\n", (long long)event);
	return outcome;
}

static void
test_way_through(void)
{
	struct accepted out;
	struct run run;
	struct run_step *steps;
	struct email *mails;
	rig_up(NULL);
	int64_t ada = rig_contact("Ada@Example.com");
	rig_template("welcome", "Welcome", hello, true);
	int64_t a =
	    rig_automation(rig_chain_of("user.created", 1, "welcome"), true);
	ok(a > 0, "an automation is enabled");
	ok(rig_event("user.created", "ada@example.COM", "{\"plan\":\"pro\"}",
	       NULL, &out) == 0,
	    "its event is accepted");
	ok(out.event > 0 && out.runs == 1 && out.outcome == EVENT_STARTED &&
		!out.duplicate,
	    "and starts a run");
	is_int(outcome_of(out.event), EVENT_STARTED, "the event says so");
	is_int(rig_runs(a, &run), 1, "there is one run");
	ok(run.status == RUN_COMPLETED && run.contact == ada &&
		run.event == out.event && run.finished_ms == RIG_NOON,
	    "of that contact and event, completed");
	is(run.payload, "{\"plan\":\"pro\"}", "it keeps the payload");
	is_int(rig_steps(run.id, &steps), 1, "one step is behind it");
	ok(steps[0].status == STEP_COMPLETED && steps[0].step == 1 &&
		steps[0].output != NULL &&
		strstr(steps[0].output, "\"to\":\"Ada@Example.com\"") != NULL,
	    "which says to whom it sent");
	is_int(rig_emails(&mails), 1, "a mail is in the outbox");
	ok(mails[0].status == EMAIL_QUEUED && mails[0].due_ms == RIG_NOON &&
		mails[0].contact == ada && mails[0].run == run.id &&
		mails[0].attempt == 0 && mails[0].step == 1,
	    "due, of that run");
	is(mails[0].recipient, "Ada@Example.com", "to the contact");
	is(mails[0].subject, "Welcome", "with its subject");
	is(mails[0].sender, "Shop <shop@example.com>", "and its sender");
	struct engine_figures f;
	engine_figures(rig.engine, &f);
	ok(f.events == 1 && f.runs == 1, "and it is counted");
	rig_down();
}

static void
test_strangers(void)
{
	struct accepted out;
	struct contact c;
	struct event e;
	enum event_outcome outcome;
	struct run run;
	rig_up(NULL);
	rig_template("welcome", "Welcome", hello, true);
	rig_event("user.created", "Eve@Example.com", NULL, NULL, &out);
	is_int(out.outcome, EVENT_NO_AUTOMATION,
	    "an event nobody listens to starts nothing");
	is_int(outcome_of(out.event), EVENT_NO_AUTOMATION, "and says why");
	is_int(rig_contact_find("eve@example.com", &c), 0,
	    "its stranger does not become a contact");
	ok(rig_event_get(out.event, &e, &outcome) == 1 && e.contact == 0,
	    "the event is kept");
	is(e.email, "Eve@Example.com", "with the address it had");
	int64_t a =
	    rig_automation(rig_chain_of("user.created", 1, "welcome"), true);
	rig_event("user.created", "Eve@Example.com", NULL, NULL, &out);
	is_int(out.runs, 1, "when a run starts");
	is_int(rig_contact_find("eve@example.com", &c), 1,
	    "the stranger becomes a contact");
	ok(strcmp(c.email, "Eve@Example.com") == 0 && !c.unsubscribed,
	    "with the address as it was given");
	is_int(rig_runs(a, &run), 1, "one run");
	is_int(run.contact, c.id, "of the new contact");
	rig_event("user.created", "EVE@example.com", NULL, NULL, &out);
	struct contact again;
	rig_contact_find("eve@example.com", &again);
	ok(rig_runs(a, NULL) == 2 && again.id == c.id,
	    "the next event finds it");
	rig_down();
}

static void
test_by_contact(void)
{
	struct accepted out;
	struct contact c;
	rig_up(NULL);
	rig_template("welcome", "Welcome", hello, true);
	int64_t a = rig_automation(rig_chain_of("x", 1, "welcome"), true);
	int64_t ada = rig_contact("ada@example.com");
	const struct event known = { .name = "x", .contact = ada };
	const struct event unknown = { .name = "x", .contact = ada + 512 };
	ok(rig_accept(&known, &out) == 0 && out.runs == 1,
	    "an event of a contact's id");
	ok(rig_accept(&unknown, &out) == -1 &&
		rig.fault.kind == FAULT_NOT_FOUND,
	    "an unknown id is refused: %s", rig.fault.text);
	is_int(rig_runs(a, NULL), 1, "and starts nothing");
	is_int(rig_contact_find("ada@example.com", &c), 1, "Ada stays");
	rig_down();
}

static void
test_two_listen(void)
{
	struct accepted out;
	struct email *mails;
	rig_up(NULL);
	rig_template("a", "First", hello, true);
	rig_template("b", "Second", hello, true);
	int64_t first = rig_automation(rig_chain_of("x", 1, "a"), true);
	int64_t second = rig_automation(rig_chain_of("x", 1, "b"), true);
	int64_t other = rig_automation(rig_chain_of("xy", 1, "b"), true);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	is_int(out.runs, 2, "two automations listen to one event");
	ok(rig_runs(first, NULL) == 1 && rig_runs(second, NULL) == 1,
	    "each has its run");
	is_int(rig_runs(other, NULL), 0, "one of another event has none");
	is_int(rig_emails(&mails), 2, "two mails");
	is(mails[1].subject, "First", "in the order of the automations");
	is(mails[0].subject, "Second", "one after the other");
	rig_event("x.y", "ada@example.com", NULL, NULL, &out);
	is_int(out.outcome, EVENT_NO_AUTOMATION, "names match as a whole");
	rig_event("X", "ada@example.com", NULL, NULL, &out);
	is_int(out.outcome, EVENT_NO_AUTOMATION, "and bytewise");
	rig_down();
}

static void
test_enabling(void)
{
	struct accepted out;
	rig_up(NULL);
	rig_template("a", "A", hello, true);
	int64_t a = rig_automation(rig_chain_of("x", 1, "a"), false);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	is_int(out.outcome, EVENT_NO_AUTOMATION, "a disabled one is deaf");
	rig_automation_set(a, 1);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	is_int(out.runs, 1, "enabled it listens");
	rig_automation_set(a, 0);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	is_int(out.runs, 0, "disabled it is deaf again");
	rig_automation_set(a, 1);
	rig_restart();
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	is_int(out.runs, 1, "after a restart it listens");
	rig_automation_set(a, -1);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	is_int(out.outcome, EVENT_NO_AUTOMATION, "deleted it does not");
	is_int(rig_runs(a, NULL), 2, "its runs stay");
	rig_down();
}

/* ---- event ids --------------------------------------------------------- */

static void
test_duplicates(void)
{
	struct accepted first, again;
	rig_up("idempotency { events = \"7 days\" }");
	rig_template("a", "A", hello, true);
	int64_t a = rig_automation(rig_chain_of("x", 1, "a"), true);
	rig_event("x", "ada@example.com", "{\"n\":1}", "k1", &first);
	is_int(first.runs, 1, "an event with an id of its sender's");
	rig.now_ms += RIG_DAY;
	ok(rig_event("x", "ada@example.com", "{\"n\":1}", "k1", &again) == 0 &&
		again.duplicate && again.event == first.event,
	    "the same again is known, with the same id");
	is_int(rig_runs(a, NULL), 1, "and nothing is done again");
	rig_event("x", "ADA@Example.com", "{\"n\":1}", "k1", &again);
	ok(again.duplicate, "the address may be written in another case");
	static const struct {
		const char *name, *email, *payload, *what;
	} others[] = {
		{ "y", "ada@example.com", "{\"n\":1}", "another name" },
		{ "x", "eve@example.com", "{\"n\":1}", "another address" },
		{ "x", "ada@example.com", "{\"n\":2}", "another payload" },
		{ "x", "ada@example.com", NULL, "no payload" },
	};
	for (size_t i = 0; i < N_OF(others); i++) {
		int rc = rig_event(others[i].name, others[i].email,
		    others[i].payload, "k1", &again);
		ok(rc == -1 && rig.fault.kind == FAULT_CONFLICT,
		    "the same id with %s is a conflict", others[i].what);
	}
	is_int(rig_runs(a, NULL), 1, "none of them starts anything");
	rig_event("x", "ada@example.com", "{\"n\":1}", "k2", &again);
	ok(!again.duplicate && again.event != first.event,
	    "another id is another event");
	rig_restart();
	rig_event("x", "ada@example.com", "{\"n\":1}", "k1", &again);
	ok(again.duplicate, "ids are known over a restart");
	rig.now_ms = RIG_NOON + 7 * (int64_t)RIG_DAY;
	rig_event("x", "ada@example.com", "{\"n\":2}", "k1", &again);
	ok(!again.duplicate && again.event > first.event && again.runs == 1,
	    "after seven days an id may be used anew");
	rig_down();
}

/* An event that failed leaves its id free. */
static void
test_failed_key(void)
{
	struct accepted out;
	rig_up(NULL);
	rig_template("a", "A", hello, true);
	rig_automation(rig_chain_of("x", 1, "a"), true);
	const struct event bad = { .name = "x", .contact = 12345, .key = "k" };
	ok(rig_accept(&bad, &out) == -1, "an event is refused");
	ok(rig_event("x", "ada@example.com", NULL, "k", &out) == 0 &&
		!out.duplicate && out.runs == 1,
	    "its id may be used again");
	rig_down();
}

/* ---- chains of causes -------------------------------------------------- */

static void
test_depth(void)
{
	struct accepted out;
	struct contact c;
	rig_up("engine { max_depth = 3 }");
	rig_template("a", "A", hello, true);
	int64_t a = rig_automation(rig_chain_of("x", 1, "a"), true);
	struct event e = { .name = "x",
		.email = "ada@example.com",
		.depth = 3,
		.cause = 77 };
	ok(rig_accept(&e, &out) == 0 && out.outcome == EVENT_TOO_DEEP,
	    "an event with three causes behind it starts nothing");
	is_int(outcome_of(out.event), EVENT_TOO_DEEP, "and says why");
	is_int(rig_contact_find("ada@example.com", &c), 0,
	    "nor does its stranger become a contact");
	struct skip *skips;
	ok(rig_skips(a, &skips) == 1 && skips[0].reason == SKIP_TOO_DEEP &&
		skips[0].contact == 0 && skips[0].event == out.event,
	    "but it is told that it was kept out");
	e.depth = 2;
	ok(rig_accept(&e, &out) == 0 && out.runs == 1, "with two it does");
	is_int(rig_runs(a, NULL), 1, "one run");
	enum event_outcome outcome;
	struct event got;
	rig_event_get(out.event, &got, &outcome);
	ok(got.depth == 2 && got.cause == 77, "cause and depth are kept");
	rig_down();
}

/* ---- leaving ----------------------------------------------------------- */

/* The number of unsubscribing events that reached an automation. */
static int64_t
listen_to_leaving(void)
{
	rig_template("bye", "Bye", hello, true);
	return rig_automation(rig_chain_of("resend:contact.unsubscribed", 1,
				  "bye"),
	    true);
}

static void
test_unsubscribe_all(void)
{
	struct contact c;
	struct run run;
	struct run_step *steps;
	rig_up(NULL);
	int64_t listener = listen_to_leaving();
	int64_t ada = rig_contact("ada@example.com");
	rig.now_ms += RIG_SECOND;
	is_int(rig_unsubscribe(ada, 0), 1, "a contact leaves");
	rig_contact_find("ada@example.com", &c);
	ok(c.unsubscribed && c.updated_ms == rig.now_ms, "it is noted");
	is_int(rig_runs(listener, &run), 1, "an event says so");
	ok(strstr(run.payload, "\"topic_id\":null") != NULL, "of no topic: %s",
	    run.payload);
	is_int(rig_steps(run.id, &steps), 1, "and a farewell is");
	is(steps[0].output, "{\"reason\":\"unsubscribed\"}", "not sent");
	is_int(rig_unsubscribe(ada, 0), 0, "leaving again changes nothing");
	is_int(rig_runs(listener, NULL), 1, "and says nothing");
	rig_down();
}

static void
test_unsubscribe_topic(void)
{
	struct contact c;
	struct run run;
	char id[ID_UUID_LEN];
	rig_up(NULL);
	int64_t listener = listen_to_leaving();
	int64_t ada = rig_contact("ada@example.com");
	int64_t news = rig_topic("News", true);
	is_int(rig_unsubscribe(ada, news), 1, "a contact leaves a topic");
	rig_contact_find("ada@example.com", &c);
	ok(!c.unsubscribed, "and stays for the rest");
	is_int(rig_runs(listener, &run), 1, "an event says so");
	ok(strstr(run.payload, id_uuid(news, id)) != NULL, "of that topic");
	is_int(rig_unsubscribe(ada, news), 0, "leaving again changes nothing");
	is_int(rig_runs(listener, NULL), 1, "and says nothing");
	rig_topic_choose(ada, news, true);
	is_int(rig_unsubscribe(ada, news), 1, "having come back it can leave");
	is_int(rig_unsubscribe(ada, 0), 1, "and leave altogether");
	is_int(rig_runs(listener, NULL), 3, "each time an event says so");
	rig_down();
}

int
main(void)
{
	test_way_through();
	test_strangers();
	test_by_contact();
	test_two_listen();
	test_enabling();
	test_duplicates();
	test_failed_key();
	test_depth();
	test_unsubscribe_all();
	test_unsubscribe_topic();
	return tap_done();
}
