#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The unsubscribe link as mailbox providers, people and scanners use it
# (RFC 8058), on the listener that is open to the world.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

lab_up "$tmp/lab" --mta none
topic=$(api POST /topics '{"name": "News & <b>offers</b>",
    "default_subscription": "opt_in"}' | head -n 1 | jq -r .id)
ok "an automation about everything" mail_on all
all=$automation
ok "an automation about a topic" mail_on news '' '"topic_id": "'"$topic"'"'
news=$automation

# fetch [CURL-OPTION...] URL: prints the status; head and body are kept.
fetch() {
	: >"$tmp/head"
	: >"$tmp/page"
	curl -sS --max-time 10 --path-as-is -D "$tmp/head" -o "$tmp/page" \
	    -w '%{http_code}' "$@"
}

# The value of a header of the last answer.
said() {
	tr -d '\r' <"$tmp/head" | sed -n "s/^$1: //Ip"
}

run_status() {
	local run
	run=$(api_get '.data[0].id' "/automations/$1/runs")
	api_get '.steps[] | select(.key == "mail") |
	    .status + " " + (.output.reason // "-")' "/automations/$1/runs/$run"
}

# happens EVENT ADDRESS: and the daemon is done with it.
settled() {
	[ "$(figure .engine.emails_in_flight)" = 0 ] &&
	    [ "$(api_get '[.data[] | select(.last_event == "queued")] | length' \
		'/emails?limit=100')" = 0 ]
}
happens() {
	api POST /events/send "{\"event\":\"$1\",\"email\":\"$2\"}" >/dev/null
	wait_for 10 settled
}

mails_to() {
	grep -rlF "X-Rcpt-Args: <$1>" "$SINK_DIR" | wc -l
}

# link EVENT ADDRESS: of the newest mail of that event to them.
link() {
	local mail
	happens "$1" "$2"
	mail=$(grep -rlF "X-Rcpt-Args: <$2>" "$SINK_DIR" | sort | tail -n 1)
	header List-Unsubscribe "$mail" | grep -oE '<http[^>]*>' | tr -d '<>'
}

unsubscribed() {
	api_get .unsubscribed "/contacts/$1"
}

one_click='List-Unsubscribe=One-Click'

url=$(link all zoe@example.example)
like "$url" "^$POSTFLOW_PUBLIC_URL/u/[A-Za-z0-9._-]+\$" "a mail has a link"
ok "that is not too long" test "${#url}" -lt 200
fails "and has no address in it" grep -qi zoe <<<"$url"
is "$(fetch "$url")" 200 "GET shows a page"
is "$(said content-type)" 'text/html; charset=utf-8' "of HTML"
is "$(said cache-control)" no-store "not to be kept"
is "$(said referrer-policy)" no-referrer "that tells nobody where from"
is "$(said x-robots-tag)" noindex "that is not to be found"
is "$(said x-frame-options)" DENY "nor framed"
like "$(said content-security-policy)" "default-src 'none'" "without script"
is "$(said set-cookie)" '' "GET sets no cookie"
like "$(cat "$tmp/page")" '<form method="post">' "the page has a form"
fails "and no script" grep -qi '<script' "$tmp/page"
like "$(cat "$tmp/page")" 'z\*\*\*@e\*\*\*' "the address is masked"
fails "wholly" grep -qi 'zoe' "$tmp/page"
is "$(fetch -I "$url")" 200 "HEAD is answered"
for _ in 1 2 3; do
	fetch "$url" >/dev/null
done
is "$(unsubscribed zoe@example.example)" false "GET and HEAD change nothing"

# What a POST has to say.
for body in '' x confirm=0 "list-unsubscribe=one-click" \
    List-Unsubscribe=One-Clic List-Unsubscribe "x=$one_click" \
    'List-Unsubscribe=One%2DClickX'; do
	is "$(fetch -d "$body" "$url")" 400 "POST with '$body' is refused"
done
is "$(fetch -X POST "$url")" 400 "POST without a body is refused"
is "$(fetch -F x=y "$url")" 400 "so is a form without the word"
is "$(unsubscribed zoe@example.example)" false "and changes nothing"
is "$(fetch -d "$(head -c 5000 /dev/zero | tr '\0' x)" "$url")" 413 \
    "a body over 4 kB is refused"
for method in PUT DELETE PATCH OPTIONS; do
	is "$(fetch -X "$method" "$url")" 405 "$method is refused"
done

# Tokens that are none of ours.
token=${url##*/}
base=${url%/*}
is "$(fetch "$base/x")" 404 "GET of an unknown token"
cp "$tmp/page" "$tmp/unknown"
is "$(fetch -d "$one_click" "$base/x")" 404 "POST to an unknown token"
ok "the page is the same" cmp "$tmp/unknown" "$tmp/page"
bad=0 other=0
for ((i = 0; i < ${#token}; i++)); do
	letter=${token:i:1}
	case $letter in a) new=b ;; *) new=a ;; esac
	forged=${token:0:i}$new${token:i+1}
	[ "$(fetch -d "$one_click" "$base/$forged")" = 404 ] || bad=$((bad + 1))
	cmp -s "$tmp/unknown" "$tmp/page" || other=$((other + 1))
done
is "$bad $other" "0 0" "one letter changed, anywhere: 404, the same page"
for forged in "${token%?}" "${token}a" "${token}=" "$token%00" "${token^^}" \
    "${token%.*}" "${token%.*}." "${token#v1.}" "..$token" "$token$token" \
    "$(head -c 4000 /dev/zero | tr '\0' a)"; do
	case $(fetch -d "$one_click" "$base/$forged") in
	404) ok "forged ${forged:0:20}…: the same page" \
	    cmp "$tmp/unknown" "$tmp/page" ;;
	400) ok "forged ${forged:0:20}…: no such URL" \
	    test "$forged" = "$token%00" ;;
	*) verdict 1 "forged $forged" ;;
	esac
done
is "$(unsubscribed zoe@example.example)" false "and nobody is unsubscribed"

# One click, of a topic.
url=$(link news zoe@example.example)
fetch "$url" >/dev/null
like "$(cat "$tmp/page")" 'News &amp; &lt;b&gt;offers&lt;/b&gt;' \
    "the page names the topic, escaped"
events() {
	as_root sqlite3 -readonly "$POSTFLOW_DB" "SELECT count(*) FROM events
	    WHERE name = (SELECT num FROM event_names
	    WHERE name = 'resend:contact.unsubscribed')"
}
is "$(printf %s "$one_click" | wc -c)" 26 "one click has 26 bytes"
is "$(fetch -H 'User-Agent:' -H 'Accept:' --data-binary "$one_click" "$url")" \
    200 "one click, urlencoded"
is "$(said set-cookie)$(said location)" '' "no cookie, no redirect"
is "$(said cache-control)" no-store "not to be kept"
cp "$tmp/page" "$tmp/first"
is "$(fetch -d "$one_click" "$url")" 200 "a second time is as well"
ok "and says the same" cmp "$tmp/first" "$tmp/page"
is "$(fetch "$url")" 200 "the link still shows its page"
is "$(events)" 1 "it happened once"
is "$(unsubscribed zoe@example.example)" false \
    "the contact is not unsubscribed from everything"
before=$(mails_to zoe@example.example)
happens news zoe@example.example
is "$(run_status "$news")" "skipped topic_opted_out" \
    "the topic's mail is skipped, and the step says why"
is "$(mails_to zoe@example.example)" "$before" "nothing is sent"
happens all zoe@example.example
is "$(mails_to zoe@example.example)" "$((before + 1))" \
    "other mail is still sent"

# One click as a form of parts, of everything.
url=$(link all eve@example.example)
is "$(fetch -F "$one_click" "$url")" 200 "one click, multipart"
is "$(unsubscribed eve@example.example)" true "of everything"
before=$(mails_to eve@example.example)
for event in all news; do
	happens "$event" eve@example.example
done
is "$(run_status "$all") $(run_status "$news")" \
    "skipped unsubscribed skipped unsubscribed" "all mail is skipped"
is "$(mails_to eve@example.example)" "$before" "nothing is sent"
is "$(events)" 2 "it is an event"

# As others write such a form, and as the page's own button does.
n=0
for body in '--b\nContent-Disposition: form-data; name="List-Unsubscribe"\n\nOne-Click\n--b--\n' \
    '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--' \
    '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\nContent-Type: text/plain\r\n\r\nOne-Click\r\n--b--\r\n' \
    'x=y&List-Unsubscribe=One-Click&z=1' 'List-Unsubscribe=One-Click\r\n' \
    'confirm=1'; do
	n=$((n + 1))
	who=form$n@example.example
	url=$(link all "$who")
	printf '%b' "$body" >"$tmp/form"
	type=application/x-www-form-urlencoded
	[[ $body != --b* ]] || type='multipart/form-data; boundary=b'
	is "$(fetch -H "Content-Type: $type" --data-binary "@$tmp/form" "$url")" \
	    200 "form $n is understood"
	is "$(unsubscribed "$who")" true "and obeyed"
done

# Someone who was unsubscribed between the step and the sending, and someone
# who is not known any more.
url=$(link all gone@example.example)
api DELETE /contacts/gone@example.example >/dev/null
is "$(fetch -d "$one_click" "$url")" 200 "who was deleted may still click"

# Another key signs: links of the old one go on to work, also once everything
# was read anew.
old=$(link all key@example.example)
rotated=$("$POSTFLOW" --url "$POSTFLOW_URL" --key "$POSTFLOW_API_KEY" \
    --json keys rotate-signing | jq -r .id)
is "$rotated" 2 "another key is made"
new=$(link all key@example.example)
like "${new##*/}" '^v1\.2\.' "and signs"
like "${old##*/}" '^v1\.1\.' "as the old one did"
ok "the daemon starts again" "$top/contrib/lab" restart "$tmp/lab" postflowd
is "$(fetch "$new")" 200 "a new link is good"
is "$(fetch -d "$one_click" "$old")" 200 "an old one still unsubscribes"
is "$(unsubscribed key@example.example)" true "who had it"

# Nothing else is there.
for path in / /healthz /status /metrics /templates /automations /contacts \
    /emails /api-keys /events/send /u /u/ /u/x/y /../healthz /%2e%2e/healthz \
    //healthz /dashboard /v1/contacts; do
	is "$(fetch -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    "$POSTFLOW_PUBLIC_URL$path")" 404 "$path is not there"
done
is "$(fetch -X POST -H "Authorization: Bearer $POSTFLOW_API_KEY" \
    -d '{"event":"a","email":"a@b.example"}' \
    "$POSTFLOW_PUBLIC_URL/events/send")" 404 "nor is a way to send events"
is "$(fetch "$POSTFLOW_URL/u/x")" 404 "the API's listener has the pages, too"
ok "with the same page" cmp "$tmp/unknown" "$tmp/page"

finish
