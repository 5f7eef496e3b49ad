// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// Makes a request wrong in one of many ways. All chance comes from one number,
// so that a case can be had again.

export class Chance {
	constructor(seed) {
		this.state = seed >>> 0;
	}

	// 0 up to, but not n.
	below(n) {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let t = this.state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) % n;
	}

	of(list) {
		return list[this.below(list.length)];
	}
}

const nested = (depth, open, close) => open.repeat(depth) + '1' +
    close.repeat(depth);

// Values as JSON text, for they need not be what JSON.stringify would write.
const VALUES = ['null', 'true', 'false', '0', '-1', '1', '0.5', '1e308',
	'-1e308', '9007199254740993', '9223372036854775807',
	'9223372036854775808', '1e400', '""', '" "', '"0"', '"x"', '"\\u0000"',
	'"a\\r\\nBcc: b@c.d"', '"\\ud800"', '"\\udbff\\udfff"', '"\\u202e"',
	'"Ünï © 漢字"', '"../../etc/passwd"', '"%00"', '"\' OR 1=1 --"',
	'"{{{"', '"{{{A|b}}}"', '"}}}{{{{{{"', '"a@b"', '"@"', '"a@b.c, d@e.f"',
	'"<a@b.c>"', '"4ef9a417-02e9-4d39-ad75-9611e0fcc33c"', '"-1 days"',
	'"999999999999 weeks"', '"enabled"', '"2026-11-24"', '[]', '{}', '[[]]',
	'[null]', '[{}]', '{"":null}', '{"id":1}', '{"var":"event."}',
	JSON.stringify('x'.repeat(300)), JSON.stringify('é'.repeat(3000)),
	JSON.stringify('x'.repeat(70000)), nested(20, '[', ']'),
	nested(3000, '[', ']'), nested(20, '{"rules":', '}'),
	nested(2000, '{"a":', '}'), `[${'{},'.repeat(1000)}{}]`];
const KEYS = ['', 'id', 'email', 'type', 'constructor', 'a'.repeat(300), 'É',
	'a.b', 'steps', 'name', 'key', '$1', 'contact'];
const SEGMENTS = ['4ef9a417-02e9-4d39-ad75-9611e0fcc33c', 'x', '', '.', '..',
	'%2e%2e', '%00', '%zz', '%', '%2F', '%ff', '%C3%A9', '-1', '0',
	'a'.repeat(3000), 'send', 'batch', 'imports', 'metrics', 'a@b.c', '@',
	'01a20d5c-2f0d-8000-803e-0dd538000001', '01A20D5C2F0D8000803E0DD5',
	'00000000-0000-0000-0000-000000000000', ':id', '*', '+', '%25', '~'];
const QUERIES = ['limit=0', 'limit=-1', 'limit=101', 'limit=x', 'limit=',
	'limit=1e1', 'limit=99999999999999999999', 'limit', 'limit=1&limit=2',
	'after=x', 'after=', 'before=4ef9a417-02e9-4d39-ad75-9611e0fcc33c',
	'after=4ef9a417-02e9-4d39-ad75-9611e0fcc33c&before=x', 'status=x',
	'status=', 'status=running,,', 'status=%00', 'segment_id=x',
	'cursor=1.2.3.4.5', 'cursor=9223372036854775808.0.0.0.0', '%', '%00=%00',
	'&&&', '=', `a=${'b'.repeat(3000)}`, 'automation=x', 'origin=nobody',
	'limit=%31', 'limit=1%00'];
const HEADERS = ['Idempotency-Key:', 'Idempotency-Key: a b',
	`Idempotency-Key: ${'k'.repeat(257)}`, 'Idempotency-Key: \xff',
	'x-batch-validation: strict', 'x-batch-validation: no',
	'Content-Type: text/plain', 'Content-Type: multipart/form-data',
	'Content-Type: multipart/form-data; boundary=', 'Content-Type:',
	'Accept: text/html', 'Expect: 100-continue', 'Content-Encoding: gzip',
	'Authorization: Bearer re_wrong', 'Authorization: Basic eDp5',
	'Range: bytes=0-1', 'If-None-Match: *', 'Connection: close',
	`X-Long: ${'l'.repeat(5000)}`, `X-Longer: ${'l'.repeat(70000)}`,
	'Upgrade: h2c', 'X-HTTP-Method-Override: DELETE', 'Cookie: a=b'];
const METHODS = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'];

// ---- a body that is JSON

// The places of values in a parsed body: [owner, key].
function places(v, owner, key, all) {
	all.push([owner, key]);
	if (v !== null && typeof v === 'object')
		for (const k of Object.keys(v))
			places(v[k], v, k, all);
	return all;
}

// A string that written() puts down as the text stands.
const literal = (text) => `\u0001${text}\u0001`;

function written(root) {
	const marked = /"\\u0001(.*?)\\u0001"/gs;
	return (JSON.stringify(root.body) ?? '').replace(marked, (_, text) =>
	    JSON.parse(`"${text}"`));
}

const copy = (v) => v === undefined ? v : JSON.parse(JSON.stringify(v));

const MOST = 2000000; /* bytes of a body, about */
const TREE = [
	(c, [owner, key]) => {
		owner[key] = literal(c.of(VALUES));
	},
	(c, [owner, key]) => {
		delete owner[key];
	},
	(c, [owner, key]) => {
		if (!Array.isArray(owner))
			owner[c.of(KEYS)] = owner[key];
	},
	(c, [owner, key], all) => {
		const [other, its] = c.of(all.slice(1).length > 0 ? all.slice(1)
		    : all);
		[owner[key], other[its]] = [copy(other[its]), copy(owner[key])];
	},
	(c, [owner, key]) => {
		const n = c.of([2, 101, 1001]);
		const size = JSON.stringify(owner[key])?.length ?? 0;
		owner[key] = Array(n * size < MOST ? n : 2).fill(owner[key]);
	},
	(c, [owner, key]) => {
		owner[key] = { [c.of(KEYS)]: owner[key] };
	},
	(c, [owner, key]) => {
		if (Array.isArray(owner) || key.length < 2)
			return;
		const at = c.below(key.length - 1);
		owner[key.slice(0, at) + c.of(['', key[at + 1] + key[at], 'q',
			key[at].toUpperCase()]) + key.slice(at + 1)] =
		    owner[key];
		delete owner[key];
	},
];

function tree(c, body) {
	const root = { body: JSON.parse(body) };
	for (let n = 1 + c.below(3); n > 0; n--) {
		const all = places(root.body, root, 'body', []);
		c.of(TREE)(c, c.of(all), all);
	}
	return written(root);
}

// ---- a body that is bytes

const INSERTED = ['\0', '"', '\\', '{', '}', ',', '\xff\xfe', '\ud83d', '\r\n',
	'1e9'];
const BYTES = [
	(c, b) => b.subarray(0, c.below(b.length + 1)),
	(c, b) => {
		const copy = Buffer.from(b);
		if (copy.length > 0)
			copy[c.below(copy.length)] = c.below(256);
		return copy;
	},
	(c, b) => {
		const at = c.below(b.length + 1);
		return Buffer.concat([b.subarray(0, at),
		    Buffer.from(c.of(INSERTED)),
			b.subarray(at)]);
	},
	(c, b) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), b]),
	(c, b) => Buffer.concat([b, b]),
	() => Buffer.alloc(0),
	(c) => Buffer.from(c.of(VALUES)),
	(c, b) => Buffer.concat([b, Buffer.alloc(c.of([10, 300000, 1100000]),
	    ' ')]),
];

// ---- all of it

const KINDS = [
	[6, (c, r) => {
		if (r.body !== '' && r.body[0] !== '-')
			r.body = tree(c, r.body);
	}],
	[2, (c, r) => {
		r.body = c.of(BYTES)(c, Buffer.from(r.body));
	}],
	[2, (c, r) => {
		const [path, query] = r.path.split('?');
		const parts = path.split('/');
		parts[c.below(parts.length)] = c.of(SEGMENTS);
		r.path = (parts.join('/') || '/') + (query ? `?${query}` : '');
		if (r.path[0] !== '/')
			r.path = `/${r.path}`;
		r.is_elsewhere = true;
	}],
	[2, (c, r) => {
		r.path = `${r.path.split('?')[0]}?${c.of(QUERIES)}`;
	}],
	[1, (c, r) => {
		r.method = c.of(METHODS);
		r.is_elsewhere = true;
	}],
	[2, (c, r) => {
		r.headers = [...r.headers, c.of(HEADERS)];
	}],
	[1, (c, r) => {
		r.path += c.of(['/', '//', '/x', '?', '#', '%20', ';a']);
		r.is_elsewhere = true;
	}],
];
const ALL = KINDS.flatMap(([n, f]) => Array(n).fill(f));

export function mutated(c, row) {
	const r = { ...row, headers: [...row.headers], is_elsewhere: false };
	for (let n = 1 + c.below(2); n > 0; n--) {
		if (Buffer.isBuffer(r.body))
			r.body = r.body.toString('latin1');
		try {
			c.of(ALL)(c, r);
		} catch (e) {
			// A body that was made no JSON before stays as it is.
			if (!(e instanceof SyntaxError))
				throw e;
		}
	}
	return r;
}
