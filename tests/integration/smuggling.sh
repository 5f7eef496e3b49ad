#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Whatever stands in templates, contacts and events: an event makes one message,
# with what was written in its body, and a header holds no second line. By the
# injection port and by a port where Postfix ends a message as leniently as it
# does unless told otherwise.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

ends=('\n.\r\n' '\n.\n' '\r.\r' '\r\n.\r\n' '\r\n.\n' '\n.\r' '\r.\r\n'
    '\n\r.\r\n' '.\r\n' '..\r\n.\r\n')
smuggled='MAIL FROM:<evil@load.example>\r\nRCPT TO:<victim@load.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n'

# The body of the part of a type, decoded, with LF for CRLF.
part_of() {
	tr -d '\r' <"$1" | awk -v type="$2" '
		BEGIN { RS = "\n--[^\n]*\n" }
		tolower($0) ~ "(^|\n)content-type: " type {
			at = index($0, "\n\n")
			head = tolower(substr($0, 1, at))
			print head ~ /quoted-printable/ ? "q" : \
			    head ~ /base64/ ? "b" : "7"
			print substr($0, at + 2)
		}' >"$tmp/part"
	case $(head -n 1 "$tmp/part") in
	q) sed 1d "$tmp/part" | unquote ;;
	b) sed 1d "$tmp/part" | base64 -d | tr -d '\r' ;;
	*) sed 1d "$tmp/part" ;;
	esac
}

unquote() {
	sed -e ':a' -e '/=$/{N;s/=\n//;ba' -e '}' |
	    sed -e 's/\\/\\\\/g' -e 's/=\([0-9A-F][0-9A-F]\)/\\x\1/g' |
	    while IFS= read -r line; do printf '%b\n' "$line"; done
}

all_sent() {
	[ "$(figure .engine.emails_sent)" -ge "$1" ] && has_files "$SINK_DIR" "$1"
}

# through NAME: everything, in the lab of that name.
through() {
	local i n=0 end
	for end in "${ends[@]}"; do
		# In the author's text, in the event, and in the contact.
		ok "$1: an automation ($end)" mail_on "sm.$n" "{
		    \"subject\": \"number $n\",
		    \"html\": \"<p>first</p>${end}${smuggled}<p>{{{WORD}}}</p>last\",
		    \"text\": \"first${end}${smuggled}{{{WORD}}}${end}last\",
		    \"variables\": [{\"key\": \"WORD\", \"type\": \"string\"}]}"
		step=$(api_get . "/automations/$automation" | jq -c \
		    '{steps: [.steps[] | if .type == "send_email" then
		    .config.template.variables = {"WORD": {"var": "event.word"}}
		    else . end], connections, status: "disabled"}')
		api PATCH "/automations/$automation" "$step" >/dev/null
		api PATCH "/automations/$automation" '{"status":"enabled"}' >/dev/null
		is "$(api POST /events/send "{\"event\":\"sm.$n\",
		    \"email\":\"u$n@load.example\",\"payload\":
		    {\"word\":\"word${end}${smuggled}end\"}}" | tail -n 1)" 202 \
		    "$1: an event"
		n=$((n + 1))
	done
	ok "$1: $n mails leave" wait_for 20 all_sent "$n"
	ok "$1: Postfix is empty" wait_for 20 mta_is_empty
	is "$(find "$SINK_DIR" -type f | wc -l)" "$n" \
	    "$1: as many messages as events"
	is "$(grep -rlE '^X-(Mail|Rcpt)-Args: <(evil|victim)' "$SINK_DIR" |
	    wc -l)" 0 "$1: nobody else's"
	is "$(grep -rhoE '^X-Rcpt-Args: <[^>]*' "$SINK_DIR" | sort -u | wc -l)" \
	    "$n" "$1: each to its own"
	for ((i = 0; i < n; i++)); do
		mail=$(grep -rlF "X-Rcpt-Args: <u$i@load.example>" "$SINK_DIR")
		is "$(header Subject "$mail")" "number $i" "$1: its subject ($i)"
		# What was meant: every end of line is one.
		printf '%b' "first${ends[i]}${smuggled}word${ends[i]}${smuggled}end${ends[i]}last" |
		    sed 's/\r\n/\n/g' | tr '\r' '\n' >"$tmp/expected"
		part_of "$mail" text/plain >"$tmp/got"
		is "$(sed -e '/^$/d' "$tmp/got" | tr '\n' '|')" \
		    "$(sed -e '/^$/d' "$tmp/expected" | tr '\n' '|' |
			sed 's/[^|]$/&|/')" "$1: its text ($i)"
		is "$(part_of "$mail" text/html | grep -c \
		    'MAIL FROM:.*evil@load.example')" 2 \
		    "$1: its HTML has it all, twice ($i)"
		fails "$1: no bare CR or LF reached the sink ($i)" \
		    grep -qP '\r(?!$)|(?<!\r)$' <(sed '1,/^$/d' "$mail")
	done
}

# Values that would be a second line of a header: the step fails and says why.
headers_of() {
	local sent case n=0
	sent=$(find "$SINK_DIR" -type f | wc -l)
	for case in 'x\r\nBcc: victim@load.example' 'x\nBcc: y' 'x\ry' \
	    'x\u0000y' 'x\u2028y' 'x\u0085y'; do
		ok "$1: an automation" mail_on "head.$n" \
		    '{"subject": "Dear {{{WORD}}}",
		    "variables": [{"key": "WORD", "type": "string"}]}'
		step=$(api_get . "/automations/$automation" | jq -c \
		    '{steps: [.steps[] | if .type == "send_email" then
		    .config.template.variables = {"WORD": {"var": "event.word"}}
		    else . end], connections, status: "disabled"}')
		api PATCH "/automations/$automation" "$step" >/dev/null
		api PATCH "/automations/$automation" '{"status":"enabled"}' >/dev/null
		status=$(api POST /events/send "{\"event\":\"head.$n\",
		    \"email\":\"h$n@load.example\",
		    \"payload\":{\"word\":\"$case\"}}" | tail -n 1)
		n=$((n + 1))
		if [ "$case" = 'x\u0000y' ]; then
			is "$status" 422 "$1: NUL is not taken at all"
			continue
		fi
		is "$status" 202 "$1: an event"
		run_ended() {
			[ "$(api_get '.data[0].status' \
			    "/automations/$automation/runs")" != running ]
		}
		ok "$1: its run ends" wait_for 10 run_ended
		run=$(api_get '.data[0].id' "/automations/$automation/runs")
		api_get '.steps[] | select(.key == "mail")' \
		    "/automations/$automation/runs/$run" >"$tmp/step"
		is "$(jq -r .status "$tmp/step")" failed "$1: its step fails ($case)"
		like "$(jq -r .error.message "$tmp/step")" 'control|line' \
		    "$1: and says why: $(jq -r .error.message "$tmp/step" |
			head -n 1)"
	done
	is "$(find "$SINK_DIR" -type f | wc -l)" "$sent" "$1: nothing was sent"
}

lab_up "$tmp/strict"
through "injection port"
headers_of "injection port"

lab_up "$tmp/lenient" --no-milter
port=${MTA_SMTP#*:}
lab down "$tmp/lenient"
echo "injection { port = $port }" >"$tmp/extra.conf"
lab_up "$tmp/lenient" --conf "$tmp/extra.conf"
through "default port"
fails "none by the injection port" \
    grep -q 'postfix/postflow/smtpd.*: client=' "$MTA_LOG"

finish
