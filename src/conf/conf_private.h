/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of this room share: the table of keys, how a value is read,
 * and how a file becomes text that libconfuse reads without surprises.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct conf;
struct fault;

enum value_type {
	VALUE_TEXT,    /* printable ASCII */
	VALUE_NAME,    /* a user, group or host: no blank */
	VALUE_WORD,    /* one of the words in least */
	VALUE_PATH,    /* absolute */
	VALUE_SOCKET,  /* absolute, and short enough for sun_path */
	VALUE_TARGET,  /* stderr, syslog or absolute */
	VALUE_LEVEL,   /* enum log_level */
	VALUE_DOMAIN,  /* in lower case, A-labels */
	VALUE_ADDRESS, /* address:port */
	VALUE_URL,     /* https, or http on loopback; no slash at its end */
	VALUE_BOOL,
	VALUE_INT,
	VALUE_SIZE, /* int64_t, bytes */
	VALUE_MS,   /* int, milliseconds */
	VALUE_MS64, /* int64_t, milliseconds */
};

/* One key of the file. A key "stream.x" lies in struct conf_stream. */
struct key {
	const char *name; /* "section.key", or "key" at the top */
	enum value_type type;
	bool is_list; /* char ** in the struct, ends with NULL */
	bool is_reloadable;
	size_t at;         /* offset in struct conf or struct conf_stream */
	const char *value; /* the default as the file would say it; NULL: none.
			    * Begins with "state_dir/" or "run_dir/" where it
			    * lies below that directory. */
	const char *least, *most; /* range, as the file would say it */
};

extern const struct key conf_keys[]; /* ends with a NULL name */

/* The key's name behind its section. */
const char *key_leaf(const struct key *);
/* True if the key stands in that section; NULL is the top. */
bool key_in(const struct key *, const char *section);

/*
 * Reads one value into *to, whose type is that of the key (char * for texts
 * and for each element of a list). An empty text is none, NULL, where the
 * default is none, and refused elsewhere. 0, or -1 with fault_r.
 */
int value_read(const struct key *, const char *text, struct arena *, void *to,
    struct fault *fault_r);
/* True if both structs hold the same under that key. */
bool value_equal(const struct key *, const void *a, const void *b);
/* A stranger's text between quotes, cut and without control characters; lives
 * until the fourth next call. */
const char *value_shown(const char *);
/* Puts a question mark in place of each control character and what is not
 * UTF-8. */
void value_plain(char *);

/*
 * Reads a whole file and blanks its comments, so that lines keep their
 * numbers. *text_r is NUL-terminated and lives in the arena. 0, or -1 with
 * "FILE: ..." or "FILE:LINE: ..." in fault_r when it cannot be read or holds
 * something that cannot be in a configuration.
 */
int text_load(const char *path, struct arena *, char **text_r, size_t *len_r,
    struct fault *fault_r);
