/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail addresses: what is written in From, and the form a contact is known by.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct fault;

/* "Display Name <local@domain>" in parts; name is NULL if there is none. The
 * domain is in lower case, A-label form ("xn--"), or an address literal. */
struct address {
	const char *name;
	const char *mailbox; /* local@domain */
	const char *domain;  /* points into mailbox */
};

enum { ADDRESS_TEXT_MAX = 2000, ADDRESS_LIST_MAX = 100 };

/*
 * Parses exactly one mailbox, with or without a display name. No controls,
 * no route, no comment, no group, no quoted local part with blanks or
 * controls; local part at most 64 octets, all at most 254. A quoted name comes
 * back without its quotes; what is invisible in it (zero-width, bidirectional
 * controls) is dropped; encoded-words are not decoded, and what looks like one
 * is just text. The arena owns the parts. 0, -1 with fault_r.
 */
int address_parse(struct arena *, const char *, struct address *,
    struct fault *fault_r);
/* Of addresses joined by commas, where the first ends: at a comma, or at the
 * text's end. NULL: a quote is not closed. */
const char *address_list_end(const char *);
/* Parses one or more mailboxes joined by commas. 0 with an array of *n_r, -1
 * with fault_r. */
int address_list_parse(struct arena *, const char *, struct address **list_r,
    int *n_r, struct fault *fault_r);
/* The form contacts are found by: ASCII letters in lower case, domain in
 * lower-case A-labels. Takes a bare address only, no display name and no <>.
 * NULL with fault_r if it is none. */
char *address_key(struct arena *, const char *, struct fault *fault_r);
/* True if the local part has non-ASCII characters: needs SMTPUTF8. */
bool address_needs_utf8(const char *mailbox);
