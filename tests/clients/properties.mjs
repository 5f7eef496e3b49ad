// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.contactProperties
import { ask, finish, good, refused, resend } from './lab.mjs';
import { is, like } from './tap.mjs';

const plan = good(await resend.contactProperties.create({ key: 'cp_plan',
	type: 'string', fallbackValue: 'free' }), 'a property is made');
is(plan.object, 'contact_property', 'and called so');
const shown = good(await resend.contactProperties.get(plan.id),
    'the client shows it');
is([shown.key, shown.type, shown.fallbackValue], ['cp_plan', 'string', 'free'],
    'in its own words');
const score = good(await resend.contactProperties.create({ key: 'cp_score',
	type: 'number' }), 'another has no fallback');
const list = good(await resend.contactProperties.list(),
    'properties are listed');
is(list.data.slice(0, 2).map((p) => [p.key, p.fallbackValue]),
    [['cp_score', null], ['cp_plan', 'free']], 'the newest first');
is(good(await resend.contactProperties.list({ limit: 1, after: score.id }),
    'a page is asked for').data.map((p) => p.id), [plan.id], 'and given');

good(await resend.contactProperties.update({ id: score.id,
	fallbackValue: 4.5 }), 'a fallback is given');
is(good(await resend.contactProperties.get(score.id), 'it is read')
    .fallbackValue, 4.5, 'back');
good(await resend.contactProperties.update({ id: score.id,
	fallbackValue: null }), 'and taken away');
is(good(await resend.contactProperties.get(score.id), 'it is').fallbackValue,
    null, 'gone');
like(refused(await resend.contactProperties.update({ id: score.id,
	fallbackValue: 'x' }), 422, 'validation_error',
'one of another type is refused'), /number/, 'which says the type');
refused(await resend.contactProperties.create({ key: 'cp_plan',
	type: 'string' }), 422, 'validation_error', 'a key is there once');
refused(await resend.contactProperties.create({ key: 'no-dash',
	type: 'string' }), 422, 'validation_error', 'and has no dash');

// ---- what a fallback is for

const sent = await ask('POST', '/contacts', { email: 'cp@clients.example',
	properties: { cp_score: 7 } });
is(sent.status, 201, 'a contact has one of them');
is((await ask('GET', `/contacts/${sent.body.id}`)).body.properties,
    { cp_score: { type: 'number', value: 7 } }, 'and only that one');

is(good(await resend.contactProperties.remove(score.id), 'a property goes')
    .deleted, true, 'and says so');
refused(await resend.contactProperties.get(score.id), 404, 'not_found',
    'it is not there any more');
await finish();
