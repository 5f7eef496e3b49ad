/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forms: template versions compiled once and shared by all threads. A version
 * that is being sent never changes, so a form is right for ever; the least
 * used go when there are too many.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct fault;
struct forms;
struct template;
struct txn;

struct form {
	int64_t version;                              /* of the template */
	const char *sender, *subject_text, *reply_to; /* as stored; or NULL */
	struct template *subject, *html, *text;       /* NULL: none */
	bool no_text;          /* the author wants no text part */
	const char *fallbacks; /* JSON object of declared fallbacks; or NULL */
	const char *variables; /* JSON array of what is declared; or NULL */
	struct arena *arena;
	int refs, used;
	bool is_stale; /* not found any more; goes when nobody holds it */
};

struct forms *forms_new(void);
void forms_free(struct forms *);
/* The form of a version; release it when done. NULL with fault_r. */
const struct form *forms_get(struct forms *, struct txn *, int64_t version,
    struct fault *fault_r);
void forms_release(struct forms *, const struct form *);
/* Forgets all: a batch that was not stored may have shown versions that are
 * drafts again. */
void forms_forget(struct forms *);
/* True if the template declares a variable of that name, or has a place for it.
 */
bool forms_take(const struct form *, const char *name);
/* The template's Reply-To as one header text; NULL if it has none. */
struct arena;
const char *forms_reply_to(struct arena *, const struct form *);
/* Fallback values of a template's declared variables as a JSON object's text,
 * from their JSON array; NULL if there is none. */
const char *forms_fallbacks(struct arena *, const char *variables);
