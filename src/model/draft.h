/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A draft: a mail as an app asks for it, before it is an email.
 */
#pragma once

#include <jansson.h>

#include "model/email.h"

enum { DRAFT_RECIPIENTS_MAX = 50 }; /* of each kind */

/* A file of a draft; where it has its content from is its maker's. */
struct draft_file {
	struct email_attachment file;
	const json_t *content;
	const char *text; /* base64 of the content, or NULL: see content */
};

struct draft {
	const char *sender, *subject; /* NULL: the template's */
	const char *reply_to;         /* joined by ", "; NULL: the template's */
	struct email_recipient *recipients;
	int n_recipients;
	struct email_parts parts;
	struct draft_file *files;
	int n_files;
	int64_t scheduled_ms; /* 0: at once */
	int64_t topic;        /* 0: none */
	const char *template; /* id or alias; NULL: the parts say all */
	int64_t template_id;  /* 0: it is an alias */
	const json_t *variables;
	const char
	    *only_domain; /* it may be from there alone; NULL: see conf */
};
