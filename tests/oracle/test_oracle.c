/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine against its second opinion: random cases through both must leave
 * the same contacts, runs and mails.
 *
 *     ORACLE_CASES    how many (300)
 *     ORACLE_SECONDS  or for how long
 *     ORACLE_SEED     the first one (1)
 *     ORACLE_FAULTS  after how many that differ it stops (3)
 *     ORACLE_FILE     one case from a file, as a failure prints it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/engine/rig.h"
#include "tests/oracle/duel.h"
#include "tests/oracle/generate.h"
#include "tests/tap.h"

enum { CASES_A_DATABASE = 50 };

static long long
number_of(const char *name, long long otherwise)
{
	const char *value = getenv(name);
	return value != NULL ? atoll(value) : otherwise;
}

/* Text as lines of a comment. */
static void
print_comment(const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		printf("# %.*s\n", (int)n, text);
		text += text[n] == '\n' ? n + 1 : n;
	}
}

/* The case cut down, and what differs in it. */
static void
report(const json_t *script)
{
	json_t *small = duel_shrink(script);
	char *text = json_dumps(small, JSON_COMPACT);
	duel_renew();
	char *difference = duel(small);
	print_comment(text);
	print_comment(
	    difference != NULL ? difference : "it does not differ by itself");
	free(difference);
	free(text);
	json_decref(small);
	duel_renew();
}

/* Whether both sides agree. */
static bool
check(const json_t *script)
{
	char *difference = duel(script);
	if (difference == NULL)
		return true;
	printf("# seed %lld\n",
	    (long long)json_integer_value(json_object_get(script, "seed")));
	print_comment(difference);
	free(difference);
	report(script);
	fflush(stdout);
	return false;
}

static void
run_file(const char *path)
{
	json_t *script = json_load_file(path, 0, NULL);
	ok(script != NULL && check(script), "%s has one end", path);
	json_decref(script);
}

static void
run_seeds(void)
{
	time_t end = time(NULL) + number_of("ORACLE_SECONDS", 0);
	bool timed = getenv("ORACLE_SECONDS") != NULL;
	long long cases = number_of("ORACLE_CASES", 300), i;
	long long first = number_of("ORACLE_SEED", 1);
	int differ = 0, most = (int)number_of("ORACLE_FAULTS", 3);
	for (i = 0; timed ? time(NULL) < end : i < cases; i++) {
		json_t *script = generate_case((uint64_t)(first + i));
		differ += !check(script);
		json_decref(script);
		if (differ == most)
			break;
		if (i % CASES_A_DATABASE == CASES_A_DATABASE - 1) {
			duel_renew();
		}
	}
	printf("# %lld actions, %lld runs, %lld steps, %lld mails; "
	       "%lld cases cut short by a crowd\n",
	    (long long)duel_tally.actions, (long long)duel_tally.runs,
	    (long long)duel_tally.steps, (long long)duel_tally.mails,
	    (long long)duel_tally.crowded);
	ok(differ == 0, "%lld cases from seed %lld have one end", i, first);
	ok(duel_tally.runs > i / 2 && duel_tally.mails > i / 10,
	    "something happened in them");
}

int
main(void)
{
	rig_up(NULL);
	duel_renew();
	if (getenv("ORACLE_FILE") != NULL)
		run_file(getenv("ORACLE_FILE"));
	else
		run_seeds();
	rig_down();
	return tap_done();
}
