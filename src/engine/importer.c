/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between two slices the file stays open and the plan known; both are opened
 * anew where another import had its turn, or what was done was undone.
 */
#include "engine/importer.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/engine_private.h"
#include "engine/hooks.h"
#include "engine/import_file.h"
#include "engine/jobs.h"
#include "engine/part.h"
#include "engine/people.h"
#include "engine/share.h"
#include "store/contacts.h"
#include "store/imports.h"
#include "store/segments.h"

enum {
	ROWS = 25,          /* of a chunk, at most */
	FAILURES_MAX = 100, /* told, of one import */
	ENDED_MAX = 64,     /* in one batch; the files of others go later */
};

struct importer {
	int64_t id; /* whose file is open; 0: none */
	struct import_file *file;
	struct arena *arena; /* the plan's */
	struct import_plan plan;
	int64_t ended[ENDED_MAX]; /* by the batch under way */
	int n_ended;
};

struct importer *
importer_new(void)
{
	return xcalloc(1, sizeof(struct importer));
}

/* Closes the file that is open. */
static void
let_go(struct importer *m)
{
	import_file_close(m->file);
	arena_free(m->arena);
	m->file = NULL;
	m->arena = NULL;
	m->id = 0;
}

void
importer_free(struct importer *m)
{
	if (m == NULL)
		return;
	let_go(m);
	free(m);
}

/* ---- files that are not needed any more --------------------------------- */

static const char *
state_dir(struct engine *e)
{
	return ((const struct conf *)e->conf)->state_dir;
}

static void
remove_file(const char *path)
{
	if (unlink(path) != 0 && errno != ENOENT)
		log_error("import file not removed path=%s error=%s",
		    log_text(path), log_text(strerror(errno)));
}

void
importer_settle(struct engine *e, bool committed)
{
	struct importer *m = e->importer;
	if (m->n_ended == 0)
		return;
	struct arena *a = arena_new();
	for (int i = 0; committed && i < m->n_ended; i++)
		remove_file(import_path(a, state_dir(e), m->ended[i]));
	arena_free(a);
	m->n_ended = 0;
}

/* Whether the file of that name is still needed. 1, 0, -1 */
static int
is_needed(struct txn *t, struct arena *a, const char *name,
    struct fault *fault_r)
{
	int64_t id = import_of_name(name);
	struct import i;
	int rc = id == 0 ? 0 : store_import_get(t, a, id, &i, fault_r);
	return rc == 1 ? i.completed_ms == 0 : rc;
}

struct recovery {
	struct work work;
	struct engine *engine;
};

static int
recover_run(struct txn *t, struct work *w)
{
	struct engine *e = container_of(w, struct recovery, work)->engine;
	struct arena *a = arena_new();
	const char *dir = import_dir(a, state_dir(e));
	DIR *d = opendir(dir);
	struct dirent *entry;
	int rc = 0;
	while (d != NULL && rc >= 0 && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		rc = is_needed(t, a, entry->d_name, &w->fault);
		if (rc == 0)
			remove_file(
			    arena_printf(a, "%s/%s", dir, entry->d_name));
	}
	if (d != NULL)
		closedir(d);
	arena_free(a);
	return rc < 0 ? -1 : 0;
}

int
importer_recover(struct engine *e, struct fault *fault_r)
{
	struct recovery r = { .work = { .run = recover_run }, .engine = e };
	if (state_dir(e) == NULL || store_run_now(e->store, &r.work) == 0)
		return 0;
	*fault_r = r.work.fault;
	return -1;
}

/* ---- rows ---------------------------------------------------------------- */

/* An import under way. */
struct labour {
	struct engine *engine;
	struct txn *txn;
	struct arena *arena;
	struct import *import;
	const struct share *share;
	int64_t now_ms;
};

enum outcome { SKIPPED, CREATED, UPDATED };

/* Into the segments of the import, and the choices of its topics. 0 or -1 */
static int
join(struct labour *l, const struct contact *c, struct fault *fault_r)
{
	const struct import_plan *p = &l->engine->importer->plan;
	const struct cause asked = { 0 };
	int rc = 0;
	for (int i = 0; rc >= 0 && i < p->n_segments; i++)
		rc = people_segment_set(l->engine, l->txn, l->arena, c,
		    p->segments[i], true, &asked, l->now_ms, fault_r);
	for (int i = 0; rc >= 0 && i < p->n_topics; i++)
		rc = people_topic_set(l->engine, l->txn, l->arena, c->id,
		    p->topics[i].topic, p->topics[i].opted_in, 0, l->now_ms,
		    fault_r);
	return rc < 0 ? -1 : 0;
}

/* Writes what a row says, and what follows from it. An outcome or -1 */
static int
write_row(struct labour *l, const struct import_row *row, struct fault *fault_r)
{
	const struct cause asked = { 0 };
	struct engine *e = l->engine;
	struct contact before, after;
	accept_begin(e);
	int rc = store_contact_by_key(l->txn, l->arena, row->email_key, &before,
	    fault_r);
	if (rc < 0 || (rc == 1 && e->importer->plan.skips))
		return rc < 0 ? -1 : SKIPPED;
	enum outcome outcome = rc == 1 ? UPDATED : CREATED;
	after = outcome == UPDATED ? before
				   : (struct contact){ .email = row->email,
					     .email_key = row->email_key };
	if (import_row_merge(l->arena, row, &after, fault_r) != 0)
		return -1;
	rc = outcome == UPDATED ? people_update(e, l->txn, l->arena, &before,
				      &after, &asked, l->now_ms, fault_r)
				: people_create(e, l->txn, l->arena, &after,
				      NULL, 0, &asked, l->now_ms, fault_r);
	if (rc < 0 || join(l, &after, fault_r) != 0 ||
	    accept_caused(e, l->txn, l->arena, l->now_ms, fault_r) != 0)
		return -1;
	return outcome;
}

/* Counts a row that failed, and says why. 0 or -1 */
static int
row_failed(struct labour *l, int64_t line, const char *reason,
    struct fault *fault_r)
{
	const struct import_failure f = { line, reason };
	return l->import->failed++ >= FAILURES_MAX
	    ? 0
	    : store_import_failure(l->txn, l->import->id, &f, fault_r);
}

/* A row that can be read: written in a part of its own. 0 or -1 */
static int
do_row(struct labour *l, int64_t line, const struct import_row *row,
    struct fault *fault_r)
{
	struct fault why = { 0 };
	struct part part;
	if (part_begin(l->engine, l->txn, &part, fault_r) != 0)
		return -1;
	int outcome = write_row(l, row, &why);
	int rc = part_end(l->engine, l->txn, &part, outcome, &why, fault_r);
	if (rc == 0)
		return row_failed(l, line, why.text, fault_r);
	l->import->created += rc == 1 && outcome == CREATED;
	l->import->updated += rc == 1 && outcome == UPDATED;
	l->import->skipped += rc == 1 && outcome == SKIPPED;
	return rc < 0 ? -1 : 0;
}

/* A quote that stays open takes all that is behind it. */
static const char not_closed[] =
    "A quote is not closed: the row goes on to the end of the file.";

/* What is wrong with a record as such; NULL if nothing is. */
static const char *
record_wrong(enum csv_result r, const struct csv *c)
{
	if (r == CSV_LONG)
		return "The row is longer than 256 KB: is a quote not closed?";
	return c->is_open ? not_closed : NULL;
}

/* The end of the file: why the last row was too long is known by now. 0 or -1
 */
static int
last_row(struct labour *l, const struct csv *c, struct fault *fault_r)
{
	return !c->is_open || l->import->failed > FAILURES_MAX
	    ? 0
	    : store_import_failure_last(l->txn, l->import->id, not_closed,
		  fault_r);
}

/* The next row. 1, 0 at the end, -1 */
static int
next_row(struct labour *l, struct fault *fault_r)
{
	struct importer *m = l->engine->importer;
	int64_t line = l->import->line + 1;
	const struct csv *c;
	struct import_row row;
	struct fault why;
	int r = import_file_next(m->file, &c, fault_r);
	if (r < 0 || r == CSV_END)
		return r < 0 ? -1 : last_row(l, c, fault_r);
	l->import->line += c->lines;
	if (r == CSV_REST || (r == CSV_RECORD && csv_is_blank(c)))
		return 1;
	l->import->total++;
	const char *wrong = record_wrong((enum csv_result)r, c);
	if (wrong == NULL &&
	    import_row_read(l->arena, &m->plan, c->fields, c->n_fields, &row,
		&why) != 0)
		wrong = why.text;
	return (wrong != NULL ? row_failed(l, line, wrong, fault_r)
			      : do_row(l, line, &row, fault_r)) == 0
	    ? 1
	    : -1;
}

/* ---- what everybody joins ------------------------------------------------
 */

struct gone {
	bool is_topic;
	int64_t id;
};

/* A segment or topic of the plan that is not there. 1, 0 all are, -1 */
static int
find_gone(struct txn *t, struct arena *a, const struct import_plan *p,
    struct gone *gone_r, struct fault *fault_r)
{
	struct segment s;
	struct topic topic;
	int rc = 1;
	for (int i = 0; rc == 1 && i < p->n_segments; i++) {
		*gone_r = (struct gone){ false, p->segments[i] };
		rc = store_segment_get(t, a, gone_r->id, &s, fault_r);
	}
	for (int i = 0; rc == 1 && i < p->n_topics; i++) {
		*gone_r = (struct gone){ true, p->topics[i].topic };
		rc = store_topic_get(t, a, gone_r->id, &topic, fault_r);
	}
	return rc < 0 ? -1 : rc == 0;
}

/* Nobody is imported to where he was not meant to be: what everybody joins must
 * be there still. 0 or -1 */
static int
check_still(struct labour *l, struct fault *fault_r)
{
	char id[ID_UUID_LEN];
	struct gone gone;
	int rc = find_gone(l->txn, l->arena, &l->engine->importer->plan, &gone,
	    fault_r);
	return rc == 1
	    ? fault(fault_r, FAULT_INVALID,
		  "The %s %s was deleted meanwhile: what begins at line %lld "
		  "was not imported.",
		  gone.is_topic ? "topic" : "segment", id_uuid(gone.id, id),
		  (long long)l->import->line + 1)
	    : rc;
}

/* ---- the work ------------------------------------------------------------ */

/* Has the plan and the file of an import at hand, at the cursor. 0 or -1 */
static int
take_up(struct labour *l, struct job *j, struct fault *fault_r)
{
	struct importer *m = l->engine->importer;
	struct import *i = l->import;
	if (m->id != i->id) {
		let_go(m);
		m->arena = arena_new();
		if (import_plan_read(m->arena, i->options, &m->plan, fault_r) !=
		    0)
			return -1;
		m->file = import_file_open(import_path(l->arena,
					       state_dir(l->engine), i->id),
		    &m->plan, fault_r);
		if (m->file == NULL)
			return -1;
		m->id = i->id;
	}
	if (j->cursor == 0) {
		j->cursor = m->plan.start;
		i->line = m->plan.line;
	}
	import_file_seek(m->file, j->cursor);
	return check_still(l, fault_r);
}

/* The import has ended; its file goes once that is on disk. */
static void
end(struct labour *l, enum import_status status, const char *error)
{
	struct importer *m = l->engine->importer;
	l->import->status = status;
	l->import->error = error;
	l->import->completed_ms = l->now_ms;
	let_go(m);
	if (m->n_ended < ENDED_MAX)
		m->ended[m->n_ended++] = l->import->id;
	log_info("import %s rows=%lld created=%lld updated=%lld skipped=%lld "
		 "failed=%lld error=%s",
	    import_status_name(status), (long long)l->import->total,
	    (long long)l->import->created, (long long)l->import->updated,
	    (long long)l->import->skipped, (long long)l->import->failed,
	    log_text(error != NULL ? error : ""));
}

/* Some rows, in a part of the work: 1 there are more, 0, -1. What is wrong with
 * the file is told in why, and is no fault of the work's, unless it may go on
 * later. One row may join a
 * hundred segments, and begin as many runs. */
static int
some_rows(struct labour *l, struct job *j, struct fault *why)
{
	int rc = 1;
	if (take_up(l, j, why) != 0)
		return -1;
	l->import->status = IMPORT_IN_PROGRESS;
	for (int n = 0; n < ROWS && rc == 1; n++) {
		if (n > 0 && share_is_over(l->share))
			break;
		rc = next_row(l, why);
	}
	if (rc >= 0)
		j->cursor = import_file_place(l->engine->importer->file);
	return rc;
}

int
importer_go_on(struct engine *e, struct txn *t, struct arena *a, struct job *j,
    const struct share *share, int64_t now_ms, struct fault *fault_r)
{
	struct fault why = { 0 };
	struct import i, was;
	struct part part;
	struct labour l = { e, t, a, &i, share, now_ms };
	int rc = store_import_get(t, a, j->subject, &i, fault_r);
	if (rc != 1 || i.completed_ms != 0)
		return rc < 0 ? -1 : 0;
	was = i;
	if (part_begin(e, t, &part, fault_r) != 0)
		return -1;
	/* Webhooks are told of no contact that a file brings. */
	hooks_hush(e, true);
	rc = some_rows(&l, j, &why);
	hooks_hush(e, false);
	int kept = part_end(e, t, &part, rc, &why, fault_r);
	if (kept < 0)
		return -1;
	if (kept == 0 && why.kind == FAULT_INTERNAL) {
		let_go(e->importer);
		*fault_r = why;
		return -1;
	}
	j->done = i.total;
	if (kept == 0) {
		i = was;
		end(&l, IMPORT_FAILED, arena_strdup(a, why.text));
	} else if (rc == 0) {
		end(&l, IMPORT_COMPLETED, NULL);
	}
	return store_import_update(t, &i, fault_r) != 0 ? -1 : rc == 1;
}

/* ---- the beginning --------------------------------------------------------
 */

/* What everybody joins must be there. 0 or -1 */
static int
check_plan(struct txn *t, struct arena *a, const struct import_plan *p,
    struct fault *fault_r)
{
	struct segment s;
	struct gone gone;
	int rc = find_gone(t, a, p, &gone, fault_r);
	if (rc == 1)
		return fault(fault_r, FAULT_NOT_FOUND, "%s not found",
		    gone.is_topic ? "Topic" : "Audience");
	for (int i = 0; rc == 0 && i < p->n_segments; i++) {
		rc = store_segment_get(t, a, p->segments[i], &s, fault_r) < 0;
		if (rc == 0 && s.filter != NULL)
			rc = fault(fault_r, FAULT_INVALID,
			    "The members of the segment `%s` are chosen by "
			    "its filter.",
			    s.name);
	}
	return rc != 0 ? -1 : 0;
}

int
engine_import_begin(struct engine *e, struct txn *t, struct arena *a,
    struct import *i, const struct import_plan *p, int64_t now_ms,
    struct fault *fault_r)
{
	i->options = import_plan_text(a, p);
	return check_plan(t, a, p, fault_r) != 0 ||
		store_import_insert(t, i, fault_r) != 0
	    ? -1
	    : jobs_begin(e, t, JOB_IMPORT, i->id, NULL, now_ms, fault_r);
}
