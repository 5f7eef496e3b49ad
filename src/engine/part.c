/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/part.h"

#include "base/fault.h"
#include "engine/engine_private.h"
#include "engine/tally.h"

int
part_begin(struct engine *e, struct txn *t, struct part *p,
    struct fault *fault_r)
{
	*p = (struct part){ e->caused_tail, tally_mark(e) };
	return txn_nested_begin(t, fault_r);
}

int
part_end(struct engine *e, struct txn *t, const struct part *p, int rc,
    const struct fault *why, struct fault *fault_r)
{
	if (txn_nested_end(t, rc >= 0, fault_r) != 0)
		return -1;
	if (rc >= 0)
		return 1;
	*p->caused = NULL;
	e->caused_tail = p->caused;
	tally_undo(e, p->counted);
	if (why->kind != FAULT_UNAVAILABLE)
		return 0;
	*fault_r = *why;
	return -1;
}
