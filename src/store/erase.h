/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking a contact out of what was written about it.
 */
#pragma once

#include "base/defs.h"

struct arena;
struct fault;
struct txn;

/* Each removes up to limit rows of the contact: how many, or -1. */
int store_erase_runs(struct txn *, int64_t contact, int limit,
    struct fault *fault_r);
int store_erase_emails(struct txn *, int64_t contact, int limit,
    struct fault *fault_r);
/* The same of apps' mail to an address. One that has yet to go to others stays
 * without this recipient. */
int store_erase_mail_to(struct txn *, struct arena *, const char *email_key,
    int limit, struct fault *fault_r);
/* Looks at up to limit events, and some that webhooks are told, behind
 * *cursor_r and before an id, and removes those of the contact or its address.
 * 1 there are more, 0 not, -1 */
int store_erase_told(struct txn *, struct arena *, int64_t contact,
    const char *email_key, int64_t before, int limit, int64_t *cursor_r,
    struct fault *fault_r);
