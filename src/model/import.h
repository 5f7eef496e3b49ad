/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An import: a file of contacts on its way into the store, what its columns
 * are, and what a row of it says.
 */
#pragma once

#include <jansson.h>

#include "model/contact.h"

struct arena;
struct fault;

/* Numbers are on disk. */
enum import_status {
	IMPORT_QUEUED,
	IMPORT_IN_PROGRESS,
	IMPORT_COMPLETED,
	IMPORT_FAILED,
	IMPORT_STATUS_COUNT
};

const char *import_status_name(enum import_status);
/* -1 if there is none of that name. */
int import_status_find(const char *);

struct import {
	int64_t id;
	enum import_status status;
	int64_t size;        /* of the file, bytes */
	const char *options; /* the plan, as import_plan_text() makes it */
	int64_t total, created, updated, skipped, failed; /* rows */
	int64_t line;         /* lines before the next row */
	int64_t completed_ms; /* 0: it goes on */
	const char *error;    /* why all of it failed; or NULL */
};

/* A row that failed. */
struct import_failure {
	int64_t line; /* where it begins, from 1 */
	const char *reason;
};

/* The fields that columns may be. */
enum import_field {
	IMPORT_EMAIL,
	IMPORT_FIRST_NAME,
	IMPORT_LAST_NAME,
	IMPORT_UNSUBSCRIBED,
	IMPORT_FIELD_COUNT
};

/* A column that is a property. */
struct import_property {
	const char *key;
	int column;
	enum property_type type;
};

/* How a file is read, and what is done with who stands in it. */
struct import_plan {
	char separator;
	bool has_cr;         /* lines end with a CR alone */
	int64_t start, line; /* bytes and lines before the first row */
	int n_columns;
	int columns[IMPORT_FIELD_COUNT]; /* -1: there is none */
	struct import_property *properties;
	int n_properties;
	int64_t *segments; /* everybody joins */
	int n_segments;
	struct topic_choice *topics; /* everybody's choices */
	int n_topics;
	bool skips; /* who is there already is left alone */
};

/*
 * Reads the header, behind a line such as sep=; that may stand before it, and
 * what a client says of its columns: an object of fields
 * and the names of their columns, {"email":"Mail","properties":{"plan":
 * {"column":"Plan","type":"string"}}}, or NULL. Where it does not name a
 * column, a field's is the one of its own name; other columns are passed over.
 * text is the beginning of the file: up to CSV_RECORD_MAX bytes, and it is
 * written to. Fills what the header says. 0 or -1.
 */
int import_plan_make(struct arena *, char *text, size_t len, const json_t *map,
    struct import_plan *, struct fault *fault_r);
/* As text and back. 0 or -1. */
const char *import_plan_text(struct arena *, const struct import_plan *);
int import_plan_read(struct arena *, const char *, struct import_plan *,
    struct fault *fault_r);

/* What a row says. What it leaves empty is NULL, or not has_. */
struct import_row {
	const char *email, *email_key, *first_name, *last_name;
	bool unsubscribed, has_unsubscribed;
	json_t *properties; /* the arena's; NULL: none */
};

/* Reads a row's fields. Texts are theirs or in the arena. 0, or -1 with what is
 * wrong with it. */
int import_row_read(struct arena *, const struct import_plan *,
    char *const *fields, int n, struct import_row *, struct fault *fault_r);
/* Puts what it says over what is known, but for the address. 0, or -1 if that
 * is more than a contact holds. */
int import_row_merge(struct arena *, const struct import_row *,
    struct contact *, struct fault *fault_r);
