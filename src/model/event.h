/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event: somebody says what happened to whom. The body of POST
 * /events/send and a line of the event socket are the same thing.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/defs.h"
#include "base/json_names.h"

struct arena;
struct buf;
struct contact;
struct fault;

enum { EVENT_NAME_MAX = 255, EVENT_KEY_MAX = 256 };

/* How a contact was before a write and is after it. */
struct change {
	const struct contact *before; /* NULL: there was none */
	const struct contact *after;
};

struct event {
	int64_t id; /* given by the engine */
	const char *name;
	int64_t contact;   /* 0: known by email */
	const char *email; /* NULL: known by contact */
	const char *email_key;
	const char *payload; /* JSON object as text; NULL: none */
	const char *key;     /* the sender's own id, for idempotency; or NULL */
	int64_t cause;       /* the event this one follows from; 0: none */
	int depth;           /* how many causes are behind it */
	const json_t *parsed; /* payload, once somebody needed it; or NULL */
	/* of our own events, while they are applied */
	bool is_system;              /* not kept if it leads to nothing */
	const struct change *change; /* a contact was written; or NULL */
	int64_t segment;             /* joined or left; 0: none */
	int64_t run;                 /* whose mail it is about; 0: none */
};

/* Why an event started nothing; kept with the event. */
enum event_outcome {
	EVENT_STARTED,       /* at least one run */
	EVENT_NO_AUTOMATION, /* none enabled listens to the name */
	EVENT_TOO_DEEP,      /* its chain of causes is longer than allowed */
	EVENT_NOT_STARTED,   /* automations listened, none let the contact in */
	EVENT_UNDER_WAY,     /* that is not known yet */
};
const char *event_outcome_name(enum event_outcome);

/* What an event may be called; field is what the sentence names. 0 or -1. */
int event_check_name(const char *name, const char *field, bool allow_reserved,
    struct fault *fault_r);
/* The field of the object there names an event that may come: a name that
 * events may have, and of ours one that there is. What is no text, or empty, is
 * its reader's to refuse. 0, -1 with the place's fault. */
int event_check_awaited(const struct json_place *, const json_t *,
    const char *field);
/* What event_from_json() reads, for json_names_check_whole(). */
extern const struct json_name event_body_names[];
/*
 * Reads an event from JSON. Texts live in the arena. allow_reserved is for our
 * own doors: names with the prefix "resend:" are refused elsewhere.
 * 0, or -1 with fault_r; ids that are well-formed but unknown are left to the
 * engine, which says "Contact not found".
 */
int event_from_json(struct arena *, const json_t *, bool allow_reserved,
    struct event *event_r, struct fault *fault_r);
/* The answer to an accepted event. */
void event_accepted_json(struct buf *, const char *name, int64_t id,
    bool duplicate);
