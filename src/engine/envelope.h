/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The envelope of an app's mail: who is still to get it, and what became of
 * each.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct email;
struct email_recipient;
struct fault;
struct inject_result;
struct txn;

struct envelope {
	struct email_recipient *all;
	int n;
	bool *is_changed; /* of each: to be written */
	/* those this attempt goes to: places in all, and mailboxes that end
	 * with NULL */
	int *sent_to;
	const char **mailboxes;
	int n_sent_to;
};

/* Why a contact (0: who is none) gets no mail of the topic, as a reason says
 * it; NULL: it does. Nobody opted out of one that was deleted. 0 or -1. */
int envelope_topic(struct txn *, struct arena *, int64_t contact, int64_t topic,
    const char **reason_r, struct fault *fault_r);
/*
 * Reads the envelope of an email and takes out who does not want it any more.
 * Why nobody is left in *reason_r, NULL if somebody is. 0 or -1.
 */
int envelope_open(struct txn *, struct arena *, const struct email *,
    struct envelope *, const char **reason_r, struct fault *fault_r);
/* All recipients of a kind as one header text; "" for none. */
const char *envelope_text(struct arena *, const struct envelope *, int kind);
/* Notes what the MTA said. True if somebody may be tried again. */
bool envelope_note(struct arena *, struct envelope *,
    const struct inject_result *);
/* No attempt is made any more: who was not served is refused. True if anybody
 * has got it. */
bool envelope_close(struct envelope *);
/* Writes what was noted. 0 or -1. */
int envelope_write(struct txn *, int64_t email, const struct envelope *,
    struct fault *fault_r);
