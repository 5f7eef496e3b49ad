// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.domains, resend.logs, resend.usage, resend.apiKeys, and what there is
// not.
import { ask, finish, good, has_route, refused, Resend, resend, unknown }
	from './lab.mjs';
import { is, like, ok, skip } from './tap.mjs';

const made = good(await resend.apiKeys.create({ name: 'ac',
	permission: 'sending_access' }), 'a key is made');
like(made.token, /^re_/, 'of the form that clients expect');
is(good(await resend.apiKeys.list(), 'keys are listed').data[0].name, 'ac',
    'the newest first');
const sender = new Resend(made.token);
refused(await sender.contacts.list(), 401, 'restricted_api_key',
    'it does not read');
good(await sender.events.send({ event: 'ac', email: 'ac@clients.example' }),
    'but sends');
is(good(await resend.apiKeys.remove(made.id), 'it goes').deleted ?? true, true,
    'again');
refused(await sender.contacts.list(), 403, 'invalid_api_key',
    'and opens nothing then');
is((await ask('GET', '/contacts', undefined, { Authorization: '' })).body.name,
    'missing_api_key', 'no key is another thing');

async function domains() {
	const list = good(await resend.domains.list(), 'domains are listed');
	ok(list.data.some((d) => d.status === 'verified' &&
	    d.capabilities.sending === 'enabled'), 'one can be sent from');
	is(good(await resend.domains.get(list.data[0].id), 'it is shown').name,
	    list.data[0].name, 'by its id');
	refused(await resend.domains.get(unknown), 404, 'not_found',
	    'what is not there is not found');
}

async function logs() {
	refused(await resend.contacts.get('no-such-id'), 422,
	    'invalid_parameter',
	    'a request is refused');
	const list = good(await resend.logs.list({ limit: 5 }),
	    'the last requests are listed');
	const entry = list.data.find((l) => l.endpoint.includes('no-such-id'));
	is([entry?.method, entry?.response_status, entry?.user_agent],
	    ['GET', 422, 'resend-node:6.38.0'], 'with that one');
	is(good(await resend.logs.get(entry?.id), 'it is shown').response_body
	    ?.name, 'invalid_parameter', 'with the answer');
	const secret = good(await resend.apiKeys.create({ name: 'ac2' }),
	    'a secret is given out');
	const made = good(await resend.logs.list({ limit: 5 }),
	    'which is logged')
	    .data.find((l) => l.method === 'POST' &&
		l.endpoint === '/api-keys');
	const text = JSON.stringify(good(await resend.logs.get(made?.id),
	    'and shown'));
	ok(!text.includes(secret.token), 'without the secret');
}

async function usage() {
	const u = good(await resend.usage.get(), 'what is used is told');
	ok(u.contacts.used >= 0 && u.emails.monthly.limit === null,
	    'and that there is no limit');
}

for (const [path, test] of [['/domains', domains], ['/logs', logs],
	['/usage', usage]])
	if (await has_route('GET', path))
		await test();
	else
		skip(`GET ${path}`, 'there is no such endpoint');

refused(await resend.broadcasts.list(), 404, 'not_found',
    'there are no broadcasts');
refused(await resend.inboxes.list(), 404, 'not_found', 'nor inboxes');
refused(await resend.oauthGrants.list(), 404, 'not_found', 'nor grants');
await finish();
