/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/near.h"

#include <ctype.h>
#include <string.h>

enum { WORD_MAX = 32 };

struct word {
	char text[WORD_MAX];
	int n; /* WORD_MAX: too long to be near to anything */
};

/* A name without what sets its words apart. */
static struct word
read_word(const char *name)
{
	struct word w = { .n = 0 };
	for (; *name != '\0' && w.n < WORD_MAX; name++)
		if (*name != '_' && *name != '-')
			w.text[w.n++] = (char)tolower((unsigned char)*name);
	return w;
}

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/* How many letters are missing, too many, swapped with the next or, each
 * counting so much, wrong. */
static int
distance(const struct word *a, const struct word *b, int wrong)
{
	int rows[3][WORD_MAX + 1] = { 0 };
	int *before = rows[0], *last = rows[1], *row = rows[2];
	for (int k = 0; k <= b->n; k++)
		last[k] = k;
	for (int i = 1; i <= a->n; i++) {
		row[0] = i;
		for (int k = 1; k <= b->n; k++) {
			char x = a->text[i - 1], y = b->text[k - 1];
			row[k] = least(least(last[k], row[k - 1]) + 1,
			    last[k - 1] + (x == y ? 0 : wrong));
			if (i > 1 && k > 1 && x == b->text[k - 2] &&
			    y == a->text[i - 2])
				row[k] = least(row[k], before[k - 2] + 1);
		}
		int *free_row = before;
		before = last;
		last = row;
		row = free_row;
	}
	return last[b->n];
}

/* How far off a name may be that means one of so many letters. */
static int
allowed(int n)
{
	return n < 4 ? 0 : n < 10 ? 1 : 2;
}

bool
near_name(const char *name, const char *known)
{
	const struct word a = read_word(name), b = read_word(known);
	int off = a.n > b.n ? a.n - b.n : b.n - a.n;
	if (a.n == 0 || a.n == WORD_MAX || b.n == WORD_MAX ||
	    off > allowed(b.n))
		return false;
	int d = distance(&a, &b, b.n < 5 ? 2 : 1);
	/* Two off at the front make another word: subscribed. */
	return d <= allowed(b.n) && (d < 2 || a.text[0] == b.text[0]);
}
