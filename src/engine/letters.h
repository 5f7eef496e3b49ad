/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an email of the store to the message that goes out.
 */
#pragma once

#include "base/buf.h"
#include "engine/engine.h"

struct email;

struct letter_out {
	struct buf message;
	const char *sender; /* of the envelope */
	const char *recipients[2];
	const char *envid;
};

/* Renders and composes. 0 or -1 with fault_r. Texts live in the arena, the
 * message until letter_out_free(). Any thread with a transaction. */
int letter_out_make(struct engine *, struct txn *, struct arena *,
    const struct email *, int64_t now_ms, struct letter_out *,
    struct fault *fault_r);
void letter_out_free(struct letter_out *);
/* The Message-ID of an email, in <>; NULL if it has no sender to speak of. */
const char *letter_message_id(const struct engine *, struct arena *,
    const struct email *);
