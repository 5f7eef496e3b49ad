/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * postflowd: builds everything, runs the loop, takes everything down in
 * reverse. As root it binds and reads secrets, nothing else; then it becomes
 * the service user, and only then opens the database and the log file.
 */
#include <errno.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/process.h"
#include "conf/conf.h"
#include "daemon/listen.h"
#include "daemon/lock.h"
#include "daemon/restore.h"
#include "daemon/tls.h"
#include "engine/engine.h"
#include "engine/import_file.h"
#include "http/http.h"
#include "ingest/ingest.h"
#include "mail/letter.h"
#include "mail/token.h"
#include "store/backup.h"
#include "store/store.h"
#include "webhook/webhook.h"

enum {
	SOCKETS_MAX = 32,
	DRAIN_MS = 1200,
	DRAIN_STEP_MS = 10,
	MEMORY_BODY = 256 << 10,
	ARENAS = 8,
	LARGE_PIECE = 1 << 20,
	KEPT_FREE = 4 << 20,
	HEAD_MAX = 32 << 10,
	COMPOSERS = 1,
	FILES_KEPT =
	    400 /* for the store, the MTA, event peers, spooled bodies */
};

/* A socket bound early, served later. */
struct bound {
	int fd;
	enum { BOUND_API, BOUND_PUBLIC, BOUND_API_UNIX, BOUND_EVENTS } kind;
};

struct daemon {
	struct conf *conf;
	const struct conf *first_conf;
	struct process_user user;
	bool has_user; /* root, to become user */
	struct bound bound[SOCKETS_MAX];
	int n_bound;
	struct tls *api_tls, *public_tls;
	struct token_keys *keys;
	struct event_base *base;
	struct store *store;
	struct engine *engine;
	struct api *api;
	struct http_server *http;
	struct ingest *ingest;
	struct webhooks *webhooks;
	struct event *store_event, *drain_event;
	struct event *signals[4];
	int files;              /* descriptors there may be */
	int ready_fd;           /* tells the parent, in the background */
	struct arena *retired;  /* what a reload replaced and threads may use */
	int64_t drain_began_us; /* of the monotonic clock */
	bool is_draining;
};

/* ---- signals and shutdown ---------------------------------------------- */

static bool
all_answered(struct daemon *d)
{
	return store_pending(d->store) == 0 && engine_idle(d->engine) &&
	    api_busy(d->api) == 0 && ingest_busy(d->ingest) == 0;
}

/* Waits for what is in hand, but not for ever. */
static void
on_drain(int fd, short what, void *arg)
{
	struct daemon *d = arg;
	(void)fd, (void)what;
	if (all_answered(d) ||
	    clock_mono_us() - d->drain_began_us > DRAIN_MS * 1000) {
		event_base_loopbreak(d->base);
		return;
	}
	struct timeval soon = { 0, DRAIN_STEP_MS * 1000 };
	event_add(d->drain_event, &soon);
}

static void
on_stop(int number, short what, void *arg)
{
	struct daemon *d = arg;
	(void)what;
	if (d->is_draining)
		return;
	log_info("stopping signal=%d", number);
	process_notify("STOPPING=1");
	d->is_draining = true;
	d->drain_began_us = clock_mono_us();
	store_backup_stop(d->store);
	engine_drain(d->engine);
	webhooks_drain(d->webhooks);
	http_server_drain(d->http);
	ingest_drain(d->ingest);
	on_drain(-1, 0, d);
}

static void
free_keys(void *p)
{
	token_keys_free(p);
}

static void
free_conf(void *p)
{
	conf_free(p);
}

static void
report_reload(void *arg, const char *key, bool reloadable)
{
	(void)arg;
	if (reloadable)
		log_info("reload key=%s", key);
}

static void
report_stay(void *arg, const char *key, bool reloadable)
{
	(void)arg;
	if (!reloadable)
		log_warn("reload key=%s needs a restart; the old value stays",
		    key);
}

static void
reload_tls(struct daemon *d, const struct conf *c)
{
	struct fault f;
	if (tls_reload(d->api_tls, &c->api, &f) != 0 ||
	    tls_reload(d->public_tls, &c->public, &f) != 0) {
		log_error("reload certificates kept error=%s",
		    log_text(f.text));
		return;
	}
	http_server_set_tls(d->http, "api", tls_context(d->api_tls));
	http_server_set_tls(d->http, "public", tls_context(d->public_tls));
}

/* Keys read anew; the old ones are still in use somewhere and stay. 0 or -1 */
static int
reload_keys(struct daemon *d, const struct conf *c)
{
	struct fault f;
	struct token_keys *fresh = token_keys_load(c->signing_keys, false, &f);
	if (fresh == NULL) {
		log_error("reload signing keys kept error=%s",
		    log_text(f.text));
		return -1;
	}
	arena_own(d->retired, d->keys, free_keys);
	d->keys = fresh;
	return 0;
}

/* Everybody signs and verifies with the keys and settings there are now. */
static void
hand_out(struct daemon *d)
{
	engine_set_conf(d->engine, d->conf, d->keys);
	api_set_conf(d->api, d->conf, d->keys);
}

static void
on_keys(void *arg)
{
	struct daemon *d = arg;
	if (reload_keys(d, d->conf) != 0)
		return;
	hand_out(d);
	log_info("signing keys changed path=%s",
	    log_text(d->conf->signing_keys));
}

static void
reload(struct daemon *d, struct conf *fresh)
{
	int n = conf_compare(d->conf, fresh, report_reload, NULL);
	/* What needs a restart is as it was at the start. */
	conf_compare(d->first_conf, fresh, report_stay, NULL);
	log_set_level(fresh->log_level);
	reload_tls(d, fresh);
	reload_keys(d, fresh);
	arena_own(d->retired, d->conf, free_conf);
	d->conf = fresh;
	hand_out(d);
	ingest_set_conf(d->ingest, fresh);
	webhooks_set_conf(d->webhooks, fresh);
	http_server_set_hosts(d->http, "api",
	    (const char *const *)fresh->allow_hosts);
	log_info("reloaded changes=%d", n);
}

static void
on_reload(int number, short what, void *arg)
{
	struct daemon *d = arg;
	struct fault f;
	(void)number, (void)what;
	process_notify("RELOADING=1");
	if (log_reopen() != 0)
		log_error("log file not opened anew error=%s",
		    log_text(strerror(errno)));
	struct conf *fresh = conf_load(d->conf->path, &f);
	if (fresh != NULL)
		reload(d, fresh);
	else
		log_error("reload refused error=%s", log_text(f.text));
	process_notify("READY=1");
}

static void
on_store(int fd, short what, void *arg)
{
	struct daemon *d = arg;
	(void)fd, (void)what;
	store_dispatch(d->store);
	engine_arm(d->engine);
	webhooks_arm(d->webhooks);
}

static void
on_event_log(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		log_warn("libevent: %s", text);
}

/* ---- building ---------------------------------------------------------- */

static int
keep(struct daemon *d, int fd, int kind, struct fault *f)
{
	if (fd < 0)
		return -1;
	if (d->n_bound == SOCKETS_MAX) {
		close(fd);
		return fault(f, FAULT_LIMIT,
		    "At most %d sockets may be "
		    "listened on.",
		    SOCKETS_MAX);
	}
	d->bound[d->n_bound].fd = fd;
	d->bound[d->n_bound++].kind = kind;
	return 0;
}

static int
bind_all(struct daemon *d, struct fault *f)
{
	const struct conf *c = d->conf;
	const struct process_user *u = d->has_user ? &d->user : NULL;
	for (char **w = c->api.listen; w != NULL && *w != NULL; w++)
		if (keep(d, listen_tcp(*w, f), BOUND_API, f) != 0)
			return -1;
	for (char **w = c->public.listen; w != NULL && *w != NULL; w++)
		if (keep(d, listen_tcp(*w, f), BOUND_PUBLIC, f) != 0)
			return -1;
	if (process_make_dir(c->run_dir, 0755, u, f) != 0 ||
	    process_make_dir(c->state_dir, 0750, u, f) != 0 ||
	    process_make_dir(c->spool_dir, 0700, u, f) != 0 ||
	    process_make_dir(import_dir(d->retired, c->state_dir), 0700, u,
		f) != 0 ||
	    keep(d, listen_unix(c->api_socket, u, f), BOUND_API_UNIX, f) != 0)
		return -1;
	return keep(d, listen_unix(c->events_socket, u, f), BOUND_EVENTS, f);
}

static int
load_secrets(struct daemon *d, struct fault *f)
{
	if ((d->api_tls = tls_new(&d->conf->api, f)) == NULL ||
	    (d->public_tls = tls_new(&d->conf->public, f)) == NULL)
		return -1;
	return 0;
}

static int
serve(struct daemon *d, struct fault *f)
{
	const struct http_handler all = api_handler(d->api);
	const struct http_handler public = api_public_handler(d->api);
	const char *const *hosts = (const char *const *)d->conf->allow_hosts;
	for (int i = 0; i < d->n_bound; i++) {
		int fd = d->bound[i].fd, rc = 0;
		switch (d->bound[i].kind) {
		case BOUND_API:
			rc = http_server_listen(d->http, fd, "api", &all,
			    tls_context(d->api_tls), true, hosts, f);
			break;
		case BOUND_PUBLIC:
			rc = http_server_listen(d->http, fd, "public", &public,
			    tls_context(d->public_tls), false, NULL, f);
			break;
		case BOUND_API_UNIX:
			rc = http_server_listen(d->http, fd, "unix", &all, NULL,
			    false, NULL, f);
			break;
		case BOUND_EVENTS:
			d->ingest = ingest_new(d->base, fd, d->store, d->engine,
			    d->conf);
			break;
		}
		if (rc != 0)
			return -1;
	}
	return 0;
}

static int
open_store(struct daemon *d, struct fault *f)
{
	const struct conf *c = d->conf;
	const struct store_options o = { .path = c->database,
		.node_name = c->node_name,
		.cache_size = c->cache_size,
		.wal_limit = c->wal_limit,
		.wal_reserve = c->wal_reserve,
		.readers = c->readers,
		.composers = COMPOSERS,
		.batch_items = c->batch_items,
		.batch_ms = c->batch_ms };
	if ((d->store = store_open(&o, f)) == NULL)
		return -1;
	d->engine = engine_new(d->store, c, d->keys, clock_now_ms);
	d->api = api_new(d->base, d->store, d->engine, c, d->keys);
	if (api_load_keys(d->api, f) != 0)
		return -1;
	return engine_recover(d->engine, f);
}

static int
open_http(struct daemon *d, struct fault *f)
{
	const struct conf *c = d->conf;
	int most =
	    d->files > 2 * FILES_KEPT ? d->files - FILES_KEPT : d->files / 2;
	if (c->max_connections > most)
		log_warn("api.max_connections=%d is cut to %d: files=%d",
		    c->max_connections, most, d->files);
	else
		most = c->max_connections;
	const struct http_limits limits = { .max_connections = most,
		.header_timeout_ms = c->header_timeout_ms,
		.body_timeout_ms = c->body_timeout_ms,
		.idle_timeout_ms = c->idle_timeout_ms,
		.write_timeout_ms = c->body_timeout_ms,
		.head_max = HEAD_MAX,
		.memory_body = MEMORY_BODY,
		.memory_budget = c->memory_budget,
		.spool_dir = c->spool_dir };
	d->http = http_server_new(d->base, &limits, f);
	if (d->http == NULL)
		return -1;
	api_on_keys(d->api, on_keys, d);
	api_set_server(d->api, d->http);
	return 0;
}

static void
catch_signals(struct daemon *d)
{
	static const struct {
		int number;
		event_callback_fn handler;
	} table[] = { { SIGTERM, on_stop }, { SIGINT, on_stop },
		{ SIGHUP, on_reload } };
	for (size_t i = 0; i < N_OF(table); i++) {
		d->signals[i] =
		    evsignal_new(d->base, table[i].number, table[i].handler, d);
		event_add(d->signals[i], NULL);
	}
}

static int
build(struct daemon *d, struct fault *f)
{
	evthread_use_pthreads();
	event_set_log_callback(on_event_log);
	if ((d->base = event_base_new()) == NULL)
		return fault(f, FAULT_INTERNAL, "No event loop to be had.");
	d->keys = token_keys_load(d->conf->signing_keys, true, f);
	if (d->keys == NULL || lock_database(d->conf->database, f) != 0 ||
	    open_store(d, f) != 0 || open_http(d, f) != 0)
		return -1;
	d->store_event = event_new(d->base, store_fd(d->store),
	    EV_READ | EV_PERSIST, on_store, d);
	d->drain_event = evtimer_new(d->base, on_drain, d);
	event_add(d->store_event, NULL);
	d->webhooks =
	    webhooks_new(d->base, d->store, d->engine, d->conf, clock_now_ms);
	catch_signals(d);
	if (engine_start(d->engine, d->base, f) != 0 || serve(d, f) != 0)
		return -1;
	store_start(d->store);
	return 0;
}

/* Gives every answer that is still owed to the store, then closes. */
static void
take_down(struct daemon *d)
{
	if (d->http != NULL)
		http_server_drain(d->http);
	if (d->engine != NULL)
		engine_stop(d->engine);
	webhooks_stop(d->webhooks);
	while (d->store != NULL && d->store_event != NULL &&
	    store_pending(d->store) > 0)
		event_base_loop(d->base, EVLOOP_ONCE);
	store_stop(d->store);
	ingest_free(d->ingest);
	webhooks_free(d->webhooks);
	http_server_free(d->http);
	api_free(d->api);
	engine_free(d->engine);
	store_close(d->store);
	token_keys_free(d->keys);
	for (size_t i = 0; i < N_OF(d->signals); i++)
		if (d->signals[i] != NULL)
			event_free(d->signals[i]);
	if (d->store_event != NULL)
		event_free(d->store_event);
	if (d->drain_event != NULL)
		event_free(d->drain_event);
	if (d->base != NULL)
		event_base_free(d->base);
	tls_free(d->api_tls);
	tls_free(d->public_tls);
	libevent_global_shutdown();
}

/* ---- start ------------------------------------------------------------- */

static int
usage(void)
{
	fprintf(stderr, "usage: postflowd -c FILE [-f] [-t | -R BACKUP]\n");
	return 2;
}

/* -t: everything that can be wrong before starting. */
static int
check(struct daemon *d, struct fault *f)
{
	if (load_secrets(d, f) != 0)
		return -1;
	if (d->has_user && process_drop(&d->user, f) != 0)
		return -1;
	if (access(d->conf->signing_keys, F_OK) == 0) {
		d->keys = token_keys_load(d->conf->signing_keys, false, f);
		if (d->keys == NULL)
			return -1;
	}
	if (access(d->conf->database, F_OK) == 0 &&
	    access(d->conf->database, R_OK | W_OK) != 0)
		return fault(f, FAULT_DENIED, "%s: %s.", d->conf->database,
		    strerror(errno));
	printf("%s: the configuration is sound\n", d->conf->path);
	return 0;
}

/*
 * Goes to the background. The parent stays until the daemon is ready, so that
 * who started it hears what went wrong, and its exit status says so.
 */
static int
go_back(struct daemon *d, struct fault *f)
{
	int ends[2];
	char ready;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return fault(f, FAULT_INTERNAL, "No pipe to be had: %s.",
		    strerror(errno));
	pid_t pid = fork();
	if (pid < 0)
		return fault(f, FAULT_INTERNAL,
		    "Cannot go to the background: %s.", strerror(errno));
	if (pid > 0) {
		close(ends[1]);
		_exit(read(ends[0], &ready, 1) == 1 ? 0 : 1);
	}
	close(ends[0]);
	d->ready_fd = ends[1];
	setsid();
	return chdir("/") == 0
	    ? 0
	    : fault(f, FAULT_INTERNAL, "/: %s.", strerror(errno));
}

/* Lets the parent go, and what it had open. */
static void
tell_ready(struct daemon *d)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	if (write(d->ready_fd, "R", 1) != 1)
		log_warn("nobody waits for the start");
	close(d->ready_fd);
	if (null > 2)
		close(null);
}

static int
start(struct daemon *d, bool foreground, struct fault *f)
{
	const struct conf *c = d->conf;
	d->files = process_raise_files();
	if (load_secrets(d, f) != 0 || bind_all(d, f) != 0)
		return -1;
	if (!foreground && go_back(d, f) != 0)
		return -1;
	if (d->has_user && process_drop(&d->user, f) != 0)
		return -1;
	if (!foreground &&
	    log_open("postflowd", c->log_target, c->log_level) != 0)
		return fault(f, FAULT_DENIED, "Cannot open the log %s: %s.",
		    c->log_target, strerror(errno));
	log_set_level(c->log_level);
	if (build(d, f) != 0)
		return -1;
	log_info("started version=%s pid=%d files=%d database=%s",
	    PACKAGE_VERSION, (int)getpid(), d->files, c->database);
	process_notify("READY=1");
	if (!foreground)
		tell_ready(d);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *path = SYSCONFDIR "/postflow/postflow.conf";
	const char *backup = NULL;
	bool foreground = false, only_check = false;
	struct daemon d = { 0 };
	struct fault f = { 0 };
	int option, status = 1;
	while ((option = getopt(argc, argv, "c:ftR:")) != -1) {
		if (option == 'c')
			path = optarg;
		else if (option == 'f')
			foreground = true;
		else if (option == 't')
			only_check = true;
		else if (option == 'R')
			backup = optarg;
		else
			return usage();
	}
	if (optind != argc || (backup != NULL && only_check))
		return usage();
	log_open("postflowd", "stderr", LOG_LEVEL_INFO);
	signal(SIGPIPE, SIG_IGN);
	umask(027);
	/* An arena for each thread that works for every mail: where two threads
	 * shared one, a fourth of the processor's time went into waiting for
	 * its lock. Memory stays small by giving back at once what was large,
	 * but not the little that is free for a moment between two mails. */
	mallopt(M_ARENA_MAX, ARENAS);
	mallopt(M_MMAP_THRESHOLD, LARGE_PIECE);
	mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
	d.conf = conf_load(path, &f);
	if (d.conf == NULL) {
		fprintf(stderr, "postflowd: %s\n", f.text);
		return 1;
	}
	d.first_conf = d.conf;
	d.retired = arena_new();
	d.has_user = geteuid() == 0;
	int rc = d.has_user
	    ? process_user_find(d.conf->user, d.conf->group, &d.user, &f)
	    : 0;
	if (rc == 0 && (only_check || backup != NULL)) {
		rc = only_check
		    ? check(&d, &f)
		    : restore(d.conf, d.has_user ? &d.user : NULL, backup, &f);
		status = rc == 0 ? 0 : 1;
	} else if (rc == 0 && (rc = start(&d, foreground, &f)) == 0) {
		event_base_dispatch(d.base);
		status = 0;
	}
	if (rc != 0 && backup != NULL) {
		fprintf(stderr, "postflowd: not restored: %s\n", f.text);
	} else if (rc != 0) {
		log_error("not started error=%s", log_text(f.text));
		fprintf(stderr, "postflowd: %s\n", f.text);
	}
	take_down(&d);
	if (status == 0 && !only_check && backup == NULL)
		log_info("stopped");
	conf_free(d.conf);
	arena_free(d.retired);
	return status;
}
