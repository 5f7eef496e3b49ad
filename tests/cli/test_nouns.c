/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of the engine, each with the request it makes and what it prints
 * of the answer.
 */
#include <stdio.h>

#include "tests/cli/fake_server.h"
#include "tests/tap.h"

static const struct example examples[] = {
	{ { "automations", "pause", "a1" }, "POST /automations/a1/pause",
	    "{\"object\":\"automation\",\"id\":\"a1\",\"status\":\"paused\"}",
	    "id: a1\n"
	    "status: paused\n" },
	{ { "automations", "resume", "a1" }, "POST /automations/a1/resume",
	    "{\"object\":\"automation\",\"id\":\"a1\",\"status\":\"enabled\"}",
	    "id: a1\n"
	    "status: enabled\n" },
	{ { "automations", "start", "a1", "--email", "a@b.c", "--payload",
	      "{\"n\":1}" },
	    "POST /automations/a1/runs "
	    "{\"email\":\"a@b.c\",\"payload\":{\"n\":1}}",
	    "{\"object\":\"automation_run\",\"id\":\"r1\"}", "r1\n" },
	{ { "runs", "start", "a1", "--contact-id", "c1" },
	    "POST /automations/a1/runs {\"contact_id\":\"c1\"}",
	    "{\"object\":\"automation_run\",\"id\":\"r1\"}", "r1\n" },
	{ { "automations", "runs", "cancel", "a1", "r1" },
	    "POST /automations/a1/runs/r1/cancel",
	    "{\"object\":\"automation_run\",\"id\":\"r1\",\"status\":"
	    "\"cancelled\"}",
	    "id: r1\n"
	    "status: cancelled\n" },
	{ { "runs", "cancel", "a1", "r1" },
	    "POST /automations/a1/runs/r1/cancel",
	    "{\"object\":\"automation_run\",\"id\":\"r1\",\"status\":"
	    "\"cancelled\"}",
	    "id: r1\n"
	    "status: cancelled\n" },
	{ { "automations", "runs", "retry", "a1", "r1" },
	    "POST /automations/a1/runs/r1/retry",
	    "{\"object\":\"automation_run\",\"id\":\"r1\",\"status\":"
	    "\"running\"}",
	    "id: r1\n"
	    "status: running\n" },
	{ { "runs", "retry", "a1", "r1" }, "POST /automations/a1/runs/r1/retry",
	    "{\"object\":\"automation_run\",\"id\":\"r1\",\"status\":"
	    "\"running\"}",
	    "id: r1\n"
	    "status: running\n" },
	{ { "automations", "skipped", "a1", "--limit", "2" },
	    "GET /automations/a1/skipped?limit=2",
	    "{\"object\":\"list\",\"has_more\":false,\"data\":[{\"id\":\"k1\","
	    "\"contact_id\":\"c1\",\"event_id\":\"e1\",\"event\":\"user."
	    "created\",\"reason\":\"reentry_once\",\"created_at\":\"now\"}]}",
	    "ID  CREATED_AT  EVENT         CONTACT_ID  EMAIL  REASON\n"
	    "k1  now         user.created  c1          -      reentry_once\n" },
	{ { "emails", "send", "--from", "a@b.c", "--to", "d@e.f", "--to",
	      "g@h.i", "--subject", "S", "--html", "<p>", "--headers",
	      "X-A=1=2", "--headers", "X-B=", "--tags", "kind=x",
	      "--scheduled-at", "in 1 hour" },
	    "POST /emails {\"from\":\"a@b.c\",\"to\":[\"d@e.f\",\"g@h.i\"],"
	    "\"subject\":\"S\",\"html\":\"<p>\",\"headers\":{\"X-A\":\"1=2\","
	    "\"X-B\":\"\"},\"tags\":[{\"name\":\"kind\",\"value\":\"x\"}],"
	    "\"scheduled_at\":\"in 1 hour\"}",
	    "{\"id\":\"m1\"}", "m1\n" },
	{ { "emails", "send", "--to", "d@e.f", "--template", "t", "--var",
	      "A=1", "--var", "B=x y" },
	    "POST /emails {\"to\":[\"d@e.f\"],\"template\":{\"id\":\"t\","
	    "\"variables\":{\"A\":\"1\",\"B\":\"x y\"}}}",
	    "{\"id\":\"m1\"}", "m1\n" },
	{ { "emails", "update", "m1", "--scheduled-at", "tomorrow" },
	    "PATCH /emails/m1 {\"scheduled_at\":\"tomorrow\"}",
	    "{\"object\":\"email\",\"id\":\"m1\"}", "id: m1\n" },
	{ { "emails", "cancel", "m1" }, "POST /emails/m1/cancel",
	    "{\"object\":\"email\",\"id\":\"m1\"}", "id: m1\n" },
	{ { "emails", "attachments", "m1" }, "GET /emails/m1/attachments",
	    "{\"data\":[{\"id\":\"f1\",\"filename\":\"a.txt\","
	    "\"content_type\":\"text/plain\",\"size\":3,"
	    "\"content_id\":null}]}",
	    "ID  FILENAME  CONTENT_TYPE  SIZE  CONTENT_ID\n"
	    "f1  a.txt     text/plain    3     -\n" },
	{ { "emails", "metrics", "--metrics", "sent", "--granularity",
	      "hourly" },
	    "GET /emails/metrics?metrics=sent&granularity=hourly",
	    "{\"totals\":{\"sent\":3}}", "totals.sent: 3\n" },
	{ { "events", "create", "--name", "user.created", "--schema",
	      "{\"plan\":\"string\"}" },
	    "POST /events "
	    "{\"name\":\"user.created\",\"schema\":{\"plan\":\"string\"}}",
	    "{\"object\":\"event\",\"id\":\"n1\"}", "n1\n" },
	{ { "events", "get", "user created/x" },
	    "GET /events/user%20created%2Fx",
	    "{\"object\":\"event\",\"id\":\"n1\",\"name\":\"user "
	    "created/x\",\"schema\":{\"plan\":\"string\"},\"updated_at\":null}",
	    "id: n1\n"
	    "name: user created/x\n"
	    "schema.plan: string\n"
	    "updated_at: -\n" },
	{ { "events", "list" }, "GET /events",
	    "{\"data\":[{\"id\":\"n1\",\"name\":\"a\",\"schema\":null}]}",
	    "ID  NAME  SCHEMA  CREATED_AT  UPDATED_AT\n"
	    "n1  a     -       -           -\n" },
	{ { "events", "update", "a", "--schema", "null" },
	    "PATCH /events/a {\"schema\":null}",
	    "{\"object\":\"event\",\"id\":\"n1\"}", "id: n1\n" },
	{ { "events", "delete", "a" }, "DELETE /events/a",
	    "{\"object\":\"event\",\"id\":\"n1\",\"deleted\":true}",
	    "id: n1\n"
	    "deleted: true\n" },
	{ { "contacts", "create", "--email", "a@b.c", "--segment-id", "s1",
	      "--segment-id", "s2", "--opt-in", "t1", "--opt-out", "t2" },
	    "POST /contacts "
	    "{\"email\":\"a@b.c\",\"segments\":[{\"id\":\"s1\"},{\"id\":\"s2\"}"
	    "],\"topics\":[{\"id\":\"t1\",\"subscription\":\"opt_in\"},{\"id\":"
	    "\"t2\",\"subscription\":\"opt_out\"}]}",
	    "{\"object\":\"contact\",\"id\":\"c1\"}", "c1\n" },
	{ { "contacts", "list", "--segment-id", "s1", "--limit", "1" },
	    "GET /contacts?segment_id=s1&limit=1", "{\"data\":[]}",
	    "ID  EMAIL  FIRST_NAME  LAST_NAME  UNSUBSCRIBED  CREATED_AT\n" },
	{ { "contacts", "segments", "list", "a@b.c" },
	    "GET /contacts/a%40b.c/segments",
	    "{\"data\":[{\"id\":\"s1\",\"name\":\"VIP\",\"created_at\":\"now\"}"
	    "]}",
	    "ID  NAME  CREATED_AT\n"
	    "s1  VIP   now\n" },
	{ { "contacts", "segments", "add", "a@b.c", "s1" },
	    "POST /contacts/a%40b.c/segments/s1",
	    "{\"object\":\"contact_segment\",\"id\":\"s1\"}", "id: s1\n" },
	{ { "contacts", "segments", "remove", "a@b.c", "s1" },
	    "DELETE /contacts/a%40b.c/segments/s1",
	    "{\"object\":\"contact_segment\",\"id\":\"c1\",\"deleted\":true}",
	    "id: c1\n"
	    "deleted: true\n" },
	{ { "contacts", "topics", "list", "c1" }, "GET /contacts/c1/topics",
	    "{\"data\":[{\"id\":\"t1\",\"name\":\"News\",\"description\":null,"
	    "\"subscription\":\"opt_in\"}]}",
	    "ID  NAME  SUBSCRIPTION  DESCRIPTION\n"
	    "t1  News  opt_in        -\n" },
	{ { "contacts", "topics", "update", "c1", "--opt-out", "t1" },
	    "PATCH /contacts/c1/topics "
	    "{\"topics\":[{\"id\":\"t1\",\"subscription\":\"opt_out\"}]}",
	    "{\"object\":\"contact_topics\",\"id\":\"c1\"}", "id: c1\n" },
	{ { "contacts", "topics", "update", "c1", "--topics",
	      "[{\"id\":\"t1\",\"subscription\":\"opt_in\"}]" },
	    "PATCH /contacts/c1/topics "
	    "{\"topics\":[{\"id\":\"t1\",\"subscription\":\"opt_in\"}]}",
	    "{\"object\":\"contact_topics\",\"id\":\"c1\"}", "id: c1\n" },
	{ { "contacts", "runs", "list", "c1" }, "GET /contacts/c1/runs",
	    "{\"data\":[{\"id\":\"r1\",\"automation_id\":\"a1\",\"automation\":"
	    "\"W\",\"status\":\"running\",\"exit_reason\":null}]}",
	    "ID  AUTOMATION_ID  AUTOMATION  STATUS   EXIT_REASON  STARTED_AT  "
	    "COMPLETED_AT\n"
	    "r1  a1             W           running  -            -           "
	    "-\n" },
	{ { "contacts", "runs", "cancel", "c1" },
	    "POST /contacts/c1/runs/cancel",
	    "{\"object\":\"contact\",\"id\":\"c1\",\"cancelled\":2}",
	    "id: c1\n"
	    "cancelled: 2\n" },
	{ { "contacts", "erase", "c1" }, "POST /contacts/c1/erase",
	    "{\"object\":\"contact\",\"id\":\"c1\",\"erased\":true}",
	    "id: c1\n"
	    "erased: true\n" },
	{ { "contact-properties", "create", "--key", "plan", "--type", "string",
	      "--fallback-value", "5" },
	    "POST /contact-properties "
	    "{\"key\":\"plan\",\"type\":\"string\",\"fallback_value\":\"5\"}",
	    "{\"object\":\"contact_property\",\"id\":\"p1\"}", "p1\n" },
	{ { "contact-properties", "create", "--key", "n", "--type", "number",
	      "--fallback-value", "5" },
	    "POST /contact-properties "
	    "{\"key\":\"n\",\"type\":\"number\",\"fallback_value\":5}",
	    "{\"object\":\"contact_property\",\"id\":\"p1\"}", "p1\n" },
	{ { "contact-properties", "create", "--key", "n", "--type", "number" },
	    "POST /contact-properties {\"key\":\"n\",\"type\":\"number\"}",
	    "{\"object\":\"contact_property\",\"id\":\"p1\"}", "p1\n" },
	{ { "contact-properties", "get", "p1" }, "GET /contact-properties/p1",
	    "{\"object\":\"contact_property\",\"id\":\"p1\",\"fallback_value\":"
	    "null}",
	    "id: p1\n"
	    "fallback_value: -\n" },
	{ { "contact-properties", "list" }, "GET /contact-properties",
	    "{\"data\":[{\"id\":\"p1\",\"key\":\"n\",\"type\":\"number\","
	    "\"fallback_value\":5}]}",
	    "ID  KEY  TYPE    FALLBACK_VALUE  CREATED_AT\n"
	    "p1  n    number  5               -\n" },
	{ { "contact-properties", "update", "p1", "--clear-fallback-value" },
	    "PATCH /contact-properties/p1 {\"fallback_value\":null}",
	    "{\"object\":\"contact_property\",\"id\":\"p1\"}", "id: p1\n" },
	{ { "contact-properties", "delete", "p1" },
	    "DELETE /contact-properties/p1",
	    "{\"object\":\"contact_property\",\"id\":\"p1\",\"deleted\":true}",
	    "id: p1\n"
	    "deleted: true\n" },
	{ { "segments", "create", "--name", "VIP", "--filter",
	      "{\"type\":\"rule\",\"field\":\"contact.properties.plan\","
	      "\"operator\":\"eq\",\"value\":\"pro\"}" },
	    "POST /segments "
	    "{\"name\":\"VIP\",\"filter\":{\"type\":\"rule\",\"field\":"
	    "\"contact.properties.plan\",\"operator\":\"eq\",\"value\":\"pro\"}"
	    "}",
	    "{\"object\":\"segment\",\"id\":\"s1\",\"name\":\"VIP\"}", "s1\n" },
	{ { "segments", "get", "s1" }, "GET /segments/s1",
	    "{\"object\":\"segment\",\"id\":\"s1\"}", "id: s1\n" },
	{ { "segments", "list" }, "GET /segments", "{\"data\":[]}",
	    "ID  NAME  CREATED_AT\n" },
	{ { "segments", "update", "s1", "--name", "V" },
	    "PATCH /segments/s1 {\"name\":\"V\"}",
	    "{\"object\":\"segment\",\"id\":\"s1\"}", "id: s1\n" },
	{ { "segments", "delete", "s1" }, "DELETE /segments/s1",
	    "{\"object\":\"segment\",\"id\":\"s1\",\"deleted\":true}",
	    "id: s1\n"
	    "deleted: true\n" },
	{ { "segments", "contacts", "s1", "--limit", "2" },
	    "GET /segments/s1/contacts?limit=2", "{\"data\":[]}",
	    "ID  EMAIL  FIRST_NAME  LAST_NAME  UNSUBSCRIBED  CREATED_AT\n" },
	{ { "topics", "create", "--name", "News", "--default-subscription",
	      "opt_in", "--description", "d", "--visibility", "public" },
	    "POST /topics "
	    "{\"name\":\"News\",\"default_subscription\":\"opt_in\","
	    "\"description\":\"d\",\"visibility\":\"public\"}",
	    "{\"object\":\"topic\",\"id\":\"t1\"}", "t1\n" },
	{ { "topics", "get", "t1" }, "GET /topics/t1",
	    "{\"object\":\"topic\",\"id\":\"t1\"}", "id: t1\n" },
	{ { "topics", "list" }, "GET /topics", "{\"data\":[]}",
	    "ID  NAME  DEFAULT_SUBSCRIPTION  VISIBILITY  DESCRIPTION  "
	    "CREATED_AT\n" },
	{ { "topics", "update", "t1", "--description", "" },
	    "PATCH /topics/t1 {\"description\":null}",
	    "{\"object\":\"topic\",\"id\":\"t1\"}", "id: t1\n" },
	{ { "topics", "delete", "t1" }, "DELETE /topics/t1",
	    "{\"object\":\"topic\",\"id\":\"t1\",\"deleted\":true}",
	    "id: t1\n"
	    "deleted: true\n" },
	{ { "webhooks", "create", "--endpoint", "https://a.example/h",
	      "--events", "email.sent,email.failed", "contact.created" },
	    "POST /webhooks {\"endpoint\":\"https://a.example/h\","
	    "\"events\":[\"email.sent\",\"email.failed\","
	    "\"contact.created\"]}",
	    "{\"object\":\"webhook\",\"id\":\"w1\","
	    "\"signing_secret\":\"whsec_x\"}",
	    "id: w1\n"
	    "signing_secret: whsec_x\n" },
	{ { "webhooks", "list" }, "GET /webhooks",
	    "{\"data\":[{\"id\":\"w1\",\"status\":\"enabled\","
	    "\"endpoint\":\"https://a.example/h\","
	    "\"events\":[\"email.sent\"],\"created_at\":\"now\"}]}",
	    "ID  STATUS   ENDPOINT             EVENTS      CREATED_AT\n"
	    "w1  enabled  https://a.example/h  email.sent  now\n" },
	{ { "webhooks", "get", "w1" }, "GET /webhooks/w1",
	    "{\"object\":\"webhook\",\"id\":\"w1\"}", "id: w1\n" },
	{ { "webhooks", "update", "w1", "--status", "disabled" },
	    "PATCH /webhooks/w1 {\"status\":\"disabled\"}",
	    "{\"object\":\"webhook\",\"id\":\"w1\"}", "id: w1\n" },
	{ { "webhooks", "delete", "w1" }, "DELETE /webhooks/w1",
	    "{\"object\":\"webhook\",\"id\":\"w1\",\"deleted\":true}",
	    "id: w1\n"
	    "deleted: true\n" },
	{ { "webhooks", "rotate-signing-secret", "w1" },
	    "POST /webhooks/w1/signing-secret/rotate",
	    "{\"object\":\"webhook\",\"id\":\"w1\","
	    "\"signing_secret\":\"whsec_y\"}",
	    "id: w1\n"
	    "signing_secret: whsec_y\n" },
	{ { "webhooks", "events", "list", "w1" }, "GET /webhooks/w1/events",
	    "{\"data\":[]}", "ID  TYPE  STATUS  CREATED_AT\n" },
	{ { "webhooks", "events", "get", "w1", "e1" },
	    "GET /webhooks/w1/events/e1",
	    "{\"object\":\"webhook_event\",\"id\":\"e1\"}", "id: e1\n" },
	{ { "webhooks", "events", "attempts", "w1", "e1" },
	    "GET /webhooks/w1/events/e1/attempts", "{\"data\":[]}",
	    "ID  HTTP_STATUS_CODE  RESPONSE  SENT_AT\n" },
	{ { "webhooks", "events", "replay", "w1", "e1" },
	    "POST /webhooks/w1/events/e1/replay",
	    "{\"object\":\"webhook_event\",\"id\":\"e1\"}", "id: e1\n" },
	{ { "backup", "/var/b/x y" }, "POST /backup {\"path\":\"/var/b/x y\"}",
	    "{\"object\":\"backup\",\"path\":\"/var/b/x y\",\"bytes\":8192,"
	    "\"pages\":2,\"duration_ms\":5}",
	    "path: /var/b/x y\n"
	    "bytes: 8192\n"
	    "pages: 2\n"
	    "duration_ms: 5\n" },
	{ { "queue", "list", "--limit", "1" }, "GET /queue?limit=1",
	    "{\"object\":\"queue\",\"held\":true,\"injection_paused\":true,"
	    "\"queued\":2,\"sending\":0,"
	    "\"data\":[{\"id\":\"e1\",\"to\":\"a@b.co\",\"subject\":\"Hi\","
	    "\"attempts\":0,\"answer\":null,\"next_attempt_at\":\"now\"}]}",
	    "held: true\ninjection_paused: true\n"
	    "queued: 2\n"
	    "sending: 0\n"
	    "ID  TO      SUBJECT  ATTEMPTS  ANSWER  NEXT_ATTEMPT_AT\n"
	    "e1  a@b.co  Hi       0         -       now\n" },
	{ { "queue", "in-doubt" }, "GET /queue/in-doubt",
	    "{\"object\":\"list\",\"has_more\":false,\"data\":[{\"id\":\"e1\","
	    "\"to\":\"a@b.c\",\"subject\":\"Hi\",\"attempts\":1,\"doubts\":1,"
	    "\"answer\":\"gone\"}]}",
	    "ID  TO     SUBJECT  ATTEMPTS  DOUBTS  ANSWER\n"
	    "e1  a@b.c  Hi       1         1       gone\n" },
	{ { "queue", "resend", "all" }, "POST /queue/in-doubt/all/resend",
	    "{\"object\":\"queue\",\"decided\":2,\"has_more\":false}",
	    "decided: 2\nhas_more: false\n" },
	{ { "queue", "sent", "e1" }, "POST /queue/in-doubt/e1/sent",
	    "{\"object\":\"queue\",\"decided\":1,\"has_more\":false}",
	    "decided: 1\nhas_more: false\n" },
	{ { "queue", "drop", "e1" }, "POST /queue/in-doubt/e1/drop",
	    "{\"object\":\"queue\",\"decided\":1,\"has_more\":false}",
	    "decided: 1\nhas_more: false\n" },
	{ { "queue", "hold" }, "POST /queue/hold",
	    "{\"object\":\"queue\",\"held\":true}", "held: true\n" },
	{ { "queue", "release" }, "POST /queue/release",
	    "{\"object\":\"queue\",\"held\":false}", "held: false\n" },
	{ { "pause", "injection" }, "POST /pause/injection",
	    "{\"object\":\"pause\",\"injection\":true,\"engine\":false}",
	    "injection: true\n"
	    "engine: false\n" },
	{ { "pause", "engine" }, "POST /pause/engine",
	    "{\"object\":\"pause\",\"injection\":true,\"engine\":true}",
	    "injection: true\n"
	    "engine: true\n" },
	{ { "pause", "automation", "a1" }, "POST /automations/a1/pause",
	    "{\"object\":\"automation\",\"id\":\"a1\",\"status\":\"paused\"}",
	    "id: a1\n"
	    "status: paused\n" },
	{ { "resume", "injection" }, "POST /resume/injection",
	    "{\"object\":\"pause\",\"injection\":false,\"engine\":true}",
	    "injection: false\n"
	    "engine: true\n" },
	{ { "resume", "engine" }, "POST /resume/engine",
	    "{\"object\":\"pause\",\"injection\":false,\"engine\":false}",
	    "injection: false\n"
	    "engine: false\n" },
	{ { "resume", "automation", "a1" }, "POST /automations/a1/resume",
	    "{\"object\":\"automation\",\"id\":\"a1\",\"status\":\"enabled\"}",
	    "id: a1\n"
	    "status: enabled\n" },
};

/* Files go along byte by byte, a byte order mark and all. */
static void
test_attachments(void)
{
	char path[400], cid[420], expected[600];
	snprintf(path, sizeof(path), "%s/a b.bin", tap_dir());
	snprintf(cid, sizeof(cid), "logo=%s", path);
	FILE *f = fopen(path, "w");
	fwrite("\xef\xbb\xbf\0\xff", 1, 5, f);
	fclose(f);
	fake_answer(200, "{\"id\":\"m1\"}");
	is_int(run("emails", "send", "--to", "a@b.c", "--attachment", path,
		   "--inline", cid, "--idempotency-key", "k/1"),
	    0, "a mail with files");
	snprintf(expected, sizeof(expected),
	    "POST /emails {\"to\":[\"a@b.c\"],\"attachments\":["
	    "{\"filename\":\"a b.bin\",\"content\":\"77u/AP8=\"},"
	    "{\"filename\":\"a b.bin\",\"content\":\"77u/AP8=\","
	    "\"content_id\":\"logo\"}]}");
	is(fake_seen(0), expected, "is sent with them");
	fake_forget();
	is_int(run("emails", "send", "--to", "a@b.c", "--attachment",
		   "/nowhere/x"),
	    2, "a file that is not there");
	is_int(run("emails", "send", "--to", "a@b.c", "--headers", "X-A"), 2,
	    "a header without a value");
	is_int(run("emails", "send", "--to", "a@b.c", "--html", "x",
		   "--html-file", path),
	    2, "two of one part");
	is_int(run("emails", "send", "--subject", "x"), 2, "to nobody");
	is_int(fake_count(), 0, "are not sent");
	fake_forget();
}

/* A batch is a file with an array; of other commands it is an object. */
static void
test_batch(void)
{
	char path[400];
	snprintf(path, sizeof(path), "%s/batch.json", tap_dir());
	FILE *f = fopen(path, "w");
	fputs("[{\"to\":\"a@b.c\"}]", f);
	fclose(f);
	fake_answer(200, "{\"data\":[{\"id\":\"m1\"}]}");
	is_int(run("emails", "batch", "--file", path), 0, "a batch");
	is(fake_seen(0), "POST /emails/batch [{\"to\":\"a@b.c\"}]",
	    "is sent as it is");
	is(run_out(), "ID\nm1\n", "its ids are told");
	fake_forget();
	is_int(run("automations", "create", "--file", path), 2,
	    "an automation is no array");
	fake_forget();
}

/* The type that a fallback must have is asked for first. */
static void
test_fallback(void)
{
	fake_answer(200, "{\"id\":\"p1\",\"type\":\"string\"}");
	fake_answer(200, "{\"id\":\"p1\"}");
	is_int(run("contact-properties", "update", "p1", "--fallback-value",
		   "5"),
	    0, "a fallback of a text");
	is(fake_seen(0), "GET /contact-properties/p1", "asks for the type");
	is(fake_seen(1),
	    "PATCH /contact-properties/p1 {\"fallback_value\":\"5\"}",
	    "and is text");
	fake_forget();

	fake_answer(200, "{\"id\":\"p1\",\"type\":\"number\"}");
	fake_answer(200, "{\"id\":\"p1\"}");
	is_int(run("contact-properties", "update", "p1", "--fallback-value",
		   "5"),
	    0, "a fallback of a number");
	is(fake_seen(1), "PATCH /contact-properties/p1 {\"fallback_value\":5}",
	    "is a number");
	fake_forget();

	fake_answer(200, "{\"id\":\"p1\",\"type\":\"number\"}");
	is_int(run("contact-properties", "update", "p1", "--fallback-value",
		   "five"),
	    2, "one that is none");
	is_int(fake_count(), 1, "is not sent");
	is(run_err(),
	    "postflow: --fallback-value: \"five\" is no value of type number "
	    "(usage)\n",
	    "but told");
	fake_forget();

	fake_answer(404,
	    "{\"message\":\"Contact property not found\","
	    "\"name\":\"not_found\"}");
	is_int(run("contact-properties", "update", "p1", "--fallback-value",
		   "x"),
	    1, "a property there is none of");
	fake_forget();
}

int
main(void)
{
	fake_start();
	run_examples(examples, sizeof(examples) / sizeof(examples[0]));
	test_attachments();
	test_batch();
	test_fallback();
	fake_stop();
	return tap_done();
}
