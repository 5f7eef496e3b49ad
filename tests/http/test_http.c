/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HTTP server as its clients see it: heads, bodies, answers, connections.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "tests/http/rig.h"
#include "tests/tap.h"

#define HOST "Host: a\r\n"

/* A request whose answer's body tells what was understood. */
static void
told(const char *target, const char *expected)
{
	char request[500];
	snprintf(request, sizeof(request), "PATCH %s HTTP/1.1\r\n" HOST "\r\n",
	    target);
	is_int(ask(request), 200, target);
	is(heard_body(), expected, "and its segments");
}

static void
test_targets(void)
{
	told("/", "PATCH /");
	told("//a///b/", "PATCH //a///b/ [a] [b]");
	told("/contacts/steve+tag@example.com",
	    "PATCH /contacts/steve+tag@example.com [contacts] "
	    "[steve+tag@example.com]");
	told("/contacts/a+b%c@x.y",
	    "PATCH /contacts/a+b%c@x.y [contacts] [a+b%c@x.y]");
	told("/events/user%20created%2Fx",
	    "PATCH /events/user%20created%2Fx [events] [user created/x]");
	told("/%C3%BC@x.y", "PATCH /%C3%BC@x.y [\xc3\xbc@x.y]");
	told("/a?q=x+y%26&r=1", "PATCH /a [a] q=x y&");
	told("http://h/a?q=1", "PATCH /a [a] q=1");
	is_int(ask("GET /a%00b HTTP/1.1\r\n" HOST "\r\n"), 400,
	    "NUL in a segment");
	is_int(ask("GET /a%C3 HTTP/1.1\r\n" HOST "\r\n"), 400,
	    "invalid UTF-8 in a segment");
	is_int(ask("GET /?%FF HTTP/1.1\r\n" HOST "\r\n"), 400,
	    "invalid UTF-8 in the query");
	is_int(ask("GET /a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/"
		   "a/a/a/a/a/a/a HTTP/1.1\r\n" HOST "\r\n"),
	    414, "33 segments");
	ask("GET / HTTP/1.1\r\n" HOST "x-say: a\r\nX-SAY: b\r\n\r\n");
	is(heard_body(), "GET / x=a, b", "fields of one name are joined");
	ask("BREW / HTTP/1.1\r\n" HOST "\r\n");
	is(heard_body(), "BREW /", "an unknown method reaches the owner");
	is(rig.listener, "tcp", "the listener's name is told");
	is(rig.address, "127.0.0.1", "and the peer's address");
}

static void
test_refusals(void)
{
	static const struct {
		const char *what, *request;
		int status;
	} rows[] = {
		{ "a malformed request line", "GET\r\n\r\n", 400 },
		{ "another version", "GET / HTTP/3.0\r\n" HOST "\r\n", 505 },
		{ "a coding we do not know",
		    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: br\r\n\r\n",
		    501 },
		{ "two ways to say the length",
		    "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		    400 },
		{ "a malformed chunk",
		    "POST / HTTP/1.1\r\n" HOST
		    "Transfer-Encoding: chunked\r\n\r\nx\r\n",
		    400 },
	};
	int begun = rig.n_begin;
	for (size_t i = 0; i < N_OF(rows); i++) {
		int fd = dial();
		say(fd, rows[i].request);
		say(fd, "GET /smuggled HTTP/1.1\r\n" HOST "\r\n");
		hear_end(fd);
		ok(heard.n == 1 && heard.status[0] == rows[i].status &&
			heard.is_closed && !heard.is_reset,
		    "%s: one answer %d, then the end", rows[i].what,
		    rows[i].status);
		ok(strstr(heard_body(), "\"message\"") != NULL,
		    "in the owner's shape: %s", heard_body());
		close(fd);
	}
	is_int(rig.n_begin, begun + 1,
	    "only the one with a sound head reached the owner");
	is_int(rig.n_abandoned, 1, "and was abandoned");
	is_int(ask("GET /x HTTP/1.1\r\n" HOST "Expect: rain\r\n\r\n"), 417,
	    "another expectation");
	ok(strstr(heard_body(), "\"path\":\"/x\"") != NULL,
	    "an error after the request line knows the path");
	rig.is_quiet = true;
	is_int(ask("GET\r\n"), 400, "without words of the owner");
	is(heard_body(), "The request line is malformed.\n",
	    "there are words of the server");
	rig.is_quiet = false;
}

static void
test_bodies(void)
{
	int fd = dial();
	say(fd,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"
	    "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	    "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX: trailer\r\n\r\n"
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"
	    "\r\nGET /echo HTTP/1.1\r\n" HOST
	    "Content-Type: application/json\r\n\r\n"
	    "HEAD /echo HTTP/1.1\r\n" HOST "\r\n");
	hear(fd, 5);
	is_int(heard.n, 5, "five pipelined requests, five answers");
	const char *a = strstr(heard.text.data, "hello");
	const char *b = strstr(heard.text.data, "abcde");
	ok(a != NULL && b != NULL && a < b, "in order, with their bodies");
	ok(strstr(b, "Content-Length: 0\r\n") != NULL,
	    "an empty body has its length");
	close(fd);

	/* The same, one byte at a time. */
	static const char slow[] =
	    "POST /echo HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nxyz";
	fd = dial();
	for (size_t i = 0; i < sizeof(slow) - 1; i++) {
		say_n(fd, slow + i, 1);
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	}
	hear(fd, 2);
	ok(heard.n == 2 && strstr(heard.text.data, "abcde") != NULL,
	    "byte by byte");
	is(heard_body(), "xyz", "both");
	close(fd);
}

/* Posts a body of n bytes to /echo and compares what comes back. */
static bool
echoes(size_t n, bool chunked)
{
	char head[200], *body = xmalloc(n + 1);
	int fd = dial();
	for (size_t i = 0; i < n; i++)
		body[i] = (char)('a' + i * 7 / 5 % 26);
	body[n] = '\0';
	if (chunked)
		snprintf(head, sizeof(head),
		    "POST /echo HTTP/1.1\r\n" HOST
		    "Transfer-Encoding: chunked\r\n\r\n%zx\r\n",
		    n);
	else
		snprintf(head, sizeof(head),
		    "POST /echo HTTP/1.1\r\n" HOST
		    "Content-Length: %zu\r\n\r\n",
		    n);
	bool sent = say(fd, head) && say_n(fd, body, n) &&
	    (!chunked || say(fd, "\r\n0\r\n\r\n"));
	/* What follows must find its place. */
	say(fd, "GET /next HTTP/1.1\r\n" HOST "\r\n");
	hear(fd, 2);
	const char *got = heard.text.data == NULL
	    ? NULL
	    : strstr(heard.text.data, "\r\n\r\n");
	bool same = sent && got != NULL && heard.n == 2 &&
	    memcmp(got + 4, body, n) == 0 &&
	    strcmp(heard_body(), "GET /next [next]") == 0;
	free(body);
	close(fd);
	return same;
}

static void
test_sizes(void)
{
	static const size_t sizes[] = { 1, 3900, 4000, 4096, 5000, 16200, 16384,
		20000, 65535, 65536, 65537, 100000, 1000000, 5000000 };
	for (size_t i = 0; i < N_OF(sizes); i++) {
		ok(echoes(sizes[i], false), "%zu bytes of known length",
		    sizes[i]);
		ok(rig.body_was_file == (sizes[i] > 65536), "%s",
		    rig.body_was_file ? "from a file" : "from memory");
		ok(echoes(sizes[i], true), "%zu bytes in chunks", sizes[i]);
		ok(rig.body_was_file == (sizes[i] > 65536), "%s",
		    rig.body_was_file ? "from a file" : "from memory");
	}
}

static void
test_expect(void)
{
	int fd = dial();
	say(fd,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n"
	    "Expect: 100-continue\r\n\r\n");
	hear(fd, 1);
	is_int(heard.status[0], 100, "the body is asked for");
	say(fd, "ok");
	hear(fd, 1);
	is(heard_body(), "ok", "and taken");
	say(fd,
	    "POST /refuse HTTP/1.1\r\n" HOST "Content-Length: 2\r\n"
	    "Expect: 100-continue\r\n\r\n");
	hear_end(fd);
	is_int(heard.status[0], 401, "a refusal asks for no body");
	ok(heard.n == 1 && heard.is_closed,
	    "and closes: whether the body comes is unknown");
	close(fd);
	fd = dial();
	say(fd,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n"
	    "Expect: 100-continue\r\n\r\nab");
	hear(fd, 1);
	is_int(heard.status[0], 200, "a body already sent is not asked for");
	close(fd);
}

static void
test_refused_bodies(void)
{
	static char junk[1 << 20];
	int fd = dial();
	say(fd,
	    "POST /refuse HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n");
	say_n(fd, junk, 60000);
	say(fd, "GET /after HTTP/1.1\r\n" HOST "\r\n");
	hear(fd, 2);
	ok(heard.n == 2 && heard.status[0] == 401 && heard.status[1] == 200,
	    "a short refused body is passed over");
	is(heard_body(), "GET /after [after]", "to the next request");
	close(fd);

	fd = dial();
	say(fd,
	    "POST /refuse HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n");
	say_n(fd, junk, 1000000);
	hear_end(fd);
	ok(heard.n == 1 && heard.status[0] == 401 && !heard.is_reset,
	    "over a long one the connection ends, the answer arrives");
	close(fd);

	fd = dial();
	say(fd,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n\r\n");
	hear_end(fd);
	is_int(heard.status[0], 413, "too long: said at once");
	close(fd);

	rig.body_max = 1000;
	int before = rig.n_abandoned;
	fd = dial();
	say(fd,
	    "POST /echo HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: chunked\r\n\r\n2000\r\n");
	say_n(fd, junk, 900);
	for (int i = 0; i < 5; i++)
		rig_turn();
	is_int(rig.n_abandoned, before, "900 of 1000 bytes are fine");
	say_n(fd, junk, 200);
	hear_end(fd);
	ok(heard.n == 1 && heard.status[0] == 413 && !heard.is_reset,
	    "chunks beyond the limit: 413 as soon as that is known");
	is_int(rig.n_abandoned, before + 1, "the owner is told");
	rig.body_max = 16 << 20;
	close(fd);
}

static void
test_stream(void)
{
	static char junk[1 << 20];
	char head[200];
	int fd = dial(), ready = rig.n_ready;
	rig.streamed = rig.n_pieces = 0;
	rig.pause = true;
	snprintf(head, sizeof(head),
	    "POST /stream HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n",
	    sizeof(junk));
	say(fd, head);
	/* The server reads nothing while it pauses, so not all can be sent. */
	say_n(fd, junk, 1000);
	rig_until(&rig.n_pieces, 1);
	for (int i = 0; i < 20; i++) {
		send(fd, junk, 1000, MSG_NOSIGNAL);
		rig_turn();
	}
	is_int(rig.n_pieces, 1, "no piece comes while it pauses");
	rig_resume();
	say_n(fd, junk, sizeof(junk) - 21000);
	hear(fd, 1);
	is_int(heard.status[0], 200, "after http_resume() it goes on");
	is_int(rig.streamed, sizeof(junk), "to the last byte");
	is_int(rig.n_ready, ready + 1, "ready() comes once");

	/* A pause on the very last piece, in chunks. */
	rig.pause = true;
	rig.n_pieces = 0;
	say(fd,
	    "POST /stream HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
	rig_until(&rig.n_pieces, 1);
	is_int(rig.n_ready, ready + 1, "it is not ready yet");
	rig_resume();
	hear(fd, 1);
	is_int(heard.status[0], 200, "but then");

	rig.pause = true;
	rig.n_pieces = 0;
	say(fd,
	    "POST /stream HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
	rig_until(&rig.n_pieces, 1);
	rig_resume();
	hear(fd, 1);
	is_int(heard.status[0], 200, "also with a known length");

	rig.answer_in_piece = true;
	ready = rig.n_ready;
	say(fd,
	    "POST /stream HTTP/1.1\r\n" HOST "Content-Length: 50000\r\n\r\n");
	say_n(fd, junk, 50000);
	say(fd, "GET /after HTTP/1.1\r\n" HOST "\r\n");
	hear(fd, 2);
	ok(heard.status[0] == 422 && heard.status[1] == 200,
	    "the owner may answer in the middle of a body");
	is_int(rig.n_ready, ready + 1, "and hears no more of it");
	close(fd);
}

static void
test_order(void)
{
	int fd = dial();
	rig.n_waiting = 0;
	int begun = rig.n_begin;
	say(fd,
	    "GET /later HTTP/1.1\r\n" HOST "\r\n"
	    "GET /second HTTP/1.1\r\n" HOST "\r\n"
	    "GET /third HTTP/1.0\r\n\r\n");
	rig_until(&rig.n_waiting, 1);
	for (int i = 0; i < 5; i++)
		rig_turn();
	is_int(rig.n_begin, begun + 1,
	    "the second is not begun before the first was answered");
	http_reply(rig.waiting[0], 200, "text/plain", NULL, "first", 5);
	is_int(rig.n_begin, begun + 1, "nor inside of http_reply()");
	hear_end(fd);
	is_int(heard.n, 3, "then all are answered");
	ok(strstr(heard.text.data, "first") != NULL &&
		strstr(heard.text.data, "first") <
		    strstr(heard.text.data, "[second]") &&
		strstr(heard.text.data, "[second]") <
		    strstr(heard.text.data, "[third]"),
	    "in order");
	ok(strstr(heard_body(), "[third]") != NULL && heard.is_closed,
	    "HTTP/1.0 ends the connection");
	close(fd);

	fd = dial();
	say(fd, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	hear(fd, 1);
	ok(strstr(heard.text.data, "Connection: keep-alive\r\n") != NULL,
	    "unless it asks otherwise");
	say(fd, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	hear_end(fd);
	ok(heard.is_closed &&
		strstr(heard.text.data, "Connection: close\r\n") != NULL,
	    "Connection: close closes");
	close(fd);
}

/* A flood of pipelined requests by a client that does not read. */
static void
test_flood(void)
{
	static const char one[] = "GET /flood HTTP/1.1\r\n" HOST "\r\n";
	enum { FLOOD = 100000 };
	struct buf all = { 0 };
	for (int i = 0; i < FLOOD; i++)
		buf_str(&all, one);
	int fd = dial(), begun = rig.n_begin, answers = 0;
	size_t sent = 0;
	for (int idle = 0; idle < 20;) {
		ssize_t n =
		    send(fd, all.data + sent, all.len - sent, MSG_NOSIGNAL);
		idle = n > 0 ? 0 : idle + 1;
		sent += n > 0 ? (size_t)n : 0;
		rig_turn();
	}
	ok(rig.n_begin - begun < FLOOD,
	    "who does not read is not read from: %d requests begun",
	    rig.n_begin - begun);
	/* It reads at last: everything comes, and nothing is lost. */
	for (int i = 0; i < 100000 && answers < FLOOD; i++) {
		char piece[65536 + 1];
		ssize_t n =
		    send(fd, all.data + sent, all.len - sent, MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
		n = recv(fd, piece, sizeof(piece) - 1, 0);
		for (ssize_t k = 0; k < n; k++)
			answers += piece[k] == '[';
	}
	is_int(answers, FLOOD, "when it reads, every answer comes");
	buf_free(&all);
	close(fd);
}

static void
test_going(void)
{
	char byte;
	int fd = dial();
	rig.n_waiting = 0;
	say(fd,
	    "GET /later HTTP/1.1\r\n" HOST "\r\n"
	    "GET /more HTTP/1.1\r\n" HOST "\r\n");
	shutdown(fd, SHUT_WR);
	rig_until(&rig.n_waiting, 1);
	for (int i = 0; i < 5; i++)
		rig_turn();
	ok(!http_request_gone(rig.waiting[0]), "a half-close is no going");
	http_reply(rig.waiting[0], 200, "text/plain", NULL, "late", 4);
	hear_end(fd);
	ok(heard.n == 2 && strstr(heard.text.data, "late") != NULL,
	    "after its half-close a client gets all its answers");
	close(fd);

	fd = dial();
	say(fd,
	    "POST /later HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody");
	rig_until(&rig.n_waiting, 2);
	struct linger hard = { .l_onoff = 1 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	ok(rig_until_connections(0), "a reset ends the connection");
	struct http_request *r = rig.waiting[1];
	struct http_body body;
	http_request_body(r, &body);
	ok(http_request_gone(r), "the request knows that its client has gone");
	is(body.data, "body", "but still has its body,");
	is(http_path(r), "/later", "its path,");
	is(http_request_listener(r), "tcp", "its listener,");
	is(http_request_peer(r)->address, "127.0.0.1", "its peer");
	http_reply(r, 200, NULL, NULL, NULL, 0);

	/* It half-closes first and resets later. */
	fd = dial();
	say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	shutdown(fd, SHUT_WR);
	rig_until(&rig.n_waiting, 3);
	for (int i = 0; i < 5; i++)
		rig_turn();
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	ok(rig_until_connections(0), "also after a half-close");
	ok(http_request_gone(rig.waiting[2]), "it is noticed");
	http_reply(rig.waiting[2], 200, NULL, NULL, NULL, 0);

	fd = dial_unix();
	say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	rig_until(&rig.n_waiting, 4);
	close(fd);
	ok(rig_until_connections(0), "a Unix client's close is a going");
	http_reply(rig.waiting[3], 200, NULL, NULL, NULL, 0);

	int abandoned = rig.n_abandoned;
	fd = dial();
	say(fd,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nhalf");
	for (int i = 0; i < 5; i++)
		rig_turn();
	close(fd);
	rig_until(&rig.n_abandoned, abandoned + 1);
	is_int(rig.n_abandoned, abandoned + 1,
	    "half a body is abandoned when its client goes");
	fd = dial();
	say(fd, "GET / HT");
	shutdown(fd, SHUT_WR);
	hear_end(fd);
	is_int(heard.n, 0, "half a head gets no answer");
	ok(recv(fd, &byte, 1, 0) == 0, "only the end");
	close(fd);
}

/* The answer's status when that Host is named on the checked listener. */
static int
ask_host(const char *host)
{
	char request[200];
	int fd = dial_port(rig.port_checked);
	snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n",
	    host);
	say(fd, request);
	hear(fd, 1);
	close(fd);
	return heard.status[0];
}

static void
test_hosts(void)
{
	static const struct {
		const char *host;
		int status;
	} rows[] = { { "127.0.0.1:99", 200 }, { "[::1]", 200 },
		{ "localhost:1", 200 }, { "flow.example", 200 },
		{ "evil.example", 403 }, { "", 403 } };
	for (size_t i = 0; i < N_OF(rows); i++)
		ok(ask_host(rows[i].host) == rows[i].status,
		    "Host \"%s\" is %d", rows[i].host, rows[i].status);
	int fd = dial_port(rig.port_checked);
	say(fd, "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
	hear(fd, 1);
	is_int(heard.status[0], 403, "an absolute target is looked at as well");
	close(fd);
	fd = dial_unix();
	say(fd, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
	hear(fd, 1);
	is_int(heard.status[0], 200, "on a Unix socket any Host will do");
	ok(rig.peer.is_unix && rig.peer.uid == getuid() &&
		rig.peer.gid == getgid() && rig.peer.pid == getpid(),
	    "whose peer is known by its credentials");
	is(rig.address, "unix", "and has no address");
	close(fd);
}

static void
test_other_hosts(void)
{
	static const char *const names[] = { "new.example", NULL };
	is_int(ask_host("new.example"), 403, "a name not ours");
	http_server_set_hosts(rig.server, "checked", names);
	is_int(ask_host("new.example"), 200, "is ours once it was said");
	is_int(ask_host("flow.example"), 403, "and another is not any more");
}

static void
test_answers(void)
{
	static const struct http_header fields[] = { { "Location", "/x\r\ny" },
		{ "X-Two", "2" }, { NULL, NULL } };
	int fd = dial();
	rig.n_waiting = 0;
	for (int i = 0; i < 4; i++)
		say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	rig_until(&rig.n_waiting, 1);
	http_reply(rig.waiting[0], 303, NULL, fields, NULL, 0);
	hear(fd, 1);
	ok(strstr(heard.text.data, "HTTP/1.1 303 See Other\r\nDate: ") ==
		    heard.text.data &&
		strstr(heard.text.data, " GMT\r\n") != NULL,
	    "a status line and a date");
	ok(strstr(heard.text.data, "\r\nLocation: /x  y\r\nX-Two: 2\r\n") !=
		NULL,
	    "a header value cannot end its line");
	rig_until(&rig.n_waiting, 2);
	http_reply(rig.waiting[1], 204, NULL, NULL, NULL, 0);
	hear(fd, 1);
	ok(strstr(heard.text.data, "Content-Length") == NULL,
	    "204 has no length");
	rig_until(&rig.n_waiting, 3);
	http_reply(rig.waiting[2], 599, "text/plain", NULL, "x", 1);
	hear(fd, 1);
	is_int(heard.status[0], 599, "a status without a name");
	rig_until(&rig.n_waiting, 4);
	http_server_drain(rig.server);
	http_reply(rig.waiting[3], 200, "text/plain", NULL, "x", 1);
	hear_end(fd);
	ok(heard.is_closed &&
		strstr(heard.text.data, "Connection: close") != NULL,
	    "while draining the last answer says so");
	close(fd);
}

static void
test_end(void)
{
	int idle = dial(), busy = dial(), reading = dial();
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)rig.port) };
	rig.n_waiting = 0;
	say(busy, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	say(reading,
	    "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nab");
	rig_until(&rig.n_waiting, 1);
	ok(rig_until_connections(3), "three connections");
	say(idle, "GET /?drain HTTP/1.1\r\n" HOST "\r\n");
	hear_end(idle);
	ok(heard.n == 1 && heard.is_closed, "draining closes idle ones");
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok(connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0,
	    "and takes no new ones");
	close(fd);
	say(reading, "cd");
	hear_end(reading);
	is(heard_body(), "abcd", "a request under way is served");
	int abandoned = rig.n_abandoned;
	rig_stop();
	struct http_request *r = rig.waiting[0];
	ok(http_request_gone(r), "without its server a request has no client");
	is(http_path(r), "/later", "but is valid");
	http_reply(r, 200, "text/plain", NULL, "x", 1);
	is_int(rig.n_abandoned, abandoned, "and can be answered");
	hear_end(busy);
	is_int(heard.n, 0, "to nobody");
	close(busy);
	close(idle);
	close(reading);
}

int
main(void)
{
	rig_limits();
	rig_start();
	test_targets();
	test_refusals();
	test_bodies();
	test_sizes();
	test_expect();
	test_refused_bodies();
	test_stream();
	test_order();
	test_flood();
	test_going();
	test_hosts();
	test_other_hosts();
	test_answers();
	rig_stop();
	rig_limits();
	rig_start();
	test_end();
	buf_free(&heard.text);
	return tap_done();
}
