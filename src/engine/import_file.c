/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file is read in pieces, and the kernel is asked for what comes next well
 * before it is needed: who reads it does not wait for the disk.
 */
#include "engine/import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "model/import.h"

enum {
	ROOM_FIRST = 64 << 10,
	READ_LEAST = 16 << 10,
	AHEAD = 1 << 20,  /* asked for, when half of it was read */
	PLACE_SHIFT = 48, /* above the offset: where in a record it is */
};

static const char suffix[] = ".csv";

struct import_file {
	int fd;
	struct csv csv;
	char *data; /* one byte more than room */
	size_t room, at, len;
	int64_t end;   /* the file's offset behind data + len */
	int64_t ahead; /* up to there it was asked for */
	bool is_last;
};

char *
import_dir(struct arena *a, const char *state_dir)
{
	return arena_printf(a, "%s/imports", state_dir);
}

char *
import_path(struct arena *a, const char *state_dir, int64_t id)
{
	char text[ID_UUID_LEN];
	return arena_printf(a, "%s/imports/%s%s", state_dir, id_uuid(id, text),
	    suffix);
}

int64_t
import_of_name(const char *name)
{
	char text[ID_UUID_LEN];
	int64_t id;
	if (strlen(name) != ID_UUID_LEN - 1 + strlen(suffix) ||
	    strcmp(name + ID_UUID_LEN - 1, suffix) != 0)
		return 0;
	memcpy(text, name, ID_UUID_LEN - 1);
	text[ID_UUID_LEN - 1] = '\0';
	return id_from_uuid(text, &id) == 1 ? id : 0;
}

struct import_file *
import_file_open(const char *path, const struct import_plan *p,
    struct fault *fault_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fault(fault_r, errno == ENOENT ? FAULT_INVALID : FAULT_INTERNAL,
		    "Its file cannot be opened: %s.", strerror(errno));
		return NULL;
	}
	struct import_file *f = xcalloc(1, sizeof(*f));
	f->fd = fd;
	f->room = ROOM_FIRST;
	f->data = xmalloc(f->room + 1);
	csv_init(&f->csv, p->separator, p->has_cr);
	return f;
}

void
import_file_close(struct import_file *f)
{
	if (f == NULL)
		return;
	close(f->fd);
	free(f->data);
	free(f);
}

int64_t
import_file_place(const struct import_file *f)
{
	return (f->end - (int64_t)(f->len - f->at)) |
	    (int64_t)csv_place(&f->csv) << PLACE_SHIFT;
}

void
import_file_seek(struct import_file *f, int64_t place)
{
	if (place == import_file_place(f))
		return;
	f->at = f->len = 0;
	f->end = place & ((INT64_C(1) << PLACE_SHIFT) - 1);
	f->ahead = 0;
	f->is_last = false;
	csv_resume(&f->csv, (int)(place >> PLACE_SHIFT));
}

/* Has the kernel read what comes next. */
static void
ask_ahead(struct import_file *f)
{
	if (f->ahead - f->end > AHEAD / 2)
		return;
	f->ahead = f->end + AHEAD;
	posix_fadvise(f->fd, f->end, AHEAD, POSIX_FADV_WILLNEED);
}

/* Reads more behind what is there. 0 or -1 */
static int
refill(struct import_file *f, struct fault *fault_r)
{
	memmove(f->data, f->data + f->at, f->len - f->at);
	f->len -= f->at;
	f->at = 0;
	if (f->room - f->len < READ_LEAST)
		f->data = xrealloc(f->data, (f->room *= 2) + 1);
	ssize_t n;
	do
		n = pread(f->fd, f->data + f->len, f->room - f->len, f->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fault(fault_r, FAULT_INTERNAL,
		    "Its file cannot be read: %s.", strerror(errno));
	f->len += (size_t)n;
	f->end += n;
	f->is_last = n == 0;
	ask_ahead(f);
	return 0;
}

int
import_file_next(struct import_file *f, const struct csv **csv_r,
    struct fault *fault_r)
{
	enum csv_result r;
	*csv_r = &f->csv;
	while ((r = csv_next(&f->csv, f->data + f->at, f->len - f->at,
		    f->is_last)) == CSV_MORE)
		if (refill(f, fault_r) != 0)
			return -1;
	if (r != CSV_END)
		f->at += f->csv.used;
	return (int)r;
}
