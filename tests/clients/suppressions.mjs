// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.suppressions
import { finish, good, mails_to, needs, refused, resend, unknown, wait_for }
	from './lab.mjs';
import { is } from './tap.mjs';

async function managed(email) {
	const made = good(await resend.suppressions.add({ email }),
	    'an address is suppressed');
	const shown = good(await resend.suppressions.get(email), 'it is shown');
	is([shown.object, shown.id, shown.email, shown.origin, shown.source_id],
	    ['suppression', made.id, email, 'manual', null], 'as it was made');
	is(good(await resend.suppressions.get(made.id), 'by its id').email,
	    email,
	    'too');
	is(good(await resend.suppressions.list({ origin: 'manual', limit: 1 }),
	    'suppressions are listed').data[0].id, made.id, 'the newest first');
	is(good(await resend.suppressions.list({ origin: 'bounce' }),
	    'those of another origin').data, [], 'are not there');
}

// A contact that is suppressed enters, and gets no mail.
async function obeyed(email) {
	const template = good(await resend.templates.create({ name: 'su',
		from: 'a@acme.example', subject: 's',
		    html: '<p>h</p>' }).publish(),
	'there is a template');
	const automation = good(await resend.automations.create({ name: 'su',
		status: 'enabled', steps: [{ key: 'start', type: 'trigger',
			config: { eventName: 'su.go' } }, { key: 'mail',
			type: 'send_email', config: { template: {
				id: template.id } } }],
		connections: [{ from: 'start', to: 'mail' }] }),
		    'that is sent');
	good(await resend.events.send({ event: 'su.go', email }),
	    'an event comes for it');
	const run = await wait_for('its run ends', async () =>
		(await resend.automations.runs.list({ status: 'completed',
			automationId: automation.id })).data?.data[0]);
	const step = (await resend.automations.runs.get({ runId: run.id,
		automationId: automation.id })).data.steps[1];
	is([step.status, step.output], ['skipped', { reason: 'suppressed' }],
	    'without the mail');
	is(mails_to(email), [], 'which did not come');
	good(await resend.automations.remove(automation.id),
	    'the automation goes');
}

async function many(email) {
	const emails = ['su1@clients.example', 'su2@clients.example'];
	const added = good(await resend.suppressions.batch.add({ emails }),
	    'two are suppressed at once');
	is(added.data.length, 2, 'and told of');
	is(good(await resend.suppressions.batch.remove({ emails: [emails[0]] }),
	    'one is lifted by address').data.map((d) => d.deleted), [true],
	    'so');
	good(await resend.suppressions.batch.remove({
	    ids: [added.data[1].id] }),
	    'and one by id');
	for (const e of emails)
		refused(await resend.suppressions.get(e), 404, 'not_found',
		    'it is not there any more');
	is(good(await resend.suppressions.remove(email), 'the first is lifted')
	    .deleted, true, 'and says so');
	refused(await resend.suppressions.get(email), 404, 'not_found',
	    'it is not there any more');
	refused(await resend.suppressions.remove(unknown), 404, 'not_found',
	    'what never was cannot go');
	refused(await resend.suppressions.add({ email: 'nobody' }), 422,
	    'validation_error', 'what is no address is refused');
}

if (await needs('POST', '/suppressions')) {
	const email = 'a+b@su.clients.example';
	await managed(email);
	await obeyed(email);
	await many(email);
	await finish();
}
