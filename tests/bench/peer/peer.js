// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
//
// peer.js seed|serve: what one would build instead of Postflow, the usual way:
// fastify takes an event, BullMQ keeps it in Redis, a worker looks the contact
// up, renders two mustache templates and sends them by nodemailer's pool. One
// process; what it has to do is what Postflow does for the same event.
//
// From the environment: PEER_HTTP, PEER_SMTP and PEER_REDIS (ports), PEER_KEY
// (of the API), PEER_CONTACTS (how many there are).
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { Queue, Worker } = require('bullmq');
const { Redis } = require('ioredis');
const fastify = require('fastify');
const mustache = require('mustache');
const nodemailer = require('nodemailer');

const CONNECTIONS = 10; // to the mail server
const CONCURRENCY = 50; // jobs under way
const HOST = '127.0.0.1';

const env = process.env;
const connection = { host: HOST, port: Number(env.PEER_REDIS) };
const store = new Redis({ ...connection, maxRetriesPerRequest: null });
const secret = crypto.randomBytes(32);

const keyOf = (email) => `contact:${email}`;

// Fills the store with the contacts that the load goes through (common.h).
async function seed(count) {
	const slice = 1000;
	for (let from = 0; from < count; from += slice) {
		const batch = store.pipeline();
		for (let i = from; i < Math.min(from + slice, count); i++) {
			const n = String(i).padStart(7, '0');
			batch.hset(keyOf(`user${n}@bench.example`), {
				first_name: 'Ada',
				last_name: 'Lovelace',
				plan: 'pro',
			});
		}
		await batch.exec();
	}
}

function template(name) {
	const text = fs.readFileSync(path.join(__dirname, name), 'utf8');
	mustache.parse(text);
	return (view) => mustache.render(text, view);
}

// A link that only we can have made.
function unsubscribeUrl(email, job) {
	const claim = Buffer.from(JSON.stringify([email, job]))
		.toString('base64url');
	const seal = crypto.createHmac('sha256', secret).update(claim)
		.digest('base64url');
	return `http://${HOST}:${env.PEER_HTTP}/u/${claim}.${seal}`;
}

function mailer() {
	return nodemailer.createTransport({
		host: HOST,
		port: Number(env.PEER_SMTP),
		secure: false,
		ignoreTLS: true,
		pool: true,
		maxConnections: CONNECTIONS,
		maxMessages: Infinity,
	});
}

// Works the queue off.
function work() {
	const transport = mailer();
	const subject = (view) => mustache.render('Order {{{event.ref}}}', view);
	const text = template('text.mustache');
	const html = template('html.mustache');
	const send = async (job) => {
		const { email, payload } = job.data;
		const contact = await store.hgetall(keyOf(email));
		if (contact.unsubscribed)
			return;
		const url = unsubscribeUrl(email, job.id);
		const view = { contact, event: payload, unsubscribe_url: url };
		await transport.sendMail({
			from: 'Bench <hello@bench.example>',
			to: email,
			subject: subject(view),
			text: text(view),
			html: html(view),
			headers: {
				'List-Unsubscribe': `<${url}>`,
				'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
			},
		});
	};
	new Worker('events', send, { connection, concurrency: CONCURRENCY })
		.on('failed', (job, error) => console.error(job.id, error.message))
		.on('error', (error) => console.error(error.message));
}

// Takes events; one is answered when Redis has it on disk.
async function listen() {
	const app = fastify();
	const queue = new Queue('events', { connection });
	const options = {
		attempts: 5,
		backoff: { type: 'exponential', delay: 1000 },
		removeOnComplete: { count: 1000 },
		removeOnFail: { count: 1000 },
	};
	app.post('/events/send', async (request, reply) => {
		const event = request.body;
		if (request.headers.authorization !== `Bearer ${env.PEER_KEY}`)
			return reply.code(401).send({ error: 'the key is wrong' });
		if (!event || !event.event || !event.email)
			return reply.code(422).send({ error: 'not an event' });
		const job = await queue.add(event.event, event, options);
		return reply.code(202).send({ object: 'event', id: job.id });
	});
	await app.listen({ host: HOST, port: Number(env.PEER_HTTP) });
}

async function main(what) {
	if (what === 'seed') {
		await seed(Number(env.PEER_CONTACTS));
		store.disconnect();
		return;
	}
	work();
	await listen();
}

main(process.argv[2]).catch((error) => {
	console.error(error);
	process.exit(1);
});
