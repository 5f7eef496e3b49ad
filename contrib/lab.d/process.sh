# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Starting programs, knowing them again, and ending them. A pid file holds the
# pid and the moment the process began, so a pid that now belongs to someone
# else is never taken for ours. The scripts set $run first, the folder under
# /run that holds the pid files.
# shellcheck shell=bash disable=SC2154

# Prints when the process began, unless it has ended. One whose first thread has
# ended lives, and keeps its files, until the others have.
process_began() {
	local stat=
	{ read -rd '' stat <"/proc/$1/stat" || [ -n "$stat" ]; } 2>/dev/null ||
	    return 1
	# What stands after the name: the state, the number of threads as the
	# 18th, and the start as the 20th.
	read -ra stat <<<"${stat##*) }"
	[[ ${stat[0]} != [ZX] ]] || [ "${stat[17]}" -gt 1 ] || return 1
	echo "${stat[19]}"
}

# process_note NAME PID: remembers it.
process_note() {
	local began
	began=$(process_began "$2") || return 1
	echo "$2 $began" >"$run/$1.pid.new"
	mv "$run/$1.pid.new" "$run/$1.pid"
}

# Prints the pid of NAME if it lives.
process_pid() {
	local pid began
	{ read -r pid began <"$run/$1.pid"; } 2>/dev/null || return 1
	[ "$(process_began "$pid")" = "$began" ] && echo "$pid"
}

process_lives() {
	process_pid "$1" >/dev/null
}

# Closes everything but the three standard files, for what is to live longer
# than its caller.
close_rest() {
	local fd
	for fd in "/proc/$BASHPID/fd/"*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || eval "exec $fd>&-"
	done
}

# process_start NAME LOG COMMAND...: starts the program itself, with nothing of
# ours left open in it, in a session of its own.
process_start() {
	local name=$1 log=$2
	shift 2
	(
		close_rest
		cd / && umask 022
		exec env --default-signal=INT,QUIT setsid "$@"
	) </dev/null >>"$log" 2>&1 &
	process_note "$name" $!
}

# process_stop NAME SECONDS: TERM, and if that does not end it in time, KILL.
process_stop() {
	local name=$1 pid limit
	if pid=$(process_pid "$name"); then
		kill -TERM "$pid" 2>/dev/null || :
		limit=$((SECONDS + $2))
		while process_lives "$name"; do
			if [ "$SECONDS" -gt "$limit" ]; then
				echo "lab: $name did not end in $2 s, killing it" >&2
				kill -KILL "$pid" 2>/dev/null || :
				limit=$((SECONDS + $2))
			fi
			sleep 0.02
		done
	fi
	rm -f "$run/$name.pid"
}

# Prints what a log ends with, and what a sanitizer said above that.
log_end() {
	echo "lab: the end of $1:"
	grep -a -A 12 'ERROR: [A-Za-z]*Sanitizer' "$1" || :
	tail -n 20 "$1"
}

# wait_until NAME LOG COMMAND...: until the command is true; fails at once when
# the process has ended, and when $deadline has passed, with the log's end.
wait_until() {
	local name=$1 log=$2
	shift 2
	until "$@"; do
		if ! process_lives "$name"; then
			echo "lab: $name ended" >&2
		elif [ "$SECONDS" -ge "$deadline" ]; then
			echo "lab: $name does not answer" >&2
		else
			sleep 0.03
			continue
		fi
		log_end "$log" >&2
		return 1
	done
}

# True if an SMTP server greets on the port of 127.0.0.1.
smtp_greets() {
	local line=
	{ exec 8<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
	read -r -t 2 line <&8 || :
	printf 'QUIT\r\n' >&8 2>/dev/null || :
	exec 8>&-
	[[ $line == 220* ]]
}

# http_status PORT PATH [HEADER]: prints the status of a GET.
http_status() {
	local _ rest status=
	{ exec 8<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
	printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n%s\r\n' \
	    "$2" "$1" "${3:+$3$'\r\n'}" >&8 2>/dev/null || :
	read -r -t 2 _ status _ <&8 2>/dev/null || :
	while read -r -t 2 rest <&8 2>/dev/null; do :; done
	exec 8>&-
	echo "$status"
}

# Prints every TCP port that anything on this machine uses now.
ports_in_use() {
	local here
	while read -r _ here _; do
		[[ $here != *:* ]] || echo $((16#${here##*:}))
	done < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
}
