#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# What a normal client of the API notices of others that wish the server ill:
# hardly anything. And afterwards nothing is left of them.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

requests=${HOSTILE_REQUESTS:-250}
# What other work of the machine may add, in microseconds: the fewer requests,
# the more a single one counts.
noise=${HOSTILE_NOISE:-15000}
files=$(as_root bash -c 'ulimit -H -n')
[ "$files" != unlimited ] || files=1000000
idle=$((files - 1000 < 10000 ? files - 1000 : 10000))
! sanitized || idle=$((idle < 1000 ? idle : 1000))

# A small page cache, so that what is left in memory is what they left.
printf '%s\n' 'api { max_connections = 20000 }' \
    'store { cache_size = "1 MB" }' >"$tmp/extra.conf"
lab_up "$tmp/lab" --mta none --sink discard --conf "$tmp/extra.conf"
where=tcp:${POSTFLOW_URL#http://}

# window NAME: measures once, and adds "P50 P99" to the file of that name.
window() {
	local said
	said=$("$tools/httpload" -w "$where" -k "$POSTFLOW_API_KEY" \
	    -n "$requests" -R 200 -t 120 measure)
	[ "$(field bad "$said")" = 0 ] || echo "# $said" >>"$tmp/bad"
	echo "$(field p50_us "$said") $(field p99_us "$said")" >>"$tmp/$1.us"
}

# The best of the windows of that name: what else the machine does makes some
# worse, and none better. best NAME COLUMN
best() {
	cut -d ' ' -f "$2" "$tmp/$1.us" | sort -n | head -n 1
}

# attack WHAT CONNECTIONS: measures with and without in turns.
attack() {
	local round foe limit p99
	: >"$tmp/bad"
	for round in 1 2 3 4; do
		window "no-$1"
		mkfifo "$tmp/$1.$round"
		"$tools/httpload" -w "$where" -k "$POSTFLOW_API_KEY" -n "$2" \
		    -t 200 "$1" <"$tmp/$1.$round" >"$tmp/$1.out" &
		foe=$!
		exec 7>"$tmp/$1.$round"
		wait_for 60 grep -q '^ready' "$tmp/$1.out" || break
		window "$1"
		exec 7>&-
		wait "$foe" || break
	done
	ok "$1: they have had their way" \
	    grep -q "^$1 connections=" "$tmp/$1.out"
	sed 's/^/# /' "$tmp/$1.out"
	is "$(cat "$tmp/bad")" '' "$1: each event was taken"
	p99=$(best "$1" 2)
	limit=$(($(best "no-$1" 2) * 2 + noise))
	echo "# $1: p50 $(best "$1" 1) us, without them $(best "no-$1" 1) us;" \
	    "p99 $p99 us, without them $(best "no-$1" 2) us; PSS" \
	    "$(pss_of "$POSTFLOWD_PID") kB"
	ok "$1: p99 is at most $limit us" test "$p99" -le "$limit"
}

answered_with() {
	like "$(cat "$tmp/$1.out")" "answers=(.*,)?$2," "$1: they are told $2"
}

sockets() {
	as_root find "/proc/$POSTFLOWD_PID/fd" -lname 'socket:*' | wc -l
}

window "warm-up"
start=$(pss_of "$POSTFLOWD_PID")
sockets=$(sockets)
attack idle "$idle"
attack slow 200
attack headers 20
answered_with headers 431
attack bodies 20
answered_with bodies 413
attack flood 50

all_gone() {
	[ "$(figure .connections)" = 1 ]
}
ok "all connections are gone" wait_for 15 all_gone
is "$(sockets)" "$sockets" "and their sockets"
end=$(pss_of "$POSTFLOWD_PID")
echo "# PSS $start kB before, $end kB after"
if sanitized; then
	skip "memory is back" "built with sanitizers"
else
	# Up to 8 MB of buffers are kept for the next ones.
	ok "memory is back" test "$end" -le $((start + 12288))
fi

finish
