// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.automations.runs: waits, branches, changes, and what ends a run.
import { finish, good, mails_to, resend, wait_for } from './lab.mjs';
import { is, ok } from './tap.mjs';

const start = (eventName) => ({ key: 'start', type: 'trigger',
	config: { eventName } });
const template = good(await resend.templates.create({ name: 'ru',
	from: 'Acme <hello@acme.example>', subject: 's', html: '<p>h</p>' })
    .publish(), 'there is a template');
const segment = good(await resend.segments.create({ name: 'ru' }),
    'and a segment');
const steps = [start('ru.go'),
	{ key: 'w', type: 'wait_for_event', config: { eventName: 'ru.paid',
		filterRule: { type: 'rule', field: 'event.status',
			operator: 'eq', value: 'ok' } } },
	{ key: 'c', type: 'condition', config: { type: 'rule',
		field: 'contact.properties.plan', operator: 'eq',
		    value: 'pro' } },
	{ key: 'u', type: 'contact_update', config: {
		firstName: { var: 'event.name' }, properties: { vip: true,
			company: { var: 'event.company' } } } },
	{ key: 's', type: 'add_to_segment', config: {
	    segmentId: segment.id } }];
const connections = [{ from: 'start', to: 'w' },
	{ from: 'w', to: 'c', type: 'event_received' },
	{ from: 'c', to: 'u', type: 'condition_met' },
	{ from: 'c', to: 's', type: 'condition_not_met' }];
const branching = good(await resend.automations.create({ name: 'Runs',
	status: 'enabled', steps, connections }),
	    'an automation waits and branches');
const of_branching = async (who) => {
	const { data } = await resend.automations.runs.list({
		automationId: branching.id, limit: 100 });
	const { data: contact } = await resend.contacts.get(who);
	const id = data?.data.find((r) => r.contact_id === contact?.id)?.id;
	return id === undefined ? undefined : (await resend.automations.runs
	    .get({ automationId: branching.id, runId: id })).data;
};
const waits = async (who) => (await of_branching(who))?.steps[1].status ===
    'waiting';
const ends = async (who) => {
	const r = await of_branching(who);
	return r?.status === 'completed' && r;
};
good(await resend.contacts.create({ email: 'pro@ru.clients.example',
	properties: { plan: 'pro' } }), 'there is one with a plan');
good(await resend.events.send({ event: 'ru.paid',
	email: 'pro@ru.clients.example', payload: { status: 'ok' } }),
'what happened before does not count');
for (const who of ['pro@ru.clients.example', 'free@ru.clients.example']) {
	good(await resend.events.send({ event: 'ru.go', email: who,
		payload: { name: 'Pia', amount: 100, company: 'Acme' } }),
	`${who} enters`);
	await wait_for('and waits', () => waits(who));
	good(await resend.events.send({ event: 'ru.paid', email: who,
		payload: { status: 'no' } }), 'an event that does not fit');
	is(await waits(who), true, 'is not what it waits for');
	good(await resend.events.send({ event: 'ru.paid', email: who,
		payload: { status: 'ok' } }), 'one that fits');
	await wait_for('lets it go on', () => ends(who));
}
is((await of_branching('pro@ru.clients.example')).steps.map((s) => s.status),
    ['completed', 'completed', 'completed', 'completed', 'skipped'],
    'one way out is taken');
is((await of_branching('free@ru.clients.example')).steps.map((s) => s.status),
    ['completed', 'completed', 'completed', 'skipped', 'completed'],
    'or the other');
const pro = good(await resend.contacts.get('pro@ru.clients.example'),
    'the contact');
is([pro.first_name, pro.properties.vip?.value, pro.properties.company?.value],
    ['Pia', true, 'Acme'], 'was changed');
is((await resend.contacts.list({ segmentId: segment.id })).data.data
    .map((c) => c.email), ['free@ru.clients.example'],
'or put into the segment');

// ---- unsubscribed on the way

const bye = good(await resend.automations.create({ name: 'Bye',
	status: 'enabled', steps: [start('ru.bye'), { key: 'w',
		type: 'wait_for_event', config: { eventName: 'ru.late' } },
	{ key: 'mail', type: 'send_email', config: { template: {
		id: template.id } } }, { key: 'u', type: 'contact_update',
		config: { firstName: 'Bye' } }],
	connections: [{ from: 'start', to: 'w' }, { from: 'w', to: 'mail' },
		{ from: 'mail', to: 'u' }] }), 'one that sends late');
const bob = 'bob@ru.clients.example';
good(await resend.events.send({ event: 'ru.bye', email: bob }), 'one enters');
await wait_for('who is a contact', async () =>
	(await resend.contacts.get(bob)).data);
good(await resend.contacts.update({ email: bob, unsubscribed: true }),
    'and unsubscribes');
good(await resend.events.send({ event: 'ru.late', email: bob }), 'it goes on');
await wait_for('to the end', async () => (await resend.contacts.get(bob))
    .data?.first_name === 'Bye');
const bye_run = (await resend.automations.runs.list({
	automationId: bye.id })).data.data[0];
const bye_steps = good(await resend.automations.runs.get({
	automationId: bye.id, runId: bye_run.id }), 'its run').steps;
is(bye_steps.map((s) => s.status), ['completed', 'completed', 'skipped',
	'completed'], 'skipped the mail and nothing else');
is(bye_steps[2].output, { reason: 'unsubscribed' }, 'and says why');
is(mails_to(bob), [], 'nothing was sent');

// ---- what did not come in time

const wait = { key: 'w', type: 'wait_for_event', config: {
	eventName: 'ru.never', timeout: '1 second' } };
const late = { key: 'late', type: 'contact_update', config: {
	firstName: 'Late' } };

// How a graph's one run ends: its steps.
async function end_of(name, graph) {
	const a = good(await resend.automations.create({ name,
	    status: 'enabled',
		...graph }), `${name}: it is made`);
	good(await resend.events.send({ event: name,
		email: `${name}@ru.clients.example` }), 'one enters');
	const ended = await wait_for('and comes to the end', async () =>
		(await resend.automations.runs.list({ automationId: a.id,
			status: 'completed' })).data?.data[0]);
	const { data } = await resend.automations.runs.get({
		automationId: a.id, runId: ended?.id });
	good(await resend.automations.remove(a.id), 'it goes');
	return data?.steps ?? [];
}

const timed_out = await end_of('ru.timeout', { steps: [start('ru.timeout'),
	wait, late], connections: [{ from: 'start', to: 'w' },
	{ from: 'w', to: 'late', type: 'timeout' }] });
is(timed_out.map((s) => s.status), ['completed', 'completed', 'completed'],
    'a wait that times out goes the way of that');
const nowhere = await end_of('ru.nowhere', { steps: [start('ru.nowhere'), wait,
	late], connections: [{ from: 'start', to: 'w' },
	{ from: 'w', to: 'late', type: 'event_received' }] });
is(nowhere.map((s) => s.status), ['completed', 'completed', 'skipped'],
    'or ends, if there is none');
is(nowhere[1]?.output?.timed_out, true, 'and says so');

// ---- who is gone

const gone = await end_of('ru.gone', { steps: [start('ru.gone'),
	{ key: 'x', type: 'contact_delete', config: {} }, late],
connections: [{ from: 'start', to: 'x' }, { from: 'x', to: 'late' }] });
is(gone.map((s) => s.status), ['completed', 'completed', 'skipped'],
    'what follows the deletion of a contact is skipped');
is((await resend.contacts.get('ru.gone@ru.clients.example')).error?.statusCode,
    404, 'who is gone');
ok((await resend.contacts.get('ru.timeout@ru.clients.example')).data
    ?.first_name === 'Late', 'unlike others');
for (const { id } of [branching, bye])
	good(await resend.automations.remove(id), 'an automation goes');
await finish();
