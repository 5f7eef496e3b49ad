/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * evclient [-c CONNECTIONS] [-n EVENTS | -t SECONDS] [-o FIRST] SOCKET NAME
 * CONTACTS: pushes events into the event socket as fast as it takes them,
 * without waiting for an answer before the next line, and checks that each is
 * answered by an ok line, in order. Prints "EVENTS EVENTS-PER-SECOND".
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "tests/bench/common.h"

enum {
	CONNECTIONS_MAX = 64,
	WRITE_BYTES = 64 << 10,
	READ_BYTES = 64 << 10,
	STALL_MS = 30000,
	UUID_TEXT = 36
};

struct peer {
	int fd;
	struct buf out, in;
	int64_t n_sent, n_answered; /* lines written into out; ok lines */
	char last_id[UUID_TEXT + 1];
	bool is_shut, is_done;
};

static struct {
	const char *name;
	int64_t n_contacts, n_events; /* n_events 0: until end_us */
	int64_t next, n_answered;
	int64_t end_us;
} load;

static int
dial(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (strlen(path) >= sizeof(a.sun_path))
		fatal("the socket's path is too long");
	strcpy(a.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		fatal("%s: %s", path, strerror(errno));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static bool
more_to_send(void)
{
	return load.n_events > 0
	    ? load.n_events > 0 && load.next < load.n_events
	    : clock_mono_us() < load.end_us;
}

/* Fills the peer's buffer with lines. */
static void
write_lines(struct peer *p, int64_t first)
{
	while (p->out.len < WRITE_BYTES && more_to_send()) {
		int64_t who = bench_contact(first + load.next, load.n_contacts);
		buf_printf(&p->out,
		    "{\"event\":\"%s\",\"email\":\"" BENCH_EMAIL
		    "\",\"payload\":" BENCH_PAYLOAD "}\n",
		    load.name, (long long)who, (long long)who);
		load.next++;
		p->n_sent++;
	}
}

static void
send_some(struct peer *p)
{
	ssize_t n = send(p->fd, p->out.data, p->out.len, MSG_NOSIGNAL);
	if (n > 0)
		buf_drop(&p->out, (size_t)n);
	else if (errno != EAGAIN)
		fatal("send: %s", strerror(errno));
}

/* An answer is an ok line with an id larger than the last one's: their order
 * as text is their order in time. */
static void
check_answer(struct peer *p, char *line)
{
	char *id = strstr(line, "\"id\":\"");
	if (strncmp(line, "{\"object\":\"event\"", 17) != 0 || id == NULL ||
	    strlen(id += 6) < UUID_TEXT)
		fatal("answer %lld is no ok line: %s", (long long)p->n_answered,
		    line);
	id[UUID_TEXT] = '\0';
	if (strcmp(p->last_id, id) >= 0)
		fatal("answer %lld is out of order: %s after %s",
		    (long long)p->n_answered, id, p->last_id);
	memcpy(p->last_id, id, UUID_TEXT);
	p->n_answered++;
	load.n_answered++;
}

static void
take_answers(struct peer *p)
{
	char *start, *newline;
	ssize_t n = recv(p->fd, buf_reserve(&p->in, READ_BYTES), READ_BYTES, 0);
	if (n == 0) {
		p->is_done = true;
		if (p->n_answered != p->n_sent)
			fatal("closed after %lld answers of %lld",
			    (long long)p->n_answered, (long long)p->n_sent);
		return;
	}
	if (n < 0 && errno != EAGAIN)
		fatal("recv: %s", strerror(errno));
	p->in.len += n > 0 ? (size_t)n : 0;
	for (start = p->in.data;
	     (newline = memchr(start, '\n',
		  p->in.len - (size_t)(start - p->in.data))) != NULL;
	     start = newline + 1) {
		*newline = '\0';
		check_answer(p, start);
	}
	buf_drop(&p->in, (size_t)(start - p->in.data));
}

/* Half-closes what has nothing more to say. */
static void
finish_sending(struct peer *p)
{
	if (p->is_shut || p->out.len > 0 || more_to_send())
		return;
	shutdown(p->fd, SHUT_WR);
	p->is_shut = true;
}

static void
run(struct peer *peers, int n, int64_t first)
{
	struct pollfd waits[CONNECTIONS_MAX];
	int n_done = 0;
	while (n_done < n) {
		for (int i = 0; i < n; i++) {
			struct peer *p = &peers[i];
			write_lines(p, first);
			finish_sending(p);
			waits[i] =
			    (struct pollfd){ .fd = p->is_done ? -1 : p->fd,
				    .events = POLLIN |
					(p->out.len > 0 ? POLLOUT : 0) };
		}
		if (poll(waits, (nfds_t)n, STALL_MS) <= 0)
			fatal("no progress for %d s", STALL_MS / 1000);
		n_done = 0;
		for (int i = 0; i < n; i++) {
			if (waits[i].revents & POLLOUT)
				send_some(&peers[i]);
			if (waits[i].revents & (POLLIN | POLLHUP))
				take_answers(&peers[i]);
			n_done += peers[i].is_done;
		}
	}
}

int
main(int argc, char **argv)
{
	static struct peer peers[CONNECTIONS_MAX];
	int n = 1, option;
	int64_t first = 0, seconds = 10;
	while ((option = getopt(argc, argv, "c:n:t:o:")) != -1) {
		if (option == 'c')
			n = atoi(optarg);
		else if (option == 'n')
			load.n_events = atoll(optarg);
		else if (option == 't')
			seconds = atoll(optarg);
		else if (option == 'o')
			first = atoll(optarg);
		else
			return 64;
	}
	if (argc - optind != 3 || n < 1 || n > CONNECTIONS_MAX)
		return 64;
	load.name = argv[optind + 1];
	load.n_contacts = atoll(argv[optind + 2]);
	for (int i = 0; i < n; i++)
		peers[i].fd = dial(argv[optind]);
	int64_t began = clock_mono_us();
	load.end_us = began + seconds * 1000000;
	run(peers, n, first);
	double took = (double)(clock_mono_us() - began) / 1e6;
	printf("%lld %.0f\n", (long long)load.n_answered,
	    (double)load.n_answered / took);
	for (int i = 0; i < n; i++) {
		close(peers[i].fd);
		buf_free(&peers[i].in);
		buf_free(&peers[i].out);
	}
	return 0;
}
