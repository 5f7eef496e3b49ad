/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of delivery share. A parcel is an email on its way out:
 * claimed (on disk; claim.c), composed (on a composer's thread), handed over
 * (on the loop), and what became of it written down (in the next batch;
 * outcome.c). It is freed when that is on disk; an answer that could not be
 * stored is offered again until it can.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "engine/delivery.h"
#include "engine/engine_private.h"
#include "engine/envelope.h"
#include "engine/letters.h"
#include "mail/inject.h"
#include "model/email.h"

struct event;

enum {
	SETTLE_RETRY_MS = 1000, /* until what was not stored is offered again */
};

struct parcel {
	struct work work; /* composing, then settling */
	struct delivery *delivery;
	struct arena *arena;
	struct email email;       /* as claimed, then as settled */
	struct envelope envelope; /* of an app's */
	struct letter_out letter;
	struct inject_job job;
	int64_t composed_ms;
	int64_t size;     /* on disk while it is composed, about */
	bool is_too_much; /* others have taken the room there is */
	struct parcel *next;
};

struct delivery {
	struct engine *engine;
	struct injector *injector;
	/* the writer's */
	struct parcel *claimed;   /* in the batch under way */
	int n_claimed, n_settled; /* in the batch under way */
	int n_out;                /* claimed and not settled, on disk */
	int ahead;                /* the most that is claimed now */
	bool unsettled;      /* by the last process, the queue being held */
	bool settling;       /* in the batch under way */
	bool maybe_due;      /* the index may hold a due email */
	int64_t next_due_ms; /* the earliest later one; 0: none */
	/* the loop's */
	struct parcel *waiting, **waiting_tail; /* composed, no room yet */
	struct parcel *large;    /* to be composed when there is room */
	struct parcel *unstored; /* settled, to be offered again */
	struct event *retry_timer;
	/* shared */
	int window;
	atomic_int in_flight;     /* n_out, for figures */
	atomic_bool open;         /* emails may be claimed */
	atomic_bool held;         /* none may leave; the store says so */
	atomic_bool idle;         /* a session had nothing to do */
	atomic_bool is_short;     /* more is due than may be claimed */
	atomic_llong large_bytes; /* of letters on disk */
	atomic_llong sent, refused, retried, doubts;
};

/* Gives up what it holds; an answer that waits for it is nobody's then. */
void parcel_let_go(struct parcel *);
/* The letter was handed over, or is not wanted. */
void parcel_drop_letter(struct parcel *);
/* On a composer's thread; what comes of it is handed over. */
void parcel_compose(struct parcel *);
/* Goes on with one of those whose letters were too much for the disk. */
void delivery_compose_large(struct delivery *);

/* What follows from an outcome besides rows of its own: the hour's count, what
 * automations and webhooks hear, the server's count. 0 or -1. */
int outcome_follow(struct engine *, struct txn *, struct arena *,
    const struct email *, struct fault *fault_r);
/* Writes down what became of it, as its email says. */
void outcome_settle(struct parcel *);
/* Offers again what could not be stored. */
void outcome_retry(int fd, short what, void *delivery);
/* No more is tried: it failed, unless somebody got it before. */
void outcome_give_up(struct parcel *);
/* Nobody knows whether the MTA has it: the same attempt goes again, as a copy,
 * or somebody decides. */
void outcome_in_doubt(struct delivery *, struct email *, int64_t now_ms);
/* One line in the log. */
void outcome_log(const struct parcel *, const char *outcome);
/* What the MTA said; an inject_handler's done(). */
void outcome_injected(void *delivery, struct inject_job *,
    const struct inject_result *);
