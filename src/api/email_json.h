/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emails as Resend's JSON has them, an automation's or an app's.
 */
#pragma once

#include "api/call.h"

struct email;
struct rendered;

/* A page of them, newest first, as an array. NULL with fault_r. */
json_t *email_list_json(struct call *, struct txn *, const struct list *,
    struct fault *fault_r);
/* As it is shown alone, with its parts. NULL with fault_r. */
json_t *email_json(struct call *, struct txn *, const struct email *,
    const struct rendered *, struct fault *fault_r);
