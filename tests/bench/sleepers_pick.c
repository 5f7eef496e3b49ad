/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Some of the sleepers are woken, at random. What they are to have become is
 * known; of all others a sum over their rows says that none was touched.
 */
#include "sleepers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/run.h"

enum { STEPS_BEHIND = 3, LOOK_US = 20000 };

struct pick {
	int64_t run;
	bool waits;
};

/* The runs picked, and what the database was like without them. */
static struct {
	struct pick *all;
	int64_t n;
	int64_t sum, steps, waits;
} picks;

static int
by_run(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;
	return (x->run > y->run) - (x->run < y->run);
}

static const struct pick *
find(int64_t run)
{
	const struct pick key = { .run = run };
	return bsearch(&key, picks.all, (size_t)picks.n, sizeof(key), by_run);
}

/* A number that any change of any column changes. */
static uint64_t
mix(uint64_t sum, uint64_t x)
{
	sum = (sum ^ x) * 0x9e3779b97f4a7c15u;
	return sum ^ sum >> 29;
}

/* Over every run that was not picked, in whatever order. */
static int64_t
sum_of_others(void)
{
	sqlite3_stmt *s = sql_prepare(
	    "SELECT id, status, step, seq, due, entered, finished FROM runs");
	uint64_t sum = 0;
	while (sql_step(s)) {
		uint64_t one = 1;
		if (find(sqlite3_column_int64(s, 0)) != NULL)
			continue;
		for (int i = 0; i < sqlite3_column_count(s); i++)
			one =
			    mix(one, (uint64_t)sqlite3_column_int64(s, i) + 1);
		sum += one;
	}
	sqlite3_finalize(s);
	/* It goes through a file as a number with a sign. */
	return (int64_t)(sum >> 1);
}

static int64_t
random_between(int64_t low, int64_t high)
{
	uint64_t x = (uint64_t)random() << 31 ^ (uint64_t)random();
	return low + (int64_t)(x % (uint64_t)(high - low + 1));
}

/* ---- picking ------------------------------------------------------------ */

/* Takes random runs until there are enough of both kinds. */
static void
choose(int64_t n, FILE *out)
{
	int64_t low = sql_number("SELECT min(id) FROM runs");
	int64_t high = sql_number("SELECT max(id) FROM runs");
	int64_t left[2] = { n, n };
	sqlite3_stmt *s =
	    sql_prepare("SELECT r.id, c.email_key, n.name FROM runs r "
			"JOIN contacts c ON c.id = r.contact "
			"LEFT JOIN waits w ON w.contact = r.contact "
			"AND w.run = r.id "
			"LEFT JOIN event_names n ON n.num = w.name "
			"WHERE r.id >= $1 AND r.status = 0 AND r.seq = 2 "
			"ORDER BY r.id LIMIT 1");
	while (left[0] + left[1] > 0) {
		int64_t from = random_between(low, high);
		if (!sql_first(s, 1, &from))
			continue;
		int64_t run = sqlite3_column_int64(s, 0);
		bool waits = sqlite3_column_type(s, 2) != SQLITE_NULL;
		if (left[waits] == 0 || find(run) != NULL)
			continue;
		left[waits]--;
		picks.all[picks.n++] = (struct pick){ run, waits };
		qsort(picks.all, (size_t)picks.n, sizeof(*picks.all), by_run);
		fprintf(out, "%lld %d %s %s\n", (long long)run, waits,
		    sqlite3_column_text(s, 1),
		    waits ? (const char *)sqlite3_column_text(s, 2) : "-");
	}
	sqlite3_finalize(s);
}

void
sleepers_pick(int64_t n, const char *file)
{
	FILE *out = fopen(file, "w");
	int64_t now = clock_now_ms();
	if (out == NULL)
		fatal("%s: %s", file, strerror(errno));
	picks.all = xcalloc((size_t)n * 2, sizeof(*picks.all));
	choose(n, out);
	sqlite3_stmt *s = sql_prepare("UPDATE runs SET due = $1 WHERE id = $2");
	for (int64_t i = 0; i < picks.n; i++)
		if (!picks.all[i].waits)
			sql_first(s, 2,
			    (int64_t[]){ now - random_between(0, 60000),
				picks.all[i].run });
	fprintf(out, "sum %lld %lld %lld\n", (long long)sum_of_others(),
	    (long long)sql_number("SELECT count(*) FROM run_steps"),
	    (long long)sql_number("SELECT count(*) FROM waits"));
	if (fclose(out) != 0)
		fatal("%s: %s", file, strerror(errno));
	free(picks.all);
}

/* ---- checking ----------------------------------------------------------- */

static void
read_picks(const char *file)
{
	FILE *in = fopen(file, "r");
	char line[300];
	long long run, sum, steps, waits;
	int kind;
	int64_t room = 0;
	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		if (sscanf(line, "sum %lld %lld %lld", &sum, &steps, &waits) ==
		    3) {
			picks.sum = sum;
			picks.steps = steps;
			picks.waits = waits;
		}
		if (sscanf(line, "%lld %d ", &run, &kind) != 2)
			continue;
		if (picks.n == room) {
			room = room == 0 ? 1024 : room * 2;
			picks.all = xrealloc(picks.all,
			    (size_t)room * sizeof(*picks.all));
		}
		picks.all[picks.n++] = (struct pick){ run, kind == 1 };
	}
	if (in == NULL || picks.n == 0)
		fatal("%s says nothing", file);
	fclose(in);
	qsort(picks.all, (size_t)picks.n, sizeof(*picks.all), by_run);
}

/* How many of them run still. */
static int64_t
count_running(void)
{
	sqlite3_stmt *s = sql_prepare("SELECT status FROM runs WHERE id = $1");
	int64_t n = 0;
	for (int64_t i = 0; i < picks.n; i++) {
		if (!sql_first(s, 1, &picks.all[i].run))
			fatal("run %lld is gone", (long long)picks.all[i].run);
		n += sqlite3_column_int64(s, 0) == RUN_RUNNING;
	}
	sqlite3_finalize(s);
	return n;
}

/* One that was picked is over, with all its steps completed; one that waited
 * has got the event. */
static void
check_one(const struct pick *p, sqlite3_stmt *s)
{
	int n = 0;
	for (bool more = sql_first(s, 1, &p->run); more; more = sql_step(s)) {
		const char *output = (const char *)sqlite3_column_text(s, 2);
		if (sqlite3_column_int(s, 0) != RUN_COMPLETED ||
		    sqlite3_column_int(s, 1) != STEP_COMPLETED)
			fatal("run %lld did not complete", (long long)p->run);
		if (n++ == 1 &&
		    p->waits !=
			(output != NULL && strstr(output, "event_id") != NULL))
			fatal("run %lld went on for another reason",
			    (long long)p->run);
	}
	if (n != STEPS_BEHIND)
		fatal("run %lld has %d steps behind it", (long long)p->run, n);
}

static void
check_rest(void)
{
	int64_t n_waits = 0;
	for (int64_t i = 0; i < picks.n; i++)
		n_waits += picks.all[i].waits;
	if (sum_of_others() != picks.sum)
		fatal("other runs were touched");
	if (sql_number("SELECT count(*) FROM run_steps") !=
	    picks.steps + picks.n * (STEPS_BEHIND - 1))
		fatal("other runs have new steps behind them");
	if (sql_number("SELECT count(*) FROM waits") != picks.waits - n_waits)
		fatal("the waits are not those of the others");
}

void
sleepers_check(const char *file, int64_t seconds)
{
	int64_t until = clock_mono_us() + seconds * 1000000;
	read_picks(file);
	while (count_running() > 0) {
		if (clock_mono_us() > until)
			fatal("%lld runs have not moved",
			    (long long)count_running());
		usleep(LOOK_US);
	}
	printf("%.0f ", (double)clock_now_ms());
	sqlite3_stmt *s = sql_prepare(
	    "SELECT r.status, s.status, s.output FROM runs r "
	    "JOIN run_steps s ON s.run = r.id WHERE r.id = $1 ORDER BY s.seq");
	for (int64_t i = 0; i < picks.n; i++)
		check_one(&picks.all[i], s);
	sqlite3_finalize(s);
	check_rest();
	free(picks.all);
}

/* ---- many --------------------------------------------------------------- */

void
sleepers_due(int64_t n)
{
	int64_t now = clock_now_ms(), at = 0, n_ids = 0;
	int64_t all = sql_number("SELECT count(*) FROM runs") -
	    sql_number("SELECT count(*) FROM waits");
	int64_t *ids = xcalloc((size_t)n + 1, sizeof(*ids));
	int64_t each = all > n ? all / n : 1;
	/* Every automation that waits is among those of a few waits. */
	sqlite3_stmt *read = sql_prepare(
	    "SELECT id FROM runs WHERE +status = 0 AND +automation NOT IN "
	    "(SELECT automation FROM runs WHERE id IN "
	    "(SELECT run FROM waits LIMIT 10000))");
	while (n_ids < n && sql_step(read))
		if (at++ % each == 0)
			ids[n_ids++] = sqlite3_column_int64(read, 0);
	sqlite3_finalize(read);
	sqlite3_stmt *s = sql_prepare("UPDATE runs SET due = $1 WHERE id = $2");
	sql_script("BEGIN");
	for (int64_t i = 0; i < n_ids; i++)
		sql_first(s, 2,
		    (int64_t[]){ now - 60000 + 60000 * i / n_ids, ids[i] });
	sql_script("COMMIT");
	sqlite3_finalize(s);
	free(ids);
}
