#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Heavy simulations beside each other: each has its turn, too many are told to
# come later, and who only reads does not notice.
# shellcheck disable=SC2154
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

lab_up "$tmp/lab" --mta none

# A hundred events, each of which starts a run of 140 steps.
jq -cn '{contact: {email: "zoe@simulate.example"}, for: "1 day",
    events: [range(100) | {after: "\(. + 1) minutes", event: "x"}],
    automation: {name: "Heavy",
    steps: ([{key: "t", type: "trigger", config: {event_name: "x"}}] +
	[range(140) | {key: "c\(.)", type: "condition", config: {type: "rule",
	    field: "event.n", operator: "not_exists"}}]),
    connections: ([{from: "t", to: "c0"}] + [range(139) |
	{from: "c\(.)", to: "c\(. + 1)", type: "condition_met"}])}}' \
	>"$tmp/heavy"

# heavy N: asks for a heavy simulation; what was answered goes into files.
heavy() {
	curl -sS --max-time 60 -X POST -o "$tmp/answer.$1" \
	    -D "$tmp/head.$1" -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -H 'Content-Type: application/json' -d "@$tmp/heavy" \
	    "$POSTFLOW_URL/automations/simulate"
}

# together N: N of them at once; their processes go into the array asked.
together() {
	rm -f "$tmp"/answer.* "$tmp"/head.*
	asked=()
	for ((i = 0; i < $1; i++)); do
		heavy "$i" &
		asked+=($!)
	done
}

any_left() {
	local pid
	for pid in "${asked[@]}"; do
		! kill -0 "$pid" 2>/dev/null || return 0
	done
	return 1
}

# statuses: how many answers had which status, as "N STATUS" a line.
statuses() {
	sed -n 's|^HTTP/1.1 \([0-9]*\).*|\1|p' "$tmp"/head.* | sort | uniq -c |
	    sed 's/^ *//'
}

# reading_ms: how long a list takes, in milliseconds.
reading_ms() {
	curl -sS --max-time 60 -o "$tmp/list" -w '%{time_total}\n' \
	    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    "$POSTFLOW_URL/automations" | awk '{ print int($1 * 1000) }'
}

together 8
reads=0 longest=0
while any_left; do
	ms=$(reading_ms)
	reads=$((reads + 1))
	[ "$ms" -le "$longest" ] || longest=$ms
done
wait "${asked[@]}"
is "$(statuses)" '8 200' "eight heavy simulations have their turn each"
ok "somebody reads meanwhile ($reads times)" [ "$reads" -ge 3 ]
ok "and never waits for them ($longest ms at most)" [ "$longest" -lt 600 ]

together 24
wait "${asked[@]}"
like "$(statuses)" '^[1-9][0-9]* 200$' "of too many some are served"
like "$(statuses)" '^[1-9][0-9]* 429$' "and others told to come later"
is "$(statuses | awk '{ n += $1 } END { print NR, n }')" '2 24' \
    "all get one of these answers"
one=$(grep -l '^HTTP/1.1 429' "$tmp"/head.* | head -n 1)
like "$(cat "$one")" '^Retry-After: [0-9]+' "which says when"
like "$(cat "${one/head/answer}")" '"name":"rate_limit_exceeded"' "and why"

together 1
wait "${asked[@]}"
is "$(statuses)" '1 200' "then there is room again"
is "$(query 'SELECT (SELECT count(*) FROM contacts) +
    (SELECT count(*) FROM runs) + (SELECT count(*) FROM events)')" 0 \
    "and nothing was written"

finish
