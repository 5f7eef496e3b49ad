/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail addresses: what is written in From, and the form a contact is known by.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct fault;

/* "Display Name <local@domain>" in parts; name is NULL if there is none. */
struct address {
	const char *name;
	const char *mailbox; /* local@domain, domain in A-label form */
	const char *domain;  /* points into mailbox */
};

/* Parses exactly one mailbox, with or without a display name. No controls,
 * no route, no comment, no quoted local part with blanks or controls; local
 * part at most 64 octets, all at most 254. 0, -1 with fault_r. */
int address_parse(struct arena *, const char *, struct address *,
    struct fault *fault_r);
/* The form contacts are found by: ASCII letters in lower case, domain in
 * lower-case A-labels. NULL with fault_r if it is no address. */
char *address_key(struct arena *, const char *, struct fault *fault_r);
/* True if the local part has non-ASCII characters: needs SMTPUTF8. */
bool address_needs_utf8(const char *mailbox);
