/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Injection: hands finished messages to the MTA and tells once what became of
 * each. One table of backends; everything runs on the loop's thread.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct conf;
struct event_base;
struct fault;
struct injector;

/* A message to hand over. The caller keeps it until done() was called. */
struct inject_job {
	int64_t email;
	int attempt;
	const char *envid;             /* printable ASCII, at most 100 octets */
	const char *sender;            /* "" is the null sender */
	const char *const *recipients; /* NULL-ended, at least one */
	const char *data;              /* CRLF line ends only */
	size_t len;
	void *owner;
	/* for the injector */
	struct inject_job *next;
};

enum inject_outcome {
	INJECT_SENT,    /* in the MTA's queue */
	INJECT_REFUSED, /* 5xx, or unfit for the wire: for good */
	INJECT_LATER,   /* 4xx, or no connection: certainly not taken */
	INJECT_DOUBT,   /* the last byte left us, and no answer came */
};

/* A recipient the MTA refused. */
struct inject_refusal {
	int recipient; /* index in the job's list */
	int code;      /* 5xx: for good, 4xx: try again */
	const char *text;
};

struct inject_result {
	enum inject_outcome outcome;
	int code;         /* SMTP code, 0 if none was had */
	const char *text; /* the MTA's words, or ours; borrowed for the call */
	const char *queue_id; /* INJECT_SENT: the MTA's, NULL if it told none */
	/* The recipients refused at RCPT. With INJECT_SENT the others were
	 * taken; a 4xx among these is the caller's to try again. Without it
	 * nobody was. Borrowed. */
	const struct inject_refusal *refused;
	int n_refused;
};

/* Both are called from the loop, never from within inject_submit(). They may
 * submit, they may not close. */
struct inject_handler {
	/* The job is the caller's again. */
	void (*done)(void *arg, struct inject_job *,
	    const struct inject_result *);
	/* There is room for more (after inject_room() was 0). */
	void (*room)(void *arg);
	void *arg;
};

/* One row of the table in inject.c; the functions are those below. */
struct inject_backend {
	const char *name;
	void *(*open)(struct event_base *, const struct conf *,
	    const struct inject_handler *, struct fault *fault_r);
	void (*submit)(void *, struct inject_job *);
	int (*room)(const void *);
	int (*busy)(const void *);
	void (*close)(void *);
};

/*
 * Opens the backend the configuration names; the configuration may go away
 * afterwards. NULL with fault_r. A host name is looked up here, once, and may
 * take as long as the resolver does.
 */
struct injector *inject_open(struct event_base *, const struct conf *,
    const struct inject_handler *, struct fault *fault_r);
/* How many jobs may be submitted now without waiting long: the sessions'
 * window under back-pressure; 0 in a pause. */
int inject_room(const struct injector *);
/* Hands a job over; one beyond the room waits its turn all the same. */
void inject_submit(struct injector *, struct inject_job *);
/* Jobs submitted and not yet done. */
int inject_busy(const struct injector *);
/* Gives every job not done back, by done() from within, as LATER or DOUBT or
 * what it became meanwhile; then closes. Nothing may be submitted then. */
void inject_close(struct injector *);
