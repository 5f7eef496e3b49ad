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
#include "mail/smtp_setup.h"
#include "tests/mail/inject_rig.h"
#include "tests/tap.h"

#define ENVELOPE(reset) \
	reset "MAIL FROM:<a@lab.example> SIZE=21 RET=HDRS " \
	      "ENVID=pf-1\n" \
	      "RCPT TO:<b@dest.example> NOTIFY=FAILURE,DELAY " \
	      "ORCPT=rfc822;b@dest.example\n"

static void
test_chunking(void)
{
	rig_begin(NULL);
	rig_open();
	is_int(inject_room(rig.injector), 2, "room for two to begin with");
	for (int i = 0; i < 3; i++)
		rig_submit_plain();
	is_int(inject_room(rig.injector), 0, "and then for none");
	is_int(inject_busy(rig.injector), 3, "three are under way");
	is_int(rig.n_done, 0, "nothing is told from within submit");
	rig_run();
	for (int i = 0; i < 3; i++)
		rig_told_is(i, INJECT_SENT, 250, "queued");
	is(rig.told[0].queue_id, "FAKE1", "the queue id is told");
	is(rig.mta.log.data,
	    "|EHLO client.example\n"
	    "|" ENVELOPE("") "|BDAT 21 LAST\n[21]\n" ENVELOPE(
		"") "|BDAT 21 LAST\n[21]\n" ENVELOPE("") "|BDAT 21 LAST\n"
							 "[21]\n",
	    "the next envelope goes along with the data");
	is(rig.mta.message.data, LETTER, "the message arrives as it was");
	is_int(rig.mta.n_connections, 1, "over one connection");
	ok(rig.n_room > 0, "room is told of");
	is_int(inject_busy(rig.injector), 0, "nothing is left");
	rig_end();
	ok(true, "closing with an idle session");
}

static void
test_data(void)
{
	static const char dots[] = ".\r\n..a\r\nb.\r\n.\r\nc";
	rig_begin("PIPELINING");
	rig_open();
	inject_submit(rig.injector,
	    rig_job_make("", one, dots, sizeof(dots) - 1));
	rig_submit_plain();
	rig_run();
	rig_told_is(0, INJECT_SENT, 250, "");
	rig_told_is(1, INJECT_SENT, 250, "");
	ok(rig_saw("|MAIL FROM:<>\nRCPT TO:<b@dest.example>\nDATA\n|[18]\n"),
	    "MAIL, RCPT and DATA in one write, nothing that is not offered");
	is(rig.mta.message.data, LETTER, "the message arrives");
	rig_end();

	rig_begin("SIZE");
	rig_open();
	inject_submit(rig.injector,
	    rig_job_make("", one, dots, sizeof(dots) - 1));
	rig_run();
	rig_told_is(0, INJECT_SENT, 250, "");
	ok(rig_saw(
	       "|MAIL FROM:<> SIZE=18\n|RCPT TO:<b@dest.example>\n|DATA\n|"),
	    "without PIPELINING each command waits for its answer");
	is(rig.mta.message.data, ".\r\n..a\r\nb.\r\n.\r\nc\r\n",
	    "dots arrive as they were, the last line is ended");
	rig_end();

	rig_begin("CHUNKING");
	rig_open();
	inject_submit(rig.injector,
	    rig_job_make("", one, dots, sizeof(dots) - 1));
	rig_submit_plain();
	rig_run();
	rig_told_is(0, INJECT_SENT, 250, "");
	rig_told_is(1, INJECT_SENT, 250, "");
	ok(rig_saw("|MAIL FROM:<>\n|RCPT TO:<b@dest.example>\n"
		   "|BDAT 18 LAST\n[18]\n|MAIL"),
	    "CHUNKING alone sends nothing ahead");
	rig_end();

	rig_begin(NULL);
	rig_rule((struct fake_rule){ "EHLO", "502 5.5.2 what?", 0, 0, 0 });
	rig_one_letter();
	rig_told_is(0, INJECT_SENT, 250, "");
	ok(rig_saw(
	       "|EHLO client.example\n|HELO client.example\n"
	       "|MAIL FROM:<a@lab.example>\n|RCPT TO:<b@dest.example>\n|DATA"),
	    "an old server is greeted with HELO and asked for nothing");
	rig_end();
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
		rig_begin(offers[i]);
		rig_open();
		inject_submit(rig.injector, rig_job_make("a@b", one, data, n));
		rig_submit_plain();
		rig_run_until(rig.n_done == 1);
		rig_told_is(0, INJECT_SENT, 250, "");
		ok(rig.mta.message.len == n &&
			memcmp(rig.mta.message.data, data, n) == 0,
		    "3 MB arrive whole");
		rig_run();
		rig_told_is(1, INJECT_SENT, 250, "");
		rig_end();
	}
	/* More than the socket buffers of both ends hold. */
	n *= 10;
	data = xrealloc(data, n);
	for (size_t i = 0; i < n; i++)
		data[i] = i % 50 == 48 ? '\r' : i % 50 == 49 ? '\n' : 'x';
	rig_begin(NULL);
	rig_rule((struct fake_rule){ "CHUNK", NULL, FAKE_CLOSE, 0, 0 });
	rig_open();
	inject_submit(rig.injector, rig_job_make("a@b", one, data, n));
	rig_run();
	rig_told_is(0, INJECT_LATER, 0, "end of data");
	rig_end();
	rig_begin(NULL);
	rig_rule((struct fake_rule){ "CHUNK", "552 5.3.4 too big", 0, 0, 0 });
	rig_open();
	inject_submit(rig.injector, rig_job_make("a@b", one, data, n));
	rig_run();
	ok(rig.told[0].outcome == INJECT_REFUSED && rig.told[0].code == 552,
	    "a refusal in the middle of the data counts");
	rig_end();
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
		rig_begin(cases[i].offers);
		rig_rule(cases[i].rule);
		/* RCPT 251 needs a taken recipient at the fake. */
		if (cases[i].outcome == INJECT_SENT &&
		    strcmp(cases[i].rule.at, "RCPT") == 0)
			rig_rule((struct fake_rule){ "BDAT", "250 2.0.0 Ok", 0,
			    0, 0 });
		rig_one_letter();
		rig_told_is(0, cases[i].outcome, cases[i].code, cases[i].text);
		rig_end();
	}
}

static void
test_queue_id(void)
{
	rig_begin(NULL);
	rig_rule((struct fake_rule){ "BDAT",
	    "250 2.0.0 6AL6mD8f031602 Message accepted for delivery", 0, 0,
	    1 });
	rig_rule((struct fake_rule){ "BDAT", "250 2.0.0 Ok", 0, 0, 1 });
	rig_open();
	rig_submit_plain();
	rig_submit_plain();
	rig_run();
	is(rig.told[0].queue_id, "6AL6mD8f031602", "Sendmail's queue id");
	rig_told_is(1, INJECT_SENT, 250, "2.0.0 Ok");
	rig_end();
}

static void
test_recipients(void)
{
	static const char *const four[] = { "a@x", "b@x", "c@x", "d@x", NULL };
	static const char *const offers[] = { NULL, "PIPELINING", "" };
	for (size_t i = 0; i < N_OF(offers); i++) {
		rig_begin(offers[i]);
		rig_rule((struct fake_rule){ "RCPT TO:<b@x>", "550 5.1.1 who",
		    0, 0, 0 });
		rig_rule((struct fake_rule){ "RCPT TO:<d@x>", "450 4.2.1 full",
		    0, 0, 0 });
		rig_open();
		inject_submit(rig.injector,
		    rig_job_make("s@x", four, LETTER, strlen(LETTER)));
		rig_submit_plain();
		rig_run();
		rig_told_is(0, INJECT_SENT, 250, "");
		ok(rig.told[0].n_refused == 2 &&
			rig.told[0].refused[0].recipient == 1 &&
			rig.told[0].refused[0].code == 550 &&
			rig.told[0].refused[1].recipient == 3 &&
			rig.told[0].refused[1].code == 450,
		    "two of four are refused, each with its code");
		rig_told_is(1, INJECT_SENT, 250, "");
		is_int(rig.told[1].n_refused, 0, "the next job has none");
		ok(inject_room(rig.injector) > 0,
		    "a full mailbox pauses nothing");
		rig_end();
	}
	rig_begin(NULL);
	rig_rule(
	    (struct fake_rule){ "RCPT TO:<c@x>", "450 4.2.1 full", 0, 0, 0 });
	rig_rule((struct fake_rule){ "RCPT", "550 5.1.1 who", 0, 0, 4 });
	rig_open();
	inject_submit(rig.injector,
	    rig_job_make("s@x", four, LETTER, strlen(LETTER)));
	rig_run();
	rig_told_is(0, INJECT_LATER, 450, "full");
	is_int(rig.told[0].n_refused, 4, "with all four told of");
	ok(!rig_saw("BDAT"), "no data for nobody");
	rig_end();

	rig_begin("PIPELINING");
	rig_rule((struct fake_rule){ "RCPT", "550 5.1.1 who", 0, 0, 1 });
	rig_rule((struct fake_rule){ "DATA", "354 go", 0, 0, 1 });
	rig_open();
	rig_submit_plain();
	rig_submit_plain();
	rig_run();
	rig_told_is(0, INJECT_REFUSED, 550, "who");
	ok(rig_saw("|[0]\n"), "a 354 for nobody is answered by a lone dot");
	rig_told_is(1, INJECT_SENT, 250, "");
	rig_end();
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
		rig_begin(o);
		rig_rule(*r);
		rig.mta.wants_reset = true;
		rig_open();
		for (int j = 0; j < 4; j++)
			rig_submit_plain();
		rig_run();
		rig_told_is(0, INJECT_SENT, 250, "");
		ok(rig.told[1].outcome == INJECT_REFUSED,
		    "the second is refused");
		rig_told_is(2, INJECT_SENT, 250, "");
		rig_told_is(3, INJECT_SENT, 250, "");
		is_int(rig.mta.n_messages, 3, "the server has three");
		is_int(rig.mta.n_connections, 1, "over one connection");
		ok(rig_saw("RSET"), "RSET clears what was begun");
		rig_end();
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
	rig_begin(NULL);
	rig_open();
	inject_submit(rig.injector,
	    rig_job_make("a@b", evil, LETTER, strlen(LETTER)));
	inject_submit(rig.injector,
	    rig_job_make("a@b\r\nQUIT", one, LETTER, strlen(LETTER)));
	inject_submit(rig.injector,
	    rig_job_make("a@b", one, smuggled, strlen(smuggled)));
	inject_submit(rig.injector,
	    rig_job_make("a@b", one, "a\r\nb\0c\r\n", 9));
	inject_submit(rig.injector,
	    rig_job_make("a@b", utf8, LETTER, strlen(LETTER)));
	inject_submit(rig.injector,
	    rig_job_make("a@b", one, "z\xc3\xb6\r\n", 5));
	rig_submit_plain();
	is_int(rig.n_done, 0, "nothing is told from within submit");
	rig_run();
	rig_told_is(0, INJECT_REFUSED, 0, "recipient 1");
	rig_told_is(1, INJECT_REFUSED, 0, "sender");
	rig_told_is(2, INJECT_REFUSED, 0, "bare LF");
	rig_told_is(3, INJECT_REFUSED, 0, "NUL");
	rig_told_is(4, INJECT_REFUSED, 0, "SMTPUTF8");
	rig_told_is(5, INJECT_SENT, 250, "");
	rig_told_is(6, INJECT_SENT, 250, "");
	ok(!rig_saw("evil") && !rig_saw("QUIT") && rig_saw("BODY=8BITMIME"),
	    "nothing of that reached the wire");
	ok(inject_room(rig.injector) > 0, "nor does it pause anything");
	rig_end();

	rig_begin("PIPELINING CHUNKING SMTPUTF8 8BITMIME DSN");
	rig_open();
	inject_submit(rig.injector,
	    rig_job_make("a@b", utf8, LETTER, strlen(LETTER)));
	rig_run();
	rig_told_is(0, INJECT_SENT, 250, "");
	ok(rig_saw("MAIL FROM:<a@b> SMTPUTF8 RET=HDRS ENVID=pf-1\n"
		   "RCPT TO:<z\xc3\xb6@dest.example> NOTIFY=FAILURE,DELAY\n"),
	    "SMTPUTF8 is said where it is offered");
	rig_end();
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
		rig_begin(offers[i % 2]);
		rig_rule(cases[i / 2].rule);
		rig_open();
		for (int j = 0; j < 3; j++)
			rig_submit_plain();
		rig_run();
		for (int j = 0; j < 3; j++)
			rig_told_is(j, INJECT_SENT, 250, "");
		is_int(rig.mta.n_connections, i / 2 == 0 ? 3 : 2,
		    "a new connection took over");
		ok(inject_room(rig.injector) > 0, "without a pause");
		rig_end();
	}
	printf("# in doubt, with the next envelope ahead\n");
	rig_begin(NULL);
	rig_rule((struct fake_rule){ "BDAT", "", FAKE_CLOSE, 0, 1 });
	rig_open();
	rig_submit_plain();
	rig_submit_plain();
	rig_run_until(rig.n_done == 1);
	rig_told_is(0, INJECT_DOUBT, 0, "at end of data");
	is_int(inject_busy(rig.injector), 1, "the other was never sent");
	is_int(inject_room(rig.injector), 0, "a loss pauses");
	rig_run();
	rig_told_is(1, INJECT_SENT, 250, "");
	rig_end();
}

static void
test_idle(void)
{
	rig_begin(NULL);
	rig_one_letter();
	fake_say(&rig.mta, "421 4.4.2 idle too long");
	rig_submit_plain();
	rig_run();
	rig_told_is(1, INJECT_SENT, 250, "");
	is_int(rig.mta.n_connections, 2, "421 while idle: a new session");
	fake_say(&rig.mta, "250 surprise");
	rig_run_until(rig.mta.n_open == 0);
	rig_submit_plain();
	rig_run();
	rig_told_is(2, INJECT_SENT, 250, "");
	is_int(rig.mta.n_connections, 3,
	    "an answer nobody asked for: a new session");
	rig_end();
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
	rig_begin(NULL);
	enum smtp_state state = SMTP_OPENING;
	struct smtp_setup setup = { .n_addresses = 1, .helo = "x" };
	struct smtp_address *a = &setup.addresses[0];
	struct smtp_owner o = {
		.base = rig.base,
		.setup = &setup,
		.timeout_us = 5000000,
		.idle_us = 20000,
		.arg = &state,
		.settled = on_settled,
	};
	struct evutil_addrinfo *found;
	char port[16];
	snprintf(port, sizeof(port), "%d", rig.mta.port);
	evutil_getaddrinfo("127.0.0.1", port, NULL, &found);
	memcpy(&a->storage, found->ai_addr, found->ai_addrlen);
	a->len = (socklen_t)found->ai_addrlen;
	evutil_freeaddrinfo(found);
	struct smtp_session *s = smtp_session_open(&o);
	rig_run_until(state == SMTP_CLOSED);
	is(rig.mta.log.data, "|EHLO x\n|QUIT\n", "an idle session says QUIT");
	is_int(state, SMTP_CLOSED, "and is closed");
	smtp_session_free(s);
	rig_open();
	rig_end();
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
		rig_begin(NULL);
		rig.conf.inject_timeout_ms = 60;
		rig_rule((
		    struct fake_rule){ cases[i].at, NULL, FAKE_SILENCE, 0, 0 });
		rig_open();
		int64_t from = clock_mono_us();
		rig_submit_plain();
		rig_run();
		int64_t ms = (clock_mono_us() - from) / 1000;
		rig_told_is(0, cases[i].outcome, 0, cases[i].text);
		ok(ms >= cases[i].least_ms && ms < 5000,
		    "no answer at %s: after %d ms", cases[i].at, (int)ms);
		rig_end();
	}
}

static void
test_refused_connection(void)
{
	rig_begin(NULL);
	int port = rig.mta.port;
	fake_stop(&rig.mta);
	memset(&rig.mta, 0, sizeof(rig.mta));
	rig_open();
	rig_submit_plain();
	rig_submit_plain();
	rig_run_until(rig.n_done == 1);
	rig_told_is(0, INJECT_LATER, 0, "refused");
	is_int(inject_room(rig.injector), 0, "no room while it is away");
	is_int(inject_busy(rig.injector), 1, "the second waits inside");
	rig.mta.port = port;
	fake_start(&rig.mta, rig.base, NULL);
	rig.n_room = 0;
	rig_run();
	rig_told_is(1, INJECT_SENT, 250, "");
	ok(rig.n_room > 0 && inject_room(rig.injector) > 0,
	    "room is told of when it is back");
	rig_end();
}

static void
test_pause(void)
{
	rig_begin(NULL);
	rig_rule(
	    (struct fake_rule){ "MAIL", "451 4.7.1 milter is away", 0, 0, 1 });
	rig_open();
	int64_t from = clock_mono_us();
	rig_submit_plain();
	rig_run();
	rig_told_is(0, INJECT_LATER, 451, "milter");
	is_int(inject_room(rig.injector), 0, "a 4xx pauses");
	rig.n_room = 0;
	rig_run_until(rig.n_room > 0);
	int64_t ms = (clock_mono_us() - from) / 1000;
	ok(ms >= 790 && ms < 5000, "for about a second: %d ms", (int)ms);
	is_int(inject_room(rig.injector), 2, "then there is room");
	rig_submit_plain();
	rig_run();
	rig_told_is(1, INJECT_SENT, 250, "");
	rig_end();
}

static void
test_window(void)
{
	rig_begin(NULL);
	rig.conf.inject_sessions = 4;
	rig_open();
	rig.more = 300;
	rig_submit_more();
	rig_run();
	is_int(rig.mta.n_messages, 300, "the server has 300 messages");
	is_int(rig.mta.n_most, 4, "over as many sessions as may be");
	is_int(rig.mta.n_connections, 4, "each opened once");
	is_int(inject_room(rig.injector), 8, "room for two a session");
	rig_end();

	printf("# a further session is refused\n");
	rig_begin(NULL);
	rig.conf.inject_sessions = 4;
	rig_rule((struct fake_rule){ "CONNECT", "421 4.7.0 too many",
	    FAKE_CLOSE, 1, 0 });
	rig_open();
	rig.more = 200;
	rig_submit_more();
	rig_run();
	is_int(rig.mta.n_messages, 200, "the first one goes on");
	is_int(rig.mta.n_open, 1, "alone");
	ok(rig.mta.n_connections <= 4, "and others are not tried all the time");
	rig_end();
}

static void
test_rate(void)
{
	rig_begin(NULL);
	rig.conf.inject_sessions = 4;
	rig.conf.inject_rate = 100;
	rig_open();
	is_int(inject_room(rig.injector), 1, "a rate begins with room for one");
	int64_t from = clock_mono_us();
	rig.more = 20;
	rig_submit_more();
	rig_run();
	int64_t ms = (clock_mono_us() - from) / 1000;
	is_int(rig.mta.n_messages, 20, "all are sent");
	ok(ms >= 185 && ms < 3000, "100 a second: 20 in %d ms", (int)ms);
	rig_end();
}

static void
test_close(void)
{
	rig_begin(NULL);
	rig_rule((struct fake_rule){ "CHUNK", NULL, FAKE_SILENCE, 0, 0 });
	rig_open();
	for (int i = 0; i < 3; i++)
		rig_submit_plain();
	rig_run_until(rig_saw("[21]"));
	inject_close(rig.injector);
	rig.injector = NULL;
	rig_told_is(0, INJECT_DOUBT, 0, "shutting down");
	rig_told_is(1, INJECT_LATER, 0, "shutting down");
	rig_told_is(2, INJECT_LATER, 0, "shutting down");
	rig_end();

	rig_begin(NULL);
	rig_rule((struct fake_rule){ "RCPT", NULL, FAKE_SILENCE, 0, 0 });
	rig_open();
	rig_submit_plain();
	rig_run_until(rig_saw("RCPT"));
	inject_close(rig.injector);
	rig.injector = NULL;
	rig_told_is(0, INJECT_LATER, 0, "shutting down");
	rig_end();

	rig_begin(NULL);
	rig_one_letter();
	inject_close(rig.injector);
	rig.injector = NULL;
	rig_run_until(rig_saw("|QUIT\n"));
	ok(rig_saw("|QUIT\n"), "an idle session is left with QUIT");
	rig_end();

	rig_begin(NULL);
	rig_open();
	rig_submit_plain();
	inject_close(rig.injector);
	rig.injector = NULL;
	rig_told_is(0, INJECT_LATER, 0, "shutting down");
	rig_end();
}

static void
test_places(void)
{
	char path[300];
	struct fault f;
	rig_begin(NULL);
	fake_stop(&rig.mta);
	memset(&rig.mta, 0, sizeof(rig.mta));
	snprintf(path, sizeof(path), "%s/mta.sock", tap_dir());
	fake_start(&rig.mta, rig.base, path);
	rig.conf.inject_host = path;
	rig_one_letter();
	rig_told_is(0, INJECT_SENT, 250, "");
	rig_end();

	rig_begin(NULL);
	rig.conf.inject_host = (char *)"localhost";
	rig_one_letter();
	rig_told_is(0, INJECT_SENT, 250, "");
	rig_end();

	rig_begin(NULL);
	rig.conf.inject_host = (char *)"999.999.999.999";
	ok(inject_open(rig.base, &rig.conf, &rig_handler, &f) == NULL,
	    "a host that is none: %s", f.text);
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	rig.conf.inject_host = path;
	ok(inject_open(rig.base, &rig.conf, &rig_handler, &f) == NULL,
	    "a socket's path that is too long: %.60s", f.text);
	rig.conf.inject_host = (char *)"127.0.0.1";
	rig.conf.inject_helo = (char *)"a\r\nb";
	ok(inject_open(rig.base, &rig.conf, &rig_handler, &f) == NULL,
	    "a name that is none: %s", f.text);
	rig.conf.inject_backend = (char *)"pigeon";
	ok(inject_open(rig.base, &rig.conf, &rig_handler, &f) == NULL,
	    "a backend that is none: %s", f.text);
	rig.conf.inject_backend = (char *)"smtp";
	rig.conf.inject_helo = NULL;
	rig_one_letter();
	rig_told_is(0, INJECT_SENT, 250, "");
	rig_end();
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
