/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/usage.h"

#include "base/fault.h"
#include "store/rows.h"
#include "store/settings.h"

enum { NEWER_MAX = 20000 };

static const char count_name[] = "contacts", mark_name[] = "contacts_counted";

/* Contacts behind an id: how many, and the last one's. */
struct slice {
	int64_t last, n;
};

static void
read_slice(struct db *db, enum sql n, struct arena *a, void *item)
{
	struct slice *s = item;
	(void)a;
	*s = (struct slice){ db_int(db, n, 0), db_int(db, n, 1) };
}

/* What was counted, and up to which id; 0 before the first time. */
static int
read_counted(struct txn *t, struct slice *s, struct fault *fault_r)
{
	*s = (struct slice){ 0 };
	return store_setting_get(t, count_name, &s->n, fault_r) < 0 ||
		store_setting_get(t, mark_name, &s->last, fault_r) < 0
	    ? -1
	    : 0;
}

static int
count_behind(struct txn *t, int64_t id, int64_t rows, struct slice *s,
    struct fault *fault_r)
{
	return txn_first(t, SQL_CONTACT_SLICE, read_slice, NULL, s, fault_r,
		   "ii", id, rows) == 1
	    ? 0
	    : -1;
}

int
store_contact_count_on(struct txn *t, int rows, struct fault *fault_r)
{
	struct slice counted, more;
	if (read_counted(t, &counted, fault_r) != 0 ||
	    count_behind(t, counted.last, rows, &more, fault_r) != 0)
		return -1;
	if (more.n == 0)
		return 0;
	return store_setting_put(t, count_name, counted.n + more.n, fault_r) !=
		    0 ||
		store_setting_put(t, mark_name, more.last, fault_r) != 0
	    ? -1
	    : (int)more.n;
}

int
store_contact_count(struct txn *t, int64_t *n_r, bool *is_whole_r,
    struct fault *fault_r)
{
	struct slice counted, newer;
	if (read_counted(t, &counted, fault_r) != 0 ||
	    count_behind(t, counted.last, NEWER_MAX, &newer, fault_r) != 0)
		return -1;
	*n_r = counted.n + newer.n;
	*is_whole_r = newer.n < NEWER_MAX;
	return 0;
}

int
store_segment_count(struct txn *t, int64_t *n_r, struct fault *fault_r)
{
	return txn_int(t, SQL_SEGMENT_COUNT, n_r, fault_r, "") == 1 ? 0 : -1;
}
