#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# A disk that is full to its last byte, a database another program has locked,
# files that cannot be written: events are refused at once and in words, what
# was acknowledged stays, what the MTA says is still written down, and nobody
# has to start the daemon again.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

megabytes=${DISK_MEGABYTES:-128}
rounds=${DISK_ROUNDS:-1}

small=$tmp/small
mkdir "$small"
if ! as_root mount -t tmpfs -o "size=${megabytes}m,mode=0755" none "$small" \
    2>/dev/null; then
	skip "a full disk" "no file system may be mounted here"
	finish
	exit
fi
trap 'as_root umount -l "$small" 2>/dev/null || :; exit 1' INT TERM
trap 'status=$?; as_root umount -l "$small" 2>/dev/null || :; cleanup $status' \
    EXIT

cat >"$tmp/extra.conf" <<EOT
state_dir = '$small/state'
store {
    path = '$small/state/postflow.db'
    wal_limit = "16 MB"
    wal_reserve = "8 MB"
}
injection {
    retry_first = "1 s"
    retry_last = "2 s"
}
EOT
lab_up "$tmp/lab" --mta none --conf "$tmp/extra.conf"
POSTFLOW_DB=$small/state/postflow.db
sink=$(cut -d ' ' -f 1 \
    "$(dirname "$(dirname "$POSTFLOW_API_SOCKET")")/sink.pid")
daemon=$POSTFLOWD_PID
ok "an automation is there" mail_on load

query() {
	as_root sqlite3 -readonly "$POSTFLOW_DB" "$1"
}

# One event over HTTP: prints status, name and the seconds it took.
one_event() {
	curl -sS --max-time 20 -o "$tmp/answer" \
	    -w '%{http_code} %{time_total}' -X POST \
	    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -d '{"event": "nothing", "email": "one@load.example"}' \
	    "$POSTFLOW_URL/events/send" >"$tmp/took" || :
	read -r status seconds <"$tmp/took"
	echo "$status $(jq -r '.name // .object' "$tmp/answer") $seconds"
}

is_refused() {
	[[ $(one_event) == "503 service_unavailable "* ]]
}

is_taken() {
	[[ $(one_event) == "202 event "* ]]
}

socket_says() {
	printf '{"event":"nothing","email":"two@load.example"}\n' |
	    "$tools/talk" "unix:$POSTFLOW_EVENTS_SOCKET"
}

# refuses WHY: at every door, in time, in words, and nothing is changed.
refuses() {
	local began before
	before=$(query 'SELECT count(*) FROM events')
	began=$(date +%s%N)
	is "$(one_event | cut -d ' ' -f 1,2)" "503 service_unavailable" \
	    "$1: an event over HTTP gets 503"
	ok "$1: within 5 s" test \
	    "$(($(date +%s%N) - began))" -lt 5000000000
	is "$(jq -r 'keys_unsorted | join(",")' "$tmp/answer")" \
	    statusCode,message,name "$1: as a flat error"
	began=$(date +%s%N)
	like "$(socket_says)" \
	    '^\{"statusCode":503,"message":"[^"]+","name":"service_unavailable"\}$' \
	    "$1: on the event socket, too"
	ok "$1: within 5 s" test \
	    "$(($(date +%s%N) - began))" -lt 5000000000
	is "$(api GET /automations | tail -n 1)" 200 "$1: reading goes on"
	is "$(query 'SELECT count(*) FROM events')" "$before" \
	    "$1: nothing was stored"
}

# stops WHY: whoever has to stop mail still can; the rest waits.
stops() {
	local one=contacts/u0@load$round.example
	gives "$1: injection is paused" 200 .injection true POST \
	    /pause/injection
	gives "$1: and resumed" 200 .injection false POST /resume/injection
	gives "$1: the engine is paused" 200 .engine true POST /pause/engine
	gives "$1: and resumed" 200 .engine false POST /resume/engine
	gives "$1: the queue is held" 200 .held true POST /queue/hold
	gives "$1: and released" 200 .held false POST /queue/release
	refused "$1: a contact is not deleted" 503 service_unavailable DELETE \
	    "/$one"
	refused "$1: nor erased" 503 service_unavailable POST "/$one/erase"
	refused "$1: an automation is not stopped" 503 service_unavailable \
	    POST "/automations/$automation/stop"
}

# takes WHAT: again, in time, without a restart.
takes() {
	ok "$1: events are taken" wait_for 15 is_taken
	like "$(socket_says)" '^{"object":"event"' \
	    "$1: on the event socket, too"
	is "$(stat -c %Y "/proc/$daemon/cwd" >/dev/null 2>&1 && echo lives)" \
	    lives "$1: the daemon was never gone"
}

in_flight() {
	[ "$(figure .engine.emails_in_flight)" -ge "$1" ]
}

none_sending() {
	[ "$(query 'SELECT count(*) FROM emails WHERE status = 1')" = 0 ]
}

all_sent() {
	[ "$(query 'SELECT count(*) FROM emails WHERE status <> 2')" = 0 ]
}

# A full disk, while events come in and mails are under way.
: >"$tmp/acked"
for ((round = 1; round <= rounds; round++)); do
	kill -STOP "$sink" 2>/dev/null || as_root kill -STOP "$sink"
	said=$("$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -n 100 \
	    -d "waiting$round.example" -o "$tmp/acks1")
	is "$(field acked "$said")" 100 "$round: 100 events are taken"
	ok "$round: mails are under way" wait_for 10 in_flight 20
	: >"$tmp/acks2"
	"$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -n 6000 -R 1500 -w 64 \
	    -d "load$round.example" -o "$tmp/acks2" -t 60 >"$tmp/pushed" &
	pusher=$!
	some_acked() {
		[ "$(wc -l <"$tmp/acks2")" -ge 200 ]
	}
	ok "$round: events come in" wait_for 20 some_acked
	as_root sh -c "cat /dev/zero >'$small/filler'" 2>/dev/null || :
	ok "$round: events are refused soon" wait_for 20 is_refused
	is "$(df --output=avail -B1 "$small" | tail -n 1 | xargs)" 0 \
	    "$round: no byte is free"
	refuses "$round: full"
	is "$(curl -s -o /dev/null -w '%{http_code}' "$POSTFLOW_URL/healthz")" \
	    503 "$round: /healthz says so"
	said=$("$POSTFLOW" -c "$POSTFLOW_CONF" status 2>"$tmp/note") &&
	    status=0 || status=$?
	is "$status" 1 "$round: postflow status fails"
	like "$said" '^status: +disk_full' "$round: and says why"
	like "$said" '^store.is_full: +true' "$round: with all it knows"
	like "$(cat "$tmp/note")" 'not well: disk_full' "$round: in words, too"
	status=0
	wait "$pusher" || status=$?
	said=$(cat "$tmp/pushed")
	sed 's/^/# /' "$tmp/pushed"
	is "$status" 0 "$round: each event of the stream has an answer"
	ok "$round: many a refusal" test "$(field errors "$said")" -gt 0
	like "$said" '^first_error=\{"statusCode":503,.*"service_unavailable"' \
	    "$round: of that kind"

	as_root kill -CONT "$sink"
	ok "$round: what the MTA says is written down all the same" \
	    wait_for 30 none_sending
	is "$(df --output=avail -B1 "$small" | tail -n 1 | xargs)" 0 \
	    "$round: with no byte free"
	ok "$round: those mails read sent" test "$(query "SELECT count(*)
	    FROM emails WHERE status = 2 AND
	    recipient LIKE '%@waiting$round.example'")" -ge 20
	stops "$round: full"
	as_root rm "$small/filler"
	takes "$round: room again"
	ok "$round: in the end all mails are sent" wait_long 60 all_sent
	{
		sed "s/ .*/@waiting$round.example/; s/^/u/" "$tmp/acks1"
		sed "s/ .*/@load$round.example/; s/^/u/" "$tmp/acks2"
	} >>"$tmp/acked"
done
sort "$tmp/acked" >"$tmp/expected"
query 'SELECT recipient FROM emails WHERE status = 2' | sort >"$tmp/emails"
is "$(comm -23 "$tmp/expected" "$tmp/emails" | wc -l)" 0 \
    "each acknowledged event has its mail"
is "$(comm -13 "$tmp/expected" "$tmp/emails" | wc -l)" 0 \
    "and no event that was refused"
grep -rhoE '^X-Rcpt-Args: <[^>]*' "$SINK_DIR" | sed 's/.*<//' | sort \
    >"$tmp/received"
ok "the sink has them, each once" cmp "$tmp/expected" "$tmp/received"
is "$(query 'PRAGMA integrity_check')" ok "the database is sound"
is "$(api_get .store.is_full /status)" false "the daemon says it has room"

# Another program reads.
for _ in $(seq 20); do
	query 'SELECT count(*) FROM events' >/dev/null
done
takes "another program reads the database"

# Another program holds it locked.
mkfifo "$tmp/sql"
as_root sqlite3 "$POSTFLOW_DB" <"$tmp/sql" >"$tmp/sql.out" 2>&1 &
other=$!
exec 8>"$tmp/sql"
printf "BEGIN EXCLUSIVE;\nSELECT 'locked';\n" >&8
ok "another program locks the database" \
    wait_for 10 grep -qx locked "$tmp/sql.out"
refuses "locked"
printf 'ROLLBACK;\n' >&8
takes "unlocked"
exec 8>&-
wait "$other" || :

# The file may not be written; where the file system knows of that.
lab_up "$tmp/plain" --mta none
daemon=$POSTFLOWD_PID
if as_root chattr +i "$POSTFLOW_DB-wal" 2>/dev/null; then
	trap 'as_root chattr -i "$POSTFLOW_DB-wal" 2>/dev/null || :
	    as_root umount -l "$small" 2>/dev/null || :; cleanup 1' EXIT
	if is_taken; then
		skip "not to be written" "an open file can be written here"
	else
		refuses "not to be written"
	fi
	as_root chattr -i "$POSTFLOW_DB-wal"
	trap 'status=$?; as_root umount -l "$small" 2>/dev/null || :
	    cleanup $status' EXIT
	takes "to be written again"
else
	skip "not to be written" "chattr does not work here"
fi

# At start.
lab down "$tmp/plain"
as_root chmod 0444 "$POSTFLOW_DB"
as_root chown root: "$POSTFLOW_DB"
as_root "$builddir/postflowd" -c "$POSTFLOW_CONF" -t >"$tmp/check" 2>&1 &&
    status=0 || status=$?
is "$status" 1 "-t refuses a database that cannot be written"
like "$(cat "$tmp/check")" "$POSTFLOW_DB" "and names it"
as_root timeout 10 "$builddir/postflowd" -c "$POSTFLOW_CONF" -f \
    >"$tmp/start" 2>&1 && status=0 || status=$?
is "$status" 1 "so does the daemon"
like "$(cat "$tmp/start")" "$POSTFLOW_DB" "which names it, too"
is "$(grep -cE 'Sanitizer|runtime error' "$tmp/start" || :)" 0 \
    "and ends in order"

finish
