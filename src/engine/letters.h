/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an email of the store to the message that goes out.
 */
#pragma once

#include "base/buf.h"
#include "engine/engine.h"
#include "engine/envelope.h"
#include "engine/spill.h"

struct email;

struct letter_out {
	const char *data; /* the message */
	size_t len;
	const char *sender; /* of the envelope */
	const char *const *recipients;
	const char *envid;
	/* where the message is */
	struct buf buf;
	struct spill spill;
};

/* Renders and composes. envelope: of an app's mail, NULL for an automation's.
 * 0 or -1 with fault_r. Texts live in the arena, the message until
 * letter_out_free(). Any thread with a transaction. */
int letter_out_make(struct engine *, struct txn *, struct arena *,
    const struct email *, const struct envelope *, int64_t now_ms,
    struct letter_out *, struct fault *fault_r);
/* How long the message of an app will about be on disk; 0: it stays in memory.
 * 0 or -1. */
int letter_out_size(struct txn *, struct arena *, const struct email *,
    int64_t *size_r, struct fault *fault_r);
void letter_out_free(struct letter_out *);
/* The Message-ID of an email, in <>; NULL if it has no sender to speak of. */
const char *letter_message_id(const struct engine *, struct arena *,
    const struct email *);
