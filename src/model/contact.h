/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A contact: one person's address and what is known of them.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct contact {
	int64_t id;
	const char *email_key; /* what it is found by: address_key() */
	const char *email;     /* as it was given */
	const char *first_name, *last_name; /* may be NULL */
	bool unsubscribed;
	const char *properties; /* JSON object as text; NULL: none */
	int64_t updated_ms;     /* 0: never */
};

struct topic {
	int64_t id;
	const char *name, *description;
	bool default_in, is_public;
};

/* A topic, and whether one contact takes it. */
struct subscription {
	struct topic topic;
	bool opted_in;
};

/* What a contact chooses, or somebody for it. */
struct topic_choice {
	int64_t topic;
	bool opted_in;
};

/* What kind of value a contact's property has. Numbers are on disk. */
enum property_type {
	PROPERTY_STRING,
	PROPERTY_NUMBER,
	PROPERTY_BOOLEAN,
	PROPERTY_TYPE_COUNT
};

/* A property contacts may have. */
struct contact_property {
	int64_t id;
	const char *key;
	enum property_type type;
	const char *fallback; /* for who has none, JSON as text; or NULL */
};

/* A set of contacts: chosen one by one, or by a rule over their fields. */
struct segment {
	int64_t id;
	const char *name;
	const char *filter; /* a rule as JSON text; NULL: chosen by hand */
};
