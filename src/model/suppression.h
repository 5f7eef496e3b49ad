/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * An address that gets no mail, whoever asks for it: it bounced, somebody
 * there complained, or an operator said so. It is not a contact's choice, and
 * stays when the contact goes.
 */
#pragma once

#include "base/defs.h"

/* On disk: never change their meaning. */
enum suppression_origin {
	SUPPRESSED_BOUNCE,
	SUPPRESSED_COMPLAINT,
	SUPPRESSED_MANUAL,
	SUPPRESSION_ORIGIN_COUNT
};

struct suppression {
	int64_t id;
	const char *email_key; /* address_key(); NULL: it was erased, and is
				* only recognised */
	enum suppression_origin origin;
	int64_t source; /* the email that brought it about; 0: none */
};

/* "bounce", "complaint", "manual". */
const char *suppression_origin_name(enum suppression_origin);
/* 1 with *origin_r, 0 if there is no such word. */
int suppression_origin_find(const char *name,
    enum suppression_origin *origin_r);
