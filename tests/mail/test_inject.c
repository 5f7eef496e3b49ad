/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smtp backend against a server that does as it is told: what goes over
 * the wire, and what the caller is told, in every branch.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/thread.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "conf/conf.h"
#include "mail/inject.h"
#include "mail/smtp_session.h"
#include "tests/mail/fake_mta.h"
#include "tests/tap.h"

enum { JOBS = 400, BOUND_S = 10 };

#define LETTER "Subject: x\r\n\r\nhello\r\n"

static const char *const one[] = { "b@dest.example", NULL };

/* What became of a job. */
struct told {
	int n; /* how often it was told */
	enum inject_outcome outcome;
	int code;
	char text[512], queue_id[64];
	int n_refused;
	struct {
		int recipient, code;
	} refused[8];
};

static struct test {
	struct event_base *base;
	struct fake_mta mta;
	struct conf conf;
	struct injector *injector;
	struct inject_job jobs[JOBS];
	struct told told[JOBS];
	int n_jobs, n_done, n_room;
	int more; /* submitted from done(), as long as there is room */
	bool is_late;
} t;

/* Makes a job; it is not submitted. */
static struct inject_job *
job_make(const char *sender, const char *const *recipients, const char *data,
    size_t len)
{
	struct inject_job *j = &t.jobs[t.n_jobs];
	*j = (struct inject_job){
		.email = 1000 + t.n_jobs,
		.attempt = 1,
		.envid = "pf-1",
		.sender = sender,
		.recipients = recipients,
		.data = data,
		.len = len,
		.owner = &t.told[t.n_jobs++],
	};
	return j;
}

/* Submits the plain letter. */
static void
submit_plain(void)
{
	inject_submit(t.injector,
	    job_make("a@lab.example", one, LETTER, strlen(LETTER)));
}

/* Submits what is still to be, while there is room. */
static void
submit_more(void)
{
	for (int room = inject_room(t.injector); room > 0 && t.more > 0;
	     room--) {
		t.more--;
		submit_plain();
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
	t.n_done++;
	submit_more();
}

static void
on_room(void *arg)
{
	(void)arg;
	t.n_room++;
	submit_more();
}

static void
on_bound(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	t.is_late = true;
}

/* Runs the loop until a condition is true, at most BOUND_S seconds. */
#define run_until(condition) \
	do { \
		struct timeval bound = { BOUND_S, 0 }; \
		struct event *timer = evtimer_new(t.base, on_bound, NULL); \
		evtimer_add(timer, &bound); \
		t.is_late = false; \
		while (!(condition) && !t.is_late) \
			event_base_loop(t.base, EVLOOP_ONCE); \
		event_free(timer); \
	} while (0)

/* Begins a test: a server with these offers (NULL: all), a pool for it. */
static void
begin(const char *offers)
{
	memset(&t, 0, sizeof(t));
	t.base = event_base_new();
	t.mta.offers = offers;
	fake_start(&t.mta, t.base, NULL);
	t.conf.inject_backend = (char *)"smtp";
	t.conf.inject_host = (char *)"127.0.0.1";
	t.conf.inject_port = t.mta.port;
	t.conf.inject_helo = (char *)"client.example";
	t.conf.inject_sessions = 1;
	t.conf.inject_timeout_ms = 5000;
}

/* Adds a rule to the server's script. */
static void
rule(struct fake_rule r)
{
	size_t i = 0;
	while (t.mta.rules[i].at != NULL)
		i++;
	t.mta.rules[i] = r;
}

static void
open_pool(void)
{
	struct inject_handler h = { on_done, on_room, NULL };
	struct fault f = { 0 };
	t.injector = inject_open(t.base, &t.conf, &h, &f);
	if (t.injector == NULL)
		fatal("cannot open: %s", f.text);
}

static void
end(void)
{
	int n_late = 0;
	inject_close(t.injector);
	for (int i = 0; i < t.n_jobs; i++)
		n_late += t.told[i].n != 1;
	is_int(n_late, 0, "every job was told of once");
	fake_stop(&t.mta);
	event_base_free(t.base);
}

/* Runs until all jobs are done. */
static void
run(void)
{
	run_until(t.n_done == t.n_jobs && t.more == 0);
	is_int(t.n_done, t.n_jobs, "all jobs are done");
}

/* Checks one job's end. */
static void
told_is(int i, enum inject_outcome outcome, int code, const char *part)
{
	static const char *const names[] = { "SENT", "REFUSED", "LATER",
		"DOUBT" };
	const struct told *w = &t.told[i];
	ok(w->n == 1 && w->outcome == outcome && w->code == code &&
		strstr(w->text, part) != NULL,
	    "job %d is %s %d %s", i, names[outcome], code, part);
	if (w->outcome != outcome || w->code != code ||
	    strstr(w->text, part) == NULL)
		printf("# told %d times: %s %d %s\n", w->n, names[w->outcome],
		    w->code, w->text);
}

/* True if the server's log holds the text. */
static bool
saw(const char *text)
{
	return t.mta.log.data != NULL && strstr(t.mta.log.data, text) != NULL;
}

#define ENVELOPE(reset) \
	reset "MAIL FROM:<a@lab.example> SIZE=21 RET=HDRS " \
	      "ENVID=pf-1\n" \
	      "RCPT TO:<b@dest.example> NOTIFY=FAILURE,DELAY " \
	      "ORCPT=rfc822;b@dest.example\n"

static void
test_chunking(void)
{
	begin(NULL);
	open_pool();
	is_int(inject_room(t.injector), 2, "room for two to begin with");
	for (int i = 0; i < 3; i++)
		submit_plain();
	is_int(inject_room(t.injector), 0, "and then for none");
	is_int(inject_busy(t.injector), 3, "three are under way");
	is_int(t.n_done, 0, "nothing is told from within submit");
	run();
	for (int i = 0; i < 3; i++)
		told_is(i, INJECT_SENT, 250, "queued");
	is(t.told[0].queue_id, "FAKE1", "the queue id is told");
	is(t.mta.log.data,
	    "|EHLO client.example\n"
	    "|" ENVELOPE("") "|BDAT 21 LAST\n[21]\n" ENVELOPE(
		"") "|BDAT 21 LAST\n[21]\n" ENVELOPE("") "|BDAT 21 LAST\n"
							 "[21]\n",
	    "the next envelope goes along with the data");
	is(t.mta.message.data, LETTER, "the message arrives as it was");
	is_int(t.mta.n_connections, 1, "over one connection");
	ok(t.n_room > 0, "room is told of");
	is_int(inject_busy(t.injector), 0, "nothing is left");
	end();
	ok(true, "closing with an idle session");
}

static void
test_data(void)
{
	static const char dots[] = ".\r\n..a\r\nb.\r\n.\r\nc";
	begin("PIPELINING");
	open_pool();
	inject_submit(t.injector, job_make("", one, dots, sizeof(dots) - 1));
	submit_plain();
	run();
	told_is(0, INJECT_SENT, 250, "");
	told_is(1, INJECT_SENT, 250, "");
	ok(saw("|MAIL FROM:<>\nRCPT TO:<b@dest.example>\nDATA\n|[18]\n"),
	    "MAIL, RCPT and DATA in one write, nothing that is not offered");
	is(t.mta.message.data, LETTER, "the message arrives");
	end();

	begin("SIZE");
	open_pool();
	inject_submit(t.injector, job_make("", one, dots, sizeof(dots) - 1));
	run();
	told_is(0, INJECT_SENT, 250, "");
	ok(saw("|MAIL FROM:<> SIZE=18\n|RCPT TO:<b@dest.example>\n|DATA\n|"),
	    "without PIPELINING each command waits for its answer");
	is(t.mta.message.data, ".\r\n..a\r\nb.\r\n.\r\nc\r\n",
	    "dots arrive as they were, the last line is ended");
	end();

	begin("CHUNKING");
	open_pool();
	inject_submit(t.injector, job_make("", one, dots, sizeof(dots) - 1));
	submit_plain();
	run();
	told_is(0, INJECT_SENT, 250, "");
	told_is(1, INJECT_SENT, 250, "");
	ok(saw("|MAIL FROM:<>\n|RCPT TO:<b@dest.example>\n"
	       "|BDAT 18 LAST\n[18]\n|MAIL"),
	    "CHUNKING alone sends nothing ahead");
	end();

	begin(NULL);
	rule((struct fake_rule){ "EHLO", "502 5.5.2 what?", 0, 0, 0 });
	open_pool();
	submit_plain();
	run();
	told_is(0, INJECT_SENT, 250, "");
	ok(saw("|EHLO client.example\n|HELO client.example\n"
	       "|MAIL FROM:<a@lab.example>\n|RCPT TO:<b@dest.example>\n|DATA"),
	    "an old server is greeted with HELO and asked for nothing");
	end();
}

static void
test_large(void)
{
	size_t n = 3000000;
	char *data = xmalloc(n);
	for (size_t i = 0; i < n; i++)
		data[i] = i % 50 == 48 ? '\r' : i % 50 == 49 ? '\n' : 'x';
	static const char *const offers[] = { NULL, "PIPELINING", "" };
	for (size_t i = 0; i < N_OF(offers); i++) {
		begin(offers[i]);
		open_pool();
		inject_submit(t.injector, job_make("a@b", one, data, n));
		submit_plain();
		run_until(t.n_done == 1);
		told_is(0, INJECT_SENT, 250, "");
		ok(t.mta.message.len == n &&
			memcmp(t.mta.message.data, data, n) == 0,
		    "3 MB arrive whole");
		run();
		told_is(1, INJECT_SENT, 250, "");
		end();
	}
	/* More than the socket buffers of both ends hold. */
	n *= 10;
	data = xrealloc(data, n);
	for (size_t i = 0; i < n; i++)
		data[i] = i % 50 == 48 ? '\r' : i % 50 == 49 ? '\n' : 'x';
	begin(NULL);
	rule((struct fake_rule){ "CHUNK", NULL, FAKE_CLOSE, 0, 0 });
	open_pool();
	inject_submit(t.injector, job_make("a@b", one, data, n));
	run();
	told_is(0, INJECT_LATER, 0, "end of data");
	end();
	begin(NULL);
	rule((struct fake_rule){ "CHUNK", "552 5.3.4 too big", 0, 0, 0 });
	open_pool();
	inject_submit(t.injector, job_make("a@b", one, data, n));
	run();
	ok(t.told[0].outcome == INJECT_REFUSED && t.told[0].code == 552,
	    "a refusal in the middle of the data counts");
	end();
	free(data);
}

/* What one job is told under one rule. */
static void
test_outcomes(void)
{
	static const struct {
		const char *what, *offers;
		struct fake_rule rule;
		enum inject_outcome outcome;
		int code;
		const char *text;
	} cases[] = {
#define R(...) { __VA_ARGS__, 0, 0 }
		{ "greeting 554", NULL, R("CONNECT", "554 no", FAKE_ANSWER),
		    INJECT_LATER, 554, "no" },
		{ "greeting 421", NULL,
		    R("CONNECT", "421 4.3.2 busy", FAKE_CLOSE), INJECT_LATER,
		    421, "4.3.2 busy" },
		{ "closed at once", NULL, R("CONNECT", "", FAKE_CLOSE),
		    INJECT_LATER, 0, "closed by the server at the greeting" },
		{ "reset at once", NULL, R("CONNECT", "", FAKE_RESET),
		    INJECT_LATER, 0, "reset" },
		{ "garbage for a greeting", NULL,
		    R("CONNECT", "SSH-2.0-x", FAKE_ANSWER), INJECT_LATER, 0,
		    "not a reply" },
		{ "EHLO 451", NULL, R("EHLO", "451 4.3.0 no", FAKE_ANSWER),
		    INJECT_LATER, 451, "4.3.0 no" },
		{ "EHLO 421", NULL, R("EHLO", "421 4.3.0 no", FAKE_CLOSE),
		    INJECT_LATER, 421, "4.3.0 no" },
		{ "closed at EHLO", NULL, R("EHLO", "", FAKE_CLOSE),
		    INJECT_LATER, 0, "at EHLO" },
		{ "MAIL 550", NULL, R("MAIL", "550 5.7.1 no", FAKE_ANSWER),
		    INJECT_REFUSED, 550, "5.7.1 no" },
		{ "MAIL 452", NULL, R("MAIL", "452 4.3.1 disk", FAKE_ANSWER),
		    INJECT_LATER, 452, "4.3.1 disk" },
		{ "MAIL 421", NULL, R("MAIL", "421 4.3.2 bye", FAKE_CLOSE),
		    INJECT_LATER, 421, "4.3.2 bye" },
		{ "MAIL 354", NULL, R("MAIL", "354 what", FAKE_ANSWER),
		    INJECT_LATER, 0, "out of step" },
		{ "closed at MAIL", NULL, R("MAIL", "", FAKE_CLOSE),
		    INJECT_LATER, 0, "at MAIL" },
		{ "reset at MAIL", NULL, R("MAIL", "", FAKE_RESET),
		    INJECT_LATER, 0, "at MAIL" },
		{ "garbage at MAIL", NULL, R("MAIL", "hello", FAKE_ANSWER),
		    INJECT_LATER, 0, "not a reply" },
		{ "RCPT 550", NULL, R("RCPT", "550 5.1.1 who", FAKE_ANSWER),
		    INJECT_REFUSED, 550, "5.1.1 who" },
		{ "RCPT 450", NULL, R("RCPT", "450 4.2.1 full", FAKE_ANSWER),
		    INJECT_LATER, 450, "4.2.1 full" },
		{ "RCPT 421", NULL, R("RCPT", "421 4.3.2 bye", FAKE_CLOSE),
		    INJECT_LATER, 421, "4.3.2 bye" },
		{ "closed at RCPT", NULL, R("RCPT", "", FAKE_CLOSE),
		    INJECT_LATER, 0, "at RCPT" },
		{ "MAIL 550, no pipelining", "CHUNKING",
		    R("MAIL", "550 5.7.1 no", FAKE_ANSWER), INJECT_REFUSED, 550,
		    "5.7.1 no" },
		{ "RCPT 550, no pipelining", "DSN",
		    R("RCPT", "550 5.1.1 who", FAKE_ANSWER), INJECT_REFUSED,
		    550, "5.1.1 who" },
		{ "MAIL 550, DATA pipelined", "PIPELINING",
		    R("MAIL", "550 5.7.1 no", FAKE_ANSWER), INJECT_REFUSED, 550,
		    "5.7.1 no" },
		{ "RCPT 550, DATA pipelined", "PIPELINING",
		    R("RCPT", "550 5.1.1 who", FAKE_ANSWER), INJECT_REFUSED,
		    550, "5.1.1 who" },
		{ "DATA 554", "PIPELINING",
		    R("DATA", "554 5.6.0 no", FAKE_ANSWER), INJECT_REFUSED, 554,
		    "5.6.0 no" },
		{ "DATA 451", "DSN", R("DATA", "451 4.6.0 no", FAKE_ANSWER),
		    INJECT_LATER, 451, "4.6.0 no" },
		{ "DATA 250", "PIPELINING", R("DATA", "250 ok", FAKE_ANSWER),
		    INJECT_LATER, 0, "out of step" },
		{ "closed at DATA", "PIPELINING", R("DATA", "", FAKE_CLOSE),
		    INJECT_LATER, 0, "at DATA" },
		{ "end of data 554", "PIPELINING",
		    R("END", "554 5.7.1 spam", FAKE_ANSWER), INJECT_REFUSED,
		    554, "5.7.1 spam" },
		{ "end of data 451", "PIPELINING",
		    R("END", "451 4.7.1 later", FAKE_ANSWER), INJECT_LATER, 451,
		    "4.7.1 later" },
		{ "end of data 421", "PIPELINING",
		    R("END", "421 4.3.0 bye", FAKE_CLOSE), INJECT_LATER, 421,
		    "4.3.0 bye" },
		{ "closed after the dot", "PIPELINING",
		    R("END", "", FAKE_CLOSE), INJECT_DOUBT, 0,
		    "at end of data" },
		{ "chunk 554", NULL, R("BDAT", "554 5.7.1 spam", FAKE_ANSWER),
		    INJECT_REFUSED, 554, "5.7.1 spam" },
		{ "chunk 451", NULL, R("BDAT", "451 4.7.1 later", FAKE_ANSWER),
		    INJECT_LATER, 451, "4.7.1 later" },
		{ "chunk 421", NULL, R("BDAT", "421 4.3.0 bye", FAKE_CLOSE),
		    INJECT_LATER, 421, "4.3.0 bye" },
		{ "closed after the chunk", NULL, R("BDAT", "", FAKE_CLOSE),
		    INJECT_DOUBT, 0, "at end of data" },
		{ "reset after the chunk", NULL, R("BDAT", "", FAKE_RESET),
		    INJECT_DOUBT, 0, "at end of data" },
		{ "garbage after the chunk", NULL,
		    R("BDAT", "thanks", FAKE_ANSWER), INJECT_DOUBT, 0,
		    "not a reply" },
		{ "354 after the chunk", NULL,
		    R("BDAT", "354 more", FAKE_ANSWER), INJECT_DOUBT, 0,
		    "out of step" },
		{ "two codes in one reply", NULL,
		    R("BDAT", "250-a\r\n550 b", FAKE_ANSWER), INJECT_DOUBT, 0,
		    "changes its code" },
		{ "half a reply", NULL, R("BDAT", "250-half", FAKE_CLOSE),
		    INJECT_DOUBT, 0, "at end of data" },
		{ "a reply of many lines", NULL,
		    R("BDAT", "250-2.0.0 Ok\r\n250 queued as ABC", FAKE_ANSWER),
		    INJECT_SENT, 250, "2.0.0 Ok queued as ABC" },
		{ "a reply byte by byte", NULL,
		    R("CONNECT", "220-slow\r\n220 line", FAKE_DRIP),
		    INJECT_SENT, 250, "queued as FAKE1" },
		{ "an old server's words", NULL,
		    R("BDAT",
			"250 2.0.0 6AL6mD8f031602 Message accepted for "
			"delivery",
			FAKE_ANSWER),
		    INJECT_SENT, 250, "accepted" },
		{ "RCPT 251", NULL, R("RCPT", "251 elsewhere", FAKE_ANSWER),
		    INJECT_SENT, 250, "" },
#undef R
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		printf("# %s\n", cases[i].what);
		begin(cases[i].offers);
		rule(cases[i].rule);
		/* RCPT 251 needs a taken recipient at the fake. */
		if (cases[i].outcome == INJECT_SENT &&
		    strcmp(cases[i].rule.at, "RCPT") == 0)
			rule((struct fake_rule){ "BDAT", "250 2.0.0 Ok", 0, 0,
			    0 });
		open_pool();
		submit_plain();
		run();
		told_is(0, cases[i].outcome, cases[i].code, cases[i].text);
		end();
	}
}

static void
test_queue_id(void)
{
	begin(NULL);
	rule((struct fake_rule){ "BDAT",
	    "250 2.0.0 6AL6mD8f031602 Message accepted for delivery", 0, 0,
	    1 });
	rule((struct fake_rule){ "BDAT", "250 2.0.0 Ok", 0, 0, 1 });
	open_pool();
	submit_plain();
	submit_plain();
	run();
	is(t.told[0].queue_id, "6AL6mD8f031602", "Sendmail's queue id");
	told_is(1, INJECT_SENT, 250, "2.0.0 Ok");
	end();
}

static void
test_recipients(void)
{
	static const char *const four[] = { "a@x", "b@x", "c@x", "d@x", NULL };
	static const char *const offers[] = { NULL, "PIPELINING", "" };
	for (size_t i = 0; i < N_OF(offers); i++) {
		begin(offers[i]);
		rule((struct fake_rule){ "RCPT TO:<b@x>", "550 5.1.1 who", 0, 0,
		    0 });
		rule((struct fake_rule){ "RCPT TO:<d@x>", "450 4.2.1 full", 0,
		    0, 0 });
		open_pool();
		inject_submit(t.injector,
		    job_make("s@x", four, LETTER, strlen(LETTER)));
		submit_plain();
		run();
		told_is(0, INJECT_SENT, 250, "");
		ok(t.told[0].n_refused == 2 &&
			t.told[0].refused[0].recipient == 1 &&
			t.told[0].refused[0].code == 550 &&
			t.told[0].refused[1].recipient == 3 &&
			t.told[0].refused[1].code == 450,
		    "two of four are refused, each with its code");
		told_is(1, INJECT_SENT, 250, "");
		is_int(t.told[1].n_refused, 0, "the next job has none");
		ok(inject_room(t.injector) > 0,
		    "a full mailbox pauses nothing");
		end();
	}
	begin(NULL);
	rule((struct fake_rule){ "RCPT TO:<c@x>", "450 4.2.1 full", 0, 0, 0 });
	rule((struct fake_rule){ "RCPT", "550 5.1.1 who", 0, 0, 4 });
	open_pool();
	inject_submit(t.injector,
	    job_make("s@x", four, LETTER, strlen(LETTER)));
	run();
	told_is(0, INJECT_LATER, 450, "full");
	is_int(t.told[0].n_refused, 4, "with all four told of");
	ok(!saw("BDAT"), "no data for nobody");
	end();

	begin("PIPELINING");
	rule((struct fake_rule){ "RCPT", "550 5.1.1 who", 0, 0, 1 });
	rule((struct fake_rule){ "DATA", "354 go", 0, 0, 1 });
	open_pool();
	submit_plain();
	submit_plain();
	run();
	told_is(0, INJECT_REFUSED, 550, "who");
	ok(saw("|[0]\n"), "a 354 for nobody is answered by a lone dot");
	told_is(1, INJECT_SENT, 250, "");
	end();
}

/* After a refusal the session stays in step. */
static void
test_in_step(void)
{
	static const struct fake_rule rules[] = {
		{ "MAIL", "550 5.7.1 no", 0, 1, 1 },
		{ "RCPT", "550 5.1.1 who", 0, 1, 1 },
		{ "BDAT", "554 5.7.1 spam", 0, 1, 1 },
		{ "DATA", "554 5.7.1 no", 0, 1, 1 },
		{ "END", "554 5.7.1 spam", 0, 1, 1 },
	};
	static const char *const offers[] = { NULL, "PIPELINING", "CHUNKING",
		"" };
	for (size_t i = 0; i < N_OF(rules) * N_OF(offers); i++) {
		const struct fake_rule *r = &rules[i / N_OF(offers)];
		const char *o = offers[i % N_OF(offers)];
		bool chunks = o == NULL || strcmp(o, "CHUNKING") == 0;
		if ((strcmp(r->at, "BDAT") == 0 && !chunks) ||
		    ((strcmp(r->at, "DATA") == 0 ||
			 strcmp(r->at, "END") == 0) &&
			chunks))
			continue;
		printf("# %s with %s\n", r->at, o == NULL ? "all" : o);
		begin(o);
		rule(*r);
		t.mta.wants_reset = true;
		open_pool();
		for (int j = 0; j < 4; j++)
			submit_plain();
		run();
		told_is(0, INJECT_SENT, 250, "");
		ok(t.told[1].outcome == INJECT_REFUSED,
		    "the second is refused");
		told_is(2, INJECT_SENT, 250, "");
		told_is(3, INJECT_SENT, 250, "");
		is_int(t.mta.n_messages, 3, "the server has three");
		is_int(t.mta.n_connections, 1, "over one connection");
		ok(saw("RSET"), "RSET clears what was begun");
		end();
	}
}

static void
test_wire(void)
{
	static const char *const evil[] = {
		"x@y>\r\nRCPT TO:<evil@z",
		NULL,
	};
	static const char *const utf8[] = { "z\xc3\xb6@dest.example", NULL };
	static const char smuggled[] = "Subject: x\r\n\r\nhi\n.\r\n"
				       "MAIL FROM:<evil@z>\r\n";
	begin(NULL);
	open_pool();
	inject_submit(t.injector,
	    job_make("a@b", evil, LETTER, strlen(LETTER)));
	inject_submit(t.injector,
	    job_make("a@b\r\nQUIT", one, LETTER, strlen(LETTER)));
	inject_submit(t.injector,
	    job_make("a@b", one, smuggled, strlen(smuggled)));
	inject_submit(t.injector, job_make("a@b", one, "a\r\nb\0c\r\n", 9));
	inject_submit(t.injector,
	    job_make("a@b", utf8, LETTER, strlen(LETTER)));
	inject_submit(t.injector, job_make("a@b", one, "z\xc3\xb6\r\n", 5));
	submit_plain();
	is_int(t.n_done, 0, "nothing is told from within submit");
	run();
	told_is(0, INJECT_REFUSED, 0, "recipient 1");
	told_is(1, INJECT_REFUSED, 0, "sender");
	told_is(2, INJECT_REFUSED, 0, "bare LF");
	told_is(3, INJECT_REFUSED, 0, "NUL");
	told_is(4, INJECT_REFUSED, 0, "SMTPUTF8");
	told_is(5, INJECT_SENT, 250, "");
	told_is(6, INJECT_SENT, 250, "");
	ok(!saw("evil") && !saw("QUIT") && saw("BODY=8BITMIME"),
	    "nothing of that reached the wire");
	ok(inject_room(t.injector) > 0, "nor does it pause anything");
	end();

	begin("PIPELINING CHUNKING SMTPUTF8 8BITMIME DSN");
	open_pool();
	inject_submit(t.injector,
	    job_make("a@b", utf8, LETTER, strlen(LETTER)));
	run();
	told_is(0, INJECT_SENT, 250, "");
	ok(saw("MAIL FROM:<a@b> SMTPUTF8 RET=HDRS ENVID=pf-1\n"
	       "RCPT TO:<z\xc3\xb6@dest.example> NOTIFY=FAILURE,DELAY\n"),
	    "SMTPUTF8 is said where it is offered");
	end();
}

/* A session that served before and is closed loses no message. */
static void
test_old_session(void)
{
	static const struct {
		const char *what;
		struct fake_rule rule;
	} cases[] = {
		{ "closed after each message",
		    { "BDAT", "250 2.0.0 Ok: queued as X", FAKE_CLOSE, 0, 0 } },
		{ "closed at the second MAIL",
		    { "MAIL", "", FAKE_CLOSE, 1, 1 } },
		{ "reset at the second MAIL",
		    { "MAIL", "", FAKE_RESET, 1, 1 } },
		{ "421 at the second MAIL",
		    { "MAIL", "421 4.7.0 enough", FAKE_CLOSE, 1, 1 } },
	};
	static const char *const offers[] = { "PIPELINING CHUNKING",
		"CHUNKING" };
	for (size_t i = 0; i < N_OF(cases) * N_OF(offers); i++) {
		printf("# %s\n", cases[i / 2].what);
		begin(offers[i % 2]);
		rule(cases[i / 2].rule);
		open_pool();
		for (int j = 0; j < 3; j++)
			submit_plain();
		run();
		for (int j = 0; j < 3; j++)
			told_is(j, INJECT_SENT, 250, "");
		is_int(t.mta.n_connections, i / 2 == 0 ? 3 : 2,
		    "a new connection took over");
		ok(inject_room(t.injector) > 0, "without a pause");
		end();
	}
	printf("# in doubt, with the next envelope ahead\n");
	begin(NULL);
	rule((struct fake_rule){ "BDAT", "", FAKE_CLOSE, 0, 1 });
	open_pool();
	submit_plain();
	submit_plain();
	run_until(t.n_done == 1);
	told_is(0, INJECT_DOUBT, 0, "at end of data");
	is_int(inject_busy(t.injector), 1, "the other was never sent");
	is_int(inject_room(t.injector), 0, "a loss pauses");
	run();
	told_is(1, INJECT_SENT, 250, "");
	end();
}

static void
test_idle(void)
{
	begin(NULL);
	open_pool();
	submit_plain();
	run();
	fake_say(&t.mta, "421 4.4.2 idle too long");
	submit_plain();
	run();
	told_is(1, INJECT_SENT, 250, "");
	is_int(t.mta.n_connections, 2, "421 while idle: a new session");
	fake_say(&t.mta, "250 surprise");
	run_until(t.mta.n_open == 0);
	submit_plain();
	run();
	told_is(2, INJECT_SENT, 250, "");
	is_int(t.mta.n_connections, 3,
	    "an answer nobody asked for: a new session");
	end();
}

/* Counts how a session on its own goes on. */
static void
on_settled(void *arg, struct smtp_session *s)
{
	*(enum smtp_state *)arg = smtp_session_state(s);
}

static void
test_leave(void)
{
	begin(NULL);
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	enum smtp_state state = SMTP_OPENING;
	struct smtp_address a = { 0 };
	struct smtp_owner o = {
		.base = t.base,
		.addresses = &a,
		.n_addresses = 1,
		.helo = "x",
		.timeout_us = 5000000,
		.idle_us = 20000,
		.arg = &state,
		.settled = on_settled,
	};
	struct evutil_addrinfo *found;
	char port[16];
	(void)at, (void)len;
	snprintf(port, sizeof(port), "%d", t.mta.port);
	evutil_getaddrinfo("127.0.0.1", port, NULL, &found);
	memcpy(&a.storage, found->ai_addr, found->ai_addrlen);
	a.len = (socklen_t)found->ai_addrlen;
	evutil_freeaddrinfo(found);
	struct smtp_session *s = smtp_session_open(&o);
	run_until(state == SMTP_CLOSED);
	is(t.mta.log.data, "|EHLO x\n|QUIT\n", "an idle session says QUIT");
	is_int(state, SMTP_CLOSED, "and is closed");
	smtp_session_free(s);
	open_pool();
	end();
}

static void
test_timeouts(void)
{
	static const struct {
		const char *at;
		const char *reply;
		enum inject_outcome outcome;
		int least_ms;
		const char *text;
	} cases[] = {
		{ "CONNECT", NULL, INJECT_LATER, 60, "at the greeting" },
		{ "EHLO", NULL, INJECT_LATER, 60, "at EHLO" },
		{ "MAIL", NULL, INJECT_LATER, 60, "at MAIL" },
		{ "RCPT", NULL, INJECT_LATER, 60, "at RCPT" },
		{ "CHUNK", NULL, INJECT_DOUBT, 120, "at end of data" },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		begin(NULL);
		t.conf.inject_timeout_ms = 60;
		rule((
		    struct fake_rule){ cases[i].at, NULL, FAKE_SILENCE, 0, 0 });
		open_pool();
		int64_t from = clock_mono_us();
		submit_plain();
		run();
		int64_t ms = (clock_mono_us() - from) / 1000;
		told_is(0, cases[i].outcome, 0, cases[i].text);
		ok(ms >= cases[i].least_ms && ms < 5000,
		    "no answer at %s: after %d ms", cases[i].at, (int)ms);
		end();
	}
}

static void
test_refused_connection(void)
{
	begin(NULL);
	int port = t.mta.port;
	fake_stop(&t.mta);
	memset(&t.mta, 0, sizeof(t.mta));
	open_pool();
	submit_plain();
	submit_plain();
	run_until(t.n_done == 1);
	told_is(0, INJECT_LATER, 0, "refused");
	is_int(inject_room(t.injector), 0, "no room while it is away");
	is_int(inject_busy(t.injector), 1, "the second waits inside");
	t.mta.port = port;
	fake_start(&t.mta, t.base, NULL);
	t.n_room = 0;
	run();
	told_is(1, INJECT_SENT, 250, "");
	ok(t.n_room > 0 && inject_room(t.injector) > 0,
	    "room is told of when it is back");
	end();
}

static void
test_pause(void)
{
	begin(NULL);
	rule((struct fake_rule){ "MAIL", "451 4.7.1 milter is away", 0, 0, 1 });
	open_pool();
	int64_t from = clock_mono_us();
	submit_plain();
	run();
	told_is(0, INJECT_LATER, 451, "milter");
	is_int(inject_room(t.injector), 0, "a 4xx pauses");
	t.n_room = 0;
	run_until(t.n_room > 0);
	int64_t ms = (clock_mono_us() - from) / 1000;
	ok(ms >= 790 && ms < 5000, "for about a second: %d ms", (int)ms);
	is_int(inject_room(t.injector), 2, "then there is room");
	submit_plain();
	run();
	told_is(1, INJECT_SENT, 250, "");
	end();
}

static void
test_window(void)
{
	begin(NULL);
	t.conf.inject_sessions = 4;
	open_pool();
	t.more = 300;
	submit_more();
	run();
	is_int(t.mta.n_messages, 300, "the server has 300 messages");
	is_int(t.mta.n_most, 4, "over as many sessions as may be");
	is_int(t.mta.n_connections, 4, "each opened once");
	is_int(inject_room(t.injector), 8, "room for two a session");
	end();

	printf("# a further session is refused\n");
	begin(NULL);
	t.conf.inject_sessions = 4;
	rule((struct fake_rule){ "CONNECT", "421 4.7.0 too many", FAKE_CLOSE, 1,
	    0 });
	open_pool();
	t.more = 200;
	submit_more();
	run();
	is_int(t.mta.n_messages, 200, "the first one goes on");
	is_int(t.mta.n_open, 1, "alone");
	ok(t.mta.n_connections <= 4, "and others are not tried all the time");
	end();
}

static void
test_rate(void)
{
	begin(NULL);
	t.conf.inject_sessions = 4;
	t.conf.inject_rate = 100;
	open_pool();
	is_int(inject_room(t.injector), 1, "a rate begins with room for one");
	int64_t from = clock_mono_us();
	t.more = 20;
	submit_more();
	run();
	int64_t ms = (clock_mono_us() - from) / 1000;
	is_int(t.mta.n_messages, 20, "all are sent");
	ok(ms >= 185 && ms < 3000, "100 a second: 20 in %d ms", (int)ms);
	end();
}

static void
test_close(void)
{
	begin(NULL);
	rule((struct fake_rule){ "CHUNK", NULL, FAKE_SILENCE, 0, 0 });
	open_pool();
	for (int i = 0; i < 3; i++)
		submit_plain();
	run_until(saw("[21]"));
	inject_close(t.injector);
	t.injector = NULL;
	told_is(0, INJECT_DOUBT, 0, "shutting down");
	told_is(1, INJECT_LATER, 0, "shutting down");
	told_is(2, INJECT_LATER, 0, "shutting down");
	end();

	begin(NULL);
	rule((struct fake_rule){ "RCPT", NULL, FAKE_SILENCE, 0, 0 });
	open_pool();
	submit_plain();
	run_until(saw("RCPT"));
	inject_close(t.injector);
	t.injector = NULL;
	told_is(0, INJECT_LATER, 0, "shutting down");
	end();

	begin(NULL);
	open_pool();
	submit_plain();
	run();
	inject_close(t.injector);
	t.injector = NULL;
	run_until(saw("|QUIT\n"));
	ok(saw("|QUIT\n"), "an idle session is left with QUIT");
	end();

	begin(NULL);
	open_pool();
	submit_plain();
	inject_close(t.injector);
	t.injector = NULL;
	told_is(0, INJECT_LATER, 0, "shutting down");
	end();
}

static void
test_places(void)
{
	char path[300];
	struct fault f;
	struct inject_handler h = { on_done, on_room, NULL };
	begin(NULL);
	fake_stop(&t.mta);
	memset(&t.mta, 0, sizeof(t.mta));
	snprintf(path, sizeof(path), "%s/mta.sock", tap_dir());
	fake_start(&t.mta, t.base, path);
	t.conf.inject_host = path;
	open_pool();
	submit_plain();
	run();
	told_is(0, INJECT_SENT, 250, "");
	end();

	begin(NULL);
	t.conf.inject_host = (char *)"localhost";
	open_pool();
	submit_plain();
	run();
	told_is(0, INJECT_SENT, 250, "");
	end();

	begin(NULL);
	t.conf.inject_host = (char *)"999.999.999.999";
	ok(inject_open(t.base, &t.conf, &h, &f) == NULL,
	    "a host that is none: %s", f.text);
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	t.conf.inject_host = path;
	ok(inject_open(t.base, &t.conf, &h, &f) == NULL,
	    "a socket's path that is too long: %.60s", f.text);
	t.conf.inject_host = (char *)"127.0.0.1";
	t.conf.inject_helo = (char *)"a\r\nb";
	ok(inject_open(t.base, &t.conf, &h, &f) == NULL,
	    "a name that is none: %s", f.text);
	t.conf.inject_backend = (char *)"pigeon";
	ok(inject_open(t.base, &t.conf, &h, &f) == NULL,
	    "a backend that is none: %s", f.text);
	t.conf.inject_backend = (char *)"smtp";
	t.conf.inject_helo = NULL;
	open_pool();
	submit_plain();
	run();
	told_is(0, INJECT_SENT, 250, "");
	end();
}

int
main(void)
{
	evthread_use_pthreads();
	if (log_open("test", "/dev/null", LOG_LEVEL_DEBUG) != 0)
		return 1;
	test_chunking();
	test_data();
	test_large();
	test_outcomes();
	test_queue_id();
	test_recipients();
	test_in_step();
	test_wire();
	test_old_session();
	test_idle();
	test_leave();
	test_timeouts();
	test_refused_connection();
	test_pause();
	test_window();
	test_rate();
	test_close();
	test_places();
	return tap_done();
}
