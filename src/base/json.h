/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and writing JSON (jansson's) with faults that name the field.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct buf;
struct fault;

/*
 * Parses text that must be one JSON value: no duplicate keys, no NUL in
 * strings, at most 64 deep. The arena owns the result. NULL with fault_r.
 */
json_t *json_parse(struct arena *, const char *, size_t, struct fault *fault_r);

/*
 * What a text takes in memory once it is read, told before anything is made of
 * it; its pieces may be cut anywhere. Begins as zeros.
 */
struct json_measure {
	int64_t bytes;           /* of all values */
	int64_t string, longest; /* of this and of the longest string */
	int depth;
	bool in_string, is_escaped;
	const char *excess; /* why it is not to be read; NULL: it may be */
};
void json_measure(struct json_measure *, const char *, size_t);
/* 0, or -1: nested too deep, or it would take gigabytes. */
int json_measure_check(const struct json_measure *, struct fault *fault_r);
/* About what it takes at most while it is read from a source: a string that is
 * long is there twice until its end is seen. */
int64_t json_measure_bytes(const struct json_measure *);

/* Gives up to n further bytes of a text; 0 at its end. */
typedef size_t json_source(void *to, size_t n, void *arg);
/* As json_parse(), of a text that was measured and is nowhere whole. */
json_t *json_parse_from(struct arena *, json_source *, void *arg,
    struct fault *fault_r);
/* Compact text of a value, owned by the arena. */
char *json_text(struct arena *, const json_t *);
/* How many bytes that text has. */
size_t json_text_len(const json_t *);

/*
 * A field of an object. 1 with the value, 0 if absent or null, -1 with fault_r
 * when it has another type. *_r is set to NULL/false/0 when not 1.
 */
int json_get_string(const json_t *, const char *field, const char **value_r,
    struct fault *fault_r);
int json_get_object(const json_t *, const char *field, json_t **value_r,
    struct fault *fault_r);
int json_get_array(const json_t *, const char *field, json_t **value_r,
    struct fault *fault_r);
int json_get_bool(const json_t *, const char *field, bool *value_r,
    struct fault *fault_r);
/* Same, but absent is a fault: "Missing `field` field.". 0 or -1. */
int json_need_string(const json_t *, const char *field, const char **value_r,
    struct fault *fault_r);
int json_need_array(const json_t *, const char *field, json_t **value_r,
    struct fault *fault_r);

/* Appends a quoted, escaped JSON string; NULL writes null. */
void json_put_string(struct buf *, const char *);
