/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/duration.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/fault.h"
#include "model/date.h"
#include "model/scalar.h"

enum { NUMBER_MAX = 30 };

/* The largest first; a unit's own name stands before its other spellings. */
static const struct unit {
	int64_t ms;
	const char *names[5];
} units[] = {
	{ 604800000, { "week", "weeks", "w" } },
	{ 86400000, { "day", "days", "d" } },
	{ 3600000, { "hour", "hours", "hr", "hrs", "h" } },
	{ 60000, { "minute", "minutes", "min", "mins", "m" } },
	{ 1000, { "second", "seconds", "sec", "secs", "s" } },
};

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Takes digits with or without a fraction. */
static bool
take_number(const char **p, double *number_r)
{
	char text[NUMBER_MAX + 1];
	size_t n = strspn(*p, "0123456789.");
	if (n > NUMBER_MAX)
		return false;
	memcpy(text, *p, n);
	text[n] = '\0';
	*p += n;
	return scalar_number_text(text, number_r) == 1;
}

/* The unit a word of n letters names, or NULL. */
static const struct unit *
unit_find(const char *word, size_t n)
{
	for (size_t i = 0; i < N_OF(units); i++)
		for (size_t j = 0; j < N_OF(units[i].names); j++) {
			const char *name = units[i].names[j];
			if (name != NULL && strlen(name) == n &&
			    strncasecmp(name, word, n) == 0)
				return &units[i];
		}
	return NULL;
}

/* Takes the letters of a unit. */
static const struct unit *
take_unit(const char **p)
{
	const char *word = *p;
	while ((**p >= 'a' && **p <= 'z') || (**p >= 'A' && **p <= 'Z'))
		(*p)++;
	return unit_find(word, (size_t)(*p - word));
}

/* What may stand between two terms. */
static const char *
skip_separator(const char *p)
{
	p = skip_blanks(p);
	if (*p == ',')
		p = skip_blanks(p + 1);
	if (strncasecmp(p, "and", 3) == 0)
		p = skip_blanks(p + 3);
	return p;
}

/* Adds up all terms; false if the text is no duration. */
static bool
read_terms(const char *p, double *ms_r)
{
	double number;
	*ms_r = 0;
	p = skip_blanks(p);
	for (;;) {
		if (!take_number(&p, &number))
			return false;
		p = skip_blanks(p);
		const struct unit *unit = take_unit(&p);
		if (unit == NULL)
			return false;
		*ms_r += number * (double)unit->ms;
		if (*skip_blanks(p) == '\0')
			return true;
		p = skip_separator(p);
	}
}

/* The bound as its authors think of it: whole days as days. */
static char *
bound_text(int64_t ms, char out[DURATION_TEXT_LEN])
{
	if (ms % DATE_DAY_MS != 0 || ms == 0)
		return duration_text(ms, out);
	snprintf(out, DURATION_TEXT_LEN, "%" PRId64 " day%s", ms / DATE_DAY_MS,
	    ms == DATE_DAY_MS ? "" : "s");
	return out;
}

int
duration_parse(const char *text, int64_t max_ms, int64_t *ms_r,
    struct fault *fault_r)
{
	char most[DURATION_TEXT_LEN];
	double sum;
	*ms_r = 0;
	bound_text(max_ms, most);
	if (!read_terms(text, &sum))
		return fault(fault_r, FAULT_INVALID,
		    "`%.80s` is not a duration such as `30 minutes` or "
		    "`2 days`, at most %s.",
		    text, most);
	if (sum < 0.5)
		return fault(fault_r, FAULT_INVALID,
		    "`%.80s` is no time at all; a duration is longer than "
		    "nothing and at most %s.",
		    text, most);
	if (sum + 0.5 >= (double)INT64_MAX || (int64_t)(sum + 0.5) > max_ms)
		return fault(fault_r, FAULT_INVALID,
		    "`%.80s` is too long; a duration is at most %s.", text,
		    most);
	*ms_r = (int64_t)(sum + 0.5);
	return 0;
}

/* Writes "5 days" or "1 day" behind what stands there. */
static size_t
put_term(char *out, size_t n, int64_t count, const char *name)
{
	return n +
	    (size_t)snprintf(out + n, DURATION_TEXT_LEN - n,
		"%s%" PRId64 " %s%s", n == 0 ? "" : " ", count, name,
		count == 1 ? "" : "s");
}

char *
duration_text(int64_t ms, char out[DURATION_TEXT_LEN])
{
	size_t n = 0;
	assert(ms >= 0);
	for (const struct unit *u = units; u->ms > 1000; u++)
		if (ms >= u->ms) {
			n = put_term(out, n, ms / u->ms, u->names[0]);
			ms %= u->ms;
		}
	if (ms % 1000 != 0)
		snprintf(out + n, DURATION_TEXT_LEN - n, "%s%d.%03d seconds",
		    n == 0 ? "" : " ", (int)(ms / 1000), (int)(ms % 1000));
	else if (ms > 0 || n == 0)
		put_term(out, n, ms / 1000, "second");
	return out;
}
