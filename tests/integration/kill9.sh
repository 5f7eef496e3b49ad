#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# postflowd is killed again and again while events come in and mails go out.
# Nothing it has acknowledged is lost, and no mail comes twice but those it
# says it was in doubt about.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

kills=${KILL_TIMES:-8}
events=$((kills * 400))
# Slow enough to last: a killed daemon is replaced within a second or two.
rate=$((kills > 10 ? 400 : 600))

lab_up "$tmp/lab" --sink discard
ok "an automation is there" mail_on load
log=$tmp/lab/postflowd.log

lines() {
	wc -l <"$1"
}

mails() {
	grep -c 'email [0-9a-f-]* sent ' "$log" || :
}

: >"$tmp/answers"
"$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -n "$events" -k once -R "$rate" \
    -w 256 -r 60 -t 900 -o "$tmp/answers" >"$tmp/pushed" &
pusher=$!

# Killed when some more events were answered, or some more mails were sent: in
# the midst of both.
progress() {
	[ "$(lines "$tmp/answers")" -ge "$answers_wanted" ] &&
	    [ "$(mails)" -ge "$mails_wanted" ]
}
n_killed=0
for ((i = 1; i <= kills; i++)); do
	answers_wanted=$((events * i / (kills + 1)))
	mails_wanted=$((answers_wanted / 4 + i % 7))
	wait_for 120 progress || break
	as_root kill -9 "$POSTFLOWD_PID"
	lab restart "$tmp/lab" postflowd || break
	lab_env "$tmp/lab"
	n_killed=$((n_killed + 1))
done
is "$n_killed" "$kills" "it was killed as often as it should be"
status=0
wait "$pusher" || status=$?
is "$status" 0 "the client went on after each"
said=$(cat "$tmp/pushed")
echo "# $said"
is "$(field acked "$said")" "$events" "and has an answer to each event"
ok "it had to connect again" test "$(field reconnects "$said")" -ge 1

nothing_is_due() {
	[ "$(as_root sqlite3 -readonly "$POSTFLOW_DB" \
	    'SELECT count(*) FROM emails WHERE status < 2')" = 0 ] &&
	    mta_is_empty
}
ok "all mails are settled" wait_long 300 nothing_is_due

query() {
	as_root sqlite3 -readonly -separator ' ' "$POSTFLOW_DB" "$1"
}
seq -f 'u%.0f@load.example' 0 $((events - 1)) | sort >"$tmp/expected"
query 'SELECT c.email_key FROM runs r JOIN contacts c ON c.id = r.contact' |
    sort >"$tmp/runs"
query 'SELECT recipient FROM emails WHERE status = 2' | sort >"$tmp/emails"
is "$(comm -23 "$tmp/expected" <(uniq "$tmp/runs") | wc -l)" 0 \
    "each event has its run"
is "$(uniq -d "$tmp/runs" | wc -l)" 0 "and no second one"
is "$(comm -23 "$tmp/expected" <(uniq "$tmp/emails") | wc -l)" 0 \
    "each has its email, which reads sent"
is "$(uniq -d "$tmp/emails" | wc -l)" 0 "and no second one"
is "$(query 'SELECT count(*) FROM emails WHERE status <> 2')" 0 \
    "no email reads anything else"
is "$(query 'PRAGMA integrity_check')" ok "the database is sound"

# What Postfix saw.
sent_messages | sort >"$tmp/sent"
is "$(comm -23 "$tmp/expected" <(cut -d ' ' -f 2 "$tmp/sent" | sort -u) |
    wc -l)" 0 "each mail left Postfix"
is "$(cut -d ' ' -f 2 "$tmp/sent" | sort -u | wc -l)" \
    "$(cut -d ' ' -f 1 "$tmp/sent" | sort -u | wc -l)" \
    "under one Message-ID, however often"
copies=$(($(lines "$tmp/sent") - $(cut -d ' ' -f 1 "$tmp/sent" | sort -u |
    wc -l)))
in_doubt=$(sed -nE 's/.* recovery in_doubt=([0-9]+).*/\1/p' "$log" |
    awk '{ n += $1 } END { print n + 0 }')
echo "# $events events, $kills kills, $(lines "$tmp/sent") messages," \
    "$copies of them copies, $in_doubt in doubt"
ok "no more copies than it was in doubt about" test "$copies" -le "$in_doubt"

finish
