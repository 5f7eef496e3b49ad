#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
#
# make bench-scale: what ten million sleeping runs cost, and what becomes of the
# API meanwhile; then the same of fewer, to show how the cost grows. Half of the
# runs rest at a delay, half wait for an event; they are of twenty automations
# and a fifth as many contacts, unless told. One line a figure, as make bench prints them;
# the reference is the most that may be. Needs root, like the lab. What can be
# set:
#
#	BENCH_SLEEPERS  how many, one round each ("10000000 1000000")
#	BENCH_CONTACTS  how many contacts (a fifth of the runs)
#	BENCH_SECONDS   of requests behind each p99 (30)
#	BENCH_ONLY      which figures: start bytes wake pages api backup
#	                import
#	BENCH_DIR       where the database lies (build/bench)
set -eu
# shellcheck source=tests/bench/frame.sh
. "$(dirname "${BASH_SOURCE[0]}")/frame.sh"

seconds=${BENCH_SECONDS:-30}
rate=100      # requests a second
picked=1000   # woken at random, of each kind
most=1000000  # woken at once, and pruned
patience=240  # seconds until the next figure, whatever is left to do
automations=() # ids

# ---- the database -----------------------------------------------------------

# make_automation N MIDDLE CONNECTIONS: looks at the event, rests at its middle
# step, looks again and is over.
make_automation() {
	local rule='{"type": "rule", "field": "event.plan", "operator": "eq",
	    "value": "pro"}'
	automations+=("$(api POST /automations '{"name": "Sleep '"$1"'",
	    "status": "enabled", "steps": [
	    {"key": "start", "type": "trigger",
	     "config": {"event_name": "bench.sleep.'"$1"'"}},
	    {"key": "first", "type": "condition", "config": '"$rule"'},
	    {"key": "sleep", '"$2"'},
	    {"key": "last", "type": "condition", "config": '"$rule"'}],
	    "connections": [{"from": "start", "to": "first"},
	    {"from": "first", "to": "sleep", "type": "condition_met"}, '"$3"']}' |
	    jq -r .id)")
}

# Twenty automations, a run in each, and one automation for new runs: all by
# the API, for sleepers to know what the engine writes.
make_patterns() {
	local i
	api POST /contact-properties '{"key": "plan", "type": "string"}' >/dev/null
	api POST /contacts '{"email": "pattern@bench.example",
	    "first_name": "Ada", "last_name": "Lovelace",
	    "properties": {"plan": "pro"}}' >/dev/null
	automations=()
	for ((i = 0; i < 20; i++)); do
		if ((i % 2 == 0)); then
			make_automation "$i" '"type": "delay",
			    "config": {"duration": "30 days"}' \
			    '{"from": "sleep", "to": "last"}'
		else
			make_automation "$i" '"type": "wait_for_event",
			    "config": {"event_name": "bench.resume.'"$i"'",
			    "timeout": "30 days"}' \
			    '{"from": "sleep", "to": "last",
			    "type": "event_received"},
			    {"from": "sleep", "to": "last", "type": "timeout"}'
		fi
		api POST /events/send '{"event": "bench.sleep.'"$i"'",
		    "email": "pattern@bench.example",
		    "payload": {"plan": "pro", "amount": 4200, "n": 1}}' \
		    >/dev/null
	done
	api POST /automations '{"name": "New", "status": "enabled", "steps": [
	    {"key": "start", "type": "trigger",
	     "config": {"event_name": "bench.start"}},
	    {"key": "sleep", "type": "delay",
	     "config": {"duration": "30 days"}}],
	    "connections": [{"from": "start", "to": "sleep"}]}' >/dev/null
}

stop() {
	"$top/contrib/lab" down "$lab" >/dev/null
}

start() {
	"$top/contrib/lab" up "$lab" >/dev/null
	lab_env
}

fill() {
	echo >"$dir/scale.conf"
	lab_new scale --mta none --sink discard
	make_patterns
	stop
	took=$("$bench/sleepers" fill "$POSTFLOW_DB" "$sleepers" "$contacts") ||
	    die "the database was not filled"
	echo "bench: $sleepers sleeping runs of $contacts contacts," \
	    "filled in $took s" >&2
}

# db SQL: what it finds, beside the daemon.
db() {
	sqlite3 -cmd '.timeout 10000' "$POSTFLOW_DB" "$1"
}

# Bytes of the pages of tables and their indexes, by sleeping run.
bench_bytes() {
	local run event
	read -r run event < <(db "
	    SELECT round(sum(CASE WHEN tbl_name <> 'events' THEN pgsize END)
		* 1.0 / $sleepers, 1) || ' ' ||
		round(sum(CASE WHEN tbl_name = 'events' THEN pgsize END)
		* 1.0 / $sleepers, 1)
	    FROM dbstat d JOIN sqlite_schema s ON s.name = d.name
	    WHERE aggregate = 1 AND tbl_name IN
		('runs', 'run_steps', 'waits', 'events')")
	report "bytes-run$suffix" "$run" 250 '<=' 1 "bytes on disk, with its $(
	    )indexes, a step behind it and its wait; payload of 41 bytes"
	report "bytes-event$suffix" "$event" 120 '<=' 1 "bytes on disk"
}

# ---- starting ---------------------------------------------------------------

healthy() {
	local status=
	{ exec 8<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
	printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' >&8
	read -r -t 2 _ status _ <&8 || :
	exec 8>&-
	[ "$status" = 200 ]
}

# Sets $took to the milliseconds from exec to the first 200.
time_start() {
	local pid began limit=$((SECONDS + 60))
	began=${EPOCHREALTIME/./}
	"$builddir/postflowd" -c "$POSTFLOW_CONF" -f >"$dir/start.log" 2>&1 &
	pid=$!
	helpers+=("$pid")
	until healthy "${POSTFLOW_URL##*:}"; do
		[ "$SECONDS" -lt "$limit" ] || die "postflowd does not answer"
	done
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	kill "$pid"
	wait "$pid" || die "postflowd failed"
	unset 'helpers[-1]'
}

# With nothing of the database in memory; and the memory, once it is at work.
bench_start() {
	local warm cold pss
	time_start
	time_start
	warm=$took
	sync "$POSTFLOW_DB"
	dd if="$POSTFLOW_DB" iflag=nocache count=0 status=none
	time_start
	cold=$took
	report "start$suffix" "$cold" 1000 '<=' 1 \
	    "ms to the first answer, nothing in memory; else $warm ms"
	start
	mixed 10
	pss=$(awk '/^Pss:/ { printf "%.1f", $2 / 1024 }' \
	    "/proc/$POSTFLOWD_PID/smaps_rollup")
	report "pss$suffix" "$pss" 64 '<=' 1 "MiB after 10 s of requests"
	stop
}

# ---- waking -----------------------------------------------------------------

# The events that the chosen ones wait for, a hundred a request.
send_awaited() {
	local body
	awk '$2 == 1 { printf "%s{\"event\":\"%s\",\"email\":\"%s\"}",
		n++ % 100 ? "," : (n > 1 ? "]\n[" : "["), $4, $3 }
	    END { print "]" }' "$dir/picks" |
	while read -r body; do
		api POST /events/send/batch "$body" |
		    jq -e 'all(.data[]; .object == "event")' >/dev/null ||
		    die "events were refused"
	done
}

bench_wake() {
	local began ended
	"$bench/sleepers" pick "$POSTFLOW_DB" "$picked" "$dir/picks" >/dev/null
	began=${EPOCHREALTIME/./}
	start
	send_awaited
	read -r ended _ < <("$bench/sleepers" check "$POSTFLOW_DB" "$dir/picks" 60)
	[ -n "$ended" ] || die "they did not wake as they should"
	report "wake$suffix" "$((ended - began / 1000))" 10000 '<=' 1 "ms, $(
	    )the start with them, until $picked that were due and $picked $(
	    )that got their event had completed; no other was touched"
	stop
}

# ---- lists ------------------------------------------------------------------

# walk PATH: the times of pages before and behind ids read from standard input,
# of the first one and of a short one, in ms, one by one on one connection.
walk() {
	local id way
	{
		echo "silent"
		echo "fail"
		echo "header = \"Authorization: Bearer $POSTFLOW_API_KEY\""
		while read -r id; do
			for way in "&after=$id" "&before=$id" ''; do
				printf 'url = "%s%s?limit=100%s%s"\n' \
				    "$POSTFLOW_URL" "${1%%\?*}" "$way" \
				    "$([[ $1 != *\?* ]] || echo "&${1#*\?}")"
				echo 'output = "/dev/null"'
			done
		done
	} >"$dir/walk"
	curl -K "$dir/walk" -w '%{http_code} %{time_total}\n' |
	awk '$1 != 200 { exit 1 } { print $2 * 1000 }'
}

# report_pages WHAT PATH: of the ids at hand.
report_pages() {
	walk "$2" <"$dir/ids" | sort -n >"$dir/times" ||
	    die "pages of $2 were refused"
	report "page-$1$suffix" "$(awk '{ a[NR] = $1 } END {
	    print a[int((NR * 99 + 99) / 100)] }' "$dir/times")" 10 '<=' 1 \
	    "ms, p99 of $(wc -l <"$dir/times") pages of 100, p50 $(awk '
	    { a[NR] = $1 } END { print a[int((NR + 1) / 2)] }' "$dir/times"), $(
	    )max $(tail -n 1 "$dir/times")"
}

# Pages somewhere, in both directions; what a page costs must not depend on how
# many there are.
bench_pages() {
	local i segment automation
	echo >"$dir/scale.conf"
	start
	segment=$(api POST /segments '{"name": "Half"}' | jq -r .id)
	stop
	db "INSERT INTO segment_members SELECT (SELECT max(id) FROM segments),
	    id FROM contacts WHERE (id >> 9) % 2 = 0"
	start
	automation=${automations[0]}
	for ((i = 0; i < 300; i++)); do
		api GET "/contacts/$(printf 'user%07d@bench.example' \
		    $((i * 617039 * 31 % contacts)))" | jq -r .id
	done >"$dir/ids"
	report_pages contacts /contacts
	report_pages segment "/contacts?segment_id=$segment"
	for ((i = 0; i < 300; i++)); do
		api GET "/contacts/$(printf 'user%07d@bench.example' \
		    $((i * 617039 * 31 % contacts)))/runs" | jq -r '.data[].id'
	done >"$dir/ids"
	report_pages runs "/automations/$automation/runs"
	report_pages runs-running "/automations/$automation/runs?status=running"
	report_pages runs-failed "/automations/$automation/runs?status=failed"
	rm -f "$dir/ids" "$dir/times" "$dir/walk"
	stop
}

# ---- the API meanwhile ------------------------------------------------------

# mixed SECONDS: sets the figures of so many seconds of requests.
mixed() {
	read -r n p50 p99 max bad kinds < <("$bench/mixed" -r "$rate" -t "$1" \
	    "${POSTFLOW_URL##*:}" "$POSTFLOW_API_KEY" "$contacts" \
	    "${automations[@]}")
	[ "${bad:-1}" = 0 ] || die "${bad:-all} of ${n:-the} requests failed"
}

# report_api WHAT MORE
report_api() {
	report "api-p99-$1$suffix" "$p99" 50 '<=' 1 \
	    "ms at $rate/s, p50 $p50, max $max; $kinds; $2"
}

# A row of any automation, and how many there are. A reader from outside that
# takes its time would be in the log's way, so counting is for the end.
any_of() {
	[ "$(db "SELECT EXISTS(SELECT 1 FROM automations a
	    WHERE EXISTS(SELECT 1 FROM $1))")" = 1 ]
}
none_of() {
	! any_of "$1"
}
count_of() {
	db "SELECT sum((SELECT count(*) FROM $1)) FROM automations a"
}

# pace_of ROWS: how many a second go while the requests come.
pace_of() {
	local before after
	before=$(count_of "$1")
	mixed "$seconds"
	after=$(count_of "$1")
	pace="$(((before - after) / seconds)) a second, of $before"
	((after > 0)) || pace="$before, done before the requests were"
}

bench_api() {
	local many=$((sleepers / 4)) pace rows
	((many <= most)) || many=$most
	start
	mixed "$seconds"
	report_api idle "nothing else to do"
	stop

	"$bench/sleepers" due "$POSTFLOW_DB" "$many" >/dev/null
	rows="runs WHERE automation = a.num AND due <= $(date +%s%3N)"
	start
	pace_of "$rows"
	report_api wake "while runs wake: $pace"
	wait_for "$patience" none_of "$rows" || :
	stop

	rows='runs WHERE automation = a.num AND status = 1'
	echo 'retention { runs = "1 s" }' >"$dir/scale.conf"
	start
	pace_of "$rows"
	report_api prune "while runs are pruned: $pace"
	wait_for "$patience" none_of "$rows" || :
	stop
}

# One backup after the other until $dir/enough is there; prints how many. None
# is removed meanwhile: that would keep the disk busier than making them.
backups() {
	local n=0
	until [ -e "$dir/enough" ]; do
		n=$((n + 1))
		"$POSTFLOW" -c "$POSTFLOW_CONF" backup "$POSTFLOW_DB.$n" \
		    >/dev/null || return
	done
	echo "$n of $(($(stat -c %s "$POSTFLOW_DB.$n") >> 20)) MiB"
}

bench_backup() {
	rm -f "$dir/enough"
	echo >"$dir/scale.conf"
	start
	backups >"$dir/backups" &
	helpers+=("$!")
	mixed "$seconds"
	touch "$dir/enough"
	wait "${helpers[-1]}" || die "a backup failed"
	unset 'helpers[-1]'
	report_api backup "beside one backup after the other, $(cat "$dir/backups")"
	rm -f "$dir/enough" "$dir/backups" "$POSTFLOW_DB".[0-9]*
	stop
}

# A file of 100 MB comes and is imported.
bench_import() {
	local id made
	awk -v n=1650000 'BEGIN { print "email,first_name,last_name"
		for (i = 0; i < n; i++)
			printf "new%07d@import.example,New %d,Contact of a file %d\n",
			    i * 617039 % n, i, i }' >"$dir/import.csv"
	echo >"$dir/scale.conf"
	start
	"$POSTFLOW" -c "$POSTFLOW_CONF" contacts imports create \
	    "$dir/import.csv" >"$dir/import.id" &
	helpers+=("$!")
	mixed "$seconds"
	wait "${helpers[-1]}" || die "the file was not taken"
	unset 'helpers[-1]'
	id=$(cat "$dir/import.id")
	made=$(api GET "/contacts/imports/$id" | jq .counts.created)
	report_api import "while $(($(stat -c %s "$dir/import.csv") / 1000000)) $(
	    )MB come and are imported: $((made / seconds)) rows a second"
	rm -f "$dir/import.csv" "$dir/import.id"
	stop
}

# ---- all --------------------------------------------------------------------

[ "$(id -u)" = 0 ] || die "needs root, for the lab"
for it in jq curl sqlite3; do
	command -v "$it" >/dev/null || die "$it is missing"
done
mkdir -p "$dir"
for sleepers in ${BENCH_SLEEPERS:-10000000 1000000}; do
	contacts=${BENCH_CONTACTS:-$((sleepers / 5))}
	suffix=-$sleepers
	fill
	for it in bytes start wake pages api backup import; do
		! wanted "$it" || "bench_$it"
	done
	lab_down
	rm -f "$dir/picks" "$dir/start.log"
done
