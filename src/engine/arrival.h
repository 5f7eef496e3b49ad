/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event under way: what it does to the runs of its contact that are there.
 */
#pragma once

#include "engine/engine_private.h"
#include "model/contact.h"

/* What an event does, one after the other. Numbers are on disk. */
enum arrival_phase {
	ARRIVAL_CATCH_UP, /* runs that were due before it move */
	ARRIVAL_EXITS,    /* runs that it ends */
	ARRIVAL_WAITS,    /* runs that wait for it go on */
	ARRIVAL_STARTS    /* runs begin */
};

struct arrival {
	struct engine *engine;
	struct txn *txn;
	struct arena *arena;
	struct event *event;
	int64_t now_ms;
	struct contact contact;      /* if event->contact is not 0 */
	struct arena *contact_arena; /* its texts, if it was read anew */
	unsigned contact_seen;       /* of engine->contact_writes */
	bool is_whole;               /* contact is filled */
	const json_t *payload;       /* of the event, once it was asked for */
	const struct flow *const *flows;
	int n_flows;
	unsigned interest;
	enum arrival_phase phase;
	int64_t cursor; /* of the waits: the last run that was looked at */
	int n_changed;  /* runs it ended or resumed, refusals it noted */
	/* where it stands in the backlog, once it does; else 0 */
	int64_t row_contact, root, seq;
};

/*
 * Goes on with what the event does to runs that are there: phase by phase,
 * until all is done or the transaction has done enough. 1 the phase is
 * ARRIVAL_STARTS now, 0 there is more, -1
 */
int arrival_go_on(struct arrival *, struct fault *fault_r);
/* The contact anew, if some step has written it meanwhile. 1, 0 it is gone, -1
 */
int arrival_contact(struct arrival *, struct fault *fault_r);
/* The event's payload, read once for all who ask. */
const json_t *arrival_payload(struct arrival *);
/* Goes on with one in the backlog; what it did not get to is there then. 1 it
 * is done, 0 there is more, -1 */
int accept_go_on(struct arrival *, struct fault *fault_r);
/* Gives back what was read for it. */
void arrival_end(struct arrival *);
