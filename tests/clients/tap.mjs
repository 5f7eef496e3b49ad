// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// TAP: each check prints a line, done() the plan and sets the exit status.
import { isDeepStrictEqual } from 'node:util';

let count = 0;
let failed = 0;

function show(v) {
	const text = typeof v === 'string' ? v : JSON.stringify(v);
	return String(text).slice(0, 2000).replaceAll('\n', '\n# ');
}

export function ok(is_so, what, ...details) {
	count++;
	console.log(`${is_so ? 'ok' : 'not ok'} ${count} - ${what}`);
	if (is_so)
		return true;
	failed++;
	for (const d of details)
		console.log(`# ${show(d)}`);
	return false;
}

// Deep equality of what JSON could say.
export function is(got, expected, what) {
	return ok(isDeepStrictEqual(got, expected), what,
	    `     got: ${show(got)}`, `expected: ${show(expected)}`);
}

export function like(got, pattern, what) {
	return ok(pattern.test(got), what, `     got: ${show(got)}`,
	    `    like: ${pattern}`);
}

export function skip(what, why) {
	count++;
	console.log(`ok ${count} - ${what} # SKIP ${why}`);
}

export function note(text) {
	console.log(`# ${show(text)}`);
}

export function done() {
	console.log(`1..${count}`);
	process.exitCode = failed > 0 ? 1 : 0;
}
