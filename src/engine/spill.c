/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"

static int
fail(const struct spill *s, struct fault *fault_r)
{
	return fault(fault_r, FAULT_UNAVAILABLE,
	    "A message cannot be written into %s: %s.", s->dir,
	    strerror(errno));
}

/* Makes the file, nameless, unless it is there. */
static int
open_file(struct spill *s, struct fault *fault_r)
{
	char path[4096];
	if (s->fd >= 0)
		return 0;
	snprintf(path, sizeof(path), "%s/message.XXXXXX", s->dir);
	s->fd = mkostemp(path, O_CLOEXEC);
	if (s->fd < 0)
		return fail(s, fault_r);
	unlink(path);
	return 0;
}

int
spill_take(void *arg, struct buf *b, struct fault *fault_r)
{
	struct spill *s = arg;
	if (open_file(s, fault_r) != 0)
		return -1;
	if (file_write_all(s->fd, b->data, b->len) != 0)
		return fail(s, fault_r);
	s->len += b->len;
	buf_clear(b);
	return 0;
}

int
spill_end(struct spill *s, struct buf *rest, struct fault *fault_r)
{
	if (spill_take(s, rest, fault_r) != 0)
		return -1;
	s->map = mmap(NULL, s->len, PROT_READ, MAP_PRIVATE, s->fd, 0);
	if (s->map == MAP_FAILED) {
		s->map = NULL;
		return fail(s, fault_r);
	}
	close(s->fd);
	s->fd = -1;
	return 0;
}

void
spill_free(struct spill *s)
{
	if (s->map != NULL)
		munmap(s->map, s->len);
	else if (s->dir != NULL && s->fd >= 0)
		close(s->fd);
	*s = (struct spill){ .fd = -1 };
}
