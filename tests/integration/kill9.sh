#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# postflowd is killed again and again while everything happens at once: events
# begin runs, events end waits, delays and timeouts come due, contacts,
# segments, automations and runs are changed by hand, mails go out. What it has
# acknowledged is there, once; what it has not is there wholly or not at all; no
# run is lost or stuck; and no mail comes twice but those that were on their way
# when it was killed.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

kills=${POSTFLOW_KILLS:-20}
rate=${KILL_RATE:-80}
# Slow enough to last: a killed daemon is replaced within a second or two.
events=$((kills * rate * 11 / 10))
asks=$((events * 2 / 3)) pings=$((events * 2 / 3)) edits=$((events / 12))
limit=$((kills * 4 + 120))

lab_up "$tmp/lab" --sink discard
log=$tmp/lab/postflowd.log

# How many lines of the first are not in the second; both are sorted.
missing() {
	comm -23 "$1" "$2" | wc -l
}

# ---- what there is before ----------------------------------------------------

ok "a template is there" mail_on nothing
mail='{"template": {"id": "'$template'"}}'

# automation NAME TRIGGER STEPS CONNECTIONS: sets the variable of that name to
# its id.
automation() {
	local id
	id=$(automation_id "$(api POST /automations '{"name": "'"$1"'",
	    "status": "enabled", "steps": [{"key": "start", "type": "trigger",
	    "config": '"$2"'}, '"$3"'], "connections": ['"$4"']}')")
	printf -v "$1" %s "$id"
	ok "automation $1 is there" test "${#id}" = 36
}

automation_id() {
	head -n 1 <<<"$1" | jq -r '.id // .message'
}

# to FROM TO [TYPE]: a connection.
to() {
	echo '{"from": "'"$1"'", "to": "'"$2"'", "type": "'"${3:-default}"'"}'
}

# delay KEY SECONDS
delay() {
	echo '{"key": "'"$1"'", "type": "delay",
	    "config": {"duration": "'"$2"' seconds"}}'
}

# noted KEY: the event's number becomes a property of the contact.
noted() {
	echo '{"key": "'"$1"'", "type": "contact_update",
	    "config": {"properties": {"'"$1"'": {"var": "event.n"}}}}'
}

# A moment passes, a mail goes out.
automation late '{"event_name": "go"}' "$(delay rest 1.5),
    {\"key\": \"mail\", \"type\": \"send_email\", \"config\": $mail}" \
    "$(to start rest), $(to rest mail)"
# The contact changes, and that begins another run.
automation marks '{"event_name": "go"}' "$(noted seen), $(delay rest 1)" \
    "$(to start seen), $(to seen rest)"
automation marked '{"entry": {"type": "contact_property_changed",
    "field": "seen"}}' "$(delay rest 1)" "$(to start rest)"
# An answer is waited for as long as it takes.
automation patient '{"event_name": "ask"}' '{"key": "wait",
    "type": "wait_for_event", "config": {"event_name": "answer"}}, '"
    $(delay rest 1), {\"key\": \"mail\", \"type\": \"send_email\",
    \"config\": $mail}" "$(to start wait), $(to wait rest event_received),
    $(to rest mail)"
# And by another, which is done with it soon.
automation hasty '{"event_name": "ask"}' "$(delay rest 1), "'{"key": "wait",
    "type": "wait_for_event", "config": {"event_name": "answer",
    "timeout": "1 second", "lookback": "1 second"}}, '"
    $(noted answered), $(noted unanswered)" "$(to start rest), $(to rest wait),
    $(to wait answered event_received), $(to wait unanswered timeout)"
# The same few contacts again and again; each event ends the last one's wait.
automation chain '{"event_name": "ping"}' '{"key": "wait",
    "type": "wait_for_event", "config": {"event_name": "ping",
    "timeout": "2 seconds"}}, '"$(noted last)" "$(to start wait),
    $(to wait last event_received), $(to wait last timeout)"
automation pinged '{"event_name": "ping"}' "$(delay rest 3)" "$(to start rest)"
# Changes by hand.
automation edited '{"entry": {"type": "contact_property_changed",
    "field": "edit"}}' "$(delay rest 1)" "$(to start rest)"
segment=$(automation_id "$(api POST /segments '{"name": "All"}')")
automation joined '{"entry": {"type": "contact_added_to_list",
    "segment_id": "'"$segment"'"}}' "$(delay rest 2)" "$(to start rest)"
automation endless '{"entry": {"type": "manual"}}' '{"key": "wait",
    "type": "wait_for_event", "config": {"event_name": "never"}}' \
    "$(to start wait)"
for ((i = 0; i < 10; i++)); do
	api POST /contacts '{"email": "e'"$i"'@edit.example"}' >/dev/null
done

# ---- what happens ------------------------------------------------------------

# Events over HTTP, said once.
pings() {
	seq "$1" 2 $((pings - 1)) | awk '{
		printf "p%d POST /events/send {\"event\":\"ping\"," \
		    "\"email\":\"p%d@ping.example\",\"payload\":{\"n\":\"%d\"}}\n",
		    $1, $1 % 40, $1
	}'
}

# Changes, in rounds. What a round has made it also ends, in one of four ways.
# shellcheck disable=SC2154
edits() {
	local graph
	graph='"steps": [{"key": "start", "type": "trigger",
	    "config": {"event_name": "ping"}}, '"$(delay rest 2)"'],
	    "connections": ['"$(to start rest)"']'
	seq 0 $((edits - 1)) | awk -v segment="$segment" -v endless="$endless" \
	    -v graph="$(tr -d '\n\t' <<<"$graph")" '
	function say(tag, what) { print tag i " " what }
	{
		i = $1
		say("c", "PATCH /contacts/e" i % 10 "@edit.example " \
		    "{\"properties\":{\"edit\":" i "}}")
		say("s", "POST /contacts {\"email\":\"s" i "@seg.example\"," \
		    "\"segments\":[{\"id\":\"" segment "\"}]}")
		say("r", "POST /automations/" endless "/runs " \
		    "{\"email\":\"e" i % 10 "@edit.example\"," \
		    "\"payload\":{\"n\":" i "}}")
		if (i % 3 == 0)
			say("k", "POST /automations/" endless "/runs/{r" i \
			    "}/cancel")
		if (i % 4 == 1)
			say("l", "DELETE /contacts/s" i \
			    "@seg.example/segments/" segment)
		if (i % 4 == 2)
			say("d", "DELETE /contacts/s" i "@seg.example")
		if (i % 5 == 0)
			say("m", "POST /automations {\"name\":\"m" i "\"," \
			    "\"status\":\"enabled\"," graph "," \
			    "\"settings\":{\"on_stop\":\"cancel\"}}")
		if (i % 5 == 2)
			say("v", "POST /automations/{m" i - 2 "}/pause")
		if (i % 5 == 3 && i % 4 != 3)
			say("w", "POST /automations/{m" i - 3 "}/resume")
		if (i % 5 == 4 && i % 4 == 0)
			say("x", "POST /automations/{m" i - 4 "}/stop")
		if (i % 5 == 4 && i % 4 > 1)
			say("y", "DELETE /automations/{m" i - 4 "}")
	}'
}

# push NAME OPTION...: events of that name over the event socket, said again
# until they are acknowledged.
push() {
	local name=$1
	shift
	"$tools/evpush" -s "$POSTFLOW_EVENTS_SOCKET" -e "$name" -k "$name" \
	    -w 64 -r 60 -t "$limit" "$@"
}

play() {
	"$tools/apiplay" -w "tcp:${POSTFLOW_URL#http://}" \
	    -k "$POSTFLOW_API_KEY" -t "$limit" "$@"
}

mkfifo "$tmp/asked.fifo"
: >"$tmp/go.acks"
push go -n "$events" -R "$rate" -d go.example -o "$tmp/go.acks" \
    >"$tmp/go.said" &
clients=($!)
push ask -n "$asks" -R $((rate * 2 / 3)) -d ask.example \
    -o "$tmp/asked.fifo" >"$tmp/ask.said" &
clients+=($!)
tee "$tmp/ask.acks" <"$tmp/asked.fifo" |
    push answer -i -d ask.example -o "$tmp/answer.acks" >"$tmp/answer.said" &
clients+=($!)
for half in 0 1; do
	pings "$half" >"$tmp/pings.$half"
	play -R $((rate / 3)) -o "$tmp/pinged.$half" <"$tmp/pings.$half" \
	    2>"$tmp/ping.said.$half" &
	clients+=($!)
done
edits >"$tmp/edits"
play -R $((rate / 2)) -o "$tmp/edited" <"$tmp/edits" 2>"$tmp/edit.said" &
clients+=($!)

# ---- kills -------------------------------------------------------------------

# Killed when some more events were answered; how many is chance.
progress() {
	[ "$(lines "$tmp/go.acks")" -ge "$wanted" ]
}
share=$((events / (kills + 1)))
n_killed=0
: >"$tmp/doubted"
for ((i = 1; i <= kills; i++)); do
	wanted=$((share * i + RANDOM % share))
	wait_for 120 progress || break
	as_root kill -9 "$POSTFLOWD_PID"
	# What is on its way now may have arrived or not.
	query 'SELECT recipient FROM emails WHERE status = 1' >>"$tmp/doubted"
	lab restart "$tmp/lab" postflowd || break
	lab_env "$tmp/lab"
	n_killed=$((n_killed + 1))
done
is "$n_killed" "$kills" "it was killed as often as it should be"
status=0
for client in "${clients[@]}"; do
	wait "$client" || status=$?
done
is "$status" 0 "the clients went on after each"
for said in "$tmp"/*.said*; do
	echo "# $(basename "$said"): $(cat "$said")"
done

# ---- quiet -------------------------------------------------------------------

nothing_is_due() {
	[ "$(query "SELECT (SELECT count(*) FROM emails WHERE status < 2)
	    + (SELECT count(*) FROM jobs) + (SELECT count(*) FROM backlog)
	    + (SELECT count(*) FROM runs r
	    JOIN automations a ON a.num = r.automation
	    WHERE r.due IS NOT NULL AND NOT a.paused)")" = 0 ] && mta_is_empty
}
ok "all comes to rest" wait_long 120 nothing_is_due
is "$(verified)" '' "nothing is lost, stuck or left over"
is "$(grep -cE ' damaged |not applied|is tried again' "$log" || :)" 0 \
    "no run was given up, no work left undone"

# runs_of AUTOMATION [COLUMN]: what each of its runs began with, by default the
# event's number, sorted.
runs_of() {
	query "SELECT ${2-payload ->> '\$.n'} FROM runs r
	    JOIN automations a ON a.num = r.automation
	    JOIN contacts c ON c.id = r.contact
	    WHERE a.name = '$1'" | sort
}

# once NAME ACKNOWLEDGED: as runs_of says on stdin, sorted.
once() {
	cat >"$tmp/there"
	is "$(missing "$2" <(uniq "$tmp/there"))" 0 \
	    "$1: what was acknowledged is there"
	is "$(uniq -d "$tmp/there" | wc -l)" 0 "$1: and nothing twice"
	echo "# $1: $(lines "$2") acknowledged, $(lines "$tmp/there") there"
}

# same NAME A B: all or nothing.
same() {
	ok "$1" diff "$2" "$3"
}

# Events over the socket. All were acknowledged in the end.
for name in go ask answer; do
	said=$(cat "$tmp/$name.said")
	cut -d ' ' -f 1 "$tmp/$name.acks" | sort >"$tmp/$name"
	is "$(field errors "$said")" 0 "$name: none was refused"
done
is "$(lines "$tmp/go")" "$events" "go: each was acknowledged"
is "$(lines "$tmp/answer")" "$asks" "answer: so was each"
runs_of late >"$tmp/late"
once "late" "$tmp/go" <"$tmp/late"
same "late: and nothing else" "$tmp/go" "$tmp/late"
once "marks" "$tmp/go" < <(runs_of marks)
once "marked" "$tmp/go" < <(runs_of marked "payload ->> '\$.properties.seen'")
once "patient" "$tmp/ask" < <(runs_of patient)
once "hasty" "$tmp/ask" < <(runs_of hasty)

# Each answer has ended the wait that was there for it.
query "SELECT r.payload ->> '\$.n', h.output ->> '\$.event_id' FROM runs r
    JOIN automations a ON a.num = r.automation AND a.name = 'patient'
    JOIN run_steps h ON h.run = r.id AND h.seq = 1" | sort >"$tmp/resumed"
same "each answer has moved its run" <(sort "$tmp/answer.acks") "$tmp/resumed"
is "$(query "SELECT count(*) FROM runs r JOIN automations a
    ON a.num = r.automation AND a.name IN ('late', 'marks', 'marked', 'patient',
    'hasty', 'chain', 'pinged', 'edited') WHERE status <> 1")" 0 \
    "and each run has come to its end"
echo "# hasty: $(query "SELECT count(*) FILTER (WHERE output ->> '\$.event_id'
    IS NOT NULL) || ' events, ' || count(*) FILTER (WHERE output ->>
    '\$.timed_out') || ' timeouts' FROM run_steps h
    JOIN runs r ON r.id = h.run
    JOIN automations a ON a.num = r.automation AND a.name = 'hasty'
    WHERE h.seq = 2")"

# acked TAG: what the API said yes to, sorted.
acked() {
	sed -nE "s/^$1([0-9]+) 2[0-9][0-9] .*/\1/p" "$tmp/edited" | sort
}

# Events over HTTP. What was not acknowledged is there wholly or not at all.
sed -nE 's/^p([0-9]+) 202 .*/\1/p' "$tmp"/pinged.? | sort >"$tmp/ping"
runs_of chain >"$tmp/chain"
runs_of pinged >"$tmp/pinged"
once "chain" "$tmp/ping" <"$tmp/chain"
once "pinged" "$tmp/ping" <"$tmp/pinged"
same "an event acts wholly or not at all" "$tmp/chain" "$tmp/pinged"
query "SELECT payload ->> '\$.n' FROM events e JOIN event_names n
    ON n.num = e.name AND n.name = 'ping'" | sort >"$tmp/events"
same "and is remembered with it" "$tmp/events" "$tmp/chain"

# Changes.
acked c >"$tmp/c"
once "edited" "$tmp/c" < <(runs_of edited "payload ->> '\$.properties.edit'")
acked s >"$tmp/s"
query "SELECT replace(substr(email_key, 2), '@seg.example', '') FROM contacts
    WHERE email_key LIKE '%@seg.example'" | sort >"$tmp/people"
acked d >"$tmp/d"
comm -23 "$tmp/s" <(sed -nE 's/^d([0-9]+) .*/\1/p' "$tmp/edited" |
    sort) >"$tmp/kept"
is "$(missing "$tmp/kept" "$tmp/people")" 0 "contacts that were made are there"
is "$(comm -12 "$tmp/d" "$tmp/people" | wc -l)" 0 "those deleted are not"
runs_of joined "replace(substr(email_key, 2), '@seg.example', '')" \
    >"$tmp/joiners"
once "joined" "$tmp/kept" <"$tmp/joiners"
uniq "$tmp/joiners" >"$tmp/joined"
same "no contact was made without its segment" "$tmp/people" "$tmp/joined"
acked r >"$tmp/r"
once "endless" "$tmp/r" < <(runs_of endless)
acked k >"$tmp/k"
runs_of endless "CASE WHEN status = 3 AND reason = 'cancelled_by_hand'
    THEN payload ->> '\$.n' END" | grep . >"$tmp/cancelled"
is "$(missing "$tmp/k" "$tmp/cancelled")" 0 "runs that were cancelled are so"
is "$(missing "$tmp/cancelled" <(sed -nE 's/^k([0-9]+) .*/\1/p' \
    "$tmp/edited" | sort))" 0 "and no others"
echo "# cancelled: $(lines "$tmp/k") acknowledged, $(lines "$tmp/cancelled")"

# stands CONDITION: which of the automations made meanwhile do, sorted.
stands() {
	query "SELECT substr(name, 2) FROM automations
	    WHERE name GLOB 'm[0-9]*' AND $1" | sort
}

# made TAG OFFSET: the numbers of the automations a change was acknowledged for.
made() {
	acked "$1" | awk -v n="$2" '{ print $1 - n }' | sort
}
acked m >"$tmp/m"
once "automations" "$tmp/m" < <(stands true)
is "$(missing <(made y 4) <(stands 'enabled < 0'))" 0 "deleted ones are so"
is "$(missing <(made x 4) <(stands 'enabled < 1'))" 0 "stopped ones are so"
is "$(missing <(comm -23 <(made v 2) <(made w 3)) \
    <(sed -nE 's/^w([0-9]+) lost .*/\1/p' "$tmp/edited" |
    awk '{ print $1 - 3 }' | sort | sort -m - <(stands 'paused')))" 0 \
    "paused ones are so"
is "$(comm -12 <(made w 3) <(stands paused) | wc -l)" 0 "resumed ones are not"
is "$(query "SELECT count(*) FROM runs r JOIN automations a
    ON a.num = r.automation WHERE r.status = 0 AND a.enabled < 1")" 0 \
    "and nobody is left in those that end their runs"
is "$(grep -E ' [45][0-9][0-9] ' "$tmp/edited" | grep -cvE '^[dl].* 404 ' || :)" \
    0 "none was refused, but what was to be done to contacts that are not there"

# ---- mails -------------------------------------------------------------------

{ sed 's/^u\{0,1\}\(.*\)/u\1@go.example/' "$tmp/go" &&
    sed 's/\(.*\)/u\1@ask.example/' "$tmp/ask"; } | sort >"$tmp/expected"
query 'SELECT recipient FROM emails WHERE status = 2' | sort >"$tmp/emails"
same "each run that writes has its one mail, which reads sent" \
    "$tmp/expected" "$tmp/emails"
sent_messages | sort >"$tmp/sent"
same "each left Postfix" "$tmp/expected" \
    <(cut -d ' ' -f 2 "$tmp/sent" | sort -u)
is "$(cut -d ' ' -f 1 "$tmp/sent" | sort -u | wc -l)" \
    "$(lines "$tmp/expected")" "under one Message-ID, however often"
cut -d ' ' -f 2 "$tmp/sent" | sort | uniq -d >"$tmp/copied"
is "$(missing "$tmp/copied" <(sort -u "$tmp/doubted"))" 0 \
    "more than once only if it was on its way when it was killed"
echo "# $events + $asks + $pings events, $(lines "$tmp/edits") changes," \
    "$kills kills, $(lines "$tmp/sent") messages, $(lines "$tmp/copied") of" \
    "them more than once, $(sort -u "$tmp/doubted" | wc -l) in doubt"

# ---- who checks the checks ---------------------------------------------------

# damaged STATEMENT: what is found in a copy that this was done to.
damaged() {
	as_root cp "$tmp/copy.db" "$tmp/damaged.db"
	as_root sqlite3 "$tmp/damaged.db" "$1"
	POSTFLOW_DB=$tmp/damaged.db verified | cut -d '|' -f 1 | sort -u |
	    tr '\n' ';'
}
query "VACUUM INTO '$tmp/copy.db'"
is "$(damaged 'DELETE FROM waits WHERE run = (SELECT max(run) FROM waits)')" \
    'a run rests in a wait that nothing can end;a running run that nothing wakes;' \
    "a lost wait is found"
is "$(damaged 'UPDATE runs SET status = 1, finished = 9, due = NULL
    WHERE id = (SELECT max(run) FROM waits)')" \
    'a wait whose run does not stand there;' "and one left over"
is "$(damaged 'UPDATE runs SET status = 0, finished = NULL, entered = 0, due = 1
    WHERE status = 1 AND seq = 3')" \
    'a running run is past its moment;' "a run that sleeps on"
is "$(damaged 'DELETE FROM run_steps WHERE seq = 1')" \
    "a history that is not as long as its run says;$(:
    )a history with a gap;a step that none led to;" \
    "a step that is missing"
is "$(damaged 'DELETE FROM emails WHERE id = (SELECT max(id) FROM emails)')" \
    'a run with other mails than its history has;' "a mail that is missing"

finish
