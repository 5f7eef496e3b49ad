/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail templates and their versions in the store.
 */
#pragma once

#include "model/mail_template.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

/* A conflict (FAULT_INVALID) when the alias is taken. */
int store_template_insert(struct txn *, const struct mail_template *,
    struct fault *fault_r);
int store_template_update(struct txn *, const struct mail_template *,
    struct fault *fault_r);
/* Versions stay: mails that were sent of them can still be shown. */
int store_template_delete(struct txn *, int64_t id, struct fault *fault_r);
/* 1, 0, -1 */
int store_template_by_id(struct txn *, struct arena *, int64_t id,
    struct mail_template *, struct fault *fault_r);
int store_template_by_alias(struct txn *, struct arena *, const char *,
    struct mail_template *, struct fault *fault_r);
int store_template_list(struct txn *, struct arena *, const struct page *,
    struct list *list_r, struct fault *fault_r);
/* Writes a version, or a draft anew. */
int store_version_put(struct txn *, const struct mail_version *,
    struct fault *fault_r);
/* The template a version is of. 1, 0, -1 */
int store_version_template(struct txn *, int64_t id, int64_t *template_r,
    struct fault *fault_r);
int store_version_get(struct txn *, struct arena *, int64_t id,
    struct mail_version *, struct fault *fault_r);
