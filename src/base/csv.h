/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comma-separated values (RFC 4180) as the world writes them, without any I/O:
 * the caller holds the bytes, a record is split where it stands. A quote opens
 * a field only at its beginning; "" within quotes is one quote; what follows
 * the closing quote belongs to the field as it is. Lines end with LF or CR LF,
 * in some files with a CR alone.
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
	CSV_LONG,   /* longer than CSV_RECORD_MAX: its beginning, which is
		     * passed over */
	CSV_REST,   /* more of that: passed over, too, up to its end */
	CSV_END,    /* nothing is left */
};

struct csv {
	char separator;
	bool has_cr; /* lines also end with a CR alone */
	/* Of the record under way: bytes looked at, where in it we are, and
	 * whether it is one that is passed over. */
	size_t scanned;
	int state;
	bool is_long;
	/* What was found. */
	size_t used;                  /* bytes of it, line end and all */
	int64_t lines;                /* line ends among these bytes */
	char *fields[CSV_FIELDS_MAX]; /* NUL-terminated, in place */
	int n_fields;                 /* CSV_FIELDS_MAX + 1: there are more */
	bool is_open; /* of RECORD, and of END behind a long one: the text
		       * ended within quotes */
};

void csv_init(struct csv *, char separator, bool has_cr);
/*
 * Looks for the record that data begins with. With MORE come again with the
 * same bytes and more behind them; else take `used` bytes off. is_last: no more
 * can come. The byte data[len] is written, too.
 */
enum csv_result csv_next(struct csv *, char *data, size_t len, bool is_last);
/*
 * Where in a record that is passed over the reader is, as a number from 1 to
 * 255; 0: a record begins. Another reader of the same kind goes on from there.
 */
int csv_place(const struct csv *);
void csv_resume(struct csv *, int place);
/* True if the record was an empty line. */
bool csv_is_blank(const struct csv *);
/* The separator a header says: of comma, semicolon and tab what it has most of
 * outside quotes. Only the first line is looked at. */
char csv_separator(const char *header, size_t len);
/* Whether it ends with a CR alone, and so do all lines of such a file. */
bool csv_has_cr(const char *header, size_t len);
/* The line ends in a text: LF, CR LF and, with has_cr, CR. */
int64_t csv_lines(const char *, size_t len, bool has_cr);
