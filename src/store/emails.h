/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emails in the store: the outbox.
 */
#pragma once

#include "model/email.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

int store_email_insert(struct txn *, const struct email *,
    struct fault *fault_r);
int store_email_get(struct txn *, struct arena *, int64_t id, struct email *,
    struct fault *fault_r);
int store_email_list(struct txn *, struct arena *, const struct page *,
    struct list *list_r, struct fault *fault_r);
/* Those written to a contact; downwards only. */
int store_email_of_contact(struct txn *, struct arena *, int64_t contact,
    const struct page *, struct list *list_r, struct fault *fault_r);
/* The same of apps' mail to an address, whoever it was. */
int store_email_of_address(struct txn *, struct arena *, const char *email_key,
    const struct page *, struct list *list_r, struct fault *fault_r);
/* Of an email that is still scheduled: gives it another moment, or ends it. 1,
 * 0 if it is not scheduled (any more), -1 */
int store_email_reschedule(struct txn *, int64_t id, int64_t due_ms,
    struct fault *fault_r);
int store_email_cancel(struct txn *, int64_t id, int64_t now_ms,
    struct fault *fault_r);
/* Emails that wait for their moment, the next first; struct email. */
int store_email_waiting(struct txn *, struct arena *, int limit,
    struct list *list_r, struct fault *fault_r);
/*
 * Claims up to limit emails due now for this node, oldest due first: they
 * become EMAIL_SENDING, and an email whose attempt number is free for a new
 * attempt gets the next one. Items are struct email as claimed.
 */
int store_email_claim_due(struct txn *, struct arena *, int64_t now_ms,
    int limit, struct list *list_r, struct fault *fault_r);
/* Earliest moment later than now at which an email is due; 0: none. */
int store_email_next_due(struct txn *, int64_t now_ms, int64_t *due_r,
    struct fault *fault_r);
/*
 * Writes what became of a claimed email: status, due_ms, attempt, code,
 * answer, queue_id, settled_ms, doubts. 1, 0 if it was not claimed any more,
 * -1.
 */
int store_email_settle(struct txn *, const struct email *,
    struct fault *fault_r);
/* Those in doubt. */
int store_email_in_doubt(struct txn *, struct arena *, const struct page *,
    struct list *list_r, struct fault *fault_r);
/* What somebody decided of one: status, due_ms, attempt, answer, settled_ms. 1,
 * 0 if it is not in doubt any more, -1 */
int store_email_decide(struct txn *, const struct email *,
    struct fault *fault_r);
/* Emails this node had claimed, in id order, behind that id; only id, attempt
 * and doubts are filled. */
int store_email_sending(struct txn *, struct arena *, int64_t after, int limit,
    struct list *list_r, struct fault *fault_r);
/* Whether a mail to that contact is on its way just now. 1, 0, -1 */
int store_email_is_sending(struct txn *, int64_t contact,
    struct fault *fault_r);
/* Emails an automation's runs wrote to a contact behind that id, counted up to
 * limit. run is one of them whose row may not be written yet. */
int store_email_count(struct txn *, int64_t contact, int64_t automation,
    int64_t run, int64_t after, int limit, int *n_r, struct fault *fault_r);
/* Removes up to limit settled emails older than that id, with what lies beside
 * them. How many, or -1. */
int store_email_prune(struct txn *, int64_t before, int limit,
    struct fault *fault_r);
