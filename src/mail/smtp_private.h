/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of a session share: smtp_session.c has the connection,
 * smtp_deal.c what is said for a message, smtp_answer.c what is heard.
 */
#pragma once

#include <sys/uio.h>

#include "base/buf.h"
#include "mail/inject.h"
#include "mail/smtp_reply.h"
#include "mail/smtp_session.h"
#include "mail/smtp_setup.h"
#include "mail/smtp_text.h"
#include "mail/smtp_wire.h"

/* The data's command, the data, its end, the envelope behind it. */
enum { SMTP_OUT_MOST = 4 };

enum smtp_step {
	SMTP_STEP_GREETING,
	SMTP_STEP_EHLO,
	SMTP_STEP_HELO,
	SMTP_STEP_STARTTLS,
	SMTP_STEP_AUTH,
	SMTP_STEP_AUTH_USER,
	SMTP_STEP_AUTH_PASSWORD,
	SMTP_STEP_RSET,
	SMTP_STEP_MAIL,
	SMTP_STEP_RCPT,
	SMTP_STEP_DATA,
	SMTP_STEP_END,
	SMTP_STEP_QUIT,
};

/* What is to be said next for a message. */
enum smtp_stage {
	SMTP_STAGE_MAIL,
	SMTP_STAGE_RCPT,
	SMTP_STAGE_DATA,
	SMTP_STAGE_CONTENT,
	SMTP_STAGE_OVER
};

/* A message and what became of it so far. */
struct smtp_deal {
	struct inject_job *job; /* NULL: no deal */
	struct smtp_needs needs;
	int64_t begun_us;
	enum smtp_stage stage;
	int n_said;      /* recipients named to the server */
	int n_answered;  /* recipients it answered about */
	int n_taken;     /* and took */
	int n_kept;      /* and kept, as was heard behind the data (LMTP) */
	bool has_answer; /* any answer at all */
	bool mail_refused;
	bool data_refused; /* at DATA, before any data */
	bool go_ahead;     /* 354 */
	bool is_out;       /* the last byte of the data has left us */
	bool is_shaky;     /* its envelope followed data that was refused */
	bool is_personal;  /* the refusal below is about a mailbox */
	int code;          /* what refused it; 0: nothing */
	char text[SMTP_TEXT_LEN];
	int kept_code; /* what kept it for the first of them */
	char kept_text[SMTP_TEXT_LEN];
	struct inject_refusal *refused;
	int n_refused;
};

struct smtp_session {
	struct smtp_owner *owner;
	enum smtp_state state;
	struct smtp_wire wire;
	int first, n_tried; /* addresses */
	bool is_connecting, is_broken, needs_reset;
	bool is_sealing; /* the handshake is under way */
	unsigned offers;
	int n_served;
	int64_t opened_us, used_us, deadline_us, armed_us;
	struct event *read, *write, *timer;
	struct buf in;
	struct buf expected; /* steps, one byte each, from expected_at on */
	size_t expected_at;
	struct buf head, tail, stuffed; /* what out[] points into */
	struct iovec out[SMTP_OUT_MOST];
	int n_out, out_at, data_end; /* data_end: this many hold the data */
	struct smtp_deal now, ahead;
	int trouble_code;
	char trouble[SMTP_TEXT_LEN];
};

/* smtp_session.c */

/* The step whose answer comes next, -1 if none is expected. */
int smtp_expected(const struct smtp_session *s);
/* Leaves the mark of a command just put. */
void smtp_expect(struct smtp_session *s, enum smtp_step step);
/* The deadline of what is expected now, or of being idle. */
void smtp_deadline_renew(struct smtp_session *s);
/* Ends the session. */
void smtp_closed(struct smtp_session *s);
/* Notes why a session that never was ready ended. */
void smtp_trouble_note(struct smtp_session *s, int code, const char *text);
/* The connection is lost, or no longer to be trusted. An old session lost
 * before it answered anything about the message was closed for its age. */
void smtp_lost(struct smtp_session *s, const char *why, bool is_closed_by_peer);
/* Writes what is to be said, as far as the connection takes it. A write that
 * fails leaves it to the read, which may still find the server's last words. */
void smtp_flush(struct smtp_session *s);
/* Adds bytes to what is to be said; they must stay until they are. */
void smtp_out_add(struct smtp_session *s, const void *p, size_t n);
/* Says one line outside of a message. */
void smtp_say_line(struct smtp_session *s, enum smtp_step step,
    const char *verb, const char *argument);

/* Says EHLO, or what stands for it. */
void smtp_greet(struct smtp_session *s);
/* One line with a secret behind the verb, in base64. */
void smtp_say_secret(struct smtp_session *s, enum smtp_step step,
    const char *verb, const char *secret, size_t n);
/* Seals the connection; then EHLO is said again. */
void smtp_seal(struct smtp_session *s);

/* smtp_deal.c */

/* What a deal holds besides the job. */
void smtp_deal_release(struct smtp_deal *d);
/* Tells the owner how the deal at work ended, and goes over to the one whose
 * envelope is under way, if any. */
void smtp_finish(struct smtp_session *s, struct inject_result *result,
    enum smtp_blame blame);
/* The outcome of a refusal by code. */
void smtp_finish_code(struct smtp_session *s, int code, const char *text,
    bool is_personal);
/* True when the server's answers already say that it cannot take the message,
 * whatever comes. */
bool smtp_is_refused(const struct smtp_deal *d);
/* The deal ends by the refusal it noted. */
void smtp_finish_refused(struct smtp_session *s);
/* The deal ends without an answer of the server's. */
void smtp_finish_lost(struct smtp_session *s, const char *text);
/* The job whose envelope ran ahead goes back: its data was never sent. */
void smtp_ahead_return(struct smtp_session *s);
/* The job at work goes back for another session: this one was too old. */
void smtp_now_return(struct smtp_session *s);
/* Begins a deal; false if the server lacks what it needs, and the job is
 * done. */
bool smtp_deal_start(struct smtp_session *s, struct smtp_deal *d,
    struct inject_job *job);
/* Says what comes next for the message at work. */
void smtp_say(struct smtp_session *s);
/* All answers are there: the message is refused, or goes on. */
void smtp_go_on(struct smtp_session *s);

/* smtp_answer.c */

/* Takes every whole reply that is there. */
void smtp_replies_take(struct smtp_session *s);
/* The name of a step in a sentence, and how many timeouts it may take. */
const char *smtp_step_name(int step);
int smtp_step_patience(int step);
