/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The maildir backend: one file a message, for trying Postflow out without an
 * MTA. One worker thread does what may wait for the disk, a batch at a time:
 * the files to tmp/, fsync, rename to new/, one fsync of the folder.
 *
 * A name is  SECONDS.MmicrosecondsE<email>T<attempt>.postflow  so that names
 * sort by arrival and the file itself is the witness of its attempt: what the
 * folders already hold of an attempt is not written again.
 */
#include "mail/inject_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "conf/conf.h"
#include "mail/maildir_seen.h"
#include "mail/smtp_text.h"

enum { ROOM = 64, NAME_LEN = 128, TEXT_LEN = 512 };

/* A job on its way through the worker. */
struct item {
	struct inject_job *job;
	struct item *next;
	enum inject_outcome outcome;
	bool is_renamed;
	char name[NAME_LEN];
	char text[TEXT_LEN];
};

struct items {
	struct item *first, **last;
};

struct maildir {
	struct inject_handler handler;
	struct event *ready;
	int ready_fd;
	int n_busy;
	bool is_dry;
	pthread_t thread;
	/* Between the threads, under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct items waiting, over;
	bool is_closing;
	/* The worker's alone. */
	int dir, tmp, new, cur;
	int64_t last_us; /* of the last name */
	struct maildir_seen seen;
	struct buf letter;
};

/* Makes a list empty. */
static void
items_init(struct items *l)
{
	l->first = NULL;
	l->last = &l->first;
}

/* Appends one. */
static void
items_add(struct items *l, struct item *i)
{
	i->next = NULL;
	*l->last = i;
	l->last = &i->next;
}

/* Takes all of a list. */
static struct item *
items_take(struct items *l)
{
	struct item *first = l->first;
	items_init(l);
	return first;
}

/* Notes why an item was not written, with errno. */
static void
failed(struct item *i, const char *what)
{
	i->outcome = INJECT_LATER;
	snprintf(i->text, sizeof(i->text), "cannot %s %s: %s", what, i->name,
	    strerror(errno));
}

/* The message as a mailbox keeps it: who it was from and for, then the
 * message, its lines ended the way of files. */
static void
letter_put(struct buf *b, const struct inject_job *job)
{
	buf_clear(b);
	buf_printf(b, "Return-Path: <%s>\n", job->sender);
	for (int i = 0; job->recipients[i] != NULL; i++)
		buf_printf(b, "Delivered-To: %s\n", job->recipients[i]);
	const char *p = job->data, *end = p + job->len, *cr;
	while ((cr = memchr(p, '\r', (size_t)(end - p))) != NULL) {
		buf_add(b, p, (size_t)(cr - p));
		p = cr + 1;
	}
	buf_add(b, p, (size_t)(end - p));
}

/* A name later than all before. */
static void
name_make(struct maildir *m, struct item *i)
{
	int64_t us = clock_now_ms() * 1000;
	m->last_us = us > m->last_us ? us : m->last_us + 1;
	snprintf(i->name, sizeof(i->name),
	    "%010" PRId64 ".M%06" PRId64 "E%016" PRIx64 "T%d.postflow",
	    m->last_us / 1000000, m->last_us % 1000000, (uint64_t)i->job->email,
	    i->job->attempt);
}

/* Writes one message to tmp/ and moves it to new/. */
static void
item_write(struct maildir *m, struct item *i)
{
	struct smtp_needs needs;
	struct fault f;
	const struct inject_job *job = i->job;
	i->outcome = INJECT_SENT;
	if (smtp_job_check(job, &needs, &f) != 0) {
		i->outcome = INJECT_REFUSED;
		snprintf(i->text, sizeof(i->text), "%s", f.text);
		return;
	}
	if (maildir_seen_has(&m->seen, job->email, job->attempt)) {
		snprintf(i->text, sizeof(i->text), "delivered before");
		return;
	}
	name_make(m, i);
	int fd = openat(m->tmp, i->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0) {
		failed(i, "create");
		return;
	}
	letter_put(&m->letter, job);
	if (file_write_all(fd, m->letter.data, m->letter.len) != 0 ||
	    fsync(fd) != 0)
		failed(i, "write");
	if (close(fd) != 0 && i->outcome == INJECT_SENT)
		failed(i, "write");
	if (i->outcome == INJECT_SENT &&
	    renameat(m->tmp, i->name, m->new, i->name) != 0)
		failed(i, "move");
	if (i->outcome != INJECT_SENT) {
		unlinkat(m->tmp, i->name, 0);
		return;
	}
	i->is_renamed = true;
	maildir_seen_add(&m->seen, job->email, job->attempt);
	snprintf(i->text, sizeof(i->text), "delivered");
}

/* Writes a batch; only when the folder is on disk are its messages sent. */
static void
batch_write(struct maildir *m, struct item *first)
{
	bool renamed = false;
	for (struct item *i = first; i != NULL; i = i->next) {
		item_write(m, i);
		renamed = renamed || i->is_renamed;
	}
	if (!renamed || fsync(m->new) == 0)
		return;
	int error = errno;
	for (struct item *i = first; i != NULL; i = i->next) {
		if (!i->is_renamed)
			continue;
		i->outcome = INJECT_DOUBT;
		snprintf(i->text, sizeof(i->text),
		    "cannot bring the folder of %s to disk: %s", i->name,
		    strerror(error));
	}
}

/* Learns what one folder holds already. */
static void
folder_read(struct maildir *m, int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;
	if (d == NULL) {
		if (copy >= 0)
			close(copy);
		log_error("maildir cannot be read error=%s",
		    log_text(strerror(errno)));
		return;
	}
	while ((e = readdir(d)) != NULL) {
		int64_t s, us, email;
		int attempt;
		/* A reader may have added flags to the name. */
		if (sscanf(e->d_name,
			"%10" SCNd64 ".M%6" SCNd64 "E%16" SCNx64 "T%d.postflow",
			&s, &us, (uint64_t *)&email, &attempt) != 4)
			continue;
		maildir_seen_add(&m->seen, email, attempt);
		if (s * 1000000 + us > m->last_us)
			m->last_us = s * 1000000 + us;
	}
	closedir(d);
}

/* The worker: takes what waits, writes it, reports. */
static void *
work(void *arg)
{
	struct maildir *m = arg;
	uint64_t one = 1;
	folder_read(m, m->new);
	folder_read(m, m->cur);
	pthread_mutex_lock(&m->lock);
	while (!m->is_closing) {
		if (m->waiting.first == NULL) {
			pthread_cond_wait(&m->more, &m->lock);
			continue;
		}
		struct item *first = items_take(&m->waiting), *next;
		pthread_mutex_unlock(&m->lock);
		batch_write(m, first);
		pthread_mutex_lock(&m->lock);
		for (; first != NULL; first = next) {
			next = first->next;
			items_add(&m->over, first);
		}
		(void)!write(m->ready_fd, &one, sizeof(one));
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

static int
maildir_room(const void *state)
{
	const struct maildir *m = state;
	return m->n_busy < ROOM ? ROOM - m->n_busy : 0;
}

static int
maildir_busy(const void *state)
{
	const struct maildir *m = state;
	return m->n_busy;
}

static void
maildir_submit(void *state, struct inject_job *job)
{
	struct maildir *m = state;
	struct item *i = xcalloc(1, sizeof(*i));
	i->job = job;
	m->n_busy++;
	m->is_dry = m->is_dry || maildir_room(m) == 0;
	pthread_mutex_lock(&m->lock);
	items_add(&m->waiting, i);
	pthread_cond_signal(&m->more);
	pthread_mutex_unlock(&m->lock);
}

/* Gives the jobs of a list back. */
static void
give_back(struct maildir *m, struct item *first)
{
	while (first != NULL) {
		struct item *i = first;
		struct inject_result r = {
			.outcome = i->outcome,
			.text = i->text,
			.queue_id = i->is_renamed ? i->name : NULL,
		};
		first = i->next;
		m->n_busy--;
		m->handler.done(m->handler.arg, i->job, &r);
		free(i);
	}
}

/* The worker has something to report. */
static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct maildir *m = arg;
	uint64_t n;
	(void)what;
	(void)!read(fd, &n, sizeof(n));
	pthread_mutex_lock(&m->lock);
	struct item *over = items_take(&m->over);
	pthread_mutex_unlock(&m->lock);
	give_back(m, over);
	if (m->is_dry && maildir_room(m) > 0) {
		m->is_dry = false;
		m->handler.room(m->handler.arg);
	}
}

/* Makes a folder if it is not there, and opens it. -1 with fault_r. */
static int
folder_open(int at, const char *name, struct fault *f)
{
	if (mkdirat(at, name, 0750) != 0 && errno != EEXIST)
		return fault(f, FAULT_UNAVAILABLE,
		    "cannot make the folder %s: %s", name, strerror(errno));
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault(f, FAULT_UNAVAILABLE,
		    "cannot open the folder %s: %s", name, strerror(errno));
	return fd;
}

/* Frees what there is, the worker being gone. */
static void
maildir_free(struct maildir *m)
{
	int fds[] = { m->dir, m->tmp, m->new, m->cur, m->ready_fd };
	if (m->ready != NULL)
		event_free(m->ready);
	for (size_t i = 0; i < N_OF(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	maildir_seen_free(&m->seen);
	buf_free(&m->letter);
	pthread_cond_destroy(&m->more);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* Opens the folders and starts the worker. 0, -1 with fault_r. */
static int
maildir_start(struct maildir *m, const char *path, struct fault *f)
{
	if ((m->dir = folder_open(AT_FDCWD, path, f)) < 0 ||
	    (m->tmp = folder_open(m->dir, "tmp", f)) < 0 ||
	    (m->new = folder_open(m->dir, "new", f)) < 0 ||
	    (m->cur = folder_open(m->dir, "cur", f)) < 0)
		return -1;
	if (fsync(m->dir) != 0)
		return fault(f, FAULT_UNAVAILABLE,
		    "cannot bring %s to disk: %s", path, strerror(errno));
	int error = pthread_create(&m->thread, NULL, work, m);
	if (error != 0)
		return fault(f, FAULT_UNAVAILABLE, "cannot start a thread: %s",
		    strerror(error));
	return 0;
}

static void *
maildir_open(struct event_base *base, const struct conf *conf,
    const struct inject_handler *handler, struct fault *f)
{
	if (conf->inject_maildir == NULL) {
		fault(f, FAULT_MISSING, "inject_maildir is not set");
		return NULL;
	}
	struct maildir *m = xcalloc(1, sizeof(*m));
	m->handler = *handler;
	m->dir = m->tmp = m->new = m->cur = -1;
	m->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->more, NULL);
	items_init(&m->waiting);
	items_init(&m->over);
	m->ready =
	    event_new(base, m->ready_fd, EV_READ | EV_PERSIST, on_ready, m);
	if (m->ready_fd < 0 || m->ready == NULL ||
	    event_add(m->ready, NULL) != 0)
		fatal("cannot make an event");
	if (maildir_start(m, conf->inject_maildir, f) != 0) {
		maildir_free(m);
		return NULL;
	}
	return m;
}

static void
maildir_close(void *state)
{
	struct maildir *m = state;
	pthread_mutex_lock(&m->lock);
	m->is_closing = true;
	pthread_cond_signal(&m->more);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->thread, NULL);
	for (struct item *i = m->waiting.first; i != NULL; i = i->next) {
		i->outcome = INJECT_LATER;
		snprintf(i->text, sizeof(i->text), "Postflow is shutting down");
	}
	give_back(m, items_take(&m->over));
	give_back(m, items_take(&m->waiting));
	maildir_free(m);
}

const struct inject_backend inject_maildir = {
	.name = "maildir",
	.open = maildir_open,
	.submit = maildir_submit,
	.room = maildir_room,
	.busy = maildir_busy,
	.close = maildir_close,
};
