/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the engine's side share.
 */
#pragma once

#include "tests/engine/rig.h"
#include "tests/oracle/real.h"

/* What an action is about. */
struct said {
	const json_t *action;
	const char *who; /* an address, or NULL */
	struct contact contact;
	int64_t automation; /* number; -1: none */
	int64_t run;        /* 0: none */
	bool is_gone;       /* the automation, or that of the run, is deleted */
	struct email mail;  /* id 0: none */
};

struct real {
	const struct play *play;
	int64_t segments[ORACLE_SETS_MAX], topics[ORACLE_SETS_MAX];
	int n_segments;
	int64_t automations[ORACLE_SETS_MAX]; /* numbers */
	int n_automations;
	int64_t before; /* id of the last email of the cases before */
	struct said said;
};

/* JSON with names such as @segment1 replaced by ids; in the rig's arena. */
const char *real_text(const struct real *, const json_t *);
int64_t real_segment(const struct real *, const char *name);
/* Emails of the case in the order they were written: how many. */
int real_mails(const struct real *, struct email **mails_r);
/* The id of the run the interpreter has under that number; 0: none. */
int64_t real_run(const struct real *, int run);
/* A text of the action that was looked up; NULL: it has none. */
const char *real_word(const struct real *, const char *field);
/* Does it, if it is no event: -1 refused. */
int real_act(struct real *);
