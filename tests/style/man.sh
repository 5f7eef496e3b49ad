#!/bin/sh
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The manuals are sound mdoc and refer to one another rightly.
. "${top_srcdir:-.}/tests/style/tap.sh"
command -v mandoc >/dev/null || skip_all "mandoc is not installed"

# lint FILE: what mandoc warns of.
lint() {
	mandoc -T lint -W warning "$1" 2>/dev/null
}

# strangers FILE: references to manuals of ours that are not there, and
# directories that were not written in.
strangers() {
	grep -n '@[a-z]*@' "$1"
	awk '$1 == ".Xr" && $2 ~ /^postflow/ { print $2 "." $3 }' "$1" |
	    sort -u | while read -r page; do
		[ -f "${top_builddir:-.}/man/$page" ] ||
		    echo "there is no $page"
	done
}

printf '.Dd November 21, 2026\n.Dt A 1\n.Os\n.Sh NAME\n.Nm a\n.Nd b\n' \
    >"$made_up/a.1"
clean "$(lint "$made_up/a.1")" "a sound manual is let pass"
printf '.Sh DESCRIPTION\n.Xx y\n.Xr postflow-none 9\n@bindir@\n' \
    >>"$made_up/a.1"
result "$(lint "$made_up/a.1" | grep -q 'unknown macro' || echo 1)0" \
    "an unknown macro is found"
is "$(strangers "$made_up/a.1")" "10:@bindir@
there is no postflow-none.9" "offences are found"

for source in "$top"/man/*.in; do
	page=${top_builddir:-.}/man/$(basename "$source" .in)
	result "$(test -f "$page" || echo 1)0" "$(basename "$page") was made"
	clean "$(lint "$page")" "mandoc has nothing to warn of in it"
	clean "$(strangers "$page")" "what it refers to is there"
done
tap_done
