/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The API keys as the loop knows them: who a token is, what it may do, and how
 * much it has asked in this second. Asking needs no disk.
 */
#pragma once

#include "base/encode.h"
#include "store/keys.h"

struct fault;
struct keyring;
struct store;

/* How much of a key's limit is left. */
struct rate {
	int limit; /* requests a second; 0: there is none */
	int remaining;
	bool is_over; /* this one is too many */
};

struct known_key {
	int64_t id;
	unsigned char hash[SHA256_LEN];
	enum key_permission permission;
	char *domain;         /* the one it may send from; NULL: any */
	int64_t noted_ms;     /* last use, as the store was told */
	int64_t second, asks; /* requests in that second */
};

struct keyring *keyring_new(void);
void keyring_free(struct keyring *);
/* Reads the keys, before the store's threads run. 0 or -1. */
int keyring_load(struct keyring *, struct store *, struct fault *fault_r);
void keyring_add(struct keyring *, const struct api_key *);
void keyring_remove(struct keyring *, int64_t id);
/* The key of a token; NULL if there is none. Valid until the next change. */
struct known_key *keyring_find(struct keyring *, const char *token);
/* Counts a request of the key; limit 0 counts nothing. */
struct rate keyring_count(struct known_key *, int limit, int64_t now_ms);
/* Has the store note that the key is in use, at most once a minute. */
void keyring_note(struct known_key *, struct store *, int64_t now_ms);
