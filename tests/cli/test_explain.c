/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers that explain, and those that come in slices.
 */
#include <stdio.h>
#include <string.h>

#include "tests/cli/fake_server.h"
#include "tests/tap.h"

#define WHY \
	"{\"object\":\"why\",\"contact\":{\"id\":\"c1\",\"email\":\"a@b.c\"," \
	"\"unsubscribed\":true},\"automation\":{\"id\":\"a1\",\"name\":\"W\"," \
	"\"status\":\"enabled\",\"paused\":true,\"entry\":{\"entry\":{" \
	"\"type\":\"event_received\",\"event_name\":\"x\"}}},\"verdict\":" \
	"\"It waits.\",\"runs\":[" \
	"{\"id\":\"r2\",\"status\":\"running\",\"exit_reason\":null," \
	"\"event_id\":\"e2\",\"started_at\":\"T2\",\"completed_at\":null," \
	"\"steps\":[" \
	"{\"key\":\"m\",\"type\":\"send_email\",\"status\":\"skipped\"," \
	"\"output\":{\"reason\":\"unsubscribed\"},\"error\":null," \
	"\"started_at\":\"T2\",\"completed_at\":\"T3\"}," \
	"{\"key\":\"n\",\"type\":\"send_email\",\"status\":\"completed\"," \
	"\"output\":{\"to\":\"a@b.c\"},\"completed_at\":\"T3\",\"mail\":{" \
	"\"last_event\":\"queued\",\"queue_id\":null,\"answer\":\"451 no\"," \
	"\"next_attempt_at\":\"T9\"}}," \
	"{\"key\":\"w\",\"type\":\"wait_for_event\",\"status\":\"waiting\"," \
	"\"output\":null,\"error\":null,\"started_at\":\"T3\"," \
	"\"completed_at\":null,\"waiting_for\":{\"event_name\":\"paid\"," \
	"\"until\":\"T9\"}},{\"key\":\"d\",\"type\":\"delay\",\"status\":" \
	"\"waiting\",\"waiting_for\":{\"event_name\":null,\"until\":" \
	"\"T8\"}}]}," \
	"{\"id\":\"r1\",\"status\":\"failed\",\"exit_reason\":null," \
	"\"event_id\":null,\"started_at\":\"T1\",\"completed_at\":\"T2\"," \
	"\"steps\":[{\"key\":\"m\",\"type\":" \
	"\"send_email\",\"status\":\"failed\",\"output\":null,\"error\":" \
	"{\"name\":\"template_unavailable\",\"message\":\"gone\\u001b[2J\"}," \
	"\"started_at\":\"T1\",\"completed_at\":\"T2\"}]}," \
	"{\"id\":\"r0\",\"status\":\"cancelled\",\"exit_reason\":" \
	"\"complained\"," \
	"\"started_at\":\"T0\",\"completed_at\":\"T1\",\"steps\":[]}]," \
	"\"skipped\":[{\"event_id\":\"e3\",\"event\":\"x\",\"reason\":" \
	"\"reentry_active\",\"created_at\":\"T4\",\"text\":\"It is in " \
	"now.\"}]}"

#define WHY_STRANGER \
	"{\"object\":\"why\",\"contact\":{\"id\":null,\"email\":\"x@b.c\"}," \
	"\"automation\":{\"id\":\"a1\",\"name\":\"W\",\"status\":" \
	"\"deleted\",\"deleted_at\":\"T5\",\"paused\":false,\"entry\":{" \
	"\"event_name\":\"x\"}},\"verdict\":\"Kept out.\",\"runs\":[]," \
	"\"skipped\":[{\"event_id\":\"e3\",\"event\":\"x\",\"email\":" \
	"\"x@b.c\",\"reason\":\"filter\",\"created_at\":\"T4\",\"text\":" \
	"\"No.\"}]}"

#define MAIL(key, mail) \
	"{\"key\":\"" key "\",\"type\":\"send_email\",\"status\":" \
	"\"completed\",\"output\":{\"to\":\"a@b.c\"},\"error\":null," \
	"\"started_at\":\"T1\",\"completed_at\":\"T2\",\"mail\":{" \
	"\"created_at\":\"T1\"," mail "}}"

#define WHY_MAILS \
	"{\"object\":\"why\",\"contact\":{\"id\":\"c1\",\"email\":" \
	"\"a@b.c\"},\"automation\":{\"id\":\"a1\",\"name\":\"W\"," \
	"\"status\":\"enabled\",\"deleted_at\":null,\"entry\":{" \
	"\"event_name\":\"x\"}},\"verdict\":\"It waits.\",\"runs\":[{" \
	"\"id\":\"r1\",\"status\":\"running\",\"started_at\":\"T1\"," \
	"\"steps\":[" MAIL("m", \
	    "\"id\":\"3\",\"last_event\":\"queued\",\"code\":451,\"answer\":" \
	    "\"later\",\"queue_id\":null,\"next_attempt_at\":\"T9\"") "," MAIL("n", \
	    "\"id\":\"4\",\"last_event\":\"sent\",\"code\":250," \
	    "\"answer\":\"ok\",\"queue_id\":\"Q1\"") "," MAIL("o", \
	    "\"id\":\"5\",\"last_event\":\"suppressed\"," \
	    "\"code\":0,\"answer\":\"unsubscribed\"") "]}]," \
						      "\"skipped\":[]}"

static void
test_why(void)
{
	fake_answer(200, WHY);
	is_int(run("why", "a@b.c", "a1"), 0, "why");
	is(fake_seen(0), "GET /contacts/a%40b.c/why?automation=a1",
	    "asks for both");
	is(run_out(),
	    "contact: a@b.c (c1), unsubscribed from all mail\n"
	    "automation: W (a1), enabled, paused\n"
	    "entry: type event_received, event_name x\n"
	    "verdict: It waits.\n"
	    "run r2: running, started T2 by event e2\n"
	    "  KEY  TYPE            STATUS     AT  WHAT\n"
	    "  m    send_email      skipped    T3  reason unsubscribed\n"
	    "  n    send_email      completed  T3  mail -: queued since -, 451 "
	    "no, next attempt at T9\n"
	    "  w    wait_for_event  waiting    T3  for paid until T9\n"
	    "  d    delay           waiting    -   until T8\n"
	    "run r1: failed, started T1, ended T2\n"
	    "  KEY  TYPE        STATUS  AT  WHAT\n"
	    "  m    send_email  failed  T2  gone\\x1b[2J\n"
	    "run r0: cancelled (complained), started T0, ended T1\n"
	    "events that did not start it:\n"
	    "  CREATED_AT  EVENT  REASON          TEXT\n"
	    "  T4          x      reentry_active  It is in now.\n",
	    "and explains");
	fake_forget();

	fake_answer(200, WHY);
	is_int(run("--json", "why", "a@b.c", "a1"), 0, "with --json");
	ok(strncmp(run_out(), WHY, 60) == 0, "the answer is shown");
	fake_forget();

	fake_answer(200, WHY_STRANGER);
	is_int(run("why", "x@b.c", "a1"), 0, "why, of a stranger");
	is(run_out(),
	    "contact: x@b.c (a stranger)\n"
	    "automation: W (a1), deleted on T5\n"
	    "entry: event_name x\n"
	    "verdict: Kept out.\n"
	    "events that did not start it:\n"
	    "  CREATED_AT  EVENT  REASON  TEXT\n"
	    "  T4          x      filter  No.\n",
	    "who knocked at what is gone");
	fake_forget();

	fake_answer(200, WHY_MAILS);
	is_int(run("why", "a@b.c", "a1"), 0, "why, of mails");
	is(run_out(),
	    "contact: a@b.c (c1)\n"
	    "automation: W (a1), enabled\n"
	    "entry: event_name x\n"
	    "verdict: It waits.\n"
	    "run r1: running, started T1\n"
	    "  KEY  TYPE        STATUS     AT  WHAT\n"
	    "  m    send_email  completed  T2  mail 3: queued since T1, MTA "
	    "said 451 later, next attempt at T9\n"
	    "  n    send_email  completed  T2  mail 4: sent as Q1, MTA said "
	    "250 ok\n"
	    "  o    send_email  completed  T2  mail 5: suppressed, "
	    "unsubscribed\n",
	    "what became of each");
	fake_forget();

	fake_answer(200, "{\"verdict\":\"Never\\n\\u001b[2J.\",\"runs\":7}");
	is_int(run("why", "c", "a"), 0, "an answer that says little");
	is(run_out(),
	    "contact: - (-)\nautomation: - (-), -\nentry: -\n"
	    "verdict: Never\\n\\x1b[2J.\n",
	    "harms nobody");
	fake_forget();
}

static void
test_simulate(void)
{
	struct run r = { .input = "{\"name\":\"W\",\"steps\":[]}" };
	fake_answer(200,
	    "{\"object\":\"simulation\",\"run\":{\"status\":\"cancelled\","
	    "\"exit_reason\":\"max_duration\"},\"timeline\":["
	    "{\"at\":\"T1\",\"after\":\"0 seconds\",\"kind\":\"event\","
	    "\"step\":null,\"status\":null,\"text\":\"user.created\"},"
	    "{\"at\":\"T2\",\"after\":\"2 days\",\"kind\":\"step\","
	    "\"step\":\"c\",\"status\":\"completed\",\"output\":{\"result\":"
	    "true}},"
	    "{\"at\":\"T2\",\"after\":\"2 days\",\"kind\":\"change\","
	    "\"output\":{\"properties\":{\"plan\":\"pro\"}}},"
	    "{\"at\":\"T2\",\"after\":\"2 days\",\"kind\":\"mail\","
	    "\"step\":\"m\",\"status\":\"completed\",\"text\":\"sent\","
	    "\"email\":{\"subject\":\"Hi\",\"to\":\"a@b.c\",\"from\":\"s\"}}]"
	    "}");
	is_int(run("automations", "simulate", "a1", "--contact",
		   "{\"email\":\"a@b.c\"}", "--payload", "{}", "--event", "x",
		   "--events", "[{\"after\":\"1 day\",\"event\":\"y\"}]",
		   "--for", "60 days"),
	    0, "simulate");
	is(fake_seen(0),
	    "POST /automations/a1/simulate {\"contact\":{\"email\":\"a@b.c\"},"
	    "\"payload\":{},\"event\":\"x\",\"events\":[{\"after\":\"1 day\","
	    "\"event\":\"y\"}],\"for\":\"60 days\"}",
	    "says it all");
	is(run_out(),
	    "AT  AFTER      KIND    STEP  STATUS     TEXT\n"
	    "T1  0 seconds  event   -     -          user.created\n"
	    "T2  2 days     step    c     completed  result true\n"
	    "T2  2 days     change  -     -          "
	    "{\"properties\":{\"plan\":\"pro\"}}\n"
	    "T2  2 days     mail    m     completed  sent: \"Hi\"\n"
	    "run: cancelled (max_duration)\n",
	    "and shows what comes when");
	fake_forget();

	fake_answer(200,
	    "{\"run\":{\"status\":\"running\",\"exit_reason\":null,"
	    "\"waits_at\":\"order\"},\"timeline\":[]}");
	is_int(run("automations", "simulate", "a1", "--email", "a@b.c"), 0,
	    "one that goes on behind the end");
	ok(strstr(run_out(), "run: running, rests at order\n") != NULL,
	    "says where it rests");
	fake_forget();

	fake_answer(200,
	    "{\"object\":\"simulation\",\"run\":null,\"timeline\":[]}");
	is_int(run_with(&r, "automations", "simulate", "--file", "-",
		   "--contact-id", "c1"),
	    0, "of a file");
	is(fake_seen(0),
	    "POST /automations/simulate {\"automation\":{\"name\":\"W\","
	    "\"steps\":[]},\"contact_id\":\"c1\"}",
	    "sends what is in it");
	is(run_out(),
	    "AT  AFTER  KIND  STEP  STATUS  TEXT\nno run was started\n",
	    "and shows that nothing would happen");
	fake_forget();
}

static void
test_outcome(void)
{
	fake_answer(200,
	    "{\"object\":\"event_outcome\",\"event_id\":\"e1\",\"event\":\"x\","
	    "\"outcome\":\"started\",\"contact_id\":\"c1\",\"runs\":[{\"id\":"
	    "\"r1\",\"automation_id\":\"a1\",\"automation\":\"W\",\"status\":"
	    "\"running\"}],\"skipped\":[{\"automation_id\":\"a2\","
	    "\"automation\":\"V\",\"reason\":\"filter\",\"text\":\"No.\"}]}");
	is_int(run("events", "outcome", "e1"), 0, "an outcome");
	is(fake_seen(0), "GET /events/e1/outcome", "is asked for");
	is(run_out(),
	    "event_id: e1\nevent: x\noutcome: started\ncontact_id: c1\n"
	    "runs it started:\n"
	    "  ID  AUTOMATION_ID  AUTOMATION  STATUS\n"
	    "  r1  a1             W           running\n"
	    "automations it did not start:\n"
	    "  AUTOMATION_ID  AUTOMATION  REASON  TEXT\n"
	    "  a2             V           filter  No.\n",
	    "and shown");
	fake_forget();
}

static void
test_doctor(void)
{
	static const char first[] =
	    "{\"object\":\"doctor\",\"checked\":5,\"problems\":[],"
	    "\"next\":\"runs 7\"}";
	static const char bad[] =
	    "{\"object\":\"doctor\",\"checked\":2,\"problems\":[{\"table\":"
	    "\"runs\",\"id\":\"r1\",\"text\":\"has no contact\"}],\"next\":%s}";
	char last[200], more[200];
	snprintf(last, sizeof(last), bad, "null");
	snprintf(more, sizeof(more), bad, "\"emails\"");

	fake_answer(200, first);
	fake_answer(200, "{\"checked\":3,\"problems\":[],\"next\":null}");
	is_int(run("doctor", "--db"), 0, "a sound database");
	is(fake_seen(0), "GET /doctor/db", "is asked about");
	is(fake_seen(1), "GET /doctor/db?cursor=runs%207", "slice by slice");
	is(run_out(), "8 rows checked, 0 problems found\n", "and is sound");
	fake_forget();

	fake_answer(200, more);
	fake_answer(200, last);
	is_int(run("doctor", "--db"), 1, "a database that is not");
	is(run_out(),
	    "TABLE  ID  TEXT\n"
	    "runs   r1  has no contact\n"
	    "runs   r1  has no contact\n"
	    "4 rows checked, 2 problems found\n",
	    "is said to be");
	fake_forget();

	fake_answer(200, first);
	fake_answer(200, last);
	is_int(run("doctor", "--db", "--json"), 1, "in JSON");
	is(run_out(),
	    "{\"object\":\"doctor\",\"checked\":7,\"problems\":[{\"table\":"
	    "\"runs\",\"id\":\"r1\",\"text\":\"has no contact\"}]}\n",
	    "it is one document");
	fake_forget();

	fake_answer(200, more);
	fake_answer(200, more);
	is_int(run("doctor", "--db"), 3, "slices that do not advance end");
	is_int(fake_count(), 2, "at once");
	fake_forget();

	fake_answer(200, "{\"checked\":1,\"next\":[1]}");
	is_int(run("doctor", "--db"), 3, "a cursor that is none");
	fake_forget();
	fake_answer(200, "[]");
	is_int(run("doctor", "--db"), 3, "an answer that is none");
	fake_forget();
}

static void
test_export(void)
{
	fake_answer(200,
	    "{\"object\":\"export\",\"id\":\"c1\",\"data\":["
	    "{\"object\":\"contact\"}],\"next\":\"events/e1\"}");
	fake_answer(200,
	    "{\"object\":\"export\",\"id\":\"c1\",\"data\":["
	    "{\"object\":\"event\"}],"
	    "\"next\":null}");
	is_int(run("contacts", "export", "a@b.c"), 0, "an export");
	is(fake_seen(0), "GET /contacts/a%40b.c/export", "begins");
	is(fake_seen(1), "GET /contacts/a%40b.c/export?cursor=events%2Fe1",
	    "goes on");
	is(run_out(),
	    "{\"object\":\"export\",\"id\":\"c1\",\"data\":["
	    "{\"object\":\"contact\"},{\"object\":\"event\"}]}\n",
	    "and is one document");
	fake_forget();

	fake_answer(200, "{\"contact\":{\"id\":\"c1\"},\"next\":\"a\"}");
	fake_answer(500, "{}");
	is_int(run("contacts", "export", "a@b.c"), 1, "half an export");
	is(run_out(), "", "is none");
	fake_forget();
}

int
main(void)
{
	fake_start();
	test_why();
	test_simulate();
	test_outcome();
	test_doctor();
	test_export();
	fake_stop();
	return tap_done();
}
