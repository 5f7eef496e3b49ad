#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Large bodies: many at once are all taken, one after the other where there is
# no memory for more, and meanwhile everything small goes on.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

many=40 megabytes=20
! sanitized || many=12 megabytes=5

lab_up "$tmp/lab"

# mail MEGABYTES: a mail with a file, that leaves tomorrow.
mail() {
	jq -n --rawfile bin <(head -c "$1"M /dev/urandom | base64 -w 0) '{
	    from: "shop@acme.example", to: "ada@customer.example",
	    subject: "Large", text: "See the file.",
	    scheduled_at: "in 1 day",
	    attachments: [{filename: "large.bin", content: $bin}]}'
}

# send NAME FILE: posts it, and notes the status under the name.
send() {
	curl -sS --max-time 120 -X POST -o "$tmp/$1.body" \
	    -w '%{http_code}\n' -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -H 'Content-Type: application/json' -H 'Expect:' \
	    --data-binary "@$2" "$POSTFLOW_URL${path-/emails}" \
	    >"$tmp/$1.status" 2>&1
}

# at_once N FILE: sends it as often at a time. Sets $said to the statuses, each
# with how many had it.
at_once() {
	local i pids=()
	rm -f "$tmp"/sent.*
	for ((i = 0; i < $1; i++)); do
		send "sent.$i" "$2" &
		pids+=($!)
	done
	wait "${pids[@]}" || :
	said=$(sort "$tmp"/sent.*.status | uniq -c | awk '{ print $2, $1 }')
}

# How long small requests take, until told to stop: microseconds, one a line.
small_ones() {
	until [ -e "$tmp/stop" ]; do
		curl -sS --max-time 30 -o /dev/null -w '%{time_total}\n' \
		    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
		    "$POSTFLOW_URL/emails?limit=1" | tr -d .
		sleep 0.05
	done
}

# ---- ordinary files

mail 3 >"$tmp/3.json"
at_once 10 "$tmp/3.json"
is "$said" "200 10" "ten mails with three megabytes at once are taken"
printf '0123456789abcdef%.0s' {1..32768} | base64 -w 0 >"$tmp/half.txt"
jq --rawfile bin "$tmp/half.txt" '.attachments[0].content = $bin' \
    "$tmp/3.json" >"$tmp/half.json"
at_once 40 "$tmp/half.json"
is "$said" "200 40" "and forty with half a megabyte"

# ---- more than there is memory for

mail "$megabytes" >"$tmp/large.json"
before=$(pss_of "$POSTFLOWD_PID")
pss_watch "$POSTFLOWD_PID" "$tmp/pss" &
watcher=$!
small_ones >"$tmp/small" &
small=$!
began=$SECONDS
at_once "$many" "$tmp/large.json"
took=$((SECONDS - began))
echo "# $many times $megabytes MB in $took s"
touch "$tmp/stop"
wait "$small"
kill "$watcher"
wait "$watcher" 2>/dev/null || :
taken=$(sed -n 's/^200 //p' <<<"$said")
echo "# $taken of $many were taken"
ok "of $many with $megabytes MB many are taken, too" \
    [ "$taken" -ge $((many / 4)) ]
is "$(for i in "$tmp"/sent.*.status; do
	grep -q 200 "$i" || jq -r .message "${i%status}body"
done | grep -cv 'api\.memory_budget')" 0 "the others learn what to set"
# On a machine that is busy with other things a single one tells nothing.
slow=$(sort -n "$tmp/small" | awk '{ t[NR] = $1 + 0 }
    END { print t[int(NR * 9 / 10)] }')
echo "# of $(lines "$tmp/small") small requests nine in ten took at most $slow $(
    )us, the slowest $(largest "$tmp/small") us"
most=$(largest "$tmp/pss")
echo "# $before kB before, $most kB at most"
if sanitized; then
	skip "within the budget" "built with sanitizers"
	skip "and small requests wait for none" "built with sanitizers"
	skip "not one of them" "built with sanitizers"
else
	ok "within the budget" [ "$((most - before))" -lt 65536 ]
	ok "and small requests wait for none" [ "$slow" -lt 1000000 ]
	ok "not one of them" \
	    [ "$((10#$(largest "$tmp/small")))" -lt $((took * 250000)) ]
fi
is "$(query "SELECT count(*) FROM emails")" $((50 + taken)) "each is one mail"

# ---- short ones that are made of many values

# values N: an event whose payload is an array of so many objects.
values() {
	printf '{"event":"a.b","email":"ada@customer.example","payload":{"a":['
	yes '{},' | head -n "$(($1 - 1))" | tr -d '\n'
	printf '{}]}}'
}
values 80000 >"$tmp/values.json"
before=$(pss_of "$POSTFLOWD_PID")
rm "$tmp/pss"
pss_watch "$POSTFLOWD_PID" "$tmp/pss" &
watcher=$!
path=/events/send at_once 24 "$tmp/values.json"
kill "$watcher"
wait "$watcher" 2>/dev/null || :
is "$said" "202 24" "bodies of 240 KB with many values are taken"
most=$(largest "$tmp/pss")
echo "# $before kB before, $most kB at most"
if sanitized; then
	skip "within the budget" "built with sanitizers"
else
	ok "within the budget" [ "$((most - before))" -lt 98304 ]
fi

# ---- those that go

# spooled N: whether so many bodies lie in files.
spooled() {
	[ "$(as_root ls -l "/proc/$POSTFLOWD_PID/fd" | grep -c '(deleted)')" \
	    -le "$1" ]
}
pids=()
for i in 1 2 3 4 5 6 7 8; do
	curl -sS -X POST -o /dev/null -H 'Expect:' \
	    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -H 'Content-Type: application/json' \
	    --data-binary "@$tmp/large.json" "$POSTFLOW_URL/emails" &
	pids+=($!)
done
has_some() {
	! spooled 3
}
ok "bodies wait" wait_for 20 has_some
kill -9 "${pids[@]}" 2>/dev/null || :
wait "${pids[@]}" 2>/dev/null || :
ok "those whose clients went free their place" wait_for 30 spooled 0
at_once 1 "$tmp/large.json"
is "$said" "200 1" "for others"

# ---- what they may be

printf '{"from": "%s"' "$(head -c 400000 /dev/zero | tr '\0' x)" \
    >"$tmp/cut.json"
send cut "$tmp/cut.json"
is "$(cat "$tmp/cut.status")" 422 "a large body that is no JSON is refused"
like "$(cat "$tmp/cut.body")" 'not valid JSON \(line 1, column 40[0-9]+\)' \
    "with the place"
(printf '{"from": '; head -c 400000 /dev/zero | tr '\0' '[') >"$tmp/deep.json"
send deep "$tmp/deep.json"
like "$(cat "$tmp/deep.body")" 'nested deeper than 64' "so is one too deep"
jq -c '.attachements = .attachments | del(.attachments)' "$tmp/3.json" \
    >"$tmp/misspelt.json"
send misspelt "$tmp/misspelt.json"
like "$(cat "$tmp/misspelt.status") $(cat "$tmp/misspelt.body")" \
    '^422 .*attachements' "so is a field that is misspelt"
jq -c '.subject = "Once"' "$tmp/3.json" >"$tmp/once.json"
# once FILE: sends it under one name.
once() {
	curl -sS --max-time 30 -X POST -w ' %{http_code}' \
	    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -H 'Idempotency-Key: large/1' -H 'Content-Type: application/json' \
	    --data-binary "@$1" "$POSTFLOW_URL/emails"
}
first=$(once "$tmp/once.json")
like "$first" ' 200$' "one is sent under a key"
is "$(once "$tmp/once.json")" "$first" "again it is the same mail"
like "$(once "$tmp/half.json")" ' 409$' "another body is another"

finish
