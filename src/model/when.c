/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text is cut into words; each word, or two or three of them, says
 * something of the day, the time or the zone, and none may be left over.
 */
#include "model/when.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fault.h"
#include "model/date.h"
#include "model/duration.h"
#include "model/zone.h"

enum {
	TEXT_MAX = 100,
	WORDS_MAX = 14,
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 60 * MINUTE_MS,
	NOON_MS = 12 * HOUR_MS
};

/* What the words have said so far. */
struct when {
	char text[TEXT_MAX + 1]; /* lower case, cut into words */
	char *words[WORDS_MAX + 1];
	int n, at;
	int64_t now_ms;
	struct zone zone;
	bool has_day, has_time, has_zone;
	int weekday;      /* 0 for Sunday; -1: the day is no weekday */
	bool is_next;     /* "next Friday": not today */
	int days;         /* from today, if has_day says so */
	struct date date; /* month 0: the day is none of the calendar */
	int64_t time_ms;  /* since midnight */
};

/* ---- words ------------------------------------------------------------- */

/* Cuts the text at blanks and commas. False if there is too much of it. */
static bool
cut(struct when *w, const char *text)
{
	size_t n = strlen(text);
	if (n > TEXT_MAX)
		return false;
	for (size_t i = 0; i <= n; i++)
		w->text[i] = (char)tolower((unsigned char)text[i]);
	for (char *p = w->text; *p != '\0';) {
		size_t gap = strspn(p, " \t,");
		memset(p, '\0', gap);
		p += gap;
		if (*p == '\0')
			break;
		if (w->n == WORDS_MAX)
			return false;
		w->words[w->n++] = p;
		p += strcspn(p, " \t,");
	}
	return w->n > 0;
}

/* The word at hand, or the one so far behind it; "" past the last. */
static const char *
word(const struct when *w, int ahead)
{
	return w->at + ahead < w->n ? w->words[w->at + ahead] : "";
}

static bool
is_word(const struct when *w, const char *expected)
{
	return strcmp(word(w, 0), expected) == 0;
}

/* The place of a name in a list, of which three letters are enough; -1. */
static int
find_name(const char *const *names, int n, const char *text)
{
	size_t len = strlen(text);
	if (len > 3 && text[len - 1] == '.')
		len--;
	for (int i = 0; i < n && len >= 3; i++)
		if (strncmp(names[i], text, len) == 0)
			return i;
	return -1;
}

static int
find_weekday(const char *text)
{
	static const char *const names[] = { "sunday", "monday", "tuesday",
		"wednesday", "thursday", "friday", "saturday" };
	return find_name(names, 7, text);
}

static int
find_month(const char *text)
{
	static const char *const names[] = { "january", "february", "march",
		"april", "may", "june", "july", "august", "september",
		"october", "november", "december" };
	return find_name(names, 12, text) + 1;
}

/* A number of at most that many digits, with or without "st" and the like; -1
 * if the word is none. */
static int
read_number(const char *text, size_t digits)
{
	static const char *const ends[] = { "", "st", "nd", "rd", "th" };
	size_t n = strspn(text, "0123456789");
	for (size_t i = 0; n > 0 && n <= digits && i < N_OF(ends); i++)
		if (strcmp(text + n, ends[i]) == 0)
			return atoi(text);
	return -1;
}

/* ---- what words say ---------------------------------------------------- */

/* Each takes the words it knows: how many, 0 if they are none of its. */
typedef int take(struct when *);

static int
take_filler(struct when *w)
{
	return is_word(w, "at") || is_word(w, "on") || is_word(w, "@") ||
	    is_word(w, "the") || is_word(w, "this") || is_word(w, "time");
}

static int
set_day(struct when *w, int days)
{
	if (w->has_day)
		return 0;
	w->has_day = true;
	w->days = days;
	return 1;
}

static int
take_day_word(struct when *w)
{
	if (is_word(w, "today"))
		return set_day(w, 0);
	if (is_word(w, "tomorrow"))
		return set_day(w, 1);
	if (is_word(w, "next") && strcmp(word(w, 1), "week") == 0)
		return 2 * set_day(w, 7);
	return 0;
}

/* "in 3 days", "in 2 weeks", with a time behind it. */
static int
take_days_ahead(struct when *w)
{
	int n = read_number(word(w, 1), 2);
	const char *unit = word(w, 2);
	if (!is_word(w, "in") || n < 0)
		return 0;
	if (strcmp(unit, "day") == 0 || strcmp(unit, "days") == 0)
		return 3 * set_day(w, n);
	if (strcmp(unit, "week") == 0 || strcmp(unit, "weeks") == 0)
		return 3 * set_day(w, 7 * n);
	return 0;
}

static int
take_weekday(struct when *w)
{
	bool is_next = is_word(w, "next");
	int day = find_weekday(word(w, is_next));
	if (day < 0 || set_day(w, 0) == 0)
		return 0;
	w->weekday = day;
	w->is_next = is_next;
	return 1 + is_next;
}

/* A year behind a day: as many words as it has. */
static int
take_year(struct when *w, int behind)
{
	int year =
	    strlen(word(w, behind)) == 4 ? read_number(word(w, behind), 4) : -1;
	w->date.year = year > 0 ? year : 0;
	return year > 0;
}

/* "dec 24", "december 24th 2026", "24 dec", "24 of december". */
static int
take_date(struct when *w)
{
	int month = find_month(word(w, 0)), day, n = 2;
	if (month > 0) {
		day = read_number(word(w, 1), 2);
	} else {
		day = read_number(word(w, 0), 2);
		n += strcmp(word(w, 1), "of") == 0;
		month = find_month(word(w, n - 1));
	}
	if (day < 1 || month < 1 || set_day(w, 0) == 0)
		return 0;
	w->date.month = month;
	w->date.day = day;
	return n + take_year(w, n);
}

/* "2026-12-24" */
static int
take_iso_date(struct when *w)
{
	int64_t ms;
	bool date_only;
	if (date_parse(word(w, 0), &ms, &date_only) != 1 || !date_only ||
	    set_day(w, 0) == 0)
		return 0;
	w->date = date_of_day(date_day(ms));
	return 1;
}

static int
set_time(struct when *w, int64_t ms)
{
	if (w->has_time)
		return 0;
	w->has_time = true;
	w->time_ms = ms;
	return 1;
}

static int
take_time_word(struct when *w)
{
	static const struct {
		const char *word;
		int hour;
	} times[] = { { "midnight", 0 }, { "morning", 9 }, { "noon", 12 },
		{ "midday", 12 }, { "afternoon", 15 }, { "evening", 20 } };
	for (size_t i = 0; i < N_OF(times); i++)
		if (is_word(w, times[i].word))
			return set_time(w, (int64_t)times[i].hour * HOUR_MS);
	if (!is_word(w, "tonight"))
		return 0;
	return set_day(w, 0) && set_time(w, INT64_C(20) * HOUR_MS);
}

/* Which half of the day a text names: 0 none, 1 "am", 2 "pm"; -1 else. */
static int
read_half(const char *text)
{
	static const char *const halves[] = { "", "am", "pm", "", "a.m.",
		"p.m." };
	for (int i = 0; i < (int)N_OF(halves); i++)
		if (strcmp(text, halves[i]) == 0)
			return i % 3;
	return -1;
}

/* Digits of a time, two at most, behind a colon if it is not the hour. */
static bool
take_digits(const char **p, bool is_hour, int most, int *number_r)
{
	if (!is_hour && *(*p)++ != ':')
		return false;
	size_t n = strspn(*p, "0123456789");
	if (n == 0 || n > 2 || (!is_hour && n != 2))
		return false;
	*number_r = atoi(*p);
	*p += n;
	return *number_r <= most;
}

/* "9am", "9 am", "9:30pm", "15:30", "15:30:05". */
static int
take_time(struct when *w)
{
	const char *p = word(w, 0);
	int hour, minute = 0, second = 0, n = 1;
	bool has_minute;
	if (!take_digits(&p, true, 23, &hour))
		return 0;
	if ((has_minute = *p == ':') && !take_digits(&p, false, 59, &minute))
		return 0;
	if (*p == ':' && !take_digits(&p, false, 59, &second))
		return 0;
	int half = read_half(p);
	if (*p == '\0' && read_half(word(w, 1)) > 0) {
		half = read_half(word(w, 1));
		n = 2;
	}
	if (half < 0 || (half == 0 && !has_minute) ||
	    (half > 0 && (hour < 1 || hour > 12)))
		return 0;
	if (half > 0)
		hour = hour % 12 + (half == 2 ? 12 : 0);
	return n *
	    set_time(w,
		(int64_t)hour * HOUR_MS + (int64_t)minute * MINUTE_MS +
		    (int64_t)second * 1000);
}

static int
take_zone(struct when *w)
{
	if (w->has_zone || !zone_find(word(w, 0), &w->zone))
		return 0;
	w->has_zone = true;
	return 1;
}

static take *const takes[] = { take_filler, take_day_word, take_days_ahead,
	take_weekday, take_date, take_iso_date, take_time_word, take_time,
	take_zone };

/* Hears every word; false if one says nothing. */
static bool
hear(struct when *w)
{
	while (w->at < w->n) {
		int n = 0;
		for (size_t i = 0; n == 0 && i < N_OF(takes); i++)
			n = takes[i](w);
		if (n == 0 || w->at + n > w->n)
			return false;
		w->at += n;
	}
	return w->has_day || w->has_time;
}

/* ---- the moment -------------------------------------------------------- */

/* The day the words mean, today being one; -1 if there is none. */
static int64_t
find_day(const struct when *w, int64_t today, bool is_over)
{
	struct date d = w->date;
	if (!w->has_day)
		return today + is_over;
	if (w->weekday >= 0) {
		int ahead = (w->weekday - date_weekday(today) + 7) % 7;
		return today +
		    (ahead == 0 && (is_over || w->is_next) ? 7 : ahead);
	}
	if (d.month == 0)
		return today + w->days;
	bool has_year = d.year != 0;
	if (!has_year)
		d.year = date_of_day(today).year;
	if (!has_year && date_day_number(d.year, d.month, d.day) < today)
		d.year++;
	return date_exists(d.year, d.month, d.day)
	    ? date_day_number(d.year, d.month, d.day)
	    : -1;
}

/* False if the words name no moment. */
static bool
find_moment(const struct when *w, int64_t *ms_r)
{
	int64_t local = w->now_ms + zone_ahead_ms(&w->zone, w->now_ms);
	int64_t today = date_day(local);
	int64_t time = w->has_time ? w->time_ms : NOON_MS;
	int64_t day = find_day(w, today, time <= local - today * DATE_DAY_MS);
	*ms_r = zone_moment(&w->zone, day * DATE_DAY_MS + time);
	return day >= 0;
}

/* What a word for a number means; NULL if it is none. */
static const char *
number_word(const char *text, size_t n)
{
	static const char *const words[] = { "a", "1", "an", "1", "one", "1",
		"two", "2", "three", "3", "four", "4", "five", "5", "six", "6",
		"seven", "7", "eight", "8", "nine", "9", "ten", "10" };
	for (size_t i = 0; i < N_OF(words); i += 2)
		if (strlen(words[i]) == n && strncmp(words[i], text, n) == 0)
			return words[i + 1];
	return NULL;
}

/* "in DURATION" or "DURATION from now", also with a word for the number. */
static bool
read_ahead(const char *text, int64_t *ms_r)
{
	char span[TEXT_MAX + 1];
	struct fault ignored;
	size_t n;
	text += strspn(text, " \t");
	bool is_in = strncasecmp(text, "in ", 3) == 0;
	snprintf(span, sizeof(span), "%s", text + (is_in ? 3 : 0));
	for (n = strlen(span); n > 0 && isspace((unsigned char)span[n - 1]);)
		span[--n] = '\0';
	if (!is_in) {
		if (n < 9 || strcasecmp(span + n - 9, " from now") != 0)
			return false;
		span[n - 9] = '\0';
	}
	const char *p = span + strspn(span, " ");
	n = strcspn(p, " ");
	const char *number = number_word(p, n);
	char plain[TEXT_MAX + 8];
	snprintf(plain, sizeof(plain), "%s%s", number != NULL ? number : "",
	    number != NULL ? p + n : p);
	return duration_parse(plain, INT64_C(3650) * DATE_DAY_MS, ms_r,
		   &ignored) == 0;
}

/* Reads the text in one of its ways; false if it is none. */
static bool
read_text(const char *text, int64_t now_ms, int64_t *ms_r)
{
	struct when w = { .now_ms = now_ms, .weekday = -1 };
	bool date_only;
	const char *trimmed = text + strspn(text, " \t");
	if (date_parse(trimmed, ms_r, &date_only) == 1)
		return true;
	if (strlen(text) > TEXT_MAX)
		return false;
	if (strcasecmp(trimmed, "now") == 0) {
		*ms_r = now_ms;
		return true;
	}
	if (read_ahead(text, ms_r)) {
		*ms_r += now_ms;
		return true;
	}
	return cut(&w, text) && hear(&w) && find_moment(&w, ms_r);
}

int
when_parse(const char *text, int64_t now_ms, int64_t max_ms, int64_t *ms_r,
    struct fault *fault_r)
{
	if (!read_text(text, now_ms, ms_r))
		return fault(fault_r, FAULT_INVALID,
		    "`%.80s` is not a moment such as "
		    "`2026-12-24T09:00:00Z`, `in 2 hours` or `tomorrow at 9am "
		    "ET`.",
		    text);
	if (*ms_r < now_ms - MINUTE_MS)
		return fault(fault_r, FAULT_INVALID,
		    "`%.80s` lies in the past.", text);
	if (*ms_r - now_ms > max_ms)
		return fault(fault_r, FAULT_INVALID,
		    "`%.80s` is more than %d days ahead.", text,
		    (int)(max_ms / DATE_DAY_MS));
	if (*ms_r < now_ms)
		*ms_r = now_ms;
	return 0;
}
