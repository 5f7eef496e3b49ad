/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trees of conditions in both forms: what they mean, and which fields they
 * ask.
 */
#include "model/rule.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "tests/model/quoted.h"
#include "tests/tap.h"

enum { ALL = RULE_EVENT | RULE_CONTACT | RULE_WAIT_EVENTS };

static const char document[] =
    "{'event.t':true,'event.n':5,'event.s':'pro','event.null':null,"
    "'contact.email':'ada@example.com','contact.first_name':'Ada',"
    "'contact.unsubscribed':false,"
    "'contact.created_at':'2026-11-21 08:00:00.5+00',"
    "'contact.properties.plan':'pro','contact.properties.age':'41',"
    "'wait_events.feedback.received.response':'yes'}";

/* Counts what it is asked. */
struct asked {
	const json_t *document;
	int n;
};

static const json_t *
lookup(void *arg, const char *field)
{
	struct asked *asked = arg;
	asked->n++;
	return json_object_get(asked->document, field);
}

#define T  "{'type':'rule','field':'event.t','operator':'eq','value':true}"
#define F  "{'type':'rule','field':'event.t','operator':'eq','value':false}"
#define CT "{'field':'event.t','operator':'equals','value':true}"
#define CF "{'field':'event.t','operator':'equals','value':false}"

/* What is true of the document, and how many fields that took. */
static const struct truth {
	const char *rule;
	bool truth;
	int asked;
} truths[] = {
	{ T, true, 1 },
	{ F, false, 1 },
	{ "{'type':'and','rules':[" T "]}", true, 1 },
	{ "{'type':'and','rules':[" F "]}", false, 1 },
	{ "{'type':'or','rules':[" T "]}", true, 1 },
	{ "{'type':'or','rules':[" F "]}", false, 1 },
	{ "{'type':'and','rules':[" T "," T "]}", true, 2 },
	{ "{'type':'and','rules':[" T "," F "]}", false, 2 },
	{ "{'type':'and','rules':[" F "," T "]}", false, 1 },
	{ "{'type':'or','rules':[" F "," T "]}", true, 2 },
	{ "{'type':'or','rules':[" T "," F "]}", true, 1 },
	{ "{'type':'or','rules':[" F "," F "]}", false, 2 },
	{ "{'type':'not','rule':" T "}", false, 1 },
	{ "{'type':'not','rule':" F "}", true, 1 },
	{ "{'type':'not','rule':{'type':'not','rule':" T "}}", true, 1 },
	{ "{'type':'and','rules':[{'type':'or','rules':[" F "," T
	  "]},{'type':'not','rule':" F "}]}",
	    true, 3 },
	{ "{'type':'not','rule':{'type':'and','rules':[" T "," F "]}}", true,
	    2 },
	{ "{'type':'rule','field':'event.missing','operator':'exists'}", false,
	    1 },
	{ "{'type':'rule','field':'event.null','operator':'exists'}", false,
	    1 },
	{ "{'type':'rule','field':'event.null','operator':'neq','value':1}",
	    true, 1 },
	{ "{'type':'rule','field':'wait_events.feedback.received.response',"
	  "'operator':'eq','value':'yes'}",
	    true, 1 },
	{ "{'type':'rule','field':'contact.created_at','operator':'before',"
	  "'value':'2026-11-22'}",
	    true, 1 },
	{ CT, true, 1 },
	{ CF, false, 1 },
	{ "{'conditions':[" CT "," CF "]}", false, 2 },
	{ "{'logicalOperator':'AND','conditions':[" CT "," CT "]}", true, 2 },
	{ "{'logicalOperator':null,'conditions':[" CF "," CT "]}", false, 1 },
	{ "{'logicalOperator':'OR','conditions':[" CF "," CT "]}", true, 2 },
	{ "{'logicalOperator':'or','conditions':[" CF "," CT "]}", true, 2 },
	{ "{'logical_operator':'Or','groups':[" CT "," CF "]}", true, 1 },
	{ "{'logicalOperator':'OR','groups':[{'conditions':[" CT "," CF
	  "]},{'logicalOperator':'OR','groups':[" CF "," CT "]}]}",
	    true, 4 },
	{ "{'conditions':[{'id':'filter_1','field':'customFields.plan',"
	  "'operator':'equals','value':'pro','fieldType':'string'}]}",
	    true, 1 },
	/* the type that nobody named: the field's, the value's, the operator's
	 */
	{ "{'field':'createdAt','operator':'equals','value':'2026-11-21'}",
	    true, 1 },
	{ "{'field':'createdAt','operator':'between','value':"
	  "['2026-11-21','2026-11-21']}",
	    true, 1 },
	{ "{'field':'createdAt','operator':'equals','value':'2026-11-21',"
	  "'fieldType':'string'}",
	    false, 1 },
	{ "{'field':'unsubscribed','operator':'equals','value':'false'}", true,
	    1 },
	{ "{'field':'age','operator':'equals','value':41}", true, 1 },
	{ "{'field':'age','operator':'equals','value':'41.0'}", false, 1 },
	{ "{'field':'age','operator':'greater_than','value':'40'}", true, 1 },
	{ "{'field':'age','operator':'between','value':[40,42]}", true, 1 },
	{ "{'field':'age','operator':'between','value':40,'value2':'42'}", true,
	    1 },
	{ "{'field':'age','operator':'starts_with','value':4}", true, 1 },
	{ "{'field':'event.n','operator':'equals','value':'5'}", true, 1 },
	{ "{'field':'age','operator':'less_than','value':'100',"
	  "'field_type':'number'}",
	    true, 1 },
	{ "{'field':'age','operator':'equals','value':'41','valueTo':null}",
	    true, 1 },
	{ "{'field':'plan','operator':'after','value':'2026-11-21'}", false,
	    1 },
};

static void
test_truth(const struct truth *t)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	struct asked asked = { quoted_json(a, document), 0 };
	struct rule *rule = rule_compile(a, quoted_json(a, t->rule), ALL, &f);
	ok(rule != NULL, "%s compiles %s", t->rule, f.text);
	if (rule != NULL) {
		is_int(rule_true(rule, lookup, &asked), t->truth, t->rule);
		is_int(asked.n, t->asked, "it asked no more than it had to");
		is_int(rule_true(rule, lookup, &asked), t->truth, "again");
	}
	arena_free(a);
}

/* Which field a condition means, asked with the spaces; NULL: refused. */
static const struct field {
	const char *written;
	unsigned spaces;
	const char *meant;
} fields[] = {
	{ "email", ALL, "contact.email" },
	{ "firstName", ALL, "contact.first_name" },
	{ "first_name", ALL, "contact.first_name" },
	{ "lastName", ALL, "contact.last_name" },
	{ "last_name", ALL, "contact.last_name" },
	{ "createdAt", ALL, "contact.created_at" },
	{ "updatedAt", ALL, "contact.updated_at" },
	{ "created_at", ALL, "contact.created_at" },
	{ "updated_at", ALL, "contact.updated_at" },
	{ "unsubscribed", ALL, "contact.unsubscribed" },
	{ "customFields.plan", ALL, "contact.properties.plan" },
	{ "custom_fields.plan", ALL, "contact.properties.plan" },
	{ "customFields.email", ALL, "contact.properties.email" },
	{ "properties.plan", ALL, "contact.properties.plan" },
	{ "contact.properties.plan", ALL, "contact.properties.plan" },
	{ "contact.customFields.plan", ALL, "contact.properties.plan" },
	{ "contact.firstName", ALL, "contact.first_name" },
	{ "contact.email", ALL, "contact.email" },
	{ "contact.plan", ALL, "contact.plan" },
	{ "plan", ALL, "contact.properties.plan" },
	{ "address.city", ALL, "contact.properties.address.city" },
	{ "userId", ALL, "contact.properties.userId" },
	{ "event.amount", ALL, "event.amount" },
	{ "eventProperties.amount", ALL, "event.amount" },
	{ "event_properties.amount", ALL, "event.amount" },
	{ "wait_events.a.b", ALL, "wait_events.a.b" },
	{ "amount", RULE_EVENT, "event.amount" },
	{ "email", RULE_EVENT, "event.email" },
	{ "event.amount", RULE_EVENT, "event.amount" },
	{ "amount", RULE_CONTACT, "contact.properties.amount" },
	{ "contact.email", RULE_EVENT, NULL },
	{ "customFields.plan", RULE_EVENT, NULL },
	{ "event.amount", RULE_CONTACT, NULL },
	{ "wait_events.a.b", RULE_EVENT | RULE_CONTACT, NULL },
	{ "", ALL, NULL },
	{ "event.", ALL, NULL },
	{ "contact.", ALL, NULL },
	{ "customFields.", ALL, NULL },
	{ "a\\u0007b", ALL, NULL },
};

/* The same for a {"type":"rule"}, which has no short names. */
static const struct field rule_fields[] = {
	{ "event.amount", ALL, "event.amount" },
	{ "event.a.b.c", RULE_EVENT, "event.a.b.c" },
	{ "contact.email", RULE_CONTACT, "contact.email" },
	{ "contact.properties.plan", ALL, "contact.properties.plan" },
	{ "contact.plan", ALL, "contact.plan" },
	{ "wait_events.a.b", RULE_WAIT_EVENTS, "wait_events.a.b" },
	{ "properties.plan", ALL, NULL },
	{ "plan", ALL, NULL },
	{ "email", ALL, NULL },
	{ "", ALL, NULL },
	{ "event", ALL, NULL },
	{ "event.", ALL, NULL },
	{ "contact.", ALL, NULL },
	{ "contact.properties.", ALL, NULL },
	{ "wait_events.", ALL, NULL },
	{ "Event.amount", ALL, NULL },
	{ " event.amount", ALL, NULL },
	{ "event.a\\nb", ALL, NULL },
	{ "contact.email", RULE_EVENT, NULL },
	{ "contact.email", RULE_EVENT | RULE_WAIT_EVENTS, NULL },
	{ "event.amount", RULE_CONTACT, NULL },
	{ "wait_events.a.b", RULE_EVENT | RULE_CONTACT, NULL },
};

/* Keeps the first field it is told. */
static bool
first(void *arg, const char *field)
{
	*(const char **)arg = field;
	return false;
}

static void
test_field(const struct field *t, const char *form)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	const char *field = NULL;
	json_t *o = quoted_json(a,
	    arena_printf(a, "{%s'field':'%s','operator':'is_empty'}", form,
		t->written));
	struct rule *rule = rule_compile(a, o, t->spaces, &f);
	if (rule != NULL)
		ok(!rule_walk_fields(rule, first, &field), "it was stopped");
	is(field, t->meant, t->written);
	ok((rule == NULL) == (f.kind == FAULT_INVALID), "%s", f.text);
	arena_free(a);
}

/* Adds a field to a list. */
static bool
collect(void *arg, const char *field)
{
	buf_printf(arg, "%s ", field);
	return true;
}

/* What is asked is told in the order written, and needs no JSON any more. */
static void
test_walk(void)
{
	struct arena *a = arena_new(), *b = arena_new();
	struct fault f = { 0 };
	struct buf told = { 0 };
	struct asked asked = { quoted_json(a, document), 0 };
	struct rule *rule = rule_compile(a,
	    quoted_json(b,
		"{'type':'and','rules':[" T ",{'type':'not','rule':{'type':"
		"'rule','field':'contact.email','operator':'in','value':['a',"
		"'b']}},{'type':'or','rules':[{'type':'rule','field':"
		"'event.s','operator':'contains','value':'ro'}]}]}"),
	    ALL, &f);
	arena_free(b);
	ok(rule != NULL && rule_walk_fields(rule, collect, &told), "%s",
	    f.text);
	is(told.data, "event.t contact.email event.s ", "each field");
	ok(rule_true(rule, lookup, &asked), "and it is true");
	buf_free(&told);
	arena_free(a);
}

int
main(void)
{
	for (size_t i = 0; i < N_OF(truths); i++)
		test_truth(&truths[i]);
	for (size_t i = 0; i < N_OF(fields); i++)
		test_field(&fields[i], "");
	for (size_t i = 0; i < N_OF(rule_fields); i++)
		test_field(&rule_fields[i], "'type':'rule',");
	test_walk();
	return tap_done();
}
