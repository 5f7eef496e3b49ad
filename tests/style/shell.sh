#!/bin/sh
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# There is nothing that shellcheck would say about any script of ours.
cd "${top_srcdir:-.}" || exit 1
if ! command -v shellcheck >/dev/null; then
	echo "1..0 # SKIP there is no shellcheck"
	exit 0
fi
n=0 failed=0
for script in .ci/run contrib/demo contrib/deps contrib/lab tests/check \
    $(find contrib tests src -name '*.sh' | sort); do
	n=$((n + 1))
	if said=$(shellcheck -x "$script" 2>&1); then
		echo "ok $n - $script"
	else
		echo "not ok $n - $script"
		echo "$said" | sed 's/^/# /'
		failed=1
	fi
done
echo "1..$n"
exit "$failed"
