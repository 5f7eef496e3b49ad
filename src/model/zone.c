/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/zone.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/date.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MIN = 60 };

static const struct {
	const char *name;
	int standard_min;
	enum zone_rule rule;
} zones[] = {
	{ "UTC", 0, ZONE_FIXED },
	{ "GMT", 0, ZONE_FIXED },
	{ "Z", 0, ZONE_FIXED },
	{ "Etc/UTC", 0, ZONE_FIXED },
	/* North America */
	{ "ET", -300, ZONE_US },
	{ "Eastern", -300, ZONE_US },
	{ "EST", -300, ZONE_FIXED },
	{ "EDT", -240, ZONE_FIXED },
	{ "America/New_York", -300, ZONE_US },
	{ "America/Detroit", -300, ZONE_US },
	{ "America/Toronto", -300, ZONE_US },
	{ "US/Eastern", -300, ZONE_US },
	{ "CT", -360, ZONE_US },
	{ "Central", -360, ZONE_US },
	{ "CST", -360, ZONE_FIXED },
	{ "CDT", -300, ZONE_FIXED },
	{ "America/Chicago", -360, ZONE_US },
	{ "US/Central", -360, ZONE_US },
	{ "MT", -420, ZONE_US },
	{ "Mountain", -420, ZONE_US },
	{ "MST", -420, ZONE_FIXED },
	{ "MDT", -360, ZONE_FIXED },
	{ "America/Denver", -420, ZONE_US },
	{ "America/Phoenix", -420, ZONE_FIXED },
	{ "US/Mountain", -420, ZONE_US },
	{ "PT", -480, ZONE_US },
	{ "Pacific", -480, ZONE_US },
	{ "PST", -480, ZONE_FIXED },
	{ "PDT", -420, ZONE_FIXED },
	{ "America/Los_Angeles", -480, ZONE_US },
	{ "America/Vancouver", -480, ZONE_US },
	{ "US/Pacific", -480, ZONE_US },
	{ "America/Halifax", -240, ZONE_US },
	{ "AKST", -540, ZONE_FIXED },
	{ "AKDT", -480, ZONE_FIXED },
	{ "America/Anchorage", -540, ZONE_US },
	{ "HST", -600, ZONE_FIXED },
	{ "Pacific/Honolulu", -600, ZONE_FIXED },
	{ "America/Mexico_City", -360, ZONE_FIXED },
	/* South America */
	{ "America/Bogota", -300, ZONE_FIXED },
	{ "America/Lima", -300, ZONE_FIXED },
	{ "America/Sao_Paulo", -180, ZONE_FIXED },
	{ "America/Argentina/Buenos_Aires", -180, ZONE_FIXED },
	/* Europe and Africa */
	{ "WET", 0, ZONE_FIXED },
	{ "WEST", 60, ZONE_FIXED },
	{ "BST", 60, ZONE_FIXED },
	{ "Europe/London", 0, ZONE_EU },
	{ "Europe/Dublin", 0, ZONE_EU },
	{ "Europe/Lisbon", 0, ZONE_EU },
	{ "CET", 60, ZONE_FIXED },
	{ "CEST", 120, ZONE_FIXED },
	{ "Europe/Amsterdam", 60, ZONE_EU },
	{ "Europe/Berlin", 60, ZONE_EU },
	{ "Europe/Brussels", 60, ZONE_EU },
	{ "Europe/Budapest", 60, ZONE_EU },
	{ "Europe/Copenhagen", 60, ZONE_EU },
	{ "Europe/Madrid", 60, ZONE_EU },
	{ "Europe/Oslo", 60, ZONE_EU },
	{ "Europe/Paris", 60, ZONE_EU },
	{ "Europe/Prague", 60, ZONE_EU },
	{ "Europe/Rome", 60, ZONE_EU },
	{ "Europe/Stockholm", 60, ZONE_EU },
	{ "Europe/Vienna", 60, ZONE_EU },
	{ "Europe/Warsaw", 60, ZONE_EU },
	{ "Europe/Zurich", 60, ZONE_EU },
	{ "EET", 120, ZONE_FIXED },
	{ "EEST", 180, ZONE_FIXED },
	{ "Europe/Athens", 120, ZONE_EU },
	{ "Europe/Bucharest", 120, ZONE_EU },
	{ "Europe/Helsinki", 120, ZONE_EU },
	{ "Europe/Kyiv", 120, ZONE_EU },
	{ "Europe/Sofia", 120, ZONE_EU },
	{ "Europe/Istanbul", 180, ZONE_FIXED },
	{ "Europe/Moscow", 180, ZONE_FIXED },
	{ "Africa/Johannesburg", 120, ZONE_FIXED },
	{ "Africa/Lagos", 60, ZONE_FIXED },
	{ "Africa/Nairobi", 180, ZONE_FIXED },
	/* Asia and the Pacific */
	{ "Asia/Dubai", 240, ZONE_FIXED },
	{ "IST", 330, ZONE_FIXED },
	{ "Asia/Kolkata", 330, ZONE_FIXED },
	{ "Asia/Bangkok", 420, ZONE_FIXED },
	{ "Asia/Jakarta", 420, ZONE_FIXED },
	{ "SGT", 480, ZONE_FIXED },
	{ "Asia/Singapore", 480, ZONE_FIXED },
	{ "Asia/Hong_Kong", 480, ZONE_FIXED },
	{ "Asia/Shanghai", 480, ZONE_FIXED },
	{ "Asia/Manila", 480, ZONE_FIXED },
	{ "JST", 540, ZONE_FIXED },
	{ "Asia/Tokyo", 540, ZONE_FIXED },
	{ "KST", 540, ZONE_FIXED },
	{ "Asia/Seoul", 540, ZONE_FIXED },
	{ "Australia/Perth", 480, ZONE_FIXED },
	{ "Australia/Brisbane", 600, ZONE_FIXED },
	{ "AEST", 600, ZONE_FIXED },
	{ "AEDT", 660, ZONE_FIXED },
	{ "Australia/Sydney", 600, ZONE_AU },
	{ "Australia/Melbourne", 600, ZONE_AU },
	{ "NZST", 720, ZONE_FIXED },
	{ "NZDT", 780, ZONE_FIXED },
	{ "Pacific/Auckland", 720, ZONE_NZ },
};

/* When summer time begins or ends: the nth Sunday of a month (the last, for
 * 5), at that time of the zone's standard time, or of UTC. */
struct turn {
	int month, nth, hour;
	bool is_utc;
};

static const struct {
	struct turn begin, end;
} rules[] = {
	[ZONE_US] = { { 3, 2, 2, false }, { 11, 1, 1, false } },
	[ZONE_EU] = { { 3, 5, 1, true }, { 10, 5, 1, true } },
	[ZONE_AU] = { { 10, 1, 2, false }, { 4, 1, 2, false } },
	[ZONE_NZ] = { { 9, 5, 2, false }, { 4, 1, 2, false } },
};

/* ---- names ------------------------------------------------------------- */

/* Reads "+2", "+02", "+0200", "+02:00" as minutes; false if it is none. */
static bool
read_offset(const char *p, int *minutes_r)
{
	int sign = *p == '-' ? -1 : 1, hours = 0, minutes = 0;
	if (*p != '+' && *p != '-')
		return false;
	size_t n = strspn(++p, "0123456789");
	if (n == 0 || n > 4 || n == 3)
		return false;
	hours = atoi(p);
	if (n == 4) {
		minutes = hours % 100;
		hours /= 100;
	}
	p += n;
	if (n < 3 && *p == ':') {
		if (strspn(p + 1, "0123456789") != 2)
			return false;
		minutes = atoi(p + 1);
		p += 3;
	}
	*minutes_r = sign * (hours * HOUR_MIN + minutes);
	return *p == '\0' && hours <= 14 && minutes < HOUR_MIN;
}

bool
zone_find(const char *name, struct zone *z)
{
	*z = (struct zone){ 0 };
	for (size_t i = 0; i < N_OF(zones); i++)
		if (strcasecmp(zones[i].name, name) == 0) {
			*z = (struct zone){ zones[i].standard_min,
				zones[i].rule };
			return true;
		}
	if (strncasecmp(name, "UTC", 3) == 0 ||
	    strncasecmp(name, "GMT", 3) == 0)
		name += 3;
	return read_offset(name, &z->standard_min);
}

/* ---- summer time ------------------------------------------------------- */

static int
year_of(int64_t ms)
{
	return date_of_day(date_day(ms)).year;
}

/* The moment of a turn in a year. */
static int64_t
turn_moment(const struct zone *z, const struct turn *t, int year)
{
	int64_t day = date_day_number(year, t->month, 1);
	day += (7 - date_weekday(day)) % 7 + (int64_t)(t->nth - 1) * 7;
	while (date_of_day(day).month != t->month)
		day -= 7;
	int64_t at =
	    day * DATE_DAY_MS + (int64_t)t->hour * HOUR_MIN * MINUTE_MS;
	return t->is_utc ? at : at - (int64_t)z->standard_min * MINUTE_MS;
}

static bool
is_summer(const struct zone *z, int64_t ms)
{
	if (z->rule == ZONE_FIXED)
		return false;
	int year = year_of(ms + (int64_t)z->standard_min * MINUTE_MS);
	int64_t begin = turn_moment(z, &rules[z->rule].begin, year);
	int64_t end = turn_moment(z, &rules[z->rule].end, year);
	return begin < end ? ms >= begin && ms < end : ms >= begin || ms < end;
}

int64_t
zone_ahead_ms(const struct zone *z, int64_t ms)
{
	int minutes = z->standard_min + (is_summer(z, ms) ? HOUR_MIN : 0);
	return (int64_t)minutes * MINUTE_MS;
}

int64_t
zone_moment(const struct zone *z, int64_t local_ms)
{
	int64_t standard = local_ms - (int64_t)z->standard_min * MINUTE_MS;
	int64_t summer = standard - (int64_t)HOUR_MIN * MINUTE_MS;
	return is_summer(z, summer) ? summer : standard;
}
