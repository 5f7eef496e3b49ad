// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.events
import { ask, finish, good, refused, resend, unknown, wait_for }
	from './lab.mjs';
import { is, like } from './tap.mjs';

const name = 'ev created/x';
const made = good(await resend.events.create({ name, schema: { plan: 'string',
	n: 'number', b: 'boolean', d: 'date' } }), 'an event is defined');
const shown = good(await resend.events.get(name), 'it is shown by its name');
is([shown.object, shown.id, shown.name, shown.schema], ['event', made.id, name,
	{ plan: 'string', n: 'number', b: 'boolean', d: 'date' }],
'as it was defined');
is(good(await resend.events.get(made.id), 'and by its id').name, name, 'alike');
is(good(await resend.events.list({ limit: 3 }), 'definitions are listed')
    .data[0].name, name, 'the newest first');
refused(await resend.events.create({ name }), 422, 'validation_error',
    'a name is defined once');
refused(await resend.events.create({ name: 'resend:mine' }), 422,
    'validation_error', 'what is reserved is refused');

// ---- what may be in it

const email = 'steve+ev@clients.example';
const sent = good(await resend.events.send({ event: name, email,
	payload: { plan: 5, n: '49.9', b: 'true', d: '2026-11-24' } }),
'an event is converted where that loses nothing');
is([sent.object, sent.event], ['event', name], 'and accepted');
like(refused(await resend.events.send({ event: name, email,
	payload: { n: 'many' } }), 422, 'validation_error',
'but not where it would'), /`?n`?/, 'naming the field');
good(await resend.events.update(name, { schema: null }),
    'the schema is taken away');
good(await resend.events.send({ event: name, email, payload: { n: 'many',
	nested: { a: [1, 2] } } }), 'anything passes then');

// ---- who it is about

const contact = async () => resend.contacts.get(email);
refused(await contact(), 404, 'not_found',
    'a stranger whom nothing happens to stays one');
const automation = good(await resend.automations.create({ name: 'ev',
	status: 'enabled', steps: [{ key: 'start', type: 'trigger',
		config: { eventName: name } }], connections: [] }),
'an automation listens');
const outcome = good(await resend.events.send({ event: name, email,
	payload: { n: 1 } }), 'an event comes');
const steve = (await wait_for('the stranger is a contact now', async () =>
	(await contact()).data)) || {};
is((await ask('GET', `/events/${outcome.id}/outcome`)).body.outcome,
    'started', 'for it started something');
good(await resend.events.send({ event: name, contactId: steve.id }),
    'a contact may be named by its id');
await wait_for('which starts a run, too', async () =>
	(await resend.automations.runs.list({ automationId: automation.id }))
	    .data?.data.length === 2);
is(refused(await resend.events.send({ event: name, contactId: unknown }), 404,
    'not_found', 'but not by one that is nobody\'s'), 'Contact not found',
'in as many words');
refused(await resend.events.send({ event: name }), 422, 'validation_error',
    'somebody must be named');
is((await ask('POST', '/events/send', { event: name, email,
	contact_id: steve.id })).body.name, 'validation_error',
'and not in two ways');

// ---- once

const once = { event: name, email, payload: { n: 2 } };
const first = good(await resend.events.send(once, { idempotencyKey: 'ev-1' }),
    'an event with a key is accepted');
const second = good(await resend.events.send(once, { idempotencyKey: 'ev-1' }),
    'and once more');
is(second.id, first.id, 'which was the same');
is((await resend.automations.runs.list({ automationId: automation.id }))
    .data?.data.length, 3, 'and counted once');
refused(await resend.events.send({ ...once, payload: {} },
    { idempotencyKey: 'ev-1' }), 409, 'invalid_idempotent_request',
'another event is refused');

// ---- many at once, which is ours

const batch = await ask('POST', '/events/send/batch', [{ event: 'ev.b', email },
	{ event: 'ev.b' }, { event: 'ev.b', email }]);
is([batch.status, batch.body.data.map((d) => d.object ?? d.name)], [202,
	['event', 'validation_error', 'event']], 'a batch tells of each');
is((await ask('POST', '/events/send/batch', [{ event: 'ev.b', email },
	{ event: 'ev.b' }], { 'x-batch-validation': 'strict' })).status, 422,
'a strict one is all or nothing');

is(good(await resend.events.remove(name), 'a definition goes').deleted, true,
    'and says so');
refused(await resend.events.get(name), 404, 'not_found',
    'it is not there any more');
good(await resend.automations.remove(automation.id), 'the automation goes');
await finish();
