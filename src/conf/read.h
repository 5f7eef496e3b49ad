/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * One reading of a configuration: from the file to libconfuse's options, each
 * value checked. For conf.c only.
 */
#pragma once

#include <confuse.h>
#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct fault;

enum { MAX_KEYS = 96 };

struct reading {
	const char *path;
	struct arena *arena;
	struct fault *fault;
	cfg_t *root;
	/* for read.c */
	bool failed;
	const char *file;
	int depth, n_files;
	struct {
		const char *file;
		int line;
	} said[MAX_KEYS]; /* where a key was last given a value */
};

/*
 * Reads path, with what it includes, into root. The caller has set path, arena
 * and fault. 0, or -1 with the fault; read_close() in either case.
 */
int read_open(struct reading *);
void read_close(struct reading *);
/* A sentence against the line that said that key, for a check of the whole.
 * Fills the fault, returns -1. */
int read_refuse_key(const struct reading *, const char *key, const char *fmt,
    ...) PRINTF(3, 4);
