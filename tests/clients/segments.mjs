// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.segments and, as older apps call them, audiences.
import { ask, finish, good, refused, resend, unknown } from './lab.mjs';
import { is } from './tap.mjs';

const friends = good(await resend.segments.create({ name: 'Friends' }),
    'a segment is made');
is([friends.object, friends.name], ['segment', 'Friends'], 'and named');
const shown = good(await resend.segments.get(friends.id), 'it is shown');
is([shown.object, shown.id, shown.name], ['segment', friends.id, 'Friends'],
    'as it was made');
const second = good(await resend.segments.create({ name: 'Second' }),
    'another is made');
const list = good(await resend.segments.list(), 'segments are listed');
is(list.data.slice(0, 2).map((s) => s.name), ['Second', 'Friends'],
    'the newest first');
const page = good(await resend.segments.list({ limit: 1, after: second.id }),
    'a page is asked for');
is([page.data.map((s) => s.id), page.data.length], [[friends.id], 1],
    'and given');
is(good(await resend.segments.list({ limit: 1, before: friends.id }),
    'and the one before').data.map((s) => s.id), [second.id], 'too');

good(await resend.segments.update(friends.id, { name: 'Best friends' }),
    'a segment is renamed');
is(good(await resend.segments.get(friends.id), 'and shown').name,
    'Best friends', 'with its new name');
is(good(await resend.segments.remove(second.id), 'a segment goes').deleted,
    true, 'and says so');
is(refused(await resend.segments.get(second.id), 404, 'not_found',
    'it is not there any more'), 'Audience not found',
'in the words that clients know');
good(await resend.segments.remove(unknown),
    'what never was is not there any more either');
refused(await resend.segments.create({ name: '' }), 422, 'validation_error',
    'a name must have something in it');
refused(await resend.segments.list({ limit: 101 }), 422, 'validation_error',
    'a page has a hundred at most');
refused(await resend.segments.list({ after: friends.id, before: friends.id }),
    422, 'validation_error', 'two cursors are one too many');

// ---- the older paths

const old = await ask('POST', '/audiences', { name: 'Old' });
is([old.status, old.body.object], [201, 'audience'], 'an audience is made');
is((await ask('GET', `/audiences/${old.body.id}`)).body.name, 'Old',
    'and shown');
is(good(await resend.segments.get(old.body.id), 'it is a segment').name, 'Old',
    'by the same id');
is((await ask('PATCH', `/audiences/${old.body.id}`, { name: 'Older' })).status,
    200, 'it is renamed');
is((await ask('GET', '/audiences?limit=1')).body.data[0].name, 'Older',
    'and listed');
is((await ask('DELETE', `/audiences/${old.body.id}`)).body.deleted, true,
    'and goes');
await finish();
