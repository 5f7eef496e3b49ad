// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// Valid requests made wrong, for FUZZ_SECONDS (20): never a 500, never silence,
// never an error of another shape; and afterwards the database is sound.
// FUZZ_SEED has the cases of an earlier run again.
import { ask, env, finish, has_route, judge, key } from './lab.mjs';
import { Chance, mutated } from './mutate.mjs';
import { Connection } from './raw.mjs';
import { rows, whole } from './seeds.mjs';
import { is, note, ok } from './tap.mjs';

const seconds = Number(env.FUZZ_SECONDS ?? 20);
const seed = Number(env.FUZZ_SEED ?? Date.now() % 1000000000);
const KEPT = 25; /* uses of one made-whole request */
const SHOWN = 20;
note(`FUZZ_SEED=${seed} FUZZ_SECONDS=${seconds}`);

const nouns = [['/contacts/imports', 'POST'], ['/emails', 'POST'],
	['/suppressions', 'POST'], ['/webhooks', 'POST'], ['/domains', 'GET'],
	['/logs', 'GET'], ['/usage', 'GET']];
const absent = [];
for (const [path, method] of nouns)
	if (!await has_route(method, path))
		absent.push(path);
const seeds = rows().filter((r) =>
	!absent.some((path) => r.path.startsWith(path)));
const kept = new Map();

// A request of the table, as it would be right.
async function right(row) {
	const at = kept.get(row);
	if (at === undefined || --at.left < 0) {
		kept.set(row, { left: KEPT, row: await whole(row) });
		return kept.get(row).row;
	}
	return at.row;
}

// The bytes of a request; some say that their body comes in chunks.
function bytes(c, r, host) {
	const body = Buffer.isBuffer(r.body) ? r.body : Buffer.from(r.body);
	const given = r.headers.map((h) => h.split(':')[0].toLowerCase());
	const lines = [`${r.method} ${r.path} HTTP/1.1`, `host: ${host}`,
		...r.headers];
	if (!given.includes('authorization'))
		lines.push(`Authorization: Bearer ${key}`);
	if (!given.includes('content-type'))
		lines.push('Content-Type: application/json');
	const in_chunks = body.length > 0 && c.below(8) === 0;
	lines.push(in_chunks ? 'transfer-encoding: chunked'
	    : `content-length: ${body.length}`);
	const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
	return in_chunks ? Buffer.concat([head,
		Buffer.from(`${body.length.toString(16)}\r\n`), body,
		Buffer.from('\r\n0\r\n\r\n')]) : Buffer.concat([head, body]);
}

// What is wrong with the answer to a request; an empty list, if nothing is.
function look(r, answer) {
	if (answer === null)
		return ['there is no answer'];
	if (r.method === 'HEAD')
		return answer.status === 500 ? ['an answer of 500'] : [];
	// Where a path leads that was changed is not for the judge to say.
	const path = r.is_elsewhere && answer.status >= 400 ? '/nowhere/at/all'
	    : r.path;
	const given = { method: r.method, path, status: answer.status,
		type: answer.headers['content-type'], body: answer.body };
	if (!r.is_elsewhere || (answer.status < 300 &&
	    judge.template(r.path) !== undefined))
		return judge.look(given);
	if (answer.status < 300)
		return [];
	return answer.status === 500 ? ['an answer of 500']
	    : judge.look_at_body(judge.document.components.responses.Error,
		['components', 'responses', 'Error'], given.type, given.body);
}

const until = Date.now() + seconds * 1000;
const counts = {};
const failures = [];
let connection = new Connection(env.POSTFLOW_URL);
let n = 0;
for (; Date.now() < until && failures.length < SHOWN; n++) {
	const c = new Chance(seed + n);
	const r = mutated(c, await right(c.of(seeds)));
	if (connection.is_over)
		connection = new Connection(env.POSTFLOW_URL);
	const sent = bytes(c, r, connection.host);
	let answer, wrong;
	try {
		answer = await connection.send(sent, r.method);
		wrong = look(r, answer);
	} catch (e) {
		wrong = [String(e)];
	}
	if (answer === null || answer === undefined ||
	    answer.headers.connection === 'close') {
		connection.close();
		connection.is_over = true;
	}
	const status = answer?.status ?? 'none';
	counts[status] = (counts[status] ?? 0) + 1;
	if (wrong.length > 0)
		failures.push(`case ${seed + n}: ` + wrong.join('; ').slice(0, 600) +
		    '\n' + sent.toString('latin1').slice(0, 900));
}
connection.close();
note(`${n} requests, by status: ${JSON.stringify(counts)}`);
ok(failures.length === 0, 'every answer has its shape', ...failures);
ok(counts[200] > 0 && counts[422] > 0 && counts[404] > 0,
    'some pass, some are refused');
is((await fetch(`${env.POSTFLOW_URL}/healthz`)).status, 200,
    'the daemon is well');
const problems = [];
let cursor = '';
do {
	const { body } = await ask('GET', `/doctor/db${cursor}`);
	problems.push(...(body.problems ?? [body]));
	cursor = body.next ? `?cursor=${body.next}` : '';
} while (cursor !== '');
is(problems, [], 'and its database is sound');
await finish();
