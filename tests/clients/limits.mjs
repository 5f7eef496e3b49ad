// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// Clients in a lab of their own that takes CLIENTS_LIMIT requests a second.
import { ask, cli, env, finish, resend } from './lab.mjs';
import { is, like, ok, skip } from './tap.mjs';

const limit = Number(env.CLIENTS_LIMIT ?? 0);

async function limited() {
	const all = await Promise.all(Array.from({ length: 4 * limit }, () =>
		resend.segments.list()));
	const no = all.filter((a) => a.error !== null);
	ok(no.length > 0 && no.length < all.length,
	    'some of many requests are too many',
	    `${no.length} of ${all.length}`);
	is([no[0]?.error.statusCode, no[0]?.error.name],
	    [429, 'rate_limit_exceeded'], 'and refused as such');
	like(no[0]?.headers['retry-after'] ?? '', /^[0-9]+$/,
	    'with when to come back');
	const headers = (await ask('GET', '/segments?limit=1')).headers;
	is([headers.get('ratelimit-limit'), headers.get('ratelimit-policy')],
	    [String(limit), `${limit};w=1`], 'the limit is told');
	ok(headers.has('ratelimit-remaining') && headers.has('ratelimit-reset'),
	    'and what is left of it');
	const lists = await Promise.all(Array.from({ length: limit + 1 }, () =>
		cli(['segments', 'list'])));
	is(lists.map((l) => l.code), lists.map(() => 0),
	    'the command line comes back and is served');
}

if (limit > 0)
	await limited();
else
	skip('a limit', 'there is no such key of the configuration');
await finish();
