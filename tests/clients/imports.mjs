// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.contacts.imports
import { finish, good, needs, refused, resend, unknown, wait_for }
	from './lab.mjs';
import { is } from './tap.mjs';

const csv = (text) => new Blob([text], { type: 'text/csv' });

async function ended(made) {
	return (await wait_for('it comes to its end', async () => {
		const { data } = await resend.contacts.imports.get(made.id);
		return data?.status === 'completed' && data;
	})) || {};
}

async function imported() {
	const segment = good(await resend.segments.create({ name: 'im' }),
	    'there is a segment');
	const topic = good(await resend.topics.create({ name: 'im',
		defaultSubscription: 'opt_out' }), 'and a topic');
	good(await resend.contacts.create({ email: 'im1@clients.example',
		firstName: 'Old' }), 'and a contact');
	const made = good(await resend.contacts.imports.create({
		file: csv(['Address,Given,Plan', 'im1@clients.example,New,pro',
		    'im2@clients.example,"Two, too",free', 'nobody,No,free', '']
		    .join('\r\n')),
		columnMap: { email: 'Address', firstName: 'Given', properties: {
			im_plan: { column: 'Plan', type: 'string' } } },
		onConflict: 'upsert', segments: [{ id: segment.id }],
		topics: [{ id: topic.id, subscription: 'opt_in' }] }),
	'a file is taken');
	is(made.object, 'contact_import', 'and answered');
	const end = await ended(made);
	is(end.counts, { total: 3, created: 1, updated: 1, skipped: 0,
	    failed: 1 },
	    'with what became of its rows');
	const two = good(await resend.contacts.get('im2@clients.example'),
	    'a new contact is there');
	is([two.first_name, two.properties.im_plan?.value], ['Two, too',
	    'free'],
	    'with its columns');
	is((await resend.contacts.get('im1@clients.example')).data.first_name,
	    'New', 'one that was there is changed');
	is((await resend.contacts.list({ segmentId: segment.id })).data.data
	    .map((c) => c.email).toSorted(), ['im1@clients.example',
		'im2@clients.example'], 'both are in the segment');
	is((await resend.contacts.topics.list({ email: 'im2@clients.example' }))
	    .data.data.find((t) => t.id === topic.id).subscription, 'opt_in',
	'and want the topic');
}

async function skipped() {
	const made = good(await resend.contacts.imports.create({
		file: csv('email,first_name\nim1@clients.example,Newer\n'),
		onConflict: 'skip' }), 'a file may leave alone who is there');
	is((await ended(made)).counts.skipped, 1, 'and counts them');
	is((await resend.contacts.get('im1@clients.example')).data.first_name,
	    'New', 'who is as before');
	is(good(await resend.contacts.imports.list({ status: 'completed',
		limit: 1 }), 'imports are listed').data[0].id, made.id,
	'the newest first');
	refused(await resend.contacts.imports.create({
		file: csv('name\nAnn\n') }), 422, 'validation_error',
	'a file without addresses is refused');
	refused(await resend.contacts.imports.get(unknown), 404, 'not_found',
	    'what is not there is not found');
}

if (await needs('POST', '/contacts/imports')) {
	await imported();
	await skipped();
	await finish();
}
