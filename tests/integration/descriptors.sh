#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# With 64 descriptors and 200 clients at each door: who finds none waits, the
# daemon does not spin, mails leave, and afterwards all is well.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

lab_up "$tmp/lab" --mta none
ok "an automation is there" mail_on load
(ulimit -n 64 && lab restart "$tmp/lab" postflowd)
lab_env "$tmp/lab"
is "$(as_root sed -nE 's/^Max open files +([0-9]+) .*/\1/p' \
    "/proc/$POSTFLOWD_PID/limits")" 64 "the daemon has 64 descriptors"
where=tcp:${POSTFLOW_URL#http://}

# Hundredths of a second of processor it has used.
used() {
	local stat
	stat=$(<"/proc/$POSTFLOWD_PID/stat")
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	echo $((${12} + ${13}))
}

open_files() {
	as_root find "/proc/$POSTFLOWD_PID/fd" -mindepth 1 | wc -l
}

in_log() {
	as_root grep -qE -- "$1" "$tmp/lab/postflowd.log"
}

# crowd WHERE WHAT WARNING: 200 clients at that door.
crowd() {
	local foe before after
	mkfifo "$tmp/$2.in"
	"$tools/httpload" -w "$1" -n 200 -t 60 idle <"$tmp/$2.in" \
	    >"$tmp/$2.out" &
	foe=$!
	exec 7>"$tmp/$2.in"
	ok "$2: 200 clients" wait_for 20 grep -q ^ready "$tmp/$2.out"
	ok "$2: the log says that there are too many" wait_for 10 in_log "$3"
	before=$(used)
	# Three seconds to be looked at, not to be waited for.
	sleep 3
	after=$(used)
	echo "# $2: $((after - before)) hundredths of a second of processor in 3 s"
	ok "$2: it does not spin" test $((after - before)) -lt 60
	exec 7>&-
	wait "$foe"
}

some_free() {
	[ "$(open_files)" -lt 40 ]
}

crowd "$where" http 'http connections at their cap|http accept failed'
ok "http: they are forgotten" wait_for 10 some_free
is "$(api GET /automations | tail -n 1)" 200 "http: all is well again"
crowd "unix:$POSTFLOW_EVENTS_SOCKET" events 'event socket accepts nobody'
ok "events: they are forgotten" wait_for 10 some_free
is "$(printf '{"event":"load","email":"a@load.example"}\n' |
    "$tools/talk" "unix:$POSTFLOW_EVENTS_SOCKET" | jq -r .event)" load \
    "events: all is well again"
ok "and mails leave" wait_for 20 has_files "$SINK_DIR" 1

finish
