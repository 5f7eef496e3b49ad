// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// The requests of recorded.tsv, made whole: each {name} in them becomes the id,
// alias or address of something that is made for that request alone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, here, key } from './lab.mjs';

// Not one that a run before used.
let number = 100000000 + Date.now() % 100000000;

export function rows() {
	return readFileSync(join(here, 'recorded.tsv'), 'utf8').split('\n')
	    .filter((l) => l !== '' && l[0] !== '#').map((line) => {
		const [client, method, path, status, members, headers, body] =
		    line.split('\t');
		return { client, method, path, status: Number(status),
			members: members.split(' '),
			headers: headers === '-' ? [] : headers.split('|'),
			body: body === '-' ? '' : body
			    .replaceAll('\\r', '\r').replaceAll('\\n', '\n') };
	});
}

async function made(path, body, headers) {
	const answer = await ask('POST', path, body, headers);
	return answer.body.id;
}

const graph = { name: 'R', status: 'disabled', connections: [], steps: [
	{ key: 'start', type: 'trigger', config: {
	    event_name: 'recorded' } }] };
const mail = (n) => ({ from: 'a@b.co', to: `r${n}@b.co`, subject: 's',
	text: 't', scheduled_at: 'in 1 hour' });

// By name; own is what was made for the same request before.
const makers = {
	n: (n) => n,
	soon: () => new Date(Date.now() + 3600000).toISOString(),
	automation: () => made('/automations', graph),
	run: (n, own) => made(`/automations/${own.automation}/runs`,
	    { email: `run${n}@b.co` }),
	contact: (n) => made('/contacts', { email: `c${n}@b.co` }),
	person: async (n) => {
		await made('/contacts', { email: `a.${n}@b.co` });
		return `a.${n}@b.co`;
	},
	steve: async (n) => {
		await made('/contacts', { email: `steve+tag${n}@example.com` });
		return `steve+tag${n}@example.com`;
	},
	segment: () => made('/segments', { name: 'R' }),
	topic: () => made('/topics', { name: 'R',
	    default_subscription: 'opt_in' }),
	property: (n) => made('/contact-properties', { key: `r_${n}`,
		type: 'string' }),
	template: () => made('/templates', { name: 'R', html: 'h' }),
	welcome: async (n) => {
		await made('/templates', { name: 'R', alias: `welcome-${n}`,
			html: '{{{NAME}}}', subject: 's', from: 'a@b.co',
			variables: [{ key: 'NAME', type: 'string',
				fallback_value: 'you' }, { key: 'N',
				    type: 'number',
				fallback_value: 1 }] });
		await made(`/templates/welcome-${n}/publish`);
		return `welcome-${n}`;
	},
	event: (n) => made('/events', { name: `event${n}` }),
	created: async (n) => {
		await made('/events', { name: `user.created.${n}` });
		return `user.created.${n}`;
	},
	signed_up: async (n) => {
		await made('/events', { name: `user.signed_up.${n}` });
		return `user.signed_up.${n}`;
	},
	slashed: async (n) => {
		await made('/events', { name: `user created/x${n}` });
		return `user%20created%2Fx${n}`;
	},
	webhook: () => made('/webhooks', { endpoint: 'http://127.0.0.1:9/',
		events: ['contact.created'] }),
	webhook_event: async (n, own) => {
		await made('/contacts', { email: `hook${n}@b.co` });
		return (await ask('GET',
		    `/webhooks/${own.webhook}/events`)).body
		    .data?.[0]?.id;
	},
	email: (n) => made('/emails', mail(n)),
	suppressed: async (n) => {
		await made('/suppressions', { email: `a+b${n}@c.d` });
		return `a%2Bb${n}%40c.d`;
	},
	import: async () => {
		const form = new FormData();
		form.append('file', new Blob(['email\nimport@b.co\n']),
		    'c.csv');
		const answer = await fetch(`${process.env.RESEND_BASE_URL}` +
		    '/contacts/imports', { method: 'POST', body: form,
			headers: { Authorization: `Bearer ${key}` } });
		return (await answer.json()).id;
	},
};

// A row with everything in it that it names.
export async function whole(row) {
	const n = ++number;
	const own = {};
	const fill = async (text) => {
		for (const [all, name] of text.matchAll(/\{([a-z_]+)\}/g)) {
			if (makers[name] === undefined)
				continue;
			own[name] ??= await makers[name](n, own);
			text = text.replaceAll(all, own[name]);
		}
		return text;
	};
	return { ...row, path: await fill(row.path), body: await fill(row.body),
		headers: await Promise.all(row.headers.map(fill)) };
}
