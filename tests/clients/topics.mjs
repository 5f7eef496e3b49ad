// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// resend.topics
import { finish, good, refused, resend, unknown } from './lab.mjs';
import { is, like } from './tap.mjs';

const news = good(await resend.topics.create({ name: 'News',
	defaultSubscription: 'opt_in', description: 'What is new',
	visibility: 'public' }), 'a topic is made');
is(news.object, 'topic', 'and called so');
const shown = good(await resend.topics.get(news.id), 'it is shown');
is([shown.id, shown.name, shown.description, shown.default_subscription,
    shown.visibility], [news.id, 'News', 'What is new', 'opt_in', 'public'],
'as it was made');
like(shown.created_at, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00$/,
    'with the moment it was');
const plain = good(await resend.topics.create({ name: 'Plain',
	defaultSubscription: 'opt_out' }), 'another has no more than it needs');
is(good(await resend.topics.get(plain.id), 'it is shown, too').visibility,
    'private', 'it is private');

const all = good(await resend.topics.list(), 'topics are listed');
is([all.object, all.data.slice(0, 2).map((t) => t.id)],
    ['list', [plain.id, news.id]], 'the newest first');

const changed = good(await resend.topics.update({ id: news.id,
	name: 'Daily news' }), 'a topic is changed');
is(changed.id, news.id, 'which keeps its id');
is(good(await resend.topics.get(news.id), 'and is there').name, 'Daily news',
    'with its new name');
refused(await resend.topics.create({ name: '',
	defaultSubscription: 'opt_in' }), 422, 'validation_error',
'an empty name is refused');
like(refused(await resend.topics.create({ name: 'x',
	defaultSubscription: 'maybe' }), 422, 'validation_error',
'so is a subscription that is none'), /`default_subscription`.*`maybe`/,
'naming field and value');
refused(await resend.topics.get('topic-1'), 422, 'invalid_parameter',
    'an id that is none is refused');

is(good(await resend.topics.remove(news.id), 'a topic goes').deleted, true,
    'and says so');
is(refused(await resend.topics.get(news.id), 404, 'not_found',
    'it is not there any more'), 'Topic not found', 'in as many words');
refused(await resend.topics.remove(unknown), 404, 'not_found',
    'what never was cannot go');
await finish();
