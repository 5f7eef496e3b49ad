// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// The official server for assistants, spoken to over its standard input.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { env, finish, good, here, node, quiet, resend, wait_for }
	from './lab.mjs';
import { is, like, ok } from './tap.mjs';

const server = spawn(node, [join(here,
    'node_modules/resend-mcp/dist/index.js')], {
	env: { ...env, ...quiet }, stdio: ['pipe', 'pipe', 'ignore'] });
const answers = new Map();
createInterface({ input: server.stdout }).on('line', (line) => {
	const message = JSON.parse(line);
	answers.get(message.id)?.(message);
});
let last = 0;

function say(method, params, id) {
	const message = { jsonrpc: '2.0', method, params, id };
	server.stdin.write(`${JSON.stringify(message)}\n`);
}

function call(method, params) {
	const id = ++last;
	return new Promise((resolve, reject) => {
		const limit = setTimeout(() => reject(new Error(method)),
		    20000);
		answers.set(id, (m) => {
			clearTimeout(limit);
			resolve(m.result ?? m.error);
		});
		say(method, params, id);
	});
}

// What a tool says, as one text.
async function tool(name, args) {
	const { content, isError } = await call('tools/call', { name,
		arguments: args });
	const text = (content ?? []).map((c) => c.text).join('\n');
	ok(!isError, `${name} works`, text);
	return text;
}

const hello = await call('initialize', { protocolVersion: '2025-03-26',
	capabilities: {}, clientInfo: { name: 'test', version: '1' } });
like(hello.serverInfo?.name ?? '', /./, 'the server answers');
say('notifications/initialized');

const text = await tool('create-automation', { name: 'MCP', status: 'enabled',
	workflow: { steps: [
		{ key: 'trigger', type: 'trigger', config: {
			eventName: 'mcp.go' }, next: 'wait' },
		{ key: 'wait', type: 'wait_for_event', config: {
			eventName: 'resend:email.opened', timeout: '3 days' },
		branches: { event_received: null, timeout: 'update' } },
		{ key: 'update', type: 'contact_update', config: {
			firstName: 'Late' }, next: null }] } });
const id = text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/)?.[0];
const made = good(await resend.automations.get(id), 'the automation is there');
is([made.name, made.status, made.steps.map((s) => s.type)], ['MCP', 'enabled',
	['trigger', 'wait_for_event', 'contact_update']],
	    'as it was asked for');
await tool('send-event', { event: 'mcp.go', email: 'mcp@clients.example',
	payload: { a: 1 } });
const run = await wait_for('a run waits', async () =>
	(await resend.automations.runs.list({ automationId: id, status:
	    'running' })).data?.data[0]);
is((await resend.automations.runs.get({ automationId: id, runId: run.id }))
    .data.steps[1].status, 'waiting', 'where it should');
like(await tool('get-automation', { id }), /MCP/, 'it is told of');
good(await resend.automations.remove(id), 'the automation goes');
server.kill();
await finish();
