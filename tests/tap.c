/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tap.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int n_done, n_failed;
static char dir[256];

static void
line_start(bool good)
{
	n_done++;
	if (!good)
		n_failed++;
	printf("%sok %d - ", good ? "" : "not ", n_done);
}

bool
tap_ok(bool good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	line_start(good);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (!good)
		printf("# failed at %s:%d\n", file, line);
	fflush(stdout);
	return good;
}

bool
tap_is(const char *got, const char *expected, const char *file, int line,
    const char *what)
{
	bool good = got == NULL || expected == NULL
	    ? got == expected
	    : strcmp(got, expected) == 0;
	tap_ok(good, file, line, "%s", what);
	if (!good)
		printf("#      got: %s\n# expected: %s\n",
		    got == NULL ? "(null)" : got,
		    expected == NULL ? "(null)" : expected);
	return good;
}

bool
tap_is_int(int64_t got, int64_t expected, const char *file, int line,
    const char *what)
{
	tap_ok(got == expected, file, line, "%s", what);
	if (got != expected)
		printf("#      got: %lld\n# expected: %lld\n", (long long)got,
		    (long long)expected);
	return got == expected;
}

void
tap_skip(const char *what, const char *reason)
{
	n_done++;
	printf("ok %d - %s # SKIP %s\n", n_done, what, reason);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

const char *
tap_dir(void)
{
	const char *tmp = getenv("TMPDIR");
	if (dir[0] == '\0') {
		snprintf(dir, sizeof(dir), "%s/postflow-test.XXXXXX",
		    tmp != NULL ? tmp : "/tmp");
		if (mkdtemp(dir) == NULL) {
			printf("Bail out! cannot make %s\n", dir);
			exit(1);
		}
	}
	return dir;
}

int
tap_done(void)
{
	if (dir[0] != '\0')
		nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	printf("1..%d\n", n_done);
	return n_failed == 0 && n_done > 0 ? 0 : 1;
}
