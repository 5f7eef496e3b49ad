/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which names an object may have. Readers look for the names they know, so a
 * misspelt one would be as good as absent; a walk over what an author wrote
 * asks the readers' tables and says where it stands.
 */
#pragma once

#include <jansson.h>

#include "base/defs.h"

struct fault;

/* A name that is known. One that is another word for itself is not told: it is
 * taken, and nobody reads it. */
struct json_name {
	const char *name;    /* NULL: the table's end */
	const char *same_as; /* what it is another word for; NULL: nothing */
	/* Names of the object it holds, or of those in its array; NULL: it
	 * holds none, or one that is not looked into. For
	 * json_names_check_near(). */
	const struct json_name *of;
};

/* Where in what was written a walk is: "config.entry", " of step `start`". */
struct json_place {
	char path[160];
	const char *of; /* behind the path; or "" */
	struct fault *fault_r;
};

/* What a name means: itself or what it is another word for. */
const char *json_name_meant(const struct json_name *);
/* What the first of the table's names says that means this; NULL: none is there
 * or all are null. */
json_t *json_name_get(const json_t *, const struct json_name *known,
    const char *meant);

/* Goes on to "name" or "[3]" within the place. What leaving needs. */
size_t json_place_enter(struct json_place *, const char *fmt, ...) PRINTF(2, 3);
/* Goes back to where it was. */
void json_place_leave(struct json_place *, size_t);
/* Says what is wrong with a name of the object there: "`config.x` of step `s`
 * is unknown." Returns -1. */
int json_place_fault(const struct json_place *, const char *name,
    const char *fmt, ...) PRINTF(3, 4);
/*
 * Every name of the object is known, and no two words for one thing say
 * different ones; null says nothing. 0, -1 with the place's fault. What is no
 * object is its reader's to refuse.
 */
int json_names_check(const struct json_place *, const json_t *,
    const struct json_name *known);
/*
 * Unknown names are let pass, unless one is evidently a known one misspelt that
 * is not there: "`unsubscribd` is not a field here; is `unsubscribed` meant?"
 * The same of the objects within. Of more strangers than a few hundred the
 * rest is not looked at. 0, -1 with the place's fault.
 */
int json_names_check_near(struct json_place *, const json_t *,
    const struct json_name *known);
/* The same of a text's outermost object. 0 or -1. */
int json_names_check_whole(const json_t *, const struct json_name *known,
    struct fault *fault_r);
