/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests that do one thing many times: the body is an array, each element is
 * written in a part of the transaction of its own, and what is wrong with one
 * either fails all or is told beside the others.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"

struct call;
struct fault;
struct txn;

struct batch_kind {
	const char *plural; /* what the elements are called */
	size_t max;         /* of them */
	size_t item_size;   /* of what read() fills */
	int status;         /* of the answer */
	/* All or nothing is what holds unless the request says otherwise; else
	 * the other way round. */
	bool is_strict;
	/* What is wrong stands in a list of its own, by index; else where the
	 * answer would. */
	bool has_errors_apart;
	/* Reads an element into an item of zeros. 0 or -1. */
	int (*read)(struct call *, const json_t *, void *item,
	    struct fault *fault_r);
	/* Writes it and appends a JSON value that says so to c->out. 0 or -1.
	 */
	int (*write)(struct call *, struct txn *, const void *item,
	    struct fault *fault_r);
};

/* A route's parse(): reads the body into c->input. 0 or -1. */
int batch_parse(struct call *, const struct batch_kind *,
    struct fault *fault_r);
/* Its run(): writes all, and answers {"data":[...]}. 0, or -1: the store is
 * away, or one fails all. */
int batch_run(struct call *, struct txn *, const struct batch_kind *,
    struct fault *fault_r);
