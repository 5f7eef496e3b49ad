// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.automations: graphs, and what may be done with them.
import { ask, finish, good, mail_to, refused, resend, wait_for }
	from './lab.mjs';
import { is, like, ok } from './tap.mjs';

const start = (eventName) => ({ key: 'start', type: 'trigger',
	config: { eventName } });
const template = good(await resend.templates.create({ name: 'au',
	alias: 'au-mail', from: 'Acme <hello@acme.example>',
	subject: 'Hi {{{NAME|there}}}', html: '<p>{{{NAME|there}}}</p>' })
    .publish(), 'there is a template');
const segment = good(await resend.segments.create({ name: 'au' }),
    'and a segment');
const topic = good(await resend.topics.create({ name: 'au',
	defaultSubscription: 'opt_in' }), 'and a topic');

// ---- every type of step, written and read back

const steps = [start('au.all'),
	{ key: 'welcome', type: 'send_email', config: { template: {
		id: 'au-mail', variables: { NAME: { var: 'event.name' } } },
		subject: 'Hi', from: 'Acme <a@acme.example>',
		replyTo: 's@acme.example', topicId: topic.id } },
	{ key: 'd', type: 'delay', config: { duration: '12 days' } },
	{ key: 'w', type: 'wait_for_event', config: { eventName: 'au.paid',
		timeout: '1 hour', filterRule: { type: 'rule',
			field: 'event.status', operator: 'eq',
			    value: 'ok' } } },
	{ key: 'c', type: 'condition', config: { type: 'and', rules: [
		{ type: 'rule', field: 'contact.properties.plan',
			operator: 'eq', value: 'pro' },
		{ type: 'or', rules: [{ type: 'rule', field: 'event.amount',
			operator: 'gte', value: 100 }, { type: 'rule',
			field: 'event.note', operator: 'exists' }] }] } },
	{ key: 'u', type: 'contact_update', config: {
		firstName: { var: 'event.name' }, lastName: null,
		unsubscribed: false, properties: { vip: true,
			company: { var: 'event.company' } } } },
	{ key: 's', type: 'add_to_segment', config: { segmentId: segment.id } },
	{ key: 'x', type: 'contact_delete', config: {} }];
const connections = [{ from: 'start', to: 'welcome' },
	{ from: 'welcome', to: 'd', type: 'default' }, { from: 'd', to: 'w' },
	{ from: 'w', to: 'c', type: 'event_received' },
	{ from: 'w', to: 'x', type: 'timeout' },
	{ from: 'c', to: 'u', type: 'condition_met' },
	{ from: 'c', to: 's', type: 'condition_not_met' }];
const all = good(await resend.automations.create({ name: 'All of it',
	status: 'enabled', steps, connections }),
	    'every type of step is taken');
const shown = good(await resend.automations.get(all.id), 'and shown');
is([shown.object, shown.name, shown.status], ['automation', 'All of it',
	'enabled'], 'under its name');
is(shown.steps.map((s) => s.key), steps.map((s) => s.key), 'in its order');
is(shown.steps[2].config, { duration: '12 days' },
    'with durations as they were written');
is(shown.steps[3].config.filter_rule.value, 'ok', 'and rules');
is(shown.steps[1].config.reply_to, 's@acme.example', 'and senders');
is(shown.connections.map((c) => c.type), ['default', 'default', 'default',
	'event_received', 'timeout', 'condition_met', 'condition_not_met'],
'and the type of each connection');

// ---- what happens

const email = 'ann@au.clients.example';
good(await resend.events.send({ event: 'au.all', email,
	payload: { name: 'Ann' } }), 'an event comes');
const mail = await mail_to(email);
is([mail.headers.subject, mail.headers['reply-to']], ['Hi', 's@acme.example'],
    'what the step says goes over the template');
like(mail.body, /Ann/, 'which is filled in');
ok(mail.headers['list-unsubscribe'] !== undefined &&
    mail.headers['list-unsubscribe-post'] === 'List-Unsubscribe=One-Click',
'it can be unsubscribed from with one click');
const run = (await wait_for('the run waits', async () => {
	const { data } = await resend.automations.runs.list({
		automationId: all.id, status: ['running', 'failed'] });
	return data?.data[0];
})) || {};
const at_delay = (await wait_for('at the delay', async () => {
	const { data } = await resend.automations.runs.get({
		automationId: all.id, runId: run.id });
	return data?.steps[2].status === 'waiting' && data;
})) || { steps: [] };
is(at_delay.steps.map((s) => s.status), ['completed', 'completed', 'waiting',
	'pending', 'pending', 'pending', 'pending', 'pending'],
'and each step says how it stands');
is([at_delay.steps[1]?.output.to, at_delay.steps[1]?.output.template.id],
    [email, template.id], 'and what came of it');
is((await resend.automations.runs.list({ automationId: all.id,
	status: ['completed', 'failed'] })).data.data, [],
'runs are listed by their status');

// ---- changing, stopping, copying

good(await resend.automations.update(all.id, { name: 'N' }),
    'an automation is renamed');
refused(await resend.automations.update(all.id, { steps: [start('e')],
	connections: [] }), 422, 'validation_error',
'the graph of an enabled one stays');
is(good(await resend.automations.stop(all.id), 'it is stopped').status,
    'disabled', 'and says so');
is((await resend.automations.runs.get({ automationId: all.id,
	runId: run.id })).data.status, 'running', 'its run goes on');
good(await resend.automations.update(all.id, { steps: [start('e')],
	connections: [] }), 'its graph may be changed then');
is(good(await resend.automations.get(all.id), 'which is').steps.length, 1,
    'another');
good(await resend.automations.update(all.id, { status: 'enabled' }),
    'it is enabled');
const copy = good(await resend.automations.duplicate(all.id), 'and copied');
const of_copy = good(await resend.automations.get(copy.id), 'the copy');
is([of_copy.name, of_copy.status], ['N copy', 'disabled'], 'is a draft');
const page = good(await resend.automations.list({ limit: 1, after: copy.id,
	status: 'enabled' }), 'enabled ones are listed');
is(page.data.map((a) => a.id), [all.id], 'page by page');

// ---- what is refused, and how

const refuse = async (what, graph, text) => like(refused(
    await resend.automations.create({ name: 'R', connections: [], ...graph }),
    422, 'validation_error', what), text, 'naming step and field');
await refuse('a delay beyond 30 days', { steps: [start('e'), { key: 'd',
	type: 'delay', config: { duration: '31 days' } }],
	connections: [{ from: 'start', to: 'd' }] }, /`d`.*31 days/);
// The client does not let this through as it is.
const quack = await ask('POST', '/automations', { name: 'R', steps: [
	{ key: 'start', type: 'trigger', config: { event_name: 'e' } },
	{ key: 'q', type: 'quack', config: {} }], connections: [] });
is([quack.status, quack.body.name], [422, 'validation_error'],
    'a step of no known type');
like(quack.body.message, /`q`.*`quack`/, 'naming step and field');
await refuse('a second trigger', { steps: [start('e'), { ...start('f'),
	key: 'start2' }] }, /trigger/);
await refuse('a connection to nowhere', { steps: [start('e')],
	connections: [{ from: 'start', to: 'nowhere' }] }, /`nowhere`/);
for (const duration of ['5m', '1 week', '12 days']) {
	const { data } = await resend.automations.create({ name: duration,
		steps: [start('e'), { key: 'd', type: 'delay',
			config: { duration } }],
		connections: [{ from: 'start', to: 'd' }] });
	const { data: graph } = await resend.automations.get(data.id);
	is(graph.steps[1].config.duration, duration,
	    `${duration} is read back as it was written`);
}
// What is written in the wrong case reaches us without what it says.
const trap = async (step, text) => like(refused(
    await resend.automations.create({ name: 'Snake', connections: [],
	    steps: [start('e'), { key: 's', ...step }] }), 422,
    'validation_error', `${step.type}: an empty config is refused`), text,
'with a hint at how clients write it');
like(refused(await resend.automations.create({ name: 'Snake', connections: [],
	steps: [{ ...start('e'), config: { event_name: 'e' } }] }), 422,
'validation_error', 'trigger: an empty config is refused'),
/`start`.*event_name.*`eventName`/, 'with a hint at how clients write it');
await trap({ type: 'add_to_segment', config: { segment_id: segment.id } },
    /`s`.*segment_id.*`segmentId`/);
await trap({ type: 'wait_for_event', config: { event_name: 'e' } },
    /`s`.*event_name.*`eventName`/);

// ---- what is ours

const quick = good(await resend.automations.create({ name: 'Quick',
	status: 'enabled', steps: [start('au.quick'), { key: 'w',
		type: 'wait_for_event', config: { eventName: 'au.go' } },
	{ key: 'mail', type: 'send_email', config: { template: {
		id: 'au-mail' } } }], connections: [{ from: 'start', to: 'w' },
		{ from: 'w', to: 'mail' }] }), 'one that waits');
const started = await ask('POST', `/automations/${quick.id}/runs`, {
	email: 'hand@au.clients.example', payload: { a: 1 } });
is([started.status, started.body.object], [201, 'automation_run'],
    'a run is started by hand');
const path = `/automations/${quick.id}`;
is((await ask('POST', `${path}/runs/${started.body.id}/cancel`)).body.status,
    'cancelled', 'and cancelled');
is((await ask('POST', `${path}/runs/${started.body.id}/retry`)).status, 422,
    'which cannot be retried');
is((await ask('GET', '/contacts/hand@au.clients.example/runs')).body.data
    .map((r) => r.automation), ['Quick'], 'its contact has it');
is((await ask('POST', `${path}/pause`)).body.status, 'paused', 'it is paused');
good(await resend.events.send({ event: 'au.quick',
	email: 'late@au.clients.example' }), 'an event comes');
await wait_for('which it says it skipped', async () =>
	'paused' === (await ask('GET', `${path}/skipped`)).body.data[0]
	    ?.reason);
is((await ask('POST', `${path}/resume`)).body.status, 'enabled', 'it goes on');
is((await ask('GET',
    `/contacts/hand@au.clients.example/why?automation=${quick.id}`))
    .body.object, 'why', 'it is explained');
const simulated = await ask('POST', `/automations/${quick.id}/simulate`, {
	contact: { email: 'sim@au.clients.example' },
	events: [{ after: '1 day', event: 'au.go' }] });
is([simulated.status, simulated.body.run?.status], [200, 'completed'],
    'what would happen is said');
ok(simulated.body.timeline.some((r) => r.kind === 'mail'), 'with its mail');
is((await ask('POST', '/automations/simulate', {
	email: 'sim@au.clients.example', automation: { name: 'S', steps: [{
		key: 'start', type: 'trigger', config: { event_name: 'e' } }],
	connections: [] } })).status, 200, 'also of a graph that is not there');

for (const { id } of [all, quick, copy])
	is(good(await resend.automations.remove(id), 'an automation goes')
	    .deleted, true, 'and says so');
is(refused(await resend.automations.get(all.id), 404, 'not_found',
    'it is not there any more'), 'Automation not found', 'in as many words');
await finish();
