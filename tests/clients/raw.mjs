// Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
// HTTP as bytes: what is sent is what was written, also if it is wrong.
import net from 'node:net';

export class Connection {
	constructor(url) {
		const { hostname, port } = new URL(url);
		this.host = `${hostname}:${port}`;
		this.left = Buffer.alloc(0);
		this.is_over = false;
		this.socket = net.connect(Number(port), hostname);
		this.socket.setNoDelay(true);
		this.socket.on('data', (d) => {
			this.left = Buffer.concat([this.left, d]);
			this.wake?.();
		});
		for (const what of ['close', 'error', 'end'])
			this.socket.on(what, () => {
				this.is_over = true;
				this.wake?.();
			});
	}

	// Waits for what find() gives of the bytes that are left; undefined
	// when the connection ends before.
	async until(find, limit) {
		for (;;) {
			const found = find(this.left);
			if (found !== undefined || this.is_over)
				return found;
			const rest = limit - Date.now();
			if (rest <= 0)
				throw new Error('no answer in time');
			await new Promise((resolve) => {
				const timer = setTimeout(resolve, rest);
				this.wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
	}

	// Sends the bytes and reads one answer: {status, headers, body}; null
	// when the connection ended without one.
	async send(bytes, method = 'GET', seconds = 10) {
		const limit = Date.now() + seconds * 1000;
		this.socket.write(bytes);
		const end = await this.until((b) => {
			const at = b.indexOf('\r\n\r\n');
			return at < 0 ? undefined : at;
		}, limit);
		if (end === undefined)
			return null;
		const head = this.left.subarray(0, end).toString('latin1');
		const [first, ...lines] = head.split('\r\n');
		const headers = Object.fromEntries(lines.map((l) => {
			const at = l.indexOf(':');
			return [l.slice(0, at).toLowerCase(),
			    l.slice(at + 1).trim()];
		}));
		const length = method === 'HEAD' ? 0
		    : Number(headers['content-length'] ?? 0);
		const all = end + 4 + length;
		await this.until((b) => b.length >= all ? true : undefined,
		    limit);
		const body = this.left.subarray(end + 4, all).toString();
		this.left = this.left.subarray(all);
		const status = Number(first.split(' ')[1]);
		return status === 100 ? this.send('', method, seconds)
		    : { status, headers, body };
	}

	close() {
		this.socket.destroy();
	}
}

// A request as text: headers is a list of lines.
export function request(method, path, headers, body = '') {
	const length = Buffer.byteLength(body);
	const lines = [`${method} ${path} HTTP/1.1`, ...headers];
	if (length > 0 || method === 'POST')
		lines.push(`content-length: ${length}`);
	return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
