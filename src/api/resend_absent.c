/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths of Resend's that are not served here and would be taken for something
 * else: without these, a list of received mail would be the email whose id is
 * "receiving".
 */
#include "api/call.h"
#include "base/fault.h"

static int
absent_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	(void)c, (void)t;
	return fault(fault_r, FAULT_NOT_FOUND,
	    "The requested endpoint does not exist");
}

const struct route routes_absent[] = { { "GET", "/emails/receiving", absent_run,
					   ROUTE_LOOP | ROUTE_ABSENT },
	{ "GET", "/emails/receiving/:id", absent_run,
	    ROUTE_LOOP | ROUTE_ABSENT },
	{ "GET", "/emails/receiving/:id/attachments", absent_run,
	    ROUTE_LOOP | ROUTE_ABSENT },
	{ "GET", "/emails/receiving/:id/attachments/:attachment", absent_run,
	    ROUTE_LOOP | ROUTE_ABSENT },
	{ "POST", "/emails/:id/share", absent_run, ROUTE_LOOP | ROUTE_ABSENT },
	{ NULL } };
