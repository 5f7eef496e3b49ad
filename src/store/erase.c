/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/erase.h"

#include "base/fault.h"
#include "store/rows.h"

int
store_erase_runs(struct txn *t, int64_t contact, int limit,
    struct fault *fault_r)
{
	return txn_prune(t, SQL_ERASE_STEPS, contact, limit, fault_r) < 0
	    ? -1
	    : txn_prune(t, SQL_ERASE_RUNS, contact, limit, fault_r);
}

int
store_erase_emails(struct txn *t, int64_t contact, int limit,
    struct fault *fault_r)
{
	static const enum sql beside[] = { SQL_ERASE_PARTS,
		SQL_ERASE_RECIPIENTS, SQL_ERASE_ATTACHMENTS };
	for (size_t i = 0; i < N_OF(beside); i++)
		if (txn_prune(t, beside[i], contact, limit, fault_r) < 0)
			return -1;
	return txn_prune(t, SQL_ERASE_EMAILS, contact, limit, fault_r);
}

/* A mail to an address, and whether it has yet to go to others, too. */
struct mail_to {
	int64_t id;
	bool is_shared;
};

static void
read_mail_to(struct db *db, enum sql n, struct arena *a, void *item)
{
	(void)a;
	*(struct mail_to *)item = (struct mail_to){ .id = db_int(db, n, 0),
		.is_shared = db_int(db, n, 1) != 0 };
}

/* Removes an app's mail with what lies beside it. */
static int
erase_direct(struct txn *t, int64_t id, struct fault *fault_r)
{
	static const enum sql all[] = { SQL_PARTS_DELETE, SQL_RECIPIENTS_DELETE,
		SQL_ATTACHMENTS_DELETE, SQL_EMAIL_DELETE };
	for (size_t i = 0; i < N_OF(all); i++)
		if (txn_exec(t, all[i], fault_r, "i", id) != 0)
			return -1;
	return 0;
}

/* Takes an address off a mail that has yet to go to others: one of these is
 * what it is known by from now on. */
static int
forget_recipient(struct txn *t, int64_t id, const char *email_key,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_RECIPIENT_FORGET, fault_r, "it", id,
		   email_key) != 0
	    ? -1
	    : txn_exec(t, SQL_EMAIL_READDRESS, fault_r, "it", id, email_key);
}

int
store_erase_mail_to(struct txn *t, struct arena *a, const char *email_key,
    int limit, struct fault *fault_r)
{
	static const struct row_type rows = { sizeof(struct mail_to),
		read_mail_to };
	struct list list;
	if (txn_list(t, SQL_RECIPIENT_SETTLED, &rows, a, LIMIT(limit), &list,
		fault_r, "tl", email_key, limit) != 0)
		return -1;
	const struct mail_to *all = list.items;
	for (int i = 0; i < list.n; i++)
		if ((all[i].is_shared
			    ? forget_recipient(t, all[i].id, email_key, fault_r)
			    : erase_direct(t, all[i].id, fault_r)) != 0)
			return -1;
	return list.n;
}

int
store_erase_events(struct txn *t, int64_t contact, const char *email_key,
    int64_t before, int limit, int64_t *cursor_r, struct fault *fault_r)
{
	int64_t last;
	if (txn_int(t, SQL_EVENT_BEHIND, &last, fault_r, "iii", *cursor_r,
		before, (int64_t)limit) != 1)
		return -1;
	if (last == 0)
		return 0;
	if (txn_exec(t, SQL_ERASE_EVENTS, fault_r, "iiit", *cursor_r, last,
		contact, email_key) != 0)
		return -1;
	*cursor_r = last;
	return 1;
}
