/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Imports: what becomes of rows, that each is done once however often the work
 * is begun anew, and what happens to the file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/id.h"
#include "conf/conf.h"
#include "engine/import_file.h"
#include "engine/importer.h"
#include "engine/share.h"
#include "store/contacts.h"
#include "store/imports.h"
#include "store/jobs.h"
#include "store/webhooks.h"
#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

enum { MANY = 3000 };

/* An import to be begun. */
struct begin {
	const char *text, *map;
	int64_t segment, topic; /* 0: none */
	bool opted_in, skips, has_no_file;
	int (*put)(const char *path); /* what lies in the place of its file */
	int64_t id;
};

static const char *
path_of(int64_t id)
{
	return import_path(rig.arena, rig.conf->state_dir, id);
}

static void
put_file(const char *path, const char *text, size_t len)
{
	mkdir(import_dir(rig.arena, rig.conf->state_dir), 0700);
	FILE *f = fopen(path, "w");
	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0)
		printf("Bail out! %s: %s\n", path, strerror(errno));
}

static int
do_begin(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct begin *b = arg;
	struct import i = { .size = (int64_t)strlen(b->text) };
	struct import_plan p;
	size_t len = strlen(b->text);
	json_t *map =
	    b->map != NULL ? json_loads(b->map, 0, NULL) : json_object();
	int rc = import_plan_make(a, arena_memdup(a, b->text, len + 1), len,
	    map, &p, f);
	json_decref(map);
	if (rc != 0)
		return -1;
	struct topic_choice choice = { b->topic, b->opted_in };
	p.segments = &b->segment;
	p.n_segments = b->segment != 0;
	p.topics = &choice;
	p.n_topics = b->topic != 0;
	p.skips = b->skips;
	b->id = i.id = txn_new_id(t, rig.now_ms);
	if (b->put != NULL && b->put(path_of(i.id)) != 0)
		return fault(f, FAULT_INTERNAL, "%s", strerror(errno));
	if (!b->has_no_file && b->put == NULL)
		put_file(path_of(i.id), b->text, len);
	return engine_import_begin(rig.engine, t, a, &i, &p, rig.now_ms, f);
}

static int
do_get(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct import *i = arg;
	return store_import_get(t, a, i->id, i, f);
}

static struct import
import_get(int64_t id)
{
	struct import i = { .id = id };
	ok(rig_txn(do_get, &i) == 1, "the import is there");
	return i;
}

/* The import as a line: its status and counts, and the reason. */
static const char *
shown(int64_t id)
{
	struct import i = { .id = id };
	if (rig_txn(do_get, &i) != 1)
		return "none";
	return arena_printf(rig.arena,
	    "%s %lld: %lld created, %lld updated, %lld skipped, %lld "
	    "failed%s%s",
	    import_status_name(i.status), (long long)i.total,
	    (long long)i.created, (long long)i.updated, (long long)i.skipped,
	    (long long)i.failed, i.error != NULL ? ": " : "",
	    i.error != NULL ? i.error : "");
}

static int
do_failures(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct list *list = arg;
	return store_import_failures(t, a, *(int64_t *)list->items, 1000, list,
	    f);
}

/* The failures as lines "N: why". */
static const char *
failures(int64_t id)
{
	struct list list = { .items = &id };
	const char *out = "";
	if (rig_txn(do_failures, &list) != 0)
		return rig.fault.text;
	const struct import_failure *all = list.items;
	for (int i = 0; i < list.n; i++)
		out = arena_printf(rig.arena, "%s%lld: %s\n", out,
		    (long long)all[i].line, all[i].reason);
	return out;
}

static int64_t
begun(struct begin b)
{
	ok(rig_txn(do_begin, &b) == 0, "an import begins: %s", rig.fault.text);
	return b.id;
}

static int64_t
imported(struct begin b)
{
	int64_t id = begun(b);
	rig_do_due();
	return id;
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* ---- rows ------------------------------------------------------------------
 */

static void
test_rows(void)
{
	struct contact c;
	story_up(NULL);
	rig_contact("old@x.example");
	int64_t id = imported(
	    (struct begin){ .text = "email,first_name,Plan,unsubscribed\n"
				    "New@x.example,Ann,pro,\n"
				    "old@x.example,,free,yes\n"
				    "\n"
				    "bad\n"
				    "new@X.example,Bea,,\n"
				    "last@x.example,\"open\nline\",,maybe\n",
		.map = "{\"properties\":{\"plan\":\"Plan\"}}" });
	is(shown(id), "completed 5: 1 created, 2 updated, 0 skipped, 2 failed",
	    "each row is counted");
	is(failures(id),
	    "5: The `email`: `bad` is not a mail address: it has no @.\n"
	    "7: The `first_name` must have at most 255 bytes and no control "
	    "characters.\n",
	    "and those that failed are told with their lines");
	ok(rig_contact_find("new@x.example", &c) == 1 &&
		strcmp(c.first_name, "Bea") == 0 &&
		strcmp(c.properties, "{\"plan\":\"pro\"}") == 0,
	    "of two rows of an address the last counts, where it says "
	    "something");
	ok(rig_contact_find("old@x.example", &c) == 1 && c.unsubscribed,
	    "who was there is changed");
	ok(!is_there(path_of(id)), "the file is gone");
	rig_down();
}

static void
test_skip(void)
{
	struct contact c;
	story_up(NULL);
	int64_t old = rig_contact("old@x.example");
	int64_t segment = rig_segment("s", NULL);
	int64_t id = imported(
	    (struct begin){ .text = "email,first_name\nold@x.example,Ann\n"
				    "new@x.example,Bea\nnew@x.example,Cleo\n",
		.segment = segment,
		.skips = true });
	is(shown(id), "completed 3: 1 created, 0 updated, 2 skipped, 0 failed",
	    "who is there already is skipped");
	ok(rig_contact_find("new@x.example", &c) == 1 &&
		strcmp(c.first_name, "Bea") == 0,
	    "so of two rows of an address the first counts");
	ok(rig_segment_has(c.id, segment), "who is new joins");
	ok(!rig_segment_has(old, segment), "who was there is left alone");
	rig_down();
}

static int
do_webhook(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct webhook w = { .id = txn_new_id(t, rig.now_ms),
		.endpoint = "https://a.example/h",
		.types = HOOK_ALL,
		.enabled = true };
	(void)a;
	*(int64_t *)arg = w.id;
	return store_webhook_insert(t, &w, f);
}

/* How many of each type a webhook is owed. */
struct owed {
	int64_t webhook;
	int n[HOOK_TYPE_COUNT], all;
};

static int
do_count_owed(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct page all = { .limit = 1000 };
	struct owed *o = arg;
	struct list list;
	if (store_hook_event_list(t, a, o->webhook, &all, &list, f) != 0)
		return -1;
	const struct hook_event *events = list.items;
	o->all = list.n;
	for (int i = 0; i < list.n; i++)
		o->n[events[i].type]++;
	return 0;
}

static void
test_events(void)
{
	struct contact c;
	struct owed owed = { 0 };
	story_up(NULL);
	int64_t created = story_automation(
	    "t trigger {'event_name':'resend:contact.created'}", NULL, NULL);
	int64_t updated = story_automation(
	    "t trigger {'event_name':'resend:contact.updated'}", NULL, NULL);
	int64_t joined =
	    story_automation("t trigger {'event_name':'resend:segment.joined'}",
		NULL, NULL);
	int64_t left = story_automation("t trigger {'event_name':"
					"'resend:contact.unsubscribed'}",
	    NULL, NULL);
	rig_contact("old@x.example");
	ok(rig_txn(do_webhook, &owed.webhook) == 0, "a webhook for everything");
	int64_t id = imported(
	    (struct begin){ .text = "email,first_name\nold@x.example,Ann\n"
				    "new@x.example,Bea\nold@x.example,Ann\n",
		.segment = rig_segment("s", NULL),
		.topic = rig_topic("t", true) });
	is(shown(id), "completed 3: 1 created, 2 updated, 0 skipped, 0 failed",
	    "an import that is listened to");
	is_int(rig_runs(created, NULL), 1, "a run for who was created");
	is_int(rig_runs(updated, NULL), 1, "for what was changed");
	is_int(rig_runs(joined, NULL), 2, "for who joined the segment");
	is_int(rig_runs(left, NULL), 2, "for who opted out of the topic");
	ok(rig_contact_find("new@x.example", &c) == 1, "they are there");
	ok(rig_txn(do_count_owed, &owed) == 0, "what is owed is counted");
	is_int(owed.n[HOOK_RUN_STARTED], 6, "webhooks hear of the runs");
	is_int(owed.n[HOOK_RUN_COMPLETED], 6, "also that they have ended");
	is_int(owed.all, 12, "and of no contact");
	rig_down();
}

static void
test_types(void)
{
	struct contact c;
	story_up(NULL);
	story_play("be {'properties':{'plan':'pro','age':7}}");
	int64_t id = imported((struct begin){
	    .text = "email,plan,age\na@x.example,5,42\nb@x.example,,x\n"
		    "c@x.example,y,\n",
	    .map = "{\"properties\":{\"age\":\"age\",\"plan\":{\"column\":"
		   "\"plan\",\"type\":\"number\"}}}" });
	is(shown(id), "completed 3: 1 created, 0 updated, 0 skipped, 2 failed",
	    "properties that have a type keep it");
	is(failures(id),
	    "3: The property `age` must be a number, not \"x\".\n"
	    "4: The property `plan` must be a number, not `y`.\n",
	    "or the row fails");
	is_int(rig_contact_find("a@x.example", &c), 1, "who is there");
	ok(strstr(c.properties, "\"plan\":\"5\"") != NULL &&
		strstr(c.properties, "\"age\":42") != NULL,
	    "whatever the import says: %s", c.properties);
	rig_down();
}

/* ---- rows that are too long
 * ------------------------------------------------------ */

enum { LONG = 900000 };

/* A file with a field of n bytes, in lines, between what stands before and
 * behind it. */
static char *
long_file(int n, const char *before, const char *behind)
{
	struct buf b = { 0 };
	buf_str(&b, before);
	for (int i = 0; i < n; i += 20)
		buf_str(&b, "in@evil.example,txt\n");
	buf_str(&b, behind);
	return buf_take(&b);
}

static void
test_long_row(void)
{
	struct contact c;
	char *text = long_file(LONG, "email,note\na@x.example,\"",
	    "more\n\"\nb@x.example,ok\nbad\n");
	story_up(NULL);
	int64_t id = imported((struct begin){ .text = text });
	is(shown(id), "completed 3: 1 created, 0 updated, 0 skipped, 2 failed",
	    "a row that is too long fails");
	is(failures(id),
	    "2: The row is longer than 256 KB: is a quote not closed?\n"
	    "45005: The `email`: `bad` is not a mail address: it has no @.\n",
	    "and reading goes on behind its end, with the right lines");
	ok(rig_contact_find("in@evil.example", &c) == 0,
	    "nothing within it is a row");
	ok(rig_contact_find("b@x.example", &c) == 1, "who is behind it is");
	rig_down();
	free(text);
}

static void
test_open_row(void)
{
	static const int sizes[] = { 100, LONG };
	struct contact c;
	for (size_t i = 0; i < N_OF(sizes); i++) {
		char *text = long_file(sizes[i],
		    "email,note\nb@x.example,\na@x.example,\"",
		    "c@x.example,\n");
		story_up(NULL);
		int64_t id = imported((struct begin){ .text = text });
		is(shown(id),
		    "completed 2: 1 created, 0 updated, 0 skipped, 1 failed",
		    "a quote that is not closed takes the rest of the file");
		is(failures(id),
		    "3: A quote is not closed: the row goes on to the end of "
		    "the file.\n",
		    "as is told with the line where it begins");
		ok(rig_contact_find("in@evil.example", &c) == 0 &&
			rig_contact_find("c@x.example", &c) == 0,
		    "nothing within it is a row");
		rig_down();
		free(text);
	}
}

/* Two files, each begun anew again and again, in the middle of their rows. */
static void
test_long_restarts(void)
{
	struct contact c;
	int ticks = 0;
	char *first = long_file(40 * LONG, "email,note\na@x.example,\"",
	    "\"\nb@x.example,\nbad\n");
	char *second = long_file(40 * LONG, "email,note\na@x.example,\"",
	    "\"\nc@x.example,\nbad\n");
	story_up(NULL);
	int64_t one = begun((struct begin){ .text = first });
	int64_t two = begun((struct begin){ .text = second });
	while (ticks++ < MANY &&
	    (import_get(one).completed_ms == 0 ||
		import_get(two).completed_ms == 0)) {
		rig_kill();
		ok(engine_recover(rig.engine, &rig.fault) == 0, "it starts");
		rig_tick();
	}
	ok(ticks > 2, "the work was begun anew on the way, %d times", ticks);
	is(shown(one), "completed 3: 1 created, 0 updated, 0 skipped, 2 failed",
	    "a long row is one row");
	is(shown(two), shown(one), "whichever file is done first");
	is(failures(two),
	    "2: The row is longer than 256 KB: is a quote not closed?\n"
	    "1800004: The `email`: `bad` is not a mail address: it has no @.\n",
	    "also of another file beside it");
	ok(rig_contact_find("in@evil.example", &c) == 0,
	    "nothing within them is a row");
	rig_down();
	free(first);
	free(second);
}

static void
test_cr(void)
{
	struct contact c;
	story_up(NULL);
	int64_t id = imported(
	    (struct begin){ .text = "email,first_name\ra@x.example,\"A\rB\"\r"
				    "b@x.example,Bea\rbad,\r" });
	is(shown(id), "completed 3: 1 created, 0 updated, 0 skipped, 2 failed",
	    "lines that end with a CR are lines");
	is(failures(id),
	    "2: The `first_name` must have at most 255 bytes and no control "
	    "characters.\n"
	    "5: The `email`: `bad` is not a mail address: it has no @.\n",
	    "and counted");
	ok(rig_contact_find("b@x.example", &c) == 1 &&
		strcmp(c.first_name, "Bea") == 0,
	    "and read");
	id = imported((struct begin){ .text = "email,first_name\r" });
	is(shown(id), "completed 0: 0 created, 0 updated, 0 skipped, 0 failed",
	    "a header alone has no rows");
	rig_down();
}

/* ---- over restarts
 * ----------------------------------------------------------- */

/* A file of n rows: every tenth an address that was there in the row before,
 * every hundredth none. */
static char *
big_file(int n)
{
	struct buf b = { 0 };
	buf_str(&b, "email,first_name\r\n");
	for (int i = 0; i < n; i++)
		if (i % 100 == 50)
			buf_printf(&b, "nobody%d,x\r\n", i);
		else
			buf_printf(&b, "c%d@x.example,\"N %d\"\r\n",
			    i % 10 == 9 ? i - 1 : i, i);
	return buf_take(&b);
}

static void
check_big(int64_t id, int64_t automation)
{
	is(shown(id),
	    "completed 3000: 2670 created, 300 updated, 0 skipped, 30 failed",
	    "every row is counted once");
	is_int(rig_runs(automation, NULL), 2670,
	    "a run for each who was created");
	const char *told = failures(id);
	ok(strstr(told, "52: The `email`: `nobody50`") != NULL &&
		strstr(told, "2952: The `email`: `nobody2950`") != NULL,
	    "lines are counted from the beginning of the file");
}

static void
test_restarts(void)
{
	int ticks = 0;
	char *text = big_file(MANY);
	story_up(NULL);
	int64_t automation = story_automation(
	    "t trigger {'event_name':'resend:contact.created'}", NULL, NULL);
	int64_t id = begun((struct begin){ .text = text });
	for (; ticks < MANY && import_get(id).completed_ms == 0; ticks++) {
		struct import i = import_get(id);
		ok(i.total == i.created + i.updated + i.skipped + i.failed,
		    "the counts agree on the way");
		if (ticks % 2 == 0)
			rig_restart();
		else
			rig_kill();
		ok(engine_recover(rig.engine, &rig.fault) == 0, "it starts");
		rig_tick();
	}
	ok(ticks > 1, "the work was begun anew on the way, %d times", ticks);
	check_big(id, automation);
	ok(!is_there(path_of(id)), "the file is gone");
	free(text);
	rig_down();
}

/* Two at a time go on in turn. */
static void
test_two(void)
{
	char *text = big_file(MANY);
	story_up(NULL);
	int64_t one = begun((struct begin){ .text = text });
	int64_t two = begun((struct begin){ .text = text, .skips = true });
	rig_do_due();
	struct import a = import_get(one), b = import_get(two);
	is_int(a.total, MANY, "one of two files");
	is_int(b.total, MANY, "and the other");
	is_int(a.created + b.created, 2670, "nobody twice");
	free(text);
	rig_down();
}

/* ---- what goes wrong
 * ----------------------------------------------------------- */

static void
test_no_file(void)
{
	story_up(NULL);
	int64_t id = imported((struct begin){ .text = "email\na@x.example\n",
	    .has_no_file = true });
	is(shown(id),
	    "failed 0: 0 created, 0 updated, 0 skipped, 0 failed: Its file "
	    "cannot be opened: No such file or directory.",
	    "without its file an import fails");
	ok(import_get(id).completed_ms == rig.now_ms, "and has ended");
	rig_down();
}

static int
put_loop(const char *path)
{
	return symlink(path, path);
}

static int
put_directory(const char *path)
{
	return mkdir(path, 0700);
}

/* Something else lies where its file was, and then the file again. */
static void
test_file_away(void)
{
	static const struct {
		int (*put)(const char *path);
		const char *what;
	} cases[] = {
		{ put_loop, "that cannot be opened" },
		{ put_directory, "that cannot be read" },
	};
	char text[] = "email\na@x.example\nb@x.example\n";
	for (size_t k = 0; k < N_OF(cases); k++) {
		story_up(NULL);
		mkdir(import_dir(rig.arena, rig.conf->state_dir), 0700);
		int64_t id = imported(
		    (struct begin){ .text = text, .put = cases[k].put });
		const char *path = path_of(id);
		ok(import_get(id).completed_ms == 0,
		    "a file %s does not end an import", cases[k].what);
		ok(remove(path) == 0, "it is there again");
		put_file(path, text, strlen(text));
		rig_go_to(rig.now_ms + RIG_HOUR);
		is(shown(id),
		    "completed 2: 2 created, 0 updated, 0 skipped, 0 failed",
		    "the import goes on");
		rig_down();
	}
}

static int
do_next_job(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	return store_job_next(t, a, 0, arg, f);
}

/* Goes on with an import, the one job there is, in a share of that many
 * microseconds: how many rows were looked at. */
struct going_on {
	int64_t id, us;
};

static int
do_go_on(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct going_on *g = arg;
	const struct share share = share_begin(t, g->us);
	struct import before, after;
	struct job j;
	return store_import_get(t, a, g->id, &before, f) != 1 ||
		store_job_next(t, a, 0, &j, f) != 1 ||
		importer_go_on(rig.engine, t, a, &j, &share, rig.now_ms, f) !=
		    1 ||
		store_job_update(t, &j, f) != 0 ||
		store_import_get(t, a, g->id, &after, f) != 1
	    ? -1
	    : (int)(after.total - before.total);
}

/* Others wait for no more than the row at hand. */
static void
test_share(void)
{
	char *text = big_file(MANY);
	struct going_on g = { .us = -1 };
	story_up(NULL);
	g.id = begun((struct begin){ .text = text });
	is_int(rig_txn(do_go_on, &g), 1, "a share that is over is for one row");
	g.us = INT64_C(86400) * 1000 * 1000;
	is_int(rig_txn(do_go_on, &g), 25, "a long one for some");
	rig_do_due();
	is(shown(g.id),
	    "completed 3000: 2670 created, 300 updated, 0 skipped, 30 failed",
	    "every row is counted once");
	free(text);
	rig_down();
}

static void
test_refused(void)
{
	struct job j;
	story_up(NULL);
	struct begin b = { .text = "email\na@x.example\n", .segment = 77 };
	ok(rig_txn(do_begin, &b) == -1 && rig.fault.kind == FAULT_NOT_FOUND,
	    "a segment there is none of: %s", rig.fault.text);
	b.segment = 0;
	b.topic = 77;
	ok(rig_txn(do_begin, &b) == -1 && rig.fault.kind == FAULT_NOT_FOUND,
	    "a topic there is none of: %s", rig.fault.text);
	b.topic = 0;
	b.segment = story_segment("PRO",
	    "{'type':'rule','field':'contact.plan','operator':'eq',"
	    "'value':'pro'}");
	ok(rig_txn(do_begin, &b) == -1 && rig.fault.kind == FAULT_INVALID,
	    "a segment with a filter: %s", rig.fault.text);
	rig_do_due();
	is_int(rig_txn(do_next_job, &j), 0, "there is nothing to do");
	rig_down();
}

static int
do_delete(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return engine_segment_delete(rig.engine, t, *(int64_t *)arg, rig.now_ms,
	    f);
}

static int
do_delete_topic(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return store_topic_delete(t, *(int64_t *)arg, f);
}

/* What an import says whose segment or topic was deleted. */
static const char *
deleted_shown(const char *what, int64_t id, int line)
{
	char text[ID_UUID_LEN];
	return arena_printf(rig.arena,
	    "The %s %s was deleted meanwhile: what begins at line %d was not "
	    "imported.",
	    what, id_uuid(id, text), line);
}

static void
test_deleted(void)
{
	char *text = big_file(MANY);
	story_up(NULL);
	int64_t segment = rig_segment("s", NULL), topic = rig_topic("t", true);
	int64_t one = begun((struct begin){ .text = text, .segment = segment });
	int64_t two = begun((struct begin){ .text = text, .topic = topic });
	is_int(rig_txn(do_delete, &segment), 1, "a segment is deleted");
	is_int(rig_txn(do_delete_topic, &topic), 1, "and a topic");
	rig_do_due();
	struct import i = import_get(one);
	is_int(i.status, IMPORT_FAILED, "an import into it fails");
	ok(i.total < MANY &&
		i.total == i.created + i.updated + i.skipped + i.failed,
	    "rows that were done are counted, and no other");
	is(i.error, deleted_shown("segment", segment, (int)i.total + 2),
	    "it says why, and which rows were not");
	ok(!is_there(path_of(one)), "its file is gone");
	i = import_get(two);
	is_int(i.status, IMPORT_FAILED, "one with a topic fails, too");
	is(i.error, deleted_shown("topic", topic, (int)i.total + 2),
	    "and says so");
	free(text);
	rig_down();
}

static void
test_many_failures(void)
{
	struct buf b = { 0 };
	buf_str(&b, "email\n");
	for (int i = 0; i < 250; i++)
		buf_printf(&b, "no%d\n", i);
	story_up(NULL);
	int64_t id = imported((struct begin){ .text = b.data });
	is(shown(id),
	    "completed 250: 0 created, 0 updated, 0 skipped, 250 failed",
	    "all rows may fail");
	const char *told = failures(id);
	ok(strstr(told, "101: The `email`: `no99`") != NULL &&
		strstr(told, "no100") == NULL,
	    "the first hundred are told");
	buf_free(&b);
	rig_down();
}

static void
test_left_over(void)
{
	char *text = big_file(MANY);
	story_up(NULL);
	int64_t id = begun((struct begin){ .text = text });
	const char *upload = arena_printf(rig.arena, "%s/upload-abcdef",
	    import_dir(rig.arena, rig.conf->state_dir));
	const char *unknown = path_of(id + 12345);
	put_file(upload, "x", 1);
	put_file(unknown, "x", 1);
	rig_kill();
	ok(engine_recover(rig.engine, &rig.fault) == 0, "after a crash");
	ok(!is_there(upload), "what was being sent is gone");
	ok(!is_there(unknown), "and what no import knows");
	ok(is_there(path_of(id)), "what an import needs is there");
	rig_do_due();
	is_int(import_get(id).total, MANY, "and it goes on");
	free(text);
	rig_down();
}

int
main(void)
{
	test_rows();
	test_skip();
	test_events();
	test_types();
	test_long_row();
	test_open_row();
	test_long_restarts();
	test_cr();
	test_restarts();
	test_two();
	test_no_file();
	test_file_away();
	test_share();
	test_refused();
	test_deleted();
	test_many_failures();
	test_left_over();
	return tap_done();
}
