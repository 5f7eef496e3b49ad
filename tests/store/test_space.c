/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was deleted gives its pages back, a slice at a time, and the file
 * becomes shorter.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/contacts.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum { CONTACTS = 6000, KEPT = 1000, SLICE = 100 };

static struct store *store;

static int
fill(struct txn *t, struct job *j, struct fault *fault_r)
{
	static char text[3000];
	memset(text, 'x', sizeof(text) - 1);
	for (int64_t i = 0; i < j->n; i++) {
		struct job one = { .n = i, .text = text };
		if (put_contact(t, &one, fault_r) != 0)
			return -1;
	}
	return 0;
}

/* Deletes the older ones, which lie at the beginning of the file. */
static int
empty(struct txn *t, struct job *j, struct fault *fault_r)
{
	for (int64_t i = 0; i < j->n; i++)
		if (store_contact_delete(t, contact_id(i), fault_r) < 0)
			return -1;
	return 0;
}

static int
count_free(struct txn *t, struct job *j, struct fault *fault_r)
{
	return store_free_pages(t, &j->result, fault_r);
}

static int
give_back(struct txn *t, struct job *j, struct fault *fault_r)
{
	int n = store_give_back(t, (int)j->n, fault_r);
	j->result = n;
	return n < 0 ? -1 : 0;
}

static int64_t
do_and_tell(int (*run)(struct txn *, struct job *, struct fault *), int64_t n)
{
	struct job j = { .run = run, .n = n };
	return rig_do(store, &j) == 0 ? j.result : -1;
}

static int64_t
size_of(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

struct size {
	const char *path;
	int64_t most;
};

static bool
is_smaller(void *arg)
{
	const struct size *s = arg;
	return size_of(s->path) <= s->most;
}

static void
test_slices(void)
{
	int64_t before = do_and_tell(count_free, 0), longest = 0, all = 0, n;
	do {
		int64_t began = clock_mono_us();
		n = do_and_tell(give_back, SLICE);
		if (clock_mono_us() - began > longest)
			longest = clock_mono_us() - began;
		all += n;
	} while (n == SLICE);
	printf("# pages=%lld longest_us=%lld\n", (long long)all,
	    (long long)longest);
	ok(before > (CONTACTS - KEPT) * 3 / 4, "what was deleted is free");
	is_int(all, before, "all of it is given back");
	is_int(do_and_tell(count_free, 0), 0, "and none is left");
	is_int(do_and_tell(give_back, SLICE), 0, "then there is nothing to do");
}

int
main(void)
{
	struct store_options o = rig_options("space.db");
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	o.batch_ms = 10000;
	store = rig_open(&o);
	is_int(do_and_tell(count_free, 0), 0, "nothing is free at first");
	do_and_tell(fill, CONTACTS);
	rig_close(store);
	store = rig_open(&o);
	struct size size = { o.path, size_of(o.path) / 2 };
	is_int(do_and_tell(empty, CONTACTS - KEPT), 0, "most is deleted");
	test_slices();
	is_int(do_and_tell(count_contacts, 0), KEPT, "what was kept is there");
	ok(rig_until(store, is_smaller, &size, RIG_WAIT_MS),
	    "the file becomes shorter");
	rig_close(store);
	return tap_done();
}
