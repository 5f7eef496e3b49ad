/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who gets no mail. Being suppressed is a fact about an address; being
 * unsubscribed is a contact's choice, and neither says anything of the other.
 */
#include "base/fault.h"
#include "engine/engine_private.h"
#include "engine/hooks.h"
#include "model/address.h"
#include "store/suppressions.h"

int
engine_suppress(struct engine *e, struct txn *t, struct arena *a,
    const char *email, enum suppression_origin origin, int64_t source,
    int64_t now_ms, struct suppression *s, struct fault *fault_r)
{
	const char *key = address_key(a, email, fault_r);
	int rc =
	    key == NULL ? -1 : store_suppression_by_key(t, a, key, s, fault_r);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	*s = (struct suppression){ .id = txn_new_id(t, now_ms),
		.email_key = key,
		.origin = origin,
		.source = source };
	return store_suppression_insert(t, s, fault_r) != 0 ||
		hooks_say_suppression(e, t, HOOK_SUPPRESSION_ADDED, s, now_ms,
		    fault_r) != 0
	    ? -1
	    : 1;
}

int
engine_unsuppress(struct engine *e, struct txn *t, const struct suppression *s,
    int64_t now_ms, struct fault *fault_r)
{
	return store_suppression_delete(t, s->id, fault_r) < 0 ||
		hooks_say_suppression(e, t, HOOK_SUPPRESSION_REMOVED, s, now_ms,
		    fault_r) != 0
	    ? -1
	    : 0;
}

int
engine_is_suppressed(struct txn *t, struct arena *a, const char *email,
    struct fault *fault_r)
{
	struct suppression s;
	const char *key = address_key(a, email, fault_r);
	return key == NULL ? -1
			   : store_suppression_by_key(t, a, key, &s, fault_r);
}
