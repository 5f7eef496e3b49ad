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
