#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# What the sink takes, so that it is known not to be what a measurement of
# something else measures.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"

lab_up "$tmp/files" --mta none
n=50000

# rate NAME: n messages of 5 KB over 5 connections, straight to the sink.
rate() {
	local began ended
	began=$(date +%s%N)
	ok "$1: smtp-source ends well" \
	    smtp-source -d -s 5 -m "$n" -l 5000 "$POSTFLOW_INJECT"
	ended=$(date +%s%N)
	per_second=$((n * 1000000000 / (ended - began)))
	echo "# sink, $1: $per_second messages/s"
}

rate files
ok "files: thousands a second" test "$per_second" -ge 2000
is "$(find "$SINK_DIR" -type f | wc -l)" "$n" "files: every message is there"

lab_up "$tmp/count" --mta none --sink count
rate count
ok "count: thousands a second" test "$per_second" -ge 2000
count_is() {
	[ "$(cat "$SINK_DIR/count")" = "$1" ]
}
ok "count: every message is counted" wait_for 2 count_is "$n"

finish
