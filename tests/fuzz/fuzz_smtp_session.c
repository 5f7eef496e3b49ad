/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever a server says, whenever, and however little it reads: a session
 * ends, and every job was told of once or given back. The input is pieces:
 * one byte of length, whose top bit says if the server reads first, and so
 * many bytes to say.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/fault.h"
#include "base/log.h"
#include "mail/inject.h"
#include "mail/smtp_session.h"
#include "mail/smtp_setup.h"

enum { JOBS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct event_base *base;
static int listener;
/* Plain, sealed and with a user, and LMTP. */
static struct smtp_setup setups[] = {
	{ .helo = "x", .n_addresses = 1 },
	{ .helo = "x",
	    .n_addresses = 1,
	    .tls = SMTP_TLS_MAY,
	    .host = (char *)"x",
	    .user = (char *)"user",
	    .password = (char *)"password",
	    .is_local = true },
	{ .helo = "x", .n_addresses = 1, .is_lmtp = true },
};
static char large[400000];
static struct inject_job jobs[JOBS];
static int n_given, n_back;

static void
done(void *arg, struct inject_job *job, const struct inject_result *r,
    enum smtp_blame blame, int64_t begun)
{
	(void)arg, (void)blame, (void)begun;
	assert(job->owner != NULL && r->text != NULL);
	assert(r->outcome != INJECT_SENT || r->code / 100 == 2);
	assert(r->outcome != INJECT_REFUSED || r->code / 100 == 5);
	job->owner = NULL;
	n_back++;
}

static void
again(void *arg, struct inject_job *job)
{
	(void)arg;
	assert(job->owner != NULL);
	job->owner = NULL;
	n_back++;
}

static struct inject_job *
next(void *arg)
{
	(void)arg;
	return n_given < JOBS ? &jobs[n_given++] : NULL;
}

static void
settled(void *arg, struct smtp_session *s)
{
	(void)arg, (void)s;
}

/* What lasts for all inputs. */
static void
set_up(void)
{
	struct smtp_address place = { 0 };
	struct fault f;
	base = event_base_new();
	log_open("fuzz", "/dev/null", LOG_LEVEL_ERROR);
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = "x\r\n"[i % 4 < 2 ? 0 : i % 4 - 1];
	place.un.sun_family = AF_UNIX;
	snprintf(place.un.sun_path + 1, sizeof(place.un.sun_path) - 1,
	    "postflow-fuzz-%d", (int)getpid());
	place.len = sizeof(place.un);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert(bind(listener, &place.any, place.len) == 0);
	assert(listen(listener, 8) == 0);
	for (size_t i = 0; i < N_OF(setups); i++)
		setups[i].addresses[0] = place;
	setups[1].tls_context = smtp_wire_context(SMTP_TLS_MAY, NULL, &f);
	assert(setups[1].tls_context != NULL);
}

static void
play(const struct smtp_setup *setup, const uint8_t *data, size_t size)
{
	static const char *const recipients[] = { "a@b", "c@d", NULL };
	static char sink[65536];
	struct smtp_owner o = {
		.base = base,
		.setup = setup,
		.timeout_us = 60000000,
		.idle_us = 60000000,
		.done = done,
		.again = again,
		.next = next,
		.settled = settled,
	};
	n_given = n_back = 0;
	for (int i = 0; i < JOBS; i++)
		jobs[i] = (struct inject_job){
			.sender = "s@x",
			.recipients = recipients,
			.data = large,
			.len = i % 2 == 0 ? 3 * 4 + 4 : sizeof(large),
			.owner = &o,
		};
	struct smtp_session *s = smtp_session_open(&o);
	int fd = accept(listener, NULL, NULL);
	assert(fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	while (size > 0 && smtp_session_state(s) != SMTP_CLOSED) {
		size_t n = data[0] & 0x7f;
		if (data[0] & 0x80)
			while (read(fd, sink, sizeof(sink)) > 0)
				event_base_loop(base, EVLOOP_NONBLOCK);
		data++;
		size--;
		n = n < size ? n : size;
		(void)!send(fd, data, n, MSG_NOSIGNAL);
		data += n;
		size -= n;
		event_base_loop(base, EVLOOP_NONBLOCK);
		if (smtp_session_state(s) == SMTP_READY && n_given < JOBS)
			smtp_session_send(s, &jobs[n_given++]);
	}
	close(fd);
	for (int i = 0; i < 100 && smtp_session_state(s) != SMTP_CLOSED; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	assert(smtp_session_state(s) == SMTP_CLOSED);
	assert(n_back == n_given);
	smtp_session_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (base == NULL)
		set_up();
	for (size_t i = 0; i < N_OF(setups); i++)
		play(&setups[i], data, size);
	return 0;
}
