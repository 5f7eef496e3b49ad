/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the statements find their rows: by an index, in its order. One that goes
 * through a whole table, or sorts, is named here with its reason.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/defs.h"
#include "base/log.h"
#include "store/sql.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

static const char *const names[SQL_COUNT] = {
#define X(name, text) [name] = #name,
	SQL_LIST(X)
#undef X
};

enum way { SCANS = 1, SORTS };

static const struct {
	enum sql n;
	enum way way;
	const char *why;
} allowed[] = {
	{ SQL_PROPERTY_ALL, SCANS, "every property is wanted" },
	{ SQL_SEGMENT_COMPUTED, SCANS, "there are few segments" },
	{ SQL_SEGMENT_COUNT, SCANS, "there are few segments" },
	{ SQL_AUTOMATION_ENABLED, SCANS, "there are few automations" },
	{ SQL_AUTOMATION_PAUSED, SCANS, "there are few automations" },
	{ SQL_RUN_LIVE, SORTS, "a contact has few runs" },
	{ SQL_RUN_OF_CONTACT, SORTS, "a contact has few runs" },
	{ SQL_RUN_OF_CONTACT_UP, SORTS, "a contact has few runs" },
	{ SQL_RUN_OF_BOTH, SORTS, "a contact has few runs" },
	{ SQL_SKIP_OF_CONTACT, SORTS, "a contact has few refusals" },
	{ SQL_WEBHOOK_ENABLED, SCANS, "there are few webhooks" },
	{ SQL_HOOK_EVENT_OWED, SCANS, "it counts up to a limit" },
	{ SQL_QUEUE_COUNT, SCANS, "it counts up to a limit" },
	{ SQL_MAIL_HOUR_SUM, SORTS, "what is summed is asked for each time" },
};

/* What a line of a plan does that has to have a reason; 0 for nothing. */
static enum way
way_of(const char *line)
{
	/* Of what a part of the statement has found already. */
	if (strncmp(line, "SCAN (", 6) == 0 ||
	    strcmp(line, "SCAN CONSTANT ROW") == 0)
		return 0;
	if (strncmp(line, "SCAN ", 5) == 0)
		return SCANS;
	return strstr(line, "TEMP B-TREE") != NULL ? SORTS : 0;
}

/* The worst line of a statement's plan; "" if there is none. Its way. */
static enum way
look_at(sqlite3 *db, const char *text, char line[200])
{
	char sql[4000];
	sqlite3_stmt *s;
	enum way way = 0;
	line[0] = '\0';
	snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", text);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		fatal("%s: %s", text, sqlite3_errmsg(db));
	while (way == 0 && sqlite3_step(s) == SQLITE_ROW) {
		snprintf(line, 200, "%s",
		    (const char *)sqlite3_column_text(s, 3));
		way = way_of(line);
	}
	sqlite3_finalize(s);
	return way;
}

static const char *
reason(enum sql n, enum way way)
{
	for (size_t i = 0; i < N_OF(allowed); i++)
		if (allowed[i].n == n && allowed[i].way == way)
			return allowed[i].why;
	return NULL;
}

static sqlite3 *
open_database(void)
{
	struct store_options o = rig_options("plans.db");
	sqlite3 *db;
	rig_close(rig_open(&o));
	if (sqlite3_open(o.path, &db) != SQLITE_OK)
		fatal("%s: %s", o.path, sqlite3_errmsg(db));
	return db;
}

static void
test_offences(sqlite3 *db)
{
	char line[200];
	is_int(look_at(db, "SELECT * FROM runs WHERE version = 1", line), SCANS,
	    "a search without an index is found");
	is_int(
	    look_at(db,
		"SELECT * FROM runs r JOIN events e ON e.contact = r.contact "
		"WHERE r.id = 1",
		line),
	    SCANS, "also in a join");
	is_int(look_at(db,
		   "SELECT * FROM runs WHERE automation = 1 ORDER BY seq",
		   line),
	    SORTS, "so is an order that no index has");
}

int
main(void)
{
	char line[200];
	sqlite3 *db = open_database();
	test_offences(db);
	for (int n = 0; n < SQL_COUNT; n++) {
		enum way way = look_at(db, sql_texts[n], line);
		const char *why = reason((enum sql)n, way);
		ok(way == 0 || why != NULL, "%s: %s", names[n],
		    why != NULL ? why : line);
	}
	for (size_t i = 0; i < N_OF(allowed); i++)
		ok(look_at(db, sql_texts[allowed[i].n], line) == allowed[i].way,
		    "%s still needs its reason", names[allowed[i].n]);
	sqlite3_close(db);
	return tap_done();
}
