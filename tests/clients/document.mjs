// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// The document of the API: it is a sound one, it is served, and the judge that
// all the other tests ask can say no.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { ask, env, finish, judge, proxy, top, unknown } from './lab.mjs';
import { is, like, ok } from './tap.mjs';

const file = readFileSync(join(top, 'conf', 'openapi.json'), 'utf8');
const validator = new Validator();
const { valid, errors } = await validator.validate(JSON.parse(file));
ok(valid, 'the document is one of OpenAPI', errors);
is(validator.version, '3.1', 'version 3.1');

const answer = await fetch(`${env.POSTFLOW_URL}/openapi.json`);
is(answer.status, 200, 'it is served without a key');
is(answer.headers.get('content-type'), 'application/json; charset=utf-8',
    'as JSON');
is(await answer.text() === file, true, 'byte for byte');
is((await ask('GET', '/openapi.json')).status, 200, 'it describes itself');

// ---- the judge

const contact = { object: 'contact', id: unknown };
const type = 'application/json; charset=utf-8';
const look = (path, status, body, more = {}) => judge.look({ method: 'POST',
	path, status, type, body: JSON.stringify(body), ...more }).join();
is(look('/contacts', 201, contact), '', 'a right answer passes');
like(look('/contacts', 201, { ...contact, colour: 'red' }), /colour/,
    'a member too many is seen');
like(look('/contacts', 201, { object: 'contact' }), /'id'/,
    'and one too few');
like(look('/contacts', 201, { ...contact, id: 'c-1' }), /\/id/,
    'and one of the wrong kind');
like(look('/contacts', 200, contact), /status/, 'and a wrong status');
like(look('/contacts', 201, contact, { type: 'text/plain' }),
    /content-type/, 'and a wrong type of content');
like(look('/nowhere', 200, contact), /not described/, 'and a route too many');
like(look('/contacts', 422, { error: 'no' }), /statusCode/,
    'and an error of another shape');
like(look('/contacts', 422, { statusCode: 400, message: 'no',
	name: 'validation_error' }), /statusCode/,
	    'and one at odds with itself');
like(look('/contacts', 500, { statusCode: 500, message: 'no',
	name: 'internal_server_error' }), /500/, 'and any 500');
like(look('/contacts', 201, contact, { request: '{"first_name":1}' }),
    /taken, though/, 'and a request that should not have been taken');

// ---- what the client tests cannot ask

for (const path of ['/healthz', '/status', '/queue', '/doctor/db', '/api-keys'])
	is((await ask('GET', path)).status, 200, `${path} answers`);
const made = await ask('POST', '/api-keys', { name: 'judge',
	permission: 'sending_access' });
is(made.status, 201, 'a key is made');
const sending = { Authorization: `Bearer ${made.body.token}` };
is((await ask('GET', '/contacts', undefined, sending)).body.name,
    'restricted_api_key', 'one that may only send');
is((await ask('POST', '/events/send', { event: 'judged',
	email: 'judge@clients.example' }, sending)).status, 202, 'sends');
is((await ask('DELETE', `/api-keys/${made.body.id}`)).status, 200,
    'and is taken back');
is((await ask('GET', '/domains', undefined, sending)).body.name,
    'invalid_api_key', 'which opens nothing then');
for (const [verb, part] of [['pause', 'engine'], ['resume', 'engine'],
	['pause', 'injection'], ['resume', 'injection']])
	is((await ask('POST', `/${verb}/${part}`)).status, 200,
	    `${verb} ${part} answers`);
for (const verb of ['hold', 'release'])
	is((await ask('POST', `/queue/${verb}`)).body.held, verb === 'hold',
	    `the queue: ${verb}`);
is((await ask('POST', '/backup', { path: '/tmp/never' })).status, 403,
    'nobody has a backup made over TCP');
for (const [method, path, status] of [['GET', '/nowhere', 404],
	['PUT', '/contacts', 405], ['DELETE', '/contacts', 405],
	['GET', '/audiences/x/y', 404], ['PATCH', '/', 404],
	['GET', '/u/nobody', 404], ['POST', '/u/nobody', 404]])
	is((await ask(method, path)).status, status, `${method} ${path}`);
ok(proxy.requests.length > 20, 'all of that was judged');
await finish();
