#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# A backup is made while events come in as fast as they can; restored, it holds
# what was acknowledged, and its mail waits until it is released, then leaves
# once. What cannot be made or restored is refused, and changes nothing.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

mails=60
events=${BACKUP_EVENTS:-20000}

lab_up "$tmp/lab" --mta none
service=$(as_root stat -c %U "$(dirname "$POSTFLOW_DB")")
kept=$tmp/kept
as_root install -d -o "$service" -m 0755 "$kept"
sink=$(cut -d ' ' -f 1 \
    "$(dirname "$(dirname "$POSTFLOW_API_SOCKET")")/sink.pid")
ok "an automation is there" mail_on load

# Only root and the service's user may ask.
postflow() {
	as_root "$POSTFLOW" -c "$POSTFLOW_CONF" "$@"
}

# refused WHAT PATTERN COMMAND...: it ends with 1 and says why.
refused() {
	local what=$1 pattern=$2 status=0
	shift 2
	"$@" >"$tmp/said" 2>&1 || status=$?
	is "$status" 1 "$what is refused"
	like "$(cat "$tmp/said")" "$pattern" "and said why"
}

# in_copy SQL: asks a backup, which nobody changes.
in_copy() {
	as_root sqlite3 "file:$kept/one?immutable=1" "$1"
}

query() {
	as_root sqlite3 -readonly "$POSTFLOW_DB" "$1"
}

push() {
	"$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -t 60 "$@"
}

in_flight() {
	[ "$(figure .engine.emails_in_flight)" -ge "$1" ]
}

# Mails are on their way when the backup is made.
as_root kill -STOP "$sink"
is "$(field acked "$(push -n "$mails" -e load)")" "$mails" "mails are to be sent"
ok "and some are under way" wait_for 10 in_flight 5
said=$(push -n "$events" -e nothing -d before.example)
echo "# before: $said"
is "$(field errors "$said")" 0 "events were taken before"
: >"$tmp/acks"
push -n 200000 -e nothing -d during.example -o "$tmp/acks" >"$tmp/pushed" 2>&1 &
pusher=$!
some_acked() {
	[ "$(wc -l <"$tmp/acks")" -ge 500 ]
}
ok "events come in" wait_for 20 some_acked
least=$(wc -l <"$tmp/acks")
status=0
(cd "$kept" && postflow --json backup one) >"$tmp/said" || status=$?
most=$(wc -l <"$tmp/acks")
figures=$(api GET /status | head -n 1)
kill "$pusher" 2>/dev/null || :
wait "$pusher" 2>/dev/null || :
is "$status" 0 "a backup is made meanwhile"
echo "# $(cat "$tmp/said") acked_meanwhile=$((most - least))" \
    "commit_p99_us=$(jq .store.commit_p99_us <<<"$figures")"
is "$(jq -r .path "$tmp/said")" "$kept/one" "its path is told"
is "$(as_root stat -c '%a %U %s' "$kept/one")" \
    "600 $service $(jq .bytes "$tmp/said")" "it is the service's alone"
is "$(as_root ls "$kept")" one "and there is nothing else"
is "$(jq .backup <<<"$figures")" null "no backup is under way any more"
is "$(in_copy 'PRAGMA integrity_check')" ok "it is sound"
n=$(in_copy 'SELECT count(*) FROM events')
ok "it holds all that was acknowledged before" \
    test "$n" -ge "$((mails + events + least))"
is "$(in_copy 'SELECT count(*) FROM emails WHERE status < 2')" "$mails" \
    "and the mails to be sent"
ok "some of them on their way" \
    test "$(in_copy 'SELECT count(*) FROM emails WHERE status = 1')" -ge 1

# What cannot be.
refused "a file that is there" 'is there already' postflow backup "$kept/one"
refused "a directory that is not there" 'No such file' \
    postflow backup "$kept/none/two"
is "$(curl -sS -o "$tmp/said" -w '%{http_code}' -X POST \
    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
    -d "{\"path\": \"$kept/two\"}" "$POSTFLOW_URL/backup")" 403 \
    "who comes over TCP may not have one made"
if as_root mkdir "$tmp/small" && as_root mount -t tmpfs \
    -o "size=1m,mode=0777" none "$tmp/small" 2>/dev/null; then
	refused "a disk that is too small" 'disk is full' \
	    postflow backup "$tmp/small/two"
	is "$(as_root ls "$tmp/small")" "" "and nothing is left there"
	as_root umount "$tmp/small"
else
	skip "a disk that is too small" "no file system may be mounted here"
fi
is "$(as_root ls "$kept")" one "nothing else was made"
refused "restoring under a daemon" 'Another postflowd uses' \
    postflow restore "$kept/one"

# Mail leaves before the backup is restored: all of it is in the backup, too.
as_root kill -CONT "$sink"
ok "the mails leave" wait_for 20 has_files "$SINK_DIR" "$mails"
none_left() {
	[ "$(query 'SELECT count(*) FROM emails WHERE status < 2')" = 0 ]
}
ok "and read sent" wait_for 10 none_left
lab down "$tmp/lab" >/dev/null
newest=$(query 'SELECT max(id) FROM events')
as_root cp "$kept/one" "$kept/newer"
as_root sqlite3 "$kept/newer" 'PRAGMA user_version = 999'
refused "the backup of a newer Postflow" 'newer Postflow' \
    postflow restore "$kept/newer"
refused "a file that is no backup" 'not a Postflow database' \
    postflow restore "$POSTFLOW_CONF"
is "$(query 'SELECT max(id) FROM events')" "$newest" "and nothing is changed"
status=0
postflow restore "$kept/one" >"$tmp/said" 2>&1 || status=$?
is "$status" 0 "the backup is restored"
sed 's/^/# /' "$tmp/said"
is "$(as_root find "$(dirname "$POSTFLOW_DB")" -name '*.before-restore-*' |
    wc -l)" 1 "what it replaces is kept"
is "$(as_root stat -c %U "$POSTFLOW_DB")" "$service" \
    "the database is the service's"

# It waits.
as_root rm -rf "${SINK_DIR:?}"/*
lab_up "$tmp/lab"
is "$(query 'SELECT count(*) FROM events')" "$n" "the events of then are there"
is "$(api_get '"\(.held) \(.queued + .sending)"' /queue)" "true $mails" \
    "its mails are held, also those that were on their way"
is "$(api_get .queue.held /status)" true "the status says so"
like "$(as_root cat "$tmp/lab/postflowd.log")" ' queue held' "as does the log"
is "$(api POST /events/send '{"event": "load", "email": "new@load.example"}' |
    tail -n 1)" 202 "events are taken"
is "$(api_get '"\(.held) \(.queued + .sending)"' /queue)" \
    "true $((mails + 1))" "their mail waits, too"
is "$(api_get .engine.emails_in_flight /status)" 0 "none is under way"
lab restart "$tmp/lab" postflowd
lab_env "$tmp/lab"
is "$(api_get .held /queue)" true "a restart does not change that"
is "$(files "$SINK_DIR" | wc -l)" 0 "no mail has left"
like "$(postflow queue release)" 'held: false' "it is released"
ok "the mails leave" wait_for 30 has_files "$SINK_DIR" "$((mails + 1))"
ok "and read sent" wait_for 10 none_left
is "$(grep -rhoE '^X-Rcpt-Args: <[^>]*' "$SINK_DIR" | sort | uniq -d | wc -l)" \
    0 "each once"
is "$(files "$SINK_DIR" | wc -l)" "$((mails + 1))" "and no other"
is "$(query 'PRAGMA integrity_check')" ok "the database is sound"

# Held by hand.
like "$(postflow queue hold)" 'held: true' "it is held by hand"
api POST /events/send '{"event": "load", "email": "late@load.example"}' \
    >/dev/null
like "$(postflow queue list)" 'late@load.example' "what waits is listed"
postflow queue release >/dev/null
ok "and leaves in the end" wait_for 10 has_files "$SINK_DIR" "$((mails + 2))"

finish
