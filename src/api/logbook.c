/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An entry is one piece of memory, with its texts behind it.
 */
#include "api/logbook.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/redact.h"
#include "base/arena.h"
#include "base/id.h"
#include "base/utf8.h"

enum {
	BODY_MAX = 4 << 10,
	ENDPOINT_MAX = 1 << 10,
	AGENT_MAX = 256,
	BYTES_MAX = 8 << 20, /* of all */
};

struct kept {
	struct log_entry entry;
	size_t bytes;
	char texts[];
};

struct logbook {
	struct kept **ring;
	int room, first, n; /* first: the oldest */
	size_t bytes;
	struct id_source ids;
};

struct logbook *
logbook_new(void)
{
	return xcalloc(1, sizeof(struct logbook));
}

void
logbook_free(struct logbook *b)
{
	if (b == NULL)
		return;
	logbook_resize(b, 0);
	free(b);
}

bool
logbook_is_on(const struct logbook *b)
{
	return b->room > 0;
}

/* The i-th oldest. */
static struct kept **
at(const struct logbook *b, int i)
{
	return &b->ring[(b->first + i) % b->room];
}

static void
drop_oldest(struct logbook *b)
{
	struct kept *k = *at(b, 0);
	b->bytes -= k->bytes;
	free(k);
	b->first = (b->first + 1) % b->room;
	b->n--;
}

void
logbook_resize(struct logbook *b, int entries)
{
	if (entries == b->room)
		return;
	while (b->n > entries)
		drop_oldest(b);
	struct kept **ring =
	    entries == 0 ? NULL : xcalloc((size_t)entries, sizeof(*ring));
	for (int i = 0; i < b->n; i++)
		ring[i] = *at(b, i);
	free(b->ring);
	b->ring = ring;
	b->room = entries;
	b->first = 0;
}

/* ---- adding ------------------------------------------------------------ */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How much of a text is kept: no more than that, and whole characters. */
static size_t
shown(const char *text, size_t most)
{
	return text == NULL ? 0 : utf8_valid_prefix(text, strnlen(text, most));
}

/* Copies that much of a text to *to, which moves on behind them. */
static char *
put(char **to, const char *text, size_t len)
{
	char *p = *to;
	if (text == NULL)
		return NULL;
	memcpy(p, text, len);
	p[len] = '\0';
	*to += len + 1;
	return p;
}

/* The same, with secrets hidden. */
static char *
put_hidden(char **to, const char *text, size_t len)
{
	char *p = put(to, text, len);
	if (p != NULL)
		redact(p, len);
	return p;
}

static void
put_body(char **to, struct logged_body *out, const struct logged_body *in)
{
	*out = *in;
	out->len = in->text == NULL ? 0 : least(in->len, BODY_MAX);
	out->text = put_hidden(to, in->text, out->len);
}

void
logbook_add(struct logbook *b, const struct log_entry *e, int64_t now_ms)
{
	size_t endpoint = shown(e->endpoint, ENDPOINT_MAX);
	size_t agent = shown(e->user_agent, AGENT_MAX);
	size_t method = strlen(e->method);
	size_t bytes = sizeof(struct kept) + method + endpoint + agent +
	    least(e->request.len, BODY_MAX) + least(e->response.len, BODY_MAX) +
	    5;
	if (b->room == 0)
		return;
	while (b->n == b->room || (b->n > 0 && b->bytes + bytes > BYTES_MAX))
		drop_oldest(b);
	struct kept *k = xmalloc(bytes);
	char *to = k->texts;
	k->bytes = bytes;
	k->entry = (struct log_entry){ .id = id_next(&b->ids, now_ms),
		.status = e->status };
	k->entry.method = put(&to, e->method, method);
	k->entry.endpoint = put_hidden(&to, e->endpoint, endpoint);
	k->entry.user_agent = put_hidden(&to, e->user_agent, agent);
	put_body(&to, &k->entry.request, &e->request);
	put_body(&to, &k->entry.response, &e->response);
	b->bytes += bytes;
	b->n++;
	*at(b, b->n - 1) = k;
}

/* ---- reading ----------------------------------------------------------- */

/* How many entries are older than that id. */
static int
older(const struct logbook *b, int64_t id)
{
	int low = 0, high = b->n;
	while (low < high) {
		int middle = low + (high - low) / 2;
		if ((*at(b, middle))->entry.id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct log_entry *
logbook_get(const struct logbook *b, int64_t id)
{
	int i = older(b, id);
	return i < b->n && (*at(b, i))->entry.id == id ? &(*at(b, i))->entry
						       : NULL;
}

void
logbook_list(const struct logbook *b, struct arena *a, const struct page *p,
    struct list *list_r)
{
	int end = p->after != 0 ? older(b, p->after) : b->n;
	int first = 0;
	*list_r = (struct list){ 0 };
	if (p->before != 0)
		first = older(b, p->before + 1);
	if (end - first > p->limit) {
		list_r->has_more = true;
		if (p->before != 0)
			end = first + p->limit;
		else
			first = end - p->limit;
	}
	struct log_entry *items =
	    arena_alloc(a, (size_t)(end - first + 1) * sizeof(*items));
	for (int i = end; i-- > first;)
		items[list_r->n++] = (*at(b, i))->entry;
	list_r->items = items;
}

/* ---- forgetting -------------------------------------------------------- */

/* Texts that are looked for, and the bytes that one of them begins with: most
 * of what there is to look through is passed over by a look at these. */
struct sought {
	const char *const *texts;
	int n;
	bool begins[UCHAR_MAX + 1];
};

static struct sought
seek(const char *const *texts, int n)
{
	struct sought s = { .texts = texts, .n = n };
	for (int i = 0; i < n; i++) {
		unsigned char first = (unsigned char)texts[i][0];
		s.begins[tolower(first)] = s.begins[toupper(first)] = true;
	}
	return s;
}

/* Whether one of them stands in a text, in any case. */
static bool
contains(const char *text, size_t len, const struct sought *s)
{
	for (size_t i = 0; text != NULL && i < len; i++) {
		if (!s->begins[(unsigned char)text[i]])
			continue;
		for (int k = 0; k < s->n; k++) {
			size_t n = strlen(s->texts[k]);
			if (n <= len - i &&
			    strncasecmp(text + i, s->texts[k], n) == 0)
				return true;
		}
	}
	return false;
}

static bool
tells(const struct log_entry *e, const struct sought *s)
{
	return contains(e->endpoint, strlen(e->endpoint), s) ||
	    contains(e->request.text, e->request.len, s) ||
	    contains(e->response.text, e->response.len, s);
}

void
logbook_forget(struct logbook *b, const char *const *texts, int n)
{
	const struct sought sought = seek(texts, n);
	int kept = 0, had = b->n;
	for (int i = 0; i < had; i++) {
		struct kept *k = *at(b, i);
		if (tells(&k->entry, &sought)) {
			b->bytes -= k->bytes;
			free(k);
		} else {
			*at(b, kept++) = k;
		}
	}
	b->n = kept;
}
