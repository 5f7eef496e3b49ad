/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Branches: which lane is taken, where it ends, and the guards that are asked
 * again at each of its steps.
 */
#include <string.h>

#include "tests/engine/rig.h"
#include "tests/engine/story.h"
#include "tests/tap.h"

#define TRIGGER   "t trigger {'event_name':'x'}\n"
#define MAIL(key) key " send_email {'template':{'id':'t'}}"
#define DAY(key)  key " delay {'duration':'1 day'}"

#define EVENT_IS(field, value) \
	"'filter':{'type':'rule','field':'event." field \
	"','operator':'eq','value':" value "}"
#define CONTACT_IS(field, value) \
	"'filter':{'type':'rule','field':'contact." field \
	"','operator':'eq','value':" value "}"

/* ---- the whole story ----------------------------------------------------- */

/* Two minutes, a mail, a branch over the plan with a lane that is guarded and
 * one that is not, and a last mail for all. */
#define PLAN_STEPS \
	"t trigger {'entry':{'type':'contact_property_matches_with','filter':" \
	"{'type':'rule','field':'contact.signed_up','operator':'eq','value':" \
	"true}}}\n" \
	"w1 delay {'duration':'2 minutes'}\n" MAIL( \
	    "intro") "\n" \
		     "b branch {'branches':[" \
		     "{'key':'pro'," CONTACT_IS("plan", \
			 "'pro'") ",'applies_to':'all_branch_steps','to':'w2'" \
				  ",'merge_to':'w5'}," \
				  "{'key':'other','filter':{'type':'rule','" \
				  "field':'contact.plan'," \
				  "'operator':'is_not_empty'},'to':'w4','" \
				  "merge_to':'w5'}]," \
				  "'otherwise':'w5'}\n" \
				  "w2 delay {'duration':'2 minutes'}\n" MAIL( \
				      "pro") "\n" \
					     "w3 delay {'duration':'1 " \
					     "minute'}\n" MAIL( \
						 "follow") "\n" \
							   "w4 delay " \
							   "{'duration':'2 " \
							   "minutes'}\n" MAIL( \
							       "other") "\n" \
									"w5 " \
									"dela" \
									"y " \
									"{'" \
									"dura" \
									"tion" \
									"':'" \
									"2 " \
									"minu" \
									"tes'" \
									"}" \
									"\n" MAIL( \
									    "last")
#define PLAN_WAYS \
	"t>w1 w1>intro intro>b w2>pro pro>w3 w3>follow w4>other " \
	"w5>last"
#define SIGN_UP(plan) "be {};be {'properties':{'signed_up':true" plan "}}"

static const struct story plans[] = {
	{ "a contact with the plan goes its lane to the end", PLAN_STEPS,
	    PLAN_WAYS, NULL, SIGN_UP(",'plan':'pro'") ";+1 hour",
	    "w1, intro, b {'branch':'pro'}, w2, pro, w3, follow, w5, last -> "
	    "completed" },
	{ "seven minutes after the beginning", PLAN_STEPS, PLAN_WAYS, NULL,
	    SIGN_UP(",'plan':'pro'") ";+6 minutes 59.999 seconds",
	    "w1, intro, b {'branch':'pro'}, w2, pro, w3, follow -> at w5" },
	{ "not earlier", PLAN_STEPS, PLAN_WAYS, NULL,
	    SIGN_UP(",'plan':'pro'") ";+7 minutes",
	    "w1, intro, b {'branch':'pro'}, w2, pro, w3, follow, w5, last -> "
	    "completed" },
	{ "one that loses it before the lane's mail gets none of its mails",
	    PLAN_STEPS, PLAN_WAYS, NULL,
	    SIGN_UP(",'plan':'pro'") ";+3 minutes;be "
				     "{'properties':{'plan':'basic'}};+1 hour",
	    "w1, intro, b {'branch':'pro'}, w2, w5, last -> completed" },
	{ "one that loses it between the lane's mails gets one", PLAN_STEPS,
	    PLAN_WAYS, NULL,
	    SIGN_UP(",'plan':'pro'") ";+4 minutes 30 seconds;be "
				     "{'properties':{'plan':'basic'}};+1 hour",
	    "w1, intro, b {'branch':'pro'}, w2, pro, w3, w5, last -> "
	    "completed" },
	{ "one that loses it and has it again goes on", PLAN_STEPS, PLAN_WAYS,
	    NULL,
	    SIGN_UP(",'plan':'pro'") ";+3 minutes;be "
				     "{'properties':{'plan':'basic'}};"
				     "be {'properties':{'plan':'pro'}};+1 hour",
	    "w1, intro, b {'branch':'pro'}, w2, pro, w3, follow, w5, last -> "
	    "completed" },
	{ "another plan goes the other lane", PLAN_STEPS, PLAN_WAYS, NULL,
	    SIGN_UP(",'plan':'basic'") ";+1 hour",
	    "w1, intro, b {'branch':'other'}, w4, other, w5, last -> "
	    "completed" },
	{ "which is not left when the plan changes", PLAN_STEPS, PLAN_WAYS,
	    NULL,
	    SIGN_UP(",'plan':'basic'") ";+3 minutes;be "
				       "{'properties':{'plan':'pro'}};+1 hour",
	    "w1, intro, b {'branch':'other'}, w4, other, w5, last -> "
	    "completed" },
	{ "a plan that came before the branch counts", PLAN_STEPS, PLAN_WAYS,
	    NULL,
	    SIGN_UP("") ";+1 minute;be {'properties':{'plan':'pro'}};+1 hour",
	    "w1, intro, b {'branch':'pro'}, w2, pro, w3, follow, w5, last -> "
	    "completed" },
	{ "one that came behind it does not", PLAN_STEPS, PLAN_WAYS, NULL,
	    SIGN_UP("") ";+3 minutes;be {'properties':{'plan':'pro'}};+1 hour",
	    "w1, intro, b {'branch':null}, w5, last -> completed" },
	{ "without a plan there is the last mail alone", PLAN_STEPS, PLAN_WAYS,
	    NULL, SIGN_UP("") ";+1 hour",
	    "w1, intro, b {'branch':null}, w5, last -> completed" },
	{ "who was signed up when it was made enters once", PLAN_STEPS,
	    PLAN_WAYS, NULL,
	    "be {'properties':{'signed_up':true}};"
	    "be {'properties':{'plan':'pro'}};+1 hour",
	    "w1, intro, b {'branch':'pro'}, w2, pro, w3, follow, w5, last -> "
	    "completed" },
};

/* ---- lanes --------------------------------------------------------------- */

#define LANE(key, filter, rest) "{'key':'" key "'," filter rest "}"

static const struct story lanes[] = {
	{ "the first lane whose filter is true is taken",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'to':'one'") "," LANE("two", EVENT_IS("n", "1"),
		",'to':'two'") "]}\n" MAIL("one") "\n" MAIL("two"),
	    "t>b", NULL, "x {'n':1}", "b {'branch':'one'}, one -> completed" },
	{ "from top to bottom",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'to':'one'") "," LANE("two", EVENT_IS("n", "2"),
		",'to':'two'") "]}\n" MAIL("one") "\n" MAIL("two"),
	    "t>b", NULL, "x {'n':2}", "b {'branch':'two'}, two -> completed" },
	{ "if none is, the run ends",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'to':'one'") "]}\n" MAIL("one"),
	    "t>b", NULL, "x", "b {'branch':null} -> completed" },
	{ "or goes along the default connection",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'to':'one'") "]}\n" MAIL("one") "\n" MAIL("m"),
	    "t>b b>m", NULL, "x", "b {'branch':null}, m -> completed" },
	{ "or where the branch says",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'to':'one'") "],'otherwise':'m'}\n" MAIL("one") "\n" MAIL("m"),
	    "t>b", NULL, "x", "b {'branch':null}, m -> completed" },
	{ "a lane that does not merge ends the run",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'to':'one'") "],'otherwise':'m'}\n" MAIL("one") "\n" MAIL("m"),
	    "t>b", NULL, "x {'n':1}", "b {'branch':'one'}, one -> completed" },
	{ "a lane without steps merges at once",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'merge_to':'m'") "],'otherwise':'o'}\n" MAIL("o") "\n" MAIL("m"),
	    "t>b o>m", NULL, "x {'n':1}",
	    "b {'branch':'one'}, m -> completed" },
	{ "or ends the run",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		"") "],'otherwise':'m'}\n" MAIL("m"),
	    "t>b", NULL, "x {'n':1}", "b {'branch':'one'} -> completed" },
	{ "two lanes may have steps together",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'to':'one','merge_to':'m'") "," LANE("two",
		EVENT_IS("n", "2"),
		",'to':'two','merge_to':'m'") "]}\n" MAIL("one") "\n" MAIL("tw"
									   "o") "\n" DAY("both") "\n" MAIL("m"),
	    "t>b one>both two>both", NULL, "x {'n':1};x {'n':2};+1 day",
	    "b {'branch':'one'}, one, both, m -> completed | "
	    "b {'branch':'two'}, two, both, m -> completed" },
	{ "a lane may lead into the steps where it merges",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'to':'one','merge_to':'m'") "]}\n" MAIL("one") "\n" MAIL("m") "\n" MAIL("z"),
	    "t>b one>m m>z", NULL, "x {'n':1}",
	    "b {'branch':'one'}, one, m, z -> completed" },
	{ "what is true of an event waited for may choose",
	    TRIGGER
	    "w wait_for_event {'event_name':'y'}\n"
	    "b branch {'branches':[{'key':'one','filter':{'type':'rule',"
	    "'field':'wait_events.y.n','operator':'eq','value':1},'to':"
	    "'one'}]}\n" MAIL("one"),
	    "t>w w>b", NULL, "x;y {'n':1}",
	    "w heard, b {'branch':'one'}, one -> completed" },
	{ "the timeout of a wait ends a lane, not the run",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'to':'w','merge_to':'m'") "]}\n"
					    "w wait_for_event "
					    "{'event_name':'y','timeout':'1 "
					    "day'}\n" MAIL("m"),
	    "t>b", NULL, "x {'n':1};+1 day",
	    "b {'branch':'one'}, w {'timed_out':true}, m -> completed" },
	{ "a condition without a way too",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'to':'c','merge_to':'m'") "]}\n"
					    "c condition "
					    "{'type':'rule','field':'event.z','"
					    "operator':"
					    "'exists'}\n" MAIL("m"),
	    "t>b", NULL, "x {'n':1}",
	    "b {'branch':'one'}, c {'result':false}, m -> completed" },
	{ "an exit ends the run within a lane",
	    TRIGGER "b branch {'branches':[" LANE("one", EVENT_IS("n", "1"),
		",'to':'e','merge_to':'m'") "]}\n"
					    "e exit {}\n" MAIL("m"),
	    "t>b", NULL, "x {'n':1}",
	    "b {'branch':'one'}, e -> cancelled exit_step" },
};

/* ---- lanes within lanes -------------------------------------------------- */

/* An outer lane with a branch in it; how the inner lane merges is said. */
#define NESTED(outer, inner) \
	TRIGGER \
	"o branch {'branches':[{'key':'out'," outer \
	",'to':'a','merge_to':'m'}]}\n" DAY( \
	    "a") "\n" \
		 "i branch {'branches':[{'key':'in'," inner ",'to':'b'," \
		 "'merge_to':'c'}]}\n" DAY("b") "\n" MAIL("b2") "\n" DAY( \
		     "c") "\n" MAIL("c2") "\n" MAIL("m")
#define NESTED_WAYS "t>o a>i b>b2 c>c2"
#define GUARDED     ",'applies_to':'all_branch_steps'"
#define OUT         CONTACT_IS("out", "true")
#define IN          CONTACT_IS("in", "true")
#define IN_BOTH     "be {'properties':{'out':true,'in':true}};x"

static const char both_done[] =
    "o {'branch':'out'}, a, i {'branch':'in'}, b, b2, c, c2, m -> completed";

static const struct story nested[] = {
	{ "an inner lane merges within the outer one, which merges then",
	    NESTED(OUT, IN), NESTED_WAYS, NULL, IN_BOTH ";+9 days", both_done },
	{ "guards that hold change nothing", NESTED(OUT GUARDED, IN GUARDED),
	    NESTED_WAYS, NULL, IN_BOTH ";+9 days", both_done },
	{ "without guards nothing is asked again", NESTED(OUT, IN), NESTED_WAYS,
	    NULL,
	    IN_BOTH ";+30 hours;be {'properties':{'out':false,'in':false}};"
		    "+9 days",
	    both_done },
	{ "an inner guard leaves the inner lane",
	    NESTED(OUT GUARDED, IN GUARDED), NESTED_WAYS, NULL,
	    IN_BOTH ";+30 hours;be {'properties':{'in':false}};+9 days",
	    "o {'branch':'out'}, a, i {'branch':'in'}, b, c, c2, m -> "
	    "completed" },
	{ "an outer guard leaves both", NESTED(OUT GUARDED, IN), NESTED_WAYS,
	    NULL, IN_BOTH ";+30 hours;be {'properties':{'out':false}};+9 days",
	    "o {'branch':'out'}, a, i {'branch':'in'}, b, m -> completed" },
	{ "of two that are broken the outer one counts",
	    NESTED(OUT GUARDED, IN GUARDED), NESTED_WAYS, NULL,
	    IN_BOTH ";+30 hours;be {'properties':{'out':false,'in':false}};"
		    "+9 days",
	    "o {'branch':'out'}, a, i {'branch':'in'}, b, m -> completed" },
	{ "a lane that was left is asked no more", NESTED(OUT, IN GUARDED),
	    NESTED_WAYS, NULL,
	    IN_BOTH ";+54 hours;be {'properties':{'in':false}};+9 days",
	    both_done },
	{ "an outer lane is asked where the inner one has merged",
	    NESTED(OUT GUARDED, IN), NESTED_WAYS, NULL,
	    IN_BOTH ";+54 hours;be {'properties':{'out':false}};+9 days",
	    "o {'branch':'out'}, a, i {'branch':'in'}, b, b2, c, m -> "
	    "completed" },
	{ "an inner lane that does not merge ends the run",
	    TRIGGER "o branch {'branches':[{'key':'out'," OUT ",'to':'i',"
		    "'merge_to':'m'}]}\n"
		    "i branch {'branches':[{'key':'in'," IN
		    ",'to':'b'}]}\n" MAIL("b") "\n" MAIL("m"),
	    "t>o", NULL, IN_BOTH,
	    "o {'branch':'out'}, i {'branch':'in'}, b -> completed" },
	{ "one that is not taken goes on in the outer lane",
	    TRIGGER "o branch {'branches':[{'key':'out'," OUT ",'to':'i',"
		    "'merge_to':'m'}]}\n"
		    "i branch {'branches':[{'key':'in'," IN
		    ",'to':'b'}]}\n" MAIL("b") "\n" MAIL("m"),
	    "t>o", NULL, "be {'properties':{'out':true}};x",
	    "o {'branch':'out'}, i {'branch':null}, m -> completed" },
};

/* ---- guards -------------------------------------------------------------- */

#define GUARDED_LANE(filter, merge) \
	TRIGGER "b branch {'branches':[{'key':'one'," filter GUARDED \
		",'to':'d'" merge \
		"}]}\n" DAY("d") "\n" MAIL("in") "\n" MAIL("m")

static const struct story guards[] = {
	{ "a guard broken in a lane that does not merge ends the run",
	    TRIGGER "b branch {'branches':[{'key':'one'," IN GUARDED
		    ",'to':'d'}]}\n" DAY("d") "\n" MAIL("in"),
	    "t>b d>in", NULL, IN_BOTH ";be {'properties':{'in':false}};+1 day",
	    "b {'branch':'one'}, d -> cancelled branch_guard_failed" },
	{ "a guard is not asked during a delay",
	    GUARDED_LANE(IN, ",'merge_to':'m'"), "t>b d>in", NULL,
	    IN_BOTH ";be {'properties':{'in':false}};+1 hour",
	    "b {'branch':'one'} -> at d" },
	{ "but behind it", GUARDED_LANE(IN, ",'merge_to':'m'"), "t>b d>in",
	    NULL, IN_BOTH ";be {'properties':{'in':false}};+1 day",
	    "b {'branch':'one'}, d, m -> completed" },
	{ "a guard over the event that began the run always holds",
	    GUARDED_LANE(EVENT_IS("n", "1"), ",'merge_to':'m'"), "t>b d>in",
	    NULL, "x {'n':1};x {'n':2};+1 day",
	    "b {'branch':'one'}, d, in, m -> completed | b {'branch':null} -> "
	    "completed" },
	{ "one over an event waited for may break by it",
	    TRIGGER
	    "w wait_for_event {'event_name':'y'}\n"
	    "b branch {'branches':[{'key':'one','filter':{'type':"
	    "'rule','field':'wait_events.y.n','operator':'eq','value':"
	    "1}" GUARDED ",'to':'v','merge_to':'m'}]}\n"
	    "v wait_for_event {'event_name':'y'}\n" MAIL("in") "\n" MAIL("m"),
	    "t>w w>b v>in", NULL, "x;y {'n':1};y {'n':2}",
	    "w heard, b {'branch':'one'}, v heard, m -> completed" },
	{ "a lane's own update may break its guard",
	    TRIGGER "b branch {'branches':[{'key':'one'," IN GUARDED
		    ",'to':'u','merge_to':'m'}]}\n"
		    "u contact_update {'properties':{'in':false}}\n" MAIL(
			"in") "\n" MAIL("m"),
	    "t>b u>in", NULL, IN_BOTH,
	    "b {'branch':'one'}, u {'changed':['properties.in']}, m -> "
	    "completed" },
	{ "which is of no matter where it merges",
	    TRIGGER "b branch {'branches':[{'key':'one'," IN GUARDED
		    ",'to':'u','merge_to':'m'}]}\n"
		    "u contact_update {'properties':{'in':false}}\n" DAY(
			"m") "\n" MAIL("z"),
	    "t>b m>z", NULL, IN_BOTH ";+1 day",
	    "b {'branch':'one'}, u {'changed':['properties.in']}, m, z -> "
	    "completed" },
	{ "an exit rule is asked before a guard",
	    GUARDED_LANE(IN, ",'merge_to':'m'"), "t>b d>in",
	    "{'exit':[{'type':'contact_property_matches_with','filter':{"
	    "'type':'rule','field':'contact.in','operator':'eq','value':"
	    "false}}]}",
	    IN_BOTH ";be {'properties':{'in':false}};+1 day",
	    "b {'branch':'one'}, d skipped {'reason':"
	    "'contact_property_matches_with'} -> cancelled "
	    "contact_property_matches_with" },
};

/* ---- what is refused ----------------------------------------------------- */

#define ONE_LANE(rest) \
	TRIGGER "b branch {'branches':[{'key':'one'," IN rest "}]}\n" MAIL("m")

static void
test_refusals(void)
{
	static const struct {
		const char *steps, *ways, *words;
	} bad[] = {
		{ TRIGGER "b branch {}", "t>b", "1 to 10 branches" },
		{ TRIGGER "b branch {'branches':[]}", "t>b",
		    "1 to 10 branches" },
		{ TRIGGER "b branch {'branches':[1]}", "t>b",
		    "branches[0]: must be an object" },
		{ TRIGGER "b branch {'branches':[{'key':'one'}]}", "t>b",
		    "missing `filter`" },
		{ TRIGGER "b branch {'branches':[{" IN "}]}", "t>b", "`key`" },
		{ TRIGGER "b branch {'branches':[{'key':'one'," IN
			  "},{'key':'one'," IN "}]}",
		    "t>b", "the key `one` is used twice" },
		{ ONE_LANE(",'to':'n'"), "t>b b>m", "`to` names no step" },
		{ ONE_LANE(",'merge_to':'n'"), "t>b b>m",
		    "`merge_to` names no step" },
		{ ONE_LANE(",'to':'t'"), "t>b b>m", "into the trigger" },
		{ ONE_LANE(",'to':'b'"), "t>b b>m", "to the branch itself" },
		{ ONE_LANE(",'applies_to':'all'"), "t>b b>m",
		    "`applies_to` must be" },
		{ TRIGGER "b branch {'branches':[{'key':'one'," IN
			  ",'to':'m'}],'otherwise':'m'}\n" MAIL("m"),
		    "t>b b>m", "give one" },
		{ TRIGGER "b branch {'branches':[{'key':'one'," IN
			  ",'to':'m'}]}\n" MAIL("m"),
		    "t>b m>b", "cycle" },
		/* The end of the lane leads back to where the run came from. */
		{ TRIGGER DAY("a") "\nb branch {'branches':[{'key':'one'," IN
				   ",'to':'m','merge_to':'a'}]}\n" MAIL("m"),
		    "t>a a>b", "cycle" },
		/* Two lanes, each of which merges into the other. */
		{ TRIGGER
		    "b branch {'branches':[{'key':'one'," IN
		    ",'to':'m','merge_to':'n'},{'key':'two'," OUT
		    ",'to':'n','merge_to':'m'}]}\n" MAIL("m") "\n" MAIL("n"),
		    "t>b", "cycle" },
		/* A lane's middle leads back to where an outer lane merges,
		 * which leads into it. */
		{ TRIGGER
		    "o branch {'branches':[{'key':'out'," OUT
		    ",'to':'a','merge_to':'m'}]}\n" MAIL("a") "\n" MAIL("m"),
		    "t>o m>a", "cycle" },
		/* An inner lane that leads to where the outer one merges, past
		 * its own merge. */
		{ TRIGGER "o branch {'branches':[{'key':'out'," OUT
			  ",'to':'i','merge_to':'m'}]}\n"
			  "i branch {'branches':[{'key':'in'," IN
			  ",'to':'b','merge_to':'c'}]}\n" MAIL("b") "\n" MAIL(
			      "c") "\n" MAIL("m"),
		    "t>o b>m", "cycle" },
		{ TRIGGER "b branch {'branches':[{'key':'one','filter':{'type':"
			  "'rule','field':'plan','operator':'eq','value':1},"
			  "'to':'m'}]}\n" MAIL("m"),
		    "t>b", "branches[0].filter" },
	};
	story_up(NULL);
	for (size_t i = 0; i < N_OF(bad); i++) {
		const char *why =
		    story_refusal(bad[i].steps, bad[i].ways, NULL);
		ok(why != NULL && strstr(why, bad[i].words) != NULL,
		    "refused: %s", why != NULL ? why : "not at all");
	}
	rig_down();
}

int
main(void)
{
	story_up(NULL);
	STORIES(plans);
	STORIES(lanes);
	STORIES(nested);
	STORIES(guards);
	rig_down();
	test_refusals();
	return tap_done();
}
