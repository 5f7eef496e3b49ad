/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole way, with its threads: from a contact that is made to an endpoint
 * that heard of it, over a disk that fails and an end in the middle.
 */
#include "webhook/webhook.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/engine.h"
#include "model/contact.h"
#include "store/webhooks.h"
#include "tests/store/crash_vfs.h"
#include "tests/store/rig.h"
#include "tests/tap.h"
#include "tests/webhook/server.h"

static struct event_base *base;
static struct store *store;
static struct engine *engine;
static struct webhooks *webhooks;
static struct conf *conf;
static struct arena *arena;
static struct server server;
static int64_t webhook;

/* ---- the loop ---------------------------------------------------------------
 */

static void
on_store(int fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	store_dispatch(store);
	if (webhooks != NULL)
		webhooks_arm(webhooks);
}

/* Turns the loop until that is so; false when it took too long. */
static bool
until(bool (*cond)(int), int n)
{
	const struct timeval step = { 0, 5000 };
	int64_t end = clock_mono_us() + (int64_t)RIG_WAIT_MS * 1000;
	while (!cond(n) && clock_mono_us() < end) {
		event_base_loopexit(base, &step);
		event_base_dispatch(base);
	}
	return cond(n);
}

static bool
has_heard(int n)
{
	return server_heard(&server) >= n;
}

static bool
is_quiet(int n)
{
	return store_pending(store) <= n;
}

/* ---- works ------------------------------------------------------------------
 */

/* Does it in the writer's next batch, by the loop. */
static bool
do_write(struct job *j)
{
	job_write(store, j);
	return until(is_quiet, 0) && job_good(j);
}

static int
make_webhook(struct txn *t, struct job *j, struct fault *f)
{
	struct webhook w = { .id = txn_new_id(t, clock_now_ms()),
		.endpoint = server_url(&server, "127.0.0.1"),
		.types = HOOK_ALL,
		.enabled = true };
	j->result = w.id;
	return store_webhook_insert(t, &w, f);
}

static int
make_contact(struct txn *t, struct job *j, struct fault *f)
{
	const struct cause nobody = { 0 };
	struct contact c = { .email = j->text, .email_key = j->text };
	struct arena *a = arena_new();
	int rc = engine_contact_create(engine, t, a, &c, NULL, 0, &nobody,
	    clock_now_ms(), f);
	arena_free(a);
	return rc < 0 ? -1 : 0;
}

static bool
contact(const char *email)
{
	struct job j = { .run = make_contact, .text = email };
	return do_write(&j);
}

/* result: how many of its events have the status n. */
static int
count(struct txn *t, struct job *j, struct fault *f)
{
	const struct page all = { .limit = 100 };
	struct list list;
	j->result = 0;
	if (store_hook_event_list(t, arena, webhook, &all, &list, f) != 0)
		return -1;
	const struct hook_event *e = list.items;
	for (int i = 0; i < list.n; i++)
		j->result += (int64_t)e[i].status == j->n;
	return 0;
}

static int
counted(enum hook_status status)
{
	struct job j = { .run = count, .n = status };
	job_read(store, &j);
	return until(is_quiet, 0) ? (int)j.result : -1;
}

static bool
has_succeeded(int n)
{
	return counted(HOOK_SUCCESS) >= n;
}

/* ---- what happens -----------------------------------------------------------
 */

static void
up(void)
{
	struct store_options o = rig_options("webhook.db");
	struct fault f;
	o.vfs = CRASH_VFS;
	o.no_sync = false;
	if ((store = store_open(&o, &f)) == NULL)
		fatal("%s", f.text);
	engine = engine_new(store, conf, NULL, clock_now_ms);
	store_start(store);
	webhooks = webhooks_new(base, store, engine, conf, clock_now_ms);
}

static void
test_told(void)
{
	struct job j = { .run = make_webhook };
	server_up(&server, ANSWER("200 OK"), 0);
	ok(do_write(&j), "a webhook");
	webhook = j.result;
	ok(contact("a@b.example"), "a contact");
	ok(until(has_heard, 1), "is told of");
	ok(strstr(server.heard, "\"email\":\"a@b.example\"") != NULL,
	    "as it is");
	ok(until(has_succeeded, 1), "that it was heard is noted");
	for (int i = 0; i < 30; i++)
		contact(arena_printf(arena, "b%d@b.example", i));
	ok(until(has_succeeded, 31), "so are many");
	is_int(server_heard(&server), 31, "each once");
}

static void
test_disk(void)
{
	server_hold(&server, true);
	ok(contact("c@b.example") && until(has_heard, 32), "one under way");
	crash_fail_syncs(1);
	server_hold(&server, false);
	ok(until(has_succeeded, 32),
	    "an outcome the disk does not take is offered again");
	is_int(server_heard(&server), 32, "and nothing is sent twice for it");
	struct store_figures f;
	store_figures(store, &f);
	ok(f.failed_batches > 0, "it did not");
}

static void
test_end(void)
{
	char before[REQUEST_MAX];
	server_hold(&server, true);
	ok(contact("d@b.example") && until(has_heard, 33), "one under way");
	int64_t began = clock_mono_us();
	webhooks_stop(webhooks);
	ok(clock_mono_us() - began < 1500000, "the end does not wait for it");
	ok(until(is_quiet, 0), "nothing is left to be noted");
	webhooks_free(webhooks);
	webhooks = NULL;
	snprintf(before, sizeof(before), "%.300s",
	    strstr(server.heard, "svix-id: "));
	is_int(counted(HOOK_PENDING), 1, "it is owed");
	server_hold(&server, false);
	webhooks = webhooks_new(base, store, engine, conf, clock_now_ms);
	ok(until(has_succeeded, 33), "and told after a new start");
	ok(strncmp(strstr(server.heard, "svix-id: "), before, 37) == 0,
	    "under the same id");
}

static void
down(void)
{
	webhooks_drain(webhooks);
	webhooks_stop(webhooks);
	until(is_quiet, 0);
	store_stop(store);
	webhooks_free(webhooks);
	engine_free(engine);
	store_close(store);
	server_down(&server);
}

static struct conf *
load_conf(void)
{
	struct fault f;
	const char *path = rig_path("postflow.conf");
	FILE *file = fopen(path, "w");
	fprintf(file,
	    "state_dir = \"%s\"\nrun_dir = \"%s\"\nnode_name = \"one\"\n"
	    "webhooks { allow_private = yes }\n",
	    tap_dir(), tap_dir());
	fclose(file);
	struct conf *c = conf_load(path, &f);
	if (c == NULL)
		fatal("%s", f.text);
	return c;
}

int
main(void)
{
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	crash_vfs_register();
	arena = arena_new();
	conf = load_conf();
	base = event_base_new();
	up();
	struct event *event = event_new(base, store_fd(store),
	    EV_READ | EV_PERSIST, on_store, NULL);
	event_add(event, NULL);
	test_told();
	test_disk();
	test_end();
	down();
	event_free(event);
	event_base_free(base);
	conf_free(conf);
	arena_free(arena);
	return tap_done();
}
