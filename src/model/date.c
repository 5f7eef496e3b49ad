/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/date.h"

/* Takes exactly n digits that make a number of at most max. */
static bool
take_number(const char **p, int n, int max, int *number_r)
{
	int v = 0;
	for (int i = 0; i < n; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		v = v * 10 + (**p - '0');
	}
	*number_r = v;
	return v <= max;
}

/* Takes one character if it stands there. */
static bool
take(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int64_t
date_day_number(int year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
		273, 304, 334 };
	int64_t leaps = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
	int64_t n = INT64_C(365) * year + leaps + before[month - 1] + day - 1;
	return n + (month > 2 && is_leap(year)) - 719528;
}

bool
date_exists(int year, int month, int day)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	return month >= 1 && month <= 12 && day >= 1 &&
	    day <= lengths[month - 1] + (month == 2 && is_leap(year));
}

struct date
date_of_day(int64_t day)
{
	/* Years of four, a hundred and four hundred begin in March. */
	int64_t n = day + 719468;
	int64_t era = (n >= 0 ? n : n - 146096) / 146097;
	int in_era = (int)(n - era * 146097);
	int year =
	    (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int in_year = in_era - (365 * year + year / 4 - year / 100);
	int march = (5 * in_year + 2) / 153;
	int month = march < 10 ? march + 3 : march - 9;
	return (struct date){ .year = year + (int)era * 400 + (month <= 2),
		.month = month,
		.day = in_year - (153 * march + 2) / 5 + 1 };
}

int64_t
date_day(int64_t ms)
{
	return ms / DATE_DAY_MS - (ms % DATE_DAY_MS < 0);
}

int
date_weekday(int64_t day)
{
	return (int)(((day + 4) % 7 + 7) % 7);
}

/* Takes YYYY-MM-DD, a day that exists. */
static bool
take_day(const char **p, int64_t *day_r)
{
	int year, month, day;
	if (!take_number(p, 4, 9999, &year) || !take(p, '-') ||
	    !take_number(p, 2, 12, &month) || !take(p, '-') ||
	    !take_number(p, 2, 31, &day) || month < 1 || day < 1)
		return false;
	*day_r = date_day_number(year, month, day);
	return date_exists(year, month, day);
}

/* Takes the digits behind the point of the seconds; at least one. */
static bool
take_fraction(const char **p, int *ms_r)
{
	int ms = 0, n = 0;
	for (; **p >= '0' && **p <= '9'; (*p)++, n++)
		if (n < 3)
			ms = ms * 10 + (**p - '0');
	for (int i = n; i < 3; i++)
		ms *= 10;
	*ms_r = ms;
	return n > 0;
}

/* Takes HH:MM[:SS[.fraction]]; a second 60 is left to be judged. */
static bool
take_time(const char **p, int *seconds_r, int *ms_r, bool *leap_r)
{
	int hour, minute, second = 0;
	*ms_r = 0;
	if (!take_number(p, 2, 23, &hour) || !take(p, ':') ||
	    !take_number(p, 2, 59, &minute))
		return false;
	if (take(p, ':') &&
	    (!take_number(p, 2, 60, &second) ||
		(take(p, '.') && !take_fraction(p, ms_r))))
		return false;
	*seconds_r = (hour * 60 + minute) * 60 + second;
	*leap_r = second == 60;
	return true;
}

/* Takes Z, +HH:MM, +HHMM, +HH or nothing. */
static bool
take_offset(const char **p, int *seconds_r)
{
	int hours, minutes = 0, sign = **p == '-' ? -1 : 1;
	*seconds_r = 0;
	if (take(p, 'Z') || take(p, 'z') || **p == '\0')
		return true;
	if ((!take(p, '+') && !take(p, '-')) || !take_number(p, 2, 23, &hours))
		return false;
	if ((take(p, ':') || **p != '\0') && !take_number(p, 2, 59, &minutes))
		return false;
	*seconds_r = sign * (hours * 60 + minutes) * 60;
	return true;
}

int
date_parse(const char *text, int64_t *ms_r, bool *date_only_r)
{
	const char *p = text;
	int64_t day;
	int seconds, ms, offset;
	bool leap;
	if (!take_day(&p, &day))
		return 0;
	*date_only_r = *p == '\0';
	*ms_r = day * DATE_DAY_MS;
	if (*date_only_r)
		return 1;
	if ((!take(&p, 'T') && !take(&p, 't') && !take(&p, ' ')) ||
	    !take_time(&p, &seconds, &ms, &leap) || !take_offset(&p, &offset) ||
	    *p != '\0')
		return 0;
	/* They are put in at the end of a day of UTC. */
	if (leap && (day * 86400 + seconds - offset) % 86400 != 0)
		return 0;
	*ms_r += (int64_t)(seconds - offset) * 1000 + (leap ? 0 : ms);
	return 1;
}
