/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * fill DATABASE CONTACTS RUNS: makes a database as it is after a long time of
 * use: contacts, and completed runs spread over them, each with the event that
 * started it and a step behind it. All of it goes through the store's own
 * functions; only the disk is not waited for before the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "model/contact.h"
#include "model/run.h"
#include "store/automations.h"
#include "store/contacts.h"
#include "store/events.h"
#include "store/runs.h"
#include "store/store.h"
#include "tests/bench/common.h"

enum { SLICE = 100000 };

static const int64_t MONTH_MS = INT64_C(30) * 24 * 3600 * 1000;

static struct {
	int64_t n_contacts, n_runs;
	int64_t began_ms;  /* when the first of them was made */
	int64_t *contacts; /* their ids */
	struct automation automation;
	int64_t event_name;
} whole;

/* A slice of the rows of one kind. */
struct slice {
	struct work work;
	int (*make)(struct txn *, struct arena *, int64_t i, struct fault *);
	int64_t from, to;
};

/* The automation the runs were runs of; it is over. */
static int
make_automation(struct txn *t, struct arena *a, int64_t i, struct fault *f)
{
	struct automation *m = &whole.automation;
	(void)a, (void)i;
	*m = (struct automation){ .id = txn_new_id(t, whole.began_ms),
		.name = "Last month's" };
	if (store_automation_insert(t, m, f) != 0 ||
	    store_graph_insert(t, m->num,
		"{\"steps\":[{\"key\":\"start\","
		"\"type\":\"trigger\",\"config\":{\"event_name\":"
		"\"user.created\"}}],\"connections\":[]}",
		&m->version, f) != 0 ||
	    store_automation_update(t, m, f) != 0)
		return -1;
	return store_name_insert(t, "user.created", &whole.event_name, f);
}

static int
make_contact(struct txn *t, struct arena *a, int64_t i, struct fault *f)
{
	const char *email = arena_printf(a, BENCH_EMAIL, (long long)i);
	struct contact c = { .id = txn_new_id(t, whole.began_ms),
		.email_key = email,
		.email = email,
		.first_name = "Ada",
		.last_name = "Lovelace",
		.properties = "{\"plan\":\"pro\"}" };
	whole.contacts[i] = c.id;
	return store_contact_insert(t, &c, f);
}

static int
make_run(struct txn *t, struct arena *a, int64_t i, struct fault *f)
{
	int64_t now = whole.began_ms + MONTH_MS * i / whole.n_runs;
	int64_t who = bench_contact(i, whole.n_contacts);
	struct event e = { .id = txn_new_id(t, now),
		.contact = whole.contacts[who],
		.payload = arena_printf(a, BENCH_PAYLOAD, (long long)who) };
	struct run r = { .id = txn_new_id(t, now),
		.automation = whole.automation.num,
		.version = whole.automation.version,
		.contact = e.contact,
		.event = e.id,
		.status = RUN_COMPLETED,
		.seq = 2,
		.entered_ms = now,
		.finished_ms = now,
		.payload = e.payload };
	struct run_step s = { .seq = 1,
		.step = 1,
		.status = STEP_COMPLETED,
		.started_ms = now,
		.finished_ms = now,
		.output = "{\"email_id\":"
			  "\"019b0e1c-7a3f-8123-8c55-2f1d0b6a7c40\"}" };
	if (store_event_insert(t, &e, whole.event_name, EVENT_STARTED, f) !=
		0 ||
	    store_run_insert(t, &r, f) != 0)
		return -1;
	return store_step_insert(t, &r, &s, f);
}

static int
slice_run(struct txn *t, struct work *w)
{
	struct slice *s = container_of(w, struct slice, work);
	struct arena *a = arena_new();
	int rc = 0;
	for (int64_t i = s->from; rc == 0 && i < s->to; i++)
		rc = s->make(t, a, i, &w->fault);
	arena_free(a);
	return rc;
}

static void
slice_done(struct work *w)
{
	if (w->fault.kind != FAULT_NONE)
		fatal("%s", w->fault.text);
}

/* Makes n rows; two slices are under way at a time. */
static void
fill(struct store *store, int64_t n,
    int (*make)(struct txn *, struct arena *, int64_t, struct fault *))
{
	struct slice slices[2] = { 0 };
	struct pollfd wait = { .fd = store_fd(store), .events = POLLIN };
	int64_t at = 0;
	for (int turn = 0; at < n || store_pending(store) > 0; turn ^= 1) {
		while (store_pending(store) > (at < n)) {
			if (poll(&wait, 1, -1) < 0 && errno != EINTR)
				fatal("poll failed");
			store_dispatch(store);
		}
		if (at >= n)
			continue;
		struct slice *s = &slices[turn];
		*s = (struct slice){ .work = { .run = slice_run,
					 .done = slice_done },
			.make = make,
			.from = at };
		at = s->to = at + SLICE < n ? at + SLICE : n;
		store_write(store, &s->work);
	}
}

/* The disk is waited for once, here. */
static void
sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		fatal("%s: %s", path, strerror(errno));
	close(fd);
}

int
main(int argc, char **argv)
{
	struct fault f;
	if (argc != 4)
		return 64;
	const struct store_options o = { .path = argv[1],
		.node_name = "bench",
		.cache_size = 512 << 20,
		.wal_limit = 512 << 20,
		.wal_reserve = 1 << 20,
		.readers = 1,
		.composers = 1,
		.batch_items = 1,
		.batch_ms = 1000,
		.no_sync = true };
	int64_t began = clock_mono_us();
	log_set_level(LOG_LEVEL_ERROR);
	whole.n_contacts = atoll(argv[2]);
	whole.n_runs = atoll(argv[3]);
	whole.began_ms = clock_now_ms() - MONTH_MS;
	whole.contacts =
	    xcalloc((size_t)whole.n_contacts + 1, sizeof(*whole.contacts));
	struct store *store = store_open(&o, &f);
	if (store == NULL)
		fatal("%s", f.text);
	store_start(store);
	fill(store, 1, make_automation);
	fill(store, whole.n_contacts, make_contact);
	fill(store, whole.n_runs, make_run);
	store_close(store);
	free(whole.contacts);
	sync_file(argv[1]);
	printf("%.1f s\n", (double)(clock_mono_us() - began) / 1e6);
	return 0;
}
