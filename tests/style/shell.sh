#!/bin/sh
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# There is nothing that shellcheck would say about any script of ours.
. "${top_srcdir:-.}/tests/style/tap.sh"
command -v shellcheck >/dev/null || skip_all "shellcheck is not installed"

# offences FILE: what shellcheck says.
offences() {
	shellcheck -x "$1" 2>&1
}

printf '#!/bin/sh\nunused=1\n' >"$made_up/bad"
is "$(offences "$made_up/bad" | grep -o 'SC2034 (warning)')" \
    "SC2034 (warning)" "offences are found"

cd "$top" || exit 1
for script in .ci/run contrib/demo contrib/deps contrib/lab tests/check \
    $(files '*.sh'); do
	clean "$(offences "$script")" "$script"
done
tap_done
