#!/bin/sh
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# A room includes itself and the rooms that src/LAYERS names after it.
. "${top_srcdir:-.}/tests/style/tap.sh"

# offences DIR: one line for each include that must not be, in DIR/LAYERS and
# the rooms beside it.
offences() (
	cd "$1" || exit 1
	# shellcheck disable=SC2035 # no room is named like an option
	awk '
	FNR == NR && /^#/ { next }
	FNR == NR {
		room = $1
		sub(/:$/, "", room)
		known[room] = 1
		for (i = 2; i <= NF; i++)
			may[room, $i] = 1
		next
	}
	FNR == 1 {
		mine = FILENAME
		sub(/\/.*/, "", mine)
		if (!(mine in known))
			print FILENAME ": LAYERS has no room " mine
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, part, "\"")
		path = part[2]
		room = path
		if (!sub(/\/.*/, "", room))
			print FILENAME ":" FNR ": no room in \"" path "\""
		else if (room != mine && !((mine, room) in may))
			print FILENAME ":" FNR ": " mine " must not include " \
			    room
	}' LAYERS */*.[ch]
)

# circles FILE: rooms that may include a room which may include them.
circles() {
	awk '!/^#/ {
		room = $1
		sub(/:$/, "", room)
		for (i = 2; i <= NF; i++) {
			if (!($i in known))
				print room " names " $i " before it is there"
		}
		known[room] = 1
	}' "$1"
}

mkdir "$made_up/low" "$made_up/high" "$made_up/new"
printf '# x\nlow:\nhigh: low\n' >"$made_up/LAYERS"
printf '#include "low/a.h"\n#include <stdio.h>\n' >"$made_up/high/good.c"
printf '\n #  include "high/a.h"\n#include "a.h"\n' >"$made_up/low/bad.c"
echo '#include "low/a.h"' >"$made_up/new/bad.h"
is "$(offences "$made_up")" 'low/bad.c:2: low must not include high
low/bad.c:3: no room in "a.h"
new/bad.h: LAYERS has no room new
new/bad.h:1: new must not include low' "offences are found"
printf 'a: b\nb: a\n' >"$made_up/LAYERS"
is "$(circles "$made_up/LAYERS")" "a names b before it is there" \
    "circles are found"

clean "$(circles "$top/src/LAYERS")" "src/LAYERS goes from the ground up"
for room in "$top"/src/*/; do
	name=$(basename "$room")
	clean "$(offences "$top/src" | grep "^$name/")" \
	    "src/$name includes what it may"
done
tap_done
