// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// Each request of recorded.tsv, byte for byte as its client sends it, gets an
// answer of the right shape. All go over one connection.
import { env, finish, has_route, judge, key } from './lab.mjs';
import { Connection, request } from './raw.mjs';
import { rows, whole } from './seeds.mjs';
import { ok, skip } from './tap.mjs';

const agents = { sdk: 'resend-node:6.38.0', cli: 'resend-cli:2.21.0',
	mcp: 'resend-mcp:2.6.0' };

// The lines that all of the clients send.
function usual(client, host, more) {
	const has_type = more.some((h) => /^content-type:/i.test(h));
	return [`host: ${host}`, 'connection: keep-alive',
		`Authorization: Bearer ${key}`, `User-Agent: ${agents[client]}`,
		...(has_type ? [] : ['Content-Type: application/json']),
		    ...more,
		'accept: */*', 'accept-language: *', 'sec-fetch-mode: cors',
		'accept-encoding: gzip, deflate'];
}

// What of the members is not there, or not that.
function missing(members, body) {
	let value;
	try {
		value = JSON.parse(body);
	} catch {
		return ['JSON'];
	}
	return members.filter((m) => {
		const [name, expected] = m.split('=');
		return !(name in value) || (expected !== undefined &&
		    String(value[name]) !== expected);
	});
}

// Nouns that may not be there, by a route that is if they are.
const nouns = [['/contacts/imports', 'POST'], ['/domains', 'GET'],
	['/emails', 'POST'], ['/logs', 'GET'], ['/suppressions', 'POST'],
	['/usage', 'GET'], ['/webhooks', 'POST']];
const absent = [];
for (const [path, method] of nouns)
	if (!await has_route(method, path))
		absent.push(path);

const connection = new Connection(env.POSTFLOW_URL);
for (const row of rows()) {
	const what = `${row.client} ${row.method} ${row.path}`;
	if (absent.some((path) => row.path.startsWith(path))) {
		skip(what, 'there is no such endpoint');
		continue;
	}
	const r = await whole(row);
	const answer = await connection.send(request(r.method, r.path,
	    usual(r.client, connection.host, r.headers), r.body), r.method);
	const wrong = answer === null ? ['an answer'] : judge.look({ ...r,
		status: answer.status, type: answer.headers['content-type'],
		body: answer.body, request: r.body || undefined });
	ok(answer?.status === row.status && wrong.length === 0 &&
	    missing(row.members, answer.body).length === 0, what,
	`${answer?.status} instead of ${row.status}: ${answer?.body}`,
	`request: ${r.path} ${r.body}`, ...wrong);
}
connection.close();
await finish();
