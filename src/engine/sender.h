/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may write: From addresses this server sends for.
 */
#pragma once

#include "engine/engine.h"

/* Whether mail may say it is from there. 0; -1 FAULT_INVALID when it is no
 * address, FAULT_DENIED when its domain is foreign. */
int sender_check(const struct engine *, struct arena *, const char *sender,
    struct fault *fault_r);
/* The domain of a sender that was checked, in the arena. */
const char *sender_domain(struct arena *, const char *sender);
