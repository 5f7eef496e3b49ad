/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store: the one room that knows SQL, and the threads that use it. Work
 * comes in from the loop, is done in a transaction on the writer's or a
 * reader's thread, and its done() is called back on the loop's thread.
 *
 * Group commit: the writer's next batch is what came in while the last one
 * was being written; it shares one transaction and one fsync. Each work has a
 * savepoint of its own, so that a bad one fails alone.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"
#include "base/fault.h"

struct store;
struct txn;

struct store_options {
	const char *path;
	const char *node_name;
	int64_t cache_size;     /* of the writer's connection, bytes */
	int64_t wal_limit;      /* the log is restarted at this size */
	int64_t wal_reserve;    /* beyond it, for what must be recorded */
	int readers, composers; /* threads */
	int batch_items, batch_ms;
	/* for tests */
	const char *vfs;
	bool no_sync;
};

enum { STORE_LANES = 64 };

/*
 * A piece of work, owned by who made it until done() was called. run() may be
 * called more than once and must have no effect outside the transaction and
 * its own work.
 */
struct work {
	/* 0, or -1 with w->fault. */
	int (*run)(struct txn *, struct work *);
	/* On the loop. w->fault.kind is FAULT_NONE when it is on disk. */
	void (*done)(struct work *);
	unsigned lane; /* works of one lane keep their order; lanes share */
	/* An answer of the MTA and the like: goes on while the disk is full,
	 * and before all others, whatever its lane. */
	bool essential;
	/* May wait a moment for others that its commit is shared with. */
	bool patient;
	struct fault fault;
	struct work *next;
};

/* What the engine does around a batch; all on the writer's thread. */
struct store_hooks {
	/* After the batch's works, in the same transaction. May be run again
	 * for the same batch. is_full: write nothing that could wait. */
	int (*batch_end)(void *arg, struct txn *, bool is_full, struct fault *);
	/* The batch is on disk, or not. */
	void (*batch_done)(void *arg, bool committed);
	void *arg;
};

/* Opens, migrates and reserves; starts no thread. NULL with fault_r. */
struct store *store_open(const struct store_options *, struct fault *fault_r);
/* A store in memory, without threads or file, for store_run_now() alone; gone
 * when it is closed. NULL with fault_r. */
struct store *store_open_scratch(struct fault *fault_r);
void store_set_hooks(struct store *, const struct store_hooks *);
/* Starts the threads. */
void store_start(struct store *);
/* Finishes what was submitted, joins the threads, closes. */
void store_stop(struct store *);
void store_close(struct store *);

void store_write(struct store *, struct work *);
/* Patient works that wait are not to wait any longer. */
void store_hurry(struct store *);
void store_read(struct store *, struct work *);
/* On the composers' threads: like store_read, beside the API's readers. */
void store_compose(struct store *, struct work *);
/* For what reads a little and computes for long: one after the other, on a
 * thread of its own. Its run() says txn_let_go() in between. */
void store_compute(struct store *, struct work *);
/* For what wants nothing of the database and may wait for a disk or take long:
 * large bodies and files. Its transaction is none; nobody who reads waits for
 * it. */
void store_aside(struct store *, struct work *);

/* Readable when works are done; store_dispatch() then calls their done(). */
int store_fd(const struct store *);
void store_dispatch(struct store *);
/* Works submitted whose done() was not called yet. */
int store_pending(struct store *);

/* Figures for status and metrics; may be read from any thread. */
struct store_figures {
	int64_t batches, items, failed_batches, wal_bytes, wal_peak_bytes;
	int64_t checkpoints, commit_us_total, commit_us_max, wal_restarts;
	bool is_full;
};
void store_figures(struct store *, struct store_figures *);
/* Latency of the commits since the last call: p50 and p99 in microseconds. */
void store_commit_latency(struct store *, int64_t *p50_r, int64_t *p99_r);

/* ---- within a transaction --------------------------------------------- */

/* A new id, larger than all before; write transactions only. */
int64_t txn_new_id(struct txn *, int64_t now_ms);
/* A part of a work that may fail alone: what it wrote goes with it. */
int txn_nested_begin(struct txn *, struct fault *fault_r);
int txn_nested_end(struct txn *, bool keep, struct fault *fault_r);
/* Counts what was undone, be it a part, a work or a batch: what was read of a
 * row written since may never have been true. */
unsigned txn_undone(const struct txn *);
/* Whether works wait for the next batch. */
bool txn_is_awaited(const struct txn *);
/* What was read is enough: the reading ends here, and what the work does from
 * now on holds up nobody. Nothing where the transaction is one that writes. */
void txn_let_go(struct txn *);
/* This node's number. */
int64_t txn_node(const struct txn *);
/* Counts changes of automations: what was loaded at another value is stale. */
int64_t txn_automations_version(struct txn *);
/* Pages of the database that hold nothing. 0 or -1. */
int store_free_pages(struct txn *, int64_t *n_r, struct fault *fault_r);
/*
 * Gives up to that many of them back: the file becomes shorter once the log
 * was copied. A page costs about as much as a row that is written, so a slice
 * is some hundred. Returns how many, or -1.
 */
int store_give_back(struct txn *, int pages, struct fault *fault_r);
/* Runs one work outside any thread, for tests and tools: begin, run, commit. */
int store_run_now(struct store *, struct work *);
