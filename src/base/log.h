/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * One fact, one line: identity first, key=value after. Severity says what it
 * means for people: info, an operator may want it tomorrow; warn, it works but
 * look; error, someone lost something; fatal, the process ends.
 * All of it may be called from any thread.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_FATAL
};

/*
 * Where lines go: "stderr", "syslog", or the path of a file. 0, or -1 with
 * errno when the file cannot be opened (the old target stays).
 */
int log_open(const char *program, const char *target, enum log_level least);
/* Opens the file anew, after rotation. 0 or -1 with errno. */
int log_reopen(void);
void log_set_level(enum log_level least);
/* The level of a name, -1 if there is none such. */
int log_level_find(const char *name);

void log_debug(const char *fmt, ...) PRINTF(1, 2);
void log_info(const char *fmt, ...) PRINTF(1, 2);
void log_warn(const char *fmt, ...) PRINTF(1, 2);
void log_error(const char *fmt, ...) PRINTF(1, 2);
void fatal(const char *fmt, ...) PRINTF(1, 2) __attribute__((noreturn));

/*
 * A stranger's text made safe as the value of a key: without blanks, quotes,
 * '=' or controls it stays as it is, else it is quoted with escapes; cut at
 * 200 bytes. The result lives until the eighth next call in this thread.
 */
const char *log_text(const char *);
