#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The event socket: a line in, a line out, whatever the line is.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

# The lab has a user database of its own here, with someone in a group that he
# does not begin with.
if ! as_root unshare --mount true 2>/dev/null; then
	skip "the event socket" "no mount namespace is to be had here"
	finish
	exit
fi
sed 's/^games:.*/&games2/; s/^news:\([^:]*:[0-9]*\):.*/news:\1:man/' \
    /etc/group | sed 's/games2$//' >"$tmp/group"
cat >"$tmp/lab-up" <<EOT
#!/bin/sh
mount --bind '$tmp/group' /etc/group &&
    exec '$top/contrib/lab' "\$@"
EOT
chmod +x "$tmp/lab-up"
cat >"$tmp/extra.conf" <<EOT
access {
    allow_users = { "root", "mail" }
    allow_groups = { "news" }
}
EOT
labs+=("$tmp/lab")
as_root env POSTFLOW_BUILDDIR="$builddir" unshare --mount "$tmp/lab-up" up \
    "$tmp/lab" --mta none --conf "$tmp/extra.conf" >/dev/null
lab_env "$tmp/lab"
ok "an automation is there" mail_on load
install -m 0755 "$tools/talk" "$tmp/talk"
socket=unix:$POSTFLOW_EVENTS_SOCKET

say() {
	"$tools/talk" "$@" "$socket"
}

event_id='[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'
ann='"email":"ann@load.example"'

# Blank lines, and a last line without its newline.
is "$(printf '\n \n\t\n\r\n{"event":"a",%s}\n\n\r\n{"event":"b",%s}' \
    "$ann" "$ann" | say | jq -r '[.object, .event] | join(" ")' | xargs)" \
    "event a event b" "blank lines are ignored, the last needs no newline"
like "$(printf '{"event":"a",%s}\r\n' "$ann" | say)" \
    "^\\{\"object\":\"event\",\"event\":\"a\",\"id\":\"$event_id\"\\}\$" \
    "CRLF is a newline, too"
is "$(printf '' | say)" '' "who says nothing is told nothing"
is "$(printf '\n\n\n' | say)" '' "nor who says blank lines"

# Misspelt names.
is "$(printf '{"event":"a","emial":"ann@load.example"}\n' | say |
    jq -r '[.name, .message] | join(": ")')" \
    "validation_error: \`emial\` is not a field here; is \`email\` meant?" \
    "a misspelt name is refused, as over HTTP"
is "$(printf '{"event":"a",%s,"paylod":{}}\n' "$ann" | say | jq -r .message)" \
    "\`paylod\` is not a field here; is \`payload\` meant?" \
    "also where it may be absent"
is "$(printf '{"event":"a",%s,"source":1}\n' "$ann" | say | jq -r .object)" \
    event "others are let pass"

# Ids.
first=$(printf '{"event":"a",%s,"id":"x-1"}\n' "$ann" | say)
is "$(jq -r .duplicate <<<"$first")" null "the first with an id is none"
again=$(printf '{"event":"a",%s,"id":"x-1"}\n' "$ann" | say)
is "$(jq -r .duplicate <<<"$again")" true "the second is a duplicate"
is "$(jq -r .id <<<"$again")" "$(jq -r .id <<<"$first")" "of the first"
is "$(jq -r 'keys_unsorted | join(",")' <<<"$again")" \
    object,event,id,duplicate "and says so at its end"
like "$(printf '{"event":"b",%s,"id":"x-1"}\n' "$ann" | say)" \
    '^\{"statusCode":409,"message":"[^"]+","name":"invalid_idempotent_request"\}$' \
    "the id with another content is refused"
is "$(for _ in 1 2 3; do printf '{"event":"a",%s,"id":"x-2"}\n' "$ann"; done |
    say | jq -r .duplicate | xargs)" "null true true" \
    "in one batch it is the same"
is "$(api POST /events/send "{\"event\":\"a\",$ann,\"id\":\"x-1\"}" |
    head -n 1 | jq -r '[.id, .duplicate | tostring] | join(" ")')" \
    "$(jq -r .id <<<"$first") true" "ids are shared with HTTP"

# Order, across errors.
for i in $(seq 300); do
	printf '{"event":"n.%s",%s}\n' "$i" "$ann"
	((i % 3)) || echo bad
	((i % 5)) || printf '{"event":"resend:x",%s}\n' "$ann"
done >"$tmp/mixed"
is "$(say <"$tmp/mixed" | jq -r '.event // .name')" \
    "$(jq -Rr 'fromjson? // {event: "resend:"} | .event |
	if startswith("resend:") then "validation_error" else . end' \
	"$tmp/mixed")" "answers come in the order of the lines"

# Lines that are refused at once, more than are taken at a time.
yes x 2>/dev/null | head -n 20000 >"$tmp/bad"
is "$(say -t 30 <"$tmp/bad" | grep -c '"statusCode":422')" 20000 \
    "20000 bad lines have 20000 answers"
is "$({ cat "$tmp/bad"; printf '{"event":"a",%s}\n' "$ann"; } |
    say -k -n 20001 -t 30 | tail -n 1 | jq -r .event)" a \
    "and so has the good one behind them, with the connection open"

# Length.
pad() {
	head -c "$1" /dev/zero | tr '\0' x
}
{
	printf '{"event":"a",%s,"payload":{"x":"' "$ann"
	pad $((1048576 - 59))
	printf '"}}\n{"event":"b",%s}\n' "$ann"
} >"$tmp/longest"
is "$(head -n 1 "$tmp/longest" | wc -c)" 1048577 "a line of 1 MB"
is "$(say <"$tmp/longest" | jq -r .event | xargs)" "a b" "is taken"
{
	printf ' '
	cat "$tmp/longest"
} >"$tmp/longer"
is "$(say <"$tmp/longer" | jq -r '.name // .event' | xargs)" \
    "validation_error b" "one byte more is refused, and the next is taken"
{
	pad 20000000
	printf '\n{"event":"b",%s}\n' "$ann"
	pad 3000000
} >"$tmp/longest"
is "$(say <"$tmp/longest" | jq -r '.name // .event' | xargs)" \
    "validation_error b validation_error" \
    "so is a line of 20 MB, and one that never ends"

# Half-close with thousands in flight, and a client that goes away.
for i in $(seq 5000); do
	printf '{"event":"half",%s,"id":"half-%s"}\n' "$ann" "$i"
done >"$tmp/half"
is "$(say <"$tmp/half" | grep -c '"event":"half"')" 5000 \
    "after the half-close all answers come"
say -n 1 <"$tmp/mixed" >/dev/null
is "$(printf '{"event":"a",%s}\n' "$ann" | say | jq -r .event)" a \
    "who goes away without his answers hurts nobody"

# Shares. One has a hundred thousand to say and the other a little.
: >"$tmp/big"
"$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -n 100000 -e big -t 120 \
    -o "$tmp/big" >/dev/null &
big=$!
big_acks() {
	[ "$(wc -l <"$tmp/big")" -ge "$1" ]
}
ok "a big client is at work" wait_for 30 big_acks 2000
before=$(wc -l <"$tmp/big")
"$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -n 5000 -e small -t 60 >/dev/null
meanwhile=$(($(wc -l <"$tmp/big") - before))
echo "# the big one had $meanwhile answers while the small one had 5000"
ok "the small one has its share" test "$meanwhile" -le 20000
ok "which leaves the big one some" test "$meanwhile" -gt 0
wait "$big"

# Who may.
as() {
	local user=$1
	shift
	printf '{"event":"who",%s}\n' "$ann" |
	    as_root setpriv --reuid "$user" --regid "$user" "$@" \
		"$tmp/talk" "$socket"
}
like "$(as mail --clear-groups)" '"event":"who"' "a user of allow_users may"
like "$(as news --clear-groups)" '"event":"who"' "a group of allow_groups may"
gid=$(getent group news | cut -d : -f 3)
like "$(as man --groups "$gid")" '"event":"who"' "as a further group, too"
like "$(as games --clear-groups)" \
    '^\{"statusCode":403,"message":"[^"]+","name":"invalid_permission"\}$' \
    "others may not, and are told so"
for i in 1 2 3; do
	as games --clear-groups >/dev/null
done
is "$(printf '{"event":"a",%s}\n' "$ann" | say | jq -r .event)" a \
    "which does not hurt those who may"

finish
