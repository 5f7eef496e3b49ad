/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who gets no mail: how an address comes upon the list and leaves it, what the
 * list means for a step that sends, and what is left of it when a contact is
 * erased.
 */
#include <string.h>

#include "base/arena.h"
#include "store/suppressions.h"
#include "tests/engine/rig.h"
#include "tests/tap.h"

struct deed {
	const char *email;
	enum suppression_origin origin;
	int64_t source;
	struct suppression s;
};

static int
do_suppress(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct deed *d = arg;
	return engine_suppress(rig.engine, t, a, d->email, d->origin, d->source,
	    rig.now_ms, &d->s, f);
}

static int
suppress(const char *email, enum suppression_origin origin, int64_t source,
    struct suppression *s)
{
	struct deed d = { email, origin, source, { 0 } };
	int rc = rig_txn(do_suppress, &d);
	*s = d.s;
	return rc;
}

static int
do_unsuppress(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return engine_unsuppress(rig.engine, t, arg, rig.now_ms, f);
}

static int
do_ask(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	return engine_is_suppressed(t, a, arg, f);
}

static int
is_suppressed(const char *email)
{
	return rig_txn(do_ask, (void *)(uintptr_t)email);
}

static int
do_find(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct suppression *s = arg;
	return store_suppression_by_id(t, a, s->id, s, f);
}

static void
test_list(void)
{
	struct suppression s, again;
	rig_up(NULL);
	is_int(suppress("Ada@Example.COM", SUPPRESSED_BOUNCE, 77, &s), 1,
	    "an address is suppressed");
	is_int(is_suppressed("ada@example.com"), 1, "in whatever case");
	is_int(is_suppressed("eve@example.com"), 0, "and no other is");
	is_int(suppress("ada@example.com", SUPPRESSED_MANUAL, 0, &again), 0,
	    "once is enough");
	ok(again.id == s.id && again.origin == SUPPRESSED_BOUNCE &&
		again.source == 77,
	    "it stays as it was");
	is_int(suppress("no address", SUPPRESSED_MANUAL, 0, &again), -1,
	    "what is no address is refused");
	is_int(rig.fault.kind, FAULT_INVALID, "and why");
	is_int(rig_txn(do_unsuppress, &s), 0, "it is let go");
	is_int(is_suppressed("ada@example.com"), 0, "and is so");
	is_int(suppress("ada@example.com", SUPPRESSED_COMPLAINT, 0, &again), 1,
	    "it comes back");
	ok(again.id > s.id, "as another");
	rig_down();
}

/* The step of the newest run. */
static struct run_step
only_step(int64_t automation)
{
	struct run run;
	struct run_step *steps, none = { 0 };
	return rig_runs(automation, &run) > 0 && rig_steps(run.id, &steps) == 1
	    ? steps[0]
	    : none;
}

static void
test_step(void)
{
	struct accepted out;
	struct suppression s;
	struct email *mails;
	rig_up(NULL);
	rig_template("t", "T", "<p>Hello</p>", true);
	int64_t a = rig_automation(rig_chain_of("x", 1, "t"), true);
	suppress("ada@example.com", SUPPRESSED_MANUAL, 0, &s);
	rig_event("x", "ADA@example.com", NULL, NULL, &out);
	struct run_step step = only_step(a);
	is_int(step.status, STEP_SKIPPED, "the step is skipped");
	is(step.output, "{\"reason\":\"suppressed\"}", "and says why");
	is_int(rig_emails(&mails), 0, "nothing is written to send");
	rig_txn(do_unsuppress, &s);
	rig_event("x", "ada@example.com", NULL, NULL, &out);
	is_int(only_step(a).status, STEP_COMPLETED, "then mail goes again");
	rig_down();
}

static void
test_contact_goes(void)
{
	struct suppression s, found;
	rig_up(NULL);
	int64_t ada = rig_contact("ada@example.com");
	suppress("ada@example.com", SUPPRESSED_COMPLAINT, 5, &s);
	rig_people_delete(ada);
	found = s;
	ok(rig_txn(do_find, &found) == 1 && found.email_key != NULL &&
		strcmp(found.email_key, "ada@example.com") == 0,
	    "who is deleted stays suppressed");
	ada = rig_contact("ada@example.com");
	rig_contact("eve@example.com");
	rig_people_erase(ada);
	found = s;
	ok(rig_txn(do_find, &found) == 1 && found.email_key == NULL &&
		found.origin == SUPPRESSED_COMPLAINT && found.source == 5,
	    "of who is erased the address is not told any more");
	is_int(is_suppressed("ada@example.com"), 1, "but known again");
	is_int(is_suppressed("eve@example.com"), 0, "and nobody else is");
	rig_restart();
	is_int(is_suppressed("ada@example.com"), 1, "also after a restart");
	is_int(suppress("ada@example.com", SUPPRESSED_MANUAL, 0, &found), 0,
	    "it is not suppressed twice");
	is_int(found.id, s.id, "but is the same");
	rig_txn(do_unsuppress, &found);
	is_int(is_suppressed("ada@example.com"), 0, "and can be let go");
	suppress("bob@example.com", SUPPRESSED_MANUAL, 0, &s);
	rig_people_erase(rig_contact("bob@example.com"));
	is_int(is_suppressed("bob@example.com"), 1,
	    "another is hidden with the same key");
	rig_down();
}

int
main(void)
{
	test_list();
	test_step();
	test_contact_goes();
	return tap_done();
}
