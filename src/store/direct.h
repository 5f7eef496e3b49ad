/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lies beside the email of an app: its parts, its recipients and its
 * attachments. It is written with the email and goes with it.
 */
#pragma once

#include "model/email.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

int store_parts_insert(struct txn *, int64_t email, const struct email_parts *,
    struct fault *fault_r);
/* 1, 0, -1 */
int store_parts_get(struct txn *, struct arena *, int64_t email,
    struct email_parts *, struct fault *fault_r);

int store_recipient_insert(struct txn *, int64_t email,
    const struct email_recipient *, struct fault *fault_r);
/* All, in order; struct email_recipient. */
int store_recipient_list(struct txn *, struct arena *, int64_t email,
    struct list *list_r, struct fault *fault_r);
/* The same of all mails from one id to another, in order of these. */
int store_recipient_between(struct txn *, struct arena *, int64_t first,
    int64_t last, struct list *list_r, struct fault *fault_r);
/* Writes what became of one: outcome, code and answer. */
int store_recipient_settle(struct txn *, int64_t email,
    const struct email_recipient *, struct fault *fault_r);
/* Whether an app's mail to that address is on its way just now. 1, 0, -1 */
int store_recipient_is_sending(struct txn *, const char *email_key,
    struct fault *fault_r);

int store_attachment_insert(struct txn *, const struct email_attachment *,
    struct fault *fault_r);
/* 1, 0, -1 */
int store_attachment_get(struct txn *, struct arena *, int64_t id,
    struct email_attachment *, struct fault *fault_r);
/* All of an email in order, or a page; struct email_attachment. */
int store_attachment_all(struct txn *, struct arena *, int64_t email,
    struct list *list_r, struct fault *fault_r);
int store_attachment_list(struct txn *, struct arena *, int64_t email,
    const struct page *, struct list *list_r, struct fault *fault_r);
/* Whether an attachment has that content. 1, 0, -1 */
int store_blob_is_used(struct txn *, const unsigned char hash[BLOB_HASH_LEN],
    struct fault *fault_r);
