/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comma-separated values (RFC 4180) as the world writes them, without any I/O:
 * the caller holds the bytes, a record is split where it stands. A quote opens
 * a field only at its beginning; "" within quotes is one quote; what follows
 * the closing quote belongs to the field as it is. Lines end with LF or CR LF.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

enum {
	CSV_FIELDS_MAX = 1000,
	CSV_RECORD_MAX = 256 << 10, /* one record, with its line ends */
};

enum csv_result {
	CSV_MORE,   /* its end is not here yet */
	CSV_RECORD, /* fields, n_fields */
	CSV_LONG,   /* longer than CSV_RECORD_MAX: it was passed over, up to
		     * the last line that begins in it */
	CSV_REST,   /* more of that: passed over, too */
	CSV_END,    /* nothing is left */
};

struct csv {
	char separator;
	/* Of the record under way: bytes looked at, and where in it we are. */
	size_t scanned;
	int state;
	/* What was found. */
	size_t used;                  /* bytes of it, line end and all */
	int64_t lines;                /* line ends among these */
	char *fields[CSV_FIELDS_MAX]; /* NUL-terminated, in place */
	int n_fields;                 /* CSV_FIELDS_MAX + 1: there are more */
	bool is_open;                 /* the text ended within quotes */
};

void csv_init(struct csv *, char separator);
/*
 * Looks for the record that data begins with. With MORE come again with the
 * same bytes and more behind them; else take `used` bytes off. is_last: no more
 * can come. The byte data[len] is written, too.
 */
enum csv_result csv_next(struct csv *, char *data, size_t len, bool is_last);
/* True if the record was an empty line. */
bool csv_is_blank(const struct csv *);
/* The separator a header says: of comma, semicolon and tab what it has most of
 * outside quotes. Only the first line is looked at. */
char csv_separator(const char *header, size_t len);
