/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The document that describes this API, for programs that read such.
 */
#include "api/openapi.h"

#include "api/call.h"

static int
openapi_run(struct call *c, struct txn *t, struct fault *fault_r)
{
	(void)t, (void)fault_r;
	c->status = 200;
	buf_add(&c->out, openapi_text, openapi_len);
	return 0;
}

const struct route routes_openapi[] = { { "GET", "/openapi.json", openapi_run,
					    ROUTE_LOOP | ROUTE_OPEN },
	{ NULL } };
