/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long work in slices: the members of a segment with a rule, of one that is
 * deleted, runs to be cancelled, and what is to be forgotten of a contact.
 */
#include <sqlite3.h>
#include <string.h>

#include "base/arena.h"
#include "base/id.h"
#include "conf/conf.h"
#include "engine/jobs.h"
#include "store/contacts.h"
#include "store/events.h"
#include "store/emails.h"
#include "store/jobs.h"
#include "store/runs.h"
#include "store/segments.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER "t trigger {'event_name':'x'}\n"
#define MAIL    "m send_email {'template':{'id':'t'}}"
#define PRO \
	"{'type':'rule','field':'contact.plan','operator':'eq','value':'pro'}"

enum { TOWN = 1500 };

/* So many contacts, every third of which is a pro. */
static int
do_town(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	for (int i = 0; i < *(int *)arg; i++) {
		const char *email = arena_printf(a, "c%d@example.com", i);
		const struct contact c = { .id = txn_new_id(t, rig.now_ms),
			.email = email,
			.email_key = email,
			.properties =
			    i % 3 == 0 ? "{\"plan\":\"pro\"}" : NULL };
		if (store_contact_insert(t, &c, f) != 0)
			return -1;
	}
	return 0;
}

static void
town(int n)
{
	story_up(NULL);
	rig_txn(do_town, &n);
}

struct census {
	int64_t segment;
	int n;
};

static int
do_members(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct page all = { .limit = 100000 };
	struct census *c = arg;
	struct list list;
	if (store_member_list(t, a, c->segment, &all, &list, f) != 0)
		return -1;
	c->n = list.n;
	return 0;
}

static int
members(int64_t segment)
{
	struct census c = { .segment = segment };
	rig_txn(do_members, &c);
	return c.n;
}

static int
do_next_job(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	return store_job_next(t, a, 0, arg, f);
}

static bool
has_jobs(void)
{
	struct job j;
	return rig_txn(do_next_job, &j) == 1;
}

static int
do_delete(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return engine_segment_delete(rig.engine, t, *(int64_t *)arg, rig.now_ms,
	    f);
}

/* ---- segments ------------------------------------------------------------ */

/* Those who were there come in silently. */
static void
test_fill(void)
{
	town(TOWN);
	int64_t joined = story_automation("t trigger {'event_name':"
					  "'resend:segment.joined'}",
	    NULL, NULL);
	int64_t pro = story_segment("PRO", PRO);
	story_play("be {'properties':{'plan':'pro'}}");
	rig_do_due();
	is_int(members(pro), TOWN / 3 + 1,
	    "a rule finds those who were there, and who comes meanwhile");
	is_int(rig_runs(joined, NULL), 1, "the latter is heard of");
	ok(!has_jobs(), "the work is done");
	rig_down();
}

static void
test_fill_restarts(void)
{
	int ticks = 0;
	town(TOWN);
	int64_t pro = story_segment("PRO", PRO);
	for (; ticks < TOWN && has_jobs(); ticks++) {
		rig_restart();
		rig_tick();
	}
	is_int(members(pro), TOWN / 3, "over restarts none is missed");
	rig_down();
}

static void
test_empty(void)
{
	town(TOWN);
	int64_t left = story_automation("t trigger {'event_name':"
					"'resend:segment.left'}",
	    NULL, NULL);
	int64_t pro = story_segment("PRO", PRO);
	rig_do_due();
	is_int(rig_txn(do_delete, &pro), 1, "a segment is deleted");
	is_int(rig_txn(do_delete, &pro), 0, "once");
	rig_do_due();
	is_int(members(pro), 0, "its members are gone");
	is_int(rig_runs(left, NULL), 0, "which nobody hears of");
	ok(!has_jobs(), "the work is done");
	rig_down();
}

/* One that is deleted while it is filled stays empty. */
static void
test_deleted_meanwhile(void)
{
	town(TOWN);
	int64_t pro = story_segment("PRO", PRO);
	rig_txn(do_delete, &pro);
	rig_do_due();
	is_int(members(pro), 0,
	    "a segment deleted while it is filled is empty");
	ok(!has_jobs(), "and the work is done");
	rig_down();
}

/* ---- runs ---------------------------------------------------------------- */

static int
do_runs(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct event e = { .name = "x", .contact = *(int64_t *)arg };
	struct accepted out;
	for (int i = 0; i < TOWN; i++)
		if (engine_accept(rig.engine, t, a, &e, rig.now_ms, &out, f) !=
		    0)
			return -1;
	return 0;
}

static int
cancelled(int64_t automation)
{
	struct run *runs;
	int n = rig_runs_all(automation, &runs), done = 0;
	for (int i = 0; i < n; i++)
		done += runs[i].status == RUN_CANCELLED;
	return done;
}

/* How many rows wait for events of a contact. */
static int
do_waits(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct event_name name;
	struct wait_place p = { 0 };
	struct list list = { 0 };
	if (store_name_get(t, a, "y", &name, f) != 1 ||
	    store_wait_place(t, *(int64_t *)arg, name.num, &p, f) < 0 ||
	    store_wait_list(t, a, *(int64_t *)arg, name.num, &p, 0, TOWN, &list,
		f) != 0)
		return -1;
	return list.n;
}

static void
test_cancel(void)
{
	story_up(NULL);
	int64_t ada = rig_contact("ada@example.com");
	int64_t a =
	    story_automation(TRIGGER "d delay {'duration':'1 day'}\n" MAIL,
		NULL, NULL);
	is_int(rig_txn(do_runs, &ada), 0, "a crowd rests");
	rig_automation_set(a, -1);
	ok(cancelled(a) < TOWN, "a deleted automation's runs end in slices");
	for (int i = 0; i < TOWN && has_jobs(); i++) {
		rig_restart();
		rig_tick();
	}
	is_int(cancelled(a), TOWN, "over restarts all of them");
	rig_down();
}

/* A contact with a crowd of runs that wait, and its automation. */
static int64_t
crowd(int64_t *ada)
{
	story_up(NULL);
	*ada = rig_contact(story_address("ada"));
	int64_t a = story_automation(TRIGGER
	    "w wait_for_event {'event_name':'y','timeout':'1 day'}\n" MAIL,
	    "t>w w>m", NULL);
	is_int(rig_txn(do_runs, ada), 0, "a crowd rests");
	return a;
}

static void
test_leave(void)
{
	int64_t ada, a = crowd(&ada);
	struct run *runs;
	struct email *mails;
	is_int(rig_people_delete(ada), 1, "who has a crowd of runs goes");
	int n = cancelled(a);
	ok(n > 0 && n < TOWN, "a slice of them ends at once: %d", n);
	/* What wakes before its turn finds nobody. */
	rig.now_ms += 2 * RIG_DAY;
	for (int i = 0; i < TOWN && has_jobs(); i++) {
		rig_restart();
		rig_tick();
	}
	rig_do_due();
	n = rig_runs_all(a, &runs);
	for (int i = 0; i < n; i++)
		if (runs[i].reason == NULL ||
		    strcmp(runs[i].reason, "contact_deleted") != 0)
			n = i;
	is_int(n, TOWN, "over restarts all, for that reason");
	is_int(rig_emails(&mails), 0, "and nobody gets a mail");
	is_int(rig_txn(do_waits, &ada), 0, "nothing waits any more");
	rig_down();
}

static void
test_cancel_contact(void)
{
	int64_t ada, a = crowd(&ada);
	int n = rig_runs_cancel(ada);
	ok(n > 0 && n < TOWN, "by hand a slice ends at once: %d", n);
	story_play("x");
	for (int i = 0; i < TOWN && has_jobs(); i++) {
		rig_restart();
		rig_tick();
	}
	is_int(cancelled(a), TOWN, "over restarts all of them");
	is_int(rig_runs(a, NULL), TOWN + 1, "and not what began since then");
	rig_down();
}

/* ---- erasing ------------------------------------------------------------- */

/* What is left of a contact: runs, mails, and whether two of its events are
 * there. */
static void
expect_left(int64_t a, int runs, int mails, const int64_t *events, int there)
{
	struct email *all;
	struct event e;
	enum event_outcome outcome;
	is_int(rig_runs(a, NULL), runs, "runs");
	is_int(rig_emails(&all), mails, "mails");
	for (int i = 0; i < 2; i++)
		is_int(rig_event_get(events[i], &e, &outcome), there,
		    "an event");
}

static int
do_claim(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct list list;
	(void)arg;
	return store_email_claim_due(t, a, rig.now_ms, 10, &list, f) != 0
	    ? -1
	    : list.n;
}

static int
do_settle(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return store_email_settle(t, arg, f);
}

static void
test_erase(void)
{
	struct accepted out;
	struct contact c;
	int64_t mine[2], others[2];
	story_up(NULL);
	int64_t a =
	    story_automation(TRIGGER MAIL "\nd delay {'duration':'1 day'}",
		NULL, NULL);
	/* One from before there was a contact. */
	rig_event("early", story_address("ada"), NULL, NULL, &out);
	mine[0] = out.event;
	rig_event("x", story_address("ada"), "{\"secret\":1}", NULL, &out);
	mine[1] = out.event;
	rig_event("early", story_address("eve"), NULL, NULL, &out);
	others[0] = out.event;
	rig_event("x", story_address("eve"), NULL, NULL, &out);
	others[1] = out.event;
	rig_contact_find(story_address("ada"), &c);
	is_int(rig_people_erase(c.id), 1, "a contact is erased");
	rig_do_due();
	expect_left(a, 1, 1, mine, 0);
	expect_left(a, 1, 1, others, 1);
	is(story_runs(a), "m -> at d", "another's run goes on");
	is_int(rig_contact_find(story_address("ada"), &c), 0,
	    "the contact is gone");
	ok(!has_jobs(), "the work is done");
	story_play("x");
	is_int(rig_runs(a, NULL), 2, "the address is a stranger's");
	rig_down();
}

/* A mail on its way keeps the work from ending until it is settled. */
static void
test_erase_sending(void)
{
	struct accepted out;
	struct email *mails;
	struct contact c;
	story_up(NULL);
	story_automation(TRIGGER MAIL, NULL, NULL);
	rig_event("x", story_address("ada"), NULL, NULL, &out);
	rig_contact_find(story_address("ada"), &c);
	is_int(rig_txn(do_claim, NULL), 1, "a mail is on its way");
	is_int(rig_people_erase(c.id), 1, "who gets it is erased");
	for (int i = 0; i < 10; i++)
		rig_tick();
	ok(has_jobs(), "the work waits");
	is_int(rig_emails(&mails), 1, "for the mail");
	mails[0].status = EMAIL_SENT;
	mails[0].settled_ms = rig.now_ms;
	is_int(rig_txn(do_settle, &mails[0]), 1, "which is taken");
	rig.now_ms += RIG_HOUR;
	rig_do_due();
	ok(!has_jobs(), "then it ends");
	is_int(rig_emails(&mails), 0, "and no mail tells of it");
	rig_down();
}

/* ---- what fails ---------------------------------------------------------- */

/* Runs a statement beside the store. */
static void
beside(const char *sql)
{
	sqlite3 *db;
	ok(sqlite3_open(rig.conf->database, &db) == SQLITE_OK &&
		sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK,
	    "%s", sql);
	sqlite3_close(db);
}

/* An erasure that fails is kept, tried again and again, and done at last. */
static void
test_failing(void)
{
	struct accepted out;
	struct email *mails;
	struct contact c;
	struct job j;
	story_up(NULL);
	story_automation(TRIGGER MAIL, NULL, NULL);
	rig_event("x", story_address("ada"), NULL, NULL, &out);
	rig_contact_find(story_address("ada"), &c);
	beside("CREATE TRIGGER stop BEFORE DELETE ON emails BEGIN "
	       "SELECT RAISE(ABORT, 'no'); END");
	rig_people_erase(c.id);
	rig_do_due();
	is_int(rig_txn(do_next_job, &j), 1, "it is kept");
	ok(j.failures == 1 && j.error != NULL && j.retry_ms > rig.now_ms,
	    "and says why");
	/* Pruning may come before. */
	ok(engine_next_ms(rig.engine) != 0 &&
		engine_next_ms(rig.engine) <= j.retry_ms,
	    "when it is due again");
	rig_go_to(rig.now_ms + RIG_DAY);
	ok(rig_txn(do_next_job, &j) == 1 && j.failures > 10 &&
		j.failures < 50 && j.retry_ms <= rig.now_ms + RIG_HOUR,
	    "it is tried ever more seldom, each hour at last");
	rig_restart();
	beside("DROP TRIGGER stop");
	rig_go_to(rig.now_ms + RIG_HOUR);
	ok(!has_jobs(), "then it is done");
	is_int(rig_emails(&mails), 0, "all of it");
	rig_down();
}

static int
do_insert(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return store_job_insert(t, arg, f);
}

/* A job that a newer Postflow began is that one's to do. */
static void
test_unknown(void)
{
	struct job j = { .id = 1, .kind = (enum job_kind)77, .subject = 5 };
	town(TOWN);
	int64_t pro = story_segment("PRO", NULL);
	is_int(rig_txn(do_insert, &j), 0, "a job of a kind unknown here");
	rig_restart();
	is_int(rig_txn(do_delete, &pro), 1, "and one that is known");
	rig_go_to(rig.now_ms + RIG_DAY);
	is_int(rig_txn(do_next_job, &j), 1, "one is left");
	ok(j.kind == 77 && j.subject == 5 && j.failures > 0,
	    "it is that of the newer one");
	rig_down();
}

/* ---- what is cancelled does not move meanwhile ----------------------------
 */

#define WAITS TRIGGER "w wait_for_event {'event_name':'go'}\n" MAIL

struct cancelling {
	enum job_kind kind;
	int64_t subject;
	const char *email;
};

/* Cancelled by what goes on in slices, and the event that runs wait for comes
 * before the first of them. */
static int
do_cancel(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct cancelling *c = arg;
	struct accepted out;
	struct event e = { .name = "go",
		.email = c->email,
		.email_key = c->email };
	return jobs_begin(rig.engine, t, c->kind, c->subject,
		   "automation_stopped", rig.now_ms, f) != 0 ||
		engine_accept(rig.engine, t, a, &e, rig.now_ms, &out, f) != 0
	    ? -1
	    : 0;
}

static void
test_cancelled_meanwhile(void)
{
	static const char stopped[] =
	    "w skipped {'reason':'automation_stopped'} -> cancelled "
	    "automation_stopped";
	struct contact ada;
	for (int i = 0; i < 2; i++) {
		story_up(NULL);
		int64_t m = story_automation(WAITS, NULL, NULL);
		story_play("as ada;x");
		rig_contact_find(story_address("ada"), &ada);
		struct cancelling c = { .kind = i == 0 ? JOB_CANCEL_RUNS
						       : JOB_CANCEL_CONTACT,
			.subject = i == 0 ? m : ada.id,
			.email = ada.email };
		is_int(rig_txn(do_cancel, &c), 0,
		    "runs are cancelled, and what they wait for comes");
		is(story_runs(m), stopped, "none goes on");
		story_play("x;go");
		ok(strstr(story_runs(m), "w heard, m -> completed") != NULL,
		    "but one that began later: %s", story_runs(m));
		rig_down();
	}
}

int
main(void)
{
	test_cancelled_meanwhile();
	test_failing();
	test_unknown();
	test_fill();
	test_fill_restarts();
	test_empty();
	test_deleted_meanwhile();
	test_cancel();
	test_leave();
	test_cancel_contact();
	test_erase();
	test_erase_sending();
	return tap_done();
}
