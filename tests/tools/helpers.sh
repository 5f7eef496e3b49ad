# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# What tests share besides lib.sh: a mail to be sent, what the API gives and
# refuses, figures of the daemon, what its database holds, and what Postfix's log
# says of our messages.
# shellcheck shell=bash disable=SC2034,SC2154

tools=$builddir/tests/tools

# True if the programs were built with sanitizers: memory and time then say
# nothing about the programs.
sanitized() {
	grep -qE "__[at]san_init" "$builddir/postflowd"
}

# wait_long SECONDS COMMAND...: as wait_for, for what costs something to ask.
wait_long() {
	local limit=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$limit" ] || return 1
		sleep 0.3
	done
}

# mail_on EVENT [TEMPLATE-FIELDS [STEP-CONFIG]]: an enabled automation that
# sends one mail when the event happens; sets $template and $automation.
mail_on() {
	local fields=${2-} config=${3-}
	template=$(api POST /templates '{"name": "Test",
	    "from": "Acme <hello@acme.example>", "subject": "Hello",
	    "html": "<p>Hello.</p><p>{{{RESEND_UNSUBSCRIBE_URL}}}</p>"}' |
	    head -n 1 | jq -r .id)
	[ -z "$fields" ] ||
	    api PATCH "/templates/$template" "$fields" >/dev/null
	api POST "/templates/$template/publish" '{}' >/dev/null
	automation=$(api POST /automations '{"name": "Test",
	    "status": "enabled", "steps": [
	    {"key": "start", "type": "trigger",
	     "config": {"event_name": "'"$1"'"}},
	    {"key": "mail", "type": "send_email",
	     "config": {"template": {"id": "'"$template"'"}'"${config:+, $config}"'}}],
	    "connections": [{"from": "start", "to": "mail"}]}' |
	    head -n 1 | jq -r .id)
	[[ $automation =~ ^[0-9a-f-]{36}$ ]]
}

# figure PATH: a number of /status, by jq's path.
figure() {
	api_get "$1" /status
}

# Kilobytes that are the process's own share of the memory.
pss_of() {
	as_root sed -nE 's/^Pss:[[:blank:]]*([0-9]+) kB/\1/p' \
	    "/proc/$1/smaps_rollup" 2>/dev/null
}

# pss_watch PID FILE: notes it five times a second, until the process ends.
pss_watch() {
	while pss_of "$1" >>"$2"; do
		sleep 0.2
	done
}

# The largest number of a file.
largest() {
	sort -n "$1" | tail -n 1
}

# query STATEMENT: what the database answers, columns apart by blanks.
query() {
	as_root sqlite3 -readonly -separator ' ' "$POSTFLOW_DB" "$1"
}

# How many lines a file has.
lines() {
	wc -l <"$1"
}

# What is wrong in the database once all is quiet, a line each.
verified() {
	as_root sqlite3 -readonly "$POSTFLOW_DB" <"$top/tests/tools/verify.sql"
}

# field NAME TEXT: the value of NAME=value in it.
field() {
	sed -nE "s/(^|.*[[:blank:]])$1=([^[:blank:]]*).*/\2/p" <<<"$2" | head -n 1
}

# Messages of ours in Postfix's log as "MESSAGE-ID RECIPIENT", one line for each
# time one was sent.
sent_messages() {
	awk '
		/cleanup\[[0-9]+\]: [0-9A-Za-z]+: message-id=<pf\./ {
			queue_id = $0
			sub(/.*cleanup\[[0-9]+\]: /, "", queue_id)
			sub(/:.*/, "", queue_id)
			id = $0
			sub(/.*message-id=/, "", id)
			ids[queue_id] = id
		}
		/\]: [0-9A-Za-z]+: to=<.*status=sent/ {
			queue_id = $0
			sub(/.*\]: /, "", queue_id)
			to = queue_id
			sub(/:.*/, "", queue_id)
			sub(/^[^<]*</, "", to)
			sub(/>.*/, "", to)
			if (queue_id in ids)
				print ids[queue_id], to
		}' "$MTA_LOG"
}

# True once Postfix holds no message any more.
mta_is_empty() {
	[ -z "$(as_root find "$(postconf -c "$MTA_CONFIG_DIR" -h queue_directory)" \
	    -path '*/incoming/*' -type f -o -path '*/active/*' -type f \
	    -o -path '*/deferred/*' -type f -o -path '*/maildrop/*' -type f \
	    2>/dev/null | head -n 1)" ]
}

# flat STATUS NAME: what an error body must look like, as a pattern.
flat() {
	printf '^\\{"statusCode":%s,"message":"[^"\\\\]([^"\\\\]|\\\\.)*","name":"%s"\\}$' \
	    "$1" "$2"
}

# req METHOD PATH [JSON]: sets $status and $body.
req() {
	local said
	said=$(api "$@")
	status=$(tail -n 1 <<<"$said")
	body=$(head -n 1 <<<"$said")
}

# gives WHAT STATUS FILTER EXPECTED METHOD PATH [JSON]: what jq's filter makes
# of the answer.
gives() {
	local what=$1 expected_status=$2 filter=$3 expected=$4
	shift 4
	req "$@"
	is "$status $(jq -rc "$filter" <<<"$body" 2>&1)" \
	    "$expected_status $expected" "$what"
}

# The id in the last answer.
made() {
	jq -r .id <<<"$body"
}

# becomes FILTER EXPECTED PATH: waits until that is so.
becomes() {
	[ "$(api_get "$1" "$3")" = "$2" ]
}

# refused WHAT STATUS NAME METHOD PATH [BODY [CURL-OPTION...]]: the body's
# escapes are printf's.
refused() {
	local what=$1 status=$2 name=$3 method=$4 path=$5 body=${6-} said
	shift $(($# < 6 ? $# : 6))
	printf '%b' "$body" >"$tmp/body"
	said=$(curl -sS --max-time 10 -X "$method" -o "$tmp/answer" \
	    -w '%{http_code} %{content_type}' --path-as-is \
	    -H "Authorization: Bearer ${key-$POSTFLOW_API_KEY}" \
	    -H 'Content-Type: application/json' -H 'Expect:' \
	    ${body:+--data-binary "@$tmp/body"} "$@" "$POSTFLOW_URL$path" 2>&1)
	if [ "$said" = "$status application/json; charset=utf-8" ] &&
	    [ "$(wc -l <"$tmp/answer")" -le 1 ] &&
	    grep -qE "$(flat "$status" "$name")" "$tmp/answer"; then
		ok "$what: $status $name" true
	else
		is "$said $(head -c 300 "$tmp/answer")" "$status $name" "$what"
	fi
}
