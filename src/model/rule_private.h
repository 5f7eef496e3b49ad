/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of a rule: a tree of groups whose leaves test one field each.
 */
#pragma once

#include "base/fault.h"
#include "model/rule.h"

/* How a rule is written: {"type":"rule"} and {"conditions":[]}. */
enum rule_form { FORM_RULES, FORM_CONDITIONS };

/* What a value is taken for. */
enum rule_type {
	TYPE_STRING = 1,
	TYPE_NUMBER = 2,
	TYPE_BOOLEAN = 4,
	TYPE_DATE = 8,
	TYPE_ANY = 15
};

/* What a test compares with, read when it is compiled. */
struct rule_operand {
	const json_t *value; /* a scalar, or a list of them */
	const char *text;
	size_t text_len;
	double low, high;       /* the same for one number */
	int64_t from_ms, to_ms; /* the first and last moment meant */
	bool truth;
};

/* What an operator takes as its value; "any" takes what can be read as it. */
enum rule_takes {
	TAKES_NOTHING,
	TAKES_SCALAR,
	TAKES_MEMBER,
	TAKES_STRING,
	TAKES_NUMBER,
	TAKES_LIST,
	TAKES_DATE,
	TAKES_RANGE,
	TAKES_DATES,
	TAKES_ANY_STRING,
	TAKES_ANY_NUMBER,
	TAKES_ANY_BOOLEAN,
	TAKES_ANY_DATE,
	TAKES_ANY_RANGE,
	TAKES_ANY_DATES
};

/* Words for it: "a number". */
const char *rule_takes_text(enum rule_takes);
/* Reads the value; what is kept of it lives in the arena. False if it is not
 * what is taken. */
bool rule_operand_read(struct arena *, enum rule_takes, const json_t *value,
    struct rule_operand *);
/* The two ends of [a, b], {"from","to"} or {"min","max"}; false if it is none
 * of them. */
bool rule_range(const json_t *, const json_t **low_r, const json_t **high_r);

struct rule_operator {
	const char *name;
	enum rule_form form;
	int types;    /* of the values it is for */
	bool negated; /* true where holds() is false */
	enum rule_takes takes;
	/* value is never null, but NULL if there is none. */
	bool (*holds)(const struct rule_operand *, const json_t *value);
};

/* The operator with this name for a type; NULL if there is none. */
const struct rule_operator *rule_operator_find(enum rule_form, int type,
    const char *name);
/* "eq, neq, ...": the operators for the types. */
char *rule_operator_names(struct arena *, enum rule_form, int types);
/* What the other form, or habit, calls otherwise: `equals` is "eq". NULL for
 * words that mean nothing here. */
const char *rule_operator_meant(enum rule_form, const char *word);

/*
 * The field a condition means by what is written there, in full, and the type
 * it is known to have; TYPE_ANY: none is known.
 */
char *rule_field_meant(struct arena *, const char *written, unsigned spaces,
    int *type_r);
/* "`event.` or `contact.`": what may stand before a field's name. */
char *rule_field_spaces(struct arena *, unsigned spaces);
/* True if the field begins with one of the spaces and names something. */
bool rule_field_allowed(const char *field, unsigned spaces);

enum rule_kind { RULE_AND, RULE_OR, RULE_NOT, RULE_TEST };

struct rule {
	enum rule_kind kind;
	int n; /* parts of a group */
	struct rule *parts;
	const char *field; /* of a test */
	const struct rule_operator *op;
	struct rule_operand operand;
};

/* A tree while it is read. */
struct rule_reading {
	struct arena *arena;
	unsigned spaces;
	int depth, n_tests;
	size_t n_values;
	char path[400]; /* where we are: "rules[1].rule" */
	struct fault *fault_r;
};

/* Reads one node of a tree. 0, -1 with the reading's fault; so do all below. */
typedef int rule_read(struct rule_reading *, struct rule *, const json_t *);
/* A group of conditions or a single one. */
rule_read rule_read_condition;
/* The key under which a group of conditions has them; NULL if it is none. */
const char *rule_conditions_key(const json_t *);

/* Says what is wrong with a field of the object we are at or, with NULL, with
 * the object. Returns -1. */
int rule_complain(struct rule_reading *, enum fault_kind, const char *key,
    const char *fmt, ...) PRINTF(4, 5);
/* Reads one part that stands under the key, at index i if that is not -1. */
int rule_descend(struct rule_reading *, const char *key, int i, rule_read *,
    struct rule *part, const json_t *);
/* Makes room for n parts of a group, one level deeper. */
int rule_open_group(struct rule_reading *, struct rule *group, enum rule_kind,
    int n);
/* Reads the array under the key, at least one part, into a group. */
int rule_read_group(struct rule_reading *, struct rule *group, enum rule_kind,
    const json_t *, const char *key, rule_read *);
/* A string of the object we are at. */
int rule_need_string(struct rule_reading *, const json_t *, const char *key,
    const char **value_r);
/* Counts one more test. */
int rule_open_test(struct rule_reading *, struct rule *test);
/* Keeps the field that is meant by what was written, if it may be asked. */
int rule_set_field(struct rule_reading *, struct rule *test,
    const char *written, const char *meant);
/* Reads what the test's operator compares with. */
int rule_set_operand(struct rule_reading *, struct rule *test,
    const json_t *value);
/* "; write `eq`" for an unknown word that means something; else "". */
const char *rule_hint(struct rule_reading *, enum rule_form, int type,
    const char *word);
