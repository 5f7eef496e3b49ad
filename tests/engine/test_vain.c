/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What steps say in vain of each other is refused when an automation is
 * enabled, and only then.
 */
#include <string.h>

#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define START  "t trigger {'event_name':'x'}\n"
#define WAIT   START "w wait_for_event {'event_name':'order.paid'"
#define MAIL   "m send_email {'template':{'id':'full','variables':"
#define NEVER  "{'var':'wait_events.never.y'}"
#define PAID   "'wait_events.order.paid.sum'"
#define ASKS_A "{'type':'rule','operator':'exists','field':"

static const struct vain {
	const char *steps, *ways;
	const char *says; /* NULL: nothing */
} all[] = {
	{ WAIT "}\nd delay {'duration':'1 day'}", "t>w w>d:timeout",
	    "Step `w`: a connection of type `timeout` leaves it, but it has "
	    "no `config.timeout`, so that way is never gone." },
	{ WAIT ",'timeout':null}\nd delay {'duration':'1 day'}",
	    "t>w w>d:timeout", "Step `w`: a connection of type `timeout`" },
	{ WAIT ",'timeout':'1 day'}\nd delay {'duration':'1 day'}",
	    "t>w w>d:timeout", NULL },
	{ WAIT "}\nd delay {'duration':'1 day'}", "t>w w>d:event_received",
	    NULL },
	{ START "u contact_update {'first_name':" NEVER "}", NULL,
	    "Step `u`: `wait_events.never.y` leads nowhere: no wait_for_event "
	    "step awaits such an event." },
	{ START "u contact_update {'properties':{'a':1,'b':" NEVER "}}", NULL,
	    "Step `u`: `wait_events.never.y` leads nowhere" },
	{ WAIT "}\nu contact_update {'last_name':{'var':" PAID "}}", NULL,
	    NULL },
	{ WAIT "}\nu contact_update {'last_name':{'var':'wait_events.order'}}",
	    NULL, "Step `u`: `wait_events.order` leads nowhere" },
	{ WAIT "}\nu contact_update {'last_name':{'var':"
	       "'wait_events.order.paidup'}}",
	    NULL, "Step `u`: `wait_events.order.paidup` leads nowhere" },
	{ START "c condition {'type':'and','rules':[" ASKS_A
		"'event.a'}," ASKS_A "'wait_events.never.y'}]}",
	    NULL, "Step `c`: `wait_events.never.y` leads nowhere" },
	{ WAIT "}\nc condition " ASKS_A PAID "}", NULL, NULL },
	{ START "b branch {'branches':[{'key':'a','filter':" ASKS_A
		"'event.a'}},{'key':'b','filter':" ASKS_A
		"'wait_events.never.y'}}]}",
	    NULL, "Step `b`: `wait_events.never.y` leads nowhere" },
	{ START MAIL "{'NAME':" NEVER "}}}", NULL,
	    "Step `m`: `wait_events.never.y` leads nowhere" },
	{ WAIT "}\n" MAIL "{'NAME':{'var':" PAID "}}}}", NULL, NULL },
	/* A value is not a path, whatever it looks like. */
	{ START MAIL "{'NAME':'wait_events.never.y'}}}", NULL, NULL },
	{ START MAIL "{'NAEM':'x'}}}", NULL,
	    "Step `m`: `config.template.variables.NAEM` is no variable of the "
	    "template `full`: it neither declares nor uses one of that name." },
	{ START MAIL "{'name':'x'}}}", NULL, "variables.name` is no variable" },
	/* In the template's texts, its Subject, its From, or declared. */
	{ START MAIL "{'NAME':1,'SUBJECT':1,'FROM':1,'TEXT':1,'MORE':1}}}",
	    NULL, NULL },
	{ START MAIL "{'OWN':'x'}},'subject':'{{{OWN}}}'}", NULL, NULL },
	{ START MAIL "{'OWN':'x'}},'from':'{{{OWN}}} <a@example.com>'}", NULL,
	    NULL },
};

static void
test_enabling(void)
{
	for (size_t i = 0; i < N_OF(all); i++) {
		const struct vain *v = &all[i];
		const char *why = story_refusal(v->steps, v->ways, NULL);
		if (v->says == NULL)
			ok(why == NULL, "enabled: %zu %s", i,
			    why != NULL ? why : "");
		else
			ok(why != NULL && strstr(why, v->says) != NULL,
			    "refused: %s", why != NULL ? why : "not at all");
	}
}

/* A draft may be saved as it is. */
static void
test_draft(void)
{
	for (size_t i = 0; i < N_OF(all); i++)
		ok(rig_automation(story_graph(all[i].steps, all[i].ways, NULL),
		       false) > 0,
		    "a draft: %zu %s", i, rig.fault.text);
}

int
main(void)
{
	story_up(NULL);
	rig_template_full("full",
	    &(struct mail_version){ .sender = "{{{FROM}}} <a@example.com>",
		.subject = "{{{SUBJECT}}}",
		.html = "<p>{{{NAME|you}}}</p>",
		.text = "{{{TEXT}}}",
		.variables = "[{\"key\":\"NAME\",\"type\":\"string\"},"
			     "{\"key\":\"MORE\",\"type\":\"number\"}]" });
	test_enabling();
	test_draft();
	rig_down();
	return tap_done();
}
