#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# run.sh [NAME...]: the official clients, unmodified, against a lab: each script
# of this folder (or those named) is one noun of theirs. They reach nothing but
# this machine.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"
clients=$top/tests/clients

# What is a part of the others.
parts=" fuzz judge lab mutate proxy raw seeds tap "

# The Node that the clients ask for.
find_node() {
	local node
	for node in "$clients"/node_modules/node-linux-*/bin/node; do
		[ ! -x "$node" ] || echo "$node"
	done
}

# run_script NAME: its verdicts become ours.
run_script() {
	local line status=0 planned='' n=0
	while read -r line; do
		case $line in
		'ok '*' # SKIP '*)
			line=${line#ok * - }
			skip "$1: ${line% # SKIP *}" "${line##* # SKIP }"
			n=$((n + 1))
			;;
		'ok '*) verdict 0 "$1: ${line#ok * - }" && n=$((n + 1)) ;;
		'not ok '*) verdict 1 "$1: ${line#not ok * - }" && n=$((n + 1)) ;;
		1..*) planned=${line#1..} ;;
		*) echo "$line" >&4 ;;
		esac
	done < <(timeout -k 5 "${CLIENT_SECONDS-200}" "$node" "$clients/$1.mjs" \
	    2>&1 </dev/null || echo "# $1 ended with status $?")
	[ "$planned" = "$n" ] || status=1
	verdict "$status" "$1 comes to its end"
}

# limited_lab: one that takes three requests a second, if it can be told to.
limited_lab() {
	printf 'api {\n\trate_limit = 3\n}\n' >"$tmp/limited.conf"
	! "$builddir/postflowd" -t -c "$tmp/limited.conf" 2>&1 |
	    grep -q 'no key "rate_limit"' || return 0
	lab_up "$tmp/limited" --mta none --conf "$tmp/limited.conf"
	export CLIENTS_LIMIT=3
}

node=$(find_node)
if [ -z "$node" ]; then
	verdict 1 "the clients are installed (contrib/deps does it)"
	finish
	exit
fi
lab_up "$tmp/lab" --mta none
export HOME=$tmp XDG_CONFIG_HOME=$tmp/config TMPDIR=$tmp
export RESEND_TELEMETRY_DISABLED=1 RESEND_NO_UPDATE_NOTIFIER=1 \
    NODE_NO_WARNINGS=1
# What is not on this machine would be asked here, where nobody answers.
export NODE_USE_ENV_PROXY=1 HTTPS_PROXY=http://127.0.0.1:9 \
    HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost
if [ $# -eq 0 ]; then
	for script in "$clients"/*.mjs; do
		name=$(basename "$script" .mjs)
		[[ $parts == *" $name "* ]] || set -- "$@" "$name"
	done
	# Last: what it makes by chance is in the way of others.
	set -- "$@" fuzz
fi
for name; do
	[ "$name" != limits ] || limited_lab
	run_script "$name"
	[ "$name" != limits ] || lab_env "$tmp/lab"
done
finish
