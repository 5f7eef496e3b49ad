/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What became of a mail, as automations hear it.
 */
#include "engine/mail_event.h"

#include <string.h>

#include "base/arena.h"
#include "base/id.h"
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

/* Mails that are put off, held or skipped are nothing to hear of. */
static void
test_silent(void)
{
	static const enum email_status others[] = { EMAIL_QUEUED, EMAIL_SENDING,
		EMAIL_HELD, EMAIL_SKIPPED };
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
	test_silent();
	test_gone();
	return tap_done();
}
