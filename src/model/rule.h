/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditions on what an event brought and what is known of a contact: compiled
 * once, asked often. Both dialects write them, and become the same rule.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct fault;
struct json_place;
struct rule;

/* Groups in each other, tests in all, values in the lists of all tests, bytes
 * of a field. */
enum {
	RULE_DEPTH_MAX = 16,
	RULE_TESTS_MAX = 500,
	RULE_VALUES_MAX = 1000,
	RULE_FIELD_MAX = 512
};

/* What a field may begin with: "event.", "contact.", "wait_events.". */
enum { RULE_EVENT = 1, RULE_CONTACT = 2, RULE_WAIT_EVENTS = 4 };

/*
 * Compiles {"type":"rule"|"and"|"or"|"not",...} or
 * {"logicalOperator","conditions":[...]} or one {"field","operator","value"} of
 * the latter's conditions. The fields a rule may ask are those in spaces; where
 * that is RULE_EVENT alone, a bare name in a condition is a field of the event,
 * elsewhere one of the contact. Days are days of UTC. The rule lives in the
 * arena and keeps nothing of the JSON. NULL with fault_r, which says where in
 * the tree ("rules[1].operator: ...").
 */
struct rule *rule_compile(struct arena *, const json_t *, unsigned spaces,
    struct fault *fault_r);
/* The names are known that the rule under an object's key is written with, or
 * without a key the object itself; what else may be wrong, compiling says. 0,
 * -1 with the place's fault. */
int rule_check_names(struct json_place *, const json_t *, const char *key);

/* The value of a field; NULL or null if there is none. Borrowed until the next
 * call. */
typedef const json_t *rule_lookup(void *arg, const char *field);
/* Tests only as far as the answer needs. */
bool rule_true(const struct rule *, rule_lookup *, void *arg);
/* Calls fn for the field of each test, in the order written, until it returns
 * false. True if it never did. */
bool rule_walk_fields(const struct rule *,
    bool (*fn)(void *arg, const char *field), void *arg);
