/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail that apps write: from a draft to the rows of an email.
 */
#pragma once

#include "engine/engine.h"

struct draft;

/*
 * Writes the email of a draft, due at once or when it was scheduled for, in the
 * caller's transaction; its files are on disk. 0 with its id. -1 with fault_r:
 * FAULT_INVALID when something it names is not there or is missing,
 * FAULT_DENIED when the sender is foreign.
 */
int engine_mail_write(struct engine *, struct txn *, struct arena *,
    const struct draft *, int64_t now_ms, int64_t *id_r, struct fault *fault_r);
/* Gives a scheduled email another moment. 1, 0 if it is not scheduled any
 * more, -1 */
int engine_mail_reschedule(struct engine *, struct txn *, int64_t id,
    int64_t due_ms, struct fault *fault_r);
