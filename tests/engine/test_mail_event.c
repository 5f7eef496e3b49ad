/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What became of a mail, as automations hear it.
 */
#include "engine/mail_event.h"

#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "store/events.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER    "t trigger {'event_name':'x'}\n"
#define MAIL       "m send_email {'template':{'id':'t'}}"
#define WAIT(name) TRIGGER MAIL "\nw wait_for_event {'event_name':'" name "'}"

static int
do_settled(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	return mail_event_settled(rig.engine, t, a, arg, f);
}

/* The newest mail is sent, or refused. */
static int
settle(enum email_status status)
{
	struct email *mails;
	if (rig_emails(&mails) < 1)
		return -1;
	mails[0].status = status;
	mails[0].settled_ms = rig.now_ms;
	mails[0].answer = "550 no such user";
	return rig_txn(do_settled, &mails[0]);
}

static void
test_heard(void)
{
	static const struct {
		const char *name;
		enum email_status status;
	} ends[] = {
		{ "resend:email.sent", EMAIL_SENT },
		{ "resend:email.failed", EMAIL_FAILED },
	};
	for (size_t i = 0; i < N_OF(ends); i++) {
		struct run run;
		story_up(NULL);
		int64_t waits = story_automation(arena_printf(rig.arena,
						     WAIT("%s"), ends[i].name),
		    NULL, NULL);
		int64_t hears =
		    story_automation(arena_printf(rig.arena,
					 "t trigger {'event_name':'%s'}",
					 ends[i].name),
			NULL, NULL);
		story_play("x");
		is(story_runs(waits), "m -> at w", "a run waits for its mail");
		ok(settle(ends[i].status) == 0, "%s", ends[i].name);
		is(story_runs(waits), "m, w heard -> completed", "is heard");
		is_int(rig_runs(hears, &run), 1, "and may start another run");
		ok(strstr(run.payload, "\"subject\":\"T\"") != NULL,
		    "which knows the mail: %s", run.payload);
		ok(ends[i].status == EMAIL_SENT ||
			strstr(run.payload,
			    "\"failed\":{\"reason\":\"550 no such user\"}") !=
			    NULL,
		    "and why it was refused, if it was");
		rig_down();
	}
}

/* Of two runs of a contact, each hears of its own mail alone. */
static void
test_own(void)
{
	story_up(NULL);
	int64_t a = story_automation(WAIT("resend:email.sent"), NULL, NULL);
	story_play("x;x");
	settle(EMAIL_SENT);
	is(story_runs(a), "m -> at w | m, w heard -> completed",
	    "a run hears of its own mail alone");
	rig_down();
}

#define BACK(name) \
	TRIGGER MAIL "\nd delay {'duration':'1 hour'}\n" \
		     "w wait_for_event {'event_name':'" name \
		     "','timeout':'1 day','lookback':'2 hours'}"

/* A wait that looks back finds what became of its run's mail meanwhile, and
 * not of another run's. */
static void
test_looked_back(void)
{
	static const struct {
		enum email_status status;
		const char *script, *runs, *what;
	} cases[] = {
		{ EMAIL_SENT, "+1 hour",
		    "m, d -> at w | m, d, w heard -> completed",
		    "a run that looks back finds its own mail's event" },
		{ EMAIL_SENT, "restart;+1 hour",
		    "m, d -> at w | m, d, w heard -> completed",
		    "also after a restart" },
		{ EMAIL_SENT, "+1 hour;+1 day",
		    "m, d, w {'timed_out':true} -> completed | "
		    "m, d, w heard -> completed",
		    "the other one waits on" },
		{ EMAIL_FAILED, "+1 hour", "m, d -> at w | m, d -> at w",
		    "an event of another name is not found" },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		story_up(NULL);
		int64_t a =
		    story_automation(BACK("resend:email.sent"), NULL, NULL);
		story_automation("t trigger {'event_name':"
				 "'resend:email.failed'}",
		    NULL, NULL);
		story_play("x;x");
		ok(settle(cases[i].status) == 0, "a mail is settled");
		story_play(cases[i].script);
		is(story_runs(a), cases[i].runs, cases[i].what);
		rig_down();
	}
}

/* How far it looks back counts for mails as well, and so does a filter. */
static void
test_looked_back_far(void)
{
	static const char filtered[] = TRIGGER MAIL
	    "\nd delay {'duration':'1 hour'}\n"
	    "w wait_for_event {'event_name':'resend:email.failed',"
	    "'lookback':'2 hours','filter_rule':{'type':'rule',"
	    "'field':'event.failed.reason','operator':'starts_with',"
	    "'value':'%s'}}";
	static const struct {
		const char *reason, *runs;
	} cases[] = {
		{ "550", "m, d, w heard -> completed" },
		{ "451", "m, d -> at w" },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		story_up(NULL);
		int64_t a = story_automation(arena_printf(rig.arena, filtered,
						 cases[i].reason),
		    NULL, NULL);
		story_play("x");
		settle(EMAIL_FAILED);
		story_play("+1 hour");
		is(story_runs(a), cases[i].runs, "a filter looks into it");
		rig_down();
	}
	story_up(NULL);
	int64_t a = story_automation(TRIGGER MAIL
	    "\nd delay {'duration':'1 hour'}\n"
	    "w wait_for_event {'event_name':'resend:email.sent',"
	    "'lookback':'59 minutes'}",
	    NULL, NULL);
	story_play("x");
	settle(EMAIL_SENT);
	story_play("+1 hour");
	is(story_runs(a), "m, d -> at w", "what is longer ago is not found");
	rig_down();
}

/* Whether an event about a contact's mails is remembered. */
static int
do_remembered(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const int64_t *contact = arg;
	struct event_name name;
	struct event e;
	if (store_name_get(t, a, "resend:email.sent", &name, f) != 1)
		return -1;
	return store_recent_before(t, a, *contact, name.num, 0, INT64_MAX, &e,
	    f);
}

/* What is remembered of mails is forgotten once no wait can look back to it. */
static void
test_forgotten(void)
{
	struct run run;
	story_up(NULL);
	int64_t a = story_automation(BACK("resend:email.sent"), NULL, NULL);
	story_play("x");
	settle(EMAIL_SENT);
	rig_runs(a, &run);
	is_int(rig_txn(do_remembered, &run.contact), 1,
	    "what became of the mail is remembered");
	story_play("+30 days");
	is_int(rig_txn(do_remembered, &run.contact), 1,
	    "as long as a wait may look back to it");
	story_play("+2 days");
	/* A round that was cut off by its time is followed by another. */
	for (int i = 0; i < 20; i++) {
		rig.now_ms += 61 * RIG_SECOND;
		rig_tick();
	}
	is_int(rig_txn(do_remembered, &run.contact), 0, "and not for ever");
	rig_down();
}

/* Mails that are put off, held or skipped are nothing to hear of. */
static void
test_silent(void)
{
	static const enum email_status others[] = { EMAIL_QUEUED, EMAIL_SENDING,
		EMAIL_IN_DOUBT, EMAIL_SKIPPED };
	story_up(NULL);
	int64_t a = story_automation(WAIT("resend:email.sent"), NULL, NULL);
	int64_t b = story_automation(WAIT("resend:email.failed"), NULL, NULL);
	story_play("x");
	for (size_t i = 0; i < N_OF(others); i++)
		ok(settle(others[i]) == 0, "a mail is on its way");
	is(story_runs(a), "m -> at w", "nothing is sent");
	is(story_runs(b), "m -> at w", "nor failed");
	rig_down();
}

/* The outcome of a mail stands, whoever it was for is gone or not. */
static void
test_gone(void)
{
	struct email *mails;
	story_up(NULL);
	int64_t a = story_automation("t trigger {'event_name':"
				     "'resend:email.sent'}",
	    NULL, NULL);
	story_automation(TRIGGER MAIL, NULL, NULL);
	story_play("x;gone");
	ok(settle(EMAIL_SENT) == 0, "a mail of a contact that is gone");
	is(story_runs(a), "", "starts nothing");
	ok(rig_emails(&mails) == 1, "and is no fault");
	rig_down();
}

int
main(void)
{
	test_heard();
	test_own();
	test_looked_back();
	test_looked_back_far();
	test_forgotten();
	test_silent();
	test_gone();
	return tap_done();
}
