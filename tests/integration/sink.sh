#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The sink by itself: what it keeps, what it refuses, what it leaves behind.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

port=$(free_port)
kept=$tmp/kept
pid=

# True once the sink greets.
greets() {
	[[ $(printf 'QUIT\r\n' | smtp "$port" 2>/dev/null) == 220* ]]
}

# start [OPTION...]
start() {
	mkdir -p "$kept" "$tmp/unfinished"
	"$builddir/postflow-sink" -l "127.0.0.1:$port" -d "$kept" \
	    -t "$tmp/unfinished" "$@" 2>"$tmp/sink.log" &
	pid=$!
	wait_for 10 greets || { cat "$tmp/sink.log" && exit 1; }
}

# Ends it, and sees how.
stop() {
	local status=0
	kill "$pid"
	wait "$pid" || status=$?
	is "$status" 0 "TERM ends the sink in peace"
	is "$(cat "$tmp/sink.log")" '' "and it had nothing to complain about"
}

# The reply codes of a conversation, in one line.
codes() {
	tr -d '\r' | grep -E '^[0-9]{3} ' | cut -c 1-3 | tr '\n' ' '
}

# The message of a file, without the lines in front of it.
message() {
	sed '1,/^$/d' "$1"
}

start
hello='EHLO test.example\r\n'
envelope='MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n'

like "$(printf '%bQUIT\r\n' "$hello" | smtp "$port" | tr -d '\r')" \
    '^250[- ]CHUNKING$' "CHUNKING is offered"
for word in PIPELINING 8BITMIME SMTPUTF8 DSN 'SIZE [0-9]+'; do
	like "$(printf '%bQUIT\r\n' "$hello" | smtp "$port" | tr -d '\r')" \
	    "^250[- ]$word\$" "$word is offered"
done

# Octets. What is stuffed on the way is not in the file, and nothing but
# CR LF "." CR LF ends it.
awkward='Subject: x\r\n\r\n\n.\n\r.\r\n\0\377\r\n.\rX\r\n.\r\rY\r\n..\r\n \r\n'
stuffed='Subject: x\r\n\r\n\n.\n\r.\r\n\0\377\r\n..\rX\r\n..\r\rY\r\n...\r\n \r\n'
is "$(printf '%b%bDATA\r\n%b.\r\nQUIT\r\n' "$hello" "$envelope" "$stuffed" |
    smtp "$port" | codes)" "220 250 250 250 354 250 221 " "DATA is taken"
is "$(files "$kept" | wc -l)" 1 "one message, one file"
printf '%b' "$awkward" >"$tmp/awkward"
message "$kept/000000000001" >"$tmp/got"
ok "DATA is kept octet for octet" cmp "$tmp/awkward" "$tmp/got"

# The same, one octet at a time.
printf '%b%bDATA\r\n%b.\r\nQUIT\r\n' "$hello" "$envelope" "$stuffed" >"$tmp/raw"
exec 5<>"/dev/tcp/127.0.0.1/$port"
size=$(wc -c <"$tmp/raw")
for ((i = 0; i < size; i++)); do
	dd if="$tmp/raw" bs=1 skip="$i" count=1 status=none >&5
done
is "$(codes <&5)" "220 250 250 250 354 250 221 " "DATA comes in single octets"
exec 5>&-
ok "and is the same" cmp "$kept/000000000001" "$kept/000000000002"

head -c 300000 /dev/urandom >"$tmp/random"
{
	printf '%b%bBDAT 200000\r\n' "$hello" "$envelope"
	head -c 200000 "$tmp/random"
	printf 'BDAT 100000 LAST\r\n'
	tail -c 100000 "$tmp/random"
	printf 'QUIT\r\n'
} >"$tmp/raw"
is "$(smtp "$port" <"$tmp/raw" | codes)" "220 250 250 250 250 250 221 " \
    "BDAT is taken in two chunks"
message "$kept/000000000003" >"$tmp/got"
ok "BDAT is kept octet for octet" cmp "$tmp/random" "$tmp/got"
{
	printf '%b%bBDAT 10\r\n0123456789BDAT 0 LAST\r\nQUIT\r\n' \
	    "$hello" "$envelope"
} | smtp "$port" >/dev/null
is "$(message "$kept/000000000004")" 0123456789 "an empty last chunk ends it"

# The lines in front.
mail_args='<a+b=c@x.example> SIZE=10 ENVID=r1 BODY=8BITMIME SMTPUTF8'
printf '%bMAIL FROM:%s\r\nRCPT TO:%s\r\nrcpt to: %s\r\nDATA\r\nhi\r\n.\r\nQUIT\r\n' \
    "$hello" "$mail_args" '<c@d.example> NOTIFY=NEVER' '<zoë@d.example>' |
    smtp "$port" >/dev/null
is "$(tr -d '\r' <"$kept/000000000005")" "X-Mail-Args: $mail_args
X-Rcpt-Args: <c@d.example> NOTIFY=NEVER
X-Rcpt-Args: <zoë@d.example>

hi" "the arguments of MAIL and RCPT stand in front as they came"
printf '%bMAIL FROM:<>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n.\r\nQUIT\r\n' \
    "$hello" | smtp "$port" >/dev/null
is "$(cat "$kept/000000000006")" "X-Mail-Args: <>
X-Rcpt-Args: <c@d.example>" "the null sender and an empty message are fine"

# Names sort by arrival, also within a connection.
for i in $(seq 12); do
	printf '%bDATA\r\n%s\r\n.\r\n' "$envelope" "number $i"
done >"$tmp/raw"
{ printf '%b' "$hello"; cat "$tmp/raw"; printf 'QUIT\r\n'; } |
    smtp "$port" >/dev/null
is "$(for f in $(files "$kept" | tail -n 12); do message "$f"; done |
    tr -d '\r')" "$(seq -f 'number %g' 12)" "names sort by arrival"

# Refusals, at RCPT, by local part.
for case in 'nouser1 550 5.1.1' 'hard 550 5.1.1' 'HARD.x 550 5.1.1' \
    'full-2 552 5.2.2' 'later+tag 451 4.2.1'; do
	read -r local code status <<<"$case"
	like "$(printf '%bMAIL FROM:<a@b.example>\r\nRCPT TO:<%s@d.example>\r\nQUIT\r\n' \
	    "$hello" "$local" | smtp "$port")" "^$code $status " \
	    "$local@ gets $code $status"
done
n=$(files "$kept" | wc -l)
is "$(printf '%bMAIL FROM:<hard@b.example>\r\nRCPT TO:<hard@d.example>\r\nRCPT TO:<c@hard.example>\r\nDATA\r\n.\r\nQUIT\r\n' \
    "$hello" | smtp "$port" | codes)" "220 250 250 550 250 354 250 221 " \
    "a refused recipient does not hurt the others"
is "$(files "$kept" | wc -l)" $((n + 1)) "and the message is kept once"
is "$(grep -c X-Rcpt-Args "$(files "$kept" | tail -n 1)")" 1 \
    "for those who were taken"

# Out of order.
n=$(files "$kept" | wc -l)
is "$(printf 'DATA\r\nRCPT TO:<c@d.example>\r\nMAIL FROM:a@b\r\nFOO\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\nQUIT\r\n' |
    smtp "$port" | codes)" "220 554 503 501 500 554 250 221 " \
    "what is out of order is refused, and a refused chunk is no command"
is "$({ head -c 100000 /dev/zero | tr '\0' x; printf '\r\nNOOP\r\nQUIT\r\n'; } |
    smtp "$port" | codes)" "220 500 250 221 " "an endless line is refused"
is "$(printf '%bMAIL FROM:<a@b> SIZE=999999999999\r\nQUIT\r\n' "$hello" |
    smtp "$port" | codes)" "220 250 552 221 " "a message too big is refused"
is "$(printf '%b%bDATA\r\nhi\r\n.\r\n%bRSET\r\nDATA\r\nQUIT\r\n' "$hello" \
    "$envelope" "$envelope" | smtp "$port" | codes)" \
    "220 250 250 250 354 250 250 250 250 554 221 " "RSET forgets"
is "$(files "$kept" | wc -l)" $((n + 1)) "only what was whole is kept"

# Transfers that break off.
n=$(files "$kept" | wc -l)
printf '%b%bDATA\r\nSubject: half\r\n\r\n.\r' "$hello" "$envelope" >"$tmp/data"
{ printf '%b%bBDAT 900000 LAST\r\n' "$hello" "$envelope"
cat "$tmp/random"; } >"$tmp/bdat"
for raw in data bdat; do
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	cat "$tmp/$raw" >&5
	# Up to the reply to RCPT, the eleventh line.
	for ((i = 0; i < 11; i++)); do
		IFS= read -r -t 10 line <&5
	done
	like "$line" '^250 2.1.5' "a $raw transfer has begun"
	is "$(files "$kept" | wc -l)" "$n" "half of a $raw transfer is no file"
	exec 5>&-
done
ok "the sink goes on" greets
is "$(files "$kept" | wc -l)" "$n" "a transfer that broke off leaves nothing"
is "$(files "$tmp/unfinished")" '' "nor anything unfinished"
last=$(files "$kept" | tail -n 1)
stop

start
printf '%b%bDATA\r\n.\r\nQUIT\r\n' "$hello" "$envelope" | smtp "$port" >/dev/null
ok "numbers go on after a restart" test \
    "$(files "$kept" | tail -n 1)" '>' "$last"
stop

# Counting.
kept=$tmp/counted
start -m count
is "$(cat "$kept/count")" 0 "the count begins with 0"
for i in $(seq 200); do
	printf '%bDATA\r\n%s\r\n.\r\n' "$envelope" "number $i"
done >"$tmp/raw"
{ printf '%b' "$hello"; cat "$tmp/raw"; printf 'QUIT\r\n'; } |
    smtp "$port" >/dev/null
count_is() {
	[ "$(cat "$kept/count")" = "$1" ]
}
ok "the count is exact when nothing comes" wait_for 2 count_is 200
is "$(files "$kept")" "$kept/count" "and is all there is"
stop
start -m count
is "$(cat "$kept/count")" 200 "the count goes on after a restart"
stop

kept=$tmp/discarded
start -m discard
is "$(printf '%b%bDATA\r\n.\r\nQUIT\r\n' "$hello" "$envelope" | smtp "$port" |
    codes)" "220 250 250 250 354 250 221 " "discarding answers the same"
is "$(files "$kept")" '' "and keeps nothing"
stop

status=0
"$builddir/postflow-sink" -l "127.0.0.1:$port" -d "$kept" -m all 2>/dev/null ||
    status=$?
is "$status" 2 "an unknown mode is a matter of usage"

finish
