#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Webhooks: what happens is told, signed, until it is heard; also when the
# server is killed on the way, when an endpoint does not answer, and not to
# where it must not go.
# shellcheck disable=SC2154
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

# The endpoint; its files are what it was told.
mkdir "$tmp/told"
"$tools/hookcatch" "$tmp/told" >"$tmp/port" &
catcher=$!
trap 'kill "$catcher"; cleanup $?' EXIT
wait_for 10 test -s "$tmp/port"
endpoint=http://127.0.0.1:$(cat "$tmp/port")

lab_up "$tmp/lab" --mta none

# hook NAME PATH TYPES: makes one; sets the variables NAME and NAME_secret.
hook() {
	req POST /webhooks '{"endpoint": "'"$endpoint$2"'", "events": '"$3"'}'
	[ "$status" = 201 ] || echo "# $body"
	printf -v "$1" %s "$(made)"
	printf -v "$1_secret" %s "$(jq -r .signing_secret <<<"$body")"
}

# contact NAME: makes one.
contact() {
	api POST /contacts '{"email": "'"$1"'@hooks.example"}' >/dev/null
}

# told PATH [PATTERN]: the requests to a path whose body matches, a file each.
told() {
	local head
	for head in "$tmp/told"/*.head; do
		[ -f "$head" ] || continue
		[ "$(head -n 1 "$head")" = "POST $1" ] || continue
		grep -qE -- "${2-.}" "${head%.head}.body" || continue
		echo "${head%.head}"
	done
}

# is_told N PATH [PATTERN]: at least so often.
is_told() {
	[ "$(told "${@:2}" | wc -l)" -ge "$1" ]
}

# said NAME FILE: a header of a request.
said() {
	sed -n "s/^$1: //p" "$2.head"
}

# sign SECRET FILE: what the signature of a request must be.
sign() {
	local key
	key=$(base64 -d <<<"${1#whsec_}" | od -An -vtx1 | tr -d ' \n')
	printf 'v1,%s' "$({
		printf '%s.%s.' "$(said svix-id "$2")" \
		    "$(said svix-timestamp "$2")"
		cat "$2.body"
	} | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary |
	    base64)"
}

# event_of WEBHOOK: its newest event.
event_of() {
	api_get '.data[0].id' "/webhooks/$1/events?limit=1"
}

# stands WEBHOOK EVENT: its status.
stands() {
	api_get .status "/webhooks/$1/events/$2"
}

# The statuses that attempts were answered with, oldest first.
answered() {
	api_get '[.data[].http_status_code] | reverse | join(" ")' \
	    "/webhooks/$1/events/$2/attempts"
}

# ---- told and signed -----------------------------------------------------

hook ok /ok '["contact.created", "contact.deleted"]'
like "$ok_secret" '^whsec_[A-Za-z0-9+/]{32}$' "a secret"
contact ada
ok "a contact is told of" wait_for 10 is_told 1 /ok ada@hooks
first=$(told /ok)
is "$(said svix-signature "$first")" "$(sign "$ok_secret" "$first")" \
    "openssl says the same signature"
like "$(said svix-id "$first")" '^msg_[0-9a-f]{24}$' "its id"
is "$(said Content-Type "$first")" application/json "it is JSON"
like "$(said User-Agent "$first")" '^Postflow/' "and says who speaks"
is "$(jq -r '.type + " " + .data.email' "$first.body")" \
    'contact.created ada@hooks.example' "and what happened"
event=$(event_of "$ok")
becomes_success() { [ "$(stands "$1" "$2")" = success ]; }
ok "it is noted as heard" wait_for 10 becomes_success "$ok" "$event"
is "$(answered "$ok" "$event")" 200 "with the answer"
gives "it is shown" 200 '[.object, .type, .status, .next_attempt_at,
    .payload.data.email]' \
    '["webhook_event","contact.created","success",null,"ada@hooks.example"]' \
    GET "/webhooks/$ok/events/$event"

# ---- in the shapes that clients know -------------------------------------

req GET "/webhooks/$ok"
is "$(jq -r '[.object, .endpoint, (.events | join(",")), .status,
    .signing_secret] | join(" ")' <<<"$body")" \
    "webhook $endpoint/ok contact.created,contact.deleted enabled $ok_secret" \
    "a webhook shows its secret"
gives "a list does not" 200 '[.object, .has_more, (.data[0] | keys | join(" "))]' \
    '["list",false,"created_at endpoint events id status"]' GET /webhooks
gives "events are listed" 200 '[.object, .has_more, (.data[0] | keys | join(" "))]' \
    '["list",false,"created_at id status type"]' GET "/webhooks/$ok/events"
gives "so are attempts" 200 '[.object, (.data[0] | keys | join(" "))]' \
    '["list","http_status_code id response sent_at"]' \
    GET "/webhooks/$ok/events/$event/attempts"

unknown=01a20d62-36fc-8000-802e-1ecd28000000
for path in /webhooks/x "/webhooks/x/events" "/webhooks/$ok/events/x" \
    "/webhooks/$ok/events/x/attempts"; do
	refused "GET $path" 422 invalid_parameter GET "$path"
done
for path in "/webhooks/$unknown" "/webhooks/$unknown/events" \
    "/webhooks/$ok/events/$unknown" \
    "/webhooks/$ok/events/$unknown/attempts"; do
	refused "GET $path" 404 not_found GET "$path"
done
refused "an unknown one is not changed" 404 not_found \
    PATCH "/webhooks/$unknown" '{"status": "disabled"}'
refused "nor deleted" 404 not_found DELETE "/webhooks/$unknown"
refused "nor rotated" 404 not_found \
    POST "/webhooks/$unknown/signing-secret/rotate"
refused "nor replayed" 404 not_found \
    POST "/webhooks/$ok/events/$unknown/replay"
refused "no PUT" 405 method_not_allowed PUT "/webhooks/$ok" '{}'
refused "no body" 422 validation_error POST /webhooks
refused "an array" 422 validation_error POST /webhooks '[]'
refused "no endpoint" 422 missing_required_field POST /webhooks \
    '{"events": ["email.sent"]}'
refused "no events" 422 missing_required_field POST /webhooks \
    '{"endpoint": "https://a.example/"}'
for bad in '"endpoint": 1, "events": ["email.sent"]' \
    '"endpoint": "ftp://a.example/", "events": ["email.sent"]' \
    '"endpoint": "https://u:p@a.example/", "events": ["email.sent"]' \
    '"endpoint": "https://a.example/", "events": []' \
    '"endpoint": "https://a.example/", "events": "email.sent"' \
    '"endpoint": "https://a.example/", "events": [1]' \
    '"endpoint": "https://a.example/", "events": ["email.snt"]'; do
	refused "$bad" 422 validation_error POST /webhooks "{$bad}"
done
refused "nothing to change" 422 validation_error PATCH "/webhooks/$ok" '{}'
refused "a status that is none" 422 validation_error PATCH "/webhooks/$ok" \
    '{"status": "on"}'
refused "paging backwards" 422 validation_error \
    GET "/webhooks/$ok/events?before=$event"
sending=$(api POST /api-keys '{"name": "s", "permission": "sending_access"}' |
    head -n 1 | jq -r .token)
key=$sending refused "a key that may only send" 401 restricted_api_key \
    GET /webhooks

# ---- told again, whatever is killed --------------------------------------

hook gate /gate '["contact.created"]'
contact gus
ok "it is told again at once" wait_for 10 is_told 2 /gate gus@hooks
event=$(event_of "$gate")
attempted() { [[ $(answered "$gate" "$event") == '500 500'* ]]; }
ok "both attempts are noted" wait_for 10 attempted
is "$(stands "$gate" "$event")" attempting "it is to be told again"
is "$(figure .webhooks.owed)" 1 "the status says that one is owed"
like "$(figure .webhooks.oldest_at)" '^20' "and since when"
kill_hard "$POSTFLOWD_PID"
touch "$tmp/told/open"
lab restart "$tmp/lab" postflowd >/dev/null
lab restart "$tmp/lab" postflowd >/dev/null
lab_env "$tmp/lab"
ok "after a kill and a restart it is told again" \
    wait_for 20 is_told 3 /gate gus@hooks
ok "and heard" wait_for 10 becomes_success "$gate" "$event"
is "$(for file in $(told /gate gus@hooks); do said svix-id "$file"; done |
    sort -u | wc -l)" 1 "every time under the same id"
like "$(answered "$gate" "$event")" '^500 500 (200 ?)+$' \
    "each attempt is there"

# Killed again and again while contacts are made.
for round in 1 2 3; do
	for i in $(seq 30); do
		code=$(curl -s -o /dev/null -w '%{http_code}' \
		    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
		    -d '{"email": "r'"$round-$i"'@hooks.example"}' \
		    "$POSTFLOW_URL/contacts") || :
		[ "$code" != 201 ] || echo "r$round-$i@hooks.example"
	done >>"$tmp/made" &
	maker=$!
	wait_for 10 is_told 3 /ok "r$round-"
	kill_hard "$POSTFLOWD_PID"
	wait "$maker"
	lab restart "$tmp/lab" postflowd >/dev/null
	lab_env "$tmp/lab"
done
nothing_owed() { [ "$(figure .webhooks.owed)" = 0 ]; }
ok "nothing is owed in the end" wait_for 20 nothing_owed
cat "$tmp/told"/*.body | jq -r .data.email | sort -u >"$tmp/heard"
is "$(sort -u "$tmp/made" | comm -23 - "$tmp/heard")" '' \
    "whoever was made was told of"

# ---- whom it must not wait for, and where it must not go -----------------

hook silent /silent '["contact.created"]'
hook moved /status/302 '["contact.created"]'
hook big /big '["contact.created"]'
for i in $(seq 20); do
	contact "slow$i"
done
ok "one that does not answer delays no other" \
    wait_for 10 is_told 20 /ok 'slow[0-9]+@'
ok "nor the rest" wait_for 10 is_told 20 /big 'slow[0-9]+@'
is "$(told /silent | wc -l)" 8 "so many are under way to it at once"
took=$(curl -s -o /dev/null -w '%{time_total}' \
    -H "Authorization: Bearer $POSTFLOW_API_KEY" "$POSTFLOW_URL/contacts")
ok "nor the API ($took s)" awk "BEGIN { exit !($took < 1) }"
event=$(api_get '.data[-1].id' "/webhooks/$moved/events")
twice() { [[ $(answered "$moved" "$event") == '302 302'* ]]; }
ok "a redirect is a failure" wait_for 10 twice
is "$(told /ok 'slow1@' | wc -l)" 1 "and is not followed"
event=$(api_get '.data[-1].id' "/webhooks/$big/events")
ok "a long answer is an answer" wait_for 10 becomes_success "$big" "$event"
is "$(api_get '.data[0].response | length' \
    "/webhooks/$big/events/$event/attempts")" 4096 "of which 4 KB are kept"
began=$(date +%s%N)
lab restart "$tmp/lab" postflowd >/dev/null
lab_env "$tmp/lab"
took=$((($(date +%s%N) - began) / 1000000))
ok "who does not answer does not keep it from stopping ($took ms)" \
    test "$took" -lt $((2000 + $(sanitized && echo 2000 || echo 0)))
for name in silent moved big; do
	api DELETE "/webhooks/${!name}" >/dev/null
done

# ---- two secrets, and telling once more -----------------------------------

req POST "/webhooks/$ok/signing-secret/rotate"
new_secret=$(jq -r .signing_secret <<<"$body")
is "$status $(jq -r '[.object, .id] | join(" ")' <<<"$body")" \
    "200 webhook $ok" "a new secret"
contact rosa
ok "told by both" wait_for 10 is_told 1 /ok rosa@hooks
file=$(told /ok rosa@hooks)
is "$(said svix-signature "$file")" \
    "$(sign "$new_secret" "$file") $(sign "$ok_secret" "$file")" \
    "the new one and the old one sign"
event=$(event_of "$ok")
gives "disabled" 200 '[.object, .id == "'"$ok"'"]' '["webhook",true]' \
    PATCH "/webhooks/$ok" '{"status": "disabled"}'
contact dora
is "$(event_of "$ok")" "$event" "a disabled one is owed nothing"
refused "and replays nothing" 422 validation_error \
    POST "/webhooks/$ok/events/$event/replay"
gives "enabled" 200 .object webhook \
    PATCH "/webhooks/$ok" '{"status": "enabled"}'
gives "it is told once more" 200 '[.object, .id == "'"$event"'"]' \
    '["webhook_event",true]' POST "/webhooks/$ok/events/$event/replay"
ok "and is" wait_for 10 is_told 2 /ok rosa@hooks
is "$(for file in $(told /ok rosa@hooks); do said svix-id "$file"; done |
    sort -u | wc -l)" 1 "under the same id"
is "$("$POSTFLOW" -c "$POSTFLOW_CONF" --json webhooks events attempts "$ok" \
    "$event" | jq '.data | length')" 2 "the command line shows both attempts"

# ---- what else is told ----------------------------------------------------

hook all /all '["all"]'
mail_on order.made
api POST /events/send '{"event": "order.made",
    "email": "mia@hooks.example"}' >/dev/null
topic=$(api POST /topics '{"name": "News",
    "default_subscription": "opt_in"}' | head -n 1 | jq -r .id)
api PATCH /contacts/mia@hooks.example/topics '[{"id": "'"$topic"'",
    "subscription": "opt_out"}]' >/dev/null
ok "a mail is told of" wait_for 10 is_told 1 /all '"email.sent"'
ok "and all else" wait_for 10 is_told 1 /all topics.updated
wait_for 10 nothing_owed
is "$(for file in $(told /all); do jq -r .type "$file.body"; done | sort |
    tr '\n' ' ')" "automation.run.completed automation.run.started \
contact.created contact.topics.updated email.sent topic.created " \
    "each once"

# ---- private addresses ------------------------------------------------------

lab down "$tmp/lab" >/dev/null
echo 'webhooks { allow_private = no }' >"$tmp/extra.conf"
lab_up "$tmp/lab" --mta none --conf "$tmp/extra.conf"
before=$(told /ok | wc -l)
contact pia
event=$(event_of "$ok")
refused_twice() {
	[ "$(api_get '[.data[] | .http_status_code == null and
	    (.response | test("127.0.0.1 is not a public one"))]' \
	    "/webhooks/$ok/events/$event/attempts" | jq -c .)" = '[true,true]' ]
}
ok "a private address is not connected to" wait_for 10 refused_twice
is "$(told /ok | wc -l)" "$before" "nobody was told"
refused "nor taken" 422 validation_error POST /webhooks \
    '{"endpoint": "http://localhost/", "events": ["email.sent"]}'

is "$(as_root grep -c whsec_ "$tmp/lab/postflowd.log")" 0 \
    "no secret is in the log"
gives "a webhook is deleted" 200 '[.object, .deleted]' '["webhook",true]' \
    DELETE "/webhooks/$ok"
refused "and gone" 404 not_found GET "/webhooks/$ok/events"
no_jobs() { [ "$(figure '.jobs | length')" = 0 ]; }
wait_for 10 no_jobs
ok "the database is sound" "$POSTFLOW" -c "$POSTFLOW_CONF" doctor --db
finish
