// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// Judges requests and answers by a document of the API. Answers may have no
// member that the document does not name; requests may.
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';

const METHODS = ['get', 'post', 'patch', 'put', 'delete'];

// A copy in which every object that names its members has no others.
function closed(v) {
	if (Array.isArray(v))
		return v.map(closed);
	if (v === null || typeof v !== 'object')
		return v;
	const copy = Object.fromEntries(
	    Object.entries(v).map(([k, x]) => [k, closed(x)]));
	const types = [v.type].flat();
	if (types.includes('object') && v.properties !== undefined &&
	    v.additionalProperties === undefined)
		copy.additionalProperties = false;
	return copy;
}

function validator(document) {
	const ajv = new Ajv2020({ strict: false, validateFormats: true });
	ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
	ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
	ajv.addFormat('uri', /^[a-z][a-z0-9+.-]*:[^\s]+$/);
	for (const name of ['binary', 'email'])
		ajv.addFormat(name, true);
	ajv.addSchema(document, 'document');
	return ajv;
}

// "#/a/b" of a path through the document.
function pointer(parts) {
	return 'document#/' + parts.map((p) => encodeURIComponent(
	    p.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
}

function segments(path) {
	return path.split('?')[0].split('/').filter((s) => s !== '');
}

export class Judge {
	constructor(file) {
		this.document = JSON.parse(readFileSync(file, 'utf8'));
		this.open = validator(this.document);
		this.strict = validator(closed(this.document));
		this.seen = new Set();
	}

	// The template of a request's path, literal segments first.
	template(path) {
		const given = segments(path);
		let best, literal = -1;
		for (const t of Object.keys(this.document.paths)) {
			const wanted = segments(t);
			const fits = (w, i) => w[0] === '{' || w === given[i];
			if (wanted.length !== given.length ||
			    !wanted.every(fits))
				continue;
			const n = wanted.filter((w) => w[0] !== '{').length;
			if (n > literal)
				[best, literal] = [t, n];
		}
		return best;
	}

	resolve(v, at) {
		if (v?.$ref === undefined)
			return [v, at];
		const parts = v.$ref.slice(2).split('/');
		return [parts.reduce((o, p) => o?.[p], this.document), parts];
	}

	complaint(ajv, at, value) {
		const check = ajv.getSchema(pointer(at)) ??
		    ajv.compile({ $ref: pointer(at) });
		if (check(value))
			return undefined;
		return check.errors.map((e) =>
		    `${e.instancePath || '/'} ${e.message} ` +
		    JSON.stringify(e.params)).join('; ');
	}

	// What is wrong with an answer, or the request it was given for: texts.
	look({ method, path, status, type, body, request }) {
		const template = this.template(path);
		const verb = (method === 'HEAD' ? 'GET' : method).toLowerCase();
		const wrong = this.look_at(verb, template, status, type, body,
		    request);
		if (template !== undefined && status < 300)
			this.seen.add(`${method} ${template}`);
		return wrong.map((w) => `${method} ${path} ${status}: ${w}`);
	}

	look_at(verb, template, status, type, body, request) {
		const operation = this.document.paths[template]?.[verb];
		if (status === 500)
			return [`an answer of 500: ${body}`];
		if (operation === undefined)
			return this.look_at_error(status, type, body);
		const wrong = [];
		const code = status in operation.responses ? status : 'default';
		if (code === 'default' && status < 400)
			wrong.push('the status is not described');
		const [response, at] = this.resolve(operation.responses[code],
		    ['paths', template, verb, 'responses', String(code)]);
		wrong.push(...this.look_at_body(response, at, type, body));
		// Of a batch some may have been refused.
		if (status < 300 && request !== undefined &&
		    !body.includes('"statusCode"'))
			wrong.push(...this.look_at_request(operation, template,
			    verb, request));
		return wrong;
	}

	look_at_body(response, at, type, body) {
		const plain = String(type).split(';')[0];
		if (response.content?.[plain] === undefined)
			return [`content-type ${type} is not described`];
		if (plain !== 'application/json')
			return [];
		if (type !== 'application/json; charset=utf-8')
			return [`content-type ${type}`];
		let value;
		try {
			value = JSON.parse(body);
		} catch {
			return [`this is no JSON: ${body}`];
		}
		const wrong = this.complaint(this.strict,
		    [...at, 'content', plain, 'schema'], value);
		return wrong === undefined ? [] : [`${wrong} in ${body}`];
	}

	// Of a route that there is not.
	look_at_error(status, type, body) {
		if (status < 400 || status > 499)
			return ['this operation is not described'];
		return this.look_at_body(
		    this.document.components.responses.Error,
		    ['components', 'responses', 'Error'], type, body);
	}

	// A request that was taken is one the document allows.
	look_at_request(operation, template, verb, request) {
		const content = operation.requestBody?.content;
		if (content?.['application/json'] === undefined)
			return [];
		const wrong = this.complaint(this.open, ['paths', template,
		    verb,
			'requestBody', 'content', 'application/json', 'schema'],
		    JSON.parse(request));
		return wrong === undefined ? []
		    : [`taken, though ${wrong}: ${request}`];
	}
}

export { METHODS };
