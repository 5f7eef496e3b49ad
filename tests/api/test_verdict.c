/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is said of a contact and an automation, case by case.
 */
#include <string.h>

#include "api/verdict.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "model/automation.h"
#include "model/contact.h"
#include "model/run.h"
#include "tests/tap.h"

enum { DAY_MS = 86400000 };

static const char graph_text[] =
    "{\"steps\":[{\"key\":\"start\",\"type\":\"trigger\","
    "\"config\":{\"event_name\":\"signup\"}}],\"connections\":[]}";

struct verdict_case {
	const char *what;
	bool enabled, paused, unsubscribed;
	int status;         /* of the newest run; -1: none */
	const char *reason; /* it ended for */
	const char *steps;  /* as answers show them */
	int skip;           /* reason of the newest skip; 0: none */
	bool skip_is_newer; /* than the run */
	const char *says;
};

#define WAITING(what) \
	"[{\"key\":\"w\",\"type\":\"wait_for_event\",\"status\":\"waiting\"," \
	"\"waiting_for\":" what "}]"

#define MAIL(members) \
	"[{\"key\":\"m\",\"type\":\"send_email\",\"status\":\"completed\"," \
	"\"mail\":{" members "}}]"

static const struct verdict_case cases[] = {
	{ "nothing yet", true, false, false, -1, NULL, NULL, 0, false,
	    "It never entered. No event `signup` has come for it while the "
	    "automation was enabled." },
	{ "nothing, and disabled", false, false, false, -1, NULL, NULL, 0,
	    false,
	    "It never entered. No event `signup` has come for it while the "
	    "automation was enabled. The automation is disabled: nobody "
	    "enters." },
	{ "not let in", true, false, false, -1, NULL, NULL, SKIP_FILTER, true,
	    "An event on 1970-01-03 00:00:00.000+00 did not let it in: " },
	{ "waiting for an event", true, false, false, RUN_RUNNING, NULL,
	    WAITING("{\"event_name\":\"paid\",\"until\":\"then\"}"), 0, false,
	    "It is in it now and waits at step `w` for the event `paid`, "
	    "until then." },
	{ "waiting for a moment", true, false, false, RUN_RUNNING, NULL,
	    WAITING("{\"event_name\":null,\"until\":\"then\"}"), 0, false,
	    "It is in it now and waits at step `w` until then." },
	{ "waiting for ever", true, false, false, RUN_RUNNING, NULL,
	    WAITING("{\"event_name\":\"paid\",\"until\":null}"), 0, false,
	    "It is in it now and waits at step `w` for the event `paid`." },
	{ "on its way", true, false, false, RUN_RUNNING, NULL, "[]", 0, false,
	    "It is in it now, on its way to the next step." },
	{ "paused", true, true, false, RUN_RUNNING, NULL, "[]", 0, false,
	    "It is in it now, on its way to the next step. The automation is "
	    "paused, so it stands still. The automation is paused: nobody "
	    "enters." },
	{ "through", true, false, true, RUN_COMPLETED, NULL,
	    "[{\"key\":\"m\",\"type\":\"send_email\",\"status\":\"skipped\","
	    "\"output\":{\"reason\":\"unsubscribed\"}},"
	    "{\"key\":\"n\",\"type\":\"send_email\",\"status\":\"skipped\","
	    "\"output\":null}]",
	    0, false,
	    "It came to the end on 1970-01-03 00:00:00.000+00. The mail of "
	    "step `m` was not sent: unsubscribed. The contact is "
	    "unsubscribed: no mail is sent to it." },
	{ "failed", true, false, false, RUN_FAILED, NULL,
	    "[{\"key\":\"m\",\"type\":\"send_email\",\"status\":\"failed\","
	    "\"error\":{\"name\":\"invalid_email\",\"message\":\"no FROM\"}}]",
	    0, false,
	    "Its last run failed at step `m`: no FROM (invalid_email)." },
	{ "failed, nobody knows where", true, false, false, RUN_FAILED, NULL,
	    "[]", 0, false, "Its last run failed." },
	{ "ended early", true, false, false, RUN_CANCELLED, "hard_bounced",
	    "[]", 0, false,
	    "Its last run ended early on 1970-01-03 00:00:00.000+00: "
	    "hard_bounced." },
	{ "its mail waits", true, false, false, RUN_COMPLETED, NULL,
	    MAIL("\"last_event\":\"queued\""), 0, false,
	    "It came to the end on 1970-01-03 00:00:00.000+00. The mail of "
	    "step `m` waits for the MTA." },
	{ "its mail is tried again", true, false, false, RUN_COMPLETED, NULL,
	    MAIL("\"last_event\":\"queued\",\"code\":451,\"answer\":"
		 "\"later\",\"next_attempt_at\":\"then\""),
	    0, false,
	    "It came to the end on 1970-01-03 00:00:00.000+00. The mail of "
	    "step `m` waits for the MTA; the last attempt ended with: 451 "
	    "later; it is tried again at then." },
	{ "the MTA is away", true, false, false, RUN_COMPLETED, NULL,
	    MAIL("\"last_event\":\"queued\",\"code\":0,\"answer\":\"nobody "
		 "there\",\"next_attempt_at\":\"then\""),
	    0, false,
	    "It came to the end on 1970-01-03 00:00:00.000+00. The mail of "
	    "step `m` waits for the MTA; the last attempt ended with: nobody "
	    "there; it is tried again at then." },
	{ "its mail was refused", true, false, false, RUN_COMPLETED, NULL,
	    MAIL("\"last_event\":\"failed\",\"code\":550,\"answer\":\"no\""), 0,
	    false,
	    "It came to the end on 1970-01-03 00:00:00.000+00. The mail of "
	    "step `m` failed for good: 550 no." },
	{ "its mail is held", true, false, false, RUN_COMPLETED, NULL,
	    MAIL("\"last_event\":\"held\""), 0, false,
	    "It came to the end on 1970-01-03 00:00:00.000+00. The mail of "
	    "step `m` may have left or not, nobody knows, and waits for "
	    "somebody to decide." },
	{ "its mail was not wanted", true, false, false, RUN_COMPLETED, NULL,
	    MAIL("\"last_event\":\"suppressed\",\"code\":451,\"answer\":"
		 "\"topic_opted_out\""),
	    0, false,
	    "It came to the end on 1970-01-03 00:00:00.000+00. The mail of "
	    "step `m` was not sent, because the contact did not want it any "
	    "more: topic_opted_out." },
	{ "its mail's topic is gone", true, false, false, RUN_COMPLETED, NULL,
	    MAIL("\"last_event\":\"suppressed\",\"code\":451,\"answer\":"
		 "\"topic_deleted\""),
	    0, false,
	    "It came to the end on 1970-01-03 00:00:00.000+00. The mail of "
	    "step `m` was not sent, because its topic was deleted." },
	{ "its mail has left", true, false, false, RUN_COMPLETED, NULL,
	    MAIL("\"last_event\":\"sent\",\"code\":250,\"answer\":\"ok\""), 0,
	    false, "It came to the end on 1970-01-03 00:00:00.000+00." },
	{ "came again, too early", true, false, false, RUN_CANCELLED, NULL,
	    "[]", SKIP_REENTRY_ONCE, true,
	    "Its last run ended early on 1970-01-03 00:00:00.000+00: "
	    "cancelled. An event on 1970-01-03 00:00:00.000+00 did not let "
	    "it in: " },
	{ "was kept out before", true, false, false, RUN_RUNNING, NULL, "[]",
	    SKIP_FILTER, false,
	    "It is in it now, on its way to the next step." },
};

static const char *
say(struct arena *a, const struct verdict_case *k)
{
	struct fault f;
	struct contact contact = { .unsubscribed = k->unsubscribed };
	struct automation automation = { .enabled = k->enabled,
		.paused = k->paused };
	struct run run = { .id = id_at_ms(DAY_MS),
		.status = (enum run_status)k->status,
		.reason = k->reason,
		.finished_ms = 2 * DAY_MS };
	struct skip skip = { .id = id_at_ms(k->skip_is_newer ? 2 * DAY_MS : 5),
		.reason = (enum skip_reason)k->skip };
	struct verdict_facts v = { .contact = &contact,
		.automation = &automation };
	v.graph = graph_from_json(a,
	    json_parse(a, graph_text, sizeof(graph_text) - 1, &f), &f);
	if (k->status >= 0) {
		const char *text = arena_printf(a, "{\"steps\":%s}", k->steps);
		v.runs = (struct list){ &run, 1, false };
		v.newest = json_parse(a, text, strlen(text), &f);
	}
	if (k->skip != 0)
		v.skips = (struct list){ &skip, 1, false };
	return verdict(a, &v);
}

/* What stands in everybody's way. */
static void
test_special(void)
{
	static const char steps[] =
	    "{\"steps\":" MAIL("\"last_event\":\"queued\"") "}";
	struct fault f;
	struct arena *a = arena_new();
	struct contact contact = { 0 };
	struct automation m = { .enabled = -1, .updated_ms = 3 * DAY_MS };
	struct run run = { .status = RUN_COMPLETED, .finished_ms = DAY_MS };
	struct verdict_facts v = { .contact = &contact,
		.automation = &m,
		.injection_paused = true,
		.runs = { &run, 1, false } };
	v.graph = graph_from_json(a,
	    json_parse(a, graph_text, sizeof(graph_text) - 1, &f), &f);
	v.newest = json_parse(a, steps, sizeof(steps) - 1, &f);
	is(verdict(a, &v),
	    "It came to the end on 1970-01-02 00:00:00.000+00. The mail of "
	    "step `m` waits: somebody has stopped injection. The automation "
	    "was deleted on 1970-01-04 00:00:00.000+00.",
	    "injection stopped, and the automation gone");
	static const char twice[] =
	    "{\"steps\":" MAIL("\"last_event\":\"sent\",\"doubts\":1") "}";
	v.newest = json_parse(a, twice, sizeof(twice) - 1, &f);
	ok(strstr(verdict(a, &v), "step `m` may have come twice") != NULL,
	    "a copy");
	v.newest = json_parse(a, steps, sizeof(steps) - 1, &f);
	v.queue_held = true;
	ok(strstr(verdict(a, &v), "waits: somebody has held the queue.") !=
		NULL,
	    "the queue held");
	m.enabled = 1;
	run.status = RUN_RUNNING;
	v.engine_paused = true;
	ok(strstr(verdict(a, &v), "The engine is stopped, so it stands") !=
		NULL,
	    "the engine stopped");
	v.is_disk_full = true;
	ok(strstr(verdict(a, &v), "The disk is full: until there is room") !=
		NULL,
	    "the disk full");
	arena_free(a);
}

/* Who is nobody's contact, or was nobody's until now. */
static void
test_strangers(void)
{
	struct fault f;
	struct arena *a = arena_new();
	struct contact contact = { 0 };
	struct automation m = { .enabled = 1 };
	struct run run = { .status = RUN_COMPLETED, .finished_ms = DAY_MS };
	struct verdict_facts v = { .automation = &m };
	v.graph = graph_from_json(a,
	    json_parse(a, graph_text, sizeof(graph_text) - 1, &f), &f);
	is(verdict(a, &v),
	    "There is no contact of that address. No event of it that did "
	    "not let it in is known.",
	    "a stranger");
	v.is_cut = true;
	is(verdict(a, &v),
	    "There is no contact of that address. No event of it that did "
	    "not let it in is known. Of events of strangers, only the last "
	    "1000 that did not let them in were looked through.",
	    "that may be further back");
	v.contact = &contact;
	ok(strstr(verdict(a, &v), "Of events of strangers, only") != NULL,
	    "as what came before somebody was a contact");
	v.runs = (struct list){ &run, 1, false };
	v.newest = json_parse(a, "{}", 2, &f);
	is(verdict(a, &v), "It came to the end on 1970-01-02 00:00:00.000+00.",
	    "who was let in is no matter of it");
	arena_free(a);
}

int
main(void)
{
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct arena *a = arena_new();
		const struct verdict_case *k = &cases[i];
		const char *said = say(a, k);
		/* What a reason says is told where reasons are. */
		bool newer_skip = k->skip != 0 && k->skip_is_newer;
		if (newer_skip) {
			said = arena_strndup(a, said, strlen(k->says));
			ok(strcmp(said, k->says) == 0, "%s", k->what);
		} else {
			is(said, k->says, k->what);
		}
		arena_free(a);
	}
	test_special();
	test_strangers();
	return tap_done();
}
