# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# TAP for the tests of the house. Each checks files by a function that prints
# one line per offence, first on made-up files, to show that it can find one.

# shellcheck disable=SC2034 # who reads this file uses it
top=${top_srcdir:-.}
# What is ours in the source tree, without what is built there.
ours="src tests man conf contrib .ci Makefile.am configure.ac m4/postflow.m4"
tap_n=0
tap_bad=0

# result STATUS WHAT: one line of TAP.
result() {
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_n - $2"
	else
		echo "not ok $tap_n - $2"
		tap_bad=1
	fi
}

# is GOT EXPECTED WHAT
is() {
	[ "$1" = "$2" ] && result 0 "$3" && return
	result 1 "$3"
	printf 'got:\n%s\nexpected:\n%s\n' "$1" "$2" | sed 's/^/# /'
}

# clean OFFENCES WHAT: passes if there are none, else shows them.
clean() {
	is "$1" "" "$2"
}

# skip_all REASON
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

tap_done() {
	echo "1..$tap_n"
	exit "$tap_bad"
}

# files PATTERN...: our files of those names below the current directory.
files() {
	for pattern; do
		# shellcheck disable=SC2086
		find $ours -name node_modules -prune -o -path '*/corpus/*' \
		    -prune -o -type f -name "$pattern" -print 2>/dev/null
	done | sort
}

made_up=$(mktemp -d)
trap 'rm -rf "$made_up"' EXIT
