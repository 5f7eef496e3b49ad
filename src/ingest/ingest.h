/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event socket: one JSON object a line in, one JSON line out per line, in
 * order, after the commit. See postflow-events(7).
 */
#pragma once

#include "base/defs.h"

struct conf;
struct engine;
struct event_base;
struct ingest;
struct store;

/* Serves a bound and listening Unix socket, owned from now on. */
struct ingest *ingest_new(struct event_base *, int fd, struct store *,
    struct engine *, const struct conf *);
void ingest_set_conf(struct ingest *, const struct conf *);
/* Reads no more; answers what was read. */
void ingest_drain(struct ingest *);
/* Lines read and not answered yet. */
int ingest_busy(const struct ingest *);
/* Call once store_pending() is 0. */
void ingest_free(struct ingest *);
