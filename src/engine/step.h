/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A step type: one file, one declarative struct, a line in the table of
 * runner.c. A step says what is next; the runner alone writes it down.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"
#include "engine/engine_private.h"

/* What a step is given: the run, its contact, and the moment. */
struct step_call {
	struct engine *engine;
	struct txn *txn;
	struct arena *arena; /* lives until the run rests */
	int64_t now_ms;
	const struct flow *flow;
	struct run *run;
	const struct step *step;
	const void *config;            /* made by compile() */
	const struct contact *contact; /* as it is now; NULL: deleted */
	/* Of the starting event; NULL: there is none, or run->payload was not
	 * looked into yet. */
	const json_t *payload;
	int depth; /* causes behind what the step does */
};

enum step_what {
	STEP_GO,   /* done; on along a connection */
	STEP_SKIP, /* not done, for a reason; on along a connection */
	STEP_REST, /* until a moment; resume() is called then */
	STEP_END,  /* done, and the run with it */
	STEP_FAIL, /* the run fails */
};

struct step_next {
	enum step_what what;
	enum connection_type out;            /* STEP_GO, STEP_SKIP */
	int64_t until_ms;                    /* STEP_REST */
	const char *output;                  /* JSON object as text; or NULL */
	const char *error_name, *error_text; /* STEP_FAIL */
};

struct step_type {
	const char *name;
	const char *summary; /* one sentence for the documents */
	/* Reads and checks a config; the result lives in the arena. NULL with
	 * fault_r, which names the field. */
	void *(*compile)(struct arena *, const struct step *,
	    struct fault *fault_r);
	/* What must exist before it may run; NULL: nothing. 0 or -1. */
	int (*check_enable)(struct engine *, struct txn *, struct arena *,
	    const void *config, struct fault *fault_r);
	/* 0 with next, -1 with fault_r when the store failed. */
	int (*enter)(struct step_call *, struct step_next *,
	    struct fault *fault_r);
	/* After STEP_REST; NULL: it goes on along its default connection. */
	int (*resume)(struct step_call *, struct step_next *,
	    struct fault *fault_r);
};

extern const struct step_type step_trigger, step_send_email;

const struct step_type *step_type_find(const char *name);
