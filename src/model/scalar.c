/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/scalar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/date.h"

/* What a sentence shows of a value. */
enum { SHOWN_MAX = 80 };

static size_t
digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* True if the whole text is a number without a sign. */
static bool
is_number(const char *s)
{
	size_t n = digits(s);
	if (n > 0 && s[n] == '.') {
		s += n + 1;
		n = digits(s);
	}
	if (n > 0 && (s[n] == 'e' || s[n] == 'E')) {
		s += n + 1;
		s += *s == '+' || *s == '-';
		n = digits(s);
	}
	return n > 0 && s[n] == '\0';
}

/* JSON's own reader converts: it knows no locale. */
int
scalar_number_text(const char *text, double *number_r)
{
	const char *s = text + (*text == '-');
	if (!is_number(s))
		return 0;
	while (*s == '0' && digits(s + 1) > 0)
		s++;
	json_t *v =
	    json_loads(s, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
	if (v == NULL)
		return 0;
	double number = json_real_value(v);
	json_decref(v);
	*number_r = *text == '-' ? -number : number;
	return 1;
}

int
scalar_number(const json_t *v, double *number_r)
{
	if (json_is_string(v))
		return scalar_number_text(json_string_value(v), number_r);
	*number_r = json_number_value(v);
	return json_is_number(v);
}

int
scalar_bool(const json_t *v, bool *truth_r)
{
	const char *s = json_is_string(v) ? json_string_value(v) : "";
	double number;
	*truth_r = json_is_true(v) || strcmp(s, "true") == 0;
	if (*truth_r || json_is_false(v) || strcmp(s, "false") == 0)
		return 1;
	if (!json_is_number(v))
		return 0;
	number = json_number_value(v);
	*truth_r = number == 1;
	return number == 1 || number == 0;
}

int
scalar_date(const json_t *v, int64_t *ms_r, bool *date_only_r)
{
	*date_only_r = false;
	if (json_is_string(v))
		return date_parse(json_string_value(v), ms_r, date_only_r);
	double number = json_number_value(v);
	if (!json_is_number(v) || number < (double)DATE_MIN_MS ||
	    number > (double)DATE_MAX_MS)
		return 0;
	*ms_r = (int64_t)number;
	return 1;
}

/* The shortest of two texts of a number that reads back as the same. */
static size_t
real_text(const json_t *v, char room[SCALAR_TEXT_LEN])
{
	static const size_t precisions[] = { 15, 17 };
	size_t n = 0;
	double back = 0;
	for (size_t i = 0; i < N_OF(precisions); i++) {
		n = json_dumpb(v, room, SCALAR_TEXT_LEN - 1,
		    JSON_ENCODE_ANY | JSON_REAL_PRECISION(precisions[i]));
		room[n] = '\0';
		if (scalar_number_text(room, &back) == 1 &&
		    back == json_real_value(v))
			break;
	}
	if (n > 2 && strcmp(room + n - 2, ".0") == 0)
		n -= 2;
	room[n] = '\0';
	return n;
}

const char *
scalar_text(const json_t *v, char room[SCALAR_TEXT_LEN], size_t *len_r)
{
	if (json_is_string(v)) {
		*len_r = json_string_length(v);
		return json_string_value(v);
	}
	if (json_is_real(v)) {
		*len_r = real_text(v, room);
		return room;
	}
	if (!json_is_integer(v) && !json_is_boolean(v))
		return NULL;
	*len_r = json_dumpb(v, room, SCALAR_TEXT_LEN - 1, JSON_ENCODE_ANY);
	room[*len_r] = '\0';
	return room;
}

json_t *
scalar_as_string(json_t *v)
{
	char room[SCALAR_TEXT_LEN];
	size_t n;
	if (json_is_string(v))
		return json_incref(v);
	const char *text = scalar_text(v, room, &n);
	return text == NULL ? NULL : json_stringn(text, n);
}

/* An integer where it is one that JSON's integers hold exactly. */
json_t *
scalar_as_number(json_t *v)
{
	double number;
	if (json_is_number(v))
		return json_incref(v);
	if (scalar_number(v, &number) != 1)
		return NULL;
	const char *text = json_string_value(v);
	if (strpbrk(text, ".eE") == NULL && fabs(number) < 1e18)
		return json_integer(strtoll(text, NULL, 10));
	return json_real(number);
}

json_t *
scalar_as_boolean(json_t *v)
{
	const char *text = json_is_string(v) ? json_string_value(v) : "";
	bool truth = strcmp(text, "1") == 0;
	if (json_is_boolean(v))
		return json_incref(v);
	if (!truth && strcmp(text, "0") != 0 && scalar_bool(v, &truth) != 1)
		return NULL;
	return json_boolean(truth);
}

char *
scalar_show(struct arena *a, const json_t *v)
{
	char room[SCALAR_TEXT_LEN];
	size_t n;
	if (v == NULL)
		return arena_strdup(a, "nothing");
	if (!json_is_string(v) && scalar_text(v, room, &n) != NULL)
		return arena_strdup(a, room);
	char *text = json_text(a, v);
	if (strlen(text) <= SHOWN_MAX)
		return text;
	n = utf8_valid_prefix(text, SHOWN_MAX);
	return arena_printf(a, "%.*s...", (int)n, text);
}
