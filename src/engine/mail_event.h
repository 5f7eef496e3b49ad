/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened to a mail, as an event that automations can hear.
 */
#pragma once

#include <jansson.h>

#include "base/defs.h"

struct arena;
struct email;
struct engine;
struct event;
struct fault;
struct txn;

/* The MTA took the email, or it will never be sent: says so, if somebody
 * listens. Its outcome stays written whatever comes of that. 0, or -1 with
 * fault_r when the store failed. */
int mail_event_settled(struct engine *, struct txn *, struct arena *,
    const struct email *, struct fault *fault_r);
/* The run whose mail such an event is about; 0: none. One read back from the
 * store says so in its payload alone. */
int64_t mail_event_run(const struct event *, const json_t *payload);
