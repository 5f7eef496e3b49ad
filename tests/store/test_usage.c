/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many contacts there are, however far they were counted when one came or
 * went.
 */
#include "store/usage.h"

#include <stdio.h>

#include "base/log.h"
#include "store/contacts.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

static struct store *store;

/* n contacts behind the id text says. */
static int
fill(struct txn *t, struct job *j, struct fault *f)
{
	for (int64_t i = 0; i < j->n; i++) {
		char key[40];
		const struct contact c = { .id = j->result + i,
			.email_key = key };
		snprintf(key, sizeof(key), "c%lld@example.com",
		    (long long)c.id);
		if (store_contact_insert(t, &c, f) != 0)
			return -1;
	}
	return 0;
}

static int
drop(struct txn *t, struct job *j, struct fault *f)
{
	return store_contact_delete(t, j->n, f) < 0 ? -1 : 0;
}

static int
count_on(struct txn *t, struct job *j, struct fault *f)
{
	j->result = store_contact_count_on(t, (int)j->n, f);
	return j->result < 0 ? -1 : 0;
}

static int
count(struct txn *t, struct job *j, struct fault *f)
{
	bool is_whole;
	if (store_contact_count(t, &j->result, &is_whole, f) != 0)
		return -1;
	j->n = is_whole;
	return 0;
}

static int64_t
done(int (*run)(struct txn *, struct job *, struct fault *), int64_t n,
    int64_t from)
{
	struct job j = { .run = run, .n = n, .result = from };
	rig_do(store, &j);
	return j.result;
}

static void
expect(int64_t n, bool is_whole, const char *what)
{
	struct job j = { .run = count };
	rig_do(store, &j);
	is_int(j.result, n, what);
	ok((j.n != 0) == is_whole, "which is %s", is_whole ? "all" : "not all");
}

int
main(void)
{
	struct store_options o = rig_options("usage.db");
	store = rig_open(&o);
	expect(0, true, "nobody at first");
	done(fill, 100, 1000);
	expect(100, true, "new ones are counted when asked for");
	is_int(done(count_on, 60, 0), 60, "some are counted before");
	expect(100, true, "which changes nothing");
	done(drop, 1000, 0);
	expect(99, true, "one that was counted goes");
	done(drop, 1099, 0);
	expect(98, true, "one that was not");
	done(drop, 1059, 0);
	done(drop, 1060, 0);
	expect(96, true, "the last that was, and the first that was not");
	done(drop, 1000, 0);
	expect(96, true, "nobody goes twice");
	is_int(done(count_on, 60, 0), 38, "the rest is counted");
	is_int(done(count_on, 60, 0), 0, "until there is no more");
	done(fill, 25000, 2000);
	expect(20096, false, "of very many new ones, some");
	while (done(count_on, 2000, 0) == 2000)
		;
	expect(25096, true, "until they are counted");
	rig_close(store);
	return tap_done();
}
