/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is written is synced a few megabytes at a time, so that the end of a
 * large file does not hold up others who want something of the disk.
 */
#include "api/import_body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/contact_body.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "http/multipart.h"
#include "model/property.h"

enum {
	FILE_MB_MAX = 100,
	TEXT_BYTES_MAX = 64 << 10, /* of a part that is no file */
	SYNC_EACH = 4 << 20,
};

enum part {
	PART_FILE,
	PART_COLUMN_MAP,
	PART_ON_CONFLICT,
	PART_SEGMENTS,
	PART_TOPICS,
	PART_COUNT /* another; passed over */
};

static const char *const names[PART_COUNT] = {
	[PART_FILE] = "file",
	[PART_COLUMN_MAP] = "column_map",
	[PART_ON_CONFLICT] = "on_conflict",
	[PART_SEGMENTS] = "segments",
	[PART_TOPICS] = "topics",
};

struct import_body {
	struct multipart *multipart;
	enum part part; /* that comes now */
	bool has[PART_COUNT];
	struct buf texts[PART_COUNT];
	struct sha256_sum *sum; /* NULL: nobody asks */
	/* the file */
	char *dir, *path; /* path NULL: there is none, or it is not ours */
	int fd;
	int64_t size, unsynced;
	struct buf head; /* its beginning, as long as a header can be */
	int64_t line;    /* lines that came; */
	int64_t cr;      /* where there are none, CRs end them */
	char rest[4];    /* of a character that is not whole yet */
	size_t n_rest;
};

/* ---- the file ------------------------------------------------------------ */

/* What went wrong with the disk; -1. */
static int
disk_fault(struct fault *fault_r, const char *what)
{
	return fault(fault_r, FAULT_UNAVAILABLE, "The file cannot be %s: %s.",
	    what, strerror(errno));
}

static int
file_open(struct import_body *b, struct fault *fault_r)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/upload-XXXXXX", b->dir);
	if (n < 0 || (size_t)n >= sizeof(path))
		errno = ENAMETOOLONG;
	else
		b->fd = mkostemp(path, O_CLOEXEC);
	if (b->fd < 0)
		return disk_fault(fault_r, "made");
	b->path = xstrdup(path);
	return 0;
}

static int
file_write(struct import_body *b, const char *p, size_t n,
    struct fault *fault_r)
{
	b->size += (int64_t)n;
	b->unsynced += (int64_t)n;
	if (file_write_all(b->fd, p, n) != 0)
		return disk_fault(fault_r, "written");
	if (b->unsynced < SYNC_EACH)
		return 0;
	b->unsynced = 0;
	return fdatasync(b->fd) == 0 ? 0 : disk_fault(fault_r, "synced");
}

static int
not_text(const struct import_body *b, struct fault *fault_r)
{
	return fault(fault_r, FAULT_INVALID,
	    "The file is no UTF-8 text: line %lld has bytes that are none. "
	    "Save it as CSV UTF-8.",
	    (long long)(b->line > 0 ? b->line : b->cr) + 1);
}

/* Completes a character whose first bytes came before. How many bytes of p it
 * took; 0 with fault_r if it is none. */
static size_t
complete(struct import_body *b, const char *p, size_t n, struct fault *fault_r)
{
	for (size_t i = 0; i < n; i++) {
		b->rest[b->n_rest++] = p[i];
		bool is_whole = utf8_valid(b->rest, b->n_rest);
		if (!is_whole && b->n_rest == sizeof(b->rest)) {
			not_text(b, fault_r);
			return 0;
		}
		if (is_whole) {
			b->n_rest = 0;
			return i + 1;
		}
	}
	return n;
}

/* The file must be UTF-8 and have no NUL; counts its lines. 0 or -1 */
static int
check_text(struct import_body *b, const char *p, size_t n,
    struct fault *fault_r)
{
	if (b->n_rest > 0) {
		size_t used = complete(b, p, n, fault_r);
		if (used == 0)
			return -1;
		p += used;
		n -= used;
	}
	size_t good = utf8_valid_prefix(p, n);
	for (size_t i = 0; i < good; i++) {
		b->line += p[i] == '\n';
		b->cr += p[i] == '\r';
		if (p[i] == '\0')
			return not_text(b, fault_r);
	}
	if (n - good >= sizeof(b->rest))
		return not_text(b, fault_r);
	memcpy(b->rest + b->n_rest, p + good, n - good);
	b->n_rest += n - good;
	return 0;
}

static int
file_feed(struct import_body *b, const char *p, size_t n, struct fault *fault_r)
{
	if (b->size + (int64_t)n > (int64_t)FILE_MB_MAX << 20)
		return fault(fault_r, FAULT_LIMIT,
		    "The file is larger than %d MB.", FILE_MB_MAX);
	size_t room = CSV_RECORD_MAX - b->head.len;
	buf_add(&b->head, p, n < room ? n : room);
	return check_text(b, p, n, fault_r) != 0 ? -1
						 : file_write(b, p, n, fault_r);
}

/* ---- parts ----------------------------------------------------------------
 */

static int
part_begin(void *arg, const char *name, const char *filename,
    struct fault *fault_r)
{
	struct import_body *b = arg;
	(void)filename;
	for (b->part = 0; b->part < PART_COUNT; b->part++)
		if (strcmp(name, names[b->part]) == 0)
			break;
	if (b->part == PART_COUNT)
		return 0;
	if (b->has[b->part])
		return fault(fault_r, FAULT_INVALID,
		    "The part `%s` is there twice.", name);
	b->has[b->part] = true;
	return b->part == PART_FILE ? file_open(b, fault_r) : 0;
}

static int
part_data(void *arg, const char *p, size_t n, struct fault *fault_r)
{
	struct import_body *b = arg;
	if (b->part == PART_COUNT)
		return 0;
	if (b->part == PART_FILE && b->sum != NULL)
		sha256_add(b->sum, p, n);
	if (b->part == PART_FILE)
		return file_feed(b, p, n, fault_r);
	if (b->texts[b->part].len + n > TEXT_BYTES_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "The part `%s` has more than %d bytes.", names[b->part],
		    TEXT_BYTES_MAX);
	buf_add(&b->texts[b->part], p, n);
	return 0;
}

static int
part_end(void *arg, struct fault *fault_r)
{
	struct import_body *b = arg;
	if (b->part != PART_FILE)
		return 0;
	if (b->n_rest > 0)
		return not_text(b, fault_r);
	return fsync(b->fd) == 0 ? 0 : disk_fault(fault_r, "synced");
}

struct import_body *
import_body_new(const char *content_type, const char *dir, bool hashes,
    struct fault *fault_r)
{
	struct import_body *b = xcalloc(1, sizeof(*b));
	const struct multipart_sink sink = { part_begin, part_data, part_end,
		b };
	b->fd = -1;
	b->part = PART_COUNT;
	b->dir = xstrdup(dir);
	b->sum = hashes ? sha256_begin() : NULL;
	b->multipart = multipart_new(content_type, &sink, fault_r);
	if (b->multipart != NULL)
		return b;
	import_body_free(b);
	return NULL;
}

void
import_body_free(struct import_body *b)
{
	if (b == NULL)
		return;
	if (b->fd >= 0)
		close(b->fd);
	if (b->path != NULL)
		unlink(b->path);
	for (int i = 0; i < PART_COUNT; i++)
		buf_free(&b->texts[i]);
	sha256_free(b->sum);
	buf_free(&b->head);
	multipart_free(b->multipart);
	free(b->path);
	free(b->dir);
	free(b);
}

int
import_body_feed(struct import_body *b, const char *p, size_t n,
    struct fault *fault_r)
{
	return multipart_feed(b->multipart, p, n, fault_r);
}

int
import_body_end(struct import_body *b, struct fault *fault_r)
{
	if (multipart_end(b->multipart, fault_r) != 0)
		return -1;
	return b->has[PART_FILE]
	    ? 0
	    : fault(fault_r, FAULT_MISSING, "Missing `file` part.");
}

int64_t
import_body_size(const struct import_body *b)
{
	return b->size;
}

void
import_body_hash(struct import_body *b, unsigned char out[SHA256_LEN])
{
	for (int i = 0; i < PART_COUNT; i++) {
		sha256_add(b->sum, &b->has[i], sizeof(b->has[i]));
		sha256_add(b->sum, &b->texts[i].len, sizeof(b->texts[i].len));
		sha256_add(b->sum, b->texts[i].data, b->texts[i].len);
	}
	sha256_end(b->sum, out);
}

/* ---- what they say ----------------------------------------------------------
 */

/* The JSON of a part. 1, 0 if it is not there, -1 */
static int
part_json(struct import_body *b, struct arena *a, enum part part,
    json_t **value_r, struct fault *fault_r)
{
	*value_r = NULL;
	if (!b->has[part])
		return 0;
	const struct buf *text = &b->texts[part];
	*value_r = json_parse(a, text->data != NULL ? text->data : "",
	    text->len, fault_r);
	return *value_r != NULL ? 1 : fault_at(fault_r, "`%s`", names[part]);
}

/* The same, where it must be an array. */
static int
part_array(struct import_body *b, struct arena *a, enum part part,
    json_t **value_r, struct fault *fault_r)
{
	int rc = part_json(b, a, part, value_r, fault_r);
	return rc == 1 && !json_is_array(*value_r)
	    ? fault(fault_r, FAULT_INVALID, "`%s` must be a JSON array.",
		  names[part])
	    : rc;
}

/* upsert, unless it says skip. */
static int
read_conflict(struct import_body *b, struct import_plan *p,
    struct fault *fault_r)
{
	const char *word = b->texts[PART_ON_CONFLICT].data;
	p->skips = b->has[PART_ON_CONFLICT] && word != NULL &&
	    strcmp(word, "skip") == 0;
	if (!b->has[PART_ON_CONFLICT] || p->skips ||
	    (word != NULL && strcmp(word, "upsert") == 0))
		return 0;
	fault(fault_r, FAULT_INVALID,
	    "`on_conflict` must be `upsert` or `skip`, not `%.60s`.",
	    word != NULL ? word : "");
	return -1;
}

/* What the properties may be called. 0 or -1 */
static int
check_keys(const struct import_plan *p, struct fault *fault_r)
{
	for (int i = 0; i < p->n_properties; i++)
		if (property_key_check(p->properties[i].key, fault_r) != 0)
			return fault_at(fault_r, "`column_map.properties`");
	return 0;
}

int
import_body_plan(struct import_body *b, struct call *c, struct import_plan *p,
    struct fault *fault_r)
{
	json_t *map, *segments, *topics;
	if (part_json(b, c->arena, PART_COLUMN_MAP, &map, fault_r) < 0 ||
	    part_array(b, c->arena, PART_SEGMENTS, &segments, fault_r) < 0 ||
	    part_array(b, c->arena, PART_TOPICS, &topics, fault_r) < 0)
		return -1;
	char *head = b->head.data != NULL ? b->head.data : (char[1]){ 0 };
	if (import_plan_make(c->arena, head, b->head.len, map, p, fault_r) != 0)
		return -1;
	return check_keys(p, fault_r) != 0 ||
		read_conflict(b, p, fault_r) != 0 ||
		segment_ids_read(c, segments, &p->segments, &p->n_segments,
		    fault_r) != 0 ||
		topic_choices_read(c, topics, &p->topics, &p->n_topics,
		    fault_r) != 0
	    ? -1
	    : 0;
}

int
import_body_place(struct import_body *b, const char *path,
    struct fault *fault_r)
{
	if (rename(b->path, path) != 0)
		return disk_fault(fault_r, "named");
	free(b->path);
	b->path = xstrdup(path);
	int dir = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = dir < 0 ? -1 : fsync(dir);
	if (rc != 0)
		disk_fault(fault_r, "named");
	if (dir >= 0)
		close(dir);
	return rc;
}

void
import_body_keep(struct import_body *b)
{
	free(b->path);
	b->path = NULL;
}
