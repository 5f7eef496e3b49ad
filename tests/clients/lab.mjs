// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// What the tests of a noun share: the official client and the official command
// line, both led through the judge, and the mail that arrived.
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Judge } from './judge.mjs';
import { Proxy } from './proxy.mjs';
import { done, is, ok, skip } from './tap.mjs';

export const here = dirname(fileURLToPath(import.meta.url));
export const top = join(here, '..', '..');
export const env = process.env;
export const key = env.POSTFLOW_API_KEY;
export const unknown = '4ef9a417-02e9-4d39-ad75-9611e0fcc33c';

export const judge = new Judge(
    env.CLIENTS_DOCUMENT ?? join(top, 'conf', 'openapi.json'));
export const proxy = new Proxy(env.POSTFLOW_URL, judge);
await proxy.listen();

// The one line an app changes.
env.RESEND_BASE_URL = proxy.url;
env.RESEND_API_KEY = key;
const { Resend } = await import('resend');
export const resend = new Resend();
export { Resend };

// ---- asking without a client

// Answers {status, headers, body}; body is parsed, if it is JSON.
export async function ask(method, path, body, headers = {}) {
	const answer = await fetch(proxy.url + path, { method,
		body: body === undefined ? undefined : JSON.stringify(body),
		headers: { Authorization: `Bearer ${key}`,
			'Content-Type': 'application/json', ...headers } });
	const text = await answer.text();
	let value = text;
	try {
		value = JSON.parse(text);
	} catch {
		// A page for people.
	}
	return { status: answer.status, headers: answer.headers, body: value };
}

// Whether the daemon has such a route.
export async function has_route(method, path) {
	const { status, body } = await ask(method, path,
	    method === 'GET' ? undefined : {});
	return status !== 405 && !(status === 404 &&
	    body.message === 'The requested endpoint does not exist');
}

// Skips the script, if the route is not there.
export async function needs(method, path) {
	if (await has_route(method, path))
		return true;
	skip(`${method} ${path}`, 'there is no such endpoint');
	await finish();
	return false;
}

// ---- waiting

export async function wait_for(what, condition, seconds = 15) {
	const limit = Date.now() + seconds * 1000;
	let value;
	while (!(value = await condition()) && Date.now() < limit)
		await new Promise((r) => setTimeout(r, 20));
	ok(Boolean(value), what);
	return value;
}

// ---- mail that arrived

function headers_of(text) {
	const fields = {};
	for (const line of text.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
		const at = line.indexOf(':');
		fields[line.slice(0, at).toLowerCase()] =
		    line.slice(at + 1).trim();
	}
	return fields;
}

// All mails, oldest first: {recipients, headers, body}.
export function mails() {
	return readdirSync(env.SINK_DIR).sort().map((name) => {
		const text = readFileSync(join(env.SINK_DIR, name), 'latin1');
		const [envelope, ...rest] = text.split(/\r?\n\r?\n/);
		const message = text.slice(envelope.length).replace(/^\s+/, '');
		const end = message.indexOf('\r\n\r\n');
		return { recipients: [...envelope.matchAll(
		    /^X-Rcpt-Args: *<([^>]*)>/gm)].map((m) => m[1]),
			headers: headers_of(message.slice(0, end)),
			body: message.slice(end + 4), n_parts: rest.length };
	});
}

export function mails_to(address) {
	return mails().filter((m) => m.recipients.includes(address));
}

// Waits for a mail and gives it back; an empty one, if none comes.
export async function mail_to(address, n = 1) {
	const got = await wait_for(`a mail comes to ${address}`, () =>
	    mails_to(address).length >= n && mails_to(address));
	return got ? got[n - 1] : { recipients: [], headers: {}, body: '' };
}

// ---- what the client gives back

// The data of {data, error}; an error fails the test.
export function good({ data, error }, what) {
	ok(error === null && data !== null, what, error);
	return data ?? {};
}

export function refused({ data, error }, status, name, what) {
	is([data, error?.statusCode, error?.name], [null, status, name], what);
	return error?.message ?? '';
}

// ---- the command line

export const node = process.execPath;
export const quiet = { RESEND_TELEMETRY_DISABLED: '1',
	RESEND_NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1',
	NODE_ENV: 'production', NO_COLOR: '1' };

// Runs resend with these arguments: {code, out, err, json}.
export function cli(args, more = {}) {
	const program = join(here, 'node_modules/resend-cli/dist/cli.cjs');
	return new Promise((resolve) => {
		const child = execFile(node, [program, ...args], {
		    timeout: 40000,
			env: { ...env, ...quiet, ...more } }, (e, out, err) => {
			let json;
			try {
				json = JSON.parse(out);
			} catch {
				json = undefined;
			}
			resolve({ code: e === null ? 0 : e.code, out, err,
			    json });
		});
		child.stdin.end();
	});
}

// ---- the end

// What was complained of, which fails the test, and the plan.
export async function finish() {
	await proxy.close();
	ok(proxy.complaints.length === 0,
	    'every answer is as the document says', ...proxy.complaints);
	done();
}
