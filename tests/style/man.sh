#!/bin/sh
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The manuals are sound mdoc, refer to one another rightly, and leave no command
# of postflow out.
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

# untold FILE: commands that the help on standard input has and the manual has
# not.
untold() {
	sed -nE 's/^  postflow ([a-z-]+( [a-z-]+)*).*/\1/p' |
	    sed -E 's/ --?.*//' | sort -u | while read -r command; do
		grep -qE "Cm $command( |\$)" "$1" || echo "$command"
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
printf '.It Cm keys list\n' >"$made_up/b.1"
is "$(printf '  postflow keys list ID [--all]\n  postflow keys lose --x\n' |
    untold "$made_up/b.1")" "keys lose" "a command that is not told is found"

for source in "$top"/man/*.in; do
	page=${top_builddir:-.}/man/$(basename "$source" .in)
	result "$(test -f "$page" || echo 1)0" "$(basename "$page") was made"
	clean "$(lint "$page")" "mandoc has nothing to warn of in it"
	clean "$(strangers "$page")" "what it refers to is there"
done
clean "$("${top_builddir:-.}/postflow" help |
    untold "${top_builddir:-.}/man/postflow.1")" "postflow(1) tells all commands"
tap_done
