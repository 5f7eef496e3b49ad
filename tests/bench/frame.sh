# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The frame of the benchmarks: where things lie, labs, and how a figure is
# told. Sourced by the scripts beside it.
# shellcheck shell=bash
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C
# What runs below is no part of a make that started this.
unset MAKEFLAGS MFLAGS MAKELEVEL

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
builddir=$(cd "${POSTFLOW_BUILDDIR:-$top/build}" && pwd -P)
export POSTFLOW_BUILDDIR=$builddir
# shellcheck disable=SC2034
bench=$builddir/tests/bench
dir=${BENCH_DIR:-$builddir/bench}
labs=() helpers=()

die() {
	echo "bench: $*" >&2
	exit 1
}

cleanup() {
	local it
	for it in ${helpers[@]+"${helpers[@]}"}; do
		kill "$it" 2>/dev/null || :
	done
	for it in ${labs[@]+"${labs[@]}"}; do
		"$top/contrib/lab" down "$it" >/dev/null 2>&1 || :
	done
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# median N...
median() {
	printf '%s\n' "$@" | sort -n | awk '{ a[NR] = $1 } END {
		print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'
}

# report NAME OURS REFERENCE OP GOAL [MORE]: ours to reference is to be ">="
# or "<=" the goal.
report() {
	awk -v name="$1" -v ours="$2" -v ref="$3" -v op="$4" -v goal="$5" \
	    -v more="${6-}" 'BEGIN {
		ratio = ref > 0 ? ours / ref : 0
		good = op == ">=" ? ratio >= goal : ratio <= goal
		printf "%s: ours=%s reference=%s ratio=%.2f goal=%s%s %s%s\n",
		    name, ours, ref, ratio, op, goal,
		    good ? "reached" : "not reached",
		    more == "" ? "" : " (" more ")" }'
}

# wanted NAME: does BENCH_ONLY ask for it?
wanted() {
	[[ -z ${BENCH_ONLY-} || " $BENCH_ONLY " == *" $1 "* ]]
}

# wait_for SECONDS COMMAND...: until it is true.
wait_for() {
	local limit=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -le "$limit" ] || return 1
		sleep 0.05
	done
}

# ---- labs -------------------------------------------------------------------

# lab_new NAME OPTION...: a lab with nothing in it; its settings are in
# $dir/NAME.conf, which may be changed between two starts. $lab is its
# directory.
lab_new() {
	local name=$1
	shift
	lab=$dir/$name
	if [ -d "$lab" ]; then
		"$top/contrib/lab" down "$lab" >/dev/null 2>&1 || :
		rm -rf "$lab"
	fi
	touch "$dir/$name.conf"
	echo "include(\"$dir/$name.conf\")" >"$dir/$name.include"
	labs+=("$lab")
	"$top/contrib/lab" up "$lab" --conf "$dir/$name.include" "$@" >/dev/null
	lab_env
}

lab_restart() {
	"$top/contrib/lab" restart "$lab" postflowd
	lab_env
}

lab_env() {
	set -a
	# shellcheck source=/dev/null
	. "$lab/env"
	set +a
}

lab_down() {
	"$top/contrib/lab" down "$lab" >/dev/null
	rm -rf "$lab"
}

# api METHOD PATH [JSON]: prints the answer; a refusal ends the run.
api() {
	curl -sS --fail-with-body --max-time 30 -X "$1" \
	    -H "Authorization: Bearer $POSTFLOW_API_KEY" \
	    -H 'Content-Type: application/json' ${3+-d "$3"} \
	    "$POSTFLOW_URL$2" || die "$1 $2 was refused"
}

# status FIELD...: fields of GET /status by jq's paths, in one line.
status() {
	local it paths=''
	for it in "$@"; do
		paths+=${paths:+,}$it
	done
	api GET /status | jq -r "[$paths] | map(tostring) | join(\" \")"
}
