/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies of an SMTP server, and what we put on the wire.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fault.h"
#include "mail/inject.h"
#include "mail/smtp_reply.h"
#include "mail/smtp_text.h"
#include "tests/tap.h"

static void
test_parse(void)
{
	static const struct {
		const char *bytes;
		int len, code;
		const char *text;
	} cases[] = {
		{ "250 2.0.0 Ok\r\n", 14, 250, "2.0.0 Ok" },
		{ "250\r\n", 5, 250, "" },
		{ "250 \r\n", 6, 250, "" },
		{ "250 Ok\n", 7, 250, "Ok" },
		{ "250-a\r\n250-b\r\n250 c\r\nmore", 21, 250, "a b c" },
		{ "421-bye\r\n421\r\n", 14, 421, "bye " },
		{ "250 a\tb\x01\x7f\r\n", 11, 250, "a b??" },
		{ "250 caf\xc3\xa9 \xff more\r\n", 18, 250,
		    "caf\xc3\xa9 ? more" },
		{ "354 go\r\n", 8, 354, "go" },
		{ "", 0, 0, NULL },
		{ "250", 0, 0, NULL },
		{ "250 Ok", 0, 0, NULL },
		{ "250-Ok\r\n", 0, 0, NULL },
		{ "250-Ok\r\n250", 0, 0, NULL },
		{ "hello\r\n", -1, 0, NULL },
		{ "\r\n", -1, 0, NULL },
		{ "25\r\n", -1, 0, NULL },
		{ "2500 x\r\n", -1, 0, NULL },
		{ "150 x\r\n", -1, 0, NULL },
		{ "650 x\r\n", -1, 0, NULL },
		{ "2x0 x\r\n", -1, 0, NULL },
		{ "250-a\r\n251 b\r\n", -1, 0, NULL },
		{ "250-a\r\nb\r\n", -1, 0, NULL },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct smtp_reply r = { 0 };
		struct fault f;
		char text[SMTP_TEXT_LEN];
		/* A copy of its own, so that reading behind it is found. */
		size_t n = strlen(cases[i].bytes);
		char *copy = malloc(n + 1);
		memcpy(copy, cases[i].bytes, n);
		int len = smtp_reply_parse(copy, n, &r, &f);
		ok(len == cases[i].len && (len <= 0 || r.code == cases[i].code),
		    "reply %zu: %d octets, code %d", i, len, r.code);
		if (len > 0)
			is(smtp_reply_text(&r, text), cases[i].text,
			    "its words");
		free(copy);
	}
	struct smtp_reply r;
	struct fault f;
	is_int(smtp_reply_parse("250 a\0b\r\n", 9, &r, &f), -1,
	    "a NUL is no part of a reply");
}

static void
test_limits(void)
{
	struct buf b = { 0 };
	struct smtp_reply r;
	struct fault f;
	char text[SMTP_TEXT_LEN];
	buf_str(&b, "250 ");
	while (b.len < SMTP_LINE_MAX - 2)
		buf_char(&b, 'x');
	is_int(smtp_reply_parse(b.data, b.len, &r, &f), 0,
	    "a line of 4 KB may still end");
	buf_str(&b, "\r\n");
	is_int(smtp_reply_parse(b.data, b.len, &r, &f), SMTP_LINE_MAX,
	    "and is a reply");
	is_int(strlen(smtp_reply_text(&r, text)), SMTP_TEXT_LEN - 1,
	    "whose words are cut");
	b.len -= 2;
	buf_str(&b, "xx\r\n");
	is_int(smtp_reply_parse(b.data, b.len, &r, &f), -1,
	    "a longer one is not");
	is_int(smtp_reply_parse(b.data, SMTP_LINE_MAX + 1, &r, &f), -1,
	    "and is not waited for");
	buf_clear(&b);
	while (b.len <= SMTP_REPLY_MAX)
		buf_str(&b, "250-more\r\n");
	is_int(smtp_reply_parse(b.data, b.len, &r, &f), -1,
	    "nor are lines without end");
	buf_clear(&b);
	buf_str(&b, "250 ");
	for (int i = 0; i < 400; i++)
		buf_str(&b, "\xc3\xa9");
	buf_str(&b, "\r\n");
	smtp_reply_parse(b.data, b.len, &r, &f);
	smtp_reply_text(&r, text);
	is_int(text[strlen(text) - 1], '\xa9', "words are cut between letters");
	buf_free(&b);
}

static void
test_meaning(void)
{
	static const char ehlo[] = "250-mx.example PIPELINING\r\n"
				   "250-size 10240000\r\n"
				   "250-8bitmime\r\n"
				   "250-DSNX\r\n"
				   "250-AUTH=LOGIN\r\n"
				   "250-auth gssapi plain\r\n"
				   "250-XSTARTTLS\r\n"
				   "250 CHUNKING\r\n";
	static const struct {
		const char *text, *id;
	} ids[] = {
		{ "2.0.0 Ok: queued as BA25BA8A7D2", "BA25BA8A7D2" },
		{ "2.0.0 Ok: queued as 4Yx1 here", "4Yx1" },
		{ "2.0.0 6AL6mD8f031602 Message accepted for delivery",
		    "6AL6mD8f031602" },
		{ "OK id=1tE-0001-Ab", "1tE-0001-Ab" },
		{ "2.0.0 Ok", NULL },
		{ "Ok: queued as ", NULL },
		{ "Ok: queued as <x>", NULL },
		{ " Message accepted for delivery", NULL },
		{ "queued as 0123456789012345678901234567890123456789012345678"
		  "90123456789012345",
		    NULL },
		{ "", NULL },
	};
	static const struct {
		const char *bytes;
		bool is_personal;
	} refusals[] = {
		{ "450 4.2.1 full\r\n", true },
		{ "550 5.1.1 who\r\n", true },
		{ "452 4.3.1 disk\r\n", false },
		{ "450 busy\r\n", false },
		{ "450 4.2\r\n", false },
		{ "450\r\n", false },
	};
	struct smtp_reply r;
	struct fault f;
	char id[SMTP_QUEUE_ID_LEN];
	smtp_reply_parse(ehlo, sizeof(ehlo) - 1, &r, &f);
	is_int(smtp_reply_offers(&r),
	    SMTP_SIZE | SMTP_8BITMIME | SMTP_CHUNKING | SMTP_AUTH_LOGIN |
		SMTP_AUTH_PLAIN,
	    "offers are whole words behind the first line, in any case");
	for (size_t i = 0; i < N_OF(ids); i++)
		is(smtp_queue_id(ids[i].text, id) ? id : NULL, ids[i].id,
		    ids[i].text);
	for (size_t i = 0; i < N_OF(refusals); i++) {
		smtp_reply_parse(refusals[i].bytes, strlen(refusals[i].bytes),
		    &r, &f);
		ok(smtp_reply_is_personal(&r) == refusals[i].is_personal,
		    "about %s: %.9s",
		    refusals[i].is_personal ? "a mailbox" : "the server",
		    refusals[i].bytes);
	}
}

static void
test_stuffing(void)
{
	static const struct {
		const char *data, *stuffed;
	} cases[] = {
		{ "a\r\nb\r\n", "a\r\nb\r\n" },
		{ ".\r\n", "..\r\n" },
		{ "a.b\r\n.c\r\n..\r\n", "a.b\r\n..c\r\n...\r\n" },
		{ "x\r\n.", "x\r\n.." },
		{ "x.", "x." },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct buf b = { 0 };
		size_t n = strlen(cases[i].data);
		smtp_put_stuffed(&b, cases[i].data, n);
		is(b.data, cases[i].stuffed, "dots are doubled");
		ok(smtp_data_has_dot(cases[i].data, n) ==
			(strcmp(cases[i].data, cases[i].stuffed) != 0),
		    "and known to be there");
		buf_free(&b);
	}
}

static void
test_check(void)
{
	static const struct {
		const char *sender, *recipient, *envid, *data, *fault;
	} cases[] = {
		{ "a@b", "c@d", "e1", "x\r\n", NULL },
		{ "", "c@d", NULL, "x\r\n\r\ny", NULL },
		{ "\"q\"@b", "c+d=e@f", "", "x\r\n", NULL },
		{ "z\xc3\xb6@b", "c@d", NULL, "x\r\n", NULL },
		{ "a@b\r\nRCPT TO:<x@y>", "c@d", NULL, "x\r\n", "sender" },
		{ "a b@c", "c@d", NULL, "x\r\n", "sender" },
		{ "a@b>", "c@d", NULL, "x\r\n", "sender" },
		{ "a@b", "<c@d", NULL, "x\r\n", "recipient 1" },
		{ "a@b", "c\n@d", NULL, "x\r\n", "recipient 1" },
		{ "a@b", "c\r@d", NULL, "x\r\n", "recipient 1" },
		{ "a@b", "c\t@d", NULL, "x\r\n", "recipient 1" },
		{ "a@b", "c\x7f@d", NULL, "x\r\n", "recipient 1" },
		{ "a@b", "", NULL, "x\r\n", "recipient 1" },
		{ "a@b", NULL, NULL, "x\r\n", "no recipient" },
		{ "a@b", "\xff@d", NULL, "x\r\n", "UTF-8" },
		{ "a@b", "c@d", "a\r\nb", "x\r\n", "envelope id" },
		{ "a@b", "c@d", "\xc3\xb6", "x\r\n", "envelope id" },
		{ "a@b", "c@d", NULL, "", "empty" },
		{ "a@b", "c@d", NULL, "x\ny\r\n", "bare LF" },
		{ "a@b", "c@d", NULL, "\nx\r\n", "bare LF" },
		{ "a@b", "c@d", NULL, "x\ry\r\n", "bare CR" },
		{ "a@b", "c@d", NULL, "x\r\r\n", "bare CR" },
		{ "a@b", "c@d", NULL, "x\r\ny\r", "bare CR" },
		{ "a@b", "c@d", NULL, "x\r\n.\nMAIL FROM:<e@f>\r\n",
		    "bare LF" },
		{ "a@b", "c@d", NULL, "x\n.\r\nMAIL FROM:<e@f>\r\n",
		    "bare LF" },
		{ "a@b", "c@d", NULL, "x\n.\nMAIL FROM:<e@f>\r\n", "bare LF" },
		{ "a@b", "c@d", NULL, "x\r.\rMAIL FROM:<e@f>\r\n", "bare CR" },
	};
	struct smtp_needs needs;
	struct fault f;
	for (size_t i = 0; i < N_OF(cases); i++) {
		const char *recipients[] = { cases[i].recipient, NULL };
		struct inject_job job = {
			.sender = cases[i].sender,
			.recipients = recipients,
			.envid = cases[i].envid,
			.data = cases[i].data,
			.len = strlen(cases[i].data),
		};
		int got = smtp_job_check(&job, &needs, &f);
		ok(cases[i].fault == NULL
			? got == 0
			: got == -1 && strstr(f.text, cases[i].fault) != NULL,
		    "job %zu: %s", i, got == 0 ? "is let through" : f.text);
	}
	const char *recipients[] = { "c@d", NULL };
	struct inject_job job = {
		.sender = "a@b",
		.recipients = recipients,
		.data = "x\0y\r\n",
		.len = 5,
	};
	is_int(smtp_job_check(&job, &needs, &f), -1, "a NUL is found");
	char longest[400];
	memset(longest, 'a', sizeof(longest));
	longest[399] = '\0';
	job.data = "x\r\n";
	job.len = 3;
	job.sender = longest;
	is_int(smtp_job_check(&job, &needs, &f), -1,
	    "an address without end is refused");
}

static void
test_commands(void)
{
	const char *recipients[] = { "c@d", NULL };
	struct inject_job job = {
		.sender = "a@b",
		.recipients = recipients,
		.envid = "run+4=2",
		.data = "z\xc3\xb6",
		.len = 3,
	};
	struct smtp_needs needs;
	struct fault f;
	struct buf b = { 0 };
	unsigned all = SMTP_SIZE | SMTP_DSN | SMTP_8BITMIME | SMTP_SMTPUTF8;
	is_int(smtp_job_check(&job, &needs, &f), 0, "8-bit data passes");
	smtp_put_mail(&b, &job, &needs, all);
	is(b.data,
	    "MAIL FROM:<a@b> SIZE=5 BODY=8BITMIME RET=HDRS "
	    "ENVID=run+2B4+3D2\r\n",
	    "MAIL with all that is offered");
	buf_clear(&b);
	smtp_put_mail(&b, &job, &needs, SMTP_8BITMIME);
	is(b.data, "MAIL FROM:<a@b> BODY=8BITMIME\r\n", "and with little");
	is_int(smtp_job_fits(&needs, 0, &f), -1, "not without 8BITMIME");
	buf_clear(&b);
	smtp_put_rcpt(&b, "u+x=y@d", all);
	is(b.data,
	    "RCPT TO:<u+x=y@d> NOTIFY=FAILURE,DELAY "
	    "ORCPT=rfc822;u+2Bx+3Dy@d\r\n",
	    "RCPT asks for failures");
	buf_clear(&b);
	smtp_put_rcpt(&b, "u@d", 0);
	is(b.data, "RCPT TO:<u@d>\r\n", "where that is offered");
	job.sender = "";
	recipients[0] = "z\xc3\xb6@d";
	is_int(smtp_job_check(&job, &needs, &f), 0, "UTF-8 passes");
	is_int(smtp_job_fits(&needs, SMTP_8BITMIME, &f), -1,
	    "but not without SMTPUTF8");
	ok(strstr(f.text, "SMTPUTF8") != NULL, "said: %s", f.text);
	is_int(smtp_job_fits(&needs, all, &f), 0, "with it, it does");
	buf_clear(&b);
	smtp_put_mail(&b, &job, &needs, all & ~(unsigned)SMTP_DSN);
	is(b.data, "MAIL FROM:<> SIZE=5 BODY=8BITMIME SMTPUTF8\r\n",
	    "the null sender, and SMTPUTF8");
	buf_clear(&b);
	smtp_put_rcpt(&b, recipients[0], all);
	is(b.data, "RCPT TO:<z\xc3\xb6@d> NOTIFY=FAILURE,DELAY\r\n",
	    "no ORCPT of type rfc822 for it");
	buf_free(&b);
}

int
main(void)
{
	test_parse();
	test_limits();
	test_meaning();
	test_stuffing();
	test_check();
	test_commands();
	return tap_done();
}
