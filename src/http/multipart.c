/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The delimiter is CR LF, two dashes and the boundary. A CR stands nowhere in
 * it but at its beginning, so where a match breaks off the next can only begin
 * at the byte that broke it: nothing has to be kept but how far the match got.
 */
#include "http/multipart.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "http/parameter.h"

enum { DELIMITER_MAX = MULTIPART_BOUNDARY_MAX + 4, NAME_MAX_BYTES = 256 };

enum state {
	PREAMBLE, /* before the first delimiter */
	AFTER,    /* behind a delimiter, on its line */
	AFTER_DASH,
	AFTER_CR,
	HEAD,
	CONTENT,
	EPILOGUE,
};

struct multipart {
	struct multipart_sink sink;
	enum state state;
	char delimiter[DELIMITER_MAX + 1];
	size_t delimiter_len;
	size_t matched; /* bytes of the delimiter just seen */
	size_t owed;    /* of these, bytes that are no content if it breaks */
	bool is_padded; /* blanks came behind the delimiter */
	int n_parts;
	struct buf head;
	size_t line; /* where in head its last line begins */
};

/* ---- beginning --------------------------------------------------------- */

/* Printable ASCII, not ending in a blank. */
static bool
boundary_is_good(const char *s)
{
	size_t n = strlen(s);
	for (size_t i = 0; i < n; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	return n > 0 && s[n - 1] != ' ';
}

struct multipart *
multipart_new(const char *type, const struct multipart_sink *sink,
    struct fault *fault_r)
{
	char boundary[MULTIPART_BOUNDARY_MAX + 1];
	if (type == NULL || !parameter_word_is(type, "multipart/form-data")) {
		fault(fault_r, FAULT_INVALID,
		    "The body must be multipart/form-data, not `%.100s`.",
		    type != NULL ? type : "");
		return NULL;
	}
	if (parameter_get(type, "boundary", boundary, sizeof(boundary)) != 1 ||
	    !boundary_is_good(boundary)) {
		fault(fault_r, FAULT_INVALID,
		    "The Content-Type `%.200s` has no boundary of 1 to %d "
		    "characters.",
		    type, MULTIPART_BOUNDARY_MAX);
		return NULL;
	}
	struct multipart *m = xcalloc(1, sizeof(*m));
	m->sink = *sink;
	m->delimiter_len = (size_t)snprintf(m->delimiter, sizeof(m->delimiter),
	    "\r\n--%s", boundary);
	/* The first needs no line before it. */
	m->matched = 2;
	return m;
}

void
multipart_free(struct multipart *m)
{
	if (m == NULL)
		return;
	buf_free(&m->head);
	free(m);
}

/* ---- the head of a part ------------------------------------------------- */

/* What a part's head says. */
struct part_head {
	char disposition[MULTIPART_HEAD_MAX + 1];
	char encoding[32];
	bool has_disposition;
};

/* Notes one line of a head, "Name: value". 0 or -1 */
static int
head_line(struct part_head *h, const char *line, struct fault *fault_r)
{
	size_t n = strcspn(line, ":");
	const char *value = line + n + (line[n] == ':');
	value += strspn(value, " \t");
	if (line[n] != ':' || n == 0 || memchr(line, ' ', n) != NULL ||
	    memchr(line, '\t', n) != NULL)
		return fault(fault_r, FAULT_INVALID,
		    "A part of the multipart body has the malformed header "
		    "`%.100s`.",
		    line);
	if (n == 19 && strncasecmp(line, "Content-Disposition", n) == 0) {
		if (h->has_disposition)
			return fault(fault_r, FAULT_INVALID,
			    "A part of the multipart body has two "
			    "Content-Disposition headers.");
		h->has_disposition = true;
		snprintf(h->disposition, sizeof(h->disposition), "%s", value);
	} else if (n == 25 &&
	    strncasecmp(line, "Content-Transfer-Encoding", n) == 0) {
		snprintf(h->encoding, sizeof(h->encoding), "%s", value);
	}
	return 0;
}

/* A part's content must come as it is. */
static bool
encoding_is_none(const char *s)
{
	return s[0] == '\0' || strcasecmp(s, "binary") == 0 ||
	    strcasecmp(s, "8bit") == 0 || strcasecmp(s, "7bit") == 0;
}

/* Tells the sink of a part. 0 or -1 */
static int
part_begin(struct multipart *m, const struct part_head *h,
    struct fault *fault_r)
{
	char name[NAME_MAX_BYTES + 1], filename[MULTIPART_HEAD_MAX + 1];
	int has_file = -1, has_name = 0;
	if (h->has_disposition &&
	    parameter_word_is(h->disposition, "form-data")) {
		has_name =
		    parameter_get(h->disposition, "name", name, sizeof(name));
		has_file = parameter_get(h->disposition, "filename", filename,
		    sizeof(filename));
	}
	if (has_name != 1 || has_file < 0 || name[0] == '\0' ||
	    !utf8_valid(name, strlen(name)))
		return fault(fault_r, FAULT_INVALID,
		    "A part of the multipart body has no Content-Disposition "
		    "of form-data with one name of at most %d bytes.",
		    NAME_MAX_BYTES);
	if (!encoding_is_none(h->encoding))
		return fault(fault_r, FAULT_INVALID,
		    "The part `%s` has the Content-Transfer-Encoding `%s`; "
		    "only binary is taken.",
		    name, h->encoding);
	if (++m->n_parts > MULTIPART_PARTS_MAX)
		return fault(fault_r, FAULT_INVALID,
		    "The multipart body has more than %d parts.",
		    MULTIPART_PARTS_MAX);
	return m->sink.begin(m->sink.arg, name, has_file ? filename : NULL,
	    fault_r);
}

/* The head is whole: its lines, each ended by CR LF, are at hand. 0 or -1 */
static int
head_end(struct multipart *m, struct fault *fault_r)
{
	struct part_head h = { 0 };
	for (char *p = m->head.data, *end; *p != '\0'; p = end + 2) {
		end = strstr(p, "\r\n");
		*end = '\0';
		if (end == p)
			break;
		if (head_line(&h, p, fault_r) != 0)
			return -1;
	}
	buf_clear(&m->head);
	m->state = CONTENT;
	/* The line end of the head may be the delimiter's, too. */
	m->matched = m->owed = 2;
	return part_begin(m, &h, fault_r);
}

/* Takes the bytes up to a line's end. How many, or 0 with fault_r. */
static size_t
head_feed(struct multipart *m, const char *p, size_t n, struct fault *fault_r)
{
	const char *lf = memchr(p, '\n', n);
	size_t used = lf != NULL ? (size_t)(lf - p) + 1 : n;
	if (m->head.len + used > MULTIPART_HEAD_MAX) {
		fault(fault_r, FAULT_INVALID,
		    "The headers of a part of the multipart body have more "
		    "than %d bytes.",
		    MULTIPART_HEAD_MAX);
		return 0;
	}
	buf_add(&m->head, p, used);
	if (lf == NULL)
		return used;
	const char *line = m->head.data + m->line;
	size_t len = m->head.len - m->line;
	/* One CR, before the LF; no NUL. */
	if (len < 2 || memchr(line, '\r', len) != line + len - 2 ||
	    memchr(line, '\0', len) != NULL) {
		fault(fault_r, FAULT_INVALID,
		    "A header of a part of the multipart body does not end "
		    "with CR LF or holds a control character.");
		return 0;
	}
	m->line = m->head.len;
	return len > 2 || head_end(m, fault_r) == 0 ? used : 0;
}

/* ---- delimiters and content --------------------------------------------- */

/* Hands content on. 0 or -1 */
static int
emit(struct multipart *m, const char *p, size_t n, struct fault *fault_r)
{
	return n == 0 || m->state != CONTENT
	    ? 0
	    : m->sink.data(m->sink.arg, p, n, fault_r);
}

/* A delimiter was found. 0 or -1 */
static int
delimiter_end(struct multipart *m, struct fault *fault_r)
{
	bool was_content = m->state == CONTENT;
	m->matched = m->owed = 0;
	m->state = AFTER;
	m->is_padded = false;
	return was_content ? m->sink.end(m->sink.arg, fault_r) : 0;
}

/* Takes bytes up to the end of a delimiter, or all. How many, or 0 with
 * fault_r. */
static size_t
scan(struct multipart *m, const char *p, size_t n, struct fault *fault_r)
{
	size_t i = 0;
	while (i < n) {
		if (m->matched == 0) {
			const char *cr = memchr(p + i, '\r', n - i);
			size_t len = cr != NULL ? (size_t)(cr - p) - i : n - i;
			if (emit(m, p + i, len, fault_r) != 0)
				return 0;
			i += len + (cr != NULL);
			m->matched = cr != NULL;
		} else if (p[i] == m->delimiter[m->matched]) {
			i++;
			if (++m->matched == m->delimiter_len)
				return delimiter_end(m, fault_r) == 0 ? i : 0;
		} else {
			size_t k = m->matched, owed = m->owed;
			m->matched = m->owed = 0;
			if (emit(m, m->delimiter + owed, k - owed, fault_r) !=
			    0)
				return 0;
		}
	}
	return n;
}

/* One byte behind a delimiter. 0 or -1 */
static int
after_feed(struct multipart *m, char c, struct fault *fault_r)
{
	if (m->state == AFTER && c == '-' && !m->is_padded) {
		m->state = AFTER_DASH;
	} else if (m->state == AFTER_DASH && c == '-') {
		m->state = EPILOGUE;
	} else if (m->state == AFTER && (c == ' ' || c == '\t')) {
		m->is_padded = true;
	} else if (m->state == AFTER && c == '\r') {
		m->state = AFTER_CR;
	} else if (m->state == AFTER_CR && c == '\n') {
		m->state = HEAD;
		m->line = 0;
	} else {
		return fault(fault_r, FAULT_INVALID,
		    "A boundary of the multipart body is followed by other "
		    "than CR LF or two dashes.");
	}
	return 0;
}

int
multipart_feed(struct multipart *m, const char *p, size_t n,
    struct fault *fault_r)
{
	for (size_t i = 0, used; i < n; i += used) {
		switch (m->state) {
		case PREAMBLE:
		case CONTENT:
			used = scan(m, p + i, n - i, fault_r);
			break;
		case HEAD:
			used = head_feed(m, p + i, n - i, fault_r);
			break;
		case EPILOGUE:
			return 0;
		default:
			used = after_feed(m, p[i], fault_r) == 0;
		}
		if (used == 0)
			return -1;
	}
	return 0;
}

int
multipart_end(struct multipart *m, struct fault *fault_r)
{
	return m->state == EPILOGUE
	    ? 0
	    : fault(fault_r, FAULT_INVALID,
		  "The multipart body ends without its final boundary "
		  "`%s--`.",
		  m->delimiter + 2);
}
