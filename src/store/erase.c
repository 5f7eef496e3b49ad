/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/erase.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "model/address.h"
#include "store/rows.h"

enum { TALES = 250 /* of webhooks, at a time: some have to be parsed */ };

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

/* ---- what is told of an address ------------------------------------------ */

/* What a webhook is told. */
struct tale {
	int64_t id;
	const char *payload;
};

static void
read_tale(struct db *db, enum sql n, struct arena *a, void *item)
{
	*(struct tale *)item =
	    (struct tale){ db_int(db, n, 0), db_text(db, n, 1, a) };
}

static bool
is_of_address(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
	    (c != '\0' && strchr("+-_.", c) != NULL);
}

/* Whether a text has the address, and not as a part of another one. */
static bool
text_names(const char *text, const char *email_key)
{
	size_t n = strlen(email_key);
	for (const char *p = text; (p = strcasestr(p, email_key)) != NULL; p++)
		if ((p == text || !is_of_address(p[-1])) &&
		    (!is_of_address(p[n]) ||
			(p[n] == '.' && !is_of_address(p[n + 1]))))
			return true;
	return false;
}

/* Whether a mail goes to it, however the app wrote it. */
static bool
goes_to(struct arena *a, const char *payload, const char *email_key)
{
	struct fault why;
	struct address address;
	const char *key, *text;
	json_t *o = json_parse(a, payload, strlen(payload), &why), *to;
	size_t i;
	json_array_foreach (json_object_get(json_object_get(o, "data"), "to"),
	    i, to) {
		text = json_string_value(to);
		if (text != NULL &&
		    address_parse(a, text, &address, &why) == 0 &&
		    (key = address_key(a, address.mailbox, &why)) != NULL &&
		    strcmp(key, email_key) == 0)
			return true;
	}
	return false;
}

/* What every way to write an address has, in lower case: its local part, unless
 * that has to be quoted. */
static const char *
needle_of(struct arena *a, const char *email_key)
{
	return email_key[0] == '"'
	    ? ""
	    : arena_strndup(a, email_key, strcspn(email_key, "@"));
}

static int
erase_tales(struct txn *t, struct arena *a, const char *email_key,
    int64_t behind, int64_t last, struct fault *fault_r)
{
	static const struct row_type rows = { sizeof(struct tale), read_tale };
	struct list list;
	if (txn_list(t, SQL_HOOK_EVENT_NAMING, &rows, a, ALL_ROWS, &list,
		fault_r, "iit", behind, last, needle_of(a, email_key)) != 0)
		return -1;
	const struct tale *all = list.items;
	for (int i = 0; i < list.n; i++)
		if ((text_names(all[i].payload, email_key) ||
			goes_to(a, all[i].payload, email_key)) &&
		    (txn_exec(t, SQL_HOOK_ATTEMPTS_DELETE, fault_r, "i",
			 all[i].id) != 0 ||
			txn_exec(t, SQL_HOOK_EVENT_DELETE, fault_r, "i",
			    all[i].id) != 0))
			return -1;
	return 0;
}

int
store_erase_told(struct txn *t, struct arena *a, int64_t contact,
    const char *email_key, int64_t before, int limit, int64_t *cursor_r,
    struct fault *fault_r)
{
	int64_t last;
	if (*cursor_r >= before - 1)
		return 0;
	if (txn_int(t, SQL_ERASE_UNTIL, &last, fault_r, "iiii", *cursor_r,
		before, (int64_t)limit, (int64_t)TALES) != 1 ||
	    txn_exec(t, SQL_ERASE_EVENTS, fault_r, "iiit", *cursor_r, last,
		contact, email_key) != 0 ||
	    erase_tales(t, a, email_key, *cursor_r, last, fault_r) != 0)
		return -1;
	*cursor_r = last;
	return last < before - 1;
}
