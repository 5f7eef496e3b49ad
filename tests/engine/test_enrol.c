/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * enrol_existing: those who are there already are let in when an automation is
 * enabled, some at a time.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "store/contacts.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define ENTRY(config) "t trigger {'entry':{" config "}}"
#define PRO \
	"{'type':'rule','field':'contact.plan','operator':'eq','value':'pro'}"
#define ENROL "{'enrol_existing':true}"

/* People of which every second is in VIP, every third is a pro. */
static void
people(int n)
{
	for (int i = 0; i < n; i++)
		story_play(arena_printf(rig.arena,
		    "as c%d-;be {'properties':{'plan':'%s'}%s}", i,
		    i % 3 == 0 ? "pro" : "basic",
		    i % 2 == 0 ? ",'segments':['$VIP']" : ""));
}

static void
crowd(int n)
{
	story_up(NULL);
	story_segment("VIP", NULL);
	story_segment("OTHER", NULL);
	story_segment("PRO", PRO);
	people(n);
}

/* Whom each kind of entry finds, among twelve. */
static void
test_kinds(void)
{
	static const struct {
		const char *config;
		int n;
	} kinds[] = {
		{ "'type':'contact_created'", 12 },
		{ "'type':'contact_created','filter':" PRO, 4 },
		{ "'type':'contact_created','segment_id':'$VIP'", 6 },
		{ "'type':'contact_added_to_list','segment_id':'$VIP'", 6 },
		{ "'type':'contact_added_to_list','segment_ids':['$OTHER',"
		  "'$VIP']",
		    6 },
		{ "'type':'contact_added_to_list','segment_id':'$OTHER'", 0 },
		{ "'type':'contact_added_to_list','segment_id':'$VIP',"
		  "'filter':" PRO,
		    2 },
		{ "'type':'contact_matches_segment','segment_id':'$PRO'", 4 },
		{ "'type':'contact_property_matches_with','filter':" PRO, 4 },
		{ "'type':'contact_property_matches_with','segment_id':'$VIP',"
		  "'filter':" PRO,
		    2 },
	};
	crowd(12);
	for (size_t i = 0; i < N_OF(kinds); i++) {
		int64_t a = story_automation(arena_printf(rig.arena,
						 "t trigger {'entry':{%s}}",
						 kinds[i].config),
		    NULL, ENROL);
		rig_do_due();
		is_int(rig_runs(a, NULL), kinds[i].n, kinds[i].config);
		int64_t b = story_automation(arena_printf(rig.arena,
						 "t trigger {'entry':{%s}}",
						 kinds[i].config),
		    NULL, NULL);
		rig_do_due();
		is_int(rig_runs(b, NULL), 0, "nobody without the setting");
		rig_automation_set(a, -1);
		rig_automation_set(b, -1);
	}
	rig_down();
}

static void
test_refusals(void)
{
	static const char *const configs[] = {
		"t trigger {'event_name':'x'}",
		ENTRY("'type':'manual'"),
		ENTRY("'type':'contact_property_changed','field':'plan'"),
	};
	story_up(NULL);
	for (size_t i = 0; i < N_OF(configs); i++) {
		const char *why = story_refusal(configs[i], NULL, ENROL);
		ok(why != NULL && strstr(why, "enrol_existing needs") != NULL,
		    "%s: %s", configs[i], why != NULL ? why : "taken");
	}
	rig_down();
}

static int
do_contacts(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	for (int i = 0; i < *(int *)arg; i++) {
		const char *email = arena_printf(a, "c%d@example.com", i);
		const struct contact c = { .id = txn_new_id(t, rig.now_ms),
			.email = email,
			.email_key = email };
		if (store_contact_insert(t, &c, f) != 0)
			return -1;
	}
	return 0;
}

/* So many contacts, and an automation that wants them all. */
static int64_t
town(int n, const char *settings)
{
	story_up(NULL);
	rig_txn(do_contacts, &n);
	rig.now_ms += RIG_SECOND;
	return story_automation(ENTRY("'type':'contact_created'"), NULL,
	    settings);
}

/* No contact is let in twice, whatever comes between the batches. */
static void
check_each_once(int64_t automation, int n, const char *what)
{
	struct run *runs;
	int all = rig_runs_all(automation, &runs), twice = 0;
	for (int i = 0; i < all; i++)
		for (int j = 0; j < i; j++)
			twice += runs[i].contact == runs[j].contact;
	is_int(all, n, what);
	is_int(twice, 0, "each once");
}

/* Long work that came later has its turn before what came first is done. */
static void
test_turns(void)
{
	enum { N = 2500 };
	int64_t a = town(N, ENROL);
	int64_t b =
	    story_automation(ENTRY("'type':'contact_created'"), NULL, ENROL);
	for (int i = 0; i < N && rig_runs(b, NULL) == 0; i++)
		rig_tick();
	int n = rig_runs(a, NULL);
	ok(n > 0 && n < N, "the second begins when %d of %d are in the first",
	    n, N);
	rig_do_due();
	check_each_once(a, N, "the first is done");
	check_each_once(b, N, "and so is the second");
	rig_down();
}

static void
test_many(void)
{
	enum { N = 2500 };
	int batches = 0;
	int64_t a = town(N, ENROL);
	for (; batches < N && rig_runs(a, NULL) < N; batches++)
		rig_tick();
	ok(batches > 1, "many are let in over %d batches", batches);
	rig_do_due();
	check_each_once(a, N, "all of them");
	rig_down();
}

static void
test_restarts(void)
{
	enum { N = 2500 };
	int64_t a = town(N, ENROL);
	for (int i = 0; i < N && rig_runs(a, NULL) < N; i++) {
		rig_restart();
		rig_tick();
	}
	rig_do_due();
	check_each_once(a, N, "over restarts none is missed");
	rig_down();
}

/* Who comes while others are being let in comes once. */
static void
test_meanwhile(void)
{
	enum { N = 2500 };
	int64_t a =
	    town(N, "{'enrol_existing':true,'reentry':{'policy':'once'}}");
	rig.now_ms += RIG_SECOND;
	story_play("as new;be {}");
	check_each_once(a, N + 1, "a new contact and those who were there");
	rig_down();
}

static void
test_stop(void)
{
	enum { N = 2500 };
	int64_t a = town(N, ENROL);
	rig_tick();
	rig_automation_set(a, 0);
	int n = rig_runs(a, NULL);
	ok(n > 0 && n < N, "stopped when %d of %d are in", n, N);
	rig_do_due();
	is_int(rig_runs(a, NULL), n, "nobody follows");
	rig_down();
}

static void
test_pause(void)
{
	story_up(NULL);
	rig_contact("ada@example.com");
	int64_t a =
	    rig_automation(story_graph(ENTRY("'type':'contact_created'"), NULL,
			       ENROL),
		false);
	rig_automation_pause(a, true);
	rig_automation_set(a, 1);
	rig_do_due();
	rig.now_ms += RIG_DAY;
	rig_do_due();
	is_int(rig_runs(a, NULL), 0, "nobody is let in during a pause");
	rig_automation_pause(a, false);
	rig.now_ms += RIG_SECOND;
	rig_do_due();
	is_int(rig_runs(a, NULL), 1, "but after it");
	rig_down();
}

/* Enabled again, it looks again at who is there; re-entry rules decide. */
static void
test_again(void)
{
	struct skip *skips;
	story_up(NULL);
	rig_contact("ada@example.com");
	int64_t a = story_automation(ENTRY("'type':'contact_created'"), NULL,
	    "{'enrol_existing':true,'reentry':{'policy':'once'}}");
	rig_do_due();
	rig_automation_set(a, 0);
	rig_contact("eve@example.com");
	rig_automation_set(a, 1);
	rig_do_due();
	check_each_once(a, 2, "enabled again it lets in who is new");
	is_int(rig_skips(a, &skips), 1, "and says who was in");
	is_int(skips[0].reason, SKIP_REENTRY_ONCE, "and why");
	rig_down();
}

/* What they are due for is known as soon as they are in. */
static void
test_goes_on(void)
{
	story_up(NULL);
	rig_contact("ada@example.com");
	rig_do_due();
	story_automation(
	    ENTRY(
		"'type':'contact_created'") "\n"
					    "d delay {'duration':'5 seconds'}",
	    "t>d", ENROL);
	int64_t due = rig.now_ms + 5 * RIG_SECOND;
	ok(engine_next_ms(rig.engine) <= due,
	    "who was let in is waited for: %lld ms too late",
	    (long long)(engine_next_ms(rig.engine) - due));
	rig_down();
}

/* Each of a chunk may cause as much as it may alone. */
static void
test_causes(void)
{
	enum { PEOPLE = 45, LISTS = 25 };
	static const char pro[] = "{\"type\":\"rule\",\"field\":"
				  "\"contact.plan\",\"operator\":\"eq\","
				  "\"value\":\"pro\"}";
	int n = PEOPLE;
	story_up(NULL);
	rig_txn(do_contacts, &n);
	for (int i = 0; i < LISTS; i++)
		rig_segment(arena_printf(rig.arena, "list %d", i), pro);
	story_segment("PRO", PRO);
	int64_t a = story_automation(
	    ENTRY("'type':'contact_added_to_list','segment_id':'$PRO'"), NULL,
	    NULL);
	rig_do_due();
	story_automation(
	    ENTRY("'type':'contact_created'") "\n"
					      "u contact_update "
					      "{'properties':{'plan':'pro'}}",
	    "t>u", ENROL);
	rig_do_due();
	is_int(rig_runs(a, NULL), PEOPLE,
	    "all that they cause who are let in is heard");
	rig_down();
}

int
main(void)
{
	test_kinds();
	test_goes_on();
	test_causes();
	test_refusals();
	test_turns();
	test_many();
	test_restarts();
	test_meanwhile();
	test_stop();
	test_pause();
	test_again();
	return tap_done();
}
