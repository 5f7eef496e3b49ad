/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays a script of requests against the API, one after the other over one
 * connection. A line of stdin is "TAG METHOD PATH [JSON]"; in a path, {TAG}
 * stands for the id in the answer to that request, and a request whose {TAG}
 * has none is left out. Each is said once: when the connection is lost nobody
 * knows whether it was heard, and the next goes over a new one. What became of
 * each is a line of the answers: "TAG STATUS ID", STATUS being a number, "lost"
 * or "skipped".
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <poll.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "tests/tools/net.h"

enum { READ_BYTES = 16384, RETRY_MS = 10, TAGS = 100000 };

static struct {
	const char *where, *key;
	FILE *answers;
	long rate, limit_s; /* rate 0: as fast as it goes */
} o = { .limit_s = 300 };

static struct {
	int fd; /* -1: not connected */
	struct buf out, in;
	int64_t began_us;
	long n_said, n_good, n_refused, n_lost, n_skipped;
} s = { .fd = -1 };

struct answer {
	int status; /* 0: lost */
	char id[64];
};

static int
left_ms(void)
{
	int64_t ms = o.limit_s * 1000 - (net_now_us() - s.began_us) / 1000;
	if (ms <= 0)
		die("not done in %ld s: %ld requests said", o.limit_s,
		    s.n_said);
	return (int)ms;
}

/* ---- one request ------------------------------------------------------- */

static void
connect_anew(void)
{
	while (s.fd < 0 && (s.fd = net_connect(o.where)) < 0)
		if (left_ms() > 0)
			poll(NULL, 0, RETRY_MS);
}

static void
disconnect(void)
{
	close(s.fd);
	s.fd = -1;
	buf_clear(&s.in);
}

static bool
send_all(void)
{
	size_t at = 0;
	while (at < s.out.len) {
		ssize_t n =
		    send(s.fd, s.out.data + at, s.out.len - at, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return false;
		at += n > 0 ? (size_t)n : 0;
		if (n < 0)
			net_wait(s.fd, POLLOUT, left_ms());
	}
	return true;
}

static bool
read_some(void)
{
	net_wait(s.fd, POLLIN, left_ms());
	char *room = buf_reserve(&s.in, READ_BYTES);
	ssize_t n = recv(s.fd, room, READ_BYTES, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		return false;
	s.in.len += n > 0 ? (size_t)n : 0;
	return true;
}

/* The length of a head with its empty line; 0: it is not whole yet. */
static size_t
head_length(void)
{
	const char *end =
	    s.in.len == 0 ? NULL : memmem(s.in.data, s.in.len, "\r\n\r\n", 4);
	return end == NULL ? 0 : (size_t)(end - s.in.data) + 4;
}

static size_t
body_length(size_t head)
{
	static const char name[] = "\r\nContent-Length:";
	for (const char *p = s.in.data; p < s.in.data + head; p++)
		if (strncasecmp(p, name, sizeof(name) - 1) == 0)
			return (size_t)strtoul(p + sizeof(name) - 1, NULL, 10);
	die("an answer without a length");
}

static void
take_id(const char *body, size_t n, struct answer *a)
{
	json_error_t why;
	json_t *v = json_loadb(body, n, 0, &why);
	const char *id = json_string_value(json_object_get(v, "id"));
	if (id != NULL)
		snprintf(a->id, sizeof(a->id), "%s", id);
	json_decref(v);
}

/* Says what is in s.out and hears the answer. False when the connection broke
 * before all of that was there. */
static bool
exchange(struct answer *a)
{
	size_t head, body;
	if (!send_all())
		return false;
	while ((head = head_length()) == 0)
		if (!read_some())
			return false;
	body = body_length(head);
	while (s.in.len < head + body)
		if (!read_some())
			return false;
	a->status = atoi(s.in.data + strlen("HTTP/1.1 "));
	take_id(s.in.data + head, body, a);
	buf_drop(&s.in, head + body);
	return true;
}

/* ---- the script -------------------------------------------------------- */

/* Remembers the id that came for a tag. */
static void
keep_id(const char *tag, const char *id)
{
	ENTRY e = { .key = strdup(tag), .data = strdup(id) };
	if (hsearch(e, ENTER) == NULL)
		die("more than %d tags", TAGS);
}

/* Puts a path with its ids; false if there is one nobody knows. */
static bool
put_path(const char *path)
{
	const char *open, *end;
	while ((open = strchr(path, '{')) != NULL &&
	    (end = strchr(open, '}')) != NULL) {
		char tag[64];
		snprintf(tag, sizeof(tag), "%.*s", (int)(end - open - 1),
		    open + 1);
		const ENTRY *e = hsearch((ENTRY){ .key = tag }, FIND);
		if (e == NULL)
			return false;
		buf_add(&s.out, path, (size_t)(open - path));
		buf_str(&s.out, e->data);
		path = end + 1;
	}
	buf_str(&s.out, path);
	return true;
}

static bool
put_request(const char *method, const char *path, const char *body)
{
	buf_clear(&s.out);
	buf_printf(&s.out, "%s ", method);
	if (!put_path(path))
		return false;
	buf_printf(&s.out,
	    " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: "
	    "Bearer %s\r\n",
	    o.key);
	if (body[0] != '\0')
		buf_str(&s.out, "Content-Type: application/json\r\n");
	buf_printf(&s.out, "Content-Length: %zu\r\n", strlen(body));
	buf_printf(&s.out, "\r\n%s", body);
	return true;
}

/* Waits for the moment at which the next one is to be said. */
static void
pace(void)
{
	int64_t at_us =
	    o.rate == 0 ? 0 : s.began_us + s.n_said * 1000000 / o.rate;
	while (net_now_us() < at_us && left_ms() > 0)
		poll(NULL, 0, (int)((at_us - net_now_us()) / 1000) + 1);
}

static void
say(const char *tag, const char *method, const char *path, const char *body)
{
	struct answer a = { 0 };
	pace();
	if (!put_request(method, path, body)) {
		s.n_skipped++;
		fprintf(o.answers, "%s skipped -\n", tag);
		return;
	}
	connect_anew();
	s.n_said++;
	if (!exchange(&a)) {
		disconnect();
		s.n_lost++;
		fprintf(o.answers, "%s lost -\n", tag);
		return;
	}
	*(a.status < 300 ? &s.n_good : &s.n_refused) += 1;
	if (a.status < 300 && a.id[0] != '\0')
		keep_id(tag, a.id);
	fprintf(o.answers, "%s %d %s\n", tag, a.status,
	    a.id[0] != '\0' ? a.id : "-");
}

static void
play(void)
{
	char *line = NULL, *rest;
	size_t size = 0;
	ssize_t n;
	while ((n = getline(&line, &size, stdin)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		const char *tag = strtok_r(line, " ", &rest);
		const char *method = strtok_r(NULL, " ", &rest);
		const char *path = strtok_r(NULL, " ", &rest);
		if (path == NULL)
			die("not TAG METHOD PATH: %s", line);
		say(tag, method, path, rest);
		fflush(o.answers);
	}
	free(line);
}

static void
read_options(int argc, char **argv)
{
	int option;
	while ((option = getopt(argc, argv, "w:k:R:o:t:")) != -1)
		switch (option) {
		case 'w':
			o.where = optarg;
			break;
		case 'k':
			o.key = optarg;
			break;
		case 'R':
			o.rate = number(optarg);
			break;
		case 'o':
			if ((o.answers = fopen(optarg, "we")) == NULL)
				die("%s: %s", optarg, strerror(errno));
			break;
		case 't':
			o.limit_s = number(optarg);
			break;
		default:
			o.where = NULL;
			optind = argc;
		}
	if (optind != argc || o.where == NULL || o.key == NULL)
		die("usage: apiplay -w tcp:HOST:PORT -k KEY [-R RATE] "
		    "[-o ANSWERS] [-t SECONDS]");
}

int
main(int argc, char **argv)
{
	o.answers = stdout;
	read_options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (hcreate(TAGS * 2) == 0)
		die("no memory");
	s.began_us = net_now_us();
	play();
	fprintf(stderr, "said=%ld good=%ld refused=%ld lost=%ld skipped=%ld\n",
	    s.n_said, s.n_good, s.n_refused, s.n_lost, s.n_skipped);
	if (o.answers != stdout && fclose(o.answers) != 0)
		die("the answers could not be written");
	return 0;
}
