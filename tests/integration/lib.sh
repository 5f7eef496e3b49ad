# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# For tests in shell: TAP, waiting, and labs that are taken down again. A test
# sources this, calls ok, is and like, and ends with finish; one that dies on
# the way has no plan and so has failed.
# shellcheck shell=bash
set -eu
PATH=$PATH:/usr/sbin:/sbin

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck disable=SC2034
builddir=${POSTFLOW_BUILDDIR:-$top/build}
tmp=$(mktemp -d /tmp/postflow-test.XXXXXX)
chmod 0755 "$tmp"
n_done=0 n_failed=0 labs=()
# Results go where stdout was, also when a command under test has it elsewhere.
exec 4>&1

# verdict STATUS WHAT
verdict() {
	n_done=$((n_done + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n_done - $2" >&4
	else
		echo "not ok $n_done - $2" >&4
		n_failed=$((n_failed + 1))
	fi
}

# ok WHAT COMMAND...: the command is true.
ok() {
	local what=$1 status=0
	shift
	"$@" || status=1
	verdict "$status" "$what"
	[ "$status" -eq 0 ] || echo "# was false: ${*@Q}" >&4
}

# fails WHAT COMMAND...: the command is false.
fails() {
	local what=$1 status=0
	shift
	! "$@" || status=1
	verdict "$status" "$what"
	[ "$status" -eq 0 ] || echo "# was true: ${*@Q}" >&4
}

# is GOT EXPECTED WHAT
is() {
	local status=0
	[ "$1" = "$2" ] || status=1
	verdict "$status" "$3"
	[ "$status" -eq 0 ] || printf '%s\n' "     got: $1" "expected: $2" |
	    sed 's/^/# /' >&4
}

# like GOT PATTERN WHAT: an extended regular expression that a line matches.
like() {
	local status=0
	grep -qE -- "$2" <<<"$1" || status=1
	verdict "$status" "$3"
	[ "$status" -eq 0 ] || printf '%s\n' "     got: $1" "    like: $2" |
	    sed 's/^/# /' >&4
}

# skip WHAT WHY
skip() {
	n_done=$((n_done + 1))
	echo "ok $n_done - $1 # SKIP $2" >&4
}

# wait_for SECONDS COMMAND...: until it is true. False when time is up.
wait_for() {
	local limit=$(($(date +%s%N) + $1 * 1000000000))
	shift
	until "$@"; do
		[ "$(date +%s%N)" -lt "$limit" ] || return 1
		sleep 0.02
	done
}

# For what only root may do; the lab itself asks sudo where it has to.
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Ends a process of any user at once. kill(1) is not everywhere, but sh has it.
kill_hard() {
	# shellcheck disable=SC2016
	as_root sh -c 'kill -9 "$1"' sh "$1"
}

# A port of 127.0.0.1 that nothing uses now.
free_port() {
	local port
	# shellcheck source=contrib/lab.d/process.sh
	. "$top/contrib/lab.d/process.sh"
	while :; do
		port=$((12000 + RANDOM % 8000))
		ports_in_use | grep -qx "$port" || break
	done
	echo "$port"
}

lab() {
	"$top/contrib/lab" "$@"
}

# lab_up DIR [OPTION...]: and reads its env.
lab_up() {
	local dir=$1
	[[ " ${labs[*]-} " == *" $dir "* ]] || labs+=("$dir")
	lab up "$@" >/dev/null
	lab_env "$dir"
}

lab_env() {
	set -a
	# shellcheck source=/dev/null
	. "$1/env"
	set +a
}

# api METHOD PATH [JSON]: prints the answer's body, then its status.
api() {
	curl -sS --max-time 10 -X "$1" -w '\n%{http_code}\n' \
	    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -H 'Content-Type: application/json' ${3+-d "$3"} "$POSTFLOW_URL$2"
}

# api_get FIELD PATH: one field of the answer, by jq's path.
api_get() {
	api GET "$2" | head -n 1 | jq -r "$1"
}

# smtp PORT: sends what comes on stdin, prints all that is answered.
smtp() {
	exec 5<>"/dev/tcp/127.0.0.1/$1"
	cat >&5
	timeout 20 cat <&5 || :
	exec 5>&-
}

# The files of a directory, one a line.
files() {
	find "$1" -type f | sort
}

# header NAME FILE: the values of a header field in a file of the sink, unfolded,
# one a line.
header() {
	sed '1,/^$/d' "$2" | tr -d '\r' | awk -v name="$1" '
		/^$/ { exit }
		/^[ \t]/ { if (here) value = value " " substr($0, match($0, /[^ \t]/)) ; next }
		{ if (here) print value; here = 0 }
		tolower(substr($0, 1, length(name) + 1)) == tolower(name ":") {
			here = 1
			value = substr($0, length(name) + 2)
			sub(/^[ \t]+/, "", value)
		}
		END { if (here) print value }'
}

has_files() {
	[ "$(find "$1" -type f | wc -l)" -ge "$2" ]
}

# What a sanitizer wrote in a log of the lab.
sanitizer_reports() {
	as_root grep -hE 'ERROR: [A-Za-z]*Sanitizer|runtime error:' \
	    "$1/postflowd.log" "$1/sink.log" 2>/dev/null || :
}

cleanup() {
	local dir
	for dir in ${labs[@]+"${labs[@]}"}; do
		lab down "$dir" >/dev/null 2>&1 || :
		[ "$n_failed" -gt 0 ] || [ "$1" -ne 0 ] || continue
		echo "# the end of the logs in $dir:"
		as_root grep -h -A 12 'ERROR: [A-Za-z]*Sanitizer' \
		    "$dir/postflowd.log" "$dir/sink.log" 2>/dev/null |
		    sed 's/^/# /' || :
		as_root tail -n 30 "$dir/postflowd.log" "$dir/sink.log" \
		    "$dir/mail.log" 2>&1 | sed 's/^/# /'
	done
	as_root rm -rf "$tmp"
}
trap 'cleanup $?' EXIT
trap 'exit 1' INT TERM

# Takes the labs down, and prints the plan.
finish() {
	local dir
	for dir in ${labs[@]+"${labs[@]}"}; do
		lab down "$dir" >/dev/null 2>&1 || :
		is "$(sanitizer_reports "$dir")" '' "no sanitizer has complained"
	done
	echo "1..$n_done" >&4
	[ "$n_failed" -eq 0 ]
}
