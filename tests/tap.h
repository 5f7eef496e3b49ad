/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * TAP in a page: each ok() prints a line, done() closes the plan and returns
 * the exit status of main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool tap_ok(bool, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool tap_is(const char *got, const char *expected, const char *file, int line,
    const char *what);
bool tap_is_int(int64_t got, int64_t expected, const char *file, int line,
    const char *what);
void tap_skip(const char *what, const char *reason);
int tap_done(void);
/* A new private directory below $TMPDIR, removed by tap_done(). */
const char *tap_dir(void);

#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
#define is(got, expected, what) \
	tap_is((got), (expected), __FILE__, __LINE__, (what))
#define is_int(got, expected, what) \
	tap_is_int((int64_t)(got), (int64_t)(expected), __FILE__, __LINE__, \
	    (what))
