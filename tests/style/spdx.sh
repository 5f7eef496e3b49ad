#!/bin/sh
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Every source file says in its first two lines whose it is.
. "${top_srcdir:-.}/tests/style/tap.sh"

head='Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause'

# scripts: our files that begin with #! and have no ending to know them by.
scripts() {
	files '*' | while read -r f; do
		case $(dd if="$f" bs=2 count=1 2>/dev/null | tr -d '\0') in
		'#!') echo "$f" ;;
		esac
	done
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
	sources | while read -r f; do
		head -n 2 "$f" | grep -qF "$head" || echo "$f has no head"
	done
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
