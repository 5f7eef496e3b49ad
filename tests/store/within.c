/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/store/within.h"

#include "base/arena.h"
#include "store/store.h"
#include "tests/tap.h"

struct test_work {
	struct work work;
	void (*test)(struct txn *, struct arena *);
};

static int
run(struct txn *t, struct work *w)
{
	struct arena *a = arena_new();
	container_of(w, struct test_work, work)->test(t, a);
	arena_free(a);
	return 0;
}

void
within(struct store *s, void (*test)(struct txn *, struct arena *))
{
	struct test_work w = { .work.run = run, .test = test };
	ok(store_run_now(s, &w.work) == 0, "the transaction is stored");
}
