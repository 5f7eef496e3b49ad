/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a contact chose of a topic that is gone is not looked at: those rows
 * mean nothing any more, and no id is given out twice.
 */
#include "store/doctor.h"

#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "model/automation.h"
#include "store/automations.h"
#include "store/blobs.h"
#include "store/store_private.h"

enum { WRONGS_MAX = 5, GRAPHS_KEPT = 16 };

/* One look: what is shared by its rows. */
struct look {
	struct txn *txn;
	struct db *db;
	struct arena *arena;
	const char *state_dir; /* NULL: files are not looked for */
	struct {
		int64_t version;
		const struct graph *graph;
	} graphs[GRAPHS_KEPT]; /* parsed for this look */
	int n_graphs;
};

/*
 * A check is a statement. Its row is a key (of n_keys columns) and a column for
 * each of the wrongs, which is 1 if that is so. more() looks at what stands
 * behind these, if nothing was wrong; NULL for fine.
 */
struct check {
	const char *table;
	enum sql sql;
	const char *keys; /* a letter each: i an id, n a number, - not shown */
	const char *wrongs[WRONGS_MAX];
	const char *(*more)(struct look *, enum sql, int column);
};

/* The graph of a version; NULL if it is none. */
static const struct graph *
graph_of(struct look *l, int64_t version)
{
	const char *text;
	struct fault ignored;
	for (int i = 0; i < l->n_graphs; i++)
		if (l->graphs[i].version == version)
			return l->graphs[i].graph;
	const struct graph *g = NULL;
	if (store_graph_get(l->txn, l->arena, version, &text, &ignored) == 1) {
		json_t *o = json_parse(l->arena, text, strlen(text), &ignored);
		if (o != NULL)
			g = graph_from_json(l->arena, o, &ignored);
	}
	int at = l->n_graphs < GRAPHS_KEPT ? l->n_graphs++
					   : (int)(version % GRAPHS_KEPT);
	l->graphs[at].version = version;
	l->graphs[at].graph = g;
	return g;
}

/* Whether a wait's run stands where the event is waited for. */
static const char *
stands_there(struct look *l, enum sql n, int column)
{
	const struct graph *g = graph_of(l, db_int(l->db, n, column));
	int64_t step = db_int(l->db, n, column + 1);
	const char *name = db_text(l->db, n, column + 2, l->arena);
	if (g == NULL || step < 0 || step >= g->n_steps)
		return "its run stands at no step";
	const char *awaited = json_string_value(
	    json_object_get(g->steps[step].config, "event_name"));
	return strcmp(g->steps[step].type, "wait_for_event") != 0 ||
		awaited == NULL || strcmp(awaited, name) != 0 ||
		db_int(l->db, n, column + 3) != 0
	    ? "its run does not stand where the event is waited for"
	    : NULL;
}

/* Whether an attachment's file is there, and as long as it was. */
static const char *
has_file(struct look *l, enum sql n, int column)
{
	size_t len;
	struct stat st;
	const unsigned char *hash = db_bytes(l->db, n, column, &len);
	if (l->state_dir == NULL)
		return NULL;
	if (len != BLOB_HASH_LEN ||
	    stat(blob_path(l->arena, l->state_dir, hash), &st) != 0)
		return "its file is not there";
	return st.st_size == (off_t)db_int(l->db, n, column + 1)
	    ? NULL
	    : "its file has another size";
}

static const struct check checks[] = {
	{ "automations", SQL_CHECK_AUTOMATIONS, "i",
	    { "its version is not there" } },
	{ "templates", SQL_CHECK_TEMPLATES, "i",
	    { "its draft is not there",
		"its published version is not there" } },
	{ "runs", SQL_CHECK_RUNS, "i",
	    { "its automation is not there", "its version is not there",
		"it is running and its contact is not there",
		"it is running and nothing will wake it",
		"it has ended and is due" } },
	{ "run_steps", SQL_CHECK_STEPS, "in", { "its run is not there" } },
	{ "waits", SQL_CHECK_WAITS, "---i",
	    { "its run is not there", "its run has ended",
		"its run is another contact's", "its event has no name" },
	    stands_there },
	{ "run_entries", SQL_CHECK_ENTRIES, "i--",
	    { "its contact is not there" } },
	{ "recent_events", SQL_CHECK_RECENT, "i-i",
	    { "its contact is not there" } },
	{ "emails", SQL_CHECK_EMAILS, "i",
	    { "it is not sent yet and its run is not there",
		"it is an app's and its parts are not there",
		"it is an app's and goes to nobody",
		"it waits and is not due, or is due and does not wait" } },
	{ "email_parts", SQL_CHECK_PARTS, "i", { "its email is not there" } },
	{ "email_recipients", SQL_CHECK_RECIPIENTS, "in",
	    { "its email is not there" } },
	{ "email_attachments", SQL_CHECK_ATTACHMENTS, "i",
	    { "its email is not there" }, has_file },
	{ "segment_members", SQL_CHECK_MEMBERS, "ii",
	    { "its contact is not there", "its segment is not there" } },
	{ "contact_topics", SQL_CHECK_TOPICS, "ii",
	    { "its contact is not there" } },
	{ "webhook_events", SQL_CHECK_HOOK_EVENTS, "i",
	    { "its webhook is not there",
		"whether it is owed and its status do not agree" } },
	{ "webhook_attempts", SQL_CHECK_HOOK_ATTEMPTS, "i",
	    { "its event is not there" } },
	{ "imports", SQL_CHECK_IMPORTS, "i",
	    { "it is not done and nothing goes on with it" } },
	{ "jobs", SQL_CHECK_JOBS, "i", { "it failed and is tried again" } },
	{ "import_failures", SQL_CHECK_IMPORT_FAILURES, "in",
	    { "its import is not there" } },
};

int
store_doctor_checks(void)
{
	return (int)N_OF(checks);
}

/* The shown parts of a row's key. */
static const char *
key_text(struct look *l, const struct check *c, const int64_t *key)
{
	const char *text = "";
	char id[ID_UUID_LEN];
	for (int i = 0; c->keys[i] != '\0'; i++) {
		const char *between = text[0] != '\0' ? "/" : "";
		if (c->keys[i] == 'i')
			text = arena_printf(l->arena, "%s%s%s", text, between,
			    id_uuid(key[i], id));
		else if (c->keys[i] == 'n')
			text = arena_printf(l->arena, "%s%s%lld", text, between,
			    (long long)key[i]);
	}
	return text;
}

/* What is wrong with the row a check is at; NULL if nothing is. */
static const char *
row_wrong(struct look *l, const struct check *c)
{
	int column = (int)strlen(c->keys);
	for (int i = 0; i < WRONGS_MAX && c->wrongs[i] != NULL; i++, column++)
		if (db_int(l->db, c->sql, column) != 0)
			return c->wrongs[i];
	return c->more != NULL ? c->more(l, c->sql, column) : NULL;
}

/* The check's rows behind a key: the first of them. */
static int
first_row(struct db *db, const struct check *c, const int64_t *key, int rows,
    struct fault *fault_r)
{
	int64_t n = rows;
	switch (strlen(c->keys)) {
	case 1:
		return db_first(db, c->sql, fault_r, "ii", key[0], n);
	case 2:
		return db_first(db, c->sql, fault_r, "iii", key[0], key[1], n);
	case 3:
		return db_first(db, c->sql, fault_r, "iiii", key[0], key[1],
		    key[2], n);
	default:
		return db_first(db, c->sql, fault_r, "iiiii", key[0], key[1],
		    key[2], key[3], n);
	}
}

int
store_doctor_look(struct txn *t, struct arena *a, const char *state_dir,
    struct doctor_place *place, int rows, struct list *list_r,
    struct fault *fault_r)
{
	const struct check *c = &checks[place->check];
	struct look l = { .txn = t,
		.db = txn_db(t, fault_r),
		.arena = a,
		.state_dir = state_dir };
	struct doctor_problem *found =
	    arena_alloc(a, (size_t)rows * sizeof(*found));
	int n = 0;
	*list_r = (struct list){ .items = found };
	if (l.db == NULL)
		return -1;
	int rc = first_row(l.db, c, place->key, rows, fault_r);
	for (; rc == 1; rc = db_next(l.db, c->sql, fault_r), n++) {
		for (int i = 0; c->keys[i] != '\0'; i++)
			place->key[i] = db_int(l.db, c->sql, i);
		const char *wrong = row_wrong(&l, c);
		if (wrong != NULL)
			found[list_r->n++] = (struct doctor_problem){ c->table,
				key_text(&l, c, place->key), wrong };
	}
	if (n < rows)
		*place = (struct doctor_place){ .check = place->check + 1 };
	return rc == 0 ? n : -1;
}
