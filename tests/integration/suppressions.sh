#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Suppressed addresses: every route of theirs, that no mail goes to them whether
# it is due or queued already, and what is left when the contact goes.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

lab_up "$tmp/lab" --mta none
unknown=4ef9a417-02e9-4d39-ad75-9611e0fcc33c

# ---- one

gives "an address is suppressed" 201 '[.object, (keys | length)]' \
    '["suppression",2]' POST /suppressions '{"email": "A+B@C.example"}'
first=$(made)
gives "and once more it is the same" 201 .id "$first" POST /suppressions \
    '{"email": "a+b@c.example"}'
gives "it is shown" 200 '[keys, .object, .email, .origin, .source_id]' \
    '[["created_at","email","id","object","origin","source_id"],"suppression","a+b@c.example","manual",null]' \
    GET "/suppressions/$first"
like "$(jq -r .created_at <<<"$body")" \
    '^20[0-9-]{8} [0-9:]{8}\.[0-9]{1,6}\+00$' "since a moment"
for path in a+b@c.example a%2Bb%40c.example A%2bB@C.EXAMPLE; do
	gives "it is found as $path" 200 .id "$first" GET "/suppressions/$path"
done
gives "another" 201 .object suppression POST /suppressions \
    '{"email": "d@e.example"}'
second=$(made)
gives "the newest is first" 200 '[.object, .has_more, .data[].email]' \
    '["list",false,"d@e.example","a+b@c.example"]' GET /suppressions
gives "an element is as it is alone" 200 '.data[0] | keys' \
    '["created_at","email","id","origin","source_id"]' GET /suppressions
gives "of an origin" 200 '[.data[].email]' '["d@e.example","a+b@c.example"]' \
    GET '/suppressions?origin=manual'
gives "which others have not" 200 '[.has_more, .data]' '[false,[]]' GET \
    '/suppressions?origin=bounce'
gives "a page is followed" 200 '[.has_more, .data[].id]' "[false,\"$first\"]" \
    GET "/suppressions?origin=manual&limit=1&after=$second"
gives "and gone back" 200 '[.has_more, .data[].id]' "[false,\"$second\"]" GET \
    "/suppressions?limit=1&before=$first"
gives "one is let go" 200 '[.object, .id, .deleted]' \
    "[\"suppression\",\"$first\",true]" DELETE /suppressions/a%2Bb%40c.example
refused "and is not there any more" 404 not_found GET \
    /suppressions/a+b@c.example
refused "nor can it be let go again" 404 not_found DELETE \
    "/suppressions/$first"

# ---- many

gives "many are suppressed" 201 '[keys, (.data | length),
    .data[0].object, .data[1].id == "'"$second"'"]' \
    '[["data"],3,"suppression",true]' POST /suppressions/batch/add \
    '{"emails": ["x@e.example", "D@e.example", "y@e.example"]}'
x=$(jq -r '.data[0].id' <<<"$body") y=$(jq -r '.data[2].id' <<<"$body")
gives "and let go by their addresses" 200 .data \
    '[{"object":"suppression","id":"'"$x"'","deleted":true}]' POST \
    /suppressions/batch/remove '{"emails": ["X@e.example", "z@e.example"]}'
gives "or their ids" 200 .data \
    '[{"object":"suppression","id":"'"$y"'","deleted":true}]' POST \
    /suppressions/batch/remove '{"ids": ["'"$y"'", "'"$unknown"'"]}'
gives "the others stay" 200 '[.data[].email]' '["d@e.example"]' GET \
    /suppressions
many=$(jq -nc '[range(100) | "many-\(.)@e.example"]')
gives "a hundred at once" 201 '.data | length' 100 POST \
    /suppressions/batch/add "{\"emails\": $many}"
gives "and all of them back" 200 '.data | length' 100 POST \
    /suppressions/batch/remove "{\"emails\": $many}"

# ---- what is refused

too_many=$(jq -nc '[range(101) | "many-\(.)@e.example"]')
while read -r status name method path json; do
	refused "$method $path ${json:0:60}" "$status" "$name" "$method" \
	    "$path" "${json:-}"
done <<END
422 missing_required_field POST /suppressions {}
422 validation_error POST /suppressions []
422 validation_error POST /suppressions
422 validation_error POST /suppressions {"email":5}
422 validation_error POST /suppressions {"email":""}
422 validation_error POST /suppressions {"email":"a"}
422 validation_error POST /suppressions {"email":"A <a@b.example>"}
422 validation_error POST /suppressions {"email":"$(printf 'a%.0s' {1..300})@b.example"}
422 validation_error GET /suppressions?origin=me
422 validation_error GET /suppressions?origin=
422 validation_error GET /suppressions?limit=101
422 validation_error GET /suppressions?limit=1&after=$second&before=$second
422 validation_error GET /suppressions?after=x
404 not_found GET /suppressions/$unknown
404 not_found GET /suppressions/nobody@e.example
422 invalid_parameter GET /suppressions/x
422 validation_error GET /suppressions/@
404 not_found DELETE /suppressions/$unknown
422 invalid_parameter DELETE /suppressions/x
405 method_not_allowed PATCH /suppressions/$second {}
405 method_not_allowed PUT /suppressions {}
405 method_not_allowed GET /suppressions/batch/add
405 method_not_allowed DELETE /suppressions/batch/remove
404 not_found POST /suppressions/batch/move {}
422 missing_required_field POST /suppressions/batch/add {}
422 validation_error POST /suppressions/batch/add {"emails":"a@b.example"}
422 validation_error POST /suppressions/batch/add {"emails":[]}
422 validation_error POST /suppressions/batch/add {"emails":["a"]}
422 validation_error POST /suppressions/batch/add {"emails":["q@b.example",5]}
422 validation_error POST /suppressions/batch/add {"emails":$too_many}
422 validation_error POST /suppressions/batch/add ["a@b.example"]
422 missing_required_field POST /suppressions/batch/remove {}
422 validation_error POST /suppressions/batch/remove {"emails":["a@b.example"],"ids":["$second"]}
422 validation_error POST /suppressions/batch/remove {"emails":[]}
422 validation_error POST /suppressions/batch/remove {"ids":[5]}
422 invalid_parameter POST /suppressions/batch/remove {"ids":["x"]}
422 validation_error POST /suppressions/batch/remove {"ids":[]}
END
refused "a batch is taken as a whole or not at all" 404 not_found GET \
    /suppressions/q@b.example
req POST /api-keys '{"name": "s", "permission": "sending_access"}'
key=$(jq -r .token <<<"$body")
refused "a key that may only send sees none" 401 restricted_api_key GET \
    /suppressions
refused "and adds none" 401 restricted_api_key POST /suppressions \
    '{"email": "q@b.example"}'
unset key

# ---- what it means

mail_on hello
run_of() {
	api_get ".data[$1].id" "/automations/$automation/runs"
}
ended() {
	[ "$(api_get '.data[0].status' "/automations/$automation/runs")" = \
	    completed ]
}
hello() {
	api POST /events/send '{"event": "hello", "email": "'"$1"'"}' >/dev/null
	wait_for 20 ended
}
hello d@e.example
run=$(run_of 0)
gives "a step that would send is skipped" 200 \
    '[.status, (.steps[] | select(.type == "send_email") |
    [.status, .output.reason])]' '["completed",["skipped","suppressed"]]' GET \
    "/automations/$automation/runs/$run"
like "$("$POSTFLOW" -c "$POSTFLOW_CONF" why d@e.example "$automation")" \
    'mail of step .mail. was not sent: suppressed' "postflow why says so"
gives "so it would be when simulated" 200 \
    '[.. | objects | select(.reason? == "suppressed")] | length > 0' true \
    POST "/automations/$automation/simulate" \
    '{"email": "d@e.example"}'

api POST /queue/hold >/dev/null
hello late@e.example
mail=$(api_get '.data[0].id' /emails)
gives "a mail waits" 200 .last_event queued GET "/emails/$mail"
api POST /suppressions '{"email": "late@e.example"}' >/dev/null
api POST /queue/release >/dev/null
ok "and is not sent, as its address is suppressed meanwhile" wait_for 20 \
    becomes .last_event suppressed "/emails/$mail"
gives "which it says" 200 .answer suppressed GET "/emails/$mail"
hello other@e.example
ok "others get their mail" wait_for 20 has_files "$SINK_DIR" 1
is "$(files "$SINK_DIR" | wc -l)" 1 "nobody else got one"

gives "unsubscribing is something else" 201 .object contact POST /contacts \
    '{"email": "left@e.example", "unsubscribed": true}'
refused "it suppresses nobody" 404 not_found GET /suppressions/left@e.example

# ---- the contact goes

late=$(api_get .id /suppressions/late@e.example)
is "$(api_get '.data[0].suppression | [.id, .origin, .source_id] | tojson' \
    /contacts/late@e.example/export)" "[\"$late\",\"manual\",null]" \
    "an export tells of it"
is "$(api_get '.data[0].suppression' /contacts/other@e.example/export)" null \
    "or that there is none"
api DELETE /contacts/d@e.example >/dev/null
gives "who is deleted stays suppressed" 200 .email d@e.example GET \
    /suppressions/d@e.example
gives "a contact is erased" 200 .erased true POST \
    /contacts/late@e.example/erase
gives "its suppression stays, without its address" 200 \
    '[.data[] | [.id, .email]][0]' "[\"$late\",null]" GET /suppressions
gives "whoever knows the address finds it" 200 '[.id, .email]' \
    "[\"$late\",null]" GET /suppressions/late@e.example
hello late@e.example
gives "so no mail goes there" 200 \
    '.steps[] | select(.type == "send_email") | .output.reason' suppressed \
    GET "/automations/$automation/runs/$(run_of 0)"
gives "until it is let go" 200 .deleted true DELETE \
    /suppressions/late@e.example

# ---- the command

cli() {
	"$POSTFLOW" -c "$POSTFLOW_CONF" "$@"
}
id=$(cli suppressions add 'c+l@i.example')
is "$(cli --json suppressions get 'c+l@i.example' | jq -r .id)" "$id" \
    "postflow suppressions add and get"
like "$(cli suppressions list --origin manual)" "$id +c\\+l@i.example +manual" \
    "list"
echo '["one@i.example", "two@i.example"]' >"$tmp/list"
is "$(cli --json suppressions batch add --file "$tmp/list" |
    jq -c '.data[].id' >"$tmp/ids" && lines "$tmp/ids")" 2 "batch add"
jq -cs . "$tmp/ids" >"$tmp/list"
is "$(cli --json suppressions batch remove --ids --file "$tmp/list" |
    jq '.data | length')" 2 "batch remove"
cli suppressions delete 'c+l@i.example' >/dev/null
refused "and delete" 404 not_found GET /suppressions/c%2Bl@i.example

finish
