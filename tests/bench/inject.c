/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast the smtp backend hands messages over:
 *
 *	inject HOST PORT SESSIONS COUNT SIZE
 *
 * prints the messages a second from the first submit to the last answer, the
 * outcomes, and after how many milliseconds all sessions were at work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "conf/conf.h"
#include "mail/inject.h"

struct run {
	struct event_base *base;
	struct injector *injector;
	struct inject_job *jobs;
	int n_jobs, n_submitted, n_done;
	int outcomes[4];
	int64_t begun_us, full_us;
	int room_full;
};

/* Submits as much as there is room for. */
static void
fill(void *arg)
{
	struct run *r = arg;
	int room = inject_room(r->injector);
	for (; room > 0 && r->n_submitted < r->n_jobs; room--)
		inject_submit(r->injector, &r->jobs[r->n_submitted++]);
	if (r->full_us == 0 && inject_busy(r->injector) >= r->room_full)
		r->full_us = clock_mono_us();
}

/* Counts an outcome. */
static void
done(void *arg, struct inject_job *job, const struct inject_result *result)
{
	struct run *r = arg;
	(void)job;
	r->outcomes[result->outcome]++;
	if (result->outcome != INJECT_SENT)
		fprintf(stderr, "%d %s\n", result->code, result->text);
	if (++r->n_done == r->n_jobs)
		event_base_loopbreak(r->base);
	else
		fill(r);
}

/* A plain message of about that many bytes. */
static void
letter(struct buf *b, int size)
{
	buf_str(b,
	    "From: <a@lab.example>\r\nTo: <b@dest.example>\r\n"
	    "Subject: bench\r\nDate: Sat, 21 Nov 2026 08:00:00 +0000\r\n"
	    "Message-ID: <bench@lab.example>\r\n\r\n");
	while (b->len + 2 < (size_t)size)
		buf_printf(b, "%.*s\r\n",
		    b->len + 74 < (size_t)size ? 72 : size - (int)b->len - 2,
		    "The quick brown fox jumps over the lazy dog, and it does "
		    "so again and so on.");
}

int
main(int argc, char **argv)
{
	if (argc != 6) {
		fprintf(stderr, "usage: %s HOST PORT SESSIONS COUNT SIZE\n",
		    argv[0]);
		return 2;
	}
	static const char *const recipients[] = { "b@dest.example", NULL };
	struct conf conf = {
		.inject_backend = (char *)"smtp",
		.inject_host = argv[1],
		.inject_port = atoi(argv[2]),
		.inject_sessions = atoi(argv[3]),
		.inject_timeout_ms = 30000,
	};
	struct run r = {
		.base = event_base_new(),
		.n_jobs = atoi(argv[4]),
		.room_full = conf.inject_sessions * 2,
	};
	struct buf b = { 0 };
	struct fault f;
	letter(&b, atoi(argv[5]));
	r.jobs = xcalloc((size_t)r.n_jobs, sizeof(*r.jobs));
	for (int i = 0; i < r.n_jobs; i++)
		r.jobs[i] = (struct inject_job){
			.email = i + 1,
			.envid = "bench",
			.sender = "a@lab.example",
			.recipients = recipients,
			.data = b.data,
			.len = b.len,
		};
	struct inject_handler h = { done, fill, &r };
	r.injector = inject_open(r.base, &conf, &h, &f);
	if (r.injector == NULL)
		fatal("%s", f.text);
	r.begun_us = clock_mono_us();
	fill(&r);
	event_base_dispatch(r.base);
	int64_t us = clock_mono_us() - r.begun_us;
	printf("inject s=%d %.0f/s sent=%d refused=%d later=%d doubt=%d "
	       "full_ms=%.1f\n",
	    conf.inject_sessions, r.n_jobs * 1e6 / (double)us,
	    r.outcomes[INJECT_SENT], r.outcomes[INJECT_REFUSED],
	    r.outcomes[INJECT_LATER], r.outcomes[INJECT_DOUBT],
	    r.full_us == 0 ? 0 : (double)(r.full_us - r.begun_us) / 1000);
	inject_close(r.injector);
	event_base_free(r.base);
	buf_free(&b);
	free(r.jobs);
	return r.outcomes[INJECT_SENT] == r.n_jobs ? 0 : 1;
}
