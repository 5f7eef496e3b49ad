/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ids. Inside, an id is one positive 63-bit number: 42 bits of milliseconds,
 * 12 bits of counter, 9 bits of node. Outside it is 12 bytes: 48 bits of
 * milliseconds, counter and node, and 27 bits computed from the others, shown
 * as a UUID version 8 or as 24 hex digits. Both show the same bytes, their
 * order is the order in time, and neither needs a table to come back.
 */
#pragma once

#include "base/defs.h"

enum { ID_UUID_LEN = 37, ID_HEX_LEN = 25, ID_NODE_MAX = 511 };

/* Gives out ids, each larger than the one before also when the clock steps
 * back. One thread owns it. */
struct id_source {
	int64_t last; /* larger ones follow; set it to the largest id on disk */
	int node;
};

int64_t id_next(struct id_source *, int64_t now_ms);
/* The moment the id was made. */
int64_t id_time_ms(int64_t id);
/* The smallest id of that moment: a bound for queries by time. */
int64_t id_at_ms(int64_t ms);

char *id_uuid(int64_t id, char out[ID_UUID_LEN]);
char *id_hex(int64_t id, char out[ID_HEX_LEN]);
/* 1 with *id_r, 0 well-formed but no id of ours, -1 malformed. */
int id_from_uuid(const char *, int64_t *id_r);
int id_from_hex(const char *, int64_t *id_r);
