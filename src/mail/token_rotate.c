/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of signing keys is made, or a key is put on top. Either is done
 * under another name, so that a file is never seen half written.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/file.h"
#include "mail/token.h"
#include "mail/token_keys.h"

enum { LINE_LEN = KID_MAX + 2 * KEY_MIN + CLOCK_ISO_LEN + 4 };

/* A line with a fresh key. */
static void
line_make(const char *kid, char out[LINE_LEN])
{
	unsigned char key[KEY_MIN];
	char digits[2 * KEY_MIN], when[CLOCK_ISO_LEN];
	random_bytes(key, sizeof(key));
	base64url_encode(key, sizeof(key), digits);
	snprintf(out, LINE_LEN, "%s %s %s\n", kid, digits,
	    clock_iso(clock_now_ms(), when));
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(digits, sizeof(digits));
}

/* A key file to be, before it has its name. */
struct fresh {
	struct arena *arena;
	char *name;
	int fd, dir_fd;
};

/* 0 or -1 with errno; end it in any case. */
static int
fresh_begin(struct fresh *f, const char *path)
{
	f->arena = arena_new();
	f->name = arena_printf(f->arena, "%s.XXXXXX", path);
	f->fd = -1;
	f->dir_fd = open(dirname(arena_strdup(f->arena, path)),
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir_fd >= 0)
		f->fd = mkostemp(f->name, O_CLOEXEC);
	return f->fd < 0 ? -1 : 0;
}

static void
fresh_end(struct fresh *f)
{
	if (f->fd >= 0) {
		unlink(f->name);
		close(f->fd);
	}
	if (f->dir_fd >= 0)
		close(f->dir_fd);
	arena_free(f->arena);
}

/* Owner and mode, before there is anything to see. Who is not root may lack
 * the right to give it away. 0 or -1 */
static int
fresh_give(const struct fresh *f, uid_t user, gid_t group, mode_t mode)
{
	if (fchown(f->fd, user, group) < 0 && errno != EPERM)
		return -1;
	return fchmod(f->fd, mode);
}

/* Fills it with its first key. 0 or -1 */
static int
first_write(const struct fresh *f)
{
	static const char head[] =
	    "# Postflow's signing keys, newest first: name, key, when made.\n"
	    "# The first signs; all verify. `postflow keys rotate-signing` "
	    "puts a new one on top.\n"
	    "# Links in mail already sent die with the line of their key.\n";
	char line[LINE_LEN];
	struct stat st;
	/* The milter runs in the group. */
	if (fstat(f->dir_fd, &st) < 0 ||
	    fresh_give(f, (uid_t)-1, st.st_gid, 0640) < 0)
		return -1;
	line_make("1", line);
	int rc = file_write_all(f->fd, head, strlen(head)) < 0 ||
		file_write_all(f->fd, line, strlen(line)) < 0
	    ? -1
	    : fsync(f->fd);
	OPENSSL_cleanse(line, sizeof(line));
	return rc;
}

int
token_keys_make(const char *path, struct fault *fault_r)
{
	struct fresh f;
	int rc = fresh_begin(&f, path) < 0 || first_write(&f) < 0 ? -1 : 0;
	/* It never replaces one that another process made. */
	if (rc == 0 && link(f.name, path) < 0 && errno != EEXIST)
		rc = -1;
	if (rc == 0)
		rc = fsync(f.dir_fd);
	if (rc < 0)
		fault(fault_r, FAULT_UNAVAILABLE,
		    "%s: cannot make the key file: %s.", path, strerror(errno));
	fresh_end(&f);
	return rc;
}

/* ---- another key --------------------------------------------------------- */

/* A name that no key has: the number behind the highest, if that is short. */
static void
name_next(const struct token_keys *keys, char kid_r[KID_MAX + 1])
{
	enum { NAMES = 10000000 };
	unsigned long highest = 0;
	for (int i = 0; i < keys->n; i++) {
		char *end;
		unsigned long n = strtoul(keys->list[i].kid, &end, 10);
		if (*end == '\0' && n > highest)
			highest = n;
	}
	do
		snprintf(kid_r, KID_MAX + 1, "%lu", ++highest % NAMES);
	while (token_keys_find(keys, kid_r, strlen(kid_r)) != NULL);
}

/* Writes the old text with a line before its first key. 0 or -1 */
static int
rotated_write(const struct fresh *f, const struct stat *st, const char *old,
    const char *line)
{
	size_t head = 0, n;
	while (n = strcspn(old + head, "\n"),
	    old[head + n] == '\n' &&
		(n == strspn(old + head, " \t\r") || old[head] == '#'))
		head += n + 1;
	return fresh_give(f, st->st_uid, st->st_gid, st->st_mode & 0777) < 0 ||
		file_write_all(f->fd, old, head) < 0 ||
		file_write_all(f->fd, line, strlen(line)) < 0 ||
		file_write_all(f->fd, old + head, strlen(old + head)) < 0
	    ? -1
	    : fsync(f->fd);
}

/* Opens the file for who rotates alone. A descriptor or -1 */
static int
open_alone(const char *path, struct fault *fault_r)
{
	struct stat mine, now;
	for (;;) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &mine) < 0 ||
		    stat(path, &now) < 0) {
			fault(fault_r, FAULT_UNAVAILABLE, "%s: %s.", path,
			    strerror(errno));
			if (fd >= 0)
				close(fd);
			return -1;
		}
		if (mine.st_ino == now.st_ino && mine.st_dev == now.st_dev)
			return fd;
		/* Another one was put in its place meanwhile. */
		close(fd);
	}
}

/* Replaces the file by its old text with another key on top. 0 or -1 */
static int
put_on_top(const char *path, int fd, const char *old, const char *kid,
    struct fault *fault_r)
{
	char line[LINE_LEN];
	struct stat st;
	struct fresh f;
	line_make(kid, line);
	int rc = fresh_begin(&f, path) < 0 || fstat(fd, &st) < 0 ||
		rotated_write(&f, &st, old, line) < 0 ||
		rename(f.name, path) < 0 || fsync(f.dir_fd) < 0
	    ? fault(fault_r, FAULT_UNAVAILABLE,
		  "%s: no key was put on top: %s.", path, strerror(errno))
	    : 0;
	fresh_end(&f);
	OPENSSL_cleanse(line, sizeof(line));
	return rc;
}

/* The name of the next key of a file with that text. 0 or -1 */
static int
next_key(const char *path, const char *old, char kid_r[KID_MAX + 1],
    struct fault *fault_r)
{
	struct token_keys keys = { 0 };
	char *text = xstrdup(old);
	int rc = token_keys_parse(&keys, path, text, fault_r);
	if (rc == 0 && keys.n == KEYS_MAX)
		rc = fault(fault_r, FAULT_LIMIT,
		    "%s: it has %d keys already; take out the lines of old "
		    "ones, and links signed with them die.",
		    path, KEYS_MAX);
	else if (rc == 0)
		name_next(&keys, kid_r);
	OPENSSL_cleanse(text, strlen(old));
	OPENSSL_cleanse(&keys, sizeof(keys));
	free(text);
	return rc;
}

int
token_keys_rotate(const char *path, char kid_r[TOKEN_KID_LEN],
    struct fault *fault_r)
{
	int fd = open_alone(path, fault_r);
	if (fd < 0)
		return -1;
	char *old = xcalloc(1, KEY_FILE_MAX + 1);
	int rc = file_read_secret(path, fd, KEY_FILE_WHAT, old,
	    KEY_FILE_MAX + 1, fault_r);
	if (rc == 0 && (rc = next_key(path, old, kid_r, fault_r)) == 0)
		rc = put_on_top(path, fd, old, kid_r, fault_r);
	OPENSSL_cleanse(old, KEY_FILE_MAX);
	free(old);
	close(fd);
	return rc;
}
