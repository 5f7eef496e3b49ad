/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates: compiled once per template version, rendered for every mail.
 * Syntax of Resend: {{{KEY}}}, {{{KEY|fallback}}}, {{{contact.x|fallback}}},
 * blanks around key and fallback do not count; {{KEY}} is plain text. A key is
 * made of ASCII letters, digits, "_", "-" and dots between them, at most 120.
 * A fallback ends at the next "}}}", may be empty, and is the author's own
 * text: it is inserted as it stands.
 *
 * What escaping in HTML can and cannot do: a value that is data can end
 * neither text nor a quoted attribute. In an attribute without quotes, inside
 * <script> or <style>, or as the whole of href="{{{KEY}}}" (where it might say
 * "javascript:") no escaping of ours helps; a template's author must not put
 * a stranger's data there.
 *
 * A compiled template does not change: threads may render it at once.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct buf;
struct fault;
struct template;

/* What a value is made safe for. */
enum template_kind {
	/* Data escaped: & < > " '; its controls but newline and tab dropped.
	 * The author's text and raw values stay as they are. */
	TEMPLATE_HTML,
	/* Controls but newline and tab dropped everywhere; CR, CRLF, U+0085,
	 * U+2028 and U+2029 are newlines. */
	TEMPLATE_TEXT,
	/* Any control, also in the author's own text: fault. */
	TEMPLATE_HEADER,
};

enum { TEMPLATE_NAME_MAX = 120, TEMPLATE_NAMES_MAX = 1000 };

struct template_value {
	const char *text; /* valid UTF-8, good until the next look-up */
	bool raw;         /* the template author's own literal: not escaped */
};

/* 1 with the value, 0 unknown or null, -1 with fault_r. Called once for each
 * place. */
typedef int template_lookup(void *arg, const char *name,
    struct template_value *value_r, struct fault *fault_r);

/* NULL with fault_r (line and column) when the text is not valid UTF-8, a
 * placeholder is malformed, or, in a header, there is a control character. */
struct template *template_compile(const char *source, enum template_kind,
    struct fault *fault_r);
void template_free(struct template *);
/* The i-th distinct name used, in bytewise order; NULL after the last. */
const char *template_name(const struct template *, int i);
/* True if some place uses the name; NULL has no places. */
bool template_has(const struct template *, const char *name);
/* True if some place uses the name without a fallback of its own. */
bool template_needs(const struct template *, const char *name);
/* Appends to out. -1 with fault_r naming the variable that has neither value
 * nor fallback, or whose value cannot stand here; out is then as before. */
int template_render(const struct template *, template_lookup *, void *arg,
    struct buf *out, struct fault *fault_r);
