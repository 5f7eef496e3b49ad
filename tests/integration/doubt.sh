#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The server is killed while mail goes out, and may not send copies: what is in
# doubt is little, and once somebody has looked who has got what, each mail has
# come once.
# shellcheck disable=SC2154
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

n=300
printf 'injection {\n\tsessions = 5\n\ton_doubt = hold\n}\n' >"$tmp/extra.conf"
lab_up "$tmp/lab" --mta none --conf "$tmp/extra.conf"

# batch FROM: writes a hundred mails.
batch() {
	api POST /emails/batch "$(jq -cn --argjson from "$1" '[range(100) |
	    {from: "shop@acme.example", to: "u\(. + $from)@doubt.example",
	    subject: "S", text: "T"}]')" | head -n 1 | jq -r ".data[].id"
}
# p WORD...: the command line.
p() {
	"$POSTFLOW" --url "$POSTFLOW_URL" --key "$POSTFLOW_API_KEY" --json "$@"
}
# Message-IDs of what arrived.
arrived() {
	cat "$SINK_DIR"/* 2>/dev/null | tr -d '\r' |
	    sed -n 's/^Message-I[Dd]: *//p' | sort
}
settled() {
	[ "$(p queue list | jq '.queued + .sending')" = 0 ]
}

for at in 0 100 200; do
	batch "$at"
done >"$tmp/ids"
is "$(wc -l <"$tmp/ids")" "$n" "three hundred mails are taken"
ok "some arrive" wait_for 20 has_files "$SINK_DIR" 5
kill -9 "$POSTFLOWD_PID"
lab restart "$tmp/lab" postflowd >/dev/null
lab_env "$tmp/lab"
ok "the server is killed, and what was not on its way goes out" \
    wait_for 60 settled
p queue in-doubt --limit 100 | jq -r '.data[].id' >"$tmp/doubts"
doubts=$(wc -l <"$tmp/doubts")
ok "few are in doubt: $doubts" [ "$doubts" -le 100 ]
is "$(p status | jq .queue.in_doubt)" "$doubts" "and status tells how many"
while read -r id; do
	mid=$(p emails get "$id" | jq -r .message_id)
	if arrived | grep -qxF -- "$mid"; then
		p queue sent "$id"
	else
		p queue resend "$id"
	fi
done <"$tmp/doubts" >/dev/null
ok "somebody decides of each" wait_for 30 settled
is "$(p queue in-doubt | jq '.data | length')" 0 "nothing is in doubt any more"
is "$(arrived | wc -l)" "$n" "all have come"
is "$(arrived | uniq -d | wc -l)" 0 "none twice"
is "$(while read -r id; do
	p emails get "$id" | jq -r .last_event
done <"$tmp/ids" | sort | uniq -c | tr -s ' ')" " $n sent" "and are sent"
like "$(p queue drop "$(head -n 1 "$tmp/ids")" 2>&1)" \
    'The email is not in doubt; it is .sent.' "which nobody can undo"
finish
