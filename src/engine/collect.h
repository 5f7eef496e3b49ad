/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Collecting: files of attachments that no mail has any more go, a directory of
 * them at a time, so that there is never much to do at once.
 */
#pragma once

#include "engine/engine.h"

struct collector;

/* Begins to collect, on the loop. */
struct collector *collector_new(struct engine *, struct event_base *);
/* What is under way ends by itself; it must have before the engine goes. NULL
 * is fine. */
void collector_stop(struct collector *);
/* Works done: nothing comes back any more. NULL is fine. */
void collector_free(struct collector *);
