/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last requests and what was answered, in memory alone: a ring of so many
 * entries, and of so many bytes. The loop owns it.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"
#include "store/list.h"

struct arena;
struct logbook;

/* A body as it is kept: its beginning, secrets hidden. */
struct logged_body {
	char *text; /* NULL: there was none, or none is kept */
	size_t len;
	size_t whole; /* how long it was */
};

struct log_entry {
	int64_t id;
	const char *method, *endpoint;
	const char *user_agent; /* NULL: it said none */
	int status;
	struct logged_body request, response;
};

struct logbook *logbook_new(void);
void logbook_free(struct logbook *);
/* How many entries are kept from now on; 0: none. */
void logbook_resize(struct logbook *, int entries);
bool logbook_is_on(const struct logbook *);
/* Keeps a copy of an entry; its id is made here. */
void logbook_add(struct logbook *, const struct log_entry *, int64_t now_ms);
/* NULL if there is none. Valid until the next change. */
const struct log_entry *logbook_get(const struct logbook *, int64_t id);
/* Items are struct log_entry, with texts that are the logbook's. */
void logbook_list(const struct logbook *, struct arena *, const struct page *,
    struct list *list_r);
/* Drops every entry in which one of the texts stands, in any case. */
void logbook_forget(struct logbook *, const char *const *texts, int n);
