# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Counts the results that Automake's TAP driver wrote (*.trs). Names what did
# not pass on stderr, and ends with "N passed, N failed, N skipped". A file
# that says nothing is a failure.

function file_end() {
	if (file != "" && !said) {
		failed++
		print "not ok: " name(file) " has no result" > "/dev/stderr"
	}
	file = FILENAME
	said = 0
}

function name(path) {
	sub(/.*\/tests\//, "", path)
	sub(/.*\/test-logs\//, "", path)
	sub(/\.trs$/, "", path)
	return path
}

FNR == 1 { file_end() }

/^:test-result: / {
	said = 1
	result = $2
	sub(/^:test-result: [A-Z]+ */, "")
	if (result == "PASS" || result == "XFAIL")
		passed++
	else if (result == "SKIP")
		skipped++
	else {
		failed++
		print "not ok: " name(FILENAME) ": " $0 > "/dev/stderr"
	}
}

END {
	file_end()
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0 || passed == 0
}
