/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is wrong with a tree of conditions, said so that its author finds it.
 */
#include "model/rule.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "tests/model/quoted.h"
#include "tests/tap.h"

enum { ALL = RULE_EVENT | RULE_CONTACT | RULE_WAIT_EVENTS };

#define T  "{'type':'rule','field':'event.t','operator':'exists'}"
#define CT "{'field':'event.t','operator':'is_not_empty'}"
#define OPERATORS \
	"eq, neq, gt, gte, lt, lte, contains, not_contains, starts_with, " \
	"ends_with, exists, not_exists, is_empty, is_not_empty, in, not_in, " \
	"before, after, between"
#define SHAPE \
	"A condition must be {\"type\":\"rule\",\"field\",\"operator\"," \
	"\"value\"}, {\"type\":\"and\" or \"or\",\"rules\":[...]} or " \
	"{\"logicalOperator\":\"AND\" or \"OR\",\"conditions\":[{\"field\"," \
	"\"operator\",\"value\",\"fieldType\"}]}, not "

/* Rules of one test whose end is wrong. */
#define R(end) "{'type':'rule','field':'event.x'," end "}"
#define C(end) "{'field':'event.x'," end "}"

/* What is refused, and in which words. */
static const struct wrong {
	const char *rule, *says;
} wrongs[] = {
	{ "null", SHAPE "null." },
	{ "5", SHAPE "5." },
	{ "'x'", SHAPE "\"x\"." },
	{ "[]", SHAPE "[]." },
	{ "[" T "]", NULL },
	{ "{}", SHAPE "{}." },
	{ "{'rules':[" T "]}", NULL },
	{ "{'field':'event.x','value':1}", NULL },
	{ "{'type':5}", "The `type` field must be a string, not an integer." },
	{ "{'type':null}", "Missing `type` field." },
	{ "{'type':'xor','rules':[]}",
	    "type: `xor` is none of rule, and, or, not." },
	{ "{'type':'and'}",
	    "rules: Must be an array of at least one condition, not nothing." },
	{ "{'type':'or','rules':[]}",
	    "rules: Must be an array of at least one condition, not []." },
	{ "{'type':'or','rules':null}",
	    "rules: Must be an array of at least one condition, not null." },
	{ "{'type':'or','rules':" T "}", NULL },
	{ "{'type':'and','rules':[5]}",
	    "rules[0]: A rule must be an object, not 5." },
	{ "{'type':'and','rules':[" T ",{}]}",
	    "rules[1]: Missing `type` field." },
	{ "{'type':'and','rules':[" T "," CT "]}",
	    "rules[1]: Missing `type` field." },
	{ "{'type':'not'}", "rule: A rule must be an object, not nothing." },
	{ "{'type':'not','rule':[]}",
	    "rule: A rule must be an object, not []." },
	{ "{'type':'not','rules':[" T "]}", NULL },
	{ "{'type':'rule'}", "Missing `field` field." },
	{ "{'type':'rule','field':5}",
	    "The `field` field must be a string, not an integer." },
	{ "{'type':'rule','field':'event.x'}", "Missing `operator` field." },
	{ "{'type':'rule','field':'x.y','operator':'exists'}",
	    "field: `x.y` must begin with `event.` or `contact.` or "
	    "`wait_events.` and name a field." },
	{ R("'operator':'='"),
	    "operator: `=` is none of " OPERATORS "; write `eq`." },
	{ R("'operator':'equals'"),
	    "operator: `equals` is none of " OPERATORS "; write `eq`." },
	{ R("'operator':'not_equals'"),
	    "operator: `not_equals` is none of " OPERATORS "; write `neq`." },
	{ R("'operator':'greater_than'"),
	    "operator: `greater_than` is none of " OPERATORS "; write `gt`." },
	{ R("'operator':'less_than'"),
	    "operator: `less_than` is none of " OPERATORS "; write `lt`." },
	{ R("'operator':'less_than_or_equal'"),
	    "operator: `less_than_or_equal` is none of " OPERATORS
	    "; write `lte`." },
	{ R("'operator':'matches'"),
	    "operator: `matches` is none of " OPERATORS "." },
	{ R("'operator':'EQ'"), "operator: `EQ` is none of " OPERATORS "." },
	{ R("'operator':''"), "operator: `` is none of " OPERATORS "." },
	{ "{'type':'and','rules':[" T
	  ",{'type':'not','rule':" R("'operator':'equals'") "}]}",
	    "rules[1].rule.operator: `equals` is none of " OPERATORS
	    "; write `eq`." },
	{ R("'operator':'eq'"),
	    "Missing `value` field; `eq` takes a string, number, boolean or "
	    "null." },
	{ R("'operator':'eq','value':[1]"),
	    "value: `eq` takes a string, number, boolean or null, not [1]." },
	{ R("'operator':'neq','value':{}"), NULL },
	{ R("'operator':'gt','value':'5'"),
	    "value: `gt` takes a number, not \"5\"." },
	{ R("'operator':'gt','value':null"), NULL },
	{ R("'operator':'gt','value':true"), NULL },
	{ R("'operator':'gt'"), NULL },
	{ R("'operator':'gte','value':'a'"), NULL },
	{ R("'operator':'lt','value':[]"), NULL },
	{ R("'operator':'lte','value':{}"), NULL },
	{ R("'operator':'contains','value':null"),
	    "value: `contains` takes a string, number or boolean, not null." },
	{ R("'operator':'contains','value':['a']"), NULL },
	{ R("'operator':'not_contains','value':{}"), NULL },
	{ R("'operator':'starts_with','value':5"),
	    "value: `starts_with` takes a string, not 5." },
	{ R("'operator':'ends_with','value':null"), NULL },
	{ R("'operator':'in','value':'a'"),
	    "value: `in` takes an array of strings, numbers, booleans or null, "
	    "not \"a\"." },
	{ R("'operator':'in','value':[]"), NULL },
	{ R("'operator':'in','value':[[1]]"), NULL },
	{ R("'operator':'not_in','value':[{}]"), NULL },
	{ R("'operator':'not_in'"), NULL },
	{ R("'operator':'before','value':'soon'"),
	    "value: `before` takes a date such as 2026-11-21 or "
	    "2026-11-21T08:00:00Z, not \"soon\"." },
	{ R("'operator':'before','value':5"), NULL },
	{ R("'operator':'after','value':'2026-02-29'"), NULL },
	{ R("'operator':'after','value':null"), NULL },
	{ R("'operator':'between','value':5"),
	    "value: `between` takes two numbers or two dates, [a, b], not 5." },
	{ R("'operator':'between','value':[5]"), NULL },
	{ R("'operator':'between','value':[]"), NULL },
	{ R("'operator':'between','value':[1,2,3]"), NULL },
	{ R("'operator':'between','value':[1,'2']"), NULL },
	{ R("'operator':'between','value':['1','2']"), NULL },
	{ R("'operator':'between','value':['2026-11-21',5]"), NULL },
	{ R("'operator':'between','value':['2026-11-21']"), NULL },
	{ R("'operator':'between','value':[null,null]"), NULL },
	{ R("'operator':'between'"), NULL },

	{ "{'conditions':[]}",
	    "conditions: Must be an array of at least one condition, not "
	    "[]." },
	{ "{'groups':[]}", NULL },
	{ "{'conditions':'x'}", NULL },
	{ "{'conditions':{'a':1}}", NULL },
	{ "{'logicalOperator':'XOR','conditions':[" CT "]}",
	    "logicalOperator: \"XOR\" is neither AND nor OR." },
	{ "{'logicalOperator':5,'conditions':[" CT "]}", NULL },
	{ "{'logicalOperator':'','conditions':[" CT "]}", NULL },
	{ "{'conditions':[5]}",
	    "conditions[0]: A condition must be an object, not 5." },
	{ "{'conditions':[{}]}", "conditions[0]: Missing `field` field." },
	{ "{'conditions':[" CT ",{'groups':[" CT "," C("'operator':'eq'") "]}"
									  "]}",
	    "conditions[1].groups[1].operator: `eq` is no operator for the "
	    "field `event.x`, which takes equals, not_equals, contains, "
	    "not_contains, starts_with, ends_with, greater_than, less_than, "
	    "before, after, between, is_empty, is_not_empty; write "
	    "`equals`." },
	{ "{'field':'customFields.age','operator':'contains','value':5,"
	  "'fieldType':'number'}",
	    "operator: `contains` is no operator for the number "
	    "`customFields.age`, which takes equals, not_equals, greater_than, "
	    "less_than, between, is_empty, is_not_empty." },
	{ C("'operator':'gt','value':5,'fieldType':'number'"),
	    "operator: `gt` is no operator for the number `event.x`, which "
	    "takes equals, not_equals, greater_than, less_than, between, "
	    "is_empty, is_not_empty; write `greater_than`." },
	{ C("'operator':'greater_than','value':5,'fieldType':'string'"),
	    "operator: `greater_than` is no operator for the string `event.x`, "
	    "which takes equals, not_equals, contains, not_contains, "
	    "starts_with, ends_with, is_empty, is_not_empty." },
	{ C("'operator':'before','value':true,'fieldType':'boolean'"),
	    "operator: `before` is no operator for the boolean `event.x`, "
	    "which takes equals, not_equals, is_empty, is_not_empty." },
	{ C("'operator':'contains','value':'a','fieldType':'date'"),
	    "operator: `contains` is no operator for the date `event.x`, which "
	    "takes equals, not_equals, before, after, between, is_empty, "
	    "is_not_empty." },
	{ "{'field':'createdAt','operator':'contains','value':'2026'}", NULL },
	{ "{'field':'email','operator':'greater_than','value':5}", NULL },
	{ C("'operator':'equals','value':'x','fieldType':'text'"),
	    "fieldType: \"text\" is none of string, number, boolean, date." },
	{ C("'operator':'equals','value':'x','fieldType':5"), NULL },
	{ C("'operator':'equals','value':'x','fieldType':''"), NULL },
	{ C("'operator':'equals'"),
	    "Missing `value` field; `equals` takes a string." },
	{ C("'operator':'equals','value':null"), NULL },
	{ C("'operator':'equals','value':['a']"), NULL },
	{ C("'operator':'equals','value':'x','fieldType':'number'"),
	    "value: `equals` takes a number, not \"x\"." },
	{ C("'operator':'equals','value':'','fieldType':'number'"), NULL },
	{ C("'operator':'equals','value':true,'fieldType':'number'"), NULL },
	{ C("'operator':'equals','value':'yes','fieldType':'boolean'"),
	    "value: `equals` takes true or false, not \"yes\"." },
	{ C("'operator':'equals','value':2,'fieldType':'boolean'"), NULL },
	{ C("'operator':'equals','value':'soon','fieldType':'date'"), NULL },
	{ C("'operator':'equals','value':{},'fieldType':'string'"), NULL },
	{ C("'operator':'between','value':5"),
	    "value: `between` takes two numbers, [a, b], not 5." },
	{ C("'operator':'between','value':'2026-11-21','fieldType':'date'"),
	    "value: `between` takes two dates, [a, b], not \"2026-11-21\"." },
	{ C("'operator':'between','value':['a','b']"), NULL },
	{ C("'operator':'between','value':{'from':1}"), NULL },
	{ C("'operator':'between','value':{'from':1,'max':2}"), NULL },
	{ C("'operator':'between','value':[1,2,3]"), NULL },
	{ C("'operator':'between','value':1,'valueTo':'x'"), NULL },
	{ C("'operator':'between','valueTo':1"), NULL },
	{ C("'operator':5"), NULL },
	{ "{'field':5,'operator':'is_empty'}", NULL },
};

static void
test_wrong(const struct wrong *w)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	ok(rule_compile(a, quoted_json(a, w->rule), ALL, &f) == NULL,
	    "refused: %s", w->rule);
	ok((f.kind == FAULT_INVALID || f.kind == FAULT_MISSING) &&
		f.text[0] != '\0' && utf8_valid(f.text, strlen(f.text)),
	    "it says: %s", f.text);
	if (w->says != NULL)
		is(f.text, w->says, w->rule);
	arena_free(a);
}

/* A text n times between others. */
static char *
repeat(struct arena *a, const char *before, const char *text, int n,
    const char *middle, const char *again, const char *after)
{
	struct buf b = { 0 };
	buf_str(&b, before);
	for (int i = 0; i < n; i++)
		buf_str(&b, text);
	buf_str(&b, middle);
	for (int i = 0; i < n; i++)
		buf_str(&b, again);
	buf_str(&b, after);
	char *whole = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return whole;
}

/* n texts are taken, and n + 1 are not. */
static void
test_limit(const char *what, int n, const char *before, const char *text,
    const char *middle, const char *again, const char *after)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	for (int i = n; i <= n + 1; i++) {
		char *rule = repeat(a, before, text, i, middle, again, after);
		ok((rule_compile(a, quoted_json(a, rule), ALL, &f) != NULL) ==
			(i == n),
		    "%d %s: %s", i, what, f.text);
	}
	ok(f.kind == FAULT_INVALID && strlen(f.text) > 20, "%s", f.text);
	arena_free(a);
}

/* A field as long as can be, and one byte longer. */
static void
test_long_field(void)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	for (int n = RULE_FIELD_MAX; n <= RULE_FIELD_MAX + 1; n++) {
		char *name = arena_alloc(a, (size_t)n);
		memset(name, 'x', (size_t)n - 6);
		char *rule = arena_printf(a,
		    "{'type':'rule','field':'event.%s','operator':'exists'}",
		    name);
		ok((rule_compile(a, quoted_json(a, rule), ALL, &f) != NULL) ==
			(n == RULE_FIELD_MAX),
		    "a field of %d bytes", n);
	}
	arena_free(a);
}

static void
test_limits(void)
{
	test_limit("groups in each other", RULE_DEPTH_MAX, "",
	    "{'type':'and','rules':[", T, "]}", "");
	test_limit("negations", RULE_DEPTH_MAX, "", "{'type':'not','rule':", T,
	    "}", "");
	test_limit("groups of conditions", RULE_DEPTH_MAX, "",
	    "{'conditions':[", CT, "]}", "");
	test_limit("tests and one", RULE_TESTS_MAX - 1,
	    "{'type':'or','rules':[", T ",", T, "", "]}");
	test_limit("conditions and one", RULE_TESTS_MAX - 1, "{'groups':[",
	    CT ",", CT, "", "]}");
	test_limit("tests in two groups", RULE_TESTS_MAX - 2,
	    "{'type':'or','rules':[{'type':'or','rules':[", T ",", T "]}," T,
	    "", "]}");
	test_limit("values and one", RULE_VALUES_MAX - 1,
	    "{'type':'rule','field':'event.x','operator':'in','value':[", "1,",
	    "1", "", "]}");
	test_limit("values in two lists", RULE_VALUES_MAX - 2,
	    "{'type':'or','rules':[{'type':'rule','field':'event.x',"
	    "'operator':'in','value':[1]},{'type':'rule','field':'event.x',"
	    "'operator':'in','value':[",
	    "1,", "1", "", "]}]}");
	test_long_field();
}

/* What is asked of nothing at all. */
static void
test_nothing(void)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	ok(rule_compile(a, NULL, ALL, &f) == NULL, "no rule at all");
	is(f.text, SHAPE "nothing.", "is none");
	struct rule *rule = rule_compile(a,
	    quoted_json(a, "{'type':'rule','field':'event.x','operator':'eq'}"),
	    RULE_EVENT, &f);
	ok(rule == NULL && f.kind == FAULT_MISSING, "a value is missing");
	rule = rule_compile(a,
	    quoted_json(a,
		"{'type':'rule','field':'contact.x','operator':'exists'}"),
	    RULE_EVENT, &f);
	is(f.text,
	    "field: `contact.x` must begin with `event.` and name a field.",
	    "only what can be asked here is offered");
	ok(rule == NULL, "and nothing else taken");
	arena_free(a);
}

int
main(void)
{
	for (size_t i = 0; i < N_OF(wrongs); i++)
		test_wrong(&wrongs[i]);
	test_limits();
	test_nothing();
	return tap_done();
}
