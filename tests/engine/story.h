/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stories: an automation, what happens, and what its runs say afterwards, each
 * as a line of text, so that a test is a table of them. In every text ' stands
 * for " and $NAME for the id that story_name() was given.
 *
 * A script is a list of statements with ; between them:
 *
 *	NAME {payload}    an event of the contact
 *	+1 day            time goes on; what falls due meanwhile is done then
 *	>1 day            time goes on, and nothing is done before its end
 *	~1 day            the same, and nothing before the next statement
 *	<1 day            the clock is set back
 *	as NAME           from now on it is about another contact
 *	be {fields}       the contact is made, or changed to that
 *	gone              it is deleted
 *	join S, quit S    it comes into a segment, goes out of it
 *	leave [TOPIC]     it unsubscribes, from a topic or altogether
 *	mail NAME {...}   an event about a mail of the newest run
 *	foreign NAME {..} the same about a mail of no run
 *	start {payload}   a run by hand
 *	cancel, retry     of the newest run
 *	cancel-all        of all runs of the contact
 *	pause, resume, stop, enable, drop	the automation
 *	freeze, thaw      all runs of all automations stand still
 *	restart           of all
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/defs.h"

struct story {
	const char *what;
	const char *steps;    /* lines "KEY TYPE CONFIG" */
	const char *ways;     /* "a>b a>c:timeout"; NULL: one after another */
	const char *settings; /* or NULL */
	const char *script;
	const char *runs; /* as story_runs() tells them */
};

/* A rig with a template "t"; conf as for rig_up(). */
void story_up(const char *conf);
/* Plays each, and once more with a new engine between any two transactions. */
void story_check(const struct story *, size_t n);
#define STORIES(table) story_check((table), N_OF(table))

/* What $NAME stands for from now on. */
void story_name(const char *name, int64_t id);
/* A segment of that name, and its name for it; filter: quoted, or NULL. */
int64_t story_segment(const char *name, const char *filter);

/* ' becomes ", names become ids; rig.arena owns it. */
const char *story_text(const char *quoted);
/* A graph as JSON. */
const char *story_graph(const char *steps, const char *ways,
    const char *settings);
/* An enabled automation of it: its number. Scripts are about the last one. */
int64_t story_automation(const char *steps, const char *ways,
    const char *settings);
/* Why such an automation is refused; NULL if it is not. */
const char *story_refusal(const char *steps, const char *ways,
    const char *settings);
void story_play(const char *script);
/* The number of the contact's address changes: all are strangers again. */
void story_strangers(void);
/* The address of a contact of scripts. */
const char *story_address(const char *name);
/* The contact as it is: {'first_name':..} without what is unset; "" if it is
 * gone. */
const char *story_contact(const char *name);

/*
 * All runs of an automation, oldest first: "delay, mail <Subject>, wait
 * {'timed_out':true} -> completed | -> at wait / filter". A step says its
 * status if it is not completed, its output or error; a wait that its event
 * came, and `unkept` if what that carried was too much; subjects are told if
 * they are not "T"; behind / is who was kept out and why.
 */
const char *story_runs(int64_t automation);
