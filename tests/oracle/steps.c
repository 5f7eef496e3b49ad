/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each type of step does.
 */
#include "tests/oracle/oracle_private.h"

#include <stdlib.h>
#include <string.h>

/* Done; on along the only way there is. */
static void
done(struct world *w, struct oracle_run *r, json_t *output)
{
	oracle_run_note(w, r, "completed", output, NULL);
	oracle_run_go(r, "default");
}

static void
failed(struct world *w, struct oracle_run *r, const char *error)
{
	oracle_run_note(w, r, "failed", NULL, error);
	oracle_run_end(r, ORACLE_FAILED, error);
}

/* A literal, or what a {"var":...} leads to; NULL: nowhere. */
static const json_t *
resolve(const struct oracle_run *r, const json_t *value)
{
	const struct oracle_view v = oracle_run_view(r);
	const char *var =
	    json_is_object(value) ? oracle_text(value, "var") : NULL;
	return var != NULL ? oracle_lookup(&v, var) : value;
}

/* ---- mail -------------------------------------------------------------- */

static const struct oracle_template *
template_of(const struct world *w, const char *name)
{
	for (int i = 0; i < w->templates.n; i++) {
		const struct oracle_template *t = w->templates.items[i];
		if (strcmp(t->name, name) == 0)
			return t;
	}
	return NULL;
}

/* Mails of the automation to the contact within a day. */
static int
mails_of_today(const struct world *w, const struct oracle_run *r)
{
	int n = 0;
	for (int i = 0; i < w->mails.n; i++) {
		const struct oracle_mail *m = w->mails.items[i];
		if (m->run->automation == r->automation &&
		    m->run->contact == r->contact &&
		    m->at_ms > w->now_ms - 24 * 3600 * 1000)
			n++;
	}
	return n;
}

/* Why the contact gets no mail; NULL: it does. */
static const char *
objection(const struct world *w, const struct oracle_run *r)
{
	const char *topic =
	    oracle_text(oracle_step_config(r->step), "topic_id|topicId");
	if (json_is_true(json_object_get(r->contact->doc, "unsubscribed")))
		return "unsubscribed";
	if (topic != NULL &&
	    r->contact->out_of_topic[oracle_topic_index(w, topic)])
		return "topic_opted_out";
	return mails_of_today(w, r) >= ORACLE_MAILS_A_DAY ? "daily_limit"
							  : NULL;
}

static void
send_email(struct world *w, struct oracle_run *r)
{
	const json_t *config =
	    json_object_get(oracle_step_config(r->step), "template");
	const struct oracle_template *t =
	    template_of(w, oracle_text(config, "id"));
	const char *reason = objection(w, r);
	if (reason != NULL) {
		oracle_run_note(w, r, "skipped",
		    json_pack("{s:s}", "reason", reason), NULL);
		oracle_run_go(r, "default");
		return;
	}
	if (t == NULL) {
		failed(w, r, "template_unavailable");
		return;
	}
	if (t->needs != NULL &&
	    oracle_is_missing(resolve(r,
		json_object_get(json_object_get(config, "variables"),
		    t->needs)))) {
		failed(w, r, "invalid_email");
		return;
	}
	struct oracle_mail *m = oracle_get(w, sizeof(*m));
	*m = (struct oracle_mail){ .run = r,
		.template = t->name,
		.at_ms = w->now_ms };
	oracle_list_add(&w->mails, m);
	done(w, r, NULL);
}

/* ---- contacts ---------------------------------------------------------- */

/* The text of a name's new value; NULL: it is left alone. */
static json_t *
name_value(const json_t *v)
{
	char buf[64];
	if (json_is_null(v))
		return json_null();
	const char *text = oracle_scalar(v, buf);
	return text != NULL ? json_string(text) : NULL;
}

/* What a contact_update writes, as fields of the API. */
static json_t *
update_fields(const struct oracle_run *r)
{
	const json_t *config = oracle_step_config(r->step), *v;
	json_t *fields = json_object(), *properties = json_object(), *value;
	const char *key;
	json_object_foreach ((json_t *)config, key, value) {
		v = resolve(r, value);
		if (v == NULL || strcmp(key, "properties") == 0)
			continue;
		if (strcmp(key, "unsubscribed") != 0)
			json_object_set_new(fields, key, name_value(v));
		else if (json_is_boolean(v))
			json_object_set_new(fields, key, json_deep_copy(v));
	}
	json_object_foreach (json_object_get(config, "properties"), key, value)
		if ((v = resolve(r, value)) != NULL)
			json_object_set_new(properties, key, json_deep_copy(v));
	json_object_set_new(fields, "properties", properties);
	return fields;
}

static void
contact_update(struct world *w, struct oracle_run *r)
{
	json_t *fields = update_fields(r);
	json_t *changed = oracle_write(w, r->contact, fields, r->depth + 1);
	json_decref(fields);
	if (changed == NULL) {
		failed(w, r, "invalid_property");
		return;
	}
	done(w, r, json_pack("{s:o}", "changed", changed));
}

static void
contact_delete(struct world *w, struct oracle_run *r)
{
	oracle_run_note(w, r, "completed", NULL, NULL);
	oracle_run_end(r, ORACLE_COMPLETED, NULL);
	oracle_forget(w, r->contact);
}

/* ---- segments ---------------------------------------------------------- */

static void
segment(struct world *w, struct oracle_run *r, bool in)
{
	const char *name =
	    oracle_text(oracle_step_config(r->step), "segment_id|segmentId");
	int i = oracle_segment_index(w, name);
	if (i < 0) {
		failed(w, r, "segment_not_found");
		return;
	}
	bool changed = oracle_membership(w, r->contact, i, in, r->depth + 1);
	done(w, r, json_pack("{s:b}", "changed", changed));
}

static void
add_to_segment(struct world *w, struct oracle_run *r)
{
	segment(w, r, true);
}

static void
remove_from_segment(struct world *w, struct oracle_run *r)
{
	segment(w, r, false);
}

/* ---- the others -------------------------------------------------------- */

static void
trigger(struct world *w, struct oracle_run *r)
{
	(void)w;
	oracle_run_go(r, "default");
}

static void
condition(struct world *w, struct oracle_run *r)
{
	const struct oracle_view v = oracle_run_view(r);
	bool result = oracle_rule(oracle_step_config(r->step), &v);
	oracle_run_note(w, r, "completed", json_pack("{s:b}", "result", result),
	    NULL);
	oracle_run_go(r, result ? "condition_met" : "condition_not_met");
}

static void
leave(struct world *w, struct oracle_run *r)
{
	const char *reason = oracle_text(oracle_step_config(r->step), "reason");
	oracle_run_note(w, r, "completed", NULL, NULL);
	oracle_run_end(r, ORACLE_CANCELLED,
	    reason != NULL ? reason : "exit_step");
}

static const struct {
	const char *type;
	void (*enter)(struct world *, struct oracle_run *);
} types[] = {
	{ "trigger", trigger },
	{ "send_email", send_email },
	{ "delay", oracle_delay_enter },
	{ "wait_for_event", oracle_wait_enter },
	{ "condition", condition },
	{ "branch", oracle_branch_do },
	{ "contact_update", contact_update },
	{ "contact_delete", contact_delete },
	{ "add_to_segment", add_to_segment },
	{ "remove_from_segment", remove_from_segment },
	{ "exit", leave },
};

void
oracle_step_do(struct world *w, struct oracle_run *r)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].type, oracle_step_type(r->step)) == 0) {
			types[i].enter(w, r);
			return;
		}
	abort();
}
