#!/bin/sh
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Every source file says in its first two lines whose it is.
. "${top_srcdir:-.}/tests/style/tap.sh"

head='Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause'

# scripts: our files that begin with #!, whatever their name.
scripts() {
	files '*' | xargs awk \
	    'FNR == 1 && /^#!/ { print FILENAME } { nextfile }'
}

# sources: the files that must have a head.
sources() {
	{
		files '*.[ch]' '*.sh' '*.mk' '*.am' '*.ac' '*.m4' '*.in' \
		    '*.awk' '*.js' '*.mjs' '*.css' '*.html' '*.y*ml'
		scripts
	} | sort -u
}

# offences DIR
offences() (
	cd "$1" || exit 1
	# shellcheck disable=SC2016 # it is awk
	sources | xargs awk -v head="$head" '
	FNR <= 2 && index($0, head) { has[FILENAME] = 1 }
	END {
		for (i = 1; i < ARGC; i++)
			if (!(ARGV[i] in has))
				print ARGV[i] " has no head"
	}'
)

mkdir -p "$made_up/src" "$made_up/contrib"
echo "/* $head */" >"$made_up/src/good.c"
printf '#!/bin/sh\n# %s\n' "$head" >"$made_up/contrib/good"
printf '\n\n/* %s */\n' "$head" >"$made_up/src/late.h"
printf '#!/bin/sh\necho\n' >"$made_up/contrib/bad"
is "$(offences "$made_up")" "contrib/bad has no head
src/late.h has no head" "offences are found"

n=$(cd "$top" && sources | wc -l)
result "$((n < 40))" "$((n)) files are looked at"
clean "$(offences "$top")" "each has its head"
tap_done
