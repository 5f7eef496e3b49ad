/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What became of mails, counted for each hour and domain.
 */
#pragma once

#include "engine/engine.h"

struct email;

/* Counts the outcome of an email, if it is one, with what wrote it. 0 or -1. */
int mail_hours_note(struct txn *, struct arena *, const struct email *,
    struct fault *fault_r);
