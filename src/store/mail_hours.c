/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/mail_hours.h"

#include "base/fault.h"
#include "store/rows.h"

int
store_mail_hour_add(struct txn *t, int64_t hour, const char *domain,
    enum mail_metric what, int64_t n, struct fault *fault_r)
{
	return txn_exec(t, SQL_MAIL_HOUR_ADD, fault_r, "itii", hour, domain,
	    (int64_t)what, n);
}

static void
read_hour(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct mail_hour *)item =
	    (struct mail_hour){ db_int(db, n, 0), db_text(db, n, 1, a),
		    (enum mail_metric)db_int(db, n, 2), db_int(db, n, 3) };
}

int
store_mail_hour_sum(struct txn *t, struct arena *a, const struct mail_hours *h,
    int limit, struct list *list_r, struct fault *fault_r)
{
	static const struct row_type rows = { sizeof(struct mail_hour),
		read_hour };
	return txn_list(t, SQL_MAIL_HOUR_SUM, &rows, a, LIMIT(limit), list_r,
	    fault_r, "iiiil", (int64_t)h->by_hour, (int64_t)h->by_domain,
	    h->from, h->until, limit);
}

int
store_mail_hour_prune(struct txn *t, int64_t before, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_MAIL_HOUR_PRUNE, before, limit, fault_r);
}
