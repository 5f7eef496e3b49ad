/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * sleepers fill DATABASE RUNS CONTACTS: makes millions of sleeping runs out of
 * the few that are there. Those the engine has written itself: each is the
 * pattern of its automation's others, with all that belongs to it (its event,
 * the steps behind it, its wait, its contact). Only who, when and which number
 * differ, so that there is nothing here to be known about the tables but what
 * names what. Rows go in in the order of time, with all indexes in place, so
 * these are as full as they become in use.
 *
 * sleepers pick DATABASE N FILE makes N of those at a delay due, and chooses N
 * of those that wait; sleepers check DATABASE FILE SECONDS waits until they
 * have moved, and looks at every run. sleepers due DATABASE N makes N due.
 */
#include "sleepers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "tests/bench/common.h"

enum { COLUMNS_MAX = 32, PATTERNS_MAX = 64, ROWS_MAX = 8, COMMIT_EACH = 65536 };

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* A row of a pattern: its columns' values. */
struct row {
	sqlite3_value *values[COLUMNS_MAX];
};

/* A table, and the columns that differ from row to row. */
struct table {
	const char *name, *found_by;
	sqlite3_stmt *insert;
	int n;
	const char *columns[COLUMNS_MAX];
};

enum { EVENTS, RUNS, STEPS, WAITS, CONTACTS, N_TABLES };

static struct table tables[N_TABLES] = {
	[EVENTS] = { .name = "events",
	    .found_by = "id = (SELECT event FROM runs WHERE id = $1)" },
	[RUNS] = { .name = "runs", .found_by = "id = $1" },
	[STEPS] = { .name = "run_steps", .found_by = "run = $1 ORDER BY seq" },
	[WAITS] = { .name = "waits", .found_by = "run = $1" },
	[CONTACTS] = { .name = "contacts",
	    .found_by = "id = (SELECT contact FROM runs WHERE id = $1)" },
};

/* All that belongs to a run. */
struct pattern {
	int64_t run, due_behind_ms;
	struct row rows[N_TABLES][ROWS_MAX];
	int n[N_TABLES];
};

static struct {
	struct pattern patterns[PATTERNS_MAX];
	int n_patterns;
	int64_t n_contacts, *contacts;
	struct id_source ids;
	int n_uncommitted;
} whole;

/* ---- patterns ----------------------------------------------------------- */

/* The columns of a table, and the statement that fills a row. */
static void
read_columns(struct table *t, struct arena *a)
{
	struct buf names = { 0 }, marks = { 0 };
	sqlite3_stmt *s =
	    sql_prepare(arena_printf(a, "SELECT * FROM %s", t->name));
	t->n = sqlite3_column_count(s);
	if (t->n > COLUMNS_MAX)
		fatal("%s has %d columns", t->name, t->n);
	for (int i = 0; i < t->n; i++) {
		t->columns[i] = arena_strdup(a, sqlite3_column_name(s, i));
		buf_printf(&names, "%s%s", i > 0 ? "," : "", t->columns[i]);
		buf_printf(&marks, "%s?", i > 0 ? "," : "");
	}
	t->insert = sql_prepare(arena_printf(a, "INSERT INTO %s(%s) VALUES(%s)",
	    t->name, names.data, marks.data));
	buf_free(&names);
	buf_free(&marks);
}

static int
column(const struct table *t, const char *name)
{
	for (int i = 0; i < t->n; i++)
		if (strcmp(t->columns[i], name) == 0)
			return i;
	return -1;
}

/* The rows of one table that belong to a pattern's run. */
static void
read_rows(struct pattern *p, int table, struct arena *a)
{
	const struct table *t = &tables[table];
	sqlite3_stmt *s = sql_prepare(
	    arena_printf(a, "SELECT * FROM %s WHERE %s", t->name, t->found_by));
	bool more = sql_first(s, 1, &p->run);
	for (; more; more = sql_step(s)) {
		if (p->n[table] == ROWS_MAX)
			fatal("too many rows in %s", t->name);
		struct row *r = &p->rows[table][p->n[table]++];
		for (int i = 0; i < t->n; i++)
			r->values[i] =
			    sqlite3_value_dup(sqlite3_column_value(s, i));
	}
	sqlite3_finalize(s);
}

static void
read_patterns(struct arena *a)
{
	sqlite3_stmt *s = sql_prepare("SELECT max(id), due FROM runs "
				      "WHERE status = 0 GROUP BY automation");
	while (sql_step(s)) {
		struct pattern *p = &whole.patterns[whole.n_patterns++];
		if (whole.n_patterns > PATTERNS_MAX)
			fatal("too many automations have runs");
		p->run = sqlite3_column_int64(s, 0);
		p->due_behind_ms =
		    sqlite3_column_int64(s, 1) - id_time_ms(p->run);
		for (int i = 0; i < N_TABLES; i++)
			read_rows(p, i, a);
		if (p->n[RUNS] != 1 || p->n[EVENTS] != 1 ||
		    p->n[CONTACTS] != 1 || p->n[STEPS] != 1 || p->n[WAITS] > 1)
			fatal("run %lld is no pattern", (long long)p->run);
	}
	if (whole.n_patterns == 0)
		fatal("no run sleeps there");
}

/* They would be in the way of rows in the order of time. */
static void
take_patterns_away(void)
{
	sql_script(
	    "DELETE FROM runs; DELETE FROM events; DELETE FROM run_steps;"
	    "DELETE FROM waits; DELETE FROM contacts");
}

/* ---- rows --------------------------------------------------------------- */

/* What is put in the place of a pattern's value. */
struct change {
	const char *column;
	int64_t number;
	const char *text; /* if not NULL, in place of the number */
};

static void
put(int table, const struct row *r, const struct change *changes, int n)
{
	const struct table *t = &tables[table];
	for (int i = 0; i < t->n; i++)
		sqlite3_bind_value(t->insert, i + 1, r->values[i]);
	for (int i = 0; i < n; i++) {
		const struct change *c = &changes[i];
		int at = column(t, c->column) + 1;
		if (at == 0)
			fatal("%s has no column %s", t->name, c->column);
		if (c->text != NULL)
			sqlite3_bind_text(t->insert, at, c->text, -1,
			    SQLITE_STATIC);
		else
			sqlite3_bind_int64(t->insert, at, c->number);
	}
	sql_step(t->insert);
}

/* Changes are given as a list. */
#define PUT(table, row, ...) \
	put(table, row, (const struct change[]){ __VA_ARGS__ }, \
	    N_OF(((const struct change[]){ __VA_ARGS__ })))

/* A transaction for many rows. */
static void
begin_anew(void)
{
	if (whole.n_uncommitted++ % COMMIT_EACH != 0)
		return;
	if (whole.n_uncommitted > 1)
		sql_script("COMMIT");
	sql_script("BEGIN");
}

static void
make_contact(int64_t i, int64_t now_ms)
{
	char email[64];
	snprintf(email, sizeof(email), BENCH_EMAIL, (long long)i);
	whole.contacts[i] = id_next(&whole.ids, now_ms);
	PUT(CONTACTS, &whole.patterns[0].rows[CONTACTS][0],
	    { "id", whole.contacts[i], NULL }, { "email_key", 0, email });
	begin_anew();
}

/* The i-th run: neighbours in time are far apart in contacts, and the runs of
 * one contact are in different automations. */
static void
make_run(int64_t i, int64_t now_ms)
{
	int64_t who = bench_contact(i, whole.n_contacts);
	int64_t contact = whole.contacts[who];
	const struct pattern *p =
	    &whole.patterns[(i + i / whole.n_contacts) % whole.n_patterns];
	int64_t event = id_next(&whole.ids, now_ms);
	int64_t run = id_next(&whole.ids, now_ms);
	char payload[64];
	snprintf(payload, sizeof(payload), BENCH_PAYLOAD, (long long)who);
	PUT(EVENTS, &p->rows[EVENTS][0], { "id", event, NULL },
	    { "contact", contact, NULL }, { "payload", 0, payload });
	PUT(RUNS, &p->rows[RUNS][0], { "id", run, NULL },
	    { "contact", contact, NULL }, { "event", event, NULL },
	    { "due", id_time_ms(run) + p->due_behind_ms, NULL },
	    { "payload", 0, payload });
	PUT(STEPS, &p->rows[STEPS][0], { "run", run, NULL });
	if (p->n[WAITS] == 1)
		PUT(WAITS, &p->rows[WAITS][0], { "run", run, NULL },
		    { "contact", contact, NULL });
	begin_anew();
}

/* ---- alike? ------------------------------------------------------------- */

/* A row made here has every value of the type that the engine's own has. */
static void
compare_row(int table, const struct row *r, sqlite3_stmt *s)
{
	const struct table *t = &tables[table];
	if (s == NULL || sqlite3_data_count(s) != t->n)
		fatal("%s lacks a row", t->name);
	for (int i = 0; i < t->n; i++)
		if (sqlite3_value_type(r->values[i]) !=
		    sqlite3_column_type(s, i))
			fatal("%s.%s is not what the engine writes", t->name,
			    t->columns[i]);
}

/* The last run made of each pattern, and what belongs to it. */
static void
compare_all(struct arena *a)
{
	sqlite3_stmt *last = sql_prepare(
	    "SELECT max(id) FROM runs WHERE automation = $1 AND status = 0");
	for (int i = 0; i < whole.n_patterns; i++) {
		const struct pattern *p = &whole.patterns[i];
		int64_t automation = sqlite3_value_int64(
		    p->rows[RUNS][0]
			.values[column(&tables[RUNS], "automation")]);
		sql_first(last, 1, &automation);
		int64_t run = sqlite3_column_int64(last, 0);
		for (int t = 0; t < N_TABLES; t++) {
			sqlite3_stmt *s = sql_prepare(arena_printf(a,
			    "SELECT * FROM %s WHERE %s", tables[t].name,
			    strcmp(tables[t].name, "waits") != 0
				? tables[t].found_by
				: "contact = (SELECT contact FROM runs "
				  "WHERE id = $1) AND run = $1"));
			bool more = sql_first(s, 1, &run);
			for (int k = 0; k < p->n[t]; k++) {
				compare_row(t, &p->rows[t][k], more ? s : NULL);
				more = sql_step(s);
			}
			if (more)
				fatal("%s has a row too many", tables[t].name);
			sqlite3_finalize(s);
		}
	}
	sqlite3_finalize(last);
}

/* ---- filling ------------------------------------------------------------ */

/* Runs that began over a month, up to a day ago. */
void
sleepers_fill(int64_t n_runs, int64_t n_contacts)
{
	struct arena *a = arena_new();
	int64_t now = clock_now_ms(), span = 28 * DAY_MS;
	int64_t began = now - DAY_MS - span;
	for (int i = 0; i < N_TABLES; i++)
		read_columns(&tables[i], a);
	read_patterns(a);
	take_patterns_away();
	whole.n_contacts = n_contacts;
	whole.contacts = xcalloc((size_t)n_contacts, sizeof(*whole.contacts));
	whole.ids.node = 1;
	for (int64_t i = 0; i < n_contacts; i++)
		make_contact(i, began - DAY_MS);
	for (int64_t i = 0; i < n_runs; i++)
		make_run(i, began + span * i / n_runs);
	sql_script("COMMIT");
	compare_all(a);
	free(whole.contacts);
	arena_free(a);
}

int
main(int argc, char **argv)
{
	int64_t began = clock_mono_us();
	if (argc < 4)
		return 64;
	bool checks = strcmp(argv[1], "check") == 0;
	sql_open(argv[2], !checks);
	if (strcmp(argv[1], "fill") == 0 && argc == 5)
		sleepers_fill(atoll(argv[3]), atoll(argv[4]));
	else if (strcmp(argv[1], "pick") == 0 && argc == 5)
		sleepers_pick(atoll(argv[3]), argv[4]);
	else if (checks && argc == 5)
		sleepers_check(argv[3], atoll(argv[4]));
	else if (strcmp(argv[1], "due") == 0 && argc == 4)
		sleepers_due(atoll(argv[3]));
	else
		return 64;
	sql_close();
	printf("%.2f\n", (double)(clock_mono_us() - began) / 1e6);
	return 0;
}
