/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The maildir backend: files whole and in order, each attempt once.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/thread.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/log.h"
#include "conf/conf.h"
#include "mail/inject.h"
#include "mail/maildir_seen.h"
#include "tests/tap.h"

enum { JOBS = 200, BOUND_S = 10 };

static struct test {
	struct event_base *base;
	struct conf conf;
	struct injector *injector;
	struct inject_job jobs[JOBS];
	int n_jobs, n_done, n_room, more;
	int outcomes[4];
	char text[512], name[300];
	bool is_late;
} t;

static const char *const two[] = { "b@dest.example", "c@dest.example", NULL };

/* Submits one message. */
static void
submit(int64_t email, int attempt, const char *data)
{
	struct inject_job *j = &t.jobs[t.n_jobs++ % JOBS];
	*j = (struct inject_job){
		.email = email,
		.attempt = attempt,
		.sender = "a@lab.example",
		.recipients = two,
		.data = data,
		.len = strlen(data),
	};
	inject_submit(t.injector, j);
}

static void
submit_more(void)
{
	for (int room = inject_room(t.injector); room > 0 && t.more > 0; room--)
		submit(t.more--, 1, "x\r\n");
}

static void
on_done(void *arg, struct inject_job *job, const struct inject_result *r)
{
	(void)arg, (void)job;
	t.n_done++;
	t.outcomes[r->outcome]++;
	snprintf(t.text, sizeof(t.text), "%s", r->text);
	snprintf(t.name, sizeof(t.name), "%s",
	    r->queue_id == NULL ? "" : r->queue_id);
}

static void
on_room(void *arg)
{
	(void)arg;
	t.n_room++;
	submit_more();
}

static void
on_bound(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	t.is_late = true;
}

static void
open_dir(const char *path)
{
	struct inject_handler h = { on_done, on_room, NULL };
	struct fault f;
	memset(&t, 0, sizeof(t));
	t.base = event_base_new();
	t.conf.inject_backend = (char *)"maildir";
	t.conf.inject_maildir = (char *)path;
	t.injector = inject_open(t.base, &t.conf, &h, &f);
	if (t.injector == NULL)
		fatal("cannot open: %s", f.text);
}

/* Runs until all is done, at most BOUND_S seconds. */
static void
run(void)
{
	struct timeval bound = { BOUND_S, 0 };
	struct event *timer = evtimer_new(t.base, on_bound, NULL);
	evtimer_add(timer, &bound);
	while ((t.n_done < t.n_jobs || t.more > 0) && !t.is_late)
		event_base_loop(t.base, EVLOOP_ONCE);
	event_free(timer);
	is_int(t.n_done, t.n_jobs, "all jobs are done");
}

static void
close_dir(void)
{
	inject_close(t.injector);
	event_base_free(t.base);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* The names in a folder, sorted, joined by blanks; their number. */
static int
list(const char *dir, const char *sub, struct buf *names)
{
	char path[400];
	struct dirent **found;
	snprintf(path, sizeof(path), "%s/%s", dir, sub);
	int n = scandir(path, &found, is_file, by_name);
	for (int i = 0; i < n; i++) {
		if (names != NULL)
			buf_printf(names, "%s ", found[i]->d_name);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	return n;
}

/* A file's content. */
static void
slurp(const char *dir, const char *sub, const char *name, struct buf *b)
{
	char path[700], chunk[512];
	size_t n;
	snprintf(path, sizeof(path), "%s/%s/%s", dir, sub, name);
	FILE *f = fopen(path, "r");
	buf_clear(b);
	while (f != NULL && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(b, chunk, n);
	if (f != NULL)
		fclose(f);
}

static void
test_files(const char *dir)
{
	struct buf b = { 0 };
	open_dir(dir);
	is_int(inject_room(t.injector), 64, "room for a batch");
	submit(0x1234, 2, "Subject: x\r\n\r\n.hello\r\nbye");
	is_int(t.n_done, 0, "nothing is told from within submit");
	is_int(inject_busy(t.injector), 1, "one is under way");
	run();
	is_int(t.outcomes[INJECT_SENT], 1, "it is sent");
	ok(strstr(t.name, "E0000000000001234T2.postflow") != NULL,
	    "the name says which attempt of which email: %s", t.name);
	slurp(dir, "new", t.name, &b);
	is(b.data,
	    "Return-Path: <a@lab.example>\n"
	    "Delivered-To: b@dest.example\nDelivered-To: c@dest.example\n"
	    "Subject: x\n\n.hello\nbye",
	    "the file is the message, with its envelope above");
	is_int(list(dir, "tmp", NULL), 0, "nothing is left in tmp");
	submit(0x1234, 2, "again\r\n");
	run();
	is_int(t.outcomes[INJECT_SENT], 2, "the same attempt again is sent");
	is_int(list(dir, "new", NULL), 1, "but not written again");
	submit(0x1234, 3, "again\r\n");
	run();
	is_int(list(dir, "new", NULL), 2, "the next attempt is");
	submit(1, 1, "bare\nLF\r\n");
	run();
	is_int(t.outcomes[INJECT_REFUSED], 1, "a bare LF is refused");
	ok(strstr(t.text, "bare LF") != NULL, "with the reason");
	close_dir();
	buf_free(&b);
}

static void
test_restart(const char *dir)
{
	struct buf names = { 0 };
	char from[700], to[700];
	list(dir, "new", &names);
	*strchr(names.data, ' ') = '\0';
	snprintf(from, sizeof(from), "%s/new/%s", dir, names.data);
	snprintf(to, sizeof(to), "%s/cur/%s:2,S", dir, names.data);
	is_int(rename(from, to), 0, "a reader moves a message to cur");
	open_dir(dir);
	submit(0x1234, 2, "once more\r\n");
	submit(0x1234, 3, "once more\r\n");
	run();
	is_int(t.outcomes[INJECT_SENT], 2, "after a restart both are sent");
	is_int(list(dir, "new", NULL) + list(dir, "cur", NULL), 2,
	    "and neither is written again");
	close_dir();
	buf_free(&names);
}

static void
test_order(const char *dir)
{
	struct buf names = { 0 };
	open_dir(dir);
	t.more = 150;
	submit_more();
	is_int(inject_room(t.injector), 0, "a full batch leaves no room");
	run();
	ok(t.n_room > 0, "room is told of");
	is_int(t.outcomes[INJECT_SENT], 150, "all are sent");
	close_dir();
	is_int(list(dir, "new", &names), 150, "as one file each");
	/* They were submitted with numbers that fall. */
	bool falls = true;
	long last = 151;
	for (char *p = names.data; (p = strchr(p, 'E')) != NULL; p++) {
		long n = strtol(p + 1, NULL, 16);
		falls = falls && n == last - 1;
		last = n;
	}
	ok(falls && last == 1, "whose names sort by arrival");
	buf_free(&names);
}

static void
test_trouble(const char *dir)
{
	struct inject_handler h = { on_done, on_room, NULL };
	char sub[400];
	struct fault f;
	open_dir(dir);
	snprintf(sub, sizeof(sub), "%s/new", dir);
	is_int(rmdir(sub), 0, "the folder goes away");
	submit(7, 1, "x\r\n");
	run();
	is_int(t.outcomes[INJECT_LATER], 1,
	    "what cannot be moved is for later");
	ok(strstr(t.text, "cannot move") != NULL, "with the reason: %s",
	    t.text);
	is_int(list(dir, "tmp", NULL), 0, "nothing is left in tmp");
	t.conf.inject_maildir = (char *)"/proc/no/such";
	ok(inject_open(t.base, &t.conf, &h, &f) == NULL,
	    "a folder that cannot be: %s", f.text);
	t.conf.inject_maildir = NULL;
	ok(inject_open(t.base, &t.conf, &h, &f) == NULL, "no folder: %s",
	    f.text);
	close_dir();
}

static void
test_close(const char *dir)
{
	open_dir(dir);
	for (int i = 0; i < 64; i++)
		submit(i + 1, 1, "x\r\n");
	inject_close(t.injector);
	is_int(t.n_done, 64, "closing gives every job back");
	is_int(list(dir, "new", NULL), t.outcomes[INJECT_SENT],
	    "those told as sent are there, no other");
	is_int(t.outcomes[INJECT_SENT] + t.outcomes[INJECT_LATER], 64,
	    "the others are for later");
	event_base_free(t.base);
}

static void
test_seen(void)
{
	struct maildir_seen s = { 0 };
	ok(!maildir_seen_has(&s, 1, 1), "an empty set holds nothing");
	for (int i = 0; i < 3 * MAILDIR_SEEN_MOST; i++)
		maildir_seen_add(&s, (int64_t)i << 21, i & 3);
	bool all = true;
	for (int i = 2 * MAILDIR_SEEN_MOST; i < 3 * MAILDIR_SEEN_MOST; i++)
		all = all && maildir_seen_has(&s, (int64_t)i << 21, i & 3);
	ok(all, "the newest quarter of a million are known");
	ok(!maildir_seen_has(&s, (int64_t)5 << 21, 2), "the attempt counts");
	ok(!maildir_seen_has(&s, 0, 0), "the oldest are forgotten");
	maildir_seen_free(&s);
}

int
main(void)
{
	char dirs[4][300];
	evthread_use_pthreads();
	if (log_open("test", "/dev/null", LOG_LEVEL_DEBUG) != 0)
		return 1;
	for (int i = 0; i < 4; i++)
		snprintf(dirs[i], sizeof(dirs[i]), "%s/m%d", tap_dir(), i);
	test_files(dirs[0]);
	test_restart(dirs[0]);
	test_order(dirs[1]);
	test_trouble(dirs[2]);
	test_close(dirs[3]);
	test_seen();
	return tap_done();
}
