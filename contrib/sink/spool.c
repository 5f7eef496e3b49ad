/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message is kept in memory until it is whole, so a transfer that breaks off
 * has nothing to clean up here. Directories are held open: names are looked up
 * below them, and it does not matter who may walk the path to them.
 */
#include "spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/process.h"

/* Names end here while a file is being written; only one is at a time. */
static const char unfinished[] = ".new";
static const char count_name[] = "count";

static const char *const modes[] = {
	[SPOOL_FILES] = "files",
	[SPOOL_COUNT] = "count",
	[SPOOL_DISCARD] = "discard",
};

struct spool {
	enum spool_mode mode;
	int dir, temporary;
	uint64_t n;         /* messages so far, the number of the last one */
	uint64_t n_written; /* the count on disk */
};

int
spool_mode_find(const char *name)
{
	for (size_t i = 0; i < N_OF(modes); i++)
		if (strcmp(name, modes[i]) == 0)
			return (int)i;
	return -1;
}

/* Opens one directory. -1 with fault_r. */
static int
open_dir(const char *path, struct fault *fault_r)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault(fault_r, FAULT_NOT_FOUND, "Cannot open %s: %s.",
		    path, strerror(errno));
	return fd;
}

struct spool *
spool_open(const char *dir, const char *temporary, enum spool_mode mode,
    struct fault *fault_r)
{
	struct spool *s = xcalloc(1, sizeof(*s));
	s->mode = mode;
	s->temporary = -1;
	s->dir = open_dir(dir, fault_r);
	if (s->dir >= 0)
		s->temporary =
		    open_dir(temporary == NULL ? dir : temporary, fault_r);
	if (s->temporary < 0) {
		spool_free(s);
		return NULL;
	}
	return s;
}

void
spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	if (s->dir >= 0)
		close(s->dir);
	if (s->temporary >= 0)
		close(s->temporary);
	free(s);
}

int
spool_user(struct spool *s, struct process_user *user_r, struct fault *fault_r)
{
	struct stat st;
	if (fstat(s->dir, &st) != 0)
		return fault(fault_r, FAULT_INTERNAL,
		    "Cannot see whose directory it is: %s.", strerror(errno));
	struct passwd *pw = st.st_uid == 0 ? NULL : getpwuid(st.st_uid);
	if (pw != NULL)
		return process_user_find(pw->pw_name, NULL, user_r, fault_r);
	if (process_user_find("nobody", NULL, user_r, fault_r) != 0)
		return -1;
	if (fchown(s->dir, user_r->uid, user_r->gid) != 0 ||
	    fchown(s->temporary, user_r->uid, user_r->gid) != 0)
		return fault(fault_r, FAULT_DENIED,
		    "Cannot give the directory to %s: %s.", user_r->name,
		    strerror(errno));
	return 0;
}

/* Writes all of it to a new file and gives that its name. -1 with errno. */
static int
put_file(struct spool *s, const char *name, struct iovec *v, int n_v)
{
	int fd = openat(s->temporary, unfinished,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	while (n_v > 0) {
		ssize_t done = writev(fd, v, n_v);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			break;
		for (; n_v > 0 && (size_t)done >= v->iov_len; v++, n_v--)
			done -= (ssize_t)v->iov_len;
		if (n_v > 0) {
			v->iov_base = (char *)v->iov_base + done;
			v->iov_len -= (size_t)done;
		}
	}
	int error = n_v > 0 ? errno : 0;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error == 0 && renameat(s->temporary, unfinished, s->dir, name) == 0)
		return 0;
	if (error == 0)
		error = errno;
	unlinkat(s->temporary, unfinished, 0);
	errno = error;
	return -1;
}

/* The largest number among the names. -1 with fault_r. */
static int
find_last(struct spool *s, struct fault *fault_r)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return fault(fault_r, FAULT_DENIED,
		    "Cannot read the directory: %s.", strerror(errno));
	}
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char *end;
		uint64_t n = strtoull(e->d_name, &end, 10);
		if (*end == '\0' && n > s->n)
			s->n = n;
	}
	closedir(d);
	return 0;
}

/* Goes on from the count on disk, if there is one. */
static void
read_count(struct spool *s)
{
	char text[32];
	int fd = openat(s->dir, count_name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	s->n = strtoull(text, NULL, 10);
}

int
spool_start(struct spool *s, struct fault *fault_r)
{
	struct iovec nothing = { NULL, 0 };
	switch (s->mode) {
	case SPOOL_COUNT:
		read_count(s);
		return spool_write_count(s, fault_r);
	case SPOOL_FILES:
		if (find_last(s, fault_r) != 0)
			return -1;
		if (put_file(s, unfinished, &nothing, 1) != 0)
			return fault(fault_r, FAULT_DENIED,
			    "Cannot write to the directory: %s.",
			    strerror(errno));
		unlinkat(s->dir, unfinished, 0);
		return 0;
	case SPOOL_DISCARD:
		break;
	}
	return 0;
}

int
spool_put(struct spool *s, const struct buf *head, const struct buf *message,
    char name_r[SPOOL_NAME_LEN], struct fault *fault_r)
{
	struct iovec v[] = {
		{ head->data, head->len },
		{ (char[]){ "\n" }, 1 },
		{ message->data, message->len },
	};
	snprintf(name_r, SPOOL_NAME_LEN, "%012" PRIu64, s->n + 1);
	if (s->mode == SPOOL_FILES && put_file(s, name_r, v, N_OF(v)) != 0)
		return fault(fault_r, FAULT_UNAVAILABLE, "Cannot keep %s: %s.",
		    name_r, strerror(errno));
	s->n++;
	return 0;
}

bool
spool_is_behind(const struct spool *s)
{
	return s->mode == SPOOL_COUNT && s->n != s->n_written;
}

int
spool_write_count(struct spool *s, struct fault *fault_r)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%" PRIu64 "\n", s->n);
	struct iovec v = { text, (size_t)n };
	if (put_file(s, count_name, &v, 1) != 0)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "Cannot write the count: %s.", strerror(errno));
	s->n_written = s->n;
	return 0;
}
