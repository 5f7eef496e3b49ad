#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
#
# make bench: figures of Postflow beside references that run in turn with it on
# the same machine, on a database with a million contacts and a million runs.
# One line a figure:
#
#	name: ours=N reference=N ratio=N goal=N reached|not reached (more)
#
# Both sides of a figure are the median of BENCH_ROUNDS rounds. Needs root, like
# the lab. What can be set:
#
#	BENCH_ONLY         which figures: inject http socket import wal idle compose
#	                   direct postfix latency
#	BENCH_SESSIONS     of the injection ("1 5 10")
#	BENCH_SCALE        counts and seconds are multiplied by it (1)
#	BENCH_ROUNDS       (3)
#	BENCH_CONTACTS, BENCH_RUNS     what the database is filled with (1000000)
#	BENCH_WAL_SECONDS  of full load (60; 600 is the figure to be shown)
#	BENCH_IDLE_SECONDS before the memory is looked at (60)
#	BENCH_DIR          where databases and labs lie (build/bench)
set -eu
# shellcheck source=tests/bench/frame.sh
. "$(dirname "${BASH_SOURCE[0]}")/frame.sh"

scale=${BENCH_SCALE:-1}
rounds=${BENCH_ROUNDS:-3}
contacts=${BENCH_CONTACTS:-1000000}
runs=${BENCH_RUNS:-1000000}
wal_seconds=${BENCH_WAL_SECONDS:-60}
idle_seconds=${BENCH_IDLE_SECONDS:-60}

# scaled N: N times BENCH_SCALE, at least 1.
scaled() {
	awk -v n="$1" -v s="$scale" \
	    'BEGIN { x = int(n * s + .5); print x < 1 ? 1 : x }'
}

# ---- databases and labs -----------------------------------------------------

# The filled database; made once, kept for the next time.
filled() {
	local at=$dir/filled-$contacts-$runs.db
	if [ ! "$at" -nt "$bench/fill" ]; then
		rm -f "$at" "$at.new"*
		echo "bench: filling a database: $contacts contacts, $runs runs" >&2
		"$bench/fill" "$at.new" "$contacts" "$runs" >&2
		rm -f "$at.new-wal" "$at.new-shm"
		mv "$at.new" "$at"
	fi
	echo "$at"
}

# lab_up NAME OPTION...: a lab whose postflowd has a copy of the filled
# database.
lab_up() {
	local from
	from=$(filled)
	lab_new "$@"
	"$top/contrib/lab" down "$lab" >/dev/null
	rm -f "$POSTFLOW_DB"-wal "$POSTFLOW_DB"-shm
	cat "$from" >"$POSTFLOW_DB"
	sync "$POSTFLOW_DB"
	"$top/contrib/lab" up "$lab" >/dev/null
	lab_env
}

# An automation whose runs sleep at once, for longer than anything here takes.
make_trigger() {
	api POST /automations '{"name": "Bench", "status": "enabled",
	    "steps": [{"key": "start", "type": "trigger",
	    "config": {"event_name": "bench.run"}},
	    {"key": "sleep", "type": "delay",
	    "config": {"duration": "30 days"}}],
	    "connections": [{"from": "start", "to": "sleep"}]}' >/dev/null
}

# ---- injection --------------------------------------------------------------

# A template whose mail, headers and all, is about as long as what smtp-source
# sends, and an automation that sends it.
make_mail() {
	local html template
	html=$(printf 'It is good to have you here, and here is what comes next. %.0s' \
	    {1..32})
	template=$(api POST /templates "{\"name\": \"Bench\",
	    \"from\": \"Bench <hello@bench.example>\",
	    \"subject\": \"Welcome to the bench\",
	    \"html\": \"<p>Hello {{{contact.first_name|there}}}.</p><p>$html</p>\"}" |
	    jq -r .id)
	api POST "/templates/$template/publish" '{}' >/dev/null
	api POST /automations '{"name": "Mail", "status": "enabled",
	    "steps": [{"key": "start", "type": "trigger",
	    "config": {"event_name": "bench.mail"}},
	    {"key": "mail", "type": "send_email",
	    "config": {"template": {"id": "'"$template"'"}}}],
	    "connections": [{"from": "start", "to": "mail"}]}' >/dev/null
}

# Ours start with a backlog: postflowd restarts on the real port with all mails
# queued in its database.
inject_ours() {
	local log_at
	echo "injection { port = 1 sessions = $1 retry_first = \"100 ms\" }" \
	    >"$dir/inject.conf"
	lab_restart
	"$bench/evclient" -n "$2" -o "$mails" "$POSTFLOW_EVENTS_SOCKET" \
	    bench.mail "$contacts" >/dev/null
	mails=$((mails + $2))
	echo "injection { port = ${POSTFLOW_INJECT#*:} sessions = $1" \
	    "retry_first = \"100 ms\" }" >"$dir/inject.conf"
	log_at=$(stat -c %s "$MTA_LOG")
	"$bench/maillog" "$MTA_LOG" "$log_at" "$2" 300 >"$dir/inject.out" &
	lab_restart
	wait $! || die "the backlog was not drained"
	cat "$dir/inject.out"
}

# inject_reference SESSIONS COUNT OPTION...
inject_reference() {
	local log_at sessions=$1 count=$2
	shift 2
	log_at=$(stat -c %s "$MTA_LOG")
	"$bench/maillog" "$MTA_LOG" "$log_at" "$count" 300 >"$dir/inject.out" &
	smtp-source -d "$@" -s "$sessions" -m "$count" -l 5000 \
	    -f source@bench.example -t sink@bench.example "$POSTFLOW_INJECT" \
	    >/dev/null
	wait $! || die "smtp-source's messages were not drained"
	cat "$dir/inject.out"
}

# Medians of the sizes that Postfix's log has for a sender.
message_size() {
	# shellcheck disable=SC2046
	median $(grep -oE "from=<$1>, size=[0-9]+" "$MTA_LOG" |
	    sed 's/.*=//' | tail -n 999)
}

# The reference sends to as many recipients as ours do (-N): to a sole one
# Postfix's own look-ups are answered from memory, which no real mail has. What
# it does then is told beside it.
bench_inject() {
	local round sessions count ours reference sole mails=0 sizes
	echo >"$dir/inject.conf"
	lab_up inject --mta postfix --sink discard --no-milter
	make_mail
	for sessions in ${BENCH_SESSIONS:-1 5 10}; do
		count=$(scaled $((sessions == 1 ? 4000 : 6000)))
		ours=() reference=() sole=()
		for ((round = 0; round < rounds; round++)); do
			reference+=("$(inject_reference "$sessions" "$count" -N)")
			sole+=("$(inject_reference "$sessions" "$count")")
			ours+=("$(inject_ours "$sessions" "$count")")
			mails=$((mails + count))
		done
		sizes="$(message_size 'bounce[^>]*') and $(message_size source@bench.example)"
		report "inject-$sessions" "$(median "${ours[@]}")" \
		    "$(median "${reference[@]}")" '>=' 0.95 \
		    "mails/s drained through Postfix; smtp-source to a sole $(
		    )recipient $(median "${sole[@]}"); bytes a mail $sizes"
	done
	lab_down
}

# ---- events over HTTP -------------------------------------------------------

# wrk_rate URL EVENT FIRST: requests a second, all of which were taken.
wrk_rate() {
	wrk -t1 -c64 -d "$(scaled 8)s" --timeout 10s -s "$top/tests/bench/events.lua" \
	    "$1" -- "$2" "$POSTFLOW_API_KEY" "$contacts" "$3" |
	    tail -n 1 | awk '$3 > 0 || $1 == 0 { exit 1 }
		{ printf "%.0f\n", $1 / $2 }' ||
	    die "requests to $1 failed"
}

bench_http() {
	local round port=$((32000 + RANDOM % 600)) none=() run=() reference=()
	echo >"$dir/http.conf"
	lab_up http --mta none --sink discard
	make_trigger
	"$bench/evhttp202" "$port" parse &
	helpers+=($!)
	wait_for 5 curl -s -o /dev/null -d '{"event":"x"}' "http://127.0.0.1:$port/"
	for ((round = 0; round < rounds; round++)); do
		reference+=("$(wrk_rate "http://127.0.0.1:$port" bench.none \
		    $((round * 200000)))")
		none+=("$(wrk_rate "$POSTFLOW_URL" bench.none $((round * 200000)))")
		run+=("$(wrk_rate "$POSTFLOW_URL" bench.run $((round * 200000)))")
	done
	kill "$!"
	report http-a "$(median "${none[@]}")" "$(median "${reference[@]}")" \
	    '>=' 0.4 "events/s, 64 connections, an event that starts nothing"
	report http-b "$(median "${run[@]}")" "$(median "${reference[@]}")" \
	    '>=' 0.2 "the same, an event that starts a run, which then sleeps"
	lab_down
}

# ---- events over the socket -------------------------------------------------

# socket_ours EVENT EVENTS FIRST: sets $rate, and $group to the events a batch.
socket_ours() {
	local before after
	before=$(status .engine.events .store.batches)
	rate=$("$bench/evclient" -c 4 -n "$2" -o "$3" "$POSTFLOW_EVENTS_SOCKET" \
	    "$1" "$contacts") || die "the event socket failed"
	rate=${rate#* }
	after=$(status .engine.events .store.batches)
	group=$(awk -v b="$before" -v a="$after" 'BEGIN {
		split(b, x); split(a, y)
		printf "%.0f", (y[1] - x[1]) / (y[2] - x[2]) }')
}

# socket_reference EVENTS GROUP none|run
socket_reference() {
	rate=$("$bench/rows" "$dir/rows.db" "$1" "$2" "$contacts" "$3") ||
	    die "the bare loop failed"
	rate=${rate#* }
}

bench_socket() {
	local round rate group n kind event goal ours reference groups
	n=$(scaled 200000)
	echo >"$dir/socket.conf"
	lab_up socket --mta none --sink discard
	make_trigger
	rm -f "$dir"/rows.db*
	cp "$(filled)" "$dir/rows.db"
	sync "$dir/rows.db"
	for kind in a b; do
		event=bench.none goal=0.5
		[ $kind = a ] || { event=bench.run goal=0.4; }
		ours=() reference=() groups=()
		for ((round = 0; round < rounds; round++)); do
			socket_ours $event "$n" $((round * n))
			ours+=("$rate") groups+=("$group")
			socket_reference "$n" "$group" ${event#bench.}
			reference+=("$rate")
		done
		report socket-$kind "$(median "${ours[@]}")" \
		    "$(median "${reference[@]}")" '>=' $goal \
		    "events/s, the event starts ${event/bench.none/nothing}, $(
		    median "${groups[@]}") in a group"
	done
	rm -f "$dir"/rows.db*
	lab_down
}

# ---- imports ------------------------------------------------------------------

# A file of contacts, in the order of the bare loop's.
import_file() {
	awk -v n="$1" -v all="$contacts" 'BEGIN { print "email,first_name"
		for (i = 0; i < n; i++) {
			who = i * 617039 % all
			printf "new%07d@import.example,New %d\n", who, who
		} }' >"$dir/import.csv"
}

import_ended() {
	said=$(api GET "/contacts/imports/$1")
	[ "$(jq -r .status <<<"$said")" = completed ]
}

# import_ours N: sets $rate and $group, as socket_ours does.
import_ours() {
	local id before after
	before=$(status .store.batches)
	id=$("$POSTFLOW" -c "$POSTFLOW_CONF" contacts imports create \
	    "$dir/import.csv") || die "the file was not taken"
	wait_for 300 import_ended "$id" || die "the import does not end"
	after=$(status .store.batches)
	[ "$(jq .counts.created <<<"$said")" = "$1" ] ||
	    die "not all were created"
	rate=$(jq "def ms: sub(\"[.]\\\\d+[+]00\$\"; \"Z\") | sub(\" \"; \"T\") |
	    fromdate * 1000; def part: capture(\"[.](?<f>\\\\d+)\").f | tonumber;
	    $1 * 1000 / ((.completed_at | ms + part) - (.created_at | ms + part))
	    | round" <<<"$said")
	group=$(($1 / (after - before)))
}

bench_import() {
	local round rate group n said ours=() reference=() groups=()
	n=$(scaled 200000)
	echo >"$dir/import.conf"
	import_file "$n"
	for ((round = 0; round < rounds; round++)); do
		lab_up import --mta none --sink discard
		import_ours "$n"
		ours+=("$rate") groups+=("$group")
		lab_down
		rm -f "$dir"/rows.db*
		cp "$(filled)" "$dir/rows.db"
		sync "$dir/rows.db"
		socket_reference "$n" "$group" import
		reference+=("$rate")
	done
	report import "$(median "${ours[@]}")" "$(median "${reference[@]}")" \
	    '>=' 0.4 "rows/s, all of them new, $(median "${groups[@]}") in a $(
	    )group"
	rm -f "$dir"/rows.db* "$dir/import.csv"
}

# ---- the log ----------------------------------------------------------------

# Full load on the writer, and someone who lists all contacts all the time.
bench_wal() {
	local limit=$((64 << 20)) peak p50 p99 max restarts events pages
	echo >"$dir/wal.conf"
	lab_up wal --mta none --sink discard
	make_trigger
	wrk -t1 -c2 -d "${wal_seconds}s" --timeout 10s -s "$top/tests/bench/list.lua" \
	    "$POSTFLOW_URL" -- "$POSTFLOW_API_KEY" >"$dir/list.out" &
	helpers+=($!)
	events=$("$bench/evclient" -c 4 -t "$wal_seconds" "$POSTFLOW_EVENTS_SOCKET" \
	    bench.run "$contacts") || die "the event socket failed"
	read -r p50 p99 max peak restarts < <(status .store.commit_p50_us \
	    .store.commit_p99_us .store.commit_max_us .store.wal_peak_bytes \
	    .store.wal_restarts)
	wait $! || die "nobody could list the contacts"
	pages=$(tail -n 1 "$dir/list.out")
	[ "${pages##* }" = 0 ] || die "some pages could not be read: $pages"
	report wal "$peak" "$limit" '<=' 2 "bytes at the peak and their limit, $(
	    ) $wal_seconds s, commit p50=$p50 us p99=$p99 us max=$max us, $(
	    )$restarts restarts, ${events#* } events/s, $(
	    awk '{ printf "%.0f", $1 / $2 }' <<<"$pages") pages/s read"
	lab_down
}

# ---- memory -----------------------------------------------------------------

# The contacts of a database that was filled beside the daemon are counted once.
counted() {
	[ "$(db_value "SELECT value FROM meta WHERE key = 'contacts'")" = \
	    "$contacts" ]
}
db_value() {
	sqlite3 -cmd '.timeout 10000' "$POSTFLOW_DB" "$1"
}

bench_idle() {
	local pss
	echo >"$dir/idle.conf"
	lab_up idle --mta none --sink discard
	make_trigger
	wait_for 60 counted || die "the contacts were not counted"
	lab_restart
	sleep "$idle_seconds"
	pss=$(awk '/^Pss:/ { printf "%.2f", $2 / 1024 }' \
	    "/proc/$POSTFLOWD_PID/smaps_rollup")
	report idle "$pss" 16 '<=' 1 "MiB PSS after $idle_seconds s"
	lab_down
}

# ---- composing --------------------------------------------------------------

bench_compose() {
	local out ours gmime
	out=$("$bench/compose")
	# The goal of 20,000 messages/s was set where GMime made 8,500.
	read -r ours gmime < <(awk '{ rate[NR] = $(NF - 4) }
	    END { print rate[2], rate[1] }' <<<"$out")
	report compose "$ours" "$gmime" '>=' 2.35 "messages/s on one core, $(
	    )rendered and composed; the reference is GMime, everything anew"
}

# ---- from an event to its mail ----------------------------------------------

# The stack to compare with: fastify, BullMQ on a Redis that syncs each write,
# and nodemailer; see peer/peer.js. Everybody has as many connections, the same
# contacts and templates, and one program, e2e, at both ends.
peer=$builddir/bench/peer
e2e_contacts=100000

# Says why the stack cannot be run here; nothing if it can.
peer_lacks() {
	local it
	for it in redis-server node; do
		command -v "$it" >/dev/null || { echo "$it is missing" && return; }
	done
	if [ "$(node -p 'parseInt(process.versions.node)')" -lt 20 ]; then
		echo "node is older than 20"
	elif ! cmp -s "$top/tests/bench/peer/package-lock.json" \
	    "$peer/node_modules/.lock"; then
		echo "its modules are missing"
	fi
}

port_open() {
	(: >"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# peer_up SMTP-PORT: starts the stack, its Redis filled with the contacts. Both
# pids go to $peer_pids.
peer_up() {
	export PEER_HTTP=$((32600 + RANDOM % 80)) PEER_REDIS=$((32700 + RANDOM % 60))
	export PEER_SMTP=$1 PEER_KEY=bench PEER_CONTACTS=$e2e_contacts
	rm -rf "$dir/redis"
	mkdir -p "$dir/redis"
	cp "$top"/tests/bench/peer/{peer.js,*.mustache} "$peer"
	redis-server --port "$PEER_REDIS" --bind 127.0.0.1 --dir "$dir/redis" \
	    --save '' --appendonly yes --appendfsync always >"$dir/redis.log" &
	peer_pids=$!
	helpers+=($!)
	wait_for 10 port_open "$PEER_REDIS" || die "Redis did not start"
	node "$peer/peer.js" seed
	node "$peer/peer.js" serve >"$dir/peer.log" 2>&1 &
	peer_pids+=" $!"
	helpers+=($!)
	wait_for 20 port_open "$PEER_HTTP" || die "the Node stack did not start"
}

peer_down() {
	local it
	[ -n "$peer_pids" ] || return 0
	for it in $peer_pids; do
		kill "$it" || :
		wait "$it" || :
	done
	rm -rf "$dir/redis"
	peer_pids=''
}

# e2e ours|peer OPTION...: sets $said to what e2e says. Contacts go on from
# where the last load ended.
e2e() {
	local port=${POSTFLOW_URL##*:} key=$POSTFLOW_API_KEY
	[ "$1" = ours ] || port=$PEER_HTTP key=$PEER_KEY
	said=$("$bench/e2e" -s "$sink_port" -p "$port" -k "$key" -e order.paid \
	    -C "$e2e_contacts" -o "$e2e_first" "${@:2}") ||
	    die "not every event led to its mail ($1): $said"
	e2e_first=$((e2e_first + $(field mails)))
}

# field NAME: of $said.
field() {
	sed -n "s/.*\<$1=\([0-9.]*\).*/\1/p" <<<"$said"
}

# e2e_up NAME MTA: a lab with the contacts whose mails come to the port of e2e,
# and the stack beside it, if it can be had.
e2e_up() {
	local contacts=$e2e_contacts
	sink_port=$((32400 + RANDOM % 100)) e2e_first=0 peer_pids=''
	echo 'injection { sessions = 10 }' >"$dir/$1.conf"
	lab_up "$1" --mta "$2" --sink "$sink_port" --no-milter
	make_order
	lacks=$(peer_lacks)
	[ -n "$lacks" ] || peer_up "${POSTFLOW_INJECT#*:}"
	e2e ours -n 1000
	[ -n "$lacks" ] || e2e peer -n 1000
}

e2e_down() {
	peer_down
	lab_down
}

# The same templates as the stack's.
make_order() {
	local at=$top/tests/bench/peer template
	template=$(api POST /templates "$(jq -n --rawfile html "$at/html.mustache" \
	    --rawfile text "$at/text.mustache" '{name: "Order",
	    from: "Bench <hello@bench.example>",
	    subject: "Order {{{event.ref}}}", html: $html, text: $text}')" |
	    jq -r .id)
	api POST "/templates/$template/publish" '{}' >/dev/null
	api POST /automations '{"name": "Order", "status": "enabled",
	    "steps": [{"key": "start", "type": "trigger",
	    "config": {"event_name": "order.paid"}},
	    {"key": "mail", "type": "send_email",
	    "config": {"template": {"id": "'"$template"'"}}}],
	    "connections": [{"from": "start", "to": "mail"}]}' >/dev/null
}

# report_peer NAME OURS "PEER..." OP GOAL MORE: the reference is the median, or
# a reason why there is none.
report_peer() {
	if [ -n "$lacks" ]; then
		echo "$1: ours=$2 not compared, $lacks: contrib/deps --bench" \
		    "($6)"
	else
		# shellcheck disable=SC2086
		report "$1" "$2" "$(median $3)" "$4" "$5" "$6"
	fi
}

# throughput ours|peer COUNT: adds a round to rates_ours or rates_peer.
throughput() {
	local -n rates=rates_$1
	e2e "$1" -c 32 -n "$(scaled "$2")"
	rates+=("$(field rate)")
	more[$1]="$1: post to 202 p50=$(field ack_p50) p99=$(field ack_p99) ms, $(
	    field bytes) bytes a mail"
}

bench_direct() {
	local round rates_ours=() rates_peer=() lacks
	local -A more=([peer]='')
	e2e_up direct none
	for ((round = 0; round < rounds; round++)); do
		[ -n "$lacks" ] || throughput peer 3000
		throughput ours 20000
	done
	report_peer e2e-direct "$(median "${rates_ours[@]}")" \
	    "${rates_peer[*]}" '>=' 5 \
	    "mails/s, event over HTTP to sink; ${more[ours]}; ${more[peer]}"
	e2e_down
}

# smtp-source into the same Postfix, which delivers to the same sink.
e2e_source() {
	local count
	count=$(scaled "$1")
	"$bench/e2e" -s "$sink_port" -n "$count" >"$dir/source.out" &
	rates_source+=("$(inject_reference 10 "$count" -N)")
	wait $! || die "smtp-source's mails did not arrive"
}

bench_postfix() {
	local round rates_ours=() rates_peer=() rates_source=() lacks
	local -A more=([peer]='')
	e2e_up postfix postfix
	for ((round = 0; round < rounds; round++)); do
		[ -n "$lacks" ] || throughput peer 1500
		e2e_source 3000
		throughput ours 3000
	done
	report_peer e2e-postfix "$(median "${rates_ours[@]}")" \
	    "${rates_peer[*]}" '>=' 2.7 \
	    "mails/s, event over HTTP through Postfix to sink; ${more[ours]}; $(
	    )${more[peer]}"
	report e2e-postfix-source "$(median "${rates_ours[@]}")" \
	    "$(median "${rates_source[@]}")" '>=' 0.85 \
	    "the same beside smtp-source, which stores nothing"
	e2e_down
}

# at_rate ours|peer: adds a round to p50_ours and p99_ours, or to the peer's.
at_rate() {
	local -n p50=p50_$1 p99=p99_$1
	e2e "$1" -c 8 -r 50 -n "$(scaled 500)"
	p50+=("$(field mail_p50)")
	p99+=("$(field mail_p99)")
	more[$1]="$1: post to 202 p50=$(field ack_p50) p99=$(field ack_p99)"
}

bench_latency() {
	local round p50_ours=() p50_peer=() p99_ours=() p99_peer=() lacks
	local -A more=([peer]='')
	e2e_up latency none
	for ((round = 0; round < rounds; round++)); do
		[ -n "$lacks" ] || at_rate peer
		at_rate ours
	done
	report_peer latency-p50 "$(median "${p50_ours[@]}")" \
	    "${p50_peer[*]}" '<=' 0.34 \
	    "ms from post to mail in the sink at 50/s; ${more[ours]}; $(
	    )${more[peer]}"
	report_peer latency-p99 "$(median "${p99_ours[@]}")" \
	    "${p99_peer[*]}" '<=' 0.34 "the same"
	e2e_down
}

# ---- all of it --------------------------------------------------------------

[ "$(id -u)" = 0 ] || die "needs root, for the lab"
for it in wrk jq curl smtp-source sqlite3; do
	command -v "$it" >/dev/null ||
	    die "$it is missing: contrib/deps --bench installs it"
done
mkdir -p "$dir"
for it in inject http socket import wal idle compose direct postfix latency; do
	! wanted $it || bench_$it
done
