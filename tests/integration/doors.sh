#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Every route of contacts, segments, topics, properties, events, automations and
# runs: a round trip each, with its effect, and what is refused.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

lab_up "$tmp/lab" --mta none
unknown=4ef9a417-02e9-4d39-ad75-9611e0fcc33c

# ---- properties of contacts

gives "a property is made" 201 '.object' contact_property POST \
    /contact-properties '{"key": "plan", "type": "string",
    "fallback_value": "free"}'
plan=$(made)
gives "it is shown" 200 '[.object, .id, .key, .type, .fallback_value]' \
    "[\"contact_property\",\"$plan\",\"plan\",\"string\",\"free\"]" GET \
    "/contact-properties/$plan"
gives "another has no fallback" 201 '.object' contact_property POST \
    /contact-properties '{"key": "score", "type": "number"}'
score=$(made)
gives "the newest is first" 200 '[.object, .has_more, .data[].key]' \
    '["list",false,"score","plan"]' GET /contact-properties
gives "a page is followed" 200 '[.has_more, .data[].key]' '[false,"plan"]' \
    GET "/contact-properties?limit=1&after=$score"
gives "and gone back" 200 '[.has_more, .data[].key]' '[false,"score"]' \
    GET "/contact-properties?limit=1&before=$plan"
gives "a fallback is given" 200 '[.object, .id]' \
    "[\"contact_property\",\"$score\"]" PATCH "/contact-properties/$score" \
    '{"fallback_value": 4.5}'
gives "it is there" 200 .fallback_value 4.5 GET "/contact-properties/$score"
gives "and taken away" 200 .id "$score" PATCH "/contact-properties/$score" \
    '{"fallback_value": null}'
gives "it is gone" 200 .fallback_value null GET "/contact-properties/$score"
gives "a property goes" 200 '[.object, .id, .deleted]' \
    "[\"contact_property\",\"$score\",true]" DELETE \
    "/contact-properties/$score"
refused "it is not there any more" 404 not_found GET \
    "/contact-properties/$score"

# ---- segments

gives "a segment is made" 201 '[.object, .name]' '["segment","Friends"]' \
    POST /segments '{"name": "Friends"}'
friends=$(made)
gives "one with a rule" 201 .object segment POST /segments '{"name": "Pros",
    "filter": {"type": "rule", "field": "contact.properties.plan",
    "operator": "eq", "value": "pro"}}'
pros=$(made)
gives "an audience is a segment" 201 .object audience POST /audiences \
    '{"name": "Old"}'
old=$(made)
gives "segments are listed" 200 '[.has_more, .data[].name]' \
    '[false,"Old","Pros","Friends"]' GET /segments
gives "a page at a time" 200 '[.has_more, .data[].name]' \
    '[true,"Pros"]' GET "/segments?limit=1&after=$old"
gives "and back" 200 '[.has_more, .data[].name]' '[true,"Pros"]' \
    GET "/segments?limit=1&before=$friends"
gives "a segment is shown" 200 '[.object, .id, .name, .filter.operator]' \
    "[\"segment\",\"$pros\",\"Pros\",\"eq\"]" GET "/segments/$pros"
gives "as an audience, too" 200 '[.object, .name, .filter]' \
    '["audience","Friends",null]' GET "/audiences/$friends"
gives "a segment is renamed" 200 '[.object, .id]' \
    "[\"segment\",\"$friends\"]" PATCH "/segments/$friends" \
    '{"name": "Best friends"}'
gives "it has its name" 200 .name 'Best friends' GET "/segments/$friends"

# ---- topics

gives "a topic is made" 201 .object topic POST /topics '{"name": "News",
    "default_subscription": "opt_out", "description": "What is new"}'
news=$(made)
gives "and another" 201 .object topic POST /topics '{"name": "Tips",
    "default_subscription": "opt_in", "visibility": "public"}'
tips=$(made)
gives "a topic is shown" 200 '[.object, .name, .description,
    .default_subscription, .visibility]' \
    '["topic","News","What is new","opt_out","private"]' GET "/topics/$news"
gives "topics are listed" 200 '[.data[].name]' '["Tips","News"]' GET /topics
gives "a page at a time" 200 '[.has_more, .data[].name]' '[false,"News"]' \
    GET "/topics?limit=1&after=$tips"
gives "a topic is changed" 200 '[.object, .id]' "[\"topic\",\"$news\"]" \
    PATCH "/topics/$news" "{\"id\": \"$news\", \"name\": \"Daily\",
    \"description\": null, \"visibility\": \"public\"}"
gives "it is" 200 '[.name, .description, .default_subscription, .visibility]' \
    '["Daily",null,"opt_out","public"]' GET "/topics/$news"

# ---- contacts

gives "a contact is made" 201 .object contact POST /contacts \
    '{"email": "Ann@Doors.example", "first_name": "Ann", "last_name": "Lee",
    "properties": {"plan": "pro", "vip": true, "age": 42},
    "segments": [{"id": "'"$friends"'"}, "'"$old"'"],
    "topics": [{"id": "'"$news"'", "subscription": "opt_in"}]}'
ann=$(made)
gives "it is shown" 200 '[.object, .id, .email, .first_name, .last_name,
    .unsubscribed, .properties.plan, .properties.vip, .properties.age]' \
    "[\"contact\",\"$ann\",\"Ann@Doors.example\",\"Ann\",\"Lee\",false,$(
    )"'{"type":"string","value":"pro"},{"type":"boolean","value":true},{"type":"number","value":42}]' \
    GET "/contacts/$ann"
gives "by its address, in any case" 200 .id "$ann" GET \
    /contacts/aNN@doors.EXAMPLE
gives "it is in the segments it was put into and the one whose rule it meets" \
    200 '[.data[].name]' '["Old","Pros","Best friends"]' GET \
    "/contacts/$ann/segments"
gives "and has its topics" 200 \
    '[.data[] | [.name, .description, .subscription]]' \
    '[["Tips",null,"opt_in"],["Daily",null,"opt_in"]]' GET \
    "/contacts/$ann/topics"
gives "made again it is the same" 201 .id "$ann" POST /contacts \
    '{"email": "ann@doors.example", "last_name": "Lang",
    "properties": {"age": null, "seat": "4b"}}'
gives "with what was said over what was there" 200 \
    '[.email, .first_name, .last_name, (.properties | keys)]' \
    '["Ann@Doors.example","Ann","Lang",["plan","seat","vip"]]' GET \
    "/contacts/$ann"
gives "its properties have definitions now" 200 \
    '[.data[] | [.key, .type]] | sort' \
    '[["age","number"],["plan","string"],["seat","string"],["vip","boolean"]]' \
    GET /contact-properties
gives "a contact is changed" 200 '[.object, .id]' "[\"contact\",\"$ann\"]" \
    PATCH /contacts/ann@doors.example \
    '{"first_name": null, "unsubscribed": true, "properties": {"plan": "free"}}'
gives "only what was named" 200 \
    '[.first_name, .last_name, .unsubscribed, .properties.plan.value,
    .properties.seat.value]' '[null,"Lang",true,"free","4b"]' GET \
    "/contacts/$ann"
gives "it has left the segment whose rule it does not meet" 200 \
    '[.data[].name]' '["Old","Best friends"]' GET "/contacts/$ann/segments"
gives "null is no answer to a yes or no" 200 .id "$ann" PATCH \
    "/contacts/$ann" '{"unsubscribed": null}'
gives "so nothing changes" 200 .unsubscribed true GET "/contacts/$ann"
gives "an address is changed" 200 .id "$ann" PATCH "/contacts/$ann" \
    '{"email": "anna@doors.example", "unsubscribed": false}'
gives "it is found by it" 200 .id "$ann" GET /contacts/anna@doors.example
refused "and not by the other" 404 not_found GET /contacts/ann@doors.example
gives "a plus is a plus" 201 .object contact POST /contacts \
    '{"email": "bob+x@doors.example"}'
bob=$(made)
gives "also in a path" 200 .id "$bob" GET /contacts/bob+x@doors.example
gives "contacts are listed" 200 '[.has_more, .data[].email]' \
    '[false,"bob+x@doors.example","anna@doors.example"]' GET /contacts
gives "a page at a time" 200 '[.has_more, .data[].id]' "[true,\"$bob\"]" \
    GET '/contacts?limit=1'
gives "and back" 200 '[.has_more, .data[].id]' "[false,\"$bob\"]" GET \
    "/contacts?limit=1&before=$ann"

# What properties hold.
many=$(seq -f '"p%g": 1' 197 | paste -sd ,)
gives "numbers" 200 .id "$bob" PATCH "/contacts/$bob" '{"properties":
    {"a": 9223372036854775807, "b": -9223372036854775808, "c": 0.1}}'
ok "of 64 bits are kept to the digit" grep -qE \
    '"value":9223372036854775807\}.*"value":-9223372036854775808\}' \
    <<<"$(api GET "/contacts/$bob")"
gives "others are doubles" 200 '.properties.c.value' 0.1 GET "/contacts/$bob"
refused "a number beyond is refused" 422 validation_error PATCH \
    "/contacts/$bob" '{"properties": {"a": 9223372036854775808}}'
refused "a text where a number was is refused" 422 validation_error PATCH \
    "/contacts/$bob" '{"properties": {"a": "many", "b": 5}}'
like "$(jq -r .message "$tmp/answer")" \
    '^The property .a. must be a number, not "many"\.$' "which is said"
gives "text that writes one becomes one" 200 .id "$bob" PATCH \
    "/contacts/$bob" '{"properties": {"c": "2.5"}}'
gives "as is seen" 200 '.properties.c.value' 2.5 GET "/contacts/$bob"
gives "the longest text" 200 .id "$bob" PATCH "/contacts/$bob" \
    '{"properties": {"c": null, "t": "'"$(printf '\303\274%.0s' {1..2000})"'"}}'
refused "a longer one is refused" 422 validation_error PATCH \
    "/contacts/$bob" '{"properties": {"t": "'"$(printf 'a%.0s' {1..2001})"'"}}'
like "$(cat "$tmp/answer")" 'properties.t. may have at most 2000 characters' \
    "which is said"
gives "200 properties" 200 .id "$bob" PATCH "/contacts/$bob" \
    "{\"properties\": {$many}}"
refused "and no more" 422 validation_error PATCH "/contacts/$bob" \
    '{"properties": {"more": 1}}'
like "$(cat "$tmp/answer")" 'at most 200 properties, not 201' "which is said"
gives "what goes makes room" 200 .id "$bob" PATCH "/contacts/$bob" \
    '{"properties": {"more": 1, "p1": null}}'
refused "a new contact has no more, either" 422 validation_error POST \
    /contacts '{"email": "x@doors.example", "properties": {"a": 1, "b": 1,
    "c": 1, "d": 1, '"$many"'}}'
gives "they go" 200 .id "$bob" PATCH "/contacts/$bob" \
    '{"properties": {"a": null, "b": null, "t": null, "more": null,
    '"${many//: 1/: null}"'}}'
refused "an address that is somebody's" 422 validation_error PATCH \
    "/contacts/$bob" '{"email": "anna@doors.example"}'

gives "a contact joins a segment" 200 '[.id, .object, .contact_id,
    .segment_id]' "[\"$friends\",\"contact_segment\",\"$bob\",\"$friends\"]" \
    POST "/contacts/bob+x@doors.example/segments/$friends"
gives "its members are listed" 200 '[.data[].id]' "[\"$bob\",\"$ann\"]" GET \
    "/segments/$friends/contacts"
gives "by the query, too" 200 '[.has_more, .data[].id]' "[true,\"$bob\"]" \
    GET "/contacts?segment_id=$friends&limit=1"
gives "and as an audience" 200 '[.data[].id]' "[\"$ann\"]" GET \
    "/audiences/$friends/contacts?after=$bob"
gives "a contact leaves it" 200 \
    '[.object, .id, .audienceId, .contact_id, .segment_id, .deleted]' \
    "[\"contact_segment\",\"$bob\",\"$friends\",\"$bob\",\"$friends\",true]" \
    DELETE "/contacts/$bob/segments/$friends"
gives "and is not in it" 200 '[.data[].id]' "[\"$ann\"]" GET \
    "/segments/$friends/contacts"

gives "topics are chosen by an array" 200 \
    '[.object, .id, .contact_id, .topics]' \
    "[\"contact_topics\",\"$bob\",\"$bob\",[{\"id\":\"$news\",\"subscription\":\"opt_in\"},{\"id\":\"$tips\",\"subscription\":\"opt_out\"}]]" \
    PATCH "/contacts/$bob/topics" "[{\"id\": \"$news\",
    \"subscription\": \"opt_in\"}, {\"id\": \"$tips\",
    \"subscription\": \"opt_out\"}]"
gives "so they are" 200 '[.data[] | .subscription]' '["opt_out","opt_in"]' \
    GET "/contacts/$bob/topics"
gives "or by an object" 200 .object contact_topics PATCH \
    "/contacts/$bob/topics" "{\"topics\": [{\"id\": \"$tips\",
    \"subscription\": \"opt_in\"}]}"
gives "so they are then" 200 '[.data[] | .subscription]' \
    '["opt_in","opt_in"]' GET "/contacts/$bob/topics"

# Paths of older clients.
gives "a contact is made in an audience" 201 .object contact POST \
    "/audiences/$friends/contacts" '{"email": "cid@doors.example"}'
cid=$(made)
gives "and is in it" 200 '[.data[].id]' "[\"$cid\",\"$ann\"]" GET \
    "/audiences/$friends/contacts"
gives "it is shown there" 200 .id "$cid" GET \
    "/audiences/$friends/contacts/cid@doors.example"
gives "and changed" 200 .id "$cid" PATCH \
    "/audiences/$friends/contacts/$cid" '{"first_name": "Cid"}'
gives "which shows everywhere" 200 .first_name Cid GET "/contacts/$cid"
gives "and deleted" 200 '[.object, .contact, .deleted]' \
    '["contact","cid@doors.example",true]' DELETE \
    "/audiences/$friends/contacts/cid@doors.example"
refused "everywhere" 404 not_found GET "/contacts/$cid"
gives "who never was is deleted there, too" 200 '[.contact, .deleted]' \
    "[\"$unknown\",true]" DELETE "/audiences/$friends/contacts/$unknown"
gives "a segment goes" 200 '[.object, .id, .deleted]' \
    "[\"segment\",\"$old\",true]" DELETE "/segments/$old"
gives "also one that never was" 200 .deleted true DELETE \
    "/audiences/$unknown"
refused "it is not there any more" 404 not_found GET "/segments/$old"
like "$(cat "$tmp/answer")" 'Audience not found' "as the service calls it"
gives "nobody is in it" 200 '[.data[].name]' '["Best friends"]' GET \
    "/contacts/$ann/segments"
gives "a topic goes" 200 '[.object, .id, .deleted]' \
    "[\"topic\",\"$tips\",true]" DELETE "/topics/$tips"
gives "nobody has it any more" 200 '[.data[].name]' '["Daily"]' GET \
    "/contacts/$bob/topics"

# ---- what events may hold

gives "an event is defined" 201 .object event POST /events \
    '{"name": "user created/x", "schema": {"plan": "string", "n": "number"}}'
event=$(made)
gives "it is shown by its name" 200 \
    '[.object, .id, .name, .schema, .updated_at]' \
    "[\"event\",\"$event\",\"user created/x\",{\"plan\":\"string\",\"n\":\"number\"},null]" \
    GET /events/user%20created%2Fx
gives "and by its id" 200 .name 'user created/x' GET "/events/$event"
gives "another takes anything" 201 .object event POST /events \
    '{"name": "signup"}'
signup=$(made)
gives "definitions are listed" 200 '[.object, .has_more, .data[].name]' \
    '["list",false,"signup","user created/x"]' GET /events
gives "a page at a time" 200 '[.has_more, .data[].id]' "[true,\"$signup\"]" \
    GET '/events?limit=1'
refused "what does not fit is refused" 422 validation_error POST \
    /events/send '{"event": "user created/x", "email": "bob+x@doors.example",
    "payload": {"n": "many"}}'
gives "what fits is taken" 202 .event 'user created/x' POST /events/send \
    '{"event": "user created/x", "email": "bob+x@doors.example",
    "payload": {"n": "49.9"}}'
gives "the schema goes" 200 '[.object, .id]' "[\"event\",\"$event\"]" PATCH \
    /events/user%20created%2Fx '{"schema": null}'
gives "it is gone" 200 '[.schema, (.updated_at | type)]' '[null,"string"]' \
    GET "/events/$event"
gives "so everything is taken" 202 .event 'user created/x' POST /events/send \
    '{"event": "user created/x", "email": "bob+x@doors.example",
    "payload": {"n": "many"}}'
gives "a definition goes" 200 '[.object, .id, .deleted]' \
    "[\"event\",\"$event\",true]" DELETE /events/user%20created%2Fx
refused "it is not there any more" 404 not_found GET "/events/$event"
gives "but may come again" 201 .object event POST /events \
    '{"name": "user created/x"}'

# ---- automations

steps='[{"key": "start", "type": "trigger", "config":
    {"event_name": "signup"}}, {"key": "wait", "type": "wait_for_event",
    "config": {"event_name": "paid", "timeout": "2 days"}}]'
connections='[{"from": "start", "to": "wait"}]'
gives "an automation is made" 201 .object automation POST /automations \
    "{\"name\": \"Welcome\", \"status\": \"enabled\", \"steps\": $steps,
    \"connections\": $connections,
    \"settings\": {\"reentry\": {\"policy\": \"one_at_a_time\"}}}"
welcome=$(made)
gives "it is shown" 200 '[.object, .name, .status, .paused,
    (.steps | length), .connections[0].type, .settings.reentry.policy]' \
    '["automation","Welcome","enabled",false,2,"default","one_at_a_time"]' \
    GET "/automations/$welcome"
gives "a contact's change starts one" 201 .object automation POST \
    /automations '{"name": "Upgraded", "status": "enabled", "steps":
    [{"key": "start", "type": "trigger", "config": {"entry":
    {"type": "contact_property_changed", "field": "plan", "to": "pro"}}},
    {"key": "join", "type": "add_to_segment",
    "config": {"segment_id": "'"$friends"'"}}],
    "connections": [{"from": "start", "to": "join"}]}'
upgraded=$(made)
refused "the graph of an enabled automation" 422 validation_error PATCH \
    "/automations/$welcome" "{\"steps\": $steps, \"connections\": []}"
refused "and its settings" 422 validation_error PATCH \
    "/automations/$welcome" '{"settings": {}}'
gives "its name is changed" 200 '[.object, .id]' \
    "[\"automation\",\"$welcome\"]" PATCH "/automations/$welcome" \
    '{"name": "Welcome!"}'
gives "automations are listed" 200 \
    '[.data[] | [.name, .status, .paused]]' \
    '[["Upgraded","enabled",false],["Welcome!","enabled",false]]' GET \
    /automations
gives "one is duplicated" 201 .object automation POST \
    "/automations/$welcome/duplicate"
copy=$(made)
gives "the copy is disabled and has the settings" 200 \
    '[.name, .status, .settings.reentry.policy]' \
    '["Welcome! copy","disabled","one_at_a_time"]' GET "/automations/$copy"
gives "its settings are changed alone" 200 .id "$copy" PATCH \
    "/automations/$copy" '{"settings": {"on_stop": "cancel"}}'
gives "the steps stay" 200 '[.settings, (.steps | length)]' \
    '[{"on_stop":"cancel"},2]' GET "/automations/$copy"
gives "its steps are changed alone" 200 .id "$copy" PATCH \
    "/automations/$copy" "{\"steps\": [$(jq -c '.[0]' <<<"$steps")],
    \"connections\": []}"
gives "the settings stay" 200 '[.settings, (.steps | length)]' \
    '[{"on_stop":"cancel"},1]' GET "/automations/$copy"
gives "settings go" 200 .id "$copy" PATCH "/automations/$copy" \
    '{"settings": null}'
gives "they are gone" 200 'has("settings")' false GET "/automations/$copy"
gives "an automation goes" 200 '[.object, .id, .deleted]' \
    "[\"automation\",\"$copy\",true]" DELETE "/automations/$copy"
refused "it is not there any more" 404 not_found GET "/automations/$copy"

# ---- runs

gives "a change starts a run" 200 .id "$bob" PATCH "/contacts/$bob" \
    '{"properties": {"plan": "pro"}}'
ok "which puts the contact into a segment" wait_for 10 becomes \
    '[.data[].name] | sort | join(",")' 'Best friends,Pros' \
    "/contacts/$bob/segments"
gives "the run is listed" 200 \
    '[.data[] | [.automation_id, .automation, .status, .exit_reason]]' \
    "[[\"$upgraded\",\"Upgraded\",\"completed\",null]]" GET \
    "/contacts/$bob/runs"

gives "an event starts a run" 202 .event signup POST /events/send \
    '{"event": "signup", "email": "bob+x@doors.example",
    "payload": {"a": 1}}'
first=$(jq -r .id <<<"$body")
ok "which is listed" wait_for 10 becomes '.data[0].status' running \
    "/automations/$welcome/runs"
req GET "/automations/$welcome/runs?status=running"
run=$(jq -r '.data[0].id' <<<"$body")
gives "the event says so" 200 '[.object, .event_id, .event, .outcome,
    .contact_id, .runs[0].id, .runs[0].automation_id, .runs[0].automation,
    .runs[0].status, .skipped]' \
    "[\"event_outcome\",\"$first\",\"signup\",\"started\",\"$bob\",\"$run\",\"$welcome\",\"Welcome!\",\"running\",[]]" \
    GET "/events/$first/outcome"
gives "the run says what it waits for" 200 \
    '[.object, .status, .steps[1].status, .steps[1].waiting_for.event_name,
    (.steps[1].waiting_for.until | type), .waiting_for == .steps[1].waiting_for]' \
    '["automation_run","running","waiting","paid","string",true]' GET \
    "/automations/$welcome/runs/$run"
gives "the same event again" 202 .event signup POST /events/send \
    '{"event": "signup", "email": "bob+x@doors.example"}'
second=$(jq -r .id <<<"$body")
gives "starts nothing, and says why" 200 '[.outcome, .runs,
    .skipped[0].automation_id, .skipped[0].automation, .skipped[0].reason,
    (.skipped[0].text | type)]' \
    "[\"not_started\",[],\"$welcome\",\"Welcome!\",\"reentry_active\",\"string\"]" \
    GET "/events/$second/outcome"
gives "so does the automation" 200 '[.object, .data[0].contact_id,
    .data[0].event_id, .data[0].event, .data[0].reason]' \
    "[\"list\",\"$bob\",\"$second\",\"signup\",\"reentry_active\"]" GET \
    "/automations/$welcome/skipped"
gives "and why" 200 '[.object, .contact.id, .automation.id,
    .automation.entry.event_name, .runs[0].id,
    .runs[0].steps[1].waiting_for.event_name, .skipped[0].reason]' \
    "[\"why\",\"$bob\",\"$welcome\",\"signup\",\"$run\",\"paid\",\"reentry_active\"]" \
    GET "/contacts/$bob/why?automation=$welcome"
like "$(jq -r .verdict <<<"$body")" \
    'waits at step .wait. for the event .paid., until' "in a sentence"
gives "a run is not started by hand against the rule" 422 .name \
    validation_error POST "/automations/$welcome/runs" \
    "{\"contact_id\": \"$bob\"}"
gives "a run is started by hand" 201 .object automation_run POST \
    "/automations/$welcome/runs" \
    '{"email": "dan@doors.example", "payload": {"by": "hand"}}'
by_hand=$(made)
req GET /contacts/dan@doors.example
dan=$(made)
ok "a stranger has become a contact" test "$status" = 200
gives "a run is cancelled" 200 '[.object, .id, .status]' \
    "[\"automation_run\",\"$by_hand\",\"cancelled\"]" POST \
    "/automations/$welcome/runs/$by_hand/cancel"
gives "it says so" 200 '[.status, .exit_reason, .waiting_for]' \
    '["cancelled","cancelled_by_hand",null]' GET \
    "/automations/$welcome/runs/$by_hand"
gives "twice is no fault" 200 .status cancelled POST \
    "/automations/$welcome/runs/$by_hand/cancel"
refused "a cancelled run is not retried" 422 validation_error POST \
    "/automations/$welcome/runs/$by_hand/retry"
refused "a run of another automation" 404 not_found GET \
    "/automations/$upgraded/runs/$by_hand"
gives "an event ends a wait" 202 .event paid POST /events/send \
    '{"event": "paid", "email": "bob+x@doors.example"}'
ok "the run is completed" wait_for 10 becomes .status completed \
    "/automations/$welcome/runs/$run"
refused "a completed run is not cancelled" 422 validation_error POST \
    "/automations/$welcome/runs/$run/cancel"
for email in ann@d.example ann@e.example; do
	req POST "/automations/$welcome/runs" "{\"email\": \"$email\"}"
done
gives "runs are paged" 200 '[.has_more, (.data | length)]' '[true,2]' GET \
    "/automations/$welcome/runs?limit=2"
gives "and filtered" 200 '[.data[].status] | unique' \
    '["cancelled","completed"]' GET \
    "/automations/$welcome/runs?status=completed%2Ccancelled"
req POST "/automations/$welcome/runs" "{\"contact_id\": \"$dan\"}"
gives "all runs of a contact are cancelled" 200 '[.object, .id, .cancelled]' \
    "[\"contact\",\"$dan\",1]" POST "/contacts/$dan/runs/cancel"
gives "none is running" 200 '[.data[].status] | unique' '["cancelled"]' GET \
    "/contacts/$dan/runs"

# A step fails when what it needs has gone.
req POST /segments '{"name": "Short-lived"}'
gone=$(made)
req POST /automations '{"name": "Fails", "status": "enabled", "steps":
    [{"key": "start", "type": "trigger", "config": {"event_name": "fail"}},
    {"key": "join", "type": "add_to_segment",
    "config": {"segment_id": "'"$gone"'"}}],
    "connections": [{"from": "start", "to": "join"}]}'
fails=$(made)
req DELETE "/segments/$gone"
req POST "/automations/$fails/runs" "{\"contact_id\": \"$dan\"}"
run=$(made)
ok "a run fails" wait_for 10 becomes .status failed \
    "/automations/$fails/runs/$run"
gives "and says where" 200 '[.steps[1].status, .steps[1].error.name]' \
    '["failed","segment_not_found"]' GET "/automations/$fails/runs/$run"
gives "why says so, too" 200 '.verdict | test("failed at step .join.")' true \
    GET "/contacts/$dan/why?automation=$fails"
gives "it is retried" 200 '[.object, .id, .status]' \
    "[\"automation_run\",\"$run\",\"running\"]" POST \
    "/automations/$fails/runs/$run/retry"
ok "and fails again" wait_for 10 becomes .status failed \
    "/automations/$fails/runs/$run"

# ---- pausing

gives "an automation is paused" 200 '[.object, .id, .status]' \
    "[\"automation\",\"$welcome\",\"paused\"]" POST \
    "/automations/$welcome/pause"
gives "its status stays" 200 '[.status, .paused]' '["enabled",true]' GET \
    "/automations/$welcome"
req POST /events/send '{"event": "signup", "email": "dan@doors.example"}'
gives "nobody enters" 200 '[.outcome, .skipped[0].reason]' \
    '["not_started","paused"]' GET "/events/$(made)/outcome"
gives "it is resumed" 200 .status enabled POST "/automations/$welcome/resume"
gives "it is stopped" 200 '[.object, .status]' '["automation","disabled"]' \
    POST "/automations/$welcome/stop"
gives "a stopped one is paused, too" 200 .status paused POST \
    "/automations/$welcome/pause"
gives "and is disabled after that" 200 .status disabled POST \
    "/automations/$welcome/resume"
gives "everything is paused" 200 '[.object, .injection, .engine]' \
    '["pause",false,true]' POST /pause/engine
ok "which status says" becomes '[.paused.injection, .paused.engine] |
    join(" ")' 'false true' /status
gives "and injection" 200 '[.injection, .engine]' '[true,true]' POST \
    /pause/injection
gives "which the queue says, too" 200 '[.held, .injection_paused]' \
    '[false,true]' GET /queue
gives "also when it is held" 200 '[.held, .injection_paused]' '[true,true]' \
    POST /queue/hold
gives "and released" 200 '[.held, .injection_paused]' '[false,true]' POST \
    /queue/release
gives "one goes on" 200 '[.injection, .engine]' '[true,false]' POST \
    /resume/engine
gives "and the other" 200 '[.injection, .engine]' '[false,false]' POST \
    /resume/injection
gives "the queue is as it was" 200 '[.held, .injection_paused]' \
    '[false,false]' GET /queue
gives "status tells of long work" 200 '.jobs | type' array GET /status

# ---- looked over, handed out, erased

# slices PATH FILTER: every answer's part, one a line, until there is no next.
slices() {
	local path=$1 filter=$2 next=
	while :; do
		req GET "$path${next:+?cursor=$next}"
		[ "$status" = 200 ] || return 1
		jq -c "$filter" <<<"$body"
		next=$(jq -r '.next // empty' <<<"$body")
		[ -n "$next" ] || return 0
	done
}
# Many runs of one contact rest at one step.
req POST /automations '{"name": "crowd", "status": "enabled", "steps": [
    {"key": "s", "type": "trigger", "config": {"event_name": "crowd"}},
    {"key": "w", "type": "wait_for_event", "config": {"event_name": "never"}}],
    "connections": [{"from": "s", "to": "w"}]}'
for _ in 1 2 3 4 5 6 7; do
	req POST /events/send/batch "$(jq -cn '[range(100) |
	    {event: "crowd", email: "crowd@d.example"}]')"
done
is "$(slices /doctor/db '.problems[]')" '' "the database is sound"
gives "which was looked at" 200 '[.object, .checked > 0]' '["doctor",true]' \
    GET /doctor/db
is "$(slices "/contacts/$bob/export" '.data[].object' | sort | uniq -c |
    awk '{ print $2, ($1 > 0) }' | tr '\n' ' ')" \
    '"automation_run" 1 "contact" 1 "event" 1 "skipped" 1 ' \
    "all of a contact is handed out"
is "$(slices "/contacts/$bob/export" '.data[] | select(.object == "event") |
    select(.event == "signup") | .payload')" '{"a":1}
null' "its events with what they carried"
is "$(slices "/contacts/$bob/export" '.data[] | select(.object == "contact") |
    [.email, .segments[].name, .topics[].name]')" \
    '["bob+x@doors.example","Pros","Best friends","Daily"]' \
    "and what it is in"
# The command line reads the same answers.
cli() {
	"$POSTFLOW" -c "$POSTFLOW_CONF" "$@"
}
like "$(cli doctor --db)" '^[1-9][0-9]* rows checked, 0 problems found$' \
    "postflow doctor finds nothing"
like "$(cli why bob+x@doors.example "$welcome")" 'verdict: .*came to the end' \
    "postflow why says the verdict"
is "$(cli --json contacts export bob+x@doors.example |
    jq -r '[.data[].object] | unique | join(" ")')" \
    "automation_run contact event skipped" "postflow hands out all, too"
is "$(cli --json automations skipped "$welcome" | jq -r '.data | length > 0')" \
    true "postflow lists what was skipped"

gives "a contact is erased" 200 '[.object, .id, .erased]' \
    "[\"contact\",\"$bob\",true]" POST "/contacts/$bob/erase"
refused "it is gone" 404 not_found GET "/contacts/$bob"
gives "a contact is deleted" 200 '[.object, .id, .contact, .deleted]' \
    "[\"contact\",\"$ann\",\"$ann\",true]" DELETE /contacts/anna@doors.example
refused "it is gone, too" 404 not_found GET "/contacts/$ann"
ok "long work ends" wait_for 20 becomes '.jobs | length' 0 /status
is "$(slices /doctor/db '.problems[]')" '' "the database is sound after that"

# ---- names that are misspelt

gives "a misspelt field is told" 422 '[.name, .message]' \
    "[\"validation_error\",\"\`unsubscribd\` is not a field here; is \`unsubscribed\` meant?\"]" \
    POST /contacts '{"email": "spelt@doors.example", "unsubscribd": true}'
refused "and nothing is done" 404 not_found GET /contacts/spelt@doors.example
gives "so is one within" 422 .message \
    "\`topics[0].subscripton\` is not a field here; is \`subscription\` meant?" \
    POST /contacts '{"email": "spelt@doors.example",
    "topics": [{"id": "'"$news"'", "subscripton": "opt_in"}]}'
gives "another name is ignored" 201 .object contact POST /contacts \
    '{"email": "spelt@doors.example", "tags": [], "subscribed": true,
    "properties": {"emial": 1}}'
gives "one beside the right one, too" 200 .object contact PATCH \
    /contacts/spelt@doors.example '{"unsubscribed": true, "unsubscribd": 1}'
gives "in a batch it is one event's" 202 '[.data[] | .event // .message]' \
    "[\"spelt\",\"\`paylod\` is not a field here; is \`payload\` meant?\"]" \
    POST /events/send/batch \
    '[{"event": "spelt", "email": "spelt@doors.example", "source": "app"},
    {"event": "spelt", "email": "spelt@doors.example", "paylod": {}}]'
gives "at the top of an automation" 422 .message \
    "\`setings\` is unknown; known are: name, status, steps, connections (or edges), settings." \
    PATCH "/automations/$welcome" '{"setings": {}}'
gives "and of one to be simulated" 422 .message \
    "\`automation\`: \`setings\` is unknown; known are: name, status, steps, connections (or edges), settings." \
    POST /automations/simulate '{"email": "spelt@doors.example",
    "automation": {"steps": [], "connections": [], "setings": {}}}'

# ---- what is refused

long=$(printf 'a%.0s' {1..300})
many=$(jq -nc '[range(201) | {key: "p\(.)", value: 1}] | from_entries')
crlf='a\\r\\nb'
trigger='{"key":"t","type":"trigger","config":{"event_name":"x"}}'
# STATUS NAME METHOD PATH [BODY]
while read -r status name method path json; do
	refused "$method $path ${json:0:60}" "$status" "$name" "$method" \
	    "$path" "${json:-}"
done <<END
422 missing_required_field POST /contact-properties {"type":"string"}
422 missing_required_field POST /contact-properties {"key":"a"}
422 validation_error POST /contact-properties {"key":1,"type":"string"}
422 validation_error POST /contact-properties {"key":"","type":"string"}
422 validation_error POST /contact-properties {"key":"a-b","type":"string"}
422 validation_error POST /contact-properties {"key":"${long:0:51}","type":"string"}
422 validation_error POST /contact-properties {"key":"a","type":"list"}
422 validation_error POST /contact-properties {"key":"a","type":5}
422 validation_error POST /contact-properties {"key":"plan","type":"string"}
422 validation_error POST /contact-properties {"key":"a","type":"string","fallback_value":5}
422 validation_error POST /contact-properties {"key":"a","type":"number","fallback_value":"5"}
422 validation_error POST /contact-properties []
422 validation_error POST /contact-properties
422 missing_required_field PATCH /contact-properties/$plan {}
422 validation_error POST /contact-properties {"key":"b","type":"string","fallbackValue":"x"}
422 validation_error PATCH /contact-properties/$plan {"fallback":1,"falback_value":"x"}
422 validation_error PATCH /contacts/$dan {"firstName":"x"}
422 validation_error POST /segments {"name":"a","fliter":{}}
422 validation_error PATCH /segments/$friends {"names":"a"}
422 validation_error POST /topics {"name":"a","default_subscription":"opt_in","visibilty":"public"}
422 validation_error PATCH /topics/$news {"descripton":"a"}
422 validation_error PATCH /contacts/$dan/topics {"topic":[]}
422 validation_error POST /events {"name":"misspelt","shema":{}}
422 validation_error PATCH /events/signup {"schem":{}}
422 validation_error POST /events/send {"event":"x","email":"x@doors.example","payloads":{}}
422 validation_error POST /templates {"name":"a","html":"a","subjet":"a"}
422 validation_error POST /templates {"name":"a","html":"a","variables":[{"key":"A","type":"string","fallbackValue":"x"}]}
422 validation_error POST /webhooks {"endpoint":"http://127.0.0.1:9/","evets":["contact.created"]}
422 validation_error POST /emails {"from":"a@b.co","to":"a@b.co","subject":"s","text":"t","scheduledAt":"in 1 hour"}
422 validation_error POST /emails {"from":"a@b.co","to":"a@b.co","subject":"s","text":"t","attachments":[{"content":"aGk=","filname":"a.txt"}]}
422 validation_error POST /emails/batch [{"from":"a@b.co","to":"a@b.co","subject":"s","text":"t","replyTo":"a@b.co"}]
422 validation_error POST /api-keys {"name":"a","permision":"sending_access"}
422 validation_error POST /suppressions/batch/add {"email":["a@b.co"]}
422 validation_error POST /automations/$welcome/runs {"email":"x@doors.example","paylod":{}}
422 validation_error POST /automations/$welcome/simulate {"email":"x@doors.example","evens":[]}
422 validation_error POST /automations/$welcome/simulate {"contact":{"email":"x@doors.example","lastName":"x"}}
422 validation_error PATCH /contact-properties/$plan {"fallback_value":5}
422 validation_error PATCH /contact-properties/$plan {"fallback_value":{}}
404 not_found PATCH /contact-properties/$unknown {"fallback_value":"x"}
404 not_found GET /contact-properties/$unknown
404 not_found DELETE /contact-properties/$unknown
422 invalid_parameter GET /contact-properties/plan
422 invalid_parameter DELETE /contact-properties/5
422 validation_error GET /contact-properties?limit=0
422 validation_error GET /contact-properties?after=x
405 method_not_allowed PUT /contact-properties {}
405 method_not_allowed POST /contact-properties/$plan {}
422 missing_required_field POST /segments {}
422 missing_required_field POST /segments {"name":null}
422 validation_error POST /segments {"name":5}
422 validation_error POST /segments {"name":""}
422 validation_error POST /segments {"name":"$long"}
422 validation_error POST /segments {"name":"$crlf"}
422 validation_error POST /segments {"name":"a","filter":"x"}
422 validation_error POST /segments {"name":"a","filter":{}}
422 validation_error POST /segments {"name":"a","filter":{"type":"rule","field":"event.x","operator":"eq","value":1}}
422 validation_error POST /segments {"name":"a","filter":{"type":"rule","field":"contact.email","operator":"like","value":1}}
422 missing_required_field PATCH /segments/$friends {}
422 validation_error PATCH /segments/$friends {"name":""}
404 not_found PATCH /segments/$unknown {"name":"a"}
404 not_found GET /segments/$unknown
404 not_found GET /segments/$unknown/contacts
404 not_found GET /contacts?segment_id=$unknown
422 invalid_parameter GET /contacts?segment_id=x
422 invalid_parameter GET /segments/x
422 invalid_parameter DELETE /segments/x
422 validation_error GET /segments?limit=101
405 method_not_allowed PUT /segments/$friends {}
405 method_not_allowed DELETE /audiences
404 not_found POST /audiences/$unknown/contacts {"email":"x@doors.example"}
422 missing_required_field POST /topics {"default_subscription":"opt_in"}
422 missing_required_field POST /topics {"name":"a"}
422 validation_error POST /topics {"name":"a","default_subscription":"yes"}
422 validation_error POST /topics {"name":"a","default_subscription":true}
422 validation_error POST /topics {"name":"${long:0:51}","default_subscription":"opt_in"}
422 validation_error POST /topics {"name":"a","default_subscription":"opt_in","description":"$long"}
422 validation_error POST /topics {"name":"a","default_subscription":"opt_in","description":"$crlf"}
422 validation_error POST /topics {"name":"a","default_subscription":"opt_in","visibility":"secret"}
422 validation_error PATCH /topics/$news {}
422 validation_error PATCH /topics/$news {"default_subscription":"opt_in"}
422 validation_error PATCH /topics/$news {"name":""}
404 not_found PATCH /topics/$unknown {"name":"a"}
404 not_found DELETE /topics/$unknown
422 invalid_parameter GET /topics/x
405 method_not_allowed PUT /topics/$news {}
422 missing_required_field POST /contacts {}
422 validation_error POST /contacts {"email":"x@"}
422 validation_error POST /contacts {"email":5}
422 validation_error POST /contacts {"email":"x@doors.example","first_name":5}
422 validation_error POST /contacts {"email":"x@doors.example","first_name":"$long"}
422 validation_error POST /contacts {"email":"x@doors.example","last_name":"$crlf"}
422 validation_error POST /contacts {"email":"x@doors.example","unsubscribed":"no"}
422 validation_error POST /contacts {"email":"x@doors.example","properties":[]}
422 validation_error POST /contacts {"email":"x@doors.example","properties":{"a-b":1}}
422 validation_error POST /contacts {"email":"x@doors.example","properties":{"a":{}}}
422 validation_error POST /contacts {"email":"x@doors.example","segments":"x"}
422 validation_error POST /contacts {"email":"x@doors.example","segments":[5]}
422 validation_error POST /contacts {"email":"x@doors.example","segments":[{}]}
422 invalid_parameter POST /contacts {"email":"x@doors.example","segments":["x"]}
404 not_found POST /contacts {"email":"x@doors.example","segments":["$unknown"]}
404 not_found POST /contacts {"email":"x@doors.example","segments":["$news"]}
422 validation_error POST /contacts {"email":"x@doors.example","segments":["$pros"]}
422 validation_error POST /contacts {"email":"x@doors.example","topics":[5]}
422 missing_required_field POST /contacts {"email":"x@doors.example","topics":[{"id":"$news"}]}
422 missing_required_field POST /contacts {"email":"x@doors.example","topics":[{"subscription":"opt_in"}]}
422 validation_error POST /contacts {"email":"x@doors.example","topics":[{"id":"$news","subscription":"in"}]}
404 not_found POST /contacts {"email":"x@doors.example","topics":[{"id":"$unknown","subscription":"opt_in"}]}
404 not_found POST /contacts {"email":"x@doors.example","topics":[{"id":"$friends","subscription":"opt_in"}]}
404 not_found GET /contacts/x@doors.example
404 not_found PATCH /contacts/x@doors.example {"first_name":"x"}
404 not_found DELETE /contacts/x@doors.example
404 not_found DELETE /contacts/$unknown
422 invalid_parameter PATCH /contacts/x {"first_name":"x"}
404 not_found GET /contacts/$unknown/segments
404 not_found GET /contacts/$unknown/topics
404 not_found POST /contacts/$unknown/segments/$friends
404 not_found POST /contacts/$dan/segments/$unknown
422 invalid_parameter POST /contacts/$dan/segments/x
422 validation_error POST /contacts/$dan/segments/$pros
404 not_found DELETE /contacts/$dan/segments/$unknown
422 missing_required_field PATCH /contacts/$dan/topics {}
422 validation_error PATCH /contacts/$dan/topics {"topics":{}}
422 validation_error PATCH /contacts/$dan/topics 5
404 not_found PATCH /contacts/$dan/topics [{"id":"$unknown","subscription":"opt_in"}]
405 method_not_allowed PUT /contacts/$dan/topics []
422 missing_required_field POST /events {}
422 validation_error POST /events {"name":5}
422 validation_error POST /events {"name":""}
422 validation_error POST /events {"name":"$crlf"}
422 validation_error POST /events {"name":"$long"}
422 validation_error POST /events {"name":"resend:x"}
422 validation_error POST /events {"name":"signup"}
422 validation_error POST /events {"name":"a","schema":[]}
422 validation_error POST /events {"name":"a","schema":{"b":"money"}}
422 validation_error POST /events {"name":"a","schema":{"b":5}}
422 missing_required_field PATCH /events/signup {}
422 validation_error PATCH /events/signup {"schema":5}
422 validation_error PATCH /events/signup {"name":"b","schema":null}
404 not_found PATCH /events/nothing {"schema":null}
404 not_found GET /events/nothing
404 not_found GET /events/$unknown
404 not_found DELETE /events/nothing
404 not_found GET /events/$unknown/outcome
422 invalid_parameter GET /events/x/outcome
422 validation_error GET /events?limit=x
405 method_not_allowed PUT /events {}
405 method_not_allowed POST /events/signup {}
422 missing_required_field POST /automations {"steps":[]}
422 missing_required_field POST /automations {"name":"a"}
422 validation_error POST /automations {"name":"$long","steps":$(jq -c . <<<"$steps"),"connections":[]}
422 validation_error POST /automations {"name":"a","status":"on","steps":$(jq -c . <<<"$steps"),"connections":[]}
422 validation_error POST /automations {"name":"a","settings":5,"steps":$(jq -c . <<<"$steps"),"connections":[]}
422 validation_error POST /automations {"name":"a","settings":{"reentry":{"policy":"x"}},"steps":$(jq -c . <<<"$steps"),"connections":[]}
422 validation_error POST /automations {"name":"a","settings":{"exit":[{"type":"x"}]},"steps":$(jq -c . <<<"$steps"),"connections":[]}
422 validation_error PATCH /automations/$welcome {}
422 validation_error PATCH /automations/$welcome {"settings":5}
422 validation_error PATCH /automations/$welcome {"settings":{"exit":[{"type":"unsubscribed","event_name":"x"}]}}
422 validation_error PATCH /automations/$welcome {"steps":[$trigger,{"key":"d","type":"delay","config":{"duraton":"1 day"}}],"connections":[]}
422 validation_error POST /automations/simulate {"email":"x@doors.example","automation":{"steps":[$trigger,{"key":"d","type":"delay","config":{"duration":"1 day","unit":"h"}}],"connections":[]}}
422 validation_error POST /automations/$welcome/simulate {"email":"x"}
422 validation_error POST /automations/$welcome/simulate {"contact":{"email":"x"}}
422 validation_error POST /automations/$welcome/simulate {"email":"x@doors.example","event":"resend:contact.created"}
422 validation_error POST /automations/$welcome/simulate {"email":"x@doors.example","event":""}
422 validation_error POST /automations/$welcome/simulate {"email":"x@doors.example","events":[{"after":"1 day","event":"resend:mine"}]}
422 validation_error POST /automations/$welcome/simulate {"contact":{"email":"x@doors.example","properties":{"${long:0:51}":1}}}
422 validation_error POST /automations/$welcome/simulate {"contact":{"email":"x@doors.example","properties":{"a":[]}}}
422 validation_error POST /automations/$welcome/simulate {"contact":{"email":"x@doors.example","properties":$many}}
422 validation_error POST /automations/$welcome/simulate {"contact":{"email":"x@doors.example","first_name":"$long"}}
422 validation_error POST /automations/$welcome/simulate {"email":"x@doors.example","events":[{"after":"1 day","contact":{"properties":{"a-b":1}}}]}
422 validation_error POST /automations/$welcome/simulate {"email":"x@doors.example","events":[{"after":"1 day","contact":{"properties":$many}}]}
422 validation_error POST /automations/$welcome/simulate {"email":"x@doors.example","events":[{"after":"1 day","contact":{"email":"y@doors.example"}}]}
422 validation_error POST /segments {"name":"a","filter":{"type":"rule","field":"contact.email","operator":"exists","valeu":1}}
404 not_found PATCH /automations/$unknown {"name":"a"}
404 not_found POST /automations/$unknown/pause
404 not_found POST /automations/$unknown/resume
404 not_found POST /automations/$unknown/stop
404 not_found POST /automations/$unknown/duplicate
422 invalid_parameter POST /automations/x/pause
404 not_found GET /automations/$unknown/skipped
405 method_not_allowed GET /automations/$welcome/pause
405 method_not_allowed PUT /automations/$welcome {}
422 validation_error POST /automations/$welcome/runs {}
422 validation_error POST /automations/$welcome/runs
422 validation_error POST /automations/$welcome/runs {"contact_id":"$dan","email":"x@doors.example"}
422 invalid_parameter POST /automations/$welcome/runs {"contact_id":"x"}
404 not_found POST /automations/$welcome/runs {"contact_id":"$unknown"}
422 validation_error POST /automations/$welcome/runs {"email":"x"}
422 validation_error POST /automations/$welcome/runs {"contact_id":"$dan","payload":[]}
404 not_found POST /automations/$unknown/runs {"contact_id":"$dan"}
404 not_found POST /automations/$welcome/runs/$unknown/cancel
404 not_found POST /automations/$welcome/runs/$unknown/retry
422 invalid_parameter POST /automations/$welcome/runs/x/cancel
405 method_not_allowed GET /automations/$welcome/runs/$by_hand/cancel
404 not_found GET /contacts/$unknown/runs
404 not_found POST /contacts/$unknown/runs/cancel
405 method_not_allowed GET /contacts/$dan/runs/cancel
422 missing_required_parameter GET /contacts/$dan/why
422 invalid_parameter GET /contacts/$dan/why?automation=x
404 not_found GET /contacts/$dan/why?automation=$unknown
404 not_found GET /contacts/$unknown/why?automation=$welcome
404 not_found GET /contacts/$unknown/export
422 invalid_parameter GET /contacts/$dan/export?cursor=x
422 invalid_parameter GET /contacts/$dan/export?cursor=1.2.3
404 not_found POST /contacts/$unknown/erase
405 method_not_allowed GET /contacts/$dan/erase
422 invalid_parameter GET /doctor/db?cursor=1.2
422 invalid_parameter GET /doctor/db?cursor=
405 method_not_allowed POST /doctor/db {}
404 not_found POST /pause/everything
404 not_found POST /resume/everything
405 method_not_allowed GET /pause/engine
END
# What nobody would read is refused, in words that help.
# says WHAT PATTERN CONFIG-OF-A-STEP [TYPE [SETTINGS]]
says() {
	refused "$1" 422 validation_error POST /automations '{"name": "a",
	    "steps": ['"$trigger"', {"key": "s", "type": "'"${4-delay}"'",
	    "config": '"$3"'}], "connections": [{"from": "t", "to": "s"}],
	    "settings": '"${5-null}"'}'
	like "$(cat "$tmp/answer")" "$2" "which is said"
}
says "a misspelt name" 'config\.duraton. of step .s. is unknown; known are: duration' \
    '{"duraton": "1 day"}'
says "one within a rule" 'config\.filter_rule\.rules\[0\]\.feild. of step' \
    '{"event_name": "y", "filter_rule": {"type": "and", "rules": [
    {"type": "rule", "feild": "event.a", "operator": "exists"}]}}' \
    wait_for_event
says "an event of ours that there is not" \
    'no event of ours: .resend:email\.open.; there are .*opened' \
    '{"event_name": "resend:email.open"}' wait_for_event
says "a delay of nothing" \
    'Step .s.: .config.duration.: .0 minutes. is no time at all' \
    '{"duration": "0 minutes"}'
says "one of too much" '.31 days. is too long; .* at most 30 days' \
    '{"duration": "31 days"}'
says "one of no words" '.1d1. is not a duration such as' '{"duration": "1d1"}'
says "a NUL in a text" 'A text holds .+u0000, which no text may' \
    '{"duration": "1 day\\u0000"}'
gives "a duration without blanks" 201 .object automation POST /automations \
    '{"name": "a", "steps": ['"$trigger"', {"key": "s", "type": "delay",
    "config": {"duration": "1d1h"}}], "connections": []}'
gives "reads back as it was written" 200 '.steps[1].config.duration' 1d1h \
    GET "/automations/$(made)"
says "an exit by one that never comes" \
    'settings\.exit\[0\]\.event_name. holds a control character' \
    '{"duration": "1 day"}' delay \
    '{"exit": [{"type": "event_received", "event_name": "a\\u0001"}]}'

refused "nobody was made by a request that was refused" 404 not_found GET \
    /contacts/x@doors.example

# A key that may only send may do none of it.
req POST /api-keys '{"name": "s", "permission": "sending_access"}'
key=$(jq -r .token <<<"$body")
for path in contact-properties segments audiences topics contacts events \
    automations "contacts/$dan/runs" "contacts/$dan/export" doctor/db; do
	refused "a restricted key at /$path" 401 restricted_api_key GET "/$path"
done
refused "it pauses nothing" 401 restricted_api_key POST /pause/engine
unset key

# What is broken behind the daemon's back is found.
is_gone() {
	! as_root kill -0 "$POSTFLOWD_PID" 2>/dev/null
}
as_root kill "$POSTFLOWD_PID"
ok "the daemon ends" wait_for 20 is_gone
as_root sqlite3 "$POSTFLOW_DB" "UPDATE automation_versions SET graph =
    replace(graph, 'add_to_segment', 'fly') WHERE num = (SELECT version
    FROM automations WHERE name = 'Upgraded');
    UPDATE automation_versions SET graph =
    replace(graph, 'timeout', 'tiemout') WHERE num = (SELECT version
    FROM automations WHERE name = 'Welcome!');
    INSERT INTO contact_topics VALUES(5, 6, 1)"
lab restart "$tmp/lab" postflowd >/dev/null
lab_env "$tmp/lab"
said=$(cli doctor --db) && status=0 || status=$?
is "$status" 1 "postflow doctor finds something"
like "$said" "automations +$upgraded +.*\`fly\`" \
    "an automation that makes no sense"
like "$said" 'contact_topics .*its contact is not there' "a broken tie"
like "$said" '2 problems found' "and nothing else"

# A version with a name that would not be taken any more stays in use.
gives "an old one has what it had" 200 '.steps[1].config.tiemout' '2 days' \
    GET "/automations/$welcome"
gives "its settings are changed" 200 .id "$welcome" PATCH \
    "/automations/$welcome" \
    '{"settings": {"on_stop": "continue"}}'
gives "it is enabled" 200 .id "$welcome" PATCH "/automations/$welcome" \
    '{"status": "enabled"}'
gives "and lets in" 201 .object automation_run POST \
    "/automations/$welcome/runs" "{\"contact_id\": \"$dan\"}"

finish
