/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * mixed [-r RATE] [-t SECONDS] PORT KEY CONTACTS AUTOMATION...: what an app and
 * the people before a dashboard ask of the API, at a fixed rate whatever the
 * answers take. A request's time counts from its moment, also when no
 * connection was free then. Prints "REQUESTS P50-MS P99-MS MAX-MS BAD", and the
 * p99 of each kind.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "tests/bench/common.h"
#include "tests/tools/net.h"

enum { CONNECTIONS = 32, PIECE = 16384, GIVE_UP_US = 30 * 1000000 };

struct kind {
	const char *name, *method;
	int status; /* of a good answer */
	/* Writes the path, and the body if there is one. */
	void (*write)(struct buf *path, struct buf *body, int64_t i);
};

static struct {
	int rate, seconds, n_automations;
	int64_t n_contacts;
	char where[64];
	const char *key;
	char **automations;
} o = { .rate = 100, .seconds = 20 };

/* ---- what is asked ------------------------------------------------------ */

static void
write_event(struct buf *path, struct buf *body, int64_t i, const char *name)
{
	int64_t who = bench_contact(i, o.n_contacts);
	buf_str(path, "/events/send");
	buf_printf(body,
	    "{\"event\":\"%s\",\"email\":\"" BENCH_EMAIL
	    "\",\"payload\":" BENCH_PAYLOAD "}",
	    name, (long long)who, (long long)who);
}

static void
write_start(struct buf *path, struct buf *body, int64_t i)
{
	write_event(path, body, i, "bench.start");
}

static void
write_none(struct buf *path, struct buf *body, int64_t i)
{
	write_event(path, body, i, "bench.none");
}

static void
write_contact(struct buf *path, struct buf *body, int64_t i)
{
	(void)body;
	buf_printf(path, "/contacts/" BENCH_EMAIL,
	    (long long)bench_contact(i, o.n_contacts));
}

static void
write_change(struct buf *path, struct buf *body, int64_t i)
{
	write_contact(path, body, i);
	buf_printf(body, "{\"first_name\":\"Ada %lld\"}", (long long)i);
}

static void
write_automation(struct buf *path, struct buf *body, int64_t i)
{
	(void)body;
	buf_printf(path, "/automations/%s", o.automations[i % o.n_automations]);
}

static void
write_runs(struct buf *path, struct buf *body, int64_t i)
{
	write_automation(path, body, i);
	buf_str(path, "/runs?limit=20");
}

static const struct kind kinds[] = {
	{ "event-starts", "POST", 202, write_start },
	{ "contact-get", "GET", 200, write_contact },
	{ "event-none", "POST", 202, write_none },
	{ "runs-list", "GET", 200, write_runs },
	{ "contact-update", "PATCH", 200, write_change },
	{ "automation-get", "GET", 200, write_automation },
};

/* ---- connections -------------------------------------------------------- */

struct connection {
	int fd;
	int64_t asked; /* the request that awaits its answer; -1: free */
	struct buf in;
};

static struct {
	struct connection connections[CONNECTIONS];
	int64_t began_us, n, n_asked, n_answered, n_bad;
	unsigned turn;
	int64_t *took;
	struct buf path, body, request;
} load;

static int64_t
moment_of(int64_t i)
{
	return load.began_us + i * 1000000 / o.rate;
}

static void
ask(struct connection *c)
{
	int64_t i = c->asked = load.n_asked++;
	const struct kind *k = &kinds[(size_t)i % N_OF(kinds)];
	buf_clear(&load.path);
	buf_clear(&load.body);
	buf_clear(&load.request);
	k->write(&load.path, &load.body, i / (int64_t)N_OF(kinds));
	buf_printf(&load.request,
	    "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	    "Authorization: Bearer %s\r\n",
	    k->method, load.path.data, o.key);
	if (load.body.len > 0)
		buf_printf(&load.request,
		    "Content-Type: application/json\r\n"
		    "Content-Length: %zu\r\n",
		    load.body.len);
	buf_str(&load.request, "\r\n");
	buf_add(&load.request, load.body.data, load.body.len);
	/* It is far smaller than what a socket takes at once. */
	if (send(c->fd, load.request.data, load.request.len, MSG_NOSIGNAL) !=
	    (ssize_t)load.request.len)
		fatal("cannot send: %s", strerror(errno));
}

/* The status of a whole answer; 0 until it is whole. */
static int
whole_answer(struct buf *in)
{
	char *end, *length;
	int status = 0;
	if (in->len == 0 ||
	    (end = memmem(in->data, in->len, "\r\n\r\n", 4)) == NULL)
		return 0;
	length =
	    memmem(in->data, (size_t)(end - in->data), "Content-Length: ", 16);
	if (length == NULL || sscanf(in->data, "HTTP/1.1 %d", &status) != 1)
		fatal("an answer that was not understood: %s", in->data);
	size_t head = (size_t)(end + 4 - in->data);
	return in->len >= head + strtoul(length + 16, NULL, 10) ? status : 0;
}

static void
hear(struct connection *c)
{
	char *room = buf_reserve(&c->in, PIECE + 1);
	ssize_t n = recv(c->fd, room, PIECE, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		fatal("the server hung up");
	room[n] = '\0';
	c->in.len += (size_t)n;
	int status = whole_answer(&c->in);
	if (status == 0)
		return;
	int64_t i = c->asked;
	if (i < 0)
		fatal("an answer nobody asked for");
	load.took[i] = clock_mono_us() - moment_of(i);
	if (status != kinds[(size_t)i % N_OF(kinds)].status &&
	    load.n_bad++ == 0)
		fprintf(stderr, "%s\n", c->in.data);
	load.n_answered++;
	c->asked = -1;
	buf_clear(&c->in);
}

/* A free connection, in turn: a server drops the idle. */
static struct connection *
free_connection(void)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c =
		    &load.connections[load.turn++ % CONNECTIONS];
		if (c->asked < 0)
			return c;
	}
	return NULL;
}

/* Asks what it is time for, as far as connections are free. Milliseconds until
 * there is more to ask. */
static int
ask_due(void)
{
	while (load.n_asked < load.n) {
		struct connection *c;
		int64_t left = moment_of(load.n_asked) - clock_mono_us();
		if (left > 0)
			return (int)(left / 1000);
		if ((c = free_connection()) == NULL)
			break;
		ask(c);
	}
	return 1000;
}

static void
run(void)
{
	struct pollfd waits[CONNECTIONS];
	while (load.n_answered < load.n) {
		int ms = ask_due();
		for (int i = 0; i < CONNECTIONS; i++)
			waits[i] =
			    (struct pollfd){ .fd = load.connections[i].fd,
				    .events = POLLIN };
		poll(waits, CONNECTIONS, ms);
		for (int i = 0; i < CONNECTIONS; i++)
			if (waits[i].revents != 0)
				hear(&load.connections[i]);
		if (clock_mono_us() > moment_of(load.n) + GIVE_UP_US)
			fatal("answers are missing");
	}
}

/* ---- figures ------------------------------------------------------------ */

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static double
percentile(const int64_t *sorted, int64_t n, int64_t percent)
{
	return n == 0 ? 0 : (double)sorted[(n - 1) * percent / 100] / 1000;
}

static void
tell(void)
{
	int64_t *some = xcalloc((size_t)load.n + 1, sizeof(*some));
	memcpy(some, load.took, (size_t)load.n * sizeof(*some));
	qsort(some, (size_t)load.n, sizeof(*some), compare);
	printf("%lld %.1f %.1f %.1f %lld", (long long)load.n,
	    percentile(some, load.n, 50), percentile(some, load.n, 99),
	    percentile(some, load.n, 100), (long long)load.n_bad);
	for (size_t k = 0; k < N_OF(kinds); k++) {
		int64_t n = 0;
		for (int64_t i = (int64_t)k; i < load.n;
		     i += (int64_t)N_OF(kinds))
			some[n++] = load.took[i];
		qsort(some, (size_t)n, sizeof(*some), compare);
		printf(" %s=%.1f", kinds[k].name, percentile(some, n, 99));
	}
	printf("\n");
	free(some);
}

int
main(int argc, char **argv)
{
	int option;
	while ((option = getopt(argc, argv, "r:t:")) != -1) {
		if (option == 'r')
			o.rate = atoi(optarg);
		else if (option == 't')
			o.seconds = atoi(optarg);
		else
			return 64;
	}
	if (argc - optind < 4 || o.rate < 1 || o.seconds < 1)
		return 64;
	snprintf(o.where, sizeof(o.where), "tcp:127.0.0.1:%d",
	    atoi(argv[optind]));
	o.key = argv[optind + 1];
	o.n_contacts = atoll(argv[optind + 2]);
	o.automations = argv + optind + 3;
	o.n_automations = argc - optind - 3;
	load.n = (int64_t)o.rate * o.seconds;
	load.took = xcalloc((size_t)load.n, sizeof(*load.took));
	for (int i = 0; i < CONNECTIONS; i++) {
		load.connections[i].asked = -1;
		load.connections[i].fd = net_connect(o.where);
		if (load.connections[i].fd < 0)
			fatal("%s: %s", o.where, strerror(errno));
	}
	load.began_us = clock_mono_us();
	run();
	tell();
	return 0;
}
