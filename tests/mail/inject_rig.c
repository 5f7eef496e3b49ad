/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/mail/inject_rig.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "base/fault.h"
#include "base/log.h"
#include "tests/tap.h"

enum { BOUND_S = 10 };

struct inject_rig rig;

const char *const one[] = { "b@dest.example", NULL };

struct inject_job *
rig_job_make(const char *sender, const char *const *recipients,
    const char *data, size_t len)
{
	struct inject_job *j = &rig.jobs[rig.n_jobs];
	*j = (struct inject_job){
		.email = 1000 + rig.n_jobs,
		.attempt = 1,
		.envid = "pf-1",
		.sender = sender,
		.recipients = recipients,
		.data = data,
		.len = len,
		.owner = &rig.told[rig.n_jobs++],
	};
	return j;
}

void
rig_submit_plain(void)
{
	inject_submit(rig.injector,
	    rig_job_make("a@lab.example", one, LETTER, strlen(LETTER)));
}

void
rig_submit_more(void)
{
	for (int room = inject_room(rig.injector); room > 0 && rig.more > 0;
	     room--) {
		rig.more--;
		rig_submit_plain();
	}
}

static void
on_done(void *arg, struct inject_job *job, const struct inject_result *r)
{
	struct told *told = job->owner;
	(void)arg;
	told->n++;
	told->outcome = r->outcome;
	told->code = r->code;
	snprintf(told->text, sizeof(told->text), "%s", r->text);
	snprintf(told->queue_id, sizeof(told->queue_id), "%s",
	    r->queue_id != NULL ? r->queue_id : "");
	told->n_refused = r->n_refused;
	for (int i = 0; i < r->n_refused && i < 8; i++) {
		told->refused[i].recipient = r->refused[i].recipient;
		told->refused[i].code = r->refused[i].code;
	}
	rig.n_done++;
	rig_submit_more();
}

static void
on_room(void *arg)
{
	(void)arg;
	rig.n_room++;
	rig_submit_more();
}

const struct inject_handler rig_handler = { on_done, on_room, NULL };

static void
on_bound(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	rig.is_late = true;
}

struct event *
rig_bound(void)
{
	struct timeval bound = { BOUND_S, 0 };
	struct event *timer = evtimer_new(rig.base, on_bound, NULL);
	evtimer_add(timer, &bound);
	rig.is_late = false;
	return timer;
}

void
rig_begin(const char *offers)
{
	memset(&rig, 0, sizeof(rig));
	rig.base = event_base_new();
	rig.mta.offers = offers;
	fake_start(&rig.mta, rig.base, NULL);
	rig.conf.inject_backend = (char *)"smtp";
	rig.conf.inject_host = (char *)"127.0.0.1";
	rig.conf.inject_tls = (char *)"none";
	rig.conf.inject_port = rig.mta.port;
	rig.conf.inject_helo = (char *)"client.example";
	rig.conf.inject_sessions = 1;
	rig.conf.inject_timeout_ms = 5000;
}

void
rig_rule(struct fake_rule r)
{
	size_t i = 0;
	while (rig.mta.rules[i].at != NULL)
		i++;
	rig.mta.rules[i] = r;
}

void
rig_open(void)
{
	struct fault f = { 0 };
	rig.injector = inject_open(rig.base, &rig.conf, &rig_handler, &f);
	if (rig.injector == NULL)
		fatal("cannot open: %s", f.text);
}

void
rig_end(void)
{
	int n_late = 0;
	inject_close(rig.injector);
	for (int i = 0; i < rig.n_jobs; i++)
		n_late += rig.told[i].n != 1;
	is_int(n_late, 0, "every job was told of once");
	fake_stop(&rig.mta);
	event_base_free(rig.base);
}

void
rig_run(void)
{
	rig_run_until(rig.n_done == rig.n_jobs && rig.more == 0);
	is_int(rig.n_done, rig.n_jobs, "all jobs are done");
}

void
rig_told_is(int i, enum inject_outcome outcome, int code, const char *part)
{
	static const char *const names[] = { "SENT", "REFUSED", "LATER",
		"DOUBT" };
	const struct told *w = &rig.told[i];
	ok(w->n == 1 && w->outcome == outcome && w->code == code &&
		strstr(w->text, part) != NULL,
	    "job %d is %s %d %s", i, names[outcome], code, part);
	if (w->outcome != outcome || w->code != code ||
	    strstr(w->text, part) == NULL)
		printf("# told %d times: %s %d %s\n", w->n, names[w->outcome],
		    w->code, w->text);
}

bool
rig_saw(const char *text)
{
	return rig.mta.log.data != NULL &&
	    strstr(rig.mta.log.data, text) != NULL;
}

void
rig_one_letter(void)
{
	rig_open();
	rig_submit_plain();
	rig_run();
}
