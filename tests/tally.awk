# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Counts the results that Automake's TAP driver wrote (*.trs) and ends with
# "N passed, N failed, N skipped". A file that says nothing is a failure. The
# exit status is 0 if something passed and nothing failed.

function file_end() {
	if (file != "" && !said)
		failed++
	file = FILENAME
	said = 0
}

FNR == 1 { file_end() }

$1 == ":test-result:" {
	said = 1
	if ($2 == "PASS" || $2 == "XFAIL")
		passed++
	else if ($2 == "SKIP")
		skipped++
	else
		failed++
}

END {
	file_end()
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0 || passed == 0
}
