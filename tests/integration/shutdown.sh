#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The daemon's life as init and the operator see it: it checks its file, says
# that it is ready, drops what it may not keep, reads its file again, moves to a
# new log, and ends at once and in order with whoever is connected.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

lab_up "$tmp/lab" --mta none
ok "an automation is there" mail_on load
lab down "$tmp/lab"
service=nobody
! id postflow >/dev/null 2>&1 || service=postflow
conf=$tmp/postflow.conf
pid=

# conf_with LINES: the lab's file, with these lines last.
conf_with() {
	{
		as_root cat "$POSTFLOW_CONF"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$conf.new"
	mv "$conf.new" "$conf"
	chmod 0644 "$conf"
}

# A child of ours, so that we see how it ends.
start() {
	: >"$tmp/log"
	as_root env "NOTIFY_SOCKET=$tmp/notify" "$builddir/postflowd" \
	    -c "$conf" -f >>"$tmp/log" 2>&1 &
	child=$!
	ok "$1: it says that it is ready" wait_for 20 notified READY=1
	pid=$(sed -nE 's/.* started .* pid=([0-9]+) .*/\1/p' "$tmp/log")
	daemon_pid=$pid
}

notified() {
	[ "$(tail -n 1 "$tmp/notified")" = "$1" ]
}

stop_test() {
	[ -z "${daemon_pid-}" ] || as_root kill -KILL "$daemon_pid" 2>/dev/null ||
	    :
	cleanup "$1"
}
trap 'stop_test $?' EXIT

# ends WHAT: TERM ends it in time and in peace.
ends() {
	local began ms status=0
	began=$(date +%s%N)
	as_root kill -TERM "$pid"
	wait "$child" || status=$?
	ms=$((($(date +%s%N) - began) / 1000000))
	daemon_pid=
	is "$status" 0 "$1: it ends with 0"
	echo "# $1: it took $ms ms"
	if sanitized; then
		skip "$1: within 2 s" "built with sanitizers"
	else
		ok "$1: within 2 s" test "$ms" -lt 2000
	fi
	like "$(tail -n 1 "$tmp/log")" 'info: stopped$' "$1: its last word"
	ok "$1: init is told" notified STOPPING=1
}

said() {
	grep -qE -- "$1" "$tmp/log"
}

# The file.
check() {
	as_root "$builddir/postflowd" -c "$conf" -t >"$tmp/checked" 2>&1
}
conf_with
ok "-t takes a good file" check
line=$(($(wc -l <"$conf") + 1))
for case in 'nonsense = 1' 'node_name = ' 'log { level = "loud" }' \
    'api { max_connections = 0 }' 'api { max_connections = many }' \
    'store { wal_limit = "1 KB" }' 'injection { port = 65536 }' \
    'public { url = "http://x.example" }' 'log { level = "info"' \
    "api { listen = { \"nowhere\" } }"; do
	conf_with "$case"
	status=0
	check || status=$?
	is "$status" 1 "-t refuses: $case"
	like "$(cat "$tmp/checked")" "$conf:($line|$((line + 1))|$((line + 2))): ." \
	    "and says where"
done
conf_with 'api {' '    tls_certificate = "/nonexistent/cert"' \
    '    tls_key = "/nonexistent/key"' '}'
fails "-t refuses a certificate that is not there" check
like "$(cat "$tmp/checked")" '/nonexistent/cert' "and names it"
fails "so does a start" as_root timeout 10 "$builddir/postflowd" -c "$conf" -f \
    2>"$tmp/checked"
like "$(cat "$tmp/checked")" '/nonexistent/cert' "which names it, too"

# Readiness, and what it is then.
"$tools/talk" -l "$tmp/notify" -t 250 >"$tmp/notified" &
listener=$!
ok "somebody listens" wait_for 10 grep -qx ready "$tmp/notified"
chmod 0666 "$tmp/notify"
conf_with
start "plain"
is "$(awk '/^[UG]id:/ { $1 = ""; print }' "/proc/$pid/status" | xargs)" \
    "$(for _ in 1 2 3 4; do id -u "$service"; done | xargs) $(for _ in 1 2 3 4
    do id -g "$service"; done | xargs)" "it is the service user, wholly"
is "$(awk '/^Cap(Eff|Prm|Inh|Amb):/ { print $2 }' "/proc/$pid/status" |
    sort -u)" 0000000000000000 "without any power of root"
is "$(stat -c %a "$POSTFLOW_EVENTS_SOCKET" "$POSTFLOW_API_SOCKET" | xargs)" \
    "666 666" "its sockets are open to be asked who comes"
is "$(as_root find "$(dirname "$POSTFLOW_DB")" -perm /o=rwx)" '' \
    "nothing it keeps is open to the world"

# Reading its file again.
as() {
	printf '{"event":"a","email":"a@load.example"}\n' |
	    as_root setpriv --reuid "$1" --regid "$1" --clear-groups \
		"$tmp/talk" "unix:$POSTFLOW_EVENTS_SOCKET" | jq -r '.name // .event'
}
install -m 0755 "$tools/talk" "$tmp/talk"
is "$(as games)" invalid_permission "games may not send events"
conf_with 'log { level = "debug" }' 'access { allow_users = { "games" } }' \
    'store { readers = 3 }'
reloads() {
	as_root kill -HUP "$pid"
	more() {
		[ "$(grep -cE ' (reloaded|reload refused)' "$tmp/log")" -ge "$1" ]
	}
	ok "HUP: it reads its file again" wait_for 10 more "$1"
	ok "HUP: init is told" wait_for 10 notified READY=1
}
reloads 1
ok "and says that the level is new" said 'reload key=log\.level$'
ok "and who may come" said 'reload key=access\.allow_users$'
ok "and what needs a restart" \
    said 'warn: reload key=store\.readers .*restart'
is "$(as games)" a "games may send events now"
ok "init was told of the reading" grep -qx RELOADING=1 "$tmp/notified"
conf_with 'log { level = "loud" }'
reloads 2
ok "a bad file is refused" said "error: reload refused .*$conf:"
is "$(as games)" a "and all stays as it was"

# With a hundred clients.
for door in "tcp:${POSTFLOW_URL#http://}" "unix:$POSTFLOW_EVENTS_SOCKET"; do
	mkfifo "$tmp/idle.${door%%:*}"
	"$tools/httpload" -w "$door" -n 30 -t 100 idle \
	    <"$tmp/idle.${door%%:*}" >"$tmp/idle.${door%%:*}.out" 2>&1 &
	clients+=($!)
done
exec 7>"$tmp/idle.tcp" 8>"$tmp/idle.unix"
mkfifo "$tmp/half"
for i in $(seq 19); do
	case $((i % 3)) in
	0) request='POST /events/send HTTP/1.1\r\nHost: 127.0' ;;
	1) request="POST /events/send HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer $POSTFLOW_API_KEY\r\nContent-Length: 100\r\n\r\n{\"eve" ;;
	2) request="POST /events/send HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer $POSTFLOW_API_KEY\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"eve" ;;
	esac
	printf '%b' "$request" | "$tools/talk" -k -t 100 \
	    "tcp:${POSTFLOW_URL#http://}" >/dev/null 2>&1 &
	clients+=($!)
done
mkfifo "$tmp/mute"
for i in $(seq 20); do
	"$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -n 3000 -e nothing -N \
	    <"$tmp/mute" >"$tmp/mute.$i" 2>&1 &
	clients+=($!)
done
exec 9>"$tmp/mute"
all_mute() {
	[ "$(cat "$tmp"/mute.* | grep -c ^blocked)" = 20 ]
}
ok "20 clients of the event socket read no answers" wait_for 60 all_mute
connected() {
	[ "$(curl -s -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    "$POSTFLOW_URL/status" | jq .connections)" -ge 50 ]
}
ok "30 idle clients and 19 in the midst of a request are there" \
    wait_for 30 connected
: >"$tmp/acks"
"$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -n 1000000 -e load -k last \
    -o "$tmp/acks" -t 100 >/dev/null 2>&1 &
clients+=($!)
many_acks() {
	[ "$(wc -l <"$tmp/acks")" -ge 1000 ]
}
ok "and one that has much to say" wait_for 30 many_acks
ends "with a hundred clients"
exec 7>&- 8>&- 9>&-
for client in "${clients[@]}"; do
	wait "$client" || :
done
acked=$(wc -l <"$tmp/acks")
echo "# $acked events were acknowledged"
as_root sqlite3 -readonly "$POSTFLOW_DB" \
    'SELECT c.email_key FROM runs r JOIN contacts c ON c.id = r.contact' |
    sort >"$tmp/runs"
is "$(sed 's/^\([0-9]*\) .*/u\1@load.example/' "$tmp/acks" | sort |
    comm -23 - "$tmp/runs" | wc -l)" 0 "each of them is there"
is "$(uniq -d "$tmp/runs" | wc -l)" 0 "once"
is "$(as_root sqlite3 -readonly "$POSTFLOW_DB" \
    'SELECT count(*) FROM emails WHERE status = 1')" 0 \
    "no email is left under way"

# TLS.
certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" \
	    -addext 'subjectAltName=IP:127.0.0.1' -keyout "$tmp/key.new" \
	    -out "$tmp/cert.new" 2>/dev/null
	as_root chown "$service:" "$tmp/key.new"
	as_root chmod 0600 "$tmp/key.new"
	as_root mv "$tmp/key.new" "$tmp/key"
	as_root mv "$tmp/cert.new" "$tmp/cert"
}
names() {
	openssl s_client -connect "${POSTFLOW_URL#http://}" </dev/null 2>/dev/null |
	    openssl x509 -noout -subject
}
certificate first
conf_with 'api {' "    tls_certificate = '$tmp/cert'" \
    "    tls_key = '$tmp/key'" '}'
ok "-t takes a certificate" check
start "TLS"
is "$(curl -sS --cacert "$tmp/cert" -o /dev/null -w '%{http_code}' \
    "https://${POSTFLOW_URL#http://}/healthz")" 200 "HTTPS is served"
fails "and plain HTTP is not" curl -sS -o /dev/null "$POSTFLOW_URL/healthz" \
    2>/dev/null
for version in 1.0 1.1; do
	fails "nor TLS $version" curl -sS --cacert "$tmp/cert" \
	    --tls-max "$version" --tlsv1.0 --ciphers 'DEFAULT@SECLEVEL=0' \
	    -o /dev/null "https://${POSTFLOW_URL#http://}/healthz" 2>/dev/null
done
like "$(names)" 'CN = first' "with the certificate"
certificate second
reloads 1
like "$(names)" 'CN = second' "HUP: with the new one"
is "$(curl -sS --cacert "$tmp/cert" -o /dev/null -w '%{http_code}' \
    "https://${POSTFLOW_URL#http://}/healthz")" 200 "which works"
as_root cp "$tmp/key" "$tmp/cert"
reloads 2
ok "HUP: a bad one is refused" said "error: reload certificates kept .*$tmp/cert"
like "$(names)" 'CN = second' "and the good one stays"
ends "TLS"

# In the background, with a log of its own.
kill "$listener"
wait "$listener" || :
logs=$tmp/logs
mkdir "$logs"
as_root chown "$service:" "$logs"
conf_with "log { target = '$logs/log' }"
as_root "$builddir/postflowd" -c "$conf" </dev/null >"$tmp/said" 2>&1
cp "$tmp/said" "$tmp/log"
in_log() {
	as_root grep -qE -- "$2" "$1" 2>/dev/null
}
ok "it goes to the background and logs to its file" \
    wait_for 20 in_log "$logs/log" ' started '
pid=$(as_root sed -nE 's/.* started .* pid=([0-9]+) .*/\1/p' "$logs/log")
daemon_pid=$pid
is "$(cat "$tmp/said")" '' "and says nothing more where it was started"
is "$(as_root stat -c '%a %U' "$logs/log")" "640 $service" \
    "the log is not open to the world"
as_root mv "$logs/log" "$logs/log.1"
as_root kill -HUP "$pid"
ok "HUP: a new log is begun" wait_for 10 in_log "$logs/log" ' reloaded '
fails "and the old one is left" in_log "$logs/log.1" ' reloaded '
is "$(curl -s -o /dev/null -w '%{http_code}' "$POSTFLOW_URL/healthz")" 200 \
    "all goes on"
as_root kill -TERM "$pid"
gone() {
	! as_root kill -0 "$pid" 2>/dev/null
}
ok "TERM ends it" wait_for 5 gone
daemon_pid=
ok "which the new log says" in_log "$logs/log" ' stopped$'
is "$(as_root cat "$tmp/log" "$logs/log" "$logs/log.1" |
    grep -cE 'Sanitizer|runtime error' || :)" 0 "no sanitizer has complained"

finish
