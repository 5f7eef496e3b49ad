/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is to be sent now: some events of each enabled webhook, signed, for as
 * many as have room.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"
#include "model/hook.h"
#include "store/store.h"
#include "webhook/poster.h"

struct arena;
struct fault;
struct webhooks;

/* At once to one endpoint, and to all; but one of which nothing is under way
 * always gets one, so that those that do not answer stop no other. */
enum { AT_ONCE_EACH = 8, AT_ONCE_ALL = 128 };

/* An attempt: from being looked up to being noted. */
struct parcel {
	struct work work;
	struct post post;
	struct webhooks *owner;
	struct arena *arena;
	struct hook_event event;
	int64_t sent_ms;
	bool is_unstored; /* its outcome is to be offered again */
	struct parcel *next;
};

/* What is under way, by the loop's list as it was. */
struct in_hand {
	int64_t event, webhook;
};

struct look {
	struct in_hand *in_hand; /* the caller's */
	int n_in_hand;
	unsigned turn; /* whose first */
	bool allow_private;
	int64_t now_ms;
	/* Found: parcels without an owner; and when more is due, 0: never. */
	struct parcel *found;
	int64_t next_ms;
};

/* 0 or -1. */
int look_around(struct txn *, struct look *, struct fault *fault_r);
/* Forgets what was found. */
void look_forget(struct look *);
void parcel_free(struct parcel *);
