/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * maillog LOG OFFSET MESSAGES SECONDS: follows Postfix's log from a place on
 * until so many messages are delivered, and prints how many that were a second:
 * from the first message coming in to the last one having left the queue. Both
 * ends are seen within a few milliseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

enum { PIECE = 256 << 10, NAP_MS = 5 };

static struct {
	int64_t first_us, n_sent;
} seen;

static void
take_line(const char *line)
{
	if (seen.first_us == 0 && strstr(line, ": client=") != NULL)
		seen.first_us = clock_mono_us();
	if (strstr(line, " status=sent") != NULL)
		seen.n_sent++;
	else if (strstr(line, " status=") != NULL)
		fatal("a message was not delivered: %s", line);
}

/* Reads what the log has grown by. */
static void
take_lines(int fd, struct buf *b)
{
	ssize_t n;
	while ((n = read(fd, buf_reserve(b, PIECE), PIECE)) > 0) {
		char *start = b->data, *newline;
		b->len += (size_t)n;
		b->data[b->len] = '\0';
		while ((newline = strchr(start, '\n')) != NULL) {
			*newline = '\0';
			take_line(start);
			start = newline + 1;
		}
		buf_drop(b, (size_t)(start - b->data));
	}
}

int
main(int argc, char **argv)
{
	const struct timespec nap = { .tv_nsec = NAP_MS * 1000000 };
	struct buf b = { 0 };
	if (argc != 5)
		return 64;
	int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	int64_t wanted = atoll(argv[3]);
	int64_t limit = clock_mono_us() + atoll(argv[4]) * 1000000;
	if (fd < 0 || lseek(fd, atoll(argv[2]), SEEK_SET) < 0)
		fatal("%s: %s", argv[1], strerror(errno));
	for (take_lines(fd, &b); seen.n_sent < wanted; take_lines(fd, &b)) {
		if (clock_mono_us() > limit)
			fatal("%lld of %lld messages were delivered in time",
			    (long long)seen.n_sent, (long long)wanted);
		nanosleep(&nap, NULL);
	}
	double took = (double)(clock_mono_us() - seen.first_us) / 1e6;
	printf("%.1f\n", (double)seen.n_sent / took);
	buf_free(&b);
	close(fd);
	return 0;
}
