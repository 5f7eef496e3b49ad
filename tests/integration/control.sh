#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# What people do to automations while others are inside: edits, stops, pauses,
# copies, deletions, runs ended and tried again, the emergency stop. And what
# stops by itself, and what only seems to happen.
# shellcheck disable=SC2154
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

cat >"$tmp/extra.conf" <<'EOF'
engine { versioned_edits = yes }
injection { retry_first = "200 ms" retry_last = "400 ms" }
EOF
lab_up "$tmp/lab" --mta none --conf "$tmp/extra.conf"

# template NAME: one of that name, alias and subject.
template() {
	api POST /templates '{"name": "'"$1"'", "alias": "'"$1"'",
	    "from": "shop@control.example", "subject": "'"$1"'",
	    "html": "<p>'"$1"' {{{PLAN|}}}{{{ORDER|}}}</p>"}' | head -n 1 |
	    jq -r .id >"$tmp/template"
	api POST "/templates/$(cat "$tmp/template")/publish" '{}' >/dev/null
}
for name in one two; do
	template "$name"
done

# graph EVENT STEPS...: a chain of steps behind a trigger, as JSON's members.
graph() {
	local event=$1
	shift
	printf '%s\n' "$@" | jq -cs --arg event "$event" '
		[{key: "start", type: "trigger", config: {event_name: $event}}] +
		. | {steps: ., connections: [range(1; length) as $i |
		    {from: .[$i - 1].key, to: .[$i].key}]}'
}

# with NAME STATUS SETTINGS GRAPH: the whole of an automation.
with() {
	jq -c --arg name "$1" --arg status "$2" --argjson settings "$3" \
	    '. + {name: $name, status: $status, settings: $settings}' <<<"$4"
}

wait_step='{"key": "wait", "type": "wait_for_event",
    "config": {"event_name": "go"}}'

mail_step() {
	echo '{"key": "mail-'"$1"'", "type": "send_email",
	    "config": {"template": {"id": "'"$1"'"}}}'
}

# enabled NAME EVENT STEPS...: makes one; sets the variable NAME.
enabled() {
	local name=$1 event=$2
	shift 2
	req POST /automations "$(with "$name" enabled "${settings-null}" \
	    "$(graph "$event" "$@")")"
	[ "$status" = 201 ] || echo "# $body"
	printf -v "$name" %s "$(made)"
}

# event NAME WHO: sends it.
event() {
	api POST /events/send '{"event": "'"$1"'",
	    "email": "'"$2"'@control.example"}' >/dev/null
}

# run_of WHO AUTOMATION: sets $run to the newest.
run_of() {
	run=$(api_get '[.data[] | select(.automation_id == "'"$2"'")][0].id' \
	    "/contacts/$1@control.example/runs")
}

# is_at WHO AUTOMATION: how the run stands: status, reason, and the steps that
# are behind it or that it rests in.
is_at() {
	run_of "$1" "$2"
	api_get '[.status, .exit_reason // empty, (.steps[] |
	    select(.type != "trigger" and .status != "pending" and
	    .status != "skipped") | .key + ":" + .status)] | join(" ")' \
	    "/automations/$2/runs/$run"
}

comes_to() {
	[ "$(is_at "$1" "$2")" = "$3" ]
}

# reaches WHO AUTOMATION STATE
reaches() {
	wait_for 15 comes_to "$1" "$2" "$3" || echo "# $(is_at "$1" "$2")"
	ok "$1: $3" comes_to "$1" "$2" "$3"
	run_of "$1" "$2"
}

# subjects WHO: of what came to that person, in order of time.
subjects() {
	find "$SINK_DIR" -type f -printf '%T@ %p\n' | sort -n |
	    while read -r _ file; do
		[ "$(header To "$file")" != "$1@control.example" ] ||
		    header Subject "$file"
	    done | xargs
}

got() {
	[ "$(subjects "$1")" = "$2" ]
}

# outcome EVENT WHO: what an event of that name leads to, and why not.
outcome() {
	req POST /events/send '{"event": "'"$1"'",
	    "email": "'"$2"'@control.example"}'
	api_get '[.outcome, .skipped[].reason] | join(" ")' \
	    "/events/$(made)/outcome"
}

# ---- edits -------------------------------------------------------------------

enabled edit edit "$wait_step" "$(mail_step one)"
event edit old
gives "an automation is edited with somebody inside" 200 .object automation \
    PATCH "/automations/$edit" "$(graph edit "$wait_step" "$(mail_step two)" \
    "$(mail_step one)")"
event edit new
for who in old new; do
	is "$(is_at "$who" "$edit")" "running wait:waiting" "$who waits"
	event go "$who"
done
reaches old "$edit" "completed wait:completed mail-one:completed"
reaches new "$edit" "completed wait:completed mail-two:completed $(
    )mail-one:completed"
ok "who was inside goes the old way" wait_for 10 got old one
got_both() {
	got new "two one" || got new "one two"
}
ok "who came later the new one" wait_for 10 got_both
refused "an edit that makes no sense" 422 validation_error PATCH \
    "/automations/$edit" "$(graph edit "$wait_step" "$wait_step")"

# ---- stop --------------------------------------------------------------------

enabled stop stop "$wait_step" "$(mail_step one)"
event stop sam
gives "an automation is stopped" 200 .status disabled POST \
    "/automations/$stop/stop"
is "$(outcome stop tom)" no_enabled_automation "nobody enters any more"
event go sam
reaches sam "$stop" "completed wait:completed mail-one:completed"
settings='{"on_stop": "cancel"}' enabled hard hard "$wait_step"
for i in 1 2 3; do
	event hard "hal$i"
done
gives "another, that lets nobody stay" 200 .status disabled POST \
    "/automations/$hard/stop"
for i in 1 2 3; do
	reaches "hal$i" "$hard" "cancelled automation_stopped"
done
event go hal1
is "$(is_at hal1 "$hard")" "cancelled automation_stopped" \
    "which the event does not change"
gives "it is enabled again" 200 .object automation PATCH "/automations/$hard" \
    '{"status": "enabled"}'
event hard hal1
is "$(is_at hal1 "$hard")" "running wait:waiting" "and lets people in"

# ---- pause -------------------------------------------------------------------

enabled pause pause '{"key": "rest", "type": "delay",
    "config": {"duration": "1 second"}}' "$wait_step" "$(mail_step one)"
event pause ann
reaches ann "$pause" "running rest:completed wait:waiting"
event pause bea
gives "an automation is paused" 200 .status paused POST \
    "/automations/$pause/pause"
is "$(outcome pause cat)" "not_started paused" "nobody enters"
event go ann
is "$(is_at ann "$pause")" "running rest:completed wait:completed" \
    "a wait that hears its event is over, and no more happens"
# The other's delay ends meanwhile: a moment that only the clock brings.
is_over() {
	[ "$(query "SELECT count(*) FROM runs r JOIN automations a
	    ON a.num = r.automation WHERE a.name = 'pause' AND r.status = 0
	    AND r.due < strftime('%s', 'now') * 1000")" = 2 ]
}
ok "two are due" wait_for 10 is_over
is "$(is_at bea "$pause")" "running rest:waiting" "and stand still"
lab restart "$tmp/lab" postflowd
lab_env "$tmp/lab"
is "$(api_get .paused "/automations/$pause") $(is_at bea "$pause")" \
    "true running rest:waiting" "also behind a restart"
gives "it is resumed" 200 .status enabled POST "/automations/$pause/resume"
reaches ann "$pause" \
    "completed rest:completed wait:completed mail-one:completed"
reaches bea "$pause" "running rest:completed wait:waiting"

# ---- copies and deletions ----------------------------------------------------

req POST "/automations/$pause/duplicate"
copy=$(made)
is "$(api_get '[.name, .status, (.steps | length)] | join(" ")' \
    "/automations/$copy")" "pause copy disabled 4" "a copy is another"
is "$(api_get '.data | length' "/automations/$copy/runs")" 0 "with nobody inside"
is "$(is_at bea "$pause")" "running rest:completed wait:waiting" \
    "who is inside the first stays there"
run_of bea "$pause"
gives "the first is deleted" 200 .deleted true DELETE "/automations/$pause"
refused "it is not there any more" 404 not_found GET "/automations/$pause"
ended() {
	[ "$(api_get '.data[] | select(.id == "'"$run"'") |
	    .status + " " + .exit_reason' /contacts/bea@control.example/runs)" = \
	    "$1" ]
}
ok "nobody is left inside" wait_for 10 ended "cancelled automation_deleted"
event go bea
ok "no event calls them back" ended "cancelled automation_deleted"
is "$(subjects bea)" '' "and no mail comes"

# ---- runs --------------------------------------------------------------------

template late
enabled fails fails '{"key": "before", "type": "contact_update",
    "config": {"properties": {"seen": 1}}}' "$(mail_step late)" \
    '{"key": "after", "type": "contact_update",
    "config": {"properties": {"seen": 2}}}'
api DELETE "/templates/$(cat "$tmp/template")" >/dev/null
event fails fay
reaches fay "$fails" \
    "failed template_unavailable before:completed mail-late:failed"
like "$(api_get '.steps[2].error.message' "/automations/$fails/runs/$run")" \
    'late' "the step says which template"
gives "it is tried again, in vain" 200 .status running POST \
    "/automations/$fails/runs/$run/retry"
reaches fay "$fails" \
    "failed template_unavailable before:completed mail-late:failed"
template late
gives "and again" 200 .status running POST \
    "/automations/$fails/runs/$run/retry"
reaches fay "$fails" \
    "completed before:completed mail-late:completed after:completed"
ok "now the mail comes, once" wait_for 10 got fay late
refused "what is completed is not tried again" 422 validation_error POST \
    "/automations/$fails/runs/$run/retry"

enabled hold hold "$wait_step" "$(mail_step one)"
event hold ivy
event hold ivy
run_of ivy "$hold"
for again in '' ', again'; do
	gives "a run is cancelled$again" 200 .status cancelled POST \
	    "/automations/$hold/runs/$run/cancel"
done
is "$(is_at ivy "$hold")" "cancelled cancelled_by_hand" "by somebody's hand"
is "$(api_get '[.data[].status] | join(" ")' \
    /contacts/ivy@control.example/runs)" "cancelled running" \
    "the other one goes on"
gives "until all are" 200 .cancelled 1 POST \
    /contacts/ivy@control.example/runs/cancel
event go ivy
is "$(subjects ivy)" '' "and no mail comes"

# ---- the emergency stop ------------------------------------------------------

# killed: the daemon dies and is there again.
killed() {
	as_root kill -9 "$POSTFLOWD_PID"
	lab restart "$tmp/lab" postflowd
	lab_env "$tmp/lab"
}
event hold kim
gives "the engine is paused" 200 '[.engine, .injection]' '[true,false]' POST \
    /pause/engine
is "$(outcome hold leo)" started "events are still accepted"
event go kim
killed
gives "a crash does not end that" 200 '[.paused.engine, .paused.injection]' \
    '[true,false]' GET /status
is "$(is_at kim "$hold") / $(is_at leo "$hold")" \
    "running wait:completed / running" "and all stand still"
gives "it goes on" 200 '[.engine, .injection]' '[false,false]' POST \
    /resume/engine
reaches kim "$hold" "completed wait:completed mail-one:completed"
reaches leo "$hold" "running wait:waiting"

gives "injection is paused" 200 '[.engine, .injection]' '[false,true]' POST \
    /pause/injection
event hold mia
event go leo
event go mia
reaches leo "$hold" "completed wait:completed mail-one:completed"
reaches mia "$hold" "completed wait:completed mail-one:completed"
api PATCH /contacts/mia@control.example '{"unsubscribed": true}' >/dev/null
killed
gives "a crash does not end that" 200 '[.paused.engine, .paused.injection]' \
    '[false,true]' GET /status
is "$(query "SELECT status FROM emails
    WHERE recipient = 'leo@control.example'") $(subjects leo)" "0 " \
    "the mail waits"
why="/contacts/leo@control.example/why?automation=$hold"
gives "which is told" 200 '[(.runs[0].steps[] | .mail // empty | .last_event),
    (.verdict | test("step .mail-one. waits: somebody has stopped injection"))]' \
    '["queued",true]' GET "$why"
gives "it goes on" 200 '[.engine, .injection]' '[false,false]' POST \
    /resume/injection
ok "and the mail leaves" wait_for 10 got leo one
# told WHO WHAT PATTERN: of a mail's last event and code, and in the verdict.
told() {
	[ "$(api_get '[(.runs[0].steps[] | .mail // empty | .last_event, .code),
	    (.verdict | test("'"$3"'"))] | tostring' \
	    "/contacts/$1@control.example/why?automation=$hold")" = "[$2,true]" ]
}
ok "which is told, too" wait_for 10 told leo '"sent",250' 'the end on [^T]*$'
ok "so is one that is not wanted any more" wait_for 10 told mia \
    '"suppressed",0' 'not want it any more: unsubscribed[.]'
event hold later
event go later
ok "and one that is put off, with the answer" wait_for 10 told later \
    '"queued",451' 'waits for the MTA; the last attempt ended with: 451 4.2.1'
api PATCH /contacts/later@control.example '{"unsubscribed": true}' >/dev/null
ok "which the reason replaces when it is not wanted any more" wait_for 10 told \
    later '"suppressed",0' 'not want it any more: unsubscribed[.]'

# ---- more than one run --------------------------------------------------------

req POST /automations "$(with often enabled null "$(graph often \
    '{"key": "which", "type": "condition", "config": {"type": "rule",
    "field": "event.long", "operator": "eq", "value": true}}' \
    '{"key": "wait", "type": "delay", "config": {"duration": "5 days"}}')" |
    jq -c '.connections[1].type = "condition_met"')"
often=$(made)
for long in true false false false false false false false false false false \
    false; do
	api POST /events/send '{"event": "often", "email": "ida@control.example",
	    "payload": {"long": '"$long"'}}' >/dev/null
done
gives "of many runs the one that goes on is told first" 200 '[(.runs | length),
    .runs[0].status, .runs_has_more, (.verdict | test("waits at step .wait."))]' \
    '[11,"running",true,true]' GET \
    "/contacts/ida@control.example/why?automation=$often"
api DELETE "/automations/$often" >/dev/null

# ---- a loop ------------------------------------------------------------------

# Each change causes the next one.
enabled loop resend:contact.updated '{"key": "swap", "type": "contact_update",
    "config": {"first_name": {"var": "contact.last_name"},
    "last_name": {"var": "contact.first_name"}}}'
api POST /contacts '{"email": "max@control.example", "first_name": "Max",
    "last_name": "Moritz"}' >/dev/null
api PATCH /contacts/max@control.example '{"properties": {"a": 1}}' >/dev/null
stopped() {
	as_root grep -q ' starts nothing: .* event=resend:contact.updated' \
	    "$tmp/lab/postflowd.log"
}
ok "a loop stops by itself" wait_for 10 stopped
last=$(as_root sed -nE 's/.* event ([0-9a-f-]{36}) starts nothing: .*/\1/p' \
    "$tmp/lab/postflowd.log")
is "$(api_get '.outcome' "/events/$last/outcome")" too_deep "and says why"
gives "so does the contact" 200 '[.skipped[0].reason, (.verdict |
    test("end of a chain of causes"))]' '["too_deep",true]' GET \
    "/contacts/max@control.example/why?automation=$loop"
is "$(api_get '.data | length' "/automations/$loop/runs?limit=100")" 8 \
    "it went round 8 times"
is "$(api_get '[.data[].status] | unique | join(" ")' \
    "/automations/$loop/runs?limit=100")" completed "each to its end"
api POST "/automations/$loop/stop" >/dev/null

# ---- who is not there, and what is not any more --------------------------------

req POST /automations "$(with vips enabled null \
    "$(graph vip "$(mail_step one)")" | jq -c '.steps[0].config = {entry: {
    type: "event", event_name: "vip", filter: {type: "rule",
    field: "event.vip", operator: "eq", value: true}}}')"
vips=$(made)
event vip sue
why="/contacts/Sue@control.example/why?automation=$vips"
gives "a stranger is told why nothing came" 200 '[.contact.id, .contact.email,
    .runs, [.skipped[] | [.event, .email, .reason]], (.verdict |
    test("no contact of that address. An event on .* did not let it in"))]' \
    '[null,"Sue@control.example",[],[["vip","sue@control.example","filter"]],true]' \
    GET "$why"
like "$("$POSTFLOW" --url "$POSTFLOW_URL" --key "$POSTFLOW_API_KEY" why \
    sue@control.example "$vips")" 'contact: sue@control.example .a stranger' \
    "also by hand"
gives "one that nothing is known of" 200 '[.skipped, .skipped_has_more,
    (.verdict | test("No event of it that did not let it in is known"))]' \
    '[[],false,true]' GET \
    "/contacts/nobody@control.example/why?automation=$vips"
gives "the list names the stranger" 200 '[.data[] | [.contact_id, .email,
    .reason]]' '[[null,"sue@control.example","filter"]]' GET \
    "/automations/$vips/skipped"
like "$("$POSTFLOW" --url "$POSTFLOW_URL" --key "$POSTFLOW_API_KEY" automations \
    skipped "$vips")" 'sue@control.example +filter' "also by hand"
api POST /contacts '{"email": "sue@control.example"}' >/dev/null
gives "who becomes a contact later is told the same" 200 '[.contact.email,
    [.skipped[].reason], (.verdict | test("^An event on .* did not let it in"))]' \
    '["sue@control.example",["filter"],true]' GET "$why"
gives "an address that is none" 422 .name validation_error GET \
    "/contacts/su%20e@control.example/why?automation=$vips"

# ---- what only seems to happen -----------------------------------------------

for name in welcome thanks reminder plan-intro plan-pro plan-pro-more plan-other \
    plan-last; do
	template "$name"
done

# example NAME: that automation of the manual.
example() {
	awk '/^\.Bd/ { text = ""; inside = 1; next }
	    /^\.Ed/ { inside = 0
	        if (text ~ "\"name\": \"" name "\"") printf "%s", text }
	    inside { text = text $0 "\n" }' name="$1" \
	    "$builddir/man/postflow-automations.7" | jq -c .
}

# Everything in the database.
contents() {
	as_root sqlite3 -readonly "$POSTFLOW_DB" .dump | sha256sum
}

# seen: the mails of the timeline in the last answer, with their times.
seen() {
	jq -r '[.timeline[] | select(.kind == "mail") |
	    .after + " " + .email.subject] | join(", ")' <<<"$body"
}

# simulated PATH MEMBERS: asks, and shows the run's end and its mails.
simulated() {
	req POST "$1" "{$2}"
	echo "$status $(jq -r .run.status <<<"$body"): $(seen)"
}

settled() {
	[ "$(query 'SELECT (SELECT count(*) FROM emails WHERE status < 2) +
	    (SELECT count(*) FROM jobs) + (SELECT count(*) FROM runs
	    WHERE due IS NOT NULL)')" = 0 ]
}
ok "all is quiet" wait_for 10 settled
is "$(verified)" '' "nothing is lost, stuck or left over"
before=$(contents)
plans=$(example Plans) welcome=$(example "Welcome series")
who='"contact": {"email": "zoe@control.example",
    "properties": {"plan": "PLAN"}}'
at=/automations/simulate
is "$(simulated "$at" "\"automation\": $plans, ${who/PLAN/pro}")" \
    "200 completed: 2 hours plan-intro, 2 days 2 hours plan-pro, $(
    )3 days 2 hours plan-pro-more, 5 days 2 hours plan-last" \
    "branch with a guard: pro"
is "$(simulated "$at" "\"automation\": $plans, ${who/PLAN/pro},
    \"events\": [{\"after\": \"1 day\",
    \"contact\": {\"properties\": {\"plan\": \"free\"}}}]")" \
    "200 completed: 2 hours plan-intro, 4 days 2 hours plan-last" \
    "pro, and not any more"
is "$(simulated "$at" "\"automation\": $plans, ${who/PLAN/basic}")" \
    "200 completed: 2 hours plan-intro, 2 days 2 hours plan-other" \
    "another plan"
is "$(simulated "$at" "\"automation\": $plans, ${who/PLAN/},
    \"events\": [{\"after\": \"1 day\",
    \"contact\": {\"properties\": {\"plan\": \"pro\"}}}]")" \
    "200 completed: 1 day 2 hours plan-intro, 3 days 2 hours plan-pro, $(
    )4 days 2 hours plan-pro-more, 6 days 2 hours plan-last" \
    "a plan later"
gives "without one nothing begins" 200 \
    '[.run, (.timeline[] | [.kind, .text])]' \
    '[null,["note","Nothing begins: the contact is not what the entry asks for."]]' \
    POST "$at" "{\"automation\": $plans, ${who/PLAN/}}"
is "$(simulated "$at" "\"automation\": $welcome, ${who/PLAN/}")" \
    "200 completed: 0 seconds welcome, 3 days reminder" \
    "welcome series: nobody orders"
is "$(simulated "$at" "\"automation\": $welcome, ${who/PLAN/},
    \"events\": [{\"after\": \"1 day\", \"event\": \"order.placed\",
    \"payload\": {\"id\": \"A7\"}}]")" \
    "200 completed: 0 seconds welcome, 1 day thanks" "somebody orders"
is "$(simulated "/automations/$hold/simulate" \
    '"email": "kim@control.example"')" "200 running: " \
    "one that is there, and somebody who is"
is "$(simulated "/automations/$hold/simulate" \
    '"email": "kim@control.example", "events": [{"after": "1 hour",
    "event": "go"}]')" "200 completed: 1 hour one" "who hears an event"
is "$(contents)" "$before" "and not a row is written by all that"
refused "nobody was made" 404 not_found GET /contacts/zoe@control.example
api DELETE "/automations/$hold" >/dev/null
gives "a deleted automation is explained" 200 '[.automation.status,
    .automation.name, .automation.deleted_at != null, .runs[0].status,
    (.verdict | test("The automation was deleted on 20"))]' \
    '["deleted","hold",true,"completed",true]' GET \
    "/contacts/leo@control.example/why?automation=$hold"

finish
