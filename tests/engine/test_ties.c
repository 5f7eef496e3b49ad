/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever becomes of a run or a contact: no row stays behind that names what
 * is not there any more.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "store/doctor.h"
#include "store/runs.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

static int
do_look(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct doctor_place place = { 0 };
	int *n = arg;
	while (place.check < store_doctor_checks()) {
		struct list list;
		if (store_doctor_look(t, a, NULL, &place, 100, &list, f) < 0)
			return -1;
		const struct doctor_problem *all = list.items;
		for (int i = 0; i < list.n; i++)
			printf("# %s %s: %s\n", all[i].table, all[i].id,
			    all[i].text);
		*n += list.n;
	}
	return 0;
}

static void
expect_whole(const char *what)
{
	int n = 0;
	ok(rig_txn(do_look, &n) == 0 && n == 0, "%s", what);
}

static int
do_damage(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct run r;
	if (store_run_get(t, a, *(int64_t *)arg, &r, f) != 1)
		return -1;
	r.context = "nonsense";
	return store_run_update(t, &r, f);
}

#define WAIT \
	"t trigger {'event_name':'x'}\n" \
	"w wait_for_event {'event_name':'y','timeout':'1 day'}"

/* However it ends that was damaged while it waited. */
static void
test_damaged_wait(void)
{
	struct run run;
	static const char *const ends[] = { "+1 day", "y", "stop" };
	for (size_t i = 0; i < N_OF(ends); i++) {
		story_up(NULL);
		int64_t a = story_automation(WAIT, "t>w", NULL);
		story_play("x");
		rig_runs(a, &run);
		rig_txn(do_damage, &run.id);
		if (strcmp(ends[i], "stop") == 0)
			rig_run_cancel(run.id);
		else
			story_play(ends[i]);
		ok(rig_run(run.id).status != RUN_RUNNING,
		    "%s ends a damaged run", ends[i]);
		expect_whole("that does not wait any more");
		rig_down();
	}
}

/* A run deletes its contact before it is noted that it entered. */
static void
test_short_life(void)
{
	struct contact c;
	struct accepted out;
	story_up(NULL);
	int64_t a = story_automation(
	    "t trigger {'event_name':'x'}\nd contact_delete {}", "t>d",
	    "{'reentry':{'policy':'once'}}");
	story_automation(
	    "t trigger {'event_name':'z'}\n"
	    "w wait_for_event {'event_name':'x','lookback':'1 day'}",
	    "t>w", NULL);
	rig_contact("ada@example.com");
	ok(rig_event("x", "ada@example.com", NULL, NULL, &out) == 0, "x");
	is_int(rig_runs(a, NULL), 1, "it entered");
	is_int(rig_contact_find("ada@example.com", &c), 0, "and is gone");
	expect_whole("with all that was noted of it");
	rig_down();
}

int
main(void)
{
	test_damaged_wait();
	test_short_life();
	return tap_done();
}
