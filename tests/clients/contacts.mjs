// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.contacts, with the segments and topics of one.
import { ask, finish, good, refused, resend, unknown } from './lab.mjs';
import { is, ok } from './tap.mjs';

const segment = good(await resend.segments.create({ name: 'C' }),
    'there is a segment');
const other = good(await resend.segments.create({ name: 'D' }),
    'and another');
const topic = good(await resend.topics.create({ name: 'C',
	defaultSubscription: 'opt_out' }), 'and a topic');
const email = 'Steve+tag@clients.example';

const steve = good(await resend.contacts.create({ email, firstName: 'Steve',
	lastName: 'Lee', unsubscribed: false,
	properties: { plan: 'pro', score: 3 }, segments: [{ id: segment.id }],
	topics: [{ id: topic.id, subscription: 'opt_in' }] }),
'a contact is made');
const shown = good(await resend.contacts.get({ email }),
    'it is shown by its address');
is([shown.id, shown.email, shown.first_name, shown.last_name,
    shown.unsubscribed, shown.properties], [steve.id, email, 'Steve', 'Lee',
    false, { plan: { type: 'string', value: 'pro' },
	    score: { type: 'number', value: 3 } }], 'as it was made');
is(good(await resend.contacts.get(steve.id), 'and by its id').email, email,
    'alike');
is(good(await resend.contacts.get(email.toUpperCase()), 'in any case').id,
    steve.id, 'too');
const again = await resend.contacts.create({ email: email.toLowerCase(),
	lastName: 'Lang' });
is(good(again, 'made once more').id, steve.id, 'it is the same');
const after = good(await resend.contacts.get(steve.id), 'with what was said');
is([after.first_name, after.last_name, after.created_at],
    ['Steve', 'Lang', shown.created_at], 'and what was not left alone');

good(await resend.contacts.update({ email, unsubscribed: true, firstName: null,
	properties: { plan: null, vip: true } }), 'a contact is changed');
const changed = good(await resend.contacts.get(steve.id), 'it is shown');
is([changed.unsubscribed, changed.first_name, changed.properties],
    [true, null, { score: { type: 'number', value: 3 },
	    vip: { type: 'boolean', value: true } }], 'with all of that');

// ---- segments of it

is(good(await resend.contacts.segments.list({ email }),
    'its segments are listed').data.map((s) => s.name), ['C'], 'all of them');
good(await resend.contacts.segments.add({ email, segmentId: other.id }),
    'it is put into another');
good(await resend.contacts.segments.add({ contactId: steve.id,
	segmentId: other.id }), 'and once more, which changes nothing');
is(good(await resend.contacts.segments.list({ contactId: steve.id, limit: 5 }),
    'its segments').data.map((s) => s.name), ['D', 'C'], 'are two');
is(good(await resend.contacts.list({ segmentId: other.id, limit: 5 }),
    'a segment lists whom it has').data.map((c) => c.id), [steve.id], 'it');
is((await ask('GET', `/contacts?segment_id=${other.id}`)).body.data
    .map((c) => c.id), [steve.id], 'by either path');
good(await resend.contacts.segments.remove({ contactId: steve.id,
	segmentId: other.id }), 'it is taken out');
is(good(await resend.contacts.list({ segmentId: other.id }),
    'the segment').data, [], 'is empty');
refused(await resend.contacts.segments.add({ email, segmentId: unknown }), 404,
    'not_found', 'what is no segment is refused');

// ---- topics of it

const choice = async () => good(await resend.contacts.topics.list({ email }),
    'its topics are listed').data.find((t) => t.id === topic.id).subscription;
is(await choice(), 'opt_in', 'with what was chosen');
const chosen = good(await resend.contacts.topics.update({ email,
	topics: [{ id: topic.id, subscription: 'opt_out' }] }),
'another choice is made');
is(chosen.object, 'contact_topics', 'and said');
is(await choice(), 'opt_out', 'and kept');
is((await ask('PATCH', `/contacts/${steve.id}/topics`, { topics: [
	{ id: topic.id, subscription: 'opt_in' }] })).status, 200,
'the other form of it is taken');
is(await choice(), 'opt_in', 'and kept, too');

// ---- lists

for (const n of [1, 2, 3])
	good(await resend.contacts.create({ email: `c${n}@clients.example` }),
	    `contact ${n} is made`);
const first = good(await resend.contacts.list({ limit: 2 }), 'a page');
is([first.data.map((c) => c.email), first.has_more], [['c3@clients.example',
	'c2@clients.example'], true], 'has the newest');
const next = good(await resend.contacts.list({ limit: 2,
	after: first.data[1].id }), 'the next page');
is(next.data[0].email, 'c1@clients.example', 'goes on');
good(await resend.contacts.create({ email: 'c4@clients.example' }),
    'one more comes in between');
const back = good(await resend.contacts.list({ limit: 2,
	before: next.data[0].id }), 'the page before');
is(back.data.map((c) => c.email), ['c3@clients.example', 'c2@clients.example'],
    'is what it was');

// ---- the older paths

const legacy = good(await resend.contacts.create({ audienceId: segment.id,
	email: 'legacy@clients.example' }), 'a contact in an audience');
is(good(await resend.contacts.get({ audienceId: segment.id,
	id: legacy.id }), 'is shown').email, 'legacy@clients.example', 'there');
good(await resend.contacts.update({ audienceId: segment.id, id: legacy.id,
	firstName: 'Old' }), 'and changed');
is((await ask('GET', `/audiences/${segment.id}/contacts`)).body.data
    .some((c) => c.first_name === 'Old'), true, 'and listed');
is(good(await resend.contacts.remove({ audienceId: segment.id,
	email: 'legacy@clients.example' }), 'and goes').deleted, true,
'by its address');
is((await ask('DELETE', `/audiences/${segment.id}/contacts/nobody@x.example`))
    .body.deleted, true, 'as nobody does, too');

// ---- paths

for (const [path, expected] of [['/contacts/steve+tag@clients.example', 200],
	['/contacts/steve%2Btag%40clients.example', 200],
	['//contacts//steve+tag@clients.example', 200],
	['/contacts/%C3%BC@clients.example', 404],
	['/contacts/a+b%c@clients.example', 404]])
	is((await ask('GET', path)).status, expected, `GET ${path}`);

// ---- what is ours

const run = (path) => ask('POST', `/contacts/${steve.id}${path}`);
is((await run('/runs/cancel')).body.cancelled, 0, 'no runs are cancelled');
is((await ask('GET', `/contacts/${steve.id}/runs`)).body.data, [],
    'for there are none');
ok((await ask('GET', `/contacts/${steve.id}/export`)).body.data.length > 0,
    'all that is kept is handed out');
is((await ask('POST', '/contacts/c1@clients.example/erase')).body.erased, true,
    'and erased');

const gone = good(await resend.contacts.remove(email), 'a contact goes');
is([gone.contact, gone.deleted], [steve.id, true], 'and says which');
is(refused(await resend.contacts.get(steve.id), 404, 'not_found',
    'it is not there any more'), 'Contact not found', 'in as many words');
refused(await resend.contacts.create({ email: 'no address' }), 422,
    'validation_error', 'what is no address is refused');
await finish();
