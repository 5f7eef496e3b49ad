/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the text of a value becomes what struct conf holds. The same functions
 * read the file, the defaults and the ends of ranges.
 */
#include "conf/conf_private.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/utf8.h"
#include "conf/place.h"

enum { PATH_MAX_BYTES = 4000, NAME_MAX_BYTES = 255 };

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };
static const struct unit size_units[] = {
	{ "B", 1 },
	{ "KB", 1 << 10 },
	{ "MB", 1 << 20 },
	{ "GB", 1 << 30 },
	{ NULL, 0 },
};
static const struct unit time_units[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "min", 60 * 1000 },
	{ "h", 3600 * 1000 },
	{ "day", 24 * 3600 * 1000 },
	{ "days", 24 * 3600 * 1000 },
	{ NULL, 0 },
};

void
value_plain(char *text)
{
	utf8_trim(text);
	char *to = text;
	for (const char *p = text, *next; *p != '\0'; p = next) {
		next = p;
		utf8_next(&next);
		size_t n = (size_t)(next - p);
		if (utf8_has_control(p, n)) {
			*to++ = '?';
		} else {
			memmove(to, p, n);
			to += n;
		}
	}
	*to = '\0';
}

const char *
value_shown(const char *text)
{
	static _Thread_local char ring[4][100];
	static _Thread_local unsigned turn;
	char *to = ring[turn++ % N_OF(ring)], cut[81];
	snprintf(cut, sizeof(cut), "%s", text);
	value_plain(cut);
	snprintf(to, sizeof(ring[0]), "\"%s%s\"", cut,
	    strlen(text) >= sizeof(cut) ? "..." : "");
	return to;
}

static int refuse(const struct key *, const char *text, struct fault *,
    const char *fmt, ...) PRINTF(4, 5);

/* A sentence that begins with the key and the value. */
static int
refuse(const struct key *k, const char *text, struct fault *f, const char *fmt,
    ...)
{
	char sentence[300];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	return fault(f, FAULT_INVALID, "%s %s %s", k->name, value_shown(text),
	    sentence);
}

/* ---- numbers --------------------------------------------------------- */

/* A whole number and its unit. 0, or -1 if it is malformed or too large. */
static int
number_read(const char *text, const struct unit *units, int64_t *number_r)
{
	int64_t n = 0;
	const char *p = text;
	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, *p - '0', &n))
			return -1;
	if (p == text)
		return -1;
	while (*p == ' ')
		p++;
	for (const struct unit *u = units; u->name != NULL; u++)
		if (strcmp(p, u->name) == 0)
			return __builtin_mul_overflow(n, u->factor, number_r)
			    ? -1
			    : 0;
	return -1;
}

/* Reads a number that must lie in the key's range. */
static int
number_in_range(const struct key *k, const char *text, const struct unit *units,
    const char *what, int64_t *number_r, struct fault *f)
{
	int64_t least = 0, most = 0;
	if (number_read(text, units, number_r) != 0)
		return refuse(k, text, f, "is not %s", what);
	if (number_read(k->least, units, &least) != 0 ||
	    number_read(k->most, units, &most) != 0)
		fatal("the range of %s is malformed", k->name);
	if (*number_r < least || *number_r > most)
		return refuse(k, text, f, "is out of range: %s to %s", k->least,
		    k->most);
	return 0;
}

/* Reads a number into an int or an int64_t, as the key's type says. */
static int
number(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *f)
{
	int64_t n = 0;
	int rc;
	(void)arena;
	if (k->type == VALUE_INT)
		rc =
		    number_in_range(k, text, no_units, "a whole number", &n, f);
	else if (k->type == VALUE_SIZE)
		rc = number_in_range(k, text, size_units,
		    "a size such as \"64 MB\" (B, KB, MB, GB)", &n, f);
	else
		rc = number_in_range(k, text, time_units,
		    "a duration such as \"30 s\" (ms, s, min, h, days)", &n, f);
	if (rc != 0)
		return -1;
	if (k->type == VALUE_INT || k->type == VALUE_MS)
		*(int *)to = (int)n;
	else
		*(int64_t *)to = n;
	return 0;
}

static int
boolean(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *f)
{
	static const char *const no[] = { "no", "false", "off" };
	static const char *const yes[] = { "yes", "true", "on" };
	(void)arena;
	for (size_t i = 0; i < N_OF(no); i++) {
		if (strcmp(text, no[i]) == 0 || strcmp(text, yes[i]) == 0) {
			*(bool *)to = strcmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return refuse(k, text, f, "is neither yes nor no");
}

/* ---- texts ----------------------------------------------------------- */

static int
keep(const char *text, struct arena *arena, void *to)
{
	*(char **)to = arena_strdup(arena, text);
	return 0;
}

static int
plain_text(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *f)
{
	for (const char *p = text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return refuse(k, text, f, "is not printable ASCII");
	if (strlen(text) > NAME_MAX_BYTES)
		return refuse(k, text, f, "is longer than %d characters",
		    NAME_MAX_BYTES);
	return keep(text, arena, to);
}

static int
name(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *f)
{
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"'<>\\", *p) != NULL)
			return refuse(k, text, f, "is not a name");
	if (strlen(text) > NAME_MAX_BYTES)
		return refuse(k, text, f, "is longer than %d characters",
		    NAME_MAX_BYTES);
	return keep(text, arena, to);
}

/* One of the words the key lists, separated by ", ". */
static int
word(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *f)
{
	size_t n = strlen(text);
	for (const char *p = k->least; p != NULL; p = strchr(p, ' ')) {
		p += strspn(p, " ");
		if (strcspn(p, ",") == n && strncmp(p, text, n) == 0)
			return keep(text, arena, to);
	}
	return refuse(k, text, f, "is none of %s", k->least);
}

static int
path(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *f)
{
	if (text[0] != '/')
		return refuse(k, text, f, "is not an absolute path");
	if (strlen(text) > PATH_MAX_BYTES)
		return refuse(k, text, f, "is longer than %d bytes",
		    PATH_MAX_BYTES);
	return keep(text, arena, to);
}

static int
socket_path(const struct key *k, const char *text, struct arena *arena,
    void *to, struct fault *f)
{
	size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	if (strlen(text) > room)
		return refuse(k, text, f,
		    "is longer than the %zu bytes a socket's path may have",
		    room);
	return path(k, text, arena, to, f);
}

static int
target(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *f)
{
	if (strcmp(text, "stderr") != 0 && strcmp(text, "syslog") != 0 &&
	    text[0] != '/')
		return refuse(k, text, f,
		    "is neither syslog nor stderr nor an absolute path");
	return keep(text, arena, to);
}

static int
level(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *f)
{
	int found = log_level_find(text);
	(void)arena;
	if (found < 0)
		return refuse(k, text, f,
		    "is none of debug, info, warn, error, fatal");
	*(enum log_level *)to = (enum log_level)found;
	return 0;
}

static int
domain(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *f)
{
	if (!place_is_domain(text))
		return refuse(k, text, f,
		    "is not a domain name of letters, digits and hyphens");
	keep(text, arena, to);
	for (char *p = *(char **)to; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return 0;
}

static int
address(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *f)
{
	if (!place_is_address(text))
		return refuse(k, text, f,
		    "is not an address and port such as 127.0.0.1:8025 "
		    "or [::1]:8025");
	return keep(text, arena, to);
}

/* Links are made by appending to it, so slashes at its end are cut off. */
static int
url(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *f)
{
	char host[PLACE_HOST_LEN];
	bool is_https = false;
	if (!place_url_host(text, host, &is_https))
		return refuse(k, text, f,
		    "is not a URL such as https://mail.example.org");
	if (!is_https && !place_is_loopback(host))
		return refuse(k, text, f,
		    "must begin with https:// as its host is not loopback");
	keep(text, arena, to);
	char *kept = *(char **)to;
	for (size_t n = strlen(kept); kept[n - 1] == '/'; n--)
		kept[n - 1] = '\0';
	return 0;
}

/* ---- the table of types ---------------------------------------------- */

static int (*const readers[])(const struct key *, const char *, struct arena *,
    void *, struct fault *) = {
	[VALUE_TEXT] = plain_text,
	[VALUE_NAME] = name,
	[VALUE_WORD] = word,
	[VALUE_PATH] = path,
	[VALUE_SOCKET] = socket_path,
	[VALUE_TARGET] = target,
	[VALUE_LEVEL] = level,
	[VALUE_DOMAIN] = domain,
	[VALUE_ADDRESS] = address,
	[VALUE_URL] = url,
	[VALUE_BOOL] = boolean,
	[VALUE_INT] = number,
	[VALUE_SIZE] = number,
	[VALUE_MS] = number,
	[VALUE_MS64] = number,
};

/* True if the struct holds a char * (or a list of them) for that type. */
static bool
is_string(enum value_type type)
{
	return type < VALUE_BOOL && type != VALUE_LEVEL;
}

int
value_read(const struct key *k, const char *text, struct arena *arena, void *to,
    struct fault *fault_r)
{
	if (!utf8_valid(text, strlen(text)) ||
	    utf8_has_control(text, strlen(text)))
		return refuse(k, text, fault_r,
		    "holds control characters or is not UTF-8");
	if (text[0] != '\0')
		return readers[k->type](k, text, arena, to, fault_r);
	if (!is_string(k->type) || k->is_list || k->value != NULL)
		return fault(fault_r, FAULT_INVALID, "%s needs a value",
		    k->name);
	*(char **)to = NULL;
	return 0;
}

static bool
same_list(char **a, char **b)
{
	while (*a != NULL && same_text(*a, *b))
		a++, b++;
	return *a == *b;
}

bool
value_equal(const struct key *k, const void *a, const void *b)
{
	const char *x = (const char *)a + k->at, *y = (const char *)b + k->at;
	if (k->is_list)
		return same_list(*(char **const *)(const void *)x,
		    *(char **const *)(const void *)y);
	if (is_string(k->type))
		return same_text(*(char *const *)(const void *)x,
		    *(char *const *)(const void *)y);
	switch (k->type) {
	case VALUE_BOOL:
		return *x == *y;
	case VALUE_SIZE:
	case VALUE_MS64:
		return memcmp(x, y, sizeof(int64_t)) == 0;
	default:
		return memcmp(x, y, sizeof(int)) == 0;
	}
}
