/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of signing keys: read whole, judged line by line, made once.
 */
#include "mail/token_keys.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/fault.h"
#include "mail/token.h"

enum { FILE_MAX = 64 * 1024 };

const struct token_key *
token_keys_find(const struct token_keys *keys, const char *kid, size_t n)
{
	for (int i = 0; i < keys->n; i++)
		if (strlen(keys->list[i].kid) == n &&
		    memcmp(keys->list[i].kid, kid, n) == 0)
			return &keys->list[i];
	return NULL;
}

/* Reads one line that holds a key. NULL, or what is wrong with it. */
static const char *
line_read(struct token_keys *keys, const char *line)
{
	struct token_key *key = &keys->list[keys->n];
	size_t kid_len = strcspn(line, " \t"), text_len;
	const char *text = line + kid_len + strspn(line + kid_len, " \t");
	for (size_t i = 0; i < kid_len; i++)
		if (!islower((unsigned char)line[i]) &&
		    !isdigit((unsigned char)line[i]))
			return "a key's name has letters a-z and digits only";
	if (kid_len > KID_MAX)
		return "a key's name has at most 8 characters";
	if (token_keys_find(keys, line, kid_len) != NULL)
		return "a second key of that name";
	if (keys->n == KEYS_MAX)
		return "more than 32 keys";
	text_len = strcspn(text, " \t");
	int n =
	    base64url_decode(text, text_len, key->bytes, sizeof(key->bytes));
	if (n < KEY_MIN)
		return "a key is 32 to 64 bytes in base64url";
	memcpy(key->kid, line, kid_len);
	key->len = (size_t)n;
	keys->n++;
	return NULL;
}

/* Reads the file's text, which it changes. */
static int
text_read(struct token_keys *keys, const char *path, char *text,
    struct fault *fault_r)
{
	int number = 0;
	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		number++;
		line += strspn(line, " \t");
		line[strcspn(line, "\r")] = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		const char *wrong = line_read(keys, line);
		if (wrong != NULL)
			return fault(fault_r, FAULT_INVALID, "%s:%d: %s.", path,
			    number, wrong);
	}
	if (keys->n == 0)
		return fault(fault_r, FAULT_INVALID, "%s: no key in it.", path);
	return 0;
}

/* Reads an open key file. */
static int
file_read(struct token_keys *keys, const char *path, int fd,
    struct fault *fault_r)
{
	char *text = xcalloc(1, FILE_MAX + 1);
	struct stat st;
	size_t len = 0;
	ssize_t n = 0;
	int rc = -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		fault(fault_r, FAULT_INVALID, "%s: not a regular file.", path);
	} else if ((st.st_mode & 027) != 0) {
		fault(fault_r, FAULT_DENIED,
		    "%s: mode %03o lets others at the signing keys; "
		    "chmod 640 it.",
		    path, (unsigned)st.st_mode & 0777);
	} else {
		do {
			n = read(fd, text + len, FILE_MAX - len);
			len += n > 0 ? (size_t)n : 0;
		} while (
		    (n > 0 && len < FILE_MAX) || (n < 0 && errno == EINTR));
		if (n < 0)
			fault(fault_r, FAULT_UNAVAILABLE, "%s: %s.", path,
			    strerror(errno));
		else if (len == FILE_MAX || strlen(text) != len)
			fault(fault_r, FAULT_INVALID,
			    "%s: too large, or a NUL in it.", path);
		else
			rc = text_read(keys, path, text, fault_r);
	}
	OPENSSL_cleanse(text, FILE_MAX);
	free(text);
	return rc;
}

/* Writes all of it and sees it onto the disk. */
static int
write_synced(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, text, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		text += done;
		n -= (size_t)done;
	}
	return fsync(fd);
}

/* Fills a new file with one fresh key. */
static int
fresh_write(int fd, gid_t group)
{
	unsigned char key[KEY_MIN];
	char digits[2 * KEY_MIN], when[CLOCK_ISO_LEN], text[512];
	random_bytes(key, sizeof(key));
	base64url_encode(key, sizeof(key), digits);
	int n = snprintf(text, sizeof(text),
	    "# Postflow's signing keys, newest first: name, key, when made.\n"
	    "# The first signs; all verify. To change keys, put a line with a "
	    "new name on top.\n"
	    "# Links in mail already sent die with the line of their key.\n"
	    "1 %s %s\n",
	    digits, clock_iso(clock_now_ms(), when));
	/* The milter runs in the group; who is not root may lack the right. */
	if (fchown(fd, (uid_t)-1, group) < 0 && errno != EPERM)
		return -1;
	int rc = fchmod(fd, 0640) < 0 ? -1 : write_synced(fd, text, (size_t)n);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(digits, sizeof(digits));
	OPENSSL_cleanse(text, sizeof(text));
	return rc;
}

/* Makes the key file under another name and links it into place, so that it is
 * never seen half written and never replaces one another process made. */
static int
file_make(const char *path, struct fault *fault_r)
{
	struct arena *a = arena_new();
	const char *dir = dirname(arena_strdup(a, path));
	char *fresh = arena_printf(a, "%s.XXXXXX", path);
	struct stat st;
	int rc = -1, fd = -1;
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd >= 0 && fstat(dir_fd, &st) == 0)
		fd = mkostemp(fresh, O_CLOEXEC);
	if (fd >= 0) {
		rc = fresh_write(fd, st.st_gid);
		if (rc == 0 && link(fresh, path) < 0 && errno != EEXIST)
			rc = -1;
		int error = errno;
		unlink(fresh);
		errno = error;
	}
	if (rc == 0)
		rc = fsync(dir_fd);
	if (rc < 0)
		fault(fault_r, FAULT_UNAVAILABLE,
		    "%s: cannot make the key file: %s.", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (dir_fd >= 0)
		close(dir_fd);
	arena_free(a);
	return rc;
}

struct token_keys *
token_keys_load(const char *path, bool create, struct fault *fault_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT && create) {
		if (file_make(path, fault_r) < 0)
			return NULL;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	if (fd < 0) {
		fault(fault_r,
		    errno == ENOENT ? FAULT_NOT_FOUND : FAULT_UNAVAILABLE,
		    "%s: %s.", path, strerror(errno));
		return NULL;
	}
	struct token_keys *keys = xcalloc(1, sizeof(*keys));
	int rc = file_read(keys, path, fd, fault_r);
	close(fd);
	if (rc == 0)
		return keys;
	token_keys_free(keys);
	return NULL;
}

void
token_keys_free(struct token_keys *keys)
{
	if (keys == NULL)
		return;
	OPENSSL_cleanse(keys, sizeof(*keys));
	free(keys);
}
