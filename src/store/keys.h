/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * API keys and idempotency keys in the store.
 */
#pragma once

#include "base/encode.h"
#include "store/list.h"

struct arena;
struct fault;
struct txn;

enum key_permission { KEY_FULL_ACCESS, KEY_SENDING_ACCESS };

struct api_key {
	int64_t id;
	const char *name;
	unsigned char
	    hash[SHA256_LEN]; /* of the token; the token is not kept */
	enum key_permission permission;
	const char *domain;   /* the one it may send from; NULL: any */
	int64_t last_used_ms; /* about a minute's; 0: never */
};

int store_key_insert(struct txn *, const struct api_key *,
    struct fault *fault_r);
/* 1, 0 if there is none, -1 */
int store_key_rename(struct txn *, int64_t id, const char *name,
    struct fault *fault_r);
/* Notes a use. 0 or -1. */
int store_key_used(struct txn *, int64_t id, int64_t used_ms,
    struct fault *fault_r);
/* 1, 0 if there is none, -1 */
int store_key_delete(struct txn *, int64_t id, struct fault *fault_r);
int store_key_list(struct txn *, struct arena *, const struct page *,
    struct list *list_r, struct fault *fault_r);

/* What was answered to a request with an idempotency key. */
struct idempotency {
	unsigned char hash[SHA256_LEN]; /* of the request's body */
	int64_t ref;        /* the id of what it made; 0: see answer */
	const char *answer; /* the reply's body; or NULL */
	int64_t expires_ms;
};

/* 1 found and not expired, 0 not, -1 */
int store_idempotency_get(struct txn *, struct arena *, const char *key,
    int64_t now_ms, struct idempotency *, struct fault *fault_r);
int store_idempotency_put(struct txn *, const char *key,
    const struct idempotency *, struct fault *fault_r);
/* Removes up to limit expired ones. How many, or -1. */
int store_idempotency_prune(struct txn *, int64_t now_ms, int limit,
    struct fault *fault_r);
