#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The lab as other tests rely on it: what up, restart and down promise.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

# Was that pid's program started from this file?
runs() {
	[ "$(as_root readlink "/proc/$1/exe")" = "$(readlink -f "$2")" ]
}

# Has the process ended? What nobody has waited for yet has ended, too.
is_gone() {
	! grep -qE '^State:[[:blank:]]+[^ZX]' "/proc/$1/status" 2>/dev/null
}

# Dialogue with one recipient, up to RCPT; prints the replies.
try_rcpt() {
	printf 'EHLO x.example\r\nMAIL FROM:<me@app.example>\r\nRCPT TO:<%s>\r\nQUIT\r\n' \
	    "$2" | smtp "${1#*:}" | tr -d '\r'
}

# send HOST:PORT RECIPIENT: a message with that recipient.
send() {
	printf 'EHLO x.example\r\nMAIL FROM:<me@app.example>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: lab\r\n\r\nto %s\r\n.\r\nQUIT\r\n' \
	    "$2" "$2" | smtp "${1#*:}" >/dev/null
}

# Is there a message in the sink with this line?
sink_has() {
	grep -rqE -- "$1" "$SINK_DIR"
}

automations() {
	api GET /automations | tail -n 1
}

# Prints the pid that a file of the lab's folder below /run holds.
pid_of() {
	cut -d ' ' -f 1 "$(dirname "$(dirname "$POSTFLOW_API_SOCKET")")/$1.pid"
}

names="POSTFLOW POSTFLOW_URL POSTFLOW_PUBLIC_URL POSTFLOW_API_KEY POSTFLOW_CONF
POSTFLOW_EVENTS_SOCKET POSTFLOW_API_SOCKET POSTFLOW_DB POSTFLOWD_PID
POSTFLOW_MILTER_PID POSTFLOW_INJECT POSTFLOW_REPORT_DOMAIN MTA_SMTP
MTA_CONFIG_DIR MTA_SENDMAIL MTA_LOG SINK_DIR MILTER_SOCKET DKIM_DOMAIN
DKIM_SELECTOR DKIM_PUBKEY"

# A directory of 0700 with a long name.
dir=$tmp/$(printf 'long%.0s' $(seq 30))
mkdir -m 0700 "$dir"
lab_up "$dir"
is "$(sed 's/=.*//' "$dir/env" | sort | xargs)" "$(xargs -n 1 <<<"$names" |
    sort | xargs)" "env names everything"
is "$(grep -vcE "^[A-Z_]+='[^']*'\$" "$dir/env" || :)" 0 "and all in quotes"
ok "postflowd is the program itself" runs "$POSTFLOWD_PID" "$builddir/postflowd"
is "$(curl -sS -o "$tmp/body" -w '%{http_code}' "$POSTFLOW_URL/healthz")" 200 \
    "postflowd answers"
is "$(automations)" 200 "the key opens the API"
ok "the events socket is there" test -S "$POSTFLOW_EVENTS_SOCKET"
ok "the API socket is there" test -S "$POSTFLOW_API_SOCKET"
ok "and does not depend on DIR's length" test "${#POSTFLOW_API_SOCKET}" -lt 100
"$POSTFLOW" -c "$POSTFLOW_CONF" --json automations list >"$tmp/said" 2>&1 || :
is "$(jq -r .object "$tmp/said")" list "the CLI reaches it"
service=nobody
! id postflow >/dev/null 2>&1 || service=postflow
is "$(stat -c %U "/proc/$POSTFLOWD_PID")" "$service" "postflowd is not root"
is "$(stat -c %U "/proc/$(pid_of sink)")" "$(stat -c %U "$SINK_DIR")" \
    "the sink is who SINK_DIR belongs to"
ok "the database is where env says" as_root test -s "$POSTFLOW_DB"

# The mail server.
for host in "$MTA_SMTP" "$POSTFLOW_INJECT"; do
	like "$(try_rcpt "$host" nouser.x@d.example)" '^550 5\.1\.1 ' \
	    "$host refuses nouser at RCPT"
	like "$(try_rcpt "$host" who@nouser.example)" '^250 2\.1\.5 ' \
	    "and nobody else"
done
send "$MTA_SMTP" ann@d.example
ok "MTA_SMTP relays to the sink" wait_for 10 sink_has '^to ann@d.example'
send "$POSTFLOW_INJECT" bob@d.example
ok "the injection port does, too" wait_for 10 sink_has '^to bob@d.example'
like "$(cat "$MTA_LOG")" 'postfix/postflow/smtpd' "and has a name of its own in the log"
# LF "." CR LF does not end a message there (SMTP smuggling).
printf 'EHLO x.example\r\nMAIL FROM:<me@app.example>\r\nRCPT TO:<dot@d.example>\r\nDATA\r\nSubject: x\r\n\r\none\n.\r\nMAIL FROM:<evil@app.example>\r\nRCPT TO:<evil@d.example>\r\nDATA\r\nsmuggled\r\n.\r\nQUIT\r\n' |
    smtp "${POSTFLOW_INJECT#*:}" >/dev/null
ok "a bare newline is taken on the injection port" \
    wait_for 10 sink_has '^MAIL FROM:<evil@app.example>'
fails "and ends nothing" sink_has '^X-Mail-Args: <evil@'
send "$MTA_SMTP" "bounce+x@$POSTFLOW_REPORT_DOMAIN"
ok "mail to the report domain arrives" \
    wait_for 10 sink_has "^to bounce\+x@$POSTFLOW_REPORT_DOMAIN"

for case in 'hard1@d.example 5\.1\.1' 'full1@d.example 5\.2\.2' \
    'later1@d.example 4\.2\.1'; do
	read -r who status <<<"$case"
	send "$MTA_SMTP" "$who"
	ok "$who makes a DSN" wait_for 60 sink_has "^Final-Recipient: rfc822; $who"
	ok "that says why" sink_has "^Status: $status"
done

# sendmail(1), for root and for anyone.
printf 'Subject: x\n\nfrom root\n' | as_root "$MTA_SENDMAIL" -i c@d.example
ok "sendmail(1) serves root" wait_for 10 sink_has '^from root'
printf 'Subject: x\n\nfrom a user\n.\nto the end\n' |
    as_root setpriv --reuid nobody --regid nogroup --clear-groups \
	"$MTA_SENDMAIL" -i -f me@app.example c@d.example
ok "sendmail(1) serves anyone" wait_for 10 sink_has '^from a user'
ok "with -i up to the end" sink_has '^to the end'

# up on a running lab.
was=$POSTFLOWD_PID
sink_was=$(pid_of sink)
mta_was=$(pid_of mta)
lab_env_before=$(cat "$dir/env")
lab up "$dir" >/dev/null
is "$(cat "$dir/env")" "$lab_env_before" "up changes nothing where all runs"
kill_hard "$sink_was"
ok "nothing restarts what dies" wait_for 10 is_gone "$sink_was"
lab up "$dir" >/dev/null
lab_env "$dir"
is "$POSTFLOWD_PID $(pid_of mta)" "$was $mta_was" "up leaves what runs alone"
fails "and starts what is missing" test "$(pid_of sink)" = "$sink_was"
fails "other options need the lab to be down" \
    lab up "$dir" --sink count 2>"$tmp/said"
like "$(cat "$tmp/said")" 'take it down' "and that is said"

# restart, of what was killed and of what lives.
key=$POSTFLOW_API_KEY url=$POSTFLOW_URL
kill_hard "$POSTFLOWD_PID"
ok "postflowd is killed" wait_for 10 is_gone "$was"
lab restart "$dir" postflowd
lab_env "$dir"
ok "restart starts a postflowd that was killed" runs "$POSTFLOWD_PID" \
    "$builddir/postflowd"
is "$POSTFLOW_API_KEY $POSTFLOW_URL" "$key $url" "with the same key and port"
is "$(automations)" 200 "and both still work"
was=$POSTFLOWD_PID
lab restart "$dir" postflowd
lab_env "$dir"
ok "restart ends one that lives" is_gone "$was"
is "$(automations)" 200 "and starts another"
kill_hard "$(pid_of mta)"
lab restart "$dir" mta
send "$MTA_SMTP" dan@d.example
ok "restart starts an MTA that was killed" \
    wait_for 10 sink_has '^to dan@d.example'
lab restart "$dir" mta
send "$POSTFLOW_INJECT" eve@d.example
ok "and one that lives" wait_for 10 sink_has '^to eve@d.example'
fails "there is no milter to restart" lab restart "$dir" milter 2>"$tmp/said"
like "$(cat "$tmp/said")" 'no milter' "and that is said"

# A second lab beside it, straight into the sink.
first_env=$(cat "$dir/env")
echo "events { socket = '$tmp/other.sock' }" >"$tmp/extra.conf"
lab_up "$tmp/second" --mta none --conf "$tmp/extra.conf"
ok "what --conf says is read last" test -S "$tmp/other.sock"
is "$(grep -Fx -f <(grep -vE "_DOMAIN=|^POSTFLOW=|=''" <<<"$first_env") \
    "$tmp/second/env" || :)" '' "two labs share nothing"
is "$MTA_SMTP$MTA_CONFIG_DIR$MTA_SENDMAIL$MTA_LOG" '' "without an MTA, none is named"
send "$POSTFLOW_INJECT" fay@d.example
ok "then the injection port is the sink's" sink_has '^to fay@d.example'
fails "which keeps what it is sent as it is" sink_has '^Received:'
fails "there is no MTA to restart" lab restart "$tmp/second" mta 2>"$tmp/said"
like "$(cat "$tmp/said")" 'no MTA' "and that is said"
second=$POSTFLOWD_PID
lab_env "$dir"

# down and up again.
template=$(api POST /templates \
    '{"name":"kept","html":"<p>x</p>","subject":"s","from":"a@b.example"}' |
    head -n 1 | jq -r .id)
was=$POSTFLOWD_PID
mta_was=$(pid_of mta)
sink_was=$(pid_of sink)
n=$(files "$SINK_DIR" | wc -l)
lab down "$dir"
ok "down ends postflowd" is_gone "$was"
ok "and the MTA" is_gone "$mta_was"
ok "and the sink" is_gone "$sink_was"
fails "but not the lab beside" is_gone "$second"
is "$(files "$SINK_DIR" | wc -l)" "$n" "down keeps what was delivered"
ok "down is content with a lab that is down" lab down "$dir"
lab_up "$dir"
is "$POSTFLOW_API_KEY $POSTFLOW_URL $MTA_SMTP" "$key $url $(grep MTA_SMTP \
    <<<"$first_env" | cut -d "'" -f 2)" "up goes on with the key and the ports"
is "$(api_get .name "/templates/$template")" kept "and with the data"

# A pid that now belongs to someone else is left alone.
sleep 300 &
bystander=$!
lab down "$dir"
run=$(dirname "$(dirname "$POSTFLOW_API_SOCKET")")
echo "$bystander 1" | as_root tee "$run/postflowd.pid" >/dev/null
lab down "$dir"
fails "down does not end a stranger with our old pid" is_gone "$bystander"
kill "$bystander"

# Counting and discarding.
lab_up "$tmp/counting" --sink count
for i in 1 2 3; do
	send "$MTA_SMTP" "n$i@d.example"
done
count_is() {
	[ "$(cat "$SINK_DIR/count")" = "$1" ]
}
ok "--sink count counts" wait_for 10 count_is 3
lab down "$tmp/counting"
lab_up "$tmp/counting" --sink discard
send "$MTA_SMTP" n4@d.example
ok "--sink discard leaves it to Postfix" \
    wait_for 10 grep -qE 'postfix/discard.*to=<n4@d\.example>' "$MTA_LOG"
ok "and to nobody else" count_is 3

# A sink that is the caller's own.
port=$(free_port)
mkdir "$tmp/own"
"$builddir/postflow-sink" -l "127.0.0.1:$port" -d "$tmp/own" 2>"$tmp/said" &
own=$!
lab_up "$tmp/foreign" --sink "$port" --no-milter
send "$MTA_SMTP" n5@d.example
ok "--sink PORT is where Postfix delivers to" \
    wait_for 10 has_files "$tmp/own" 1
fails "and the lab starts none" \
    test -e "$(dirname "$(dirname "$POSTFLOW_API_SOCKET")")/sink.pid"
lab down "$tmp/foreign"
lab_up "$tmp/foreign" --mta none --sink "$port" --no-milter
is "$POSTFLOW_INJECT" "127.0.0.1:$port" "without an MTA, Postflow does"
kill "$own"
for option in 0 65536x 123456; do
	fails "--sink $option is refused" lab up "$tmp/refused" --sink $option \
	    2>"$tmp/said"
done

# A directory below one that is closed to the service user.
mkdir -m 0700 "$tmp/closed"
lab_up "$tmp/closed/a lab's" --no-milter
send "$MTA_SMTP" gil@d.example
ok "a lab works where its service user cannot go" \
    wait_for 10 sink_has '^to gil@d.example'
is "$(automations)" 200 "with postflowd"
ok "and its files are found from DIR" test -s "$tmp/closed/a lab's/mail.log"

# What cannot be.
for option in '--mta sendmail' '--dkim'; do
	# shellcheck disable=SC2086
	fails "$option is refused" lab up "$tmp/refused" $option 2>"$tmp/said"
	like "$(cat "$tmp/said")" 'not offered by this version' "and that is said"
done
fails "and nothing is made" test -e "$tmp/refused"
echo 'no such key = 1' >"$tmp/wrong.conf"
labs+=("$tmp/wrong")
fails "a wrong configuration is a reason not to start" \
    lab up "$tmp/wrong" --conf "$tmp/wrong.conf" 2>"$tmp/said"
like "$(cat "$tmp/said")" 'postflowd ended' "and that is said"
run=/run/postflow-lab/$(sed -n "s/^ID='\(.*\)'/\1/p" "$tmp/wrong/lab.conf")
is "$(find "$run" -name '*.pid')" '' "then nothing stays behind"

finish
