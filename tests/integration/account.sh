#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# What the API tells of itself: domains, API keys, logs, usage, the limit of
# requests. And what is not there, and how paths are read.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

lab_up "$tmp/lab" --mta none
unknown=4ef9a417-02e9-4d39-ad75-9611e0fcc33c
cli() {
	"$POSTFLOW" -c "$POSTFLOW_CONF" "$@"
}

# ---- domains: any is taken

gives "a server that takes any domain shows its own" 200 \
    '[.object, .has_more, (.data | length > 0)]' '["list",false,true]' GET \
    '/domains?limit=10'
gives "which mail may be sent from" 200 '[.data[0] | .status,
    .capabilities.sending, .open_tracking, .click_tracking, .region]' \
    '["verified","enabled",false,false,"local"]' GET /domains
domain=$(jq -r '.data[0].id' <<<"$body")
gives "one is shown" 200 '[.object, .id, .status, .records]' \
    "[\"domain\",\"$domain\",\"verified\",[]]" GET "/domains/$domain"
like "$(cli domains list)" "$domain .*verified" "postflow domains list"
refused "domains are not made here" 403 validation_error POST /domains \
    '{"name": "new.example"}'
like "$(cat "$tmp/answer")" 'configuration' "and it says where"

# ---- API keys

gives "a key is made" 201 '[keys, (.token | startswith("re_"))]' \
    '[["id","token"],true]' POST /api-keys '{"name": "app"}'
app=$(made) app_token=$(jq -r .token <<<"$body")
gives "one that only sends, from one domain" 201 'keys' '["id","token"]' POST \
    /api-keys '{"name": "mailer", "permission": "sending_access",
    "domain_id": "'"$domain"'"}'
mailer=$(made) mailer_token=$(jq -r .token <<<"$body")
gives "they are listed" 200 '[.object, .has_more, (.data[:2][] | [.id, .name,
    .permission, (.domain | type), .last_used_at])]' \
    "[\"list\",false,[\"$mailer\",\"mailer\",\"sending_access\",\"string\",null],[\"$app\",\"app\",\"full_access\",\"null\",null]]" \
    GET /api-keys
gives "a page of them" 200 '[.has_more, .data[].id]' "[true,\"$mailer\"]" GET \
    '/api-keys?limit=1'
as_key() {
	POSTFLOW_API_KEY=$1 req "${@:2}"
}
used() {
	[ "$(api_get ".data[] | select(.id == \"$1\") | .last_used_at" \
	    /api-keys)" != null ]
}
as_key "$app_token" GET /domains
is "$status" 200 "a key works at once"
ok "that it was used is noted" wait_for 10 used "$app"
fails "of the other nothing is" used "$mailer"
gives "a key is renamed" 200 '[.object, .id]' "[\"api_key\",\"$app\"]" PATCH \
    "/api-keys/$app" '{"name": "shop"}'
gives "so it is called" 200 '.data[1].name' shop GET /api-keys
as_key "$mailer_token" GET /domains
is "$status $(jq -r .name <<<"$body")" "401 restricted_api_key" \
    "who may only send sees no domains"
as_key "$mailer_token" POST /events/send '{"event": "x", "email": "a@b.example"}'
is "$status" 202 "but sends events"
gives "a key is taken back" 200 '[.object, .id, .deleted]' \
    "[\"api_key\",\"$app\",true]" DELETE "/api-keys/$app"
as_key "$app_token" GET /domains
is "$status $(jq -r .name <<<"$body")" "403 invalid_api_key" "and is worth nothing"
cli_token=$(cli keys create)
like "$cli_token" '^re_' "postflow keys create, without a name"
like "$(cli keys list)" ' postflow +full_access ' "gets one"

# ---- logs

gives "a request is made" 201 .object topic POST //topics/ '{"name": "T",
    "default_subscription": "opt_in"}'
gives "it is logged, and its path as it was meant" 200 \
    '.data[0] | [keys, .endpoint, .method, .response_status, .user_agent[:5]]' \
    '[["created_at","endpoint","id","method","response_status","user_agent"],"/topics","POST",201,"curl/"]' \
    GET /logs
entry=$(jq -r '.data[0].id' <<<"$body")
gives "with what was said and answered" 200 '[.object, .request_body.name,
    .response_body.object]' '["log","T","topic"]' GET "/logs/$entry"
gives "to read logs is no request" 200 '.data[0].id' "$entry" GET '/logs?limit=5'
refused "one that is refused" 404 not_found GET "/contacts/nobody@e.example"
gives "is logged as well" 200 '[.endpoint, .response_status, .request_body,
    .response_body.name]' '["/contacts/nobody@e.example",404,null,"not_found"]' \
    GET "/logs/$(api_get '.data[0].id' /logs)"
refused "so is a path that is not there" 404 not_found GET /nowhere
gives "or a method" 200 '.data[0] | [.endpoint, .response_status]' \
    '["/nowhere",404]' GET /logs
refused "who has no key leaves no trace" 403 invalid_api_key GET /topics '' \
    -H 'Authorization: Bearer x'
gives "which is so" 200 '.data[0].endpoint' /nowhere GET /logs
gives "nor do events" 202 .object event POST /events/send \
    '{"event": "x", "email": "a@b.example"}'
gives "as they are not asked to" 200 '.data[0].endpoint' /nowhere GET /logs
api POST /api-keys '{"name": "secret"}' >/dev/null
is "$(api_get .response_body.token "/logs/$(api_get '.data[0].id' /logs)" |
    tr -d '*')" '' "a token cannot be read there"
large=$(head -c 6000 /dev/zero | tr '\0' y)
api POST /templates '{"name": "L", "html": "'"$large"'"}' >/dev/null
gives "a large body is kept in part" 200 '.request_body |
    [.truncated, (.bytes > 6000), (.begins | length)]' '[true,true,4096]' GET \
    "/logs/$(api_get '.data[0].id' /logs)"
gives "a page is followed" 200 '.data[0].id' \
    "$(api_get '.data[2].id' /logs)" GET \
    "/logs?limit=1&after=$(api_get '.data[1].id' /logs)"
api POST /contacts '{"email": "Erased@e.example"}' >/dev/null
gives "a contact is erased" 200 .erased true POST \
    /contacts/erased@e.example/erase
gives "and the logs do not tell of it" 200 \
    '[.. | strings | select(test("erased@e.example"; "i"))]' '[]' GET /logs
like "$(cli logs list)" 'GET +/nowhere +404' "postflow logs list"
like "$(cli logs get "$entry")" 'endpoint: /topics' "and get"

# ---- usage

mail_on hello
before=$(api_get '[.emails.daily.sent, .automation_runs.used, .contacts.used]
    | @sh' /usage)
api POST /events/send '{"event": "hello", "email": "new@e.example"}' >/dev/null
ok "a mail is sent" wait_for 20 has_files "$SINK_DIR" 1
counted() {
	local now
	now=$(api_get '[.emails.daily.sent - 1, .automation_runs.used - 1,
	    .contacts.used - 1] | @sh' /usage)
	[ "$now" = "$before" ]
}
ok "usage counts it, its run and its contact" wait_for 20 counted
gives "in its shape" 200 '[.object, (.emails.monthly | .used == .sent and
    .limit == null and .received == 0), .segments, .broadcasts.used,
    .ai_credits.next_increase_at, .rate_limit, .contacts.is_estimate]' \
    '["usage",true,{"used":0,"limit":null},0,null,{"limit":null,"duration":"1s"},false]' \
    GET /usage
like "$(jq -r .emails.daily.resets_at <<<"$body")" \
    '^20[0-9-]{8} 00:00:00\.0+\+00$' "a day ends at midnight"
api DELETE /contacts/new@e.example >/dev/null
is "$(api_get .contacts.used /usage)" "$(awk '{ print $3 }' <<<"$before")" \
    "who is deleted is not counted"
like "$(cli usage)" 'emails.*sent' "postflow usage"

# ---- paths

gives "a contact with strange characters" 201 .object contact POST /contacts \
    '{"email": "s+t%c@e.example"}'
strange=$(made)
for path in s+t%c@e.example s%2Bt%25c%40e.example 's+t%25c@e.example' \
    's%2bt%c@E.EXAMPLE'; do
	is "$(curl -sS --path-as-is -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    "$POSTFLOW_URL/contacts/$path" | jq -r .id)" "$strange" \
	    "is found as $path"
done
gives "an event with a slash and a blank" 201 .object event POST /events \
    '{"name": "user created/x"}'
gives "is found by its name" 200 .name 'user created/x' GET \
    /events/user%20created%2Fx
gives "slashes are one" 200 .object list GET //automations//
is "$(curl -sS -o "$tmp/head" -I -w '%{http_code}' -H \
    "Authorization: Bearer $POSTFLOW_API_KEY" "$POSTFLOW_URL/topics")" 200 \
    "HEAD is answered"
like "$(cat "$tmp/head")" '^[Cc]ontent-[Ll]ength: [1-9]' "as GET would be"
stop=$(curl -sS -X POST -H "Authorization: Bearer $POSTFLOW_API_KEY" \
    -H 'Content-Type: application/json' -H 'Content-Length: 0' \
    "$POSTFLOW_URL/automations/$automation/stop")
is "$(jq -r .status <<<"$stop")" disabled \
    "a POST without a body may have a content type"

# ---- what is not there, and what is refused

while read -r status name method path json; do
	refused "$method $path ${json:0:60}" "$status" "$name" "$method" \
	    "$path" "${json:-}"
done <<END
404 not_found GET /broadcasts
404 not_found POST /broadcasts {}
404 not_found GET /broadcasts/$unknown
404 not_found POST /broadcasts/$unknown/send {}
404 not_found GET /oauth/grants
404 not_found GET /inboxes
404 not_found GET /inboxes/$unknown/threads
404 not_found GET /emails/receiving
404 not_found GET /emails/receiving/$unknown
404 not_found GET /emails/receiving/$unknown/attachments
404 not_found POST /emails/$unknown/share {}
404 not_found GET /domains/$unknown
422 invalid_parameter GET /domains/x
422 validation_error GET /domains?limit=0
422 validation_error GET /domains?after=$unknown
422 validation_error GET /domains?after=$domain&before=$domain
403 validation_error PATCH /domains/$domain {}
403 validation_error DELETE /domains/$domain
403 validation_error POST /domains/$domain/verify
404 not_found DELETE /domains/$unknown
403 validation_error POST /domains/claim {}
405 method_not_allowed PUT /domains {}
422 missing_required_field POST /api-keys {}
422 validation_error POST /api-keys {"name":5}
422 validation_error POST /api-keys {"name":""}
422 validation_error POST /api-keys {"name":"$(printf 'a%.0s' {1..51})"}
422 validation_error POST /api-keys {"name":"a","permission":"all"}
422 validation_error POST /api-keys {"name":"a","permission":5}
422 validation_error POST /api-keys {"name":"a","domain_id":"$domain"}
422 validation_error POST /api-keys {"name":"a","permission":"sending_access","domain_id":5}
422 invalid_parameter POST /api-keys {"name":"a","permission":"sending_access","domain_id":"x"}
404 not_found POST /api-keys {"name":"a","permission":"sending_access","domain_id":"$unknown"}
422 validation_error POST /api-keys []
422 missing_required_field PATCH /api-keys/$mailer {}
404 not_found PATCH /api-keys/$unknown {"name":"a"}
422 invalid_parameter PATCH /api-keys/x {"name":"a"}
404 not_found DELETE /api-keys/$unknown
422 invalid_parameter DELETE /api-keys/x
405 method_not_allowed GET /api-keys/$mailer
422 validation_error GET /api-keys?limit=101
404 not_found GET /logs/$unknown
422 invalid_parameter GET /logs/x
422 validation_error GET /logs?limit=x
422 validation_error GET /logs?after=x
405 method_not_allowed DELETE /logs
405 method_not_allowed POST /logs/$entry {}
405 method_not_allowed POST /usage {}
404 not_found GET /usage/x
END
key=$mailer_token
for path in domains api-keys logs usage; do
	refused "a restricted key at /$path" 401 restricted_api_key GET "/$path"
done
unset key
allow=$(curl -sS -o /dev/null -D - -X PUT -H \
    "Authorization: Bearer $POSTFLOW_API_KEY" "$POSTFLOW_URL/api-keys/$mailer")
like "$allow" '^Allow: PATCH, DELETE' "a wrong method hears of the right ones"
like "$allow" '^HTTP/1.1 405' "with its status"
is "$(grep -ci '^ratelimit' <<<"$allow")" 0 "without a limit none is told"

# ---- with a limit, a prefix, and domains

cat >"$tmp/extra.conf" <<'END'
api { rate_limit = 3  log_entries = 2  log_events = yes  prefix = "/mail/resend" }
mail { domains = { "a.example", "b.example", "c.example" } }
END
lab_up "$tmp/second" --mta none --conf "$tmp/extra.conf"

# headers: of one request, a line each, in lower case.
headers() {
	curl -sS -o "$tmp/answer" -D - -H \
	    "Authorization: Bearer $POSTFLOW_API_KEY" "$POSTFLOW_URL$1" |
	    tr -d '\r' | tr '[:upper:]' '[:lower:]'
}
# over: asks until a request is too many.
over() {
	said=$(headers /topics)
	grep -q '^http/1.1 429' <<<"$said"
}
first=$(headers /topics)
like "$first" '^ratelimit-limit: 3$' "the limit is told"
like "$first" '^ratelimit-policy: 3;w=1$' "with its window"
like "$first" '^ratelimit-remaining: [012]$' "what is left"
like "$first" '^ratelimit-reset: 1$' "and until when"
ok "beyond it" wait_for 10 over
like "$said" '^retry-after: 1$' "comes when to try again"
like "$said" '^ratelimit-remaining: 0$' "and that nothing is left"
like "$(cat "$tmp/answer")" "$(flat 429 rate_limit_exceeded)" "in its shape"
POSTFLOW_API_KEY=$(cli keys create --permission sending_access)
restricted=$(headers /topics)
like "$restricted" '^http/1.1 401' "a key that may only send is refused"
like "$restricted" '^ratelimit-remaining: 2$' "which counts against its limit"
lab_env "$tmp/second"
again() {
	headers /topics | grep -q '^http/1.1 200'
}
ok "a second later it goes on" wait_for 10 again
for _ in 1 2 3 4 5 6; do
	cli --json topics list >/dev/null || break
done
is "$(cli --json topics list | jq -r .object)" list \
    "the Unix socket has no limit"
socket() {
	curl -sS --unix-socket "$POSTFLOW_API_SOCKET" "$@"
}
is "$(socket http://x/mail/resend/domains | jq -c '[.has_more, .data[].name]')" \
    '[false,"a.example","b.example","c.example"]' \
    "paths may have the prefix; domains are those of the configuration"
is "$(socket http://x//mail//resend/domains | jq -r .object)" list \
    "with slashes"
is "$(socket http://x/domains | jq -r .object)" list "or without it"
is "$(socket http://x/mail/domains | jq -r .name)" not_found "but not half of it"
b=$(socket 'http://x/domains' | jq -r '.data[1].id')
is "$(socket "http://x/domains?limit=1&after=$b" |
    jq -c '[.has_more, .data[].name]')" '[false,"c.example"]' "a page behind one"
is "$(socket "http://x/domains?limit=1&before=$b" |
    jq -c '[.has_more, .data[].name]')" '[false,"a.example"]' "or ahead of it"
is "$(socket "http://x/domains?limit=2" | jq -c '[.has_more, .data[].name]')" \
    '[true,"a.example","b.example"]' "there is more behind a short one"
socket -H 'Content-Type: application/json' \
    -d '{"event": "x", "email": "a@b.example"}' \
    http://x/mail/resend/events/send >/dev/null
is "$(socket http://x/logs | jq -c '[.data | length, .[0].endpoint]')" \
    '[2,"/events/send"]' "events are logged as asked, and no more than asked"

# SIGHUP takes another limit.
as_root sed -i 's/rate_limit = 3/rate_limit = 1000/' "$tmp/second/extra.conf"
as_root kill -HUP "$POSTFLOWD_PID"
raised() {
	headers /topics | grep -q '^ratelimit-limit: 1000$'
}
ok "a reload takes another limit" wait_for 10 raised

finish
