/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Header fields of our own messages, each by a function for its type; of this
 * room only. No value gets out of its field: a control character anywhere is a
 * fault that names the field, everything else is encoded as the type asks.
 *
 * Encoded-words are ours and not GMime's (3.2.13), because GMime lets words of
 * up to 220 octets pass where RFC 2047 allows 75, loses blanks at the ends, and
 * takes a text that looks like an encoded-word over as one.
 */
#pragma once

#include "base/defs.h"

struct address;
struct buf;
struct fault;

enum { HEADER_TEXT_MAX = 8000, HEADER_PLAIN_MAX = 900 };

/* Unstructured text, at most HEADER_TEXT_MAX octets: Subject. */
int header_text(struct buf *, const char *field, const char *value,
    struct fault *fault_r);
/* One or more addresses, as address_parse() gave them. */
void header_addresses(struct buf *, const char *field, const struct address *,
    int n);
/* Printable ASCII, written as it stands, at most HEADER_PLAIN_MAX octets. */
int header_plain(struct buf *, const char *field, const char *value,
    struct fault *fault_r);
/* A field an app wrote: ASCII as it stands, folded at its blanks, anything else
 * as header_text() has it. */
int header_other(struct buf *, const char *field, const char *value,
    struct fault *fault_r);
/* "Words <label.domain>" or "<label.domain>" (RFC 2919): List-Id. */
int header_list_id(struct buf *, const char *field, const char *value,
    struct fault *fault_r);
