#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# What a client can get wrong, and what it is told: always the flat error object
# with its three members in their order, and nothing is changed.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

lab_up "$tmp/lab" --mta none
ok "an automation is there" mail_on load
address=${POSTFLOW_URL#http://}

# event WHAT STATUS NAME BODY [CURL-OPTION...]
event() {
	local what=$1 status=$2 name=$3 body=$4
	shift 4
	refused "$what" "$status" "$name" POST /events/send "$body" "$@"
}

# raw WHAT STATUS NAME REQUEST: the request's bytes, as printf's escapes.
raw() {
	printf '%b' "$4" | "$tools/talk" -t 10 "tcp:$address" >"$tmp/raw" || :
	like "$(head -n 1 "$tmp/raw")" "^HTTP/1\\.1 $2 " "$1: $2"
	like "$(tail -n 1 "$tmp/raw")" "$(flat "$2" "$3")" "$1: as JSON"
}

events() {
	as_root sqlite3 -readonly "$POSTFLOW_DB" 'SELECT count(*) FROM events'
}

# How much of everything there is.
counts() {
	local list
	for list in templates automations contacts topics api-keys emails; do
		echo "$list $(api_get '.data | length' "/$list?limit=100")"
	done
	echo "events $(events) runs $(as_root sqlite3 -readonly "$POSTFLOW_DB" \
	    'SELECT count(*) FROM runs')"
	query='[.name, .status, .updated_at]'
	api_get "$query | join(\" \")" "/automations/$automation"
	api_get "$query | join(\" \")" "/templates/$template"
}

contact=$(api POST /contacts '{"email": "ann@load.example"}' | head -n 1 |
    jq -r .id)
topic=$(api POST /topics '{"name": "News",
    "default_subscription": "opt_in"}' | head -n 1 | jq -r .id)
sending=$(api POST /api-keys '{"name": "sending",
    "permission": "sending_access"}' | head -n 1)
before=$(counts)
unchanged() {
	is "$(counts)" "$before" "$1: nothing was changed"
}

# JSON that is none.
ann='"email":"ann@load.example"'
event "an empty body" 422 validation_error ''
event "a blank body" 422 validation_error ' '
event "an open brace" 422 validation_error '{'
event "an open string" 422 validation_error '{"event":"a'
event "an array" 422 validation_error '[]'
event "a string" 422 validation_error '"event"'
event "null" 422 validation_error null
event "a second value" 422 validation_error "{\"event\":\"a\",$ann}{}"
event "single quotes" 422 validation_error "{'event':'a'}"
event "a member twice" 422 validation_error \
    "{\"event\":\"a\",\"event\":\"b\",$ann}"
event "a byte order mark" 422 validation_error \
    "\\xef\\xbb\\xbf{\"event\":\"a\",$ann}"
event "NaN" 422 validation_error \
    "{\"event\":\"a\",$ann,\"payload\":{\"x\":NaN}}"
event "a number too large" 422 validation_error \
    "{\"event\":\"a\",$ann,\"payload\":{\"x\":1e999}}"
event "an integer too large" 422 validation_error \
    "{\"event\":\"a\",$ann,\"payload\":{\"x\":99999999999999999999}}"
event "NUL" 422 validation_error "{\"event\":\"a\\x00b\",$ann}"
event "NUL at the end" 422 validation_error "{\"event\":\"a\",$ann}\\x00"
event "NUL in an escape" 422 validation_error "{\"event\":\"a\\\\u0000\",$ann}"
event "NUL in a payload" 422 validation_error \
    "{\"event\":\"a\",$ann,\"payload\":{\"x\":\"\\\\u0000\"}}"
event "no UTF-8" 422 validation_error "{\"event\":\"a\\xff\",$ann}"
event "an overlong form" 422 validation_error "{\"event\":\"a\\xc0\\xaf\",$ann}"
event "a cut off character" 422 validation_error "{\"event\":\"a\\xe2\\x82\",$ann}"
event "half a pair" 422 validation_error "{\"event\":\"a\\\\ud800\",$ann}"
deep=$(printf '{"x":%.0s' $(seq 1000))
event "deep JSON" 422 validation_error \
    "{\"event\":\"a\",$ann,\"payload\":$deep"
deep=$(printf '[%.0s' $(seq 50000))
event "very deep JSON" 422 validation_error "$deep"
unchanged "bad JSON"

# Values that will not do.
event "no event" 422 missing_required_field "{$ann}"
event "event null" 422 missing_required_field "{\"event\":null,$ann}"
event "event a number" 422 validation_error "{\"event\":1,$ann}"
event "event empty" 422 validation_error "{\"event\":\"\",$ann}"
event "event with CRLF" 422 validation_error "{\"event\":\"a\\\\r\\\\nb\",$ann}"
event "event with DEL" 422 validation_error "{\"event\":\"a\\x7f\",$ann}"
event "event too long" 422 validation_error \
    "{\"event\":\"$(printf 'a%.0s' $(seq 5000))\",$ann}"
event "a reserved name" 422 validation_error "{\"event\":\"resend:x\",$ann}"
event "a system event" 422 validation_error \
    "{\"event\":\"resend:email.sent\",$ann}"
event "nobody" 422 validation_error '{"event":"a"}'
event "email a number" 422 validation_error '{"event":"a","email":1}'
event "payload an array" 422 validation_error "{\"event\":\"a\",$ann,\"payload\":[]}"
event "payload a string" 422 validation_error "{\"event\":\"a\",$ann,\"payload\":\"x\"}"
event "id a number" 422 validation_error "{\"event\":\"a\",$ann,\"id\":5}"
event "id empty" 422 validation_error "{\"event\":\"a\",$ann,\"id\":\"\"}"
event "id too long" 422 validation_error \
    "{\"event\":\"a\",$ann,\"id\":\"$(printf 'a%.0s' $(seq 5000))\"}"
event "contact and email" 422 validation_error \
    "{\"event\":\"a\",$ann,\"contact_id\":\"$contact\"}"
event "contact_id a number" 422 validation_error '{"event":"a","contact_id":5}'
event "contact_id malformed" 422 invalid_parameter \
    '{"event":"a","contact_id":"5"}'
event "contact_id unknown" 404 not_found \
    '{"event":"a","contact_id":"4ef9a417-02e9-4d39-ad75-9611e0fcc33c"}'
event "contact_id of something else" 404 not_found \
    "{\"event\":\"a\",\"contact_id\":\"$template\"}"
for email in '' a a@ @b a@b@c.example 'a b@c.example' 'a@b c.example' \
    'a\\r\\n@c.example' 'a@c.example\\r\\nBcc: x@y.example' 'a\\u0001@c.example' \
    'a\\u0085@c.example' 'a\\u2028@c.example' 'a\\u007f@c.example' 'a@-c.example' \
    'a@c..example' '.a@c.example' 'a..b@c.example' 'a@c.example,b@c.example' \
    "$(printf 'a%.0s' $(seq 65))@c.example" \
    "a@$(printf 'a%.0s' $(seq 64)).example"; do
	event "the address '$(head -c 40 <<<"$email")'" 422 validation_error \
	    "{\"event\":\"a\",\"email\":\"$email\"}"
done
unchanged "bad values"

# Names that would be lines of a header.
crlf='a\\r\\nBcc: evil@load.example'
for field in first_name last_name; do
	refused "$field with CRLF" 422 validation_error POST /contacts \
	    "{\"email\":\"new@load.example\",\"$field\":\"$crlf\"}"
	refused "$field with CRLF in a change" 422 validation_error PATCH \
	    "/contacts/$contact" "{\"$field\":\"$crlf\"}"
done
refused "a topic's name with CRLF" 422 validation_error POST /topics \
    "{\"name\":\"$crlf\",\"default_subscription\":\"opt_in\"}"
refused "a key's name with CRLF" 422 validation_error POST /api-keys \
    "{\"name\":\"$crlf\"}"
refused "an automation's name with CRLF" 422 validation_error PATCH \
    "/automations/$automation" "{\"name\":\"$crlf\"}"
refused "a from with CRLF" 422 validation_error POST /templates \
    "{\"name\":\"x\",\"html\":\"x\",\"from\":\"$crlf <a@load.example>\"}"
refused "a from that is no address" 422 validation_error POST /templates \
    '{"name":"x","html":"x","from":"Acme"}'
refused "a reply_to with CRLF" 422 validation_error POST /templates \
    "{\"name\":\"x\",\"html\":\"x\",\"reply_to\":\"$crlf\"}"
refused "a subject with CRLF" 422 validation_error POST /templates \
    "{\"name\":\"x\",\"html\":\"x\",\"subject\":\"$crlf\"}"
refused "a template without a name" 422 missing_required_field POST \
    /templates '{"html":"x"}'
refused "a template that does not end" 422 validation_error POST /templates \
    '{"name":"x","html":"{{{FIRST_NAME"}'
refused "an automation without steps" 422 missing_required_field POST \
    /automations '{"name":"x"}'
refused "an automation with no step" 422 validation_error POST /automations \
    '{"name":"x","steps":[],"connections":[]}'
refused "an unknown step" 422 validation_error POST /automations \
    '{"name":"x","connections":[],"steps":[{"key":"a","type":"fly","config":{}}]}'
refused "a trigger without an event" 422 validation_error POST /automations \
    '{"name":"x","connections":[],"steps":[{"key":"a","type":"trigger","config":{}}]}'
trigger='{"key":"a","type":"trigger","config":{"event_name":"x"}}'
refused "two triggers" 422 validation_error POST /automations \
    "{\"name\":\"x\",\"connections\":[],\"steps\":[$trigger,${trigger/\"a\"/\"b\"}]}"
refused "a key twice" 422 validation_error POST /automations \
    "{\"name\":\"x\",\"connections\":[],\"steps\":[$trigger,$trigger]}"
refused "a connection to nowhere" 422 validation_error POST /automations \
    "{\"name\":\"x\",\"steps\":[$trigger],\"connections\":[{\"from\":\"a\",\"to\":\"b\"}]}"
refused "a connection to itself" 422 validation_error POST /automations \
    "{\"name\":\"x\",\"steps\":[$trigger],\"connections\":[{\"from\":\"a\",\"to\":\"a\"}]}"
refused "a graph change while enabled" 422 validation_error PATCH \
    "/automations/$automation" "{\"steps\":[$trigger],\"connections\":[]}"
refused "an empty change" 422 validation_error PATCH \
    "/automations/$automation" '{}'
unchanged "bad names and graphs"

# Sizes.
pad() {
	head -c "$1" /dev/zero | tr '\0' x
}
{
	printf '{"event":"a",%s,"payload":{"x":"' "$ann"
	pad 1048576
	printf '"}}'
} >"$tmp/large"
event "a body over 1 MB" 413 payload_too_large x --data-binary "@$tmp/large"
event "such a body in chunks" 413 payload_too_large x \
    --data-binary "@$tmp/large" -H 'Transfer-Encoding: chunked'
{
	printf '['
	for _ in $(seq 1000); do
		printf '{"event":"a",%s},' "$ann"
	done
	printf '{"event":"a",%s}]' "$ann"
} >"$tmp/many"
batch() {
	refused "$1" "$2" "$3" POST /events/send/batch "${@:4}"
}
batch "a batch of none" 422 validation_error '[]'
batch "a batch of 1001" 422 validation_error x --data-binary "@$tmp/many"
batch "a batch that is none" 422 validation_error "{\"event\":\"a\",$ann}"
batch "a strict batch with a bad one" 422 validation_error \
    "[{\"event\":\"a\",$ann},{\"event\":\"\",$ann}]" \
    -H 'x-batch-validation: strict'
like "$(cat "$tmp/answer")" '\[1\]' "the error says which"
batch "a strict batch with somebody unknown" 404 not_found \
    "[{\"event\":\"a\",$ann},{\"event\":\"a\",\"contact_id\":\"$template\"}]" \
    -H 'x-batch-validation: strict'
unchanged "bad sizes"

# Keys.
key=''
event "an empty key" 401 missing_api_key "{\"event\":\"a\",$ann}"
refused "no key" 401 missing_api_key GET /automations '' -H 'Authorization:'
refused "no key for no route" 401 missing_api_key GET /nothing '' \
    -H 'Authorization:'
refused "another scheme" 401 missing_api_key GET /automations '' \
    -H 'Authorization: Basic YTpi'
key=re_wrong
refused "a wrong key" 403 invalid_api_key GET /automations
key=${POSTFLOW_API_KEY%?}
refused "a key cut short" 403 invalid_api_key GET /automations
key=${POSTFLOW_API_KEY}x
refused "a key too long" 403 invalid_api_key GET /automations
key=$(pad 5000)
refused "a very long key" 403 invalid_api_key GET /automations
key=$(jq -r .token <<<"$sending")
for path in automations templates contacts topics emails api-keys status; do
	refused "a restricted key at /$path" 401 restricted_api_key GET "/$path"
done
refused "a restricted key makes no key" 401 restricted_api_key POST \
    /api-keys '{"name":"x"}'
unset key
unchanged "bad keys"

# Routes.
for path in /nothing / /templates/x/y/z /../etc/passwd \
    /%2e%2e/etc/passwd /u /v1/nothing; do
	refused "GET $path" 404 not_found GET "$path"
done
for case in 'PUT /templates' 'PUT /events/send' 'PATCH /contacts' \
    'POST /status' 'BREW /automations' 'OPTIONS /automations' \
    'GET /events/send/batch'; do
	refused "$case" 405 method_not_allowed "${case% *}" "${case#* }"
done
unchanged "bad routes"

# Ids.
unknown=4ef9a417-02e9-4d39-ad75-9611e0fcc33c
for id in x 123 "${unknown%?}" "${unknown}0" "${unknown//-/_}" '%00' '%ff' \
    "'" "${unknown/4/g}"; do
	name=invalid_parameter status=422
	! [[ $id == %* ]] || name=validation_error status=400
	for path in "/automations/$id" "/emails/$id" "/topics/$id" \
	    "/contacts/$id" "/automations/$automation/runs/$id"; do
		refused "GET $path" "$status" "$name" GET "$path"
	done
	refused "DELETE /api-keys/$id" "$status" "$name" DELETE "/api-keys/$id"
done
for id in "$unknown" 00000000-0000-0000-0000-000000000000 "$template" \
    000000000000000000000000; do
	for path in "/automations/$id" "/emails/$id" "/topics/$id" \
	    "/contacts/$id" "/automations/$automation/runs/$id" \
	    "/automations/$id/runs"; do
		refused "GET $path" 404 not_found GET "$path"
	done
	refused "DELETE /api-keys/$id" 404 not_found DELETE "/api-keys/$id"
done
refused "an unknown template" 404 not_found GET /templates/nothing
refused "an unknown address" 404 not_found GET /contacts/x@load.example
refused "a bad address" 422 validation_error GET /contacts/x@
unchanged "bad ids"

# Pages.
lists=(templates automations contacts topics emails api-keys
    "automations/$automation/runs")
for list in "${lists[@]}"; do
	for query in limit=0 limit=101 limit=x limit=-1 limit=1.5 limit= \
	    limit=99999999999999999999 limit=1%00 after=x before=x after= \
	    "after=$template&before=$template"; do
		name=validation_error status=422
		[ "$query" != limit=1%00 ] || status=400
		refused "/$list?$query" "$status" "$name" GET "/$list?$query"
	done
	is "$(api GET "/$list?limit=100&after=$template" | tail -n 1)" 200 \
	    "/$list: a cursor may be any id"
done
refused "automations of no status" 422 validation_error GET \
    '/automations?status=x'
refused "runs of no status" 422 validation_error GET \
    "/automations/$automation/runs?status=x"
unchanged "bad pages"

# HTTP itself.
host='Host: 127.0.0.1\r\n'
raw "no request" 400 validation_error 'hello\r\n\r\n'
raw "no target" 400 validation_error 'GET\r\n\r\n'
raw "HTTP/3.0" 505 http_version_not_supported "GET / HTTP/3.0\r\n$host\r\n"
raw "no Host" 400 validation_error 'GET / HTTP/1.1\r\n\r\n'
raw "another Host" 403 validation_error \
    'GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n'
raw "two lengths" 400 validation_error \
    "POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"
raw "a negative length" 400 validation_error \
    "POST / HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n"
raw "a length and chunks" 400 validation_error \
    "POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
raw "another encoding" 501 method_not_allowed \
    "POST / HTTP/1.1\r\n${host}Transfer-Encoding: gzip\r\n\r\n"
raw "another expectation" 417 expectation_failed \
    "POST / HTTP/1.1\r\n${host}Expect: x\r\nContent-Length: 1\r\n\r\nx"
raw "a blank before the colon" 400 validation_error \
    "GET / HTTP/1.1\r\n${host}X : y\r\n\r\n"
raw "a folded line" 400 validation_error \
    "GET / HTTP/1.1\r\n${host}X: y\r\n z\r\n\r\n"
raw "NUL in a header" 400 validation_error \
    "GET / HTTP/1.1\r\n${host}X: y\\0z\r\n\r\n"
raw "a long header" 431 headers_too_large \
    "GET / HTTP/1.1\r\n${host}X: $(pad 40000)\r\n\r\n"
raw "a bad chunk" 400 validation_error \
    "POST /events/send HTTP/1.1\r\n${host}Authorization: Bearer $POSTFLOW_API_KEY\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
unchanged "bad HTTP"

# What is right is told from what is not.
refused "a packed body" 415 validation_error POST /contacts \
    '{"email": "packed@load.example"}' -H 'Content-Encoding: gzip'
refused "one packed twice" 415 validation_error POST /contacts \
    '{"email": "packed@load.example"}' -H 'Content-Encoding: identity, br'
refused "a body that is said to be plain" 422 missing_required_field POST \
    /contacts '{}' -H 'Content-Encoding: Identity'
refused "an idempotency key too long" 400 invalid_idempotency_key POST \
    /events/send "{\"event\":\"a\",$ann}" \
    -H "Idempotency-Key: $(pad 257)"
unchanged "a bad idempotency key"
once() {
	curl -sS -X POST -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -H "Idempotency-Key: once" -w '\n%{http_code}' -d "$2" \
	    "$POSTFLOW_URL$1"
}
events=$(events)
first=$(once /events/send "{\"event\":\"a\",$ann}")
is "$(tail -n 1 <<<"$first")" 202 "an event with an idempotency key"
is "$(once /events/send "{\"event\":\"a\",$ann}")" "$first" \
    "the same again has the same answer"
is "$(events)" "$((events + 1))" "and is done once"
refused "the key with another body" 409 invalid_idempotent_request POST \
    /events/send "{\"event\":\"b\",$ann}" -H 'Idempotency-Key: once'
is "$(once /contacts '{"email":"once@load.example"}' | tail -n 1)" 201 \
    "it is another key elsewhere"
is "$(once /contacts '{"email":"once@load.example"}')" \
    "$(once /contacts '{"email":"once@load.example"}')" "and holds there"
is "$(events)" "$((events + 1))" "nothing else happened"

# A permissive batch.
answer=$(api POST /events/send/batch "[{\"event\":\"a\",$ann},
    {\"event\":\"\",$ann}, 5, {\"event\":\"b\",$ann}]")
is "$(tail -n 1 <<<"$answer")" 202 "a batch is permissive unless it is strict"
is "$(head -n 1 <<<"$answer" | jq -r '[.data[] |
    .event // (.statusCode | tostring)] | join(" ")')" "a 422 422 b" \
    "with an answer each, in order"
is "$(head -n 1 <<<"$answer" |
    jq -r '.data[1] | keys_unsorted | join(",")')" statusCode,message,name \
    "errors are flat there, too"
is "$(events)" "$((events + 3))" "two events happened"
is "$(jq '.[:1000]' "$tmp/many" | curl -sS -o "$tmp/answer" -X POST \
    -H "Authorization: Bearer $POSTFLOW_API_KEY" -w '%{http_code}' \
    --data-binary @- "$POSTFLOW_URL/events/send/batch")" 202 \
    "a batch of 1000 is taken"
is "$(jq '.data | length' "$tmp/answer")" 1000 "with 1000 answers"
key=$(jq -r .token <<<"$sending")
is "$(curl -sS -o /dev/null -w '%{http_code}' -X POST \
    -H "Authorization: Bearer $key" -d "{\"event\":\"a\",$ann}" \
    "$POSTFLOW_URL/events/send")" 202 "a restricted key may send events"
is "$(api DELETE "/api-keys/$(jq -r .id <<<"$sending")" | tail -n 1)" 200 \
    "it is deleted"
event "a deleted key" 403 invalid_api_key "{\"event\":\"a\",$ann}"
unset key
is "$(api GET "/topics/$topic" | tail -n 1)" 200 "what is there is still there"

finish
