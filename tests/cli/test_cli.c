/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every command against a server that says what it was asked.
 */
#include <stdio.h>
#include <string.h>

#include "tests/cli/fake_server.h"
#include "tests/tap.h"

static const struct example examples[] = {
	{ { "keys", "create" }, "POST /api-keys {\"name\":\"postflow\"}",
	    "{\"id\":\"k1\",\"token\":\"re_abc\"}", "re_abc\n" },
	{ { "keys", "create", "--name", "app", "--permission",
	      "sending_access" },
	    "POST /api-keys "
	    "{\"name\":\"app\",\"permission\":\"sending_access\"}",
	    "{\"id\":\"k1\",\"token\":\"re_abc\"}", "re_abc\n" },
	{ { "keys", "create", "--json" },
	    "POST /api-keys {\"name\":\"postflow\"}",
	    "{\"id\": \"k1\", \"token\": \"re_abc\"}",
	    "{\"id\":\"k1\",\"token\":\"re_abc\"}\n" },
	{ { "keys", "list" }, "GET /api-keys",
	    "{\"object\":\"list\",\"has_more\":false,\"data\":[{\"id\":\"k1\","
	    "\"name\":\"app\",\"permission\":\"full_access\","
	    "\"created_at\":\"now\",\"last_used_at\":null}]}",
	    "ID  NAME  PERMISSION   CREATED_AT  LAST_USED_AT\n"
	    "k1  app   full_access  now         -\n" },
	{ { "keys", "delete", "k1" }, "DELETE /api-keys/k1", "", "" },
	{ { "keys", "update", "k1", "--name", "x" },
	    "PATCH /api-keys/k1 {\"name\":\"x\"}", "", "" },
	{ { "keys", "create", "--permission", "sending_access", "--domain-id",
	      "d1" },
	    "POST /api-keys {\"permission\":\"sending_access\","
	    "\"domain_id\":\"d1\",\"name\":\"postflow\"}",
	    "{\"id\":\"k1\",\"token\":\"re_abc\"}", "re_abc\n" },
	{ { "suppressions", "add", "a+b@c.d" },
	    "POST /suppressions {\"email\":\"a+b@c.d\"}",
	    "{\"object\":\"suppression\",\"id\":\"s1\"}", "s1\n" },
	{ { "suppressions", "list", "--origin", "manual" },
	    "GET /suppressions?origin=manual",
	    "{\"object\":\"list\",\"has_more\":false,\"data\":[]}",
	    "ID  EMAIL  ORIGIN  SOURCE_ID  CREATED_AT\n" },
	{ { "suppressions", "delete", "a+b@c.d" },
	    "DELETE /suppressions/a%2Bb%40c.d", "", "" },
	{ { "domains", "list" }, "GET /domains",
	    "{\"object\":\"list\",\"has_more\":false,\"data\":[]}",
	    "ID  NAME  STATUS  CREATED_AT\n" },
	{ { "logs", "list", "--limit", "5" }, "GET /logs?limit=5",
	    "{\"object\":\"list\",\"has_more\":false,\"data\":[]}",
	    "ID  CREATED_AT  METHOD  ENDPOINT  RESPONSE_STATUS  USER_AGENT\n" },
	{ { "logs", "get", "l1" }, "GET /logs/l1", "{\"id\":\"l1\"}",
	    "id: l1\n" },
	{ { "usage" }, "GET /usage", "{\"object\":\"usage\",\"n\":1}",
	    "n: 1\n" },
	{ { "events", "send", "--event", "user.created", "--email", "a@b.c",
	      "--payload", "{\"plan\":\"pro\",\"price\":19.99,\"n\":1.0}" },
	    "POST /events/send {\"event\":\"user.created\",\"email\":\"a@b.c\","
	    "\"payload\":{\"plan\":\"pro\",\"price\":19.99,\"n\":1.0}}",
	    "{\"object\":\"event\",\"event\":\"user.created\",\"id\":\"e1\"}",
	    "e1\n" },
	{ { "events", "send", "--event=a", "--contact-id=c1", "--id", "k=1" },
	    "POST /events/send "
	    "{\"event\":\"a\",\"contact_id\":\"c1\",\"id\":\"k=1\"}",
	    "{\"object\":\"event\",\"event\":\"a\"}", "event: a\n" },
	{ { "templates", "create", "--name", "W", "--subject", "Hi", "--from",
	      "a@b.co", "--reply-to", "r@b.co", "--html", "<p>{{{NAME}}}</p>",
	      "--alias", "w", "--var", "NAME:string:you:all", "--var",
	      "N:number:3" },
	    "POST /templates {\"name\":\"W\",\"subject\":\"Hi\","
	    "\"from\":\"a@b.co\",\"reply_to\":\"r@b.co\","
	    "\"html\":\"<p>{{{NAME}}}</p>\",\"alias\":\"w\",\"variables\":["
	    "{\"key\":\"NAME\",\"type\":\"string\","
	    "\"fallback_value\":\"you:all\"},"
	    "{\"key\":\"N\",\"type\":\"number\",\"fallback_value\":3}]}",
	    "{\"id\":\"t1\",\"object\":\"template\"}", "t1\n" },
	{ { "templates", "get", "my alias/\303\251" },
	    "GET /templates/my%20alias%2F%C3%A9",
	    "{\"object\":\"template\",\"id\":\"t1\",\"reply_to\":[\"a\",\"b\"],"
	    "\"text\":null,\"variables\":[],\"html\":\"<p>\\n</p>\"}",
	    "id: t1\nreply_to: a, b\ntext: -\nvariables: -\n"
	    "html: <p>\\n</p>\n" },
	{ { "templates", "list", "--limit", "2" }, "GET /templates?limit=2",
	    "{\"data\":[]}", "ID  NAME  ALIAS  STATUS  UPDATED_AT\n" },
	{ { "templates", "update", "t1", "--subject", "", "--text", "" },
	    "PATCH /templates/t1 {\"subject\":null,\"text\":\"\"}",
	    "{\"object\":\"template\",\"id\":\"t1\"}", "id: t1\n" },
	{ { "templates", "publish", "t1" }, "POST /templates/t1/publish",
	    "{\"object\":\"template\",\"id\":\"t1\"}", "id: t1\n" },
	{ { "templates", "duplicate", "t1" }, "POST /templates/t1/duplicate",
	    "{\"object\":\"template\",\"id\":\"t2\"}", "t2\n" },
	{ { "templates", "delete", "t1" }, "DELETE /templates/t1",
	    "{\"object\":\"template\",\"id\":\"t1\",\"deleted\":true}",
	    "id: t1\ndeleted: true\n" },
	{ { "automations", "create", "--name", "W", "--status", "enabled",
	      "--steps", "[]", "--connections", "[]" },
	    "POST /automations {\"name\":\"W\",\"status\":\"enabled\","
	    "\"steps\":[],\"connections\":[]}",
	    "{\"object\":\"automation\",\"id\":\"a1\"}", "a1\n" },
	{ { "automations", "get", "a1" }, "GET /automations/a1",
	    "{\"object\":\"automation\",\"id\":\"a1\",\"steps\":[{\"key\":"
	    "\"start\",\"type\":\"trigger\",\"config\":{\"event_name\":\"x\"}}]"
	    ","
	    "\"connections\":[{\"from\":\"start\",\"to\":\"end\"}]}",
	    "id: a1\nconnections: [{\"from\":\"start\",\"to\":\"end\"}]\n"
	    "KEY    TYPE     CONFIG\n"
	    "start  trigger  {\"event_name\":\"x\"}\n" },
	{ { "automations", "list", "--status", "enabled" },
	    "GET /automations?status=enabled", "{\"data\":[]}",
	    "ID  NAME  STATUS  PAUSED  CREATED_AT  UPDATED_AT\n" },
	{ { "automations", "update", "a1", "--status", "disabled" },
	    "PATCH /automations/a1 {\"status\":\"disabled\"}",
	    "{\"object\":\"automation\",\"id\":\"a1\"}", "id: a1\n" },
	{ { "automations", "stop", "a1" }, "POST /automations/a1/stop",
	    "{\"object\":\"automation\",\"id\":\"a1\",\"status\":\"disabled\"}",
	    "id: a1\nstatus: disabled\n" },
	{ { "automations", "duplicate", "a1" },
	    "POST /automations/a1/duplicate",
	    "{\"object\":\"automation\",\"id\":\"a2\"}", "a2\n" },
	{ { "automations", "delete", "a1" }, "DELETE /automations/a1",
	    "{\"object\":\"automation\",\"id\":\"a1\",\"deleted\":true}",
	    "id: a1\ndeleted: true\n" },
	{ { "automations", "runs", "list", "a1", "--status", "running,failed" },
	    "GET /automations/a1/runs?status=running%2Cfailed",
	    "{\"data\":[{\"id\":\"r1\",\"status\":\"cancelled\","
	    "\"exit_reason\":\"complained\"}]}",
	    "ID  STATUS     EXIT_REASON  STARTED_AT  COMPLETED_AT\n"
	    "r1  cancelled  complained   -           -\n" },
	{ { "runs", "list", "a1", "--before", "r9" },
	    "GET /automations/a1/runs?before=r9", "{\"data\":[]}",
	    "ID  STATUS  EXIT_REASON  STARTED_AT  COMPLETED_AT\n" },
	{ { "automations", "runs", "get", "a1", "r1" },
	    "GET /automations/a1/runs/r1",
	    "{\"object\":\"automation_run\",\"id\":\"r1\",\"steps\":[{\"key\":"
	    "\"s\",\"type\":\"delay\",\"status\":\"failed\",\"output\":null,"
	    "\"error\":{\"name\":\"x\"}}]}",
	    "id: r1\n"
	    "KEY  TYPE   STATUS  STARTED_AT  COMPLETED_AT  OUTPUT  ERROR\n"
	    "s    delay  failed  -           -             -       "
	    "{\"name\":\"x\"}\n" },
	{ { "runs", "get", "a1", "r1" }, "GET /automations/a1/runs/r1",
	    "{\"id\":\"r1\"}", "id: r1\n" },
	{ { "contacts", "create", "--email", "a@b.c", "--first-name", "A",
	      "--last-name", "", "--no-unsubscribed", "--properties",
	      "{\"plan\":\"pro\"}" },
	    "POST /contacts {\"email\":\"a@b.c\",\"first_name\":\"A\","
	    "\"last_name\":null,\"unsubscribed\":false,"
	    "\"properties\":{\"plan\":\"pro\"}}",
	    "{\"object\":\"contact\",\"id\":\"c1\"}", "c1\n" },
	{ { "contacts", "get", "steve+tag@example.com" },
	    "GET /contacts/steve%2Btag%40example.com",
	    "{\"object\":\"contact\",\"id\":\"c1\",\"properties\":{\"plan\":"
	    "{\"type\":\"string\",\"value\":\"pro\"}}}",
	    "id: c1\nproperties.plan.type: string\n"
	    "properties.plan.value: pro\n" },
	{ { "contacts", "update", "a@b.c", "--unsubscribed" },
	    "PATCH /contacts/a%40b.c {\"unsubscribed\":true}",
	    "{\"object\":\"contact\",\"id\":\"c1\"}", "id: c1\n" },
	{ { "contacts", "delete", "--", "-x@b.c" }, "DELETE /contacts/-x%40b.c",
	    "{\"object\":\"contact\",\"contact\":\"c1\",\"deleted\":true}",
	    "contact: c1\ndeleted: true\n" },
	{ { "emails", "list" }, "GET /emails",
	    "{\"data\":[{\"id\":\"m1\",\"to\":[\"a@b.c\",\"d@e.f\"],"
	    "\"subject\":\"S\",\"last_event\":\"sent\"}]}",
	    "ID  TO            SUBJECT  LAST_EVENT  CREATED_AT\n"
	    "m1  a@b.c, d@e.f  S        sent        -\n" },
	{ { "emails", "get", "m1" }, "GET /emails/m1", "{\"id\":\"m1\"}",
	    "id: m1\n" },
};

/* Command lines that must not reach the server. */
static const char *const misuses[][ARGS_MAX] = {
	{ NULL },
	{ "nonsense" },
	{ "keys" },
	{ "keys", "nonsense" },
	{ "keys", "delete" },
	{ "keys", "delete", "" },
	{ "keys", "delete", ".." },
	{ "keys", "delete", "\377" },
	{ "keys", "delete", "a", "b" },
	{ "keys", "create", "--permission", "all" },
	{ "keys", "create", "--name" },
	{ "keys", "create", "--name", "a", "--name", "b" },
	{ "keys", "create", "--name", "\377" },
	{ "keys", "create", "--colour", "red" },
	{ "keys", "list", "--limit", "0" },
	{ "keys", "list", "--limit", "ten" },
	{ "keys", "list", "--before", "a", "--all" },
	{ "keys", "list", "--all=yes" },
	{ "--url", "http://127.0.0.1", "keys", "list" },
	{ "--key", "re_x", "keys", "list" },
	{ "events", "send", "--event", "a" },
	{ "events", "send", "--email", "a@b.c" },
	{ "events", "send", "--event", "a", "--email", "b", "--contact-id",
	    "c" },
	{ "events", "send", "--event", "a", "--email", "b", "--payload", "{" },
	{ "events", "send", "--event", "a", "--file", "-" },
	{ "events", "send", "--file", "/nonexistent" },
	{ "events", "send", "--file", "/" },
	{ "templates", "create", "--name", "W" },
	{ "templates", "create", "--html", "W" },
	{ "templates", "create", "--name", "W", "--html-file", "/nonexistent" },
	{ "templates", "create", "--name", "W", "--html", "", "--var", "N" },
	{ "templates", "create", "--name", "W", "--html", "", "--var",
	    "N:number:x" },
	{ "templates", "update", "t1" },
	{ "automations", "create", "--file", "-" },
	{ "automations", "start", "a1" },
	{ "automations", "simulate", "a1" },
	{ "automations", "simulate", "a1", "--email", "a@b.c", "--contact",
	    "{}" },
	{ "automations", "simulate", "a1", "--file", "-", "--email", "a@b.c" },
	{ "automations", "simulate", "--file", "-", "--email", "a@b.c" },
	{ "automations", "simulate", "a1", "--email", "a@b.c", "--events-file",
	    "/nonexistent" },
	{ "pause" },
	{ "pause", "everything" },
	{ "pause", "automation" },
	{ "why", "a@b.c" },
	{ "doctor" },
	{ "segments", "create" },
	{ "topics", "create", "--name", "News" },
	{ "topics", "create", "--name", "News", "--default-subscription",
	    "yes" },
	{ "topics", "update", "t1" },
	{ "contact-properties", "create", "--key", "plan" },
	{ "contact-properties", "create", "--key", "n", "--type", "number",
	    "--fallback-value", "many" },
	{ "contact-properties", "create", "--key", "\377", "--type", "number" },
	{ "contact-properties", "update", "p1" },
	{ "contact-properties", "update", "p1", "--fallback-value", "x",
	    "--clear-fallback-value" },
	{ "contacts", "topics", "update", "c1" },
	{ "contacts", "topics", "update", "c1", "--topics", "[]", "--opt-in",
	    "t1" },
	{ "contacts", "create", "--email", "a@b.c", "--segment-id", "\377" },
	{ "automations", "runs", "get", "a1" },
	{ "contacts", "update", "c1", "--unsubscribed=no" },
	{ "contacts", "list", "--no-all" },
	{ "status", "now" },
};

static void
test_misuses(void)
{
	for (size_t i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++) {
		char what[300] = "wrong:";
		for (int k = 0; misuses[i][k] != NULL; k++) {
			strncat(what, " ", sizeof(what) - strlen(what) - 1);
			strncat(what, misuses[i][k],
			    sizeof(what) - strlen(what) - 1);
		}
		is_int(run_cli(NULL, misuses[i]), 2, what);
		ok(fake_count() == 0 && run_out()[0] == '\0' &&
			strncmp(run_err(), "postflow: ", 10) == 0 &&
			strstr(run_err(), " (usage)\n") != NULL,
		    "is only said");
		fake_forget();
	}
}

/* The help names every command, and needs no server. */
static void
test_help(void)
{
	static const char *const some[] = {
		"postflow keys create [--name TEXT] "
		"[--permission full_access|sending_access]",
		"postflow events send --event NAME (--email ADDRESS | "
		"--contact-id ID) [--payload JSON] [--id KEY]",
		"postflow events send --file FILE",
		"postflow automations runs get ID RUN",
		"postflow contacts list [--segment-id SEGMENT] [--limit N] "
		"[--after ID | --before ID] [--all]",
		"[--segment-id SEGMENT]... [--opt-in TOPIC]...",
		"[--text TEXT | --text-file FILE]",
	};
	struct run bare = { .no_conf = true };
	is_int(run_with(&bare, "help"), 0, "help");
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		ok(strstr(run_out(), some[i]) != NULL, "names %s", some[i]);
	is_int(run_with(&bare, "contacts", "--help"), 0, "help of a noun");
	ok(strstr(run_out(), "postflow contacts get ID|EMAIL\n") != NULL &&
		strstr(run_out(), "postflow keys") == NULL,
	    "is about that noun");
	is_int(run_with(&bare, "help", "keys", "create"), 0, "help of a verb");
	ok(strstr(run_out(), "--permission") != NULL &&
		strstr(run_out(), "delete") == NULL,
	    "is about that verb");
	is_int(run_with(&bare, "--version"), 0, "version");
	is(run_out(), "postflow " PACKAGE_VERSION "\n", "is one line");
}

int
main(void)
{
	fake_start();
	run_examples(examples, sizeof(examples) / sizeof(examples[0]));
	test_misuses();
	test_help();
	fake_stop();
	return tap_done();
}
