#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Mail of apps, from POST /emails through Postfix to the sink: recipients,
# attachments, headers, templates, topics, batches, schedules, and what is
# refused.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

lab_up "$tmp/lab"
unknown=4ef9a417-02e9-4d39-ad75-9611e0fcc33c

# post PATH JSON-FILE [CURL-OPTION...]: sets $status and $body.
post() {
	local path=$1 file=$2 said
	shift 2
	said=$(curl -sS --max-time 30 -X POST -w '\n%{http_code}\n' \
	    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -H 'Content-Type: application/json' -H 'Expect:' \
	    --data-binary "@$file" "$@" "$POSTFLOW_URL$path")
	status=$(tail -n 1 <<<"$said")
	body=$(head -n 1 <<<"$said")
}

# The files of the sink that hold a message with that subject.
mails_of() {
	grep -lE "^Subject: $1" -r "$SINK_DIR" | sort || :
}

has_mail() {
	[ -n "$(mails_of "$1")" ]
}

# The recipients of the envelope, one a line.
rcpts() {
	sed -n 's/^X-Rcpt-Args: <\([^>]*\)>.*/\1/p' "$1" | sort
}

# A part of a message, decoded: the one whose header has the words.
part() {
	sed '1,/^$/d' "$2" | tr -d '\r' | awk -v words="$1" '
		/^--=_p/ { if (here) exit; head = 1; next }
		head && index($0, words) { here = 1 }
		head && /^$/ { head = 0; next }
		here && !head' | base64 -d
}

# ---- one mail with everything

head -c 70000 /dev/urandom >"$tmp/a.bin"
head -c 1500 /dev/urandom >"$tmp/logo.png"
jq -n --arg bin "$(base64 -w 0 "$tmp/a.bin")" \
    --arg logo "$(base64 -w 0 "$tmp/logo.png")" '{
	from: "Grüße GmbH <shop@acme.example>",
	to: ["Ada <ada@customer.example>", "bob@customer.example"],
	cc: "cc@customer.example", bcc: ["bcc@customer.example"],
	reply_to: ["help@acme.example", "Desk <desk@acme.example>"],
	subject: "Everything", html: "<p>Hello <img src=\"cid:logo\"></p>",
	text: "Hello", headers: {"X-Entity-Ref-ID": "42"},
	tags: [{name: "kind", value: "order"}],
	attachments: [
	    {filename: "größe.bin", content: $bin},
	    {filename: "logo.png", content: $logo, content_id: "logo"},
	    {filename: "note.txt", path: "data:text/plain,a%20note"}]}' \
    >"$tmp/everything.json"
post /emails "$tmp/everything.json"
is "$status" 200 "a mail with everything is taken"
everything=$(made)
like "$body" '^\{"id":"[0-9a-f-]{36}"\}$' "and its id is all that is said"
ok "it arrives" wait_for 10 has_mail Everything
mail=$(mails_of Everything)
is "$(wc -l <<<"$mail")" 1 "as one message"
is "$(rcpts "$mail" | tr '\n' ' ')" "ada@customer.example bcc@customer.example \
bob@customer.example cc@customer.example " "to all its recipients"
is "$(header To "$mail")" \
    'Ada <ada@customer.example>, bob@customer.example' "To names two"
is "$(header Cc "$mail")" cc@customer.example "Cc one"
fails "the blind one is nowhere in it" grep -q 'bcc@' \
    <(sed '1,/^$/d' "$mail")
is "$(header Reply-To "$mail")" \
    'help@acme.example, Desk <desk@acme.example>' "Reply-To has both"
is "$(header X-Entity-Ref-ID "$mail")" 42 "its own header is there"
fails "no unsubscribe header" grep -qi '^List-Unsubscribe' "$mail"
ok "the attachment is the same, byte for byte" cmp "$tmp/a.bin" \
    <(part 'filename*0*=utf-8' "$mail")
ok "so is the image" cmp "$tmp/logo.png" <(part 'Content-ID: <logo>' "$mail")
is "$(part 'filename="note.txt"' "$mail")" 'a note' "and the data: URL"
is "$(grep -c '^Content-Type: multipart/' "$mail")" 3 \
    "mixed, alternative, related"
fails "all of it is 7bit" grep -qP '[^\x00-\x7f]' "$mail"

# What the API says of it.
ok "it reads sent" wait_for 5 becomes .last_event sent "/emails/$everything"
gives "it is shown" 200 '[.object, .to, .cc, .bcc, .reply_to, .subject, .tags,
    .scheduled_at, .html != null, .text]' "$(jq -nc '["email",
    ["Ada <ada@customer.example>", "bob@customer.example"],
    ["cc@customer.example"], ["bcc@customer.example"],
    ["help@acme.example", "Desk <desk@acme.example>"], "Everything",
    [{name: "kind", value: "order"}], null, true, "Hello"]')" \
    GET "/emails/$everything"
gives "with its Message-ID" 200 .message_id "$(header Message-ID "$mail")" \
    GET "/emails/$everything"
gives "it is listed" 200 '[.data[0].id, .data[0].to[1], (.data[0] | has("html"))]' \
    "[\"$everything\",\"bob@customer.example\",false]" GET '/emails?limit=1'
gives "its files are listed" 200 '[.object, .has_more] +
    [.data[] | [.filename, .content_type, .content_disposition, .size]]' \
    '["list",false,["note.txt","text/plain","attachment",6],["logo.png","image/png","inline",1500],["größe.bin","application/octet-stream","attachment",70000]]' \
    GET "/emails/$everything/attachments"
file=$(jq -r '.data[2].id' <<<"$body")
gives "one is shown" 200 '[.object, .filename]' \
    '["attachment","größe.bin"]' GET "/emails/$everything/attachments/$file"
url=$(jq -r .download_url <<<"$body")
expires=$(jq -r .expires_at <<<"$body")
ok "its content can be had, as it is linked" cmp "$tmp/a.bin" <(curl -sS "$url")
left=$(($(date -d "$expires" +%s) - $(date +%s)))
ok "for an hour" [ "$left" -gt 3500 -a "$left" -le 3600 ]
like "$(curl -sSI "$url" | tr -d '\r' | tr '\n' ' ')" \
    '^HTTP/1.1 200 .*Content-Length: 70000 ' "HEAD tells its size"
like "$(curl -sSI "$url")" '^Content-Security-Policy: sandbox' \
    "it is no page of this host"
like "$(curl -sSI "$url")" "^Content-Disposition: attachment; $(
    )filename=\"gr__e.bin\"; filename\*=UTF-8''gr%C3%B6%C3%9Fe.bin" \
    "a browser keeps it by its name"
content=$POSTFLOW_URL/emails/$everything/attachments/$file/content
ok "or with the key" cmp "$tmp/a.bin" <(curl -sS \
    -H "Authorization: Bearer $POSTFLOW_API_KEY" "$content")
is "$(curl -sS -o /dev/null -w '%{http_code}' "$content")" 401 \
    "and there with it alone"
for wrong in "${url%?}" "${url}A" "${url%/*}/v1.1.AA.AAAAAAAAAAAAAAAAAAAAAA" \
    "${url%/*}/x"; do
	like "$(curl -sS -w ' %{http_code}' "$wrong")" \
	    '^\{"statusCode":404,.*"name":"not_found"\} 404$' \
	    "a link that is none: ${wrong##*.}"
done
# base64url TEXT: decoded; of stdin, encoded.
unbase64url() {
	local text
	text=$(tr -- -_ +/ <<<"$1")
	base64 -d <<<"$text$(head -c $((-${#text} & 3)) <<<==)"
}
base64url() {
	base64 -w 0 | tr -- +/ -_ | tr -d =
}

# over URL: the same link, signed rightly, that was over in 1970.
over() {
	local v kid payload key
	IFS=. read -r v kid payload _ <<<"${1##*/}"
	key=$(as_root sed -n "s/^$kid \([^ ]*\).*/\1/p" \
	    "$tmp/lab/state/signing.keys")
	payload=$({
		unbase64url "$payload" | head -c 17
		printf '\0\0\0\0\0\0\0\1'
	} | base64url)
	printf '%s/%s.%s.%s.%s' "${1%/*}" "$v" "$kid" "$payload" "$(
		printf 'postflow link file\0%s.%s.%s' "$v" "$kid" "$payload" |
		    openssl dgst -sha256 -mac HMAC -binary -macopt \
			"hexkey:$(unbase64url "$key" | od -An -v -tx1 |
			tr -d ' \n')" | head -c 16 | base64url)"
}
like "$(curl -sS -w ' %{http_code}' "$(over "$url")")" \
    '^\{"statusCode":403,.*expired.*"name":"validation_error"\} 403$' \
    "one that is over"
is "$(curl -sS -o /dev/null -w '%{http_code}' \
    "$POSTFLOW_PUBLIC_URL/attachments/${url##*/}")" 404 \
    "on the public listener there is none"
refused "no such file" 404 not_found GET \
    "/emails/$everything/attachments/$unknown"

# A large one goes by way of the disk.
head -c 6000000 /dev/urandom >"$tmp/large.bin"
jq -n --rawfile bin <(base64 -w 0 "$tmp/large.bin") '{
	from: "shop@acme.example", to: "ada@customer.example",
	subject: "Large", text: "See the file.",
	attachments: [{filename: "large.bin", content: $bin}]}' \
    >"$tmp/large.json"
post /emails "$tmp/large.json"
is "$status" 200 "six megabytes are taken"
ok "they arrive" wait_for 20 has_mail Large
ok "byte for byte" cmp "$tmp/large.bin" \
    <(part 'filename="large.bin"' "$(mails_of Large)")
post /emails "$tmp/large.json"
is "$(as_root find "$tmp/lab" -path '*/blobs/*' -type f | wc -l)" 4 \
    "the same content lies there once"

# ---- templates, topics and the way out

api POST /contacts '{"email": "zoe@customer.example", "first_name": "Zoë"}' \
    >/dev/null
gives "a template" 201 .object template POST /templates '{"name": "Order",
    "alias": "order", "from": "Acme <hello@acme.example>",
    "subject": "Order {{{NUMBER}}}",
    "html": "<p>{{{FIRST_NAME|friend}}}: {{{NUMBER}}} {{{WHAT}}}</p><a href=\"{{{RESEND_UNSUBSCRIBE_URL}}}\">leave</a>",
    "variables": [{"key": "NUMBER", "type": "number"},
    {"key": "WHAT", "type": "string", "fallback_value": "things"}]}'
template=$(made)
refused "it is a draft" 422 validation_error POST /emails \
    '{"to": "zoe@customer.example", "template": {"id": "order"}}'
api POST "/templates/$template/publish" '{}' >/dev/null
gives "a mail of the template" 200 '.id | length' 36 POST /emails \
    '{"to": "zoe@customer.example", "template": {"id": "order",
    "variables": {"NUMBER": 17}}}'
ok "arrives" wait_for 10 has_mail 'Order 17'
mail=$(mails_of 'Order 17')
like "$(tr -d '\r' <"$mail")" 'Zo=C3=AB: 17 things' "filled"
like "$(header List-Unsubscribe "$mail")" "^<$POSTFLOW_PUBLIC_URL/u/" \
    "with a way out, because the template has one"
gives "what is no number is none" 422 '.message | gsub("[^A-Za-z0-9. ]"; "")' \
    'template.variables.NUMBER must be a number not x.' POST /emails \
    '{"to": "zoe@customer.example", "template": {"id": "order",
    "variables": {"NUMBER": "x"}}}'
gives "nor is an object a text, in a batch" 422 \
    '.message | gsub("[^A-Za-z0-9.\\[\\] ]"; "")' \
    '[0] template.variables.WHAT must be a string not a1.' POST \
    /emails/batch '[{"to": "zoe@customer.example", "template":
    {"id": "order", "variables": {"NUMBER": "5", "WHAT": {"a": 1}}}}]'
refused "a variable without a value" 422 validation_error POST /emails \
    '{"to": "zoe@customer.example", "template": {"id": "order"}}'
gives "the name is data" 200 '.id | length' 36 POST /emails \
    '{"to": "new@customer.example", "subject": "Escaped",
    "template": {"id": "order",
    "variables": {"NUMBER": 1, "WHAT": "<script>"}}}'
ok "to a stranger" wait_for 10 has_mail Escaped
mail=$(mails_of Escaped)
like "$(tr -d '\r' <"$mail")" 'friend: 1 &lt;script&gt;' "escaped in the html"
url=$(header List-Unsubscribe "$mail" | sed 's/^<\([^>]*\)>.*/\1/')
is "$(curl -sS -o /dev/null -w '%{http_code}' -d List-Unsubscribe=One-Click \
    "$url")" 200 "the stranger leaves"
gives "and is known to have left" 200 .unsubscribed true GET \
    /contacts/new@customer.example

gives "a topic" 201 .object topic POST /topics '{"name": "News",
    "default_subscription": "opt_in"}'
topic=$(made)
api PATCH /contacts/zoe@customer.example/topics \
    '[{"id": "'"$topic"'", "subscription": "opt_out"}]' >/dev/null
gives "a mail of the topic" 200 '.id | length' 36 POST /emails \
    '{"from": "a@acme.example", "to": "zoe@customer.example",
    "subject": "Not wanted", "text": "x", "topic_id": "'"$topic"'"}'
ok "is not sent to who left it" wait_for 5 becomes .last_event suppressed \
    "/emails/$(made)"
gives "to others" 200 '.id | length' 36 POST /emails \
    '{"from": "a@acme.example", "to": "eve@customer.example",
    "subject": "Wanted", "text": "x", "topic_id": "'"$topic"'"}'
ok "it is" wait_for 10 has_mail Wanted
like "$(header List-Unsubscribe "$(mails_of Wanted)")" '^<http' \
    "with a way out of the topic"
fails "the other never came" has_mail 'Not wanted'

# ---- batches

printf '%s' '[{"from": "a@acme.example", "to": "b1@customer.example",
    "subject": "Batch one", "text": "x"}, {"from": "a@acme.example",
    "to": "b2@customer.example", "subject": "Batch two", "text": "x"}]' \
    >"$tmp/good.json"
jq '.[0].subject = "Batch strict" | .[1].to = "nobody" | .[2] =
    (.[0] | .template = {id: "nothing"} | del(.text))' "$tmp/good.json" \
    >"$tmp/bad.json"
post /emails/batch "$tmp/good.json"
is "$status $(jq -c '[.data[].id | length], has("errors")' <<<"$body" |
    tr '\n' ' ')" '200 [36,36] false ' "a batch is taken"
ok "both arrive" wait_for 10 has_mail 'Batch two'
post /emails/batch "$tmp/bad.json"
like "$status $body" '^422 .*\[1\].*"validation_error"' \
    "one bad mail fails a strict batch, named by its place"
post /emails/batch "$tmp/bad.json" -H 'x-batch-validation: permissive'
is "$status $(jq -c '[(.data | length), [.errors[].index]]' <<<"$body")" \
    '200 [1,[1,2]]' "a permissive one takes what is good"
ok "which arrives" wait_for 10 has_mail 'Batch strict'
is "$(mails_of 'Batch strict' | wc -l)" 1 "once"
refused "a file in a batch" 422 validation_error POST /emails/batch \
    '[{"from": "a@acme.example", "to": "b@customer.example",
    "subject": "s", "text": "x", "attachments": [{"content": "eA=="}]}]'
refused "a moment in a batch" 422 validation_error POST /emails/batch \
    '[{"from": "a@acme.example", "to": "b@customer.example",
    "subject": "s", "text": "x", "scheduled_at": "in 1 min"}]'
refused "none at all" 422 validation_error POST /emails/batch '[]'
refused "no array" 422 validation_error POST /emails/batch '{}'
jq -n '[range(101) | {from: "a@acme.example", to: "b@customer.example",
    subject: "s", text: "x"}]' >"$tmp/many.json"
post /emails/batch "$tmp/many.json"
is "$status" 422 "over a hundred"

# ---- idempotency

jq '.[0] | .subject = "Once"' "$tmp/good.json" >"$tmp/once.json"
for i in 1 2 3 4 5 6; do
	curl -sS --max-time 10 -X POST \
	    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -H 'Idempotency-Key: once/1' -H 'Content-Type: application/json' \
	    --data-binary "@$tmp/once.json" "$POSTFLOW_URL/emails" \
	    >"$tmp/once.$i" &
done
wait
is "$(cat "$tmp"/once.? | sort -u | wc -l)" 1 \
    "six at once with one key have one answer"
like "$(cat "$tmp/once.1")" '^\{"id":' "which is a mail's"
post /emails "$tmp/good.json" -H 'Idempotency-Key: once/1'
like "$status $body" '^4(09|22) ' "another body is refused"
jq '.text = "y"' "$tmp/once.json" >"$tmp/other.json"
post /emails "$tmp/other.json" -H 'Idempotency-Key: once/1'
like "$status $body" '^409 .*"invalid_idempotent_request"' \
    "as another use of the key"
ok "it arrives" wait_for 10 has_mail Once
is "$(mails_of Once | wc -l)" 1 "one mail was sent"

# ---- schedules

# schedule SUBJECT WHEN
schedule() {
	req POST /emails '{"from": "a@acme.example",
	    "to": "ada@customer.example", "subject": "'"$1"'", "text": "x",
	    "scheduled_at": "'"$2"'"}'
	made
}
later=$(schedule Cancelled 'in 1 hour')
gives "a scheduled mail waits" 200 '[.last_event, .scheduled_at != null]' \
    '["scheduled",true]' GET "/emails/$later"
gives "it is cancelled" 200 '[.object, .id]' "[\"email\",\"$later\"]" POST \
    "/emails/$later/cancel"
gives "and says so" 200 .last_event canceled GET "/emails/$later"
refused "once" 422 validation_error POST "/emails/$later/cancel"
refused "and cannot be moved" 422 validation_error PATCH "/emails/$later" \
    '{"scheduled_at": "in 1 min"}'
moved=$(schedule Moved 'tomorrow at 9am ET')
gives "another is moved" 200 '[.object, .id]' "[\"email\",\"$moved\"]" PATCH \
    "/emails/$moved" '{"scheduled_at": "'"$(date -u -d '+1 second' \
    +%Y-%m-%dT%H:%M:%SZ)"'"}'
ok "and sent at its new moment" wait_for 10 has_mail Moved
ok "it reads sent" wait_for 5 becomes .last_event sent "/emails/$moved"
refused "what is sent is not cancelled" 422 validation_error POST \
    "/emails/$moved/cancel"
survivor=$(schedule Survivor 'in 3 seconds')
kill_hard "$POSTFLOWD_PID"
lab restart "$tmp/lab" postflowd >/dev/null
lab_env "$tmp/lab"
ok "a schedule survives a crash" wait_for 15 has_mail Survivor
ok "and ends as it should" wait_for 5 becomes .last_event sent \
    "/emails/$survivor"
fails "what was cancelled never came" has_mail Cancelled

# ---- recipients that are refused

gives "to one that is there and one that is not" 200 '.id | length' 36 POST \
    /emails '{"from": "a@acme.example", "to": ["nouser1@customer.example",
    "real@customer.example"], "subject": "Half", "text": "x"}'
half=$(made)
ok "one gets it" wait_for 10 has_mail Half
ok "the mail is sent" wait_for 5 becomes .last_event sent "/emails/$half"
gives "and the API says who did not get it" 200 \
    '[.recipients[] | [.email, .last_event, .code]]' \
    '[["nouser1@customer.example","failed",550],["real@customer.example","sent",250]]' \
    GET "/emails/$half"

# ---- what is refused

# bad WHAT NAME FIELDS: a mail that is fine but for these fields of jq's.
bad() {
	jq -nc '{from: "a@acme.example", to: "b@customer.example",
	    subject: "Bad", text: "x"} | '"$3" >"$tmp/one.json"
	post /emails "$tmp/one.json"
	like "$status $body" "$(flat "${4-422}" "$2" | sed "s/^^/^${4-422} /")" \
	    "$1: $(jq -r .message <<<"$body" | tr -d '\r\n')"
}
bad "no from" missing_required_field 'del(.from)'
bad "no to" missing_required_field 'del(.to)'
bad "nobody" missing_required_field '.to = []'
bad "no subject" missing_required_field 'del(.subject)'
bad "nothing to read" missing_required_field 'del(.text)'
bad "a to that is none" validation_error '.to = "nobody"'
bad "a number" validation_error '.to = 5'
bad "two in one" validation_error '.to = "a@b.example, c@d.example"'
bad "51 of them" validation_error '.to = [range(51) | "a\(.)@b.example"]'
bad "a cc that is none" validation_error '.cc = ["a@b.example", "x"]'
bad "a from that is none" validation_error '.from = "Acme"'
bad "a line break in the subject" validation_error \
    '.subject = "x\r\nBcc: e@v.il"'
bad "one in an address" validation_error '.to = "a@b.example\r\nBcc: e@v.il"'
bad "one in a name" validation_error '.from = "A\nB <a@acme.example>"'
bad "one in a header" validation_error '.headers = {"X-A": "x\r\nBcc: e@v.il"}'
bad "one in a header's name" validation_error \
    '.headers = {"X-A: x\r\nBcc": "e@v.il"}'
bad "a header of ours" validation_error '.headers = {"message-id": "<a@b>"}'
bad "a header that is no text" validation_error '.headers = {"X-A": 5}'
bad "a header twice" validation_error '.headers = {"X-A": "1", "x-a": "2"}'
bad "a tag with a blank" validation_error '.tags = [{name: "a b", value: "c"}]'
bad "a tag without a value" missing_required_field '.tags = [{name: "a"}]'
bad "a template and a text" validation_error '.template = {id: "order"}'
bad "no such template" validation_error \
    'del(.text) | .template = {id: "nothing"}'
bad "no such topic" validation_error ".topic_id = \"$everything\""
bad "a topic that is no id" invalid_parameter '.topic_id = "news"'
bad "a moment that is none" validation_error '.scheduled_at = "soon"'
bad "one in the past" validation_error '.scheduled_at = "2020-01-01"'
bad "one too far" validation_error '.scheduled_at = "in 40 days"'
bad "a file elsewhere" invalid_attachment \
    '.attachments = [{path: "https://a.example/x.pdf"}]'
bad "one of this host" invalid_attachment \
    '.attachments = [{path: "/etc/passwd"}]'
bad "no content" invalid_attachment '.attachments = [{filename: "x"}]'
bad "content that is no base64" invalid_attachment \
    '.attachments = [{content: "%%%"}]'
bad "a type that is none" invalid_attachment \
    '.attachments = [{content: "eA==", content_type: "x\r\ny"}]'
bad "an id that is none" invalid_attachment \
    '.attachments = [{content: "eA==", content_id: "a>b"}]'
bad "a name with a line break" invalid_attachment \
    '.attachments = [{content: "eA==", filename: "x\r\ny"}]'
bad "a link for two" validation_error '.to = ["a@b.example", "c@d.example"] |
    .html = "{{{RESEND_UNSUBSCRIBE_URL}}}"'
fails "none of them arrived" has_mail Bad
refused "an unknown mail" 404 not_found GET "/emails/$unknown"
refused "what is no id" 422 invalid_parameter GET /emails/x
refused "an unknown mail is not cancelled" 404 not_found POST \
    "/emails/$unknown/cancel"
refused "nothing to change" 422 missing_required_field PATCH \
    "/emails/$moved" '{}'
refused "no sharing" 404 not_found POST "/emails/$moved/share"
refused "no receiving" 404 not_found GET /emails/receiving
refused "nor one of it" 404 not_found GET "/emails/receiving/$unknown"
key=$("$POSTFLOW" -c "$POSTFLOW_CONF" keys create --permission sending_access |
    grep -o 're_[A-Za-z0-9_-]*')
refused "a sending key does not read" 401 restricted_api_key GET /emails
said=$(curl -sS -X POST -o /dev/null -w '%{http_code}' \
    -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    --data-binary "@$tmp/once.json" "$POSTFLOW_URL/emails")
is "$said" 200 "but sends"
unset key

# ---- a list of many

fields='[.id, .to, .cc, .bcc, .reply_to]'
api GET '/emails?limit=100' | head -n 1 | jq -c ".data[] | $fields" \
    >"$tmp/listed"
ok "a list has many mails" [ "$(lines "$tmp/listed")" -gt 5 ]
jq -r '.[0]' "$tmp/listed" | while read -r id; do
	api GET "/emails/$id" | head -n 1 | jq -c "$fields"
done >"$tmp/alone"
is "$(cat "$tmp/alone")" "$(cat "$tmp/listed")" \
    "each with its own recipients, as alone"

# ---- metrics

gives "mails are counted" 200 '[.object, .metrics, .dimensions,
    .totals.sent > 10, .totals.suppressed, has("data")]' \
    '["metrics",["sent","suppressed"],[],true,1,false]' GET \
    '/emails/metrics?metrics=sent,suppressed'
gives "by domain" 200 '[.data[].domain_name]' '["acme.example"]' GET \
    '/emails/metrics?dimensions=domain'
gives "by day" 200 '[(.data | length), (.data[-1].sent > 10)]' '[7,true]' GET \
    '/emails/metrics?dimensions=period'
gives "by day of a zone" 200 '[(.data | length), .data[-1].sent > 10]' \
    '[7,true]' GET '/emails/metrics?dimensions=period&timezone=Asia/Tokyo'
gives "by hour" 200 '[(.data | length), .granularity]' '[145,"hourly"]' GET \
    '/emails/metrics?dimensions=period&granularity=hourly'
gives "by month and domain" 200 '[.data[] | has("period") and
    .domain_name == "acme.example"] | all' true GET \
    '/emails/metrics?dimensions=period,domain&dimensions=domain&granularity=monthly'
gives "one mail" 200 '[.totals.sent, .data[0].email_id]' \
    "[1,\"$moved\"]" GET "/emails/metrics?dimensions=email&email_id=$moved"
jq -n '{from: "Shop <a@ACME.Example>", to: "ada@customer.example",
    subject: "Loud", text: "x"}' >"$tmp/loud.json"
post /emails "$tmp/loud.json"
loud=$(made)
is_sent() {
	[ "$(api_get .last_event "/emails/$1")" = sent ]
}
ok "a mail from a domain in capitals is sent" wait_for 10 is_sent "$loud"
gives "whose domain is the same" 200 '[.data[].domain_name]' \
    '["acme.example"]' GET \
    "/emails/metrics?dimensions=domain&email_id=$loud"
refused "a metric that is none" 422 validation_error GET \
    '/emails/metrics?metrics=sent,luck'
refused "a range the wrong way" 422 validation_error GET \
    '/emails/metrics?start_date=2026-02-01&end_date=2026-01-01'
refused "too many periods" 422 validation_error GET \
    '/emails/metrics?start_date=2000-01-01&granularity=hourly&dimensions=period'

# ---- crashes

# writer NAME: sends mails with a file each, notes the ids it is told.
writer() {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		printf '{"from": "a@acme.example", "to": ["c1@customer.example",
		    "c2@customer.example"], "subject": "Crash %s.%s",
		    "text": "x", "attachments": [{"filename": "f",
		    "content": "%s"}]}' "$1" "$i" "$(printf '%s.%s' "$1" "$i" |
		    base64 -w 0)" >"$tmp/crash.$1"
		curl -sS --max-time 5 -X POST \
		    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
		    -H 'Content-Type: application/json' \
		    --data-binary "@$tmp/crash.$1" "$POSTFLOW_URL/emails" \
		    2>/dev/null | jq -r '.id // empty' >>"$tmp/acked" || :
	done
}
has_acked() {
	[ "$(lines "$tmp/acked")" -ge "$1" ]
}
: >"$tmp/acked"
for round in 1 2 3; do
	for w in a b; do writer "$round$w" & done
	wait_for 10 has_acked $((round * round * 5)) || :
	kill_hard "$POSTFLOWD_PID"
	wait
	lab restart "$tmp/lab" postflowd >/dev/null
	lab_env "$tmp/lab"
done
ok "mails were taken between crashes" has_acked 10
all_sent() {
	[ "$(query "SELECT count(*) FROM emails WHERE status IN (0, 1)")" = 0 ]
}
ok "all that was taken is sent" wait_for 20 all_sent
is "$(while read -r id; do api_get .last_event "/emails/$id"; done \
    <"$tmp/acked" | sort -u)" sent "each of them"
is "$("$POSTFLOW" -c "$POSTFLOW_CONF" --json doctor --db |
    jq -c .problems)" '[]' \
    "nothing is half there, and every row has its file"

# ---- the command line

cli() {
	"$POSTFLOW" -c "$POSTFLOW_CONF" "$@"
}
id=$(cli emails send --from a@acme.example --to ada@customer.example \
    --cc bob@customer.example --subject 'By hand' --html '<p>Hi</p>' \
    --attachment "$tmp/a.bin" --inline "logo=$tmp/logo.png" \
    --headers X-By=hand --tags kind=test --scheduled-at 'in 1 day')
like "$id" '^[0-9a-f-]{36}$' "the command prints the id"
is "$(cli --json emails get "$id" | jq -c '[.last_event, .tags, .cc]')" \
    '["scheduled",[{"name":"kind","value":"test"}],["bob@customer.example"]]' \
    "of what was asked for"
cli emails update "$id" --scheduled-at 'in 2 days' >/dev/null
is "$(cli --json emails attachments "$id" | jq '.data | length')" 2 \
    "with its files"
like "$(cli emails cancel "$id")" "id: $id" "it is cancelled"
fails "once" cli emails cancel "$id" 2>/dev/null
cli emails send --to ada@customer.example --template order --var NUMBER=99 \
    --idempotency-key by/hand >/dev/null
ok "a template by hand" wait_for 10 has_mail 'Order 99'
cli emails batch --file "$tmp/good.json" >/dev/null
is "$(cli --json contacts export zoe@customer.example |
    jq '[.data[] | select(.object == "email") | .subject] | sort' -c)" \
    '["Not wanted","Order 17"]' "an export has an app's mail"
id=$(cli emails send --from a@acme.example --to zoe@customer.example \
    --subject 'With a file' --text x --attachment "$tmp/a.bin")
url=$(api_get '.data[0].download_url' "/emails/$id/attachments")
ok "a file of hers can be had" cmp "$tmp/a.bin" <(curl -sS "$url")
cli contacts erase zoe@customer.example >/dev/null
gone() {
	[ "$(query "SELECT count(*) FROM email_recipients
	    WHERE email_key = 'zoe@customer.example'")" = 0 ]
}
ok "an erasure takes it" wait_for 10 gone
is "$(curl -sS -o /dev/null -w '%{http_code}' "$url")" 404 \
    "and the link to its file leads nowhere"
like "$(cli doctor --db 2>&1 || :)" 'no problem|nothing|0 problem|sound' \
    "the doctor finds nothing wrong"

# ---- a disk that takes its time holds up none but its own

echo 'store { wal_limit = "1 MB" }' >"$tmp/short.conf"
lab_up "$tmp/slow" --mta none --conf "$tmp/short.conf"
empty=$(sha256sum </dev/null | cut -d ' ' -f 1)
folder=$tmp/slow/state/blobs/${empty:0:2}
as_root mkdir -p "$folder"
as_root chmod 0777 "$tmp/slow/state/blobs" "$folder"
# Whoever opens it waits for somebody at the other end.
as_root mkfifo -m 0666 "$folder/$empty"
jq -n '{from: "a@acme.example", to: "ada@customer.example", subject: "Slow",
    text: "x", attachments: [{filename: "a", content: ""}]}' >"$tmp/slow.json"
post /emails "$tmp/slow.json" >"$tmp/slow.said" &
slow=$!
jq -n '[range(1000) | {event: "e", email: "a\(.)@customer.example",
    payload: {text: ("x" * 500)}}]' >"$tmp/events.json"
for _ in 1 2 3 4 5 6; do
	post /events/send/batch "$tmp/events.json" --max-time 5 \
	    2>/dev/null || :
	echo "$status"
done >"$tmp/statuses"
is "$(sort "$tmp/statuses" | uniq -c | tr -s ' ')" " 6 202" \
    "events are written while a mail's file is"
ok "which still is" kill -0 "$slow"
# shellcheck disable=SC2016
as_root sh -c ': >"$1"' sh "$folder/$empty"
wait "$slow" || :

finish
