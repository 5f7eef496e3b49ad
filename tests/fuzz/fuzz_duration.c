/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts that say when and how long: a duration that is taken reads back as the
 * same, a date is one of four digits of a year, and a moment for a mail lies
 * ahead and not too far.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "model/date.h"
#include "model/duration.h"
#include "model/when.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct fault f;
	char again[DURATION_TEXT_LEN];
	const char *text = arena_strndup(a, (const char *)data, n);
	int64_t ms, same;
	bool date_only;
	if (duration_parse(text, INT64_MAX >> 11, &ms, &f) == 0) {
		if (ms < 1 ||
		    duration_parse(duration_text(ms, again), ms, &same, &f) !=
			0 ||
		    same != ms)
			abort();
	} else if (!utf8_valid(f.text, strlen(f.text))) {
		abort();
	}
	if (date_parse(text, &ms, &date_only) == 1 &&
	    (ms < DATE_MIN_MS - DATE_DAY_MS || ms > DATE_MAX_MS + DATE_DAY_MS ||
		(date_only && ms % DATE_DAY_MS != 0)))
		abort();
	if (when_parse(text, INT64_C(1790000000000), WHEN_MAIL_MAX_MS, &ms,
		&f) == 0 &&
	    (ms < INT64_C(1790000000000) ||
		ms > INT64_C(1790000000000) + WHEN_MAIL_MAX_MS))
		abort();
	arena_free(a);
	return 0;
}
