/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/find.h"

#include <string.h>

#include "base/json.h"
#include "model/address.h"
#include "model/automation.h"
#include "store/automations.h"
#include "store/contacts.h"
#include "store/emails.h"
#include "store/runs.h"
#include "store/segments.h"
#include "store/webhooks.h"

/* What a look-up found, as an action's return. */
static int
found(int rc, const char *what, struct fault *fault_r)
{
	return rc == 0 ? not_found(fault_r, what) : rc == 1 ? 0 : -1;
}

int
find_contact(struct call *c, struct txn *t, int param, struct contact *contact,
    struct fault *fault_r)
{
	const char *text = c->params[param], *key;
	int64_t id;
	if (strchr(text, '@') != NULL) {
		if ((key = address_key(c->arena, text, fault_r)) == NULL)
			return -1;
		return found(store_contact_by_key(t, c->arena, key, contact,
				 fault_r),
		    "Contact", fault_r);
	}
	if (call_id(c, param, "Contact", &id, fault_r) != 0)
		return -1;
	return found(store_contact_by_id(t, c->arena, id, contact, fault_r),
	    "Contact", fault_r);
}

int
find_automation(struct call *c, struct txn *t, int param, struct automation *a,
    struct fault *fault_r)
{
	int64_t id;
	if (call_id(c, param, "Automation", &id, fault_r) != 0)
		return -1;
	return found(store_automation_by_id(t, c->arena, id, a, fault_r),
	    "Automation", fault_r);
}

int
find_email(struct call *c, struct txn *t, int param, struct email *e,
    struct fault *fault_r)
{
	int64_t id;
	if (call_id(c, param, "Email", &id, fault_r) != 0)
		return -1;
	return found(store_email_get(t, c->arena, id, e, fault_r), "Email",
	    fault_r);
}

int
find_segment(struct call *c, struct txn *t, int param, struct segment *s,
    struct fault *fault_r)
{
	int64_t id;
	if (call_id(c, param, "Audience", &id, fault_r) != 0)
		return -1;
	return found(store_segment_get(t, c->arena, id, s, fault_r), "Audience",
	    fault_r);
}

int
find_webhook(struct call *c, struct txn *t, int param, struct webhook *w,
    struct fault *fault_r)
{
	static const char what[] = "Webhook endpoint";
	int64_t id;
	if (call_id(c, param, what, &id, fault_r) != 0)
		return -1;
	return found(store_webhook_get(t, c->arena, id, w, fault_r), what,
	    fault_r);
}

int
find_run(struct call *c, struct txn *t, int param, const struct automation *a,
    struct run *r, struct fault *fault_r)
{
	int64_t id;
	if (call_id(c, param, "Automation run", &id, fault_r) != 0)
		return -1;
	int rc = store_run_get(t, c->arena, id, r, fault_r);
	if (rc == 1 && r->automation != a->num)
		rc = 0;
	return found(rc, "Automation run", fault_r);
}

json_t *
find_graph_json(struct call *c, struct txn *t, int64_t version,
    struct fault *fault_r)
{
	const char *text;
	int rc = store_graph_get(t, c->arena, version, &text, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_INTERNAL, "A version is gone.");
	return rc == 1 ? json_parse(c->arena, text, strlen(text), fault_r)
		       : NULL;
}

struct graph *
find_graph(struct call *c, struct txn *t, int64_t version,
    struct fault *fault_r)
{
	json_t *o = find_graph_json(c, t, version, fault_r);
	return o == NULL ? NULL : graph_from_json(c->arena, o, fault_r);
}
