/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store as its threads see it: one writer, a checkpointer that copies the
 * log, and pools of readers, composers, one that computes and, beside the
 * database, porters.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/id.h"
#include "store/fifo.h"
#include "store/store_private.h"

enum {
	POOL_MAX = 64,    /* the most store.readers may say */
	LATENCIES = 4096, /* commits whose time is remembered */
	POOL_CACHE = 2 << 20,
	PORTERS = 2, /* one goes on while another waits for a disk */
};

/* Threads that share a queue; dbs are NULL where they want no database. */
struct pool {
	struct store *store;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct fifo queue;
	pthread_t threads[POOL_MAX];
	struct db *dbs[POOL_MAX];
	int n;
	bool stop;
};

struct store {
	struct store_options options;
	char *path, *directory;
	struct store_hooks hooks;

	struct db *db; /* the writer's */
	unsigned undone;
	struct id_source ids;
	int64_t node;

	/* the writer's queue */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct fifo lanes[STORE_LANES];
	uint64_t lanes_used;   /* a bit per lane that is not empty */
	struct fifo urgent;    /* essential works: they go first */
	atomic_bool is_urgent; /* there are some */
	bool hurry;            /* what waits is not to wait for more */
	int64_t until_us;      /* else until then, by the steady clock */
	unsigned turn;
	bool stop;
	pthread_t writer;

	struct pool readers, composers, computer, porters;

	/* the log */
	pthread_t checkpointer;
	pthread_mutex_t checkpoint_lock; /* one checkpoint at a time */
	pthread_cond_t checkpoint_wake;
	bool checkpoint_stop;
	struct db *checkpoint_db;
	/* bytes the last checkpoint left, and had copied; by the lock */
	int64_t log_left, log_copied;
	pthread_rwlock_t
	    gate; /* readers in, or the writer restarting the log */
	atomic_bool is_full, checkpoint_asked;

	/* works done, for the loop */
	pthread_mutex_t done_lock;
	struct fifo done;
	int done_fd;
	atomic_int pending;

	pthread_mutex_t figures_lock;
	struct store_figures figures;
	int64_t latencies[LATENCIES];
	int n_latencies;
	struct backup *backup;
	bool started;
};

/* Starts a thread; there is one to be had. */
void thread_start(pthread_t *, void *(*main_fn)(void *), void *arg);
/* Hands a chain of finished works to the loop with one wake-up. */
void store_hand_back(struct store *, struct work *chain);

/* ---- transactions ------------------------------------------------------ */

/* Ends the transaction. 0 when a commit is on disk; -1 and nothing is. */
int txn_end(struct txn *, bool commit, struct fault *fault_r);
/* A work that failed has a fault; one that did not has none, also when it met
 * one on its way and went round it. rc is what its run() returned. */
void work_settle_fault(struct work *, int rc);
/* Runs one work in its savepoint. False when the transaction is lost. */
bool work_run(struct txn *, struct work *);

/* ---- threads ----------------------------------------------------------- */

/* The writer's; arg is the store. */
void *writer_main(void *arg);

/* The checkpointer's; arg is the store. */
void *wal_main(void *arg);
/* After a batch: wakes the checkpointer when there is enough for it to do, and
 * lets the log begin anew when it is time. *asked_at is the caller's, 0 at
 * first. */
void wal_tend(struct store *, int64_t *asked_at);

/* A pool without connections; starts no thread. */
void pool_init(struct pool *, struct store *, int n);
/* The same with them. 0 or -1. */
int pool_open(struct pool *, struct store *, int n, struct fault *fault_r);
void pool_start(struct pool *);
/* Ends its threads, after what was submitted. */
void pool_stop(struct pool *);
void pool_close(struct pool *);

/* ---- figures ----------------------------------------------------------- */

/* A batch of so many works took so long to commit. */
void figures_note_commit(struct store *, int n, int64_t us, bool good);
void figures_note_checkpoint(struct store *);
void figures_note_restart(struct store *);
