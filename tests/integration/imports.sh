#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Files of contacts: what is taken and what is refused, an import over restarts
# and kills, memory while 100 MB come, and that nothing is left of what broke
# off.
# shellcheck disable=SC2154,SC2016
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

lab_up "$tmp/lab" --mta none
files=$(dirname "$POSTFLOW_DB")/imports

# send FILE [CURL-OPTION...]: sends the form; $status and $body are the answer.
send() {
	local file=$1
	shift
	body=$(curl -s -m 120 -w '\n%{http_code}' \
	    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -F "file=@$file" "$@" "$POSTFLOW_URL/contacts/imports")
	status=${body##*$'\n'}
	body=${body%$'\n'*}
}

# raw TYPE FILE [CURL-OPTION...]: the same with a body as it is.
raw() {
	local type=$1 file=$2
	shift 2
	body=$(curl -s -m 60 -w '\n%{http_code}' \
	    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -H "Content-Type: $type" --data-binary "@$file" "$@" \
	    "$POSTFLOW_URL/contacts/imports")
	status=${body##*$'\n'}
	body=${body%$'\n'*}
}

# of ID PATH: a member of the import.
of() {
	api_get "$2" "/contacts/imports/$1"
}

ended() {
	[ "$(of "$1" '.completed_at != null')" = true ]
}

n_files() {
	as_root find "$files" -type f | wc -l
}

no_files() {
	[ "$(n_files)" = 0 ]
}

counts() {
	of "$1" '.status + " " + (.counts | "\(.total) \(.created) \(.updated) \(.skipped) \(.failed)")'
}

# ---- what is taken -----------------------------------------------------------

req POST /segments '{"name": "imported"}'
segment=$(made)
req POST /topics '{"name": "news", "default_subscription": "opt_in"}'
topic=$(made)
printf '%s\r\n' 'Mail;Given;Plan;Age;Gone' 'Ann@import.example;Ann;pro;42;' \
    '"bob@import.example";"Bob ""B""";free;;yes' 'none;;;;' >"$tmp/small.csv"
send "$tmp/small.csv" -F 'column_map={"email": "Mail", "first_name": "Given",
    "unsubscribed": "Gone", "properties": {"plan": {"column": "Plan"},
    "age": {"column": "Age", "type": "number"}}}' -F on_conflict=upsert \
    -F "segments=[{\"id\":\"$segment\"}]" \
    -F "topics=[{\"id\":\"$topic\",\"subscription\":\"opt_out\"}]"
is "$status" 201 'a file is taken'
is "$(jq -r .object <<<"$body")" contact_import 'as an import'
small=$(made)
ok 'it ends' wait_for 10 ended "$small"
is "$(counts "$small")" 'completed 3 2 0 0 1' 'with counts'
is "$(of "$small" '.failures | map("\(.line) \(.reason)") | join("; ")')" \
    '4 The `email`: `none` is not a mail address: it has no @.' \
    'and what failed, with its line'
is "$(of "$small" 'keys_unsorted | join(" ")')" \
    'object id status created_at completed_at counts failures' \
    'the shape of one'
is "$(api_get '.data[0] | keys_unsorted | join(" ")' /contacts/imports)" \
    'object id status created_at completed_at counts' 'of the list'
is "$(api_get '.data | length' '/contacts/imports?status=completed')" 1 \
    'those of a status'
is "$(api_get '.data | length' '/contacts/imports?status=queued')" 0 \
    'and of another'
is "$(api_get '[.first_name, .properties.age.value, .unsubscribed] | @json' \
    /contacts/ann@import.example)" '["Ann",42,false]' 'a contact of it'
is "$(api_get '[.first_name, .unsubscribed] | @json' \
    /contacts/bob@import.example)" '["Bob \"B\"",true]' 'and another'
is "$(api_get '.data | length' "/segments/$segment/contacts")" 2 \
    'both joined the segment'
is "$(api_get '.data[0].subscription' \
    /contacts/ann@import.example/topics)" opt_out 'and left the topic'
is "$(api_get '.data | map(.key) | sort | join(" ")' /contact-properties)" \
    'age plan' 'properties are defined'
ok 'no file is left' wait_for 5 no_files

send "$tmp/small.csv" -F 'column_map={"email": "Mail"}' -F on_conflict=skip
skipped=$(made)
ok 'it is sent again' wait_for 10 ended "$skipped"
is "$(counts "$skipped")" 'completed 3 0 0 2 1' 'to skip who is there'

id=$("$POSTFLOW" -c "$POSTFLOW_CONF" contacts imports create \
    --column-map '{"email": "Mail"}' --segment-id "$segment" - \
    <"$tmp/small.csv")
ok 'the command line' wait_for 10 ended "$id"
is "$(counts "$id")" 'completed 3 0 2 0 1' 'sends a file'
like "$("$POSTFLOW" -c "$POSTFLOW_CONF" contacts imports list)" "^$id +completed" \
    'and lists imports'

# twice KEY: the same under an idempotency key.
twice() {
	send "$tmp/small.csv" -F 'column_map={"email": "Mail"}' \
	    -H 'Idempotency-Key: once'
	made
}
first=$(twice)
is "$(twice)" "$first" 'the same request again is answered the same'
send "$tmp/small.csv" -F 'column_map={"email": "Mail"}' -F on_conflict=skip \
    -H 'Idempotency-Key: once'
is "$status" 409 'another under its key is refused'
ok 'no file is left of these' wait_for 5 no_files

# ---- what is refused -----------------------------------------------------------

# refused STATUS NAME WORDS WHAT: how the last was.
refused() {
	is "$status $(jq -r .name <<<"$body")" "$1 $2" "$4"
	like "$body" "$3" 'and why'
	is "$(n_files)" 0 'nothing is left'
}

printf 'Mail\na@b.co\n' >"$tmp/mail.csv"
printf 'email\na@b.co\n' >"$tmp/email.csv"
send "$tmp/mail.csv"
refused 422 validation_error 'has `Mail`' 'no column of addresses'
send "$tmp/email.csv" -F 'column_map={"first_name": "Name"}'
refused 422 validation_error 'column `Name`' 'a column that is not there'
send "$tmp/email.csv" -F 'column_map={"email":'
refused 422 validation_error 'column_map' 'a map that is no JSON'
send "$tmp/email.csv" -F 'column_map={"properties": {"a b": "email"}}'
refused 422 validation_error 'letters, digits' 'a key no property has'
send "$tmp/email.csv" -F on_conflict=merge
refused 422 validation_error 'not `merge`' 'another word'
send "$tmp/email.csv" -F segments=x
refused 422 validation_error 'segments' 'segments that are no JSON'
send "$tmp/email.csv" -F 'segments={}'
refused 422 validation_error 'must be a JSON array' 'or no array'
send "$tmp/email.csv" -F 'segments=["x"]'
refused 422 invalid_parameter 'valid UUID' 'or no ids'
send "$tmp/email.csv" -F "segments=[{\"id\":\"$topic\"}]"
refused 404 not_found 'Audience not found' 'or none that is there'
send "$tmp/email.csv" -F "topics=[{\"id\":\"$topic\",\"subscription\":\"x\"}]"
refused 422 validation_error 'opt_in' 'a choice that is none'
send "$tmp/email.csv" -F "topics=[{\"id\":\"$segment\",\"subscription\":\"opt_in\"}]"
refused 404 not_found 'Topic not found' 'a topic that is not there'
send "$tmp/email.csv" -F "file=@$tmp/email.csv"
refused 422 validation_error 'there twice' 'two files'
: >"$tmp/empty"
send "$tmp/empty"
refused 422 validation_error 'is empty' 'an empty file'
printf 'email\na@b.co,\xe9\n' >"$tmp/latin"
send "$tmp/latin"
refused 422 validation_error 'line 2 has bytes' 'a file that is not UTF-8'
printf 'e\0m\0a\0i\0l\0\n\0' >"$tmp/utf16"
send "$tmp/utf16"
refused 422 validation_error 'no UTF-8 text: line 1' 'nor UTF-16'
raw text/csv "$tmp/email.csv"
refused 422 validation_error 'not `text/csv`' 'a file that is no form'
raw 'multipart/form-data' "$tmp/email.csv"
refused 422 validation_error 'no boundary' 'a form without boundary'
raw 'multipart/form-data; boundary=x' "$tmp/email.csv"
refused 422 validation_error 'final boundary' 'a form without parts'
printf -- '--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nemail\n' \
    >"$tmp/cut"
raw 'multipart/form-data; boundary=x' "$tmp/cut"
refused 422 validation_error 'final boundary' 'a form that breaks off'
printf -- '--x\nContent-Disposition: form-data; name="file"\n\nemail\n--x--' \
    >"$tmp/lf"
raw 'multipart/form-data; boundary=x' "$tmp/lf"
refused 422 validation_error 'CR LF' 'lines of a form that end otherwise'
printf -- '--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--x--' \
    >"$tmp/other"
raw 'multipart/form-data; boundary=x' "$tmp/other"
refused 422 missing_required_field 'Missing `file` part' 'a form without a file'
{
	printf -- '--x\r\n'
	head -c 9000 /dev/zero | tr '\0' a
} >"$tmp/endless"
raw 'multipart/form-data; boundary=x' "$tmp/endless"
refused 422 validation_error 'more than 8192 bytes' 'a head without end'
truncate -s 110M "$tmp/huge"
raw 'multipart/form-data; boundary=x' "$tmp/huge"
is "$status" 413 'a body that is too large'
raw 'multipart/form-data; boundary=x' "$tmp/huge" -H 'Transfer-Encoding: chunked'
is "$status" 413 'also when its size is not said'
is "$(n_files)" 0 'nothing is left'
req GET /contacts/imports/x
is "$status" 422 'an id that is none'
req GET "/contacts/imports/$segment"
is "$status" 404 'an import that is not there'
req GET '/contacts/imports?status=done'
is "$status" 422 'a status that is none'
req DELETE "/contacts/imports/$small"
is "$status" 405 'imports are not deleted'

# A client that goes away in the middle.
{
	printf -- '--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
	printf 'email\n'
	for ((i = 0; i < 40000; i++)); do echo "gone$i@import.example"; done
} >"$tmp/half"
size=$(wc -c <"$tmp/half")
exec 5<>"/dev/tcp/127.0.0.1/${POSTFLOW_URL##*:}"
printf '%s\r\n' 'POST /contacts/imports HTTP/1.1' 'Host: localhost' \
    "Authorization: Bearer $POSTFLOW_API_KEY" "Content-Length: $((size * 2))" \
    'Content-Type: multipart/form-data; boundary=x' '' >&5
cat "$tmp/half" >&5
one_file() {
	[ "$(n_files)" = 1 ]
}
ok 'a file is on its way' wait_for 5 one_file
exec 5>&- 5<&-
ok 'its client goes, and nothing is left' wait_for 5 no_files

# ---- over restarts ---------------------------------------------------------------

req POST /automations '{"name": "Welcome", "status": "enabled", "steps": [
    {"key": "start", "type": "trigger",
     "config": {"event_name": "resend:contact.created"}},
    {"key": "wait", "type": "delay", "config": {"duration": "30 days"}}],
    "connections": [{"from": "start", "to": "wait"}]}'
is "$status" 201 'an automation for whoever is created'
welcome=$(made)
rows=100000
awk -v n="$rows" 'BEGIN { print "email,first_name"
	for (i = 0; i < n; i++)
		if (i % 1000 == 999) print "bad" i ","
		else if (i % 10 == 9)
			printf "c%d@many.example,Again %d\n", i - 1, i
		else printf "c%d@many.example,Name %d\n", i, i }' >"$tmp/many.csv"
send "$tmp/many.csv"
is "$status" 201 'a file of 100,000 rows'
many=$(made)

# past N: that many rows are done, and not all.
past() {
	local now
	now=$(of "$many" .counts.total)
	[ "$now" -ge "$1" ] && [ "$now" -lt "$rows" ]
}
ok 'it is under way' wait_for 30 past 5000
is "$(of "$many" .status)" in_progress 'as it says'
is "$(of "$many" .completed_at)" null 'and has not ended'
before=$(of "$many" .counts.total)
kill_hard "$POSTFLOWD_PID"
lab restart "$tmp/lab" postflowd >/dev/null
lab_env "$tmp/lab"
ok 'after a kill it goes on' [ "$(of "$many" .counts.total)" -ge "$before" ]
ok 'and on' wait_for 60 past 30000
lab restart "$tmp/lab" postflowd >/dev/null
lab_env "$tmp/lab"
ok 'and on, after a restart' wait_for 60 past 50000
kill_hard "$POSTFLOWD_PID"
lab restart "$tmp/lab" postflowd >/dev/null
lab_env "$tmp/lab"
ok 'to its end' wait_for 120 ended "$many"
is "$(counts "$many")" 'completed 100000 90000 9900 0 100' \
    'every row is counted once'
is "$(query "SELECT count(*), count(DISTINCT email_key) FROM contacts
    WHERE email_key LIKE '%@many.example'")" '90000 90000' 'nobody is there twice'
is "$(query "SELECT count(*), count(DISTINCT contact) FROM runs WHERE automation =
    (SELECT num FROM automations WHERE name = 'Welcome')")" '90000 90000' \
    'a run began once for each who was created'
is "$(query "SELECT first_name FROM contacts
    WHERE email_key = 'c8@many.example'")" 'Again 9' 'the last row of one counts'
is "$(of "$many" '.failures | length')" 100 'a hundred failures are told'
is "$(of "$many" '.failures[99].line')" 100001 'with their lines'
ok 'the file is gone' wait_for 5 no_files
ok 'the database is sound' "$POSTFLOW" -c "$POSTFLOW_CONF" doctor --db >/dev/null
req POST "/automations/$welcome/stop"

# ---- size --------------------------------------------------------------------------

awk 'BEGIN { x = sprintf("%900s", ""); gsub(/ /, "x", x)
	print "email,first_name,note"
	for (i = 0; i < 109000; i++)
		printf "big%d@import.example,%d,%s\n", i % 500, i, x }' \
    >"$tmp/big.csv"
ok 'a file of about 100 MB' [ "$(wc -c <"$tmp/big.csv")" -gt 95000000 ]
pss_watch "$POSTFLOWD_PID" "$tmp/pss" &
watcher=$!
send "$tmp/big.csv" -F on_conflict=skip
is "$status" 201 'is taken'
big=$(made)
ok 'and imported' wait_for 240 ended "$big"
is "$(counts "$big")" 'completed 109000 500 0 108500 0' 'all of it'
kill "$watcher"
if sanitized; then
	skip 'in little memory' 'built with sanitizers'
else
	most=$(largest "$tmp/pss")
	ok "in little memory: $most kB" [ "$most" -lt 65536 ]
fi

finish
