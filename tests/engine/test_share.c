/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What long work has of a batch: all of its share while nobody asks for
 * anything, a quarter once somebody waits for the next batch.
 */
#include "engine/share.h"

#include "base/clock.h"
#include "base/log.h"
#include "tests/store/rig.h"
#include "tests/tap.h"

enum { SHARE_US = 1000000 };

static struct store *store;

/* Stands in the writer until others wait, or not; then works for its share. */
struct labour {
	struct gate gate;
	bool awaited;
	int64_t took_us;
};

static int
labour_run(struct txn *t, struct job *j, struct fault *f)
{
	struct labour *l = container_of(container_of(j, struct gate, job),
	    struct labour, gate);
	(void)f;
	gate_pass(&l->gate);
	l->awaited = txn_is_awaited(t);
	const struct share share = share_begin(t, SHARE_US);
	int64_t began = clock_mono_us();
	while (!share_is_over(&share))
		;
	l->took_us = clock_mono_us() - began;
	return 0;
}

static void
work_with(struct labour *l, struct job *other)
{
	gate_init(&l->gate);
	l->gate.job.run = labour_run;
	job_write(store, &l->gate.job);
	gate_entered(&l->gate);
	if (other != NULL)
		job_write(store, other);
	gate_open(&l->gate);
	ok(rig_settle(store), "the batch ends");
}

static int
one_more(struct txn *t, struct job *j, struct fault *f)
{
	j->result = txn_is_awaited(t);
	(void)f;
	return 0;
}

int
main(void)
{
	struct labour alone = { .awaited = true }, watched = { 0 };
	struct job other = { .run = one_more, .result = -1 };
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct store_options o = rig_options("share.db");
	store = rig_open(&o);
	work_with(&alone, NULL);
	ok(!alone.awaited, "nobody waits");
	ok(alone.took_us >= SHARE_US, "the whole share is had: %lld us",
	    (long long)alone.took_us);
	work_with(&watched, &other);
	ok(watched.awaited, "somebody waits");
	ok(watched.took_us >= SHARE_US / 4 && watched.took_us < SHARE_US,
	    "a quarter is had: %lld us", (long long)watched.took_us);
	is_int(other.result, 0, "who waited comes next, and nobody after it");
	rig_close(store);
	return tap_done();
}
