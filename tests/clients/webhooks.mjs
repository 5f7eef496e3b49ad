// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.webhooks, and what they tell a small receiver of our own.
import http from 'node:http';
import { finish, good, needs, refused, resend, unknown, wait_for }
	from './lab.mjs';
import { is, like, ok } from './tap.mjs';

// Keeps what comes, and answers with answer().
class Receiver {
	constructor() {
		this.got = [];
		this.answer = () => 200;
		this.server = http.createServer(async (req, res) => {
			let payload = '';
			for await (const part of req)
				payload += part;
			const { 'svix-id': id, 'svix-timestamp': timestamp,
				'svix-signature': signature } = req.headers;
			this.got.push({ payload, event: JSON.parse(payload),
				headers: { id, timestamp, signature } });
			res.writeHead(this.answer(this.got.length));
			res.end('seen');
		});
	}

	async listen() {
		await new Promise((r) => this.server.listen(0, '127.0.0.1', r));
		return `http://127.0.0.1:${this.server.address().port}/hook`;
	}

	of(type) {
		return this.got.filter((g) => g.event.type === type);
	}
}

function verified(secret, { payload, headers }) {
	try {
		return resend.webhooks.verify({ payload, headers,
			webhookSecret: secret });
	} catch (e) {
		return String(e);
	}
}

async function delivered(receiver, endpoint) {
	const hook = good(await resend.webhooks.create({ endpoint,
		events: ['contact.created', 'email.sent'] }),
		    'a webhook is made');
	like(hook.signing_secret, /^whsec_/, 'with a secret');
	good(await resend.contacts.create({ email: 'wh1@clients.example',
		firstName: 'W' }), 'something happens');
	await wait_for('which is told', () => receiver.got.length > 0);
	const told = receiver.got[0];
	const event = verified(hook.signing_secret, told);
	is([event.type, event.data?.email, event.data?.first_name],
	    ['contact.created', 'wh1@clients.example', 'W'],
	    'as the client can verify');
	like(told.headers.id, /^msg_/, 'under an id');
	like(verified('whsec_c29tZXRoaW5nIGVsc2U=', told), /No matching/,
	    'and not by another secret');
	like(verified(hook.signing_secret, { ...told,
		payload: told.payload.replace('wh1', 'wh2') }), /No matching/,
	'nor of another text');
	good(await resend.contacts.update({ email: 'wh1@clients.example',
		lastName: 'X' }), 'what nobody asked for');
	return hook;
}

async function logged(receiver, hook) {
	const list = (await wait_for('what was told is listed', async () => {
		const { data } = await resend.webhooks.events.list({
			webhookId: hook.id, limit: 3 });
		return data?.data[0]?.status === 'success' && data;
	})) || { data: [] };
	is(list.data.map((e) => e.type), ['contact.created'],
	    'and nothing else');
	const of = { webhookId: hook.id, eventId: list.data[0]?.id };
	const event = good(await resend.webhooks.events.get(of), 'it is shown');
	is(event.payload?.data.email, 'wh1@clients.example',
	    'with what it said');
	const tries = good(await resend.webhooks.events.attempts.list(of),
	    'its attempts are listed');
	is(tries.data.map((a) => [a.http_status_code, a.response]),
	    [[200, 'seen']], 'with the answer');
	good(await resend.webhooks.events.replay(of), 'it is told once more');
	await wait_for('and comes', () => receiver.got.length === 2);
	is(receiver.got[1].headers.id, receiver.got[0].headers.id,
	    'under the same id');
}

async function retried(receiver) {
	receiver.got = [];
	receiver.answer = (n) => n === 1 ? 500 : 204;
	good(await resend.contacts.create({ email: 'wh3@clients.example' }),
	    'a receiver fails once');
	await wait_for('and is told again', () => receiver.got.length === 2);
	is(receiver.got[1].headers.id, receiver.got[0].headers.id,
	    'under the same id');
	receiver.answer = () => 204;
}

async function rotated(receiver, hook) {
	receiver.got = [];
	const fresh = good(await resend.webhooks.rotateSigningSecret(hook.id),
	    'the secret is changed');
	ok(fresh.signing_secret !== hook.signing_secret, 'to another');
	good(await resend.contacts.create({ email: 'wh4@clients.example' }),
	    'something happens');
	await wait_for('which is told', () => receiver.got.length === 1);
	for (const secret of [hook.signing_secret, fresh.signing_secret])
		is(verified(secret, receiver.got[0]).type, 'contact.created',
		    'signed with both');
}

async function managed(receiver, hook, endpoint) {
	const shown = good(await resend.webhooks.get(hook.id), 'it is shown');
	is([shown.object, shown.endpoint, shown.status,
	    shown.events.toSorted()],
	    ['webhook', endpoint, 'enabled', ['contact.created', 'email.sent']],
	    'as it was made');
	good(await resend.webhooks.update(hook.id, { status: 'disabled' }),
	    'it is disabled');
	is(good(await resend.webhooks.list(), 'which the list').data
	    .find((w) => w.id === hook.id)?.status, 'disabled', 'says, too');
	receiver.got = [];
	good(await resend.contacts.create({ email: 'wh5@clients.example' }),
	    'what happens then');
	good(await resend.webhooks.update(hook.id, { status: 'enabled',
		events: ['contact.deleted'] }),
		    'it is enabled for something else');
	good(await resend.contacts.remove('wh5@clients.example'),
	    'that happens');
	await wait_for('it is told', () =>
	    receiver.of('contact.deleted').length);
	is(receiver.of('contact.created'), [], 'was not told');
	refused(await resend.webhooks.create({ endpoint: 'ftp://x/y',
		events: ['email.sent'] }), 422, 'validation_error',
	'an endpoint is http or https');
	refused(await resend.webhooks.create({ endpoint, events: [] }), 422,
	    'validation_error', 'and asks for something');
	refused(await resend.webhooks.create({ endpoint,
	    events: ['email.lost'] }),
	    422, 'validation_error', 'that there is');
	refused(await resend.webhooks.get(unknown), 404, 'not_found',
	    'what is not there is not found');
	is(good(await resend.webhooks.remove(hook.id), 'it goes').deleted, true,
	    'and says so');
	refused(await resend.webhooks.get(hook.id), 404, 'not_found',
	    'it is not there any more');
}

if (await needs('POST', '/webhooks')) {
	const receiver = new Receiver();
	const endpoint = await receiver.listen();
	const hook = await delivered(receiver, endpoint);
	await logged(receiver, hook);
	await retried(receiver);
	await rotated(receiver, hook);
	await managed(receiver, hook, endpoint);
	receiver.server.close();
	receiver.server.closeAllConnections();
	await finish();
}
