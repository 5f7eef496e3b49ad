// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.emails and resend.batch: mail that apps send themselves.
import { ask, finish, good, mail_to, mails_to, needs, refused, resend, unknown,
	wait_for } from './lab.mjs';
import { is, like, ok } from './tap.mjs';

const from = 'Acme <hello@acme.example>';
const base64 = (text) => Buffer.from(text).toString('base64');
const last_event = async (id) => (await resend.emails.get(id)).data?.last_event;

// ---- one

async function one() {
	const to = 'one@em.clients.example';
	const sent = good(await resend.emails.send({ from,
		to: [`Ann <${to}>`, 'two@em.clients.example'],
		cc: 'cc@em.clients.example', bcc: ['bcc@em.clients.example'],
		replyTo: ['r1@acme.example', 'r2@acme.example'],
		subject: 'Grüße', html: '<p>Hello <b>Ann</b></p>',
		headers: { 'X-Entity-Ref-ID': '17' },
		tags: [{ name: 'kind', value: 'welcome' }],
		attachments: [{ filename: 'a.txt',
			content: base64('attached') }] }),
	'a mail is sent');
	const mail = await mail_to(to);
	is(mail.recipients.toSorted(), ['bcc@em.clients.example',
		'cc@em.clients.example', to, 'two@em.clients.example'],
	'to all of them, in one message');
	ok(!/bcc@em/.test(JSON.stringify(mail.headers) + mail.body),
	    'without a word about who is in Bcc');
	like(mail.headers.subject, /^=\?utf-8\?/i, 'its subject is encoded');
	like(mail.headers['reply-to'], /r1@acme.example.*r2@acme.example/,
	    'answers go to two');
	is(mail.headers['x-entity-ref-id'], '17',
	    'a header of the app is there');
	like(mail.headers['content-type'], /^multipart\/mixed/,
	    'and an attachment');
	ok(mail.body.includes(base64('attached')),
	    'with its content');
	is(mail.headers['list-unsubscribe'], undefined,
	    'and no link to unsubscribe that nobody asked for');

	const shown = good(await resend.emails.get(sent.id), 'it is shown');
	is([shown.object, shown.from, shown.subject, shown.cc, shown.bcc,
		shown.reply_to], ['email', from, 'Grüße',
		    ['cc@em.clients.example'],
		['bcc@em.clients.example'], ['r1@acme.example',
			'r2@acme.example']], 'as it was sent');
	is(shown.to.length, 2, 'to both');
	is(shown.tags, [{ name: 'kind', value: 'welcome' }], 'with its tags');
	await wait_for('and what became of it', async () =>
		['sent', 'delivered'].includes(await last_event(sent.id)));
	is(good(await resend.emails.list({ limit: 1 }), 'mails are listed')
	    .data[0].id, sent.id, 'the newest first');
	const parts = good(await resend.emails.attachments.list({
		emailId: sent.id }), 'its attachments are listed');
	is(parts.data.map((a) => [a.filename, a.size]), [['a.txt', 8]],
	    'by name and size');
	is(good(await resend.emails.attachments.get({ emailId: sent.id,
		id: parts.data[0]?.id }), 'one is shown').filename, 'a.txt',
		    'alone');
}

// ---- by a template

async function by_template() {
	good(await resend.templates.create({ name: 'em', alias: 'em-mail', from,
		subject: 'Hi {{{NAME}}}', html: '<p>{{{NAME}}} {{{N}}}</p>',
		variables: [{ key: 'NAME', type: 'string' }, { key: 'N',
			type: 'number', fallbackValue: 3 }] }).publish(),
	'there is a template');
	good(await resend.emails.send({ to: 'tpl@em.clients.example',
	    template: {
		id: 'em-mail', variables: { NAME: 'Bea' } } }),
		    'which is sent');
	const mail = await mail_to('tpl@em.clients.example');
	is(mail.headers.subject, 'Hi Bea', 'filled in');
	like(mail.body, /Bea 3/, 'also where there is a fallback');
	like(refused(await resend.emails.send({ to: 'tpl@em.clients.example',
		template: { id: 'em-mail', variables: {} } }), 422,
	'validation_error', 'a variable without a value is refused'), /NAME/,
	'by name');
	refused(await resend.emails.send({ from, subject: 's', html: 'h',
		to: 'tpl@em.clients.example', template: { id: 'em-mail' } }),
		    422,
	'validation_error', 'a template and HTML are one too many');
}

// ---- later

async function later() {
	const to = 'soon@em.clients.example';
	const sent = good(await resend.emails.send({ from, to, subject: 's',
		text: 't', scheduledAt: 'in 1 hour' }), 'a mail is sent later');
	is(await last_event(sent.id), 'scheduled', 'it is scheduled');
	good(await resend.emails.update({ id: sent.id,
		scheduledAt: new Date(Date.now() + 7200000).toISOString() }),
	'then later still');
	good(await resend.emails.cancel(sent.id), 'and not at all');
	is(await last_event(sent.id), 'canceled', 'which it says');
	refused(await resend.emails.update({ id: sent.id,
		scheduledAt: 'in 5 min' }), 422, 'validation_error',
	'it cannot be moved any more');
	const soon = good(await resend.emails.send({ from, to, subject: 'soon',
		text: 't', scheduledAt: 'in 1 hour' }), 'another one');
	good(await resend.emails.update({ id: soon.id, scheduledAt:
		new Date(Date.now() + 1500).toISOString() }),
		    'is moved to now');
	is((await mail_to(to)).headers.subject, 'soon', 'it is that one');
	is(mails_to(to).length, 1, 'alone');
	refused(await resend.emails.send({ from, to, subject: 's', text: 't',
		scheduledAt: 'in 31 days' }), 422, 'validation_error',
	'30 days are the most');
	refused(await resend.emails.cancel(unknown), 404, 'not_found',
	    'what is not there is not cancelled');
}

// ---- once, refused, and what there is not

async function once() {
	const to = 'once@em.clients.example';
	const mail = { from, to, subject: 's', text: 't' };
	const key = { idempotencyKey: 'em/1' };
	const first = good(await resend.emails.send(mail, key), 'with a key');
	is(good(await resend.emails.send(mail, key), 'a mail is').id, first.id,
	    'sent once');
	refused(await resend.emails.send({ ...mail, text: 'u' }, key), 409,
	    'invalid_idempotent_request', 'another with the same is refused');
	refused(await resend.emails.send(mail, { idempotencyKey: 'x'
	    .repeat(257) }), 400, 'invalid_idempotency_key',
	    'so is a long key');
	await mail_to(to);
	is(mails_to(to).length, 1, 'one came');
	like(refused(await resend.emails.send({ from, subject: 's',
	    text: 't' }),
	    422, 'missing_required_field', 'a mail is to somebody'), /`to`/,
	'which the refusal says');
	refused(await resend.emails.send({ ...mail, headers: {
		'X-A': 'a\r\nBcc: x@y.example' } }), 422, 'validation_error',
	'no header brings another');
	is(mails_to('x@y.example'), [], 'nor does it');
	is((await ask('POST', `/emails/${first.id}/share`)).status, 404,
	    'there is no sharing');
	is((await ask('GET', '/emails/receiving')).status, 404,
	    'nor receiving');
	good(await resend.emails.metrics(), 'mails are counted');
}

// ---- many

async function batch() {
	const mail = (n) => ({ from, to: `b${n}@em.clients.example`,
		subject: `b${n}`, text: 't' });
	const sent = good(await resend.batch.send([mail(1), mail(2)]),
	    'two are sent at once');
	is(sent.data.length, 2, 'and told of');
	for (const n of [1, 2])
		is((await mail_to(`b${n}@em.clients.example`)).headers.subject,
		    `b${n}`, 'each as it is');
	const bad = { ...mail(4), to: 'nobody' };
	refused(await resend.batch.send([mail(3), bad]), 422,
	    'validation_error',
	    'a bad one keeps all back');
	const some = good(await resend.batch.send([mail(5), bad], {
		batchValidation: 'permissive' }),
		    'unless it is said otherwise');
	is([some.data.length, some.errors.map((e) => e.index)], [1, [1]],
	    'which one it was is told');
	await mail_to('b5@em.clients.example');
	is(mails_to('b3@em.clients.example'), [], 'nothing of the other came');
}

if (await needs('POST', '/emails')) {
	await one();
	await by_template();
	await later();
	await once();
	await batch();
	await finish();
}
