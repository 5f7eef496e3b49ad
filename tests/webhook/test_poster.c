/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread that posts, to a server in this process that says what it is told
 * to.
 */
#include "webhook/poster.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "tests/tap.h"
#include "tests/webhook/server.h"

enum { WAIT_MS = 20000 };

/* ---- posting
 * ------------------------------------------------------------------ */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	int n;
} done = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };

static void
on_done(void *arg, struct post *p)
{
	(void)arg, (void)p;
	pthread_mutex_lock(&done.lock);
	done.n++;
	pthread_cond_signal(&done.change);
	pthread_mutex_unlock(&done.lock);
}

/* Waits until n posts are done. */
static bool
wait_done(int n)
{
	struct timespec until;
	int rc = 0;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_MS / 1000;
	pthread_mutex_lock(&done.lock);
	while (done.n < n && rc == 0)
		rc = pthread_cond_timedwait(&done.change, &done.lock, &until);
	pthread_mutex_unlock(&done.lock);
	return rc == 0;
}

static const char *const headers[] = { "Content-Type: application/json",
	"svix-id: msg_1", "Expect:", NULL };

/* Sends one post and waits for it. */
static void
send_one(struct poster *poster, struct post *p, const char *url)
{
	p->url = url;
	p->headers = headers;
	p->body = "{\"a\":1}";
	p->len = strlen(p->body);
	done.n = 0;
	poster_send(poster, p);
	ok(wait_done(1), "%s is done", url);
}

static void
test_answers(struct poster *poster)
{
	static const struct {
		const char *answer;
		size_t more;
		int code;
		size_t kept;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 0, 200, 2 },
		{ "HTTP/1.1 204 None\r\n\r\n", 0, 204, 0 },
		{ ANSWER("500 No"), 0, 500, 0 },
		{ "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\n"
		  "Content-Length: 0\r\n\r\n",
		    0, 302, 0 },
		{ "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 8192, 200,
		    POST_RESPONSE_MAX },
		{ "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 64 << 20, 200,
		    POST_RESPONSE_MAX },
		{ "SSH-2.0-OpenSSH_9\r\n", 0, 0, 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", 0, 0,
		    5 },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct server s;
		struct post p = { .allow_private = true };
		server_up(&s, cases[i].answer, cases[i].more);
		send_one(poster, &p, server_url(&s, "127.0.0.1"));
		is_int(p.code, cases[i].code, "its status");
		is_int(p.response.len, cases[i].kept, "what is kept of it");
		ok((p.why[0] == '\0') == (p.code != 0), "why: %s", p.why);
		is_int(server_heard(&s), 1, "it was asked once");
		ok(strncmp(s.heard, "POST /h?x=1 HTTP/1.1\r\n", 22) == 0 &&
			strstr(s.heard, "\r\nsvix-id: msg_1\r\n") != NULL &&
			strstr(s.heard, "\r\n\r\n{\"a\":1}") != NULL &&
			strstr(s.heard, "Expect") == NULL,
		    "and told what it was to be told");
		server_down(&s);
		buf_free(&p.response);
	}
}

static void
test_addresses(struct poster *poster)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost",
		"[::ffff:127.0.0.1]", "0.0.0.0" };
	struct server s;
	server_up(&s, ANSWER("200 OK"), 0);
	setenv("http_proxy", server_url(&s, "127.0.0.1"), 1);
	setenv("ALL_PROXY", server_url(&s, "127.0.0.1"), 1);
	for (size_t i = 0; i < N_OF(hosts); i++) {
		struct post p = { 0 };
		send_one(poster, &p, server_url(&s, hosts[i]));
		ok(p.code == 0 && strstr(p.why, "is not a public one") != NULL,
		    "it is refused: %s", p.why);
	}
	is_int(server_heard(&s), 0, "nobody was connected to, and no proxy");
	server_again(&s, 1);
	struct post p = { .allow_private = true };
	send_one(poster, &p, server_url(&s, "localhost"));
	is_int(p.code, 200, "where private ones are allowed it goes there");
	struct post later = { 0 };
	send_one(poster, &later, server_url(&s, "localhost"));
	ok(later.code == 0 && strstr(later.why, "is not a public one") != NULL,
	    "not by the connection that is left of it: %s", later.why);
	server_down(&s);
	struct post refused = { .allow_private = true };
	send_one(poster, &refused, server_url(&s, "127.0.0.1"));
	ok(refused.code == 0 && refused.why[0] != '\0',
	    "one that does not listen: %s", refused.why);
	struct post file = { .allow_private = true };
	send_one(poster, &file, "file:///etc/hostname");
	ok(file.code == 0 && file.response.len == 0, "no file: %s", file.why);
}

/* One that does not answer stops neither others nor the end. */
static void
test_silence(void)
{
	struct server silent, s;
	struct poster *poster = poster_new(on_done, NULL);
	struct post waits = { .allow_private = true,
		.headers = headers,
		.body = "" };
	struct post p = { .allow_private = true };
	server_up(&silent, NULL, 0);
	server_up(&s, ANSWER("200 OK"), 0);
	char url[200];
	snprintf(url, sizeof(url), "%s", server_url(&silent, "127.0.0.1"));
	waits.url = url;
	poster_send(poster, &waits);
	send_one(poster, &p, server_url(&s, "127.0.0.1"));
	is_int(p.code, 200, "one beside it is told");
	int64_t began = clock_mono_us();
	poster_free(poster);
	ok(clock_mono_us() - began < 1500000, "the end does not wait");
	ok(waits.is_dropped && waits.code == 0,
	    "what was under way is dropped");
	ok(!p.is_dropped, "and nothing else");
	server_down(&s);
	server_down(&silent);
}

int
main(void)
{
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	struct poster *poster = poster_new(on_done, NULL);
	test_answers(poster);
	test_addresses(poster);
	poster_free(poster);
	poster_free(NULL);
	test_silence();
	return tap_done();
}
