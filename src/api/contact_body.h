/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a request's body says of a contact. Only what it names is changed.
 */
#pragma once

#include "api/call.h"
#include "model/contact.h"

/* The names of a choice of topics. */
extern const struct json_name choice_names[];

struct contact_body {
	struct contact c; /* names, unsubscribed, address */
	bool has_first_name, has_last_name, has_unsubscribed;
	const json_t *properties; /* NULL: not said */
	int64_t *segments;
	int n_segments;
	struct topic_choice *topics;
	int n_topics;
};

/* What an object says of a contact but for address, segments and topics. 0 or
 * -1. */
int contact_fields_read(const json_t *, struct contact_body *,
    struct fault *fault_r);
/* A parse(): c->input becomes a struct contact_body. 0 or -1. */
int contact_body_parse(struct call *, struct fault *fault_r);
/* The same, and the address must be there. */
int contact_body_parse_new(struct call *, struct fault *fault_r);
/* Puts what the body says over what is known, but for the address. 0, -1 it
 * were too many properties. */
int contact_body_merge(struct call *, const struct contact_body *,
    struct contact *to, struct fault *fault_r);

/* An array of ids, or of objects with an id. 0 or -1. */
int segment_ids_read(struct call *, const json_t *array, int64_t **ids_r,
    int *n_r, struct fault *fault_r);
/* An array of {"id","subscription"}. 0 or -1. */
int topic_choices_read(struct call *, const json_t *array,
    struct topic_choice **choices_r, int *n_r, struct fault *fault_r);
/* Makes them the contact's. 0 or -1. */
int topic_choices_set(struct call *, struct txn *, int64_t contact,
    const struct topic_choice *, int n, struct fault *fault_r);
