/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log lines are made whole in memory and written with one write(2), so lines
 * of several threads never mix. Control bytes are escaped here once more, so
 * that a forgotten log_text() cannot forge a line.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"

enum { LINE_MAX_BYTES = 2000 };

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_WARN] = { "warn", LOG_WARNING },
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_FATAL] = { "fatal", LOG_CRIT },
};

static struct {
	pthread_mutex_t lock;
	char program[32];
	char path[512]; /* empty: stderr or syslog */
	int fd;
	bool to_syslog;
	_Atomic(enum log_level) least;
} out = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.program = "postflow",
	.fd = STDERR_FILENO,
	.least = LOG_LEVEL_INFO };

static int
open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

int
log_open(const char *program, const char *target, enum log_level least)
{
	int fd = STDERR_FILENO;
	bool to_syslog = strcmp(target, "syslog") == 0;
	bool to_file = !to_syslog && strcmp(target, "stderr") != 0;
	if (to_file && (fd = open_file(target)) < 0)
		return -1;
	pthread_mutex_lock(&out.lock);
	if (out.fd != STDERR_FILENO)
		close(out.fd);
	snprintf(out.program, sizeof(out.program), "%s", program);
	snprintf(out.path, sizeof(out.path), "%s", to_file ? target : "");
	out.fd = fd;
	out.least = least;
	out.to_syslog = to_syslog;
	if (to_syslog)
		openlog(out.program, LOG_PID | LOG_NDELAY, LOG_MAIL);
	pthread_mutex_unlock(&out.lock);
	return 0;
}

int
log_reopen(void)
{
	int rc = 0;
	pthread_mutex_lock(&out.lock);
	if (out.path[0] != '\0') {
		int fd = open_file(out.path);
		if (fd >= 0) {
			close(out.fd);
			out.fd = fd;
		} else {
			rc = -1;
		}
	}
	pthread_mutex_unlock(&out.lock);
	return rc;
}

void
log_set_level(enum log_level least)
{
	pthread_mutex_lock(&out.lock);
	out.least = least;
	pthread_mutex_unlock(&out.lock);
}

int
log_level_find(const char *name)
{
	for (size_t i = 0; i < N_OF(levels); i++)
		if (strcmp(levels[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* Escapes control bytes in place of writing them; returns the new length. */
static size_t
escape(const char *text, char *line, size_t room)
{
	size_t n = 0;
	for (const unsigned char *p = (const unsigned char *)text;
	     *p != '\0' && n + 5 < room; p++) {
		if (*p < 0x20 || *p == 0x7f)
			n += (size_t)snprintf(line + n, 5, "\\x%02x", *p);
		else
			line[n++] = (char)*p;
	}
	return n;
}

static void emit(enum log_level, const char *fmt, va_list) PRINTF(2, 0);

static void
emit(enum log_level level, const char *fmt, va_list ap)
{
	char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 100],
	    when[CLOCK_ISO_LEN];
	int saved = errno;
	vsnprintf(text, sizeof(text), fmt, ap);
	int head = snprintf(line, sizeof(line),
	    "%s %s[%d] %s: ", clock_iso(clock_now_ms(), when), out.program,
	    (int)getpid(), levels[level].name);
	size_t n = (size_t)head;
	n += escape(text, line + n, sizeof(line) - n - 1);
	line[n] = '\0';
	pthread_mutex_lock(&out.lock);
	if (out.to_syslog) {
		syslog(levels[level].priority, "%s", line + head);
	} else {
		line[n] = '\n';
		/* A log that cannot be written has nowhere to say so. */
		ssize_t done = write(out.fd, line, n + 1);
		(void)done;
	}
	pthread_mutex_unlock(&out.lock);
	errno = saved;
}

#define LOG_FUNCTION(name, level) \
	void name(const char *fmt, ...) \
	{ \
		va_list ap; \
		if (level < out.least) \
			return; \
		va_start(ap, fmt); \
		emit(level, fmt, ap); \
		va_end(ap); \
	}

LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)

void
fatal(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	emit(LOG_LEVEL_FATAL, fmt, ap);
	va_end(ap);
	_exit(1);
}

const char *
log_text(const char *s)
{
	static _Thread_local char ring[8][4 * 200 + 8];
	static _Thread_local unsigned turn;
	char *to = ring[turn++ % N_OF(ring)];
	size_t n = 0, in = 0;
	bool plain = s != NULL && s[0] != '\0';
	if (s == NULL)
		return "-";
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		if (*p <= ' ' || *p == 0x7f || *p == '"' || *p == '=' ||
		    *p == '\\')
			plain = false;
	if (!plain)
		to[n++] = '"';
	for (const unsigned char *p = (const unsigned char *)s;
	     *p != '\0' && in < 200; p++, in++) {
		if (*p < 0x20 || *p == 0x7f) {
			n += (size_t)snprintf(to + n, 5, "\\x%02x", *p);
		} else {
			if (*p == '"' || *p == '\\')
				to[n++] = '\\';
			to[n++] = (char)*p;
		}
	}
	if (!plain)
		to[n++] = '"';
	to[n] = '\0';
	return to;
}
