#!/bin/sh
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The C files are as clang-format 14 writes them; "make format" does it. Other
# versions differ in small things, so they are not asked.
. "${top_srcdir:-.}/tests/style/tap.sh"
command -v clang-format >/dev/null || skip_all "clang-format is not installed"
clang-format --version | grep -q 'version 14\.' ||
    skip_all "clang-format is not version 14"

# offences FILE...: those that would be changed.
offences() {
	for f; do
		clang-format --style=file "$f" | cmp -s "$f" - || echo "$f"
	done
}

cp "$top/.clang-format" "$made_up/"
printf 'int\nmain(void)\n{\n\treturn 0;\n}\n' >"$made_up/good.c"
printf 'int main(void) { return 0; }\n' >"$made_up/bad.c"
is "$(offences "$made_up"/*.c)" "$made_up/bad.c" "offences are found"

cd "$top" || exit 1
for d in src/*/ contrib/ tests/; do
	list=$(files '*.[ch]' | grep "^$d")
	result "$(test -n "$list" || echo 1)0" "$d has C files"
	# shellcheck disable=SC2086
	clean "$(offences $list)" "$d is as clang-format has it"
done
tap_done
