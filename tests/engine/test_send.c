/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The step that sends: what it writes into the outbox, and why it skips or
 * fails.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/json.h"
#include "tests/engine/rig.h"
#include "tests/tap.h"

static const char hello[] = "<p>Hello</p>";

/* The one step of the newest run of an automation. */
static struct run_step
only_step(int64_t automation, struct run *run_r)
{
	struct run_step *steps, none = { 0 };
	if (rig_runs(automation, run_r) < 1)
		return none;
	int n = rig_steps(run_r->id, &steps);
	return n == 1 ? steps[0] : none;
}

static int
n_emails(void)
{
	struct email *mails;
	return rig_emails(&mails);
}

/* Fires the event and expects the step skipped for that reason. */
static void
expect_skip(int64_t automation, const char *email, const char *reason)
{
	struct accepted out;
	struct run run;
	char expected[80];
	int before = n_emails();
	snprintf(expected, sizeof(expected), "{\"reason\":\"%s\"}", reason);
	rig_event("x", email, NULL, NULL, &out);
	struct run_step step = only_step(automation, &run);
	is_int(step.status, STEP_SKIPPED, "the step is skipped");
	is(step.output, expected, "it says why");
	is_int(run.status, RUN_COMPLETED, "the run goes on");
	is_int(n_emails(), before, "nothing is written to send");
}

static void
expect_sent(int64_t automation, const char *email)
{
	struct accepted out;
	struct run run;
	int before = n_emails();
	rig_event("x", email, NULL, NULL, &out);
	is_int(only_step(automation, &run).status, STEP_COMPLETED,
	    "the mail is sent");
	is_int(n_emails(), before + 1, "one more is in the outbox");
}

/* Fires the event and expects the step and its run failed. */
static void
expect_failure(int64_t automation, const char *payload, const char *name,
    const char *words)
{
	struct accepted out;
	struct run run;
	int before = n_emails();
	rig_event("x", "ada@example.com", payload, NULL, &out);
	struct run_step step = only_step(automation, &run);
	is_int(step.status, STEP_FAILED, "the step fails");
	is_int(run.status, RUN_FAILED, "and the run with it");
	is(run.reason, name, "the run names the reason");
	ok(step.error != NULL && strstr(step.error, name) != NULL &&
		strstr(step.error, words) != NULL,
	    "the step tells it: %s",
	    step.error != NULL ? step.error : "(nothing)");
	is_int(n_emails(), before, "nothing is written to send");
}

static void
test_unsubscribed(void)
{
	struct contact c;
	rig_up(NULL);
	rig_template("t", "T", hello, true);
	int64_t a = rig_automation(rig_chain_of("x", 1, "t"), true);
	rig_contact("ada@example.com");
	rig_contact_find("ada@example.com", &c);
	c.unsubscribed = true;
	rig_contact_put(&c);
	expect_skip(a, "ada@example.com", "unsubscribed");
	c.unsubscribed = false;
	rig_contact_put(&c);
	expect_sent(a, "ada@example.com");
	rig_down();
}

static void
test_topics(void)
{
	char id[ID_UUID_LEN];
	rig_up(NULL);
	rig_template("t", "T", hello, true);
	int64_t in = rig_topic("In by default", true);
	int64_t ada = rig_contact("ada@example.com");
	const char *config = arena_printf(rig.arena,
	    "{\"template\":{\"id\":\"t\"},\"topic_id\":\"%s\"}",
	    id_uuid(in, id));
	int64_t a = rig_automation(rig_chain("x", 1, config), true);
	expect_sent(a, "ada@example.com");
	struct email *mails;
	rig_emails(&mails);
	is_int(mails[0].topic, in, "the mail knows its topic");
	rig_topic_choose(ada, in, false);
	expect_skip(a, "ada@example.com", "topic_opted_out");
	rig_topic_choose(ada, in, true);
	expect_sent(a, "ada@example.com");
	rig_automation_set(a, 0);
	int64_t out = rig_topic("Out by default", false);
	config = arena_printf(rig.arena,
	    "{\"template\":{\"id\":\"t\"},\"topic_id\":\"%s\"}",
	    id_uuid(out, id));
	a = rig_automation(rig_chain("x", 1, config), true);
	expect_skip(a, "ada@example.com", "topic_opted_out");
	rig_topic_choose(ada, out, true);
	expect_sent(a, "ada@example.com");
	rig_topic_delete(out);
	expect_skip(a, "ada@example.com", "topic_deleted");
	ok(rig_automation(
	       rig_chain("x", 1,
		   "{\"template\":{\"id\":\"t\"},"
		   "\"topic_id\":\"00000000-0000-8000-8000-000000000000\"}"),
	       true) < 0,
	    "a topic that is not there is refused: %s", rig.fault.text);
	rig_down();
}

static void
test_daily_limit(void)
{
	rig_up("engine { mails_per_contact_day = 3 }");
	rig_template("t", "T", hello, true);
	int64_t a = rig_automation(rig_chain_of("x", 1, "t"), true);
	for (int i = 0; i < 3; i++) {
		expect_sent(a, "ada@example.com");
		rig.now_ms += RIG_HOUR;
	}
	expect_skip(a, "ada@example.com", "daily_limit");
	expect_sent(a, "eve@example.com");
	rig.now_ms = RIG_NOON + RIG_DAY - 1;
	expect_skip(a, "ada@example.com", "daily_limit");
	rig.now_ms = RIG_NOON + RIG_DAY + RIG_SECOND;
	expect_sent(a, "ada@example.com");
	expect_skip(a, "ada@example.com", "daily_limit");
	rig_automation_set(a, 0);
	int64_t b = rig_automation(rig_chain_of("x", 1, "t"), true);
	expect_sent(b, "ada@example.com");
	rig_down();
}

/* ---- variables --------------------------------------------------------- */

static void
test_missing_variable(void)
{
	struct accepted out;
	struct email *mails;
	rig_up(NULL);
	rig_template("t", "Order", "<p>{{{ORDER_NO}}} {{{NOTE|none}}}</p>",
	    true);
	int64_t a =
	    rig_automation(rig_chain("x", 2,
			       "{\"template\":{\"id\":\"t\",\"variables\":"
			       "{\"ORDER_NO\":{\"var\":\"event.order.no\"}}}}"),
		true);
	expect_failure(a, NULL, "invalid_email", "`ORDER_NO`");
	expect_failure(a, "{\"order\":{}}", "invalid_email", "`ORDER_NO`");
	expect_failure(a, "{\"order\":{\"no\":null}}", "invalid_email",
	    "`ORDER_NO`");
	rig_event("x", "ada@example.com", "{\"order\":{\"no\":\"<7>\"}}", NULL,
	    &out);
	is_int(rig_emails(&mails), 2, "with a value both steps send");
	ok(strstr(mails[0].data, "<7>") != NULL, "and keep it: %s",
	    mails[0].data);
	rig_down();
}

static void
test_missing_in_subject(void)
{
	rig_up(NULL);
	rig_template("t", "Order {{{event.no}}}", hello, true);
	int64_t a = rig_automation(rig_chain_of("x", 1, "t"), true);
	expect_failure(a, "{}", "invalid_email", "event.no");
	expect_sent(
	    rig_automation(
		rig_chain("x", 1,
		    "{\"template\":{\"id\":\"t\"},\"subject\":\"Plain\"}"),
		true),
	    "eve@example.com");
	rig_down();
}

static void
test_controls(void)
{
	static const char *const payloads[] = {
		"{\"name\":\"Ada\\r\\nBcc: eve@example.com\"}",
		"{\"name\":\"Ada\\nBcc: eve@example.com\"}",
		"{\"name\":\"Ada\\u0001\"}",
		"{\"name\":\"Ada\\u007f\"}",
		"{\"name\":\"Ada\\u0085Bcc: eve@example.com\"}",
	};
	struct accepted out;
	struct email *mails;
	rig_up(NULL);
	rig_template("t", "Hi {{{event.name}}}", hello, true);
	int64_t a = rig_automation(rig_chain_of("x", 1, "t"), true);
	for (size_t i = 0; i < N_OF(payloads); i++)
		expect_failure(a, payloads[i], "invalid_email", "event.name");
	rig_event("x", "ada@example.com",
	    "{\"name\":\"Zo\xc3\xab \xf0\x9f\x93\xac <b>\"}", NULL, &out);
	rig_emails(&mails);
	is(mails[0].subject, "Hi Zo\xc3\xab \xf0\x9f\x93\xac <b>",
	    "other text stands in a subject as it is");
	rig_down();
}

static void
test_contact_values(void)
{
	struct contact c;
	struct accepted out;
	struct email *mails;
	rig_up(NULL);
	rig_template("t", "{{{FIRST_NAME|you}}} of {{{contact.plan|no plan}}}",
	    "<p>{{{EMAIL}}}</p>", true);
	rig_automation(rig_chain_of("x", 1, "t"), true);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	rig_emails(&mails);
	is(mails[0].subject, "you of no plan", "fallbacks stand in");
	rig_contact_find("ada@example.com", &c);
	c.first_name = "Ada";
	c.properties = "{\"plan\":\"pro\"}";
	rig_contact_put(&c);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	rig_emails(&mails);
	is(mails[0].subject, "Ada of pro", "until there are values");
	rig_down();
}

static void
test_sender(void)
{
	struct email *mails;
	struct accepted out;
	rig_up("mail { domains = { \"example.com\" } }");
	rig_template("t", "T", hello, true);
	ok(rig_automation(rig_chain("x", 1,
			      "{\"template\":{\"id\":\"t\"},"
			      "\"from\":\"a@elsewhere.example\"}"),
	       true) < 0 &&
		rig.fault.kind == FAULT_DENIED,
	    "a foreign domain is refused: %s", rig.fault.text);
	int64_t a = rig_automation(rig_chain("x", 1,
				       "{\"template\":{\"id\":\"t\"},"
				       "\"from\":\"Team <{{{event.from}}}>\"}"),
	    true);
	expect_failure(a, "{\"from\":\"a@elsewhere.example\"}", "invalid_email",
	    "elsewhere.example");
	expect_failure(a, "{\"from\":\"no address\"}", "invalid_email", "from");
	expect_failure(a, "{\"from\":\"a@example.com>, <b@example.com\"}",
	    "invalid_email", "from");
	rig_event("x", "ada@example.com", "{\"from\":\"b@example.com\"}", NULL,
	    &out);
	rig_emails(&mails);
	is(mails[0].sender, "Team <b@example.com>", "a good one is taken");
	rig_down();
}

/* ---- templates --------------------------------------------------------- */

static void
test_names(void)
{
	struct accepted out;
	struct email *mails;
	char uuid[ID_UUID_LEN], hex[ID_HEX_LEN];
	rig_up(NULL);
	int64_t id = rig_template("welcome", "By name", hello, true);
	const char *names[] = { "welcome", id_uuid(id, uuid), id_hex(id, hex) };
	static const char *const whats[] = { "alias", "UUID", "hex digits" };
	for (size_t i = 0; i < N_OF(names); i++) {
		int64_t a =
		    rig_automation(rig_chain_of("x", 1, names[i]), true);
		rig_event("x", "ada@example.com", NULL, NULL, &out);
		ok(out.runs == 1 && rig_emails(&mails) == (int)i + 1 &&
			strcmp(mails[0].subject, "By name") == 0,
		    "a template is named by its %s", whats[i]);
		rig_automation_set(a, 0);
	}
	ok(rig_automation(rig_chain_of("x", 1, "Welcome"), true) < 0 &&
		strstr(rig.fault.text, "`Welcome`") != NULL,
	    "one that is not there is refused: %s", rig.fault.text);
	ok(rig_automation(rig_chain_of("x", 1, id_uuid(id + (1 << 21), uuid)),
	       true) < 0,
	    "also by its id: %s", rig.fault.text);
	rig_down();
}

static void
test_publishing(void)
{
	struct accepted out;
	struct email *mails;
	rig_up(NULL);
	int64_t id = rig_template("t", "First", hello, false);
	ok(rig_automation(rig_chain_of("x", 1, "t"), true) < 0 &&
		strstr(rig.fault.text, "not published") != NULL,
	    "an unpublished template is refused: %s", rig.fault.text);
	int64_t a = rig_automation(rig_chain_of("x", 1, "t"), false);
	ok(a > 0, "but not while nothing is enabled");
	rig_automation_set(a, 1);
	expect_failure(a, NULL, "template_unavailable", "not published");
	int64_t first = rig_template_publish(id, "First", hello);
	expect_sent(a, "ada@example.com");
	int64_t second = rig_template_publish(id, "Second", hello);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	rig_emails(&mails);
	ok(strcmp(mails[0].subject, "Second") == 0 &&
		mails[0].version == second,
	    "what is published later is sent from then on");
	ok(strcmp(mails[1].subject, "First") == 0 && mails[1].version == first,
	    "what was written before stays");
	rig_down();
}

/* The html part of an email, as it is sent. */
static int
do_render(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct email *e = arg;
	struct rendered out;
	if (engine_render(rig.engine, t, a, e, &out, f) != 0)
		return -1;
	e->data = out.html;
	return 0;
}

static void
test_rendering(void)
{
	struct accepted out;
	struct email *mails;
	rig_up(NULL);
	int64_t id =
	    rig_template("t", "T", "<p>{{{event.name}}} {{{MINE}}}</p>", true);
	rig_automation(rig_chain("x", 1,
			   "{\"template\":{\"id\":\"t\","
			   "\"variables\":{\"MINE\":\"<b>own</b>\"}}}"),
	    true);
	rig_event("x", "ada@example.com", "{\"name\":\"<script>\"}", NULL,
	    &out);
	rig_template_publish(id, "T", "<p>New text</p>");
	rig_contact_delete(rig_contact("eve@example.com"));
	is_int(rig_emails(&mails), 1, "a mail with strange values");
	ok(rig_txn(do_render, &mails[0]) == 0, "is rendered");
	is(mails[0].data, "<p>&lt;script&gt; <b>own</b></p>",
	    "data is escaped, the author's own text is not, and it is the "
	    "version it was written of");
	rig_down();
}

int
main(void)
{
	test_unsubscribed();
	test_topics();
	test_daily_limit();
	test_missing_variable();
	test_missing_in_subject();
	test_controls();
	test_contact_values();
	test_sender();
	test_names();
	test_publishing();
	test_rendering();
	return tap_done();
}
