/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session hears: who reads the answer to what, and what it changes. A
 * command of the opening is a row in steps[] and the function that reads its
 * answer.
 */
#include "mail/smtp_private.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"

/* Notes a refusal of the message as a whole. */
static void
refuse(struct smtp_deal *d, const struct smtp_reply *r)
{
	d->code = r->code;
	d->is_personal = false;
	smtp_reply_text(r, d->text);
}

/* An answer that cannot be one to what was asked. */
static void
lost_odd(struct smtp_session *s, const struct smtp_reply *r)
{
	char text[SMTP_TEXT_LEN], why[SMTP_TEXT_LEN];
	snprintf(why, sizeof(why), "out of step: %d %.300s", r->code,
	    smtp_reply_text(r, text));
	smtp_lost(s, why, false);
}

/* 421: the server closes, whatever was asked. To an old session that begins a
 * message it may be about age alone: a fresh one hears the truth. */
static void
farewell(struct smtp_session *s, int step, const struct smtp_reply *r)
{
	char text[SMTP_TEXT_LEN];
	smtp_reply_text(r, text);
	if (s->state == SMTP_OPENING)
		smtp_trouble_note(s, r->code, text);
	smtp_closed(s);
	smtp_ahead_return(s);
	if (s->now.job == NULL)
		return;
	if (s->n_served > 0 &&
	    (step == SMTP_STEP_RSET || step == SMTP_STEP_MAIL))
		smtp_now_return(s);
	else
		smtp_finish_code(s, r->code, text, false);
}

/* Ends a session that was refused before it was ready. */
static void
answer_refused(struct smtp_session *s, const struct smtp_reply *r)
{
	char text[SMTP_TEXT_LEN];
	smtp_trouble_note(s, r->code, smtp_reply_text(r, text));
	smtp_closed(s);
}

/* The session may be given messages. */
static void
opened(struct smtp_session *s)
{
	s->state = SMTP_READY;
	s->owner->address =
	    (s->first + s->n_tried) % s->owner->setup->n_addresses;
}

/* Ends a session that lacks what it must have. */
static void
opening_lacks(struct smtp_session *s, const char *what)
{
	smtp_trouble_note(s, 0, what);
	smtp_closed(s);
}

/* Says who we are. A password is said in clear only on this machine. */
static void
log_in(struct smtp_session *s)
{
	const struct smtp_setup *o = s->owner->setup;
	if (s->wire.tls == NULL && !o->is_local) {
		opening_lacks(s,
		    "the password is not said in clear, and the server offers "
		    "no STARTTLS");
	} else if (s->offers & SMTP_AUTH_PLAIN) {
		struct buf b = { 0 };
		buf_char(&b, '\0');
		buf_add(&b, o->user, strlen(o->user) + 1);
		buf_str(&b, o->password);
		smtp_say_secret(s, SMTP_STEP_AUTH, "AUTH PLAIN ", b.data,
		    b.len);
		OPENSSL_cleanse(b.data, b.len);
		buf_free(&b);
	} else if (s->offers & SMTP_AUTH_LOGIN) {
		smtp_say_line(s, SMTP_STEP_AUTH_USER, "AUTH", "LOGIN");
	} else {
		opening_lacks(s, "the server offers no AUTH by PLAIN or LOGIN");
	}
}

/* What comes before messages, now that the server's offers are known. */
static void
go_on_opening(struct smtp_session *s)
{
	const struct smtp_setup *o = s->owner->setup;
	if (o->tls != SMTP_TLS_NONE && s->wire.tls == NULL &&
	    (s->offers & SMTP_STARTTLS) != 0)
		smtp_say_line(s, SMTP_STEP_STARTTLS, "STARTTLS", "");
	else if (o->tls > SMTP_TLS_MAY && s->wire.tls == NULL)
		opening_lacks(s, "the server offers no STARTTLS");
	else if (o->user != NULL)
		log_in(s);
	else
		opened(s);
}

static void
answer_greeting(struct smtp_session *s, const struct smtp_reply *r)
{
	if (r->code != 220)
		answer_refused(s, r);
	else
		smtp_greet(s);
}

static void
answer_ehlo(struct smtp_session *s, const struct smtp_reply *r)
{
	if (r->code / 100 == 5 && !s->owner->setup->is_lmtp) {
		smtp_say_line(s, SMTP_STEP_HELO, "HELO", s->owner->setup->helo);
	} else if (r->code != 250) {
		answer_refused(s, r);
	} else {
		s->offers = smtp_reply_offers(r);
		go_on_opening(s);
	}
}

static void
answer_helo(struct smtp_session *s, const struct smtp_reply *r)
{
	s->offers = 0;
	if (r->code != 250)
		answer_refused(s, r);
	else
		go_on_opening(s);
}

static void
answer_starttls(struct smtp_session *s, const struct smtp_reply *r)
{
	if (r->code == 220) {
		s->offers = 0;
		smtp_seal(s);
	} else if (s->owner->setup->tls == SMTP_TLS_MAY) {
		s->offers &= ~(unsigned)SMTP_STARTTLS;
		go_on_opening(s);
	} else {
		answer_refused(s, r);
	}
}

static void
answer_auth(struct smtp_session *s, const struct smtp_reply *r)
{
	if (s->n_out == 0)
		OPENSSL_cleanse(s->head.data, s->head.len);
	if (r->code != 235)
		answer_refused(s, r);
	else
		opened(s);
}

/* LOGIN asks for one thing after the other. */
static void
answer_asked(struct smtp_session *s, const struct smtp_reply *r,
    enum smtp_step step, const char *secret)
{
	if (r->code != 334)
		answer_refused(s, r);
	else
		smtp_say_secret(s, step, "", secret, strlen(secret));
}

static void
answer_auth_user(struct smtp_session *s, const struct smtp_reply *r)
{
	answer_asked(s, r, SMTP_STEP_AUTH_PASSWORD, s->owner->setup->user);
}

static void
answer_auth_password(struct smtp_session *s, const struct smtp_reply *r)
{
	answer_asked(s, r, SMTP_STEP_AUTH, s->owner->setup->password);
}

static void
answer_rset(struct smtp_session *s, const struct smtp_reply *r)
{
	if (r->code / 100 != 2)
		lost_odd(s, r);
}

static void
answer_mail(struct smtp_session *s, const struct smtp_reply *r)
{
	if (r->code / 100 == 3) {
		lost_odd(s, r);
		return;
	}
	s->now.mail_refused = r->code >= 400;
	if (s->now.mail_refused)
		refuse(&s->now, r);
}

/* Notes a refusal of one recipient. */
static void
refused_one(struct smtp_deal *d, int which, const struct smtp_reply *r)
{
	char text[SMTP_TEXT_LEN];
	int at = d->n_refused++;
	d->refused =
	    xrealloc(d->refused, (size_t)d->n_refused * sizeof(*d->refused));
	for (; at > 0 && d->refused[at - 1].recipient > which; at--)
		d->refused[at] = d->refused[at - 1];
	d->refused[at] = (struct inject_refusal){ which, r->code,
		xstrdup(smtp_reply_text(r, text)) };
	/* Of several, a "later" speaks for all. */
	if (d->code == 0 || (d->code >= 500 && r->code < 500)) {
		refuse(d, r);
		d->is_personal = smtp_reply_is_personal(r);
	}
}

static void
answer_rcpt(struct smtp_session *s, const struct smtp_reply *r)
{
	struct smtp_deal *d = &s->now;
	int which = d->n_answered++;
	if (r->code / 100 == 3) {
		lost_odd(s, r);
		return;
	}
	if (d->mail_refused)
		return;
	if (r->code < 400)
		d->n_taken++;
	else
		refused_one(d, which, r);
}

static void
answer_data(struct smtp_session *s, const struct smtp_reply *r)
{
	struct smtp_deal *d = &s->now;
	if (r->code == 354 && s->owner->setup->is_lmtp && d->n_taken == 0) {
		/* There would be no answer to the end of the data. */
		lost_odd(s, r);
	} else if (r->code == 354) {
		d->go_ahead = true;
	} else if (r->code < 400) {
		lost_odd(s, r);
	} else if (!smtp_is_refused(d)) {
		d->data_refused = true;
		refuse(d, r);
	}
}

/* The server has the message. */
static void
kept(struct smtp_session *s, int code, const char *text)
{
	char id[SMTP_QUEUE_ID_LEN];
	struct inject_result result = {
		.outcome = INJECT_SENT,
		.code = code,
		.text = text,
		.queue_id = smtp_queue_id(text, id) ? id : NULL,
	};
	smtp_finish(s, &result, SMTP_BLAME_NONE);
}

/* The n-th of the recipients that were not refused. */
static int
not_refused(const struct smtp_deal *d, int n)
{
	int which = 0, at = 0;
	for (;; which++) {
		while (at < d->n_refused && d->refused[at].recipient < which)
			at++;
		bool is_refused =
		    at < d->n_refused && d->refused[at].recipient == which;
		if (!is_refused && n-- == 0)
			return which;
	}
}

/* LMTP tells of each recipient by itself, in the order they were named (RFC
 * 2033, 4.2). */
static void
end_of_one(struct smtp_session *s, const struct smtp_reply *r, const char *text)
{
	struct smtp_deal *d = &s->now;
	char first[SMTP_TEXT_LEN];
	if (r->code >= 400) {
		refused_one(d, not_refused(d, d->n_kept), r);
	} else if (d->n_kept++ == 0) {
		d->kept_code = r->code;
		snprintf(d->kept_text, sizeof(d->kept_text), "%s", text);
	}
	if (d->n_kept + d->n_refused < d->n_answered)
		return;
	if (d->n_kept == 0) {
		smtp_finish_refused(s);
		return;
	}
	memcpy(first, d->kept_text, sizeof(first));
	kept(s, d->kept_code, first);
}

static void
answer_end(struct smtp_session *s, const struct smtp_reply *r)
{
	struct smtp_deal *d = &s->now;
	char text[SMTP_TEXT_LEN];
	bool too_early = s->n_out > 0 && !d->is_out;
	smtp_reply_text(r, text);
	if (r->code / 100 == 3 || (too_early && r->code < 400)) {
		lost_odd(s, r);
		return;
	}
	if (too_early) {
		/* What it did not read would be commands to it. */
		smtp_closed(s);
		smtp_ahead_return(s);
	}
	if (d->n_taken == 0)
		smtp_finish_refused(s);
	else if (s->owner->setup->is_lmtp)
		end_of_one(s, r, text);
	else if (r->code >= 400)
		smtp_finish_code(s, r->code, text, smtp_reply_is_personal(r));
	else
		kept(s, r->code, text);
}

static void
answer_quit(struct smtp_session *s, const struct smtp_reply *r)
{
	(void)r;
	smtp_closed(s);
}

/* What is expected: its name in a sentence, who reads the answer, and how many
 * timeouts we wait for it. */
static const struct {
	const char *name;
	void (*answer)(struct smtp_session *, const struct smtp_reply *);
	int patience;
} steps[] = {
	[SMTP_STEP_GREETING] = { "the greeting", answer_greeting, 1 },
	[SMTP_STEP_EHLO] = { "EHLO", answer_ehlo, 1 },
	[SMTP_STEP_HELO] = { "HELO", answer_helo, 1 },
	[SMTP_STEP_STARTTLS] = { "STARTTLS", answer_starttls, 1 },
	[SMTP_STEP_AUTH] = { "AUTH", answer_auth, 1 },
	[SMTP_STEP_AUTH_USER] = { "AUTH", answer_auth_user, 1 },
	[SMTP_STEP_AUTH_PASSWORD] = { "AUTH", answer_auth_password, 1 },
	[SMTP_STEP_RSET] = { "RSET", answer_rset, 1 },
	[SMTP_STEP_MAIL] = { "MAIL", answer_mail, 1 },
	[SMTP_STEP_RCPT] = { "RCPT", answer_rcpt, 1 },
	[SMTP_STEP_DATA] = { "DATA", answer_data, 1 },
	[SMTP_STEP_END] = { "end of data", answer_end, 2 },
	[SMTP_STEP_QUIT] = { "QUIT", answer_quit, 1 },
};

const char *
smtp_step_name(int step)
{
	return steps[step].name;
}

int
smtp_step_patience(int step)
{
	return steps[step].patience;
}

/* One whole reply. */
static void
reply_take(struct smtp_session *s, const struct smtp_reply *r)
{
	int step = smtp_expected(s);
	char text[SMTP_TEXT_LEN];
	if (step < 0) {
		if (r->code != 421)
			log_warn("smtp unasked-for code=%d text=%s", r->code,
			    log_text(smtp_reply_text(r, text)));
		smtp_closed(s);
		return;
	}
	s->expected_at++;
	if (r->code == 421 && step != SMTP_STEP_QUIT) {
		farewell(s, step, r);
		return;
	}
	/* At the end of data a refusal may come early; see there. */
	if (smtp_expected(s) < 0 && s->n_out > 0 && step != SMTP_STEP_END) {
		smtp_lost(s, "an answer before we had asked", false);
		return;
	}
	if (s->now.job != NULL)
		s->now.has_answer = true;
	steps[step].answer(s, r);
	if (s->state == SMTP_CLOSED)
		return;
	if (s->state == SMTP_WORKING && smtp_expected(s) < 0)
		smtp_go_on(s);
	else
		smtp_deadline_renew(s);
}

void
smtp_replies_take(struct smtp_session *s)
{
	size_t at = 0;
	struct smtp_reply r;
	struct fault f;
	while (s->state != SMTP_CLOSED && at < s->in.len) {
		int n =
		    smtp_reply_parse(s->in.data + at, s->in.len - at, &r, &f);
		if (n == 0)
			break;
		if (n < 0) {
			smtp_lost(s, f.text, false);
			break;
		}
		at += (size_t)n;
		reply_take(s, &r);
		/* Words from before the seal must not count behind it. */
		if (s->is_sealing && at < s->in.len) {
			smtp_lost(s, "the server said more before TLS", false);
			break;
		}
	}
	buf_drop(&s->in, at);
}
