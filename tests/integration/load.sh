#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Many events through the event socket: each is answered in its turn, each
# becomes one mail, none two, and the daemon stays small. A client that reads no
# answers costs next to nothing and slows nobody.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

events=${LOAD_EVENTS:-10000}
! sanitized || events=2000
marks_each=500

lab_up "$tmp/lab" --sink discard
ok "an automation is there" mail_on load

# The load.
pss_watch "$POSTFLOWD_PID" "$tmp/pss" &
watcher=$!
said=$("$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -n "$events" -f 1 \
    -m "$marks_each" -t 600) || said="failed $said"
echo "# $said"
is "$(field acked "$said")" "$events" "each event is answered, in order"
is "$(field errors "$said")" 0 "none with an error"
mails=$((events - events / marks_each))
all_settled() {
	[ "$(figure .engine.emails_sent)" -ge "$mails" ] && mta_is_empty
}
began=$SECONDS
ok "all mails leave" wait_long 600 all_settled
echo "# $mails mails in Postfix $((SECONDS - began)) s after the last answer"
kill "$watcher"
wait "$watcher" || :
sent_messages | sort >"$tmp/sent"
is "$(cut -d ' ' -f 1 "$tmp/sent" | sort -u | wc -l)" "$mails" \
    "as many messages as events left Postfix"
is "$(cut -d ' ' -f 1 "$tmp/sent" | uniq -d | wc -l)" 0 "none twice"
is "$(cut -d ' ' -f 2 "$tmp/sent" | sort -u | wc -l)" "$mails" \
    "each to someone else"
is "$(figure .engine.runs)" "$mails" "each of one run"
is "$(figure .engine.emails_refused)" 0 "nothing was refused"
is "$(figure .engine.emails_retried)" 0 "nor tried again"
most=$(largest "$tmp/pss")
echo "# PSS at most $most kB in $(wc -l <"$tmp/pss") samples"
if sanitized; then
	skip "memory stays below 64 MB" "built with sanitizers"
else
	ok "memory stays below 64 MB" test "$most" -lt 65536
fi
echo "# log peak $(figure .store.wal_peak_bytes) bytes"

# Who reads no answers. A first one of its kind warms everything up.
push() {
	"$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -n 10000 -e nothing -t 60
}

# mute NAME: starts one, and waits until it can say no more.
mute() {
	mkfifo "$tmp/$1.in"
	"$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -n 1000000 -e nothing -N \
	    <"$tmp/$1.in" >"$tmp/$1.out" &
	mute_pid=$!
	exec 7>"$tmp/$1.in"
	ok "who reads nothing is not read from ($1)" \
	    wait_for 30 grep -q '^blocked' "$tmp/$1.out"
	echo "# $1: $(cat "$tmp/$1.out")"
}

unmute() {
	exec 7>&-
	wait "$mute_pid"
}

median() {
	sort -n | sed -n 2p
}

push >/dev/null
without='' with='' grown=''
for round in 1 2 3; do
	without+="$(field per_second "$(push)")"$'\n'
	before=$(pss_of "$POSTFLOWD_PID")
	mute "mute$round"
	grown+="$(($(pss_of "$POSTFLOWD_PID") - before))"$'\n'
	with+="$(field per_second "$(push)")"$'\n'
	unmute
done
echo "# PSS grew by $(xargs <<<"$grown") kB with a client that reads nothing"
without=$(median <<<"${without%?}")
with=$(median <<<"${with%?}")
echo "# events/s without it $without, with it $with"
if sanitized; then
	skip "it costs at most 2 MB" "built with sanitizers"
else
	ok "it costs at most 2 MB" test "$(median <<<"${grown%?}")" -le 2048
fi
ok "others are as fast as without it" \
    test "$((with * 10))" -ge "$((without * 7))"

finish
