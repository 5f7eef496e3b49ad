// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.templates
import { finish, good, mail_to, refused, resend } from './lab.mjs';
import { is, like } from './tap.mjs';

const made = good(await resend.templates.create({ name: 'Welcome',
	alias: 'tpl-welcome', from: 'Acme <hello@acme.example>',
	subject: 'Hi {{{NAME}}}', replyTo: 'help@acme.example',
	html: '<p>Hello {{{NAME}}}, {{{N}}} to go</p>',
	variables: [{ key: 'NAME', type: 'string', fallbackValue: 'you' },
		{ key: 'N', type: 'number', fallbackValue: 3 }] }).publish(),
'a template is made and published');
const shown = good(await resend.templates.get('tpl-welcome'),
    'it is shown by its alias');
is([shown.object, shown.id, shown.status, shown.subject, shown.from,
    shown.reply_to, shown.has_unpublished_versions],
['template', made.id, 'published', 'Hi {{{NAME}}}',
	'Acme <hello@acme.example>', ['help@acme.example'], false],
'as it was made');
is(shown.variables.map((v) => [v.key, v.type, v.fallback_value]),
    [['NAME', 'string', 'you'], ['N', 'number', 3]], 'with its variables');
is(good(await resend.templates.get(made.id), 'and by its id').id, made.id,
    'alike');

// ---- what is sent is what was published

const step = { key: 'mail', type: 'send_email', config: { template: {
	id: 'tpl-welcome', variables: { NAME: { var: 'event.name' } } } } };
const automation = good(await resend.automations.create({ name: 'tpl',
	status: 'enabled', steps: [{ key: 'start', type: 'trigger',
		config: { eventName: 'tpl.go' } }, step],
	connections: [{ from: 'start', to: 'mail' }] }),
	    'an automation uses it');
good(await resend.templates.update('tpl-welcome', { html: '<p>New</p>' }),
    'the draft is changed');
is(good(await resend.templates.get(made.id), 'which is').
    has_unpublished_versions, true, 'not what is sent');
good(await resend.events.send({ event: 'tpl.go', email: 'tpl1@clients.example',
	payload: { name: 'Ann' } }), 'an event comes');
const first = await mail_to('tpl1@clients.example');
is(first.headers.subject, 'Hi Ann', 'its subject is filled in');
is(first.headers['reply-to'], 'help@acme.example', 'and the reply address');
like(first.body, /Hello Ann, 3 to go/, 'the text is what was published');
good(await resend.templates.publish('tpl-welcome'), 'the draft is published');
good(await resend.events.send({ event: 'tpl.go',
	email: 'tpl2@clients.example' }), 'another event comes');
const second = await mail_to('tpl2@clients.example');
like(second.body, /New/, 'the text is the new one');
is(second.headers.subject, 'Hi you', 'with the fallback where there is none');
good(await resend.automations.remove(automation.id), 'the automation goes');

// ---- copies, lists, refusals

const copy = good(await resend.templates.duplicate('tpl-welcome'),
    'a template is copied');
const of_copy = good(await resend.templates.get(copy.id), 'the copy is shown');
is([of_copy.name, of_copy.status, of_copy.alias], ['Welcome copy', 'draft',
	null], 'as a draft of its own');
const list = good(await resend.templates.list({ limit: 2 }),
    'templates are listed');
is(list.data.map((t) => t.id), [copy.id, made.id], 'the newest first');
like(refused(await resend.templates.create({ name: 'x', html: '{{{A}}}',
	variables: [{ key: 'EMAIL', type: 'string' }] }), 422,
'validation_error', 'a reserved variable is refused'), /`EMAIL`/, 'by name');
refused(await resend.templates.get('no-such'), 404, 'not_found',
    'what is not there is not found');
is(good(await resend.templates.remove(copy.id), 'a template goes').deleted,
    true, 'and says so');
refused(await resend.templates.get(copy.id), 404, 'not_found',
    'it is not there any more');
await finish();
