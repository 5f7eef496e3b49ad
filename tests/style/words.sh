#!/bin/sh
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Nothing points out of the tree, and no marker of unfinished work is left.
. "${top_srcdir:-.}/tests/style/tap.sh"

# Written in two pieces, so that this file does not find itself.
outside="/(ho""me|wo""rk)/[a-z]|(^|[ \"'=])\.\./\.\./\.\./"
markers="TO""DO|FIX""ME|XX""X|HA""CK|not imple""mented|st""ubs?"

# offences DIR
offences() (
	cd "$1" || exit 1
	{
		files '*'
		ls ./*.md 2>/dev/null
	} | while read -r f; do
		grep -InE "$outside" "$f" /dev/null
		grep -InwE "$markers" "$f" /dev/null
	done
)

mkdir -p "$made_up/src"
printf '%s\n' "/* TO""DO: x */" "mkstemp(\"XXXXXX\")" "a /ho""me/ada/b" \
    "not imple""mented" "stubborn" >"$made_up/src/a.c"
is "$(offences "$made_up" | cut -d: -f1,2)" "src/a.c:3
src/a.c:1
src/a.c:4" "offences are found"

clean "$(offences "$top")" "there are none"
tap_done
