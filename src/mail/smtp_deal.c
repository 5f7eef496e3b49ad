/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session says and hears. Every command leaves a mark of the answer it
 * expects; answers come in that order, and each mark has a row in steps[].
 *
 * With PIPELINING and CHUNKING a message takes one round trip: its data goes
 * out as one BDAT LAST together with the MAIL and RCPT of the message after
 * it. Data itself waits for the answers to its envelope, as RFC 3030, 2 asks:
 * a server that refuses the envelope and then reads the data as commands would
 * obey whoever wrote the message. It also keeps the data from standing in
 * doubt when a server drops a session between two messages.
 */
#include "mail/smtp_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"

void
smtp_deal_release(struct smtp_deal *d)
{
	for (int i = 0; i < d->n_refused; i++)
		free((char *)d->refused[i].text);
	free(d->refused);
	*d = (struct smtp_deal){ 0 };
}

void
smtp_finish(struct smtp_session *s, struct inject_result *result,
    enum smtp_blame blame)
{
	struct smtp_deal d = s->now;
	bool sent = result->outcome == INJECT_SENT;
	result->refused = d.refused;
	result->n_refused = d.n_refused;
	s->now = s->ahead;
	s->ahead = (struct smtp_deal){ 0 };
	s->data_end = 0;
	s->n_served++;
	s->needs_reset = !sent && s->now.job == NULL;
	s->now.is_shaky = !sent;
	s->now.begun_us = s->used_us = clock_mono_us();
	if (s->now.job == NULL && s->state == SMTP_WORKING)
		s->state = SMTP_READY;
	s->owner->done(s->owner->arg, d.job, result, blame, d.begun_us);
	smtp_deal_release(&d);
}

void
smtp_finish_code(struct smtp_session *s, int code, const char *text,
    bool is_personal)
{
	bool later = code < 500;
	struct inject_result r = {
		.outcome = later ? INJECT_LATER : INJECT_REFUSED,
		.code = code,
		.text = text,
	};
	smtp_finish(s, &r,
	    later && !is_personal ? SMTP_BLAME_SERVER : SMTP_BLAME_NONE);
}

/* True when nothing is left of the envelope, or no data is wanted. */
static bool
has_failed(const struct smtp_deal *d)
{
	return d->mail_refused || d->data_refused ||
	    (d->n_answered > 0 && d->n_taken == 0 &&
		d->job->recipients[d->n_answered] == NULL);
}

bool
smtp_is_refused(const struct smtp_deal *d)
{
	return has_failed(d) && !d->is_shaky;
}

void
smtp_finish_refused(struct smtp_session *s)
{
	char text[SMTP_TEXT_LEN];
	memcpy(text, s->now.text, sizeof(text));
	smtp_finish_code(s, s->now.code, text, s->now.is_personal);
}

void
smtp_finish_lost(struct smtp_session *s, const char *text)
{
	struct inject_result r = {
		.outcome = s->now.is_out ? INJECT_DOUBT : INJECT_LATER,
		.text = text,
	};
	smtp_finish(s, &r, SMTP_BLAME_SERVER);
}

void
smtp_ahead_return(struct smtp_session *s)
{
	struct inject_job *job = s->ahead.job;
	smtp_deal_release(&s->ahead);
	if (job != NULL)
		s->owner->again(s->owner->arg, job);
}

void
smtp_now_return(struct smtp_session *s)
{
	struct inject_job *job = s->now.job;
	smtp_deal_release(&s->now);
	s->owner->again(s->owner->arg, job);
}

/*
 * Puts the envelope: all of it where commands may be pipelined, with DATA at
 * its end where data does not go as a chunk, else the next command alone.
 */
static void
put_envelope(struct smtp_session *s, struct smtp_deal *d, struct buf *b)
{
	bool all = (s->offers & SMTP_PIPELINING) != 0;
	bool chunk = (s->offers & SMTP_CHUNKING) != 0;
	if (s->needs_reset) {
		s->needs_reset = false;
		buf_str(b, "RSET\r\n");
		smtp_expect(s, SMTP_STEP_RSET);
		if (!all)
			return;
	}
	if (d->stage == SMTP_STAGE_MAIL) {
		smtp_put_mail(b, d->job, &d->needs, s->offers);
		smtp_expect(s, SMTP_STEP_MAIL);
		d->stage = SMTP_STAGE_RCPT;
		if (!all)
			return;
	}
	while (d->stage == SMTP_STAGE_RCPT) {
		smtp_put_rcpt(b, d->job->recipients[d->n_said++], s->offers);
		smtp_expect(s, SMTP_STEP_RCPT);
		if (d->job->recipients[d->n_said] == NULL)
			d->stage = chunk ? SMTP_STAGE_CONTENT : SMTP_STAGE_DATA;
		if (!all)
			return;
	}
	if (d->stage == SMTP_STAGE_DATA) {
		buf_str(b, "DATA\r\n");
		smtp_expect(s, SMTP_STEP_DATA);
		d->stage = SMTP_STAGE_CONTENT;
	}
}

bool
smtp_deal_start(struct smtp_session *s, struct smtp_deal *d,
    struct inject_job *job)
{
	struct fault f;
	struct smtp_needs needs;
	if (smtp_job_check(job, &needs, &f) == 0 &&
	    smtp_job_fits(&needs, s->offers, &f) == 0) {
		*d = (struct smtp_deal){ .job = job, .needs = needs };
		d->begun_us = clock_mono_us();
		return true;
	}
	struct inject_result r = {
		.outcome = INJECT_REFUSED,
		.text = f.text,
	};
	s->owner->done(s->owner->arg, job, &r, SMTP_BLAME_OURS, 0);
	return false;
}

/* Leaves the marks of the end of the data: LMTP has an answer for each
 * recipient. */
static void
expect_end(struct smtp_session *s)
{
	int n = s->owner->setup->is_lmtp ? s->now.n_taken : 1;
	for (int i = 0; i < n; i++)
		smtp_expect(s, SMTP_STEP_END);
}

/* Puts the data as one chunk, and the next envelope behind it. */
static void
put_chunk(struct smtp_session *s)
{
	struct smtp_deal *d = &s->now;
	struct inject_job *job = d->job, *next;
	buf_printf(&s->head, "BDAT %zu LAST\r\n",
	    job->len + (d->needs.line_end ? 2 : 0));
	smtp_out_add(s, s->head.data, s->head.len);
	smtp_out_add(s, job->data, job->len);
	smtp_out_add(s, "\r\n", d->needs.line_end ? 2 : 0);
	s->data_end = s->n_out;
	expect_end(s);
	if (!(s->offers & SMTP_PIPELINING))
		return;
	while ((next = s->owner->next(s->owner->arg)) != NULL)
		if (smtp_deal_start(s, &s->ahead, next)) {
			put_envelope(s, &s->ahead, &s->tail);
			smtp_out_add(s, s->tail.data, s->tail.len);
			return;
		}
}

/* Puts the data the old way, or only its end when nobody was taken. */
static void
put_data(struct smtp_session *s)
{
	struct smtp_deal *d = &s->now;
	struct inject_job *job = d->job;
	if (d->n_taken > 0 && smtp_data_has_dot(job->data, job->len)) {
		buf_clear(&s->stuffed);
		smtp_put_stuffed(&s->stuffed, job->data, job->len);
		smtp_out_add(s, s->stuffed.data, s->stuffed.len);
	} else if (d->n_taken > 0) {
		smtp_out_add(s, job->data, job->len);
	}
	if (d->n_taken > 0 && d->needs.line_end)
		smtp_out_add(s, "\r\n", 2);
	smtp_out_add(s, ".\r\n", 3);
	s->data_end = d->n_taken > 0 ? s->n_out : 0;
	expect_end(s);
}

void
smtp_say(struct smtp_session *s)
{
	buf_clear(&s->head);
	buf_clear(&s->tail);
	if (s->now.stage == SMTP_STAGE_CONTENT) {
		s->now.stage = SMTP_STAGE_OVER;
		if (s->now.go_ahead)
			put_data(s);
		else
			put_chunk(s);
	} else {
		put_envelope(s, &s->now, &s->head);
		smtp_out_add(s, s->head.data, s->head.len);
	}
	smtp_deadline_renew(s);
	smtp_flush(s);
}

void
smtp_go_on(struct smtp_session *s)
{
	struct smtp_deal *d = &s->now;
	if (d->is_shaky && has_failed(d)) {
		/* The refusal before may have left the server where MAIL was
		 * out of order: begin this one again, from a clean state. */
		struct inject_job *job = d->job;
		smtp_deal_release(d);
		s->needs_reset = true;
		if (!smtp_deal_start(s, d, job)) {
			s->state = SMTP_READY;
			return;
		}
	}
	if (smtp_is_refused(d) && !d->go_ahead)
		smtp_finish_refused(s);
	else
		smtp_say(s);
}
