/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A mail template and one version of it: what an author wrote.
 */
#pragma once

#include "base/defs.h"

struct mail_template {
	int64_t id;
	const char *name, *alias;         /* alias may be NULL */
	int64_t draft;                    /* version being edited */
	int64_t published;                /* version being sent; 0: none yet */
	int64_t published_ms, updated_ms; /* 0: never */
};

struct mail_version {
	int64_t id, template;
	const char *sender, *subject; /* may be NULL */
	const char *reply_to;         /* JSON array as text; or NULL */
	const char *html;
	const char *text;      /* NULL: made from html; "": none */
	const char *variables; /* JSON array as text; or NULL */
};
