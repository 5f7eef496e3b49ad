/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes go through to the real file, so that every connection reads what was
 * written; kept beside is how to undo each of them and how to do it again.
 * Making, removing and locking files, and the shared memory, are the real
 * VFS's: SQLite syncs the directory itself, and the shared memory is nothing
 * that outlives a crash.
 */
#include "tests/store/crash_vfs.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"

/* A write, or a truncation when data is NULL, that no sync has followed. */
struct piece {
	struct piece *older;
	sqlite3_int64 at, size_before;
	unsigned char *data, *before;
	int64_t n, n_before;
};

struct disk_file {
	struct disk_file *next;
	char *path;
	struct piece *newest;
};

struct crash_file {
	sqlite3_file base;
	struct disk_file *disk;
	sqlite3_file *real; /* behind this struct */
};

static struct {
	pthread_mutex_t lock;
	sqlite3_vfs vfs, *real;
	struct disk_file *files;
	int64_t n, cut_at;
	bool is_cut;
	int bad_syncs, bad_writes, n_open;
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER };

uint64_t
crash_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* ---- what would be lost ------------------------------------------------ */

static struct disk_file *
disk_file(const char *path)
{
	struct disk_file *f = disk.files;
	while (f != NULL && strcmp(f->path, path) != 0)
		f = f->next;
	if (f == NULL) {
		f = xcalloc(1, sizeof(*f));
		f->path = xstrdup(path);
		f->next = disk.files;
		disk.files = f;
	}
	return f;
}

/* Everything so far stays. */
static void
forget(struct disk_file *f)
{
	while (f->newest != NULL) {
		struct piece *p = f->newest;
		f->newest = p->older;
		free(p->data);
		free(p->before);
		free(p);
	}
}

/* Notes that n bytes at that place change, or that the file ends there. */
static int
remember(struct crash_file *c, const void *data, int64_t n, sqlite3_int64 at)
{
	struct piece *p = xcalloc(1, sizeof(*p));
	if (c->real->pMethods->xFileSize(c->real, &p->size_before) != SQLITE_OK)
		fatal("the size of %s cannot be told", c->disk->path);
	int64_t old = p->size_before > at ? p->size_before - at : 0;
	p->at = at;
	p->n = n;
	p->n_before = data != NULL && old > n ? n : old;
	p->before = xmalloc((size_t)p->n_before + 1);
	if (p->n_before > 0 &&
	    c->real->pMethods->xRead(c->real, p->before, (int)p->n_before,
		at) != SQLITE_OK)
		fatal("%s cannot be read", c->disk->path);
	if (data != NULL) {
		p->data = xmalloc((size_t)n + 1);
		memcpy(p->data, data, (size_t)n);
	}
	p->older = c->disk->newest;
	c->disk->newest = p;
	return SQLITE_OK;
}

/* Counts an operation; true when the power is off. */
static bool
power_off(void)
{
	if (++disk.n == disk.cut_at)
		disk.is_cut = true;
	return disk.is_cut;
}

static void
at(int fd, const void *data, int64_t n, int64_t where)
{
	if (pwrite(fd, data, (size_t)n, where) != n)
		fatal("the disk of the test cannot be written");
}

static void
end_at(int fd, int64_t size)
{
	if (ftruncate(fd, size) != 0)
		fatal("the disk of the test cannot be written");
}

/* Does a piece again, or half of it, or not at all. True if all of it. */
static bool
redo(int fd, const struct piece *p, enum crash_rest rest, uint64_t *seed)
{
	uint64_t r = crash_random(seed);
	int64_t n = p->n;
	if (rest == CRASH_REST_LOST ||
	    (rest == CRASH_REST_SOME && (r & 1) == 0))
		return false;
	if (p->data == NULL) {
		end_at(fd, p->at);
		return true;
	}
	if (rest == CRASH_REST_SOME && (r & 14) == 0)
		n = (int64_t)(r >> 8) % (n + 1);
	at(fd, p->data, n, p->at);
	return n == p->n;
}

static int64_t
settle_file(struct disk_file *f, enum crash_rest rest, uint64_t *seed)
{
	struct piece *forward = NULL, *p;
	int64_t n_lost = 0;
	if (f->newest == NULL)
		return 0;
	int fd = open(f->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fatal("%s is not there after the cut", f->path);
	while ((p = f->newest) != NULL) {
		at(fd, p->before, p->n_before, p->at);
		end_at(fd, p->size_before);
		f->newest = p->older;
		p->older = forward;
		forward = p;
	}
	for (p = forward; p != NULL; p = p->older)
		n_lost += !redo(fd, p, rest, seed);
	close(fd);
	f->newest = forward;
	forget(f);
	return n_lost;
}

int64_t
crash_settle(enum crash_rest rest, uint64_t seed)
{
	int64_t n_lost = 0;
	if (disk.n_open != 0)
		fatal("%d files are still open", disk.n_open);
	while (disk.files != NULL) {
		struct disk_file *f = disk.files;
		n_lost += settle_file(f, rest, &seed);
		disk.files = f->next;
		free(f->path);
		free(f);
	}
	disk.is_cut = false;
	disk.cut_at = 0;
	return n_lost;
}

void
crash_cut_at(int64_t n)
{
	pthread_mutex_lock(&disk.lock);
	disk.n = 0;
	disk.cut_at = n;
	pthread_mutex_unlock(&disk.lock);
}

int64_t
crash_operations(void)
{
	pthread_mutex_lock(&disk.lock);
	int64_t n = disk.n;
	pthread_mutex_unlock(&disk.lock);
	return n;
}

bool
crash_is_cut(void)
{
	pthread_mutex_lock(&disk.lock);
	bool is_cut = disk.is_cut;
	pthread_mutex_unlock(&disk.lock);
	return is_cut;
}

void
crash_fail_syncs(int n)
{
	pthread_mutex_lock(&disk.lock);
	disk.bad_syncs = n;
	pthread_mutex_unlock(&disk.lock);
}

void
crash_fail_writes(int n)
{
	pthread_mutex_lock(&disk.lock);
	disk.bad_writes = n;
	pthread_mutex_unlock(&disk.lock);
}

/* ---- a file, as SQLite calls it ---------------------------------------- */

static struct crash_file *
crash_of(sqlite3_file *f)
{
	return (struct crash_file *)f;
}

static sqlite3_file *
real_of(sqlite3_file *f)
{
	return crash_of(f)->real;
}

static int
crash_close(sqlite3_file *f)
{
	pthread_mutex_lock(&disk.lock);
	disk.n_open--;
	pthread_mutex_unlock(&disk.lock);
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int
crash_read(sqlite3_file *f, void *data, int n, sqlite3_int64 where)
{
	return crash_is_cut()
	    ? SQLITE_IOERR_READ
	    : real_of(f)->pMethods->xRead(real_of(f), data, n, where);
}

static int
crash_write(sqlite3_file *f, const void *data, int n, sqlite3_int64 where)
{
	struct crash_file *c = crash_of(f);
	int rc = SQLITE_IOERR_WRITE;
	pthread_mutex_lock(&disk.lock);
	bool was_cut = disk.is_cut, fails = disk.bad_writes > 0;
	disk.bad_writes -= fails;
	if (!was_cut && !fails && remember(c, data, n, where) == SQLITE_OK &&
	    !power_off())
		rc = c->real->pMethods->xWrite(c->real, data, n, where);
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

static int
crash_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct crash_file *c = crash_of(f);
	int rc = SQLITE_IOERR_TRUNCATE;
	pthread_mutex_lock(&disk.lock);
	if (!disk.is_cut && remember(c, NULL, 0, size) == SQLITE_OK &&
	    !power_off())
		rc = c->real->pMethods->xTruncate(c->real, size);
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

/* The sync that tests wait for by the hundred is not a real one. */
static int
crash_sync(sqlite3_file *f, int flags)
{
	int rc = SQLITE_IOERR_FSYNC;
	(void)flags;
	pthread_mutex_lock(&disk.lock);
	bool fails = disk.bad_syncs > 0;
	disk.bad_syncs -= fails;
	if (!disk.is_cut && !power_off() && !fails) {
		forget(crash_of(f)->disk);
		rc = SQLITE_OK;
	}
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

static int
crash_file_size(sqlite3_file *f, sqlite3_int64 *size_r)
{
	return crash_is_cut()
	    ? SQLITE_IOERR_FSTAT
	    : real_of(f)->pMethods->xFileSize(real_of(f), size_r);
}

static int
crash_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int
crash_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int
crash_check_lock(sqlite3_file *f, int *is_locked_r)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f),
	    is_locked_r);
}

static int
crash_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int
crash_sector_size(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

/* A write changes no byte beside it; nothing else is promised. */
static int
crash_characteristics(sqlite3_file *f)
{
	(void)f;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int
crash_shm_map(sqlite3_file *f, int page, int size, int extend,
    void volatile **p)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, p);
}

static int
crash_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void
crash_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int
crash_shm_unmap(sqlite3_file *f, int remove_it)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), remove_it);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = crash_close,
	.xRead = crash_read,
	.xWrite = crash_write,
	.xTruncate = crash_truncate,
	.xSync = crash_sync,
	.xFileSize = crash_file_size,
	.xLock = crash_lock,
	.xUnlock = crash_unlock,
	.xCheckReservedLock = crash_check_lock,
	.xFileControl = crash_control,
	.xSectorSize = crash_sector_size,
	.xDeviceCharacteristics = crash_characteristics,
	.xShmMap = crash_shm_map,
	.xShmLock = crash_shm_lock,
	.xShmBarrier = crash_shm_barrier,
	.xShmUnmap = crash_shm_unmap,
};

static int
crash_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags,
    int *flags_r)
{
	struct crash_file *c = crash_of(f);
	(void)vfs;
	*c = (struct crash_file){ .real = (sqlite3_file *)(void *)&c[1] };
	if (path == NULL || crash_is_cut())
		return SQLITE_CANTOPEN;
	int rc = disk.real->xOpen(disk.real, path, c->real, flags, flags_r);
	if (rc != SQLITE_OK)
		return rc;
	pthread_mutex_lock(&disk.lock);
	c->disk = disk_file(path);
	disk.n_open++;
	pthread_mutex_unlock(&disk.lock);
	c->base.pMethods = &methods;
	return SQLITE_OK;
}

/* A removed file takes what was to be written with it. */
static int
crash_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
	(void)vfs, (void)sync_dir;
	if (crash_is_cut())
		return SQLITE_IOERR_DELETE;
	pthread_mutex_lock(&disk.lock);
	forget(disk_file(path));
	pthread_mutex_unlock(&disk.lock);
	return disk.real->xDelete(disk.real, path, 0);
}

void
crash_vfs_register(void)
{
	disk.real = sqlite3_vfs_find(NULL);
	disk.vfs = *disk.real;
	disk.vfs.iVersion = 1;
	disk.vfs.pNext = NULL;
	disk.vfs.zName = CRASH_VFS;
	disk.vfs.szOsFile =
	    (int)sizeof(struct crash_file) + disk.real->szOsFile;
	disk.vfs.xOpen = crash_open;
	disk.vfs.xDelete = crash_delete;
	sqlite3_vfs_register(&disk.vfs, 0);
}
