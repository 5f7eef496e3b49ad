// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// Stands between a client and postflowd, passes everything on as it is, and has
// each answer judged.
import http from 'node:http';

async function read(stream) {
	const parts = [];
	for await (const p of stream)
		parts.push(p);
	return Buffer.concat(parts);
}

export class Proxy {
	constructor(upstream, judge) {
		this.upstream = new URL(upstream);
		this.judge = judge;
		this.complaints = [];
		this.requests = [];
		this.server = http.createServer(async (req, res) => {
			try {
				await this.pass(req, res);
			} catch (e) {
				this.complaints.push(`${req.url}: ${e}`);
				res.destroy();
			}
		});
	}

	async listen() {
		await new Promise((r) => this.server.listen(0, '127.0.0.1', r));
		this.url = `http://127.0.0.1:${this.server.address().port}`;
		return this.url;
	}

	async close() {
		this.server.close();
		this.server.closeAllConnections();
	}

	async pass(req, res) {
		const body = await read(req);
		const answer = await new Promise((resolve, reject) => {
			const up = http.request({ host: this.upstream.hostname,
				port: this.upstream.port, method: req.method,
				path: req.url, headers: req.headers,
				agent: false }, resolve);
			up.on('error', reject);
			up.end(body);
		});
		const said = await read(answer);
		this.requests.push({ method: req.method, path: req.url,
			headers: req.headers, body: body.toString(),
			status: answer.statusCode });
		if (req.method !== 'HEAD')
			this.complaints.push(...this.judge.look({
				method: req.method, path: req.url,
				status: answer.statusCode,
				type: answer.headers['content-type'],
				body: said.toString(),
				request: body.length > 0 ? body.toString()
				    : undefined }));
		res.writeHead(answer.statusCode, answer.headers);
		res.end(said);
	}
}
