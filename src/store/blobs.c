/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Putting and collecting meet at one file: who puts a content that is there
 * makes its file young again, and who collects looks at its age and removes it,
 * each in one piece. What is young is not collected, so that there is an hour
 * for the row to be written.
 */
#include "store/blobs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/file.h"
#include "store/direct.h"

enum {
	NAME_LEN = 2 * BLOB_HASH_LEN + 1,
	PATH_MAX_LEN = 4096,
	YOUNG_MS = 3600 * 1000
};

static pthread_mutex_t ages = PTHREAD_MUTEX_INITIALIZER;

const char *
blob_path(struct arena *a, const char *state_dir,
    const unsigned char hash[BLOB_HASH_LEN])
{
	char name[NAME_LEN];
	hex_encode(hash, BLOB_HASH_LEN, name);
	return arena_printf(a, "%s/blobs/%.2s/%s", state_dir, name, name);
}

static int
fail(struct fault *fault_r, const char *what, const char *path)
{
	return fault(fault_r, FAULT_UNAVAILABLE, "%s cannot be %s: %s.", path,
	    what, strerror(errno));
}

/* ---- putting ----------------------------------------------------------- */

/* Syncs a file or directory by its path. */
static int
sync_path(const char *path, struct fault *fault_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(fault_r, "opened", path);
	int rc = fsync(fd) == 0 ? 0 : fail(fault_r, "synced", path);
	close(fd);
	return rc;
}

/* Makes a directory, if it is not there, and its name durable: who made it
 * may not have come to that. */
static int
make_dir(const char *path, const char *parent, struct fault *fault_r)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return fail(fault_r, "made", path);
	return sync_path(parent, fault_r);
}

/* Writes and syncs all of it. */
static int
write_synced(int fd, const char *path, const char *data, size_t len,
    struct fault *fault_r)
{
	if (file_write_all(fd, data, len) != 0)
		return fail(fault_r, "written", path);
	return fsync(fd) == 0 ? 0 : fail(fault_r, "synced", path);
}

/* Writes a new file under a name of its own, then gives it the right one. */
static int
write_new(const char *path, const void *data, size_t len, struct fault *fault_r)
{
	char own[PATH_MAX_LEN];
	uint64_t random;
	random_bytes(&random, sizeof(random));
	snprintf(own, sizeof(own), "%s.%016llx", path,
	    (unsigned long long)random);
	int fd = open(own, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(fault_r, "made", own);
	int rc = write_synced(fd, own, data, len, fault_r);
	close(fd);
	if (rc == 0 && rename(own, path) != 0)
		rc = fail(fault_r, "renamed", own);
	if (rc != 0)
		unlink(own);
	return rc;
}

/* Makes the file young, if it is there and whole. */
static bool
touch(const char *path, size_t len)
{
	struct stat st;
	pthread_mutex_lock(&ages);
	bool is_there = stat(path, &st) == 0 && st.st_size == (off_t)len &&
	    utimensat(AT_FDCWD, path, NULL, 0) == 0;
	pthread_mutex_unlock(&ages);
	return is_there;
}

int
blob_put(const char *state_dir, const void *data, size_t len,
    unsigned char hash[BLOB_HASH_LEN], struct fault *fault_r)
{
	char all[PATH_MAX_LEN / 2], dir[PATH_MAX_LEN / 2 + 8];
	char path[PATH_MAX_LEN - 20], name[NAME_LEN];
	sha256(data, len, hash);
	hex_encode(hash, BLOB_HASH_LEN, name);
	snprintf(all, sizeof(all), "%s/blobs", state_dir);
	snprintf(dir, sizeof(dir), "%s/%.2s", all, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (make_dir(all, state_dir, fault_r) != 0 ||
	    make_dir(dir, all, fault_r) != 0 ||
	    (touch(path, len) ? sync_path(path, fault_r)
			      : write_new(path, data, len, fault_r)) != 0)
		return -1;
	return sync_path(dir, fault_r);
}

/* ---- collecting -------------------------------------------------------- */

/* The hash a file is named by; false for what was never finished. */
static bool
read_name(const char *name, unsigned char hash[BLOB_HASH_LEN])
{
	for (size_t i = 0; i < BLOB_HASH_LEN; i++) {
		unsigned byte;
		if (strspn(name + 2 * i, "0123456789abcdef") < 2)
			return false;
		sscanf(name + 2 * i, "%2x", &byte);
		hash[i] = (unsigned char)byte;
	}
	return name[2 * BLOB_HASH_LEN] == '\0';
}

/* Removes a file, if it is old and no row names it. 1, 0, -1 */
static int
collect_one(struct txn *t, int dir_fd, const char *name, int64_t now_ms,
    struct fault *fault_r)
{
	unsigned char hash[BLOB_HASH_LEN];
	struct stat st;
	int rc = 0;
	pthread_mutex_lock(&ages);
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) &&
	    now_ms - (int64_t)st.st_mtim.tv_sec * 1000 > YOUNG_MS) {
		rc = read_name(name, hash)
		    ? store_blob_is_used(t, hash, fault_r)
		    : 0;
		if (rc >= 0)
			rc = rc == 0 && unlinkat(dir_fd, name, 0) == 0;
	}
	pthread_mutex_unlock(&ages);
	return rc;
}

int
blob_collect(struct txn *t, const char *state_dir, int dir, int64_t now_ms,
    struct fault *fault_r)
{
	char path[PATH_MAX_LEN];
	struct dirent *entry;
	int n = 0, rc = 0;
	snprintf(path, sizeof(path), "%s/blobs/%02x", state_dir, dir);
	DIR *d = opendir(path);
	if (d == NULL)
		return errno == ENOENT ? 0 : fail(fault_r, "opened", path);
	while (rc >= 0 && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.') {
			rc = collect_one(t, dirfd(d), entry->d_name, now_ms,
			    fault_r);
			n += rc == 1;
		}
	closedir(d);
	return rc < 0 ? -1 : n;
}
