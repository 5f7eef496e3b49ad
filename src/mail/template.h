/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates: compiled once per template version, rendered for every mail.
 * Syntax of Resend: {{{KEY}}}, {{{KEY|fallback}}}, {{{contact.x|fallback}}};
 * {{KEY}} is plain text.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct buf;
struct fault;
struct template;

/* What a value is made safe for. */
enum template_kind {
	TEMPLATE_HTML,	 /* data escaped: & < > " ' */
	TEMPLATE_TEXT,	 /* controls but newline and tab dropped */
	TEMPLATE_HEADER, /* any control, also in the author's own text: fault */
};

struct template_value {
	const char *text; /* valid UTF-8 */
	bool raw;	  /* the template author's own literal: not escaped */
};

/* 1 with the value, 0 unknown or null, -1 with fault_r. */
typedef int template_lookup(void *arg, const char *name,
    struct template_value *value_r, struct fault *fault_r);

/* NULL with fault_r (line and column) when the text is not valid UTF-8, has
 * NUL, or a placeholder is malformed. */
struct template *template_compile(const char *source, enum template_kind,
    struct fault *fault_r);
void template_free(struct template *);
/* The i-th distinct name used; NULL after the last. */
const char *template_name(const struct template *, int i);
/* True if some place uses the name without a fallback of its own. */
bool template_needs(const struct template *, const char *name);
/* Appends to out. -1 with fault_r naming the variable that has neither value
 * nor fallback. */
int template_render(const struct template *, template_lookup *, void *arg,
    struct buf *out, struct fault *fault_r);
