// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// The official command line: what it prints, and what it did.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, finish, good, has_route, key, mail_to, resend, wait_for }
	from './lab.mjs';
import { is, like, ok, skip } from './tap.mjs';

const dir = mkdtempSync(join(tmpdir(), 'postflow-cli.'));
function file(name, content) {
	const path = join(dir, name);
	writeFileSync(path, typeof content === 'string' ? content
	    : JSON.stringify(content));
	return path;
}

// Runs a command that must do well; what it prints as JSON.
async function run(...args) {
	const { code, out, err, json } = await cli(args);
	ok(code === 0 && json !== undefined,
	    `resend ${args.slice(0, 3).join(' ')}`,
	    `status ${code}`, out, err);
	return json ?? {};
}

// Runs one that must fail; the message.
async function fails(...args) {
	const { code, err } = await cli(args);
	is(code, 1, `resend ${args.slice(0, 3).join(' ')} fails`);
	return err;
}

// ---- who one is

async function login() {
	const home = { XDG_CONFIG_HOME: dir, RESEND_API_KEY: '' };
	const stored = () => JSON.parse(readFileSync(
	    join(dir, 'resend/credentials.json'))).profiles.default;
	const { code } = await cli(['login', '--key', key,
		'--insecure-storage'], home);
	is([code, stored().permission], [0, 'full_access'], 'one logs in');
	is((await cli(['segments', 'list'], home)).code, 0,
	    'and is known then');
	const wrong = await cli(['login', '--key', 're_nobodys'], home);
	is(wrong.code, 1, 'but not with any key');
	like(wrong.err + wrong.out, /API key is invalid/, 'which is said');
	const made = good(await resend.apiKeys.create({ name: 'cli',
		permission: 'sending_access' }), 'a key may only send');
	const sending = await cli(['login', '--key', made.token,
		'--insecure-storage'], home);
	is([sending.code, stored().permission], [0, 'sending_access'],
	    'and logs in as such');
	good(await resend.apiKeys.remove(made.id), 'it goes');
	const doctor = await cli(['doctor']);
	is(doctor.code, 0, 'the doctor is content');
	like(doctor.out, /"API Key"|API key/i, 'with the key');
}
if (await has_route('GET', '/domains'))
	await login();
else
	skip('login and doctor', 'there is no GET /domains');

// ---- an automation from files to its runs

await run('templates', 'create', '--name', 'CLI', '--alias', 'cli-mail',
    '--html', '<p>Hi {{{NAME}}}</p>', '--subject', 'Hi {{{NAME}}}', '--from',
    'Acme <a@acme.example>', '--reply-to', 'r@acme.example', '--var',
    'NAME:string:you');
await run('templates', 'publish', 'cli-mail');
is((await run('templates', 'get', 'cli-mail')).status, 'published',
    'the template is published');
const graph = { name: 'Camel', status: 'enabled', steps: [
	{ key: 'start', type: 'trigger', config: { eventName: 'cli.go' } },
	{ key: 'mail', type: 'send_email', config: { template: {
		id: 'cli-mail', variables: { NAME: { var: 'event.name' } } },
	replyTo: 'x@acme.example' } },
	{ key: 'd', type: 'delay', config: { duration: '5m' } }],
connections: [{ from: 'start', to: 'mail' }, { from: 'mail', to: 'd' }] };
const { id } = await run('automations', 'create', '--file',
    file('camel.json', graph));
const shown = await run('automations', 'get', id);
is([shown.name, shown.status, shown.steps?.map((s) => s.key)], ['Camel',
	'enabled', ['start', 'mail', 'd']], 'it is as the file says');
await run('events', 'create', '--name', 'cli.go', '--schema',
    '{"name":"string"}');
is((await run('events', 'get', 'cli.go')).schema, { name: 'string' },
    'its event has a schema');
const email = 'steve+cli@clients.example';
is((await run('events', 'send', '--event', 'cli.go', '--email', email,
    '--payload', '{"name":"Cleo"}')).event, 'cli.go', 'the event is sent');
const mail = await mail_to(email);
is([mail.headers.subject, mail.headers['reply-to']], ['Hi Cleo',
	'x@acme.example'], 'the mail is right');
const running = (await wait_for('its run is listed', async () =>
	(await cli(['automations', 'runs', 'list', id, '--status', 'running']))
	    .json?.data[0])) || {};
const at = await run('automations', 'runs', 'get', '--automation-id', id,
    '--run-id', running.id);
is(at.steps?.map((s) => s.status), ['completed', 'completed', 'waiting'],
    'and shown with its steps');
is((await run('automations', 'list', '--limit', '1')).data?.[0].id, id,
    'automations are listed');
is((await run('automations', 'stop', id)).status, 'disabled', 'it is stopped');
await run('automations', 'update', id, '--status', 'enabled');
const copy = await run('automations', 'duplicate', id);
for (const one of [id, copy.id])
	await run('automations', 'delete', one, '--yes');
like(await fails('automations', 'get', id), /Automation not found/,
    'it is gone');

// A file in the case of the REST API loses what it says on the way.
const snake = { name: 'Snake', steps: [{ key: 'start', type: 'trigger',
	config: { event_name: 'cli.go' } }, { key: 's', type: 'add_to_segment',
	config: { segment_id: 'x' } }], connections: [{ from: 'start',
	    to: 's' }] };
like(await fails('automations', 'create', '--file', file('snake.json', snake)),
    /start.*event_name.*eventName/, 'a file in snake case is explained');

// ---- people

await run('events', 'update', 'cli.go', '--schema', 'null');
await run('events', 'list');
await run('events', 'delete', 'cli.go', '--yes');
const segment = await run('segments', 'create', '--name', 'CLI');
await run('segments', 'update', segment.id, '--name', 'CLI 2');
is((await run('segments', 'get', segment.id)).name, 'CLI 2',
    'a segment is renamed');
const topic = await run('topics', 'create', '--name', 'CLI',
    '--default-subscription', 'opt_in', '--description', 'd');
await run('topics', 'update', topic.id, '--name', 'CLI 2');
ok((await run('topics', 'list')).data?.some((t) => t.name === 'CLI 2'),
    'a topic is renamed');
const contact = await run('contacts', 'create', '--email', 'cli@c.example',
    '--first-name', 'A', '--properties', '{"plan":"pro"}', '--segment-id',
    segment.id);
await run('contacts', 'update', 'cli@c.example', '--unsubscribed',
    '--properties', '{"plan":null}');
const person = await run('contacts', 'get', contact.id);
is([person.unsubscribed, person.properties], [true, {}],
    'a contact is changed');
is((await run('segments', 'contacts', segment.id)).data?.map((c) => c.id),
    [contact.id], 'it is in its segment');
is((await run('contacts', 'segments', 'cli@c.example')).data?.map((s) => s.id),
    [segment.id], 'which it lists');
await run('contacts', 'remove-segment', 'cli@c.example', segment.id);
await run('contacts', 'add-segment', 'cli@c.example', '--segment-id',
    segment.id);
await run('contacts', 'update-topics', 'cli@c.example', '--topics',
    JSON.stringify([{ id: topic.id, subscription: 'opt_out' }]));
is((await run('contacts', 'topics', 'cli@c.example')).data
    ?.find((t) => t.id === topic.id)?.subscription, 'opt_out',
'it chose a topic');
ok((await run('contacts', 'list', '--limit', '3')).data?.length > 0,
    'contacts are listed');
await run('contacts', 'delete', 'cli@c.example', '--yes');
await run('segments', 'list');
await run('segments', 'delete', segment.id, '--yes');
await run('topics', 'delete', topic.id, '--yes');
const property = await run('contact-properties', 'create', '--key', 'cli_plan',
    '--type', 'string', '--fallback-value', 'free');
await run('contact-properties', 'update', property.id, '--fallback-value', 'x');
is((await run('contact-properties', 'get', property.id)).fallbackValue, 'x',
    'a property has its fallback');
await run('contact-properties', 'update', property.id,
    '--clear-fallback-value');
await run('contact-properties', 'list');
await run('contact-properties', 'delete', property.id, '--yes');
await run('templates', 'update', 'cli-mail', '--name', 'CLI 2');
await run('templates', 'duplicate', 'cli-mail');
await run('templates', 'list');
await run('templates', 'delete', 'cli-mail', '--yes');
await run('emails', 'list', '--limit', '2');

// ---- what an app sends itself, and what is told

async function emails() {
	const sent = await run('emails', 'send', '--from', 'a@acme.example',
	    '--to', 'cli1@clients.example', '--subject', 's', '--text', 't',
	    '--tags', 'a=b');
	is((await mail_to('cli1@clients.example')).headers.subject, 's',
	    'a mail is sent');
	is((await run('emails', 'get', sent.id)).subject, 's', 'and shown');
	const later = await run('emails', 'send', '--from', 'a@acme.example',
	    '--to', 'cli2@clients.example', '--subject', 's', '--text', 't',
	    '--scheduled-at', 'in 1 hour');
	await run('emails', 'update', later.id, '--scheduled-at',
	    new Date(Date.now() + 7200000).toISOString());
	await run('emails', 'cancel', later.id);
	await run('emails', 'batch', '--file', file('batch.json', [{
		from: 'a@acme.example', to: ['cli3@clients.example'],
		subject: 's3', text: 't' }]));
	is((await mail_to('cli3@clients.example')).headers.subject, 's3',
	    'many are sent');
}

async function webhooks() {
	const endpoint = 'https://127.0.0.1:9/h';
	const hook = await run('webhooks', 'create', '--endpoint', endpoint,
	    '--events', 'all');
	like(hook.signing_secret ?? '', /^whsec_/, 'a webhook has a secret');
	await run('webhooks', 'list');
	is((await run('webhooks', 'get', hook.id)).events?.length, 19,
	    'it asks for all');
	await run('webhooks', 'update', hook.id, '--status', 'disabled');
	await run('webhooks', 'rotate-signing-secret', hook.id);
	await run('webhooks', 'events', 'list', hook.id);
	await run('webhooks', 'delete', hook.id, '--yes');
}

async function suppressions() {
	const made = await run('suppressions', 'add', 'clis@clients.example');
	is((await run('suppressions', 'get', 'clis@clients.example')).id,
	    made.id,
	    'an address is suppressed');
	await run('suppressions', 'list');
	await run('suppressions', 'batch', 'add', '--file',
	    file('emails.json', ['clit@clients.example']));
	await run('suppressions', 'batch', 'remove', '--file',
	    file('emails.json', ['clit@clients.example']));
	await run('suppressions', 'delete', 'clis@clients.example', '--yes');
}

async function imports() {
	const made = await run('contacts', 'imports', 'create', '--file',
	    file('c.csv', 'email\ncli4@clients.example\n'), '--on-conflict',
	    'upsert');
	await wait_for('an import ends', async () => (await cli(['contacts',
		'imports', 'get', made.id])).json?.status === 'completed');
	await run('contacts', 'imports', 'list');
}

for (const [method, path, test] of [['POST', '/emails', emails],
	['POST', '/webhooks', webhooks], ['POST', '/suppressions',
	    suppressions],
	['POST', '/contacts/imports', imports],
	['GET', '/logs', () => run('logs', 'list')],
	['GET', '/domains', () => run('domains', 'list')]])
	if (await has_route(method, path))
		await test();
	else
		skip(`${method} ${path}`, 'there is no such endpoint');
rmSync(dir, { recursive: true });
await finish();
