/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/verdict.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include "model/automation.h"
#include "model/contact.h"
#include "model/run.h"
#include "store/runs.h"

/* A text member of an object; "" if it is none. */
static const char *
text_of(const json_t *o, const char *field)
{
	const char *text = json_string_value(json_object_get(o, field));
	return text != NULL ? text : "";
}

/* The run's step that has that status; NULL if none does. */
static const json_t *
step_with(const json_t *run, const char *status)
{
	const json_t *steps = json_object_get(run, "steps"), *step;
	size_t i;
	json_array_foreach (steps, i, step)
		if (strcmp(text_of(step, "status"), status) == 0)
			return step;
	return NULL;
}

static void
say_waiting(struct buf *b, const json_t *step)
{
	const json_t *what = json_object_get(step, "waiting_for");
	const char *event = text_of(what, "event_name");
	const char *until = text_of(what, "until");
	buf_printf(b, "It is in it now and waits at step `%s`",
	    text_of(step, "key"));
	if (event[0] != '\0')
		buf_printf(b, " for the event `%s`", event);
	if (until[0] != '\0')
		buf_printf(b, "%s until %s", event[0] != '\0' ? "," : "",
		    until);
	buf_str(b, ". ");
}

static void
say_running(struct buf *b, const struct verdict_facts *v)
{
	const json_t *waiting = step_with(v->newest, "waiting");
	if (waiting != NULL)
		say_waiting(b, waiting);
	else
		buf_str(b, "It is in it now, on its way to the next step. ");
	if (v->engine_paused)
		buf_str(b, "The engine is stopped, so it stands still. ");
	else if (v->automation->paused)
		buf_str(b, "The automation is paused, so it stands still. ");
}

static void
say_failed(struct buf *b, const struct verdict_facts *v)
{
	const json_t *step = step_with(v->newest, "failed");
	const json_t *error = json_object_get(step, "error");
	buf_str(b, "Its last run failed");
	if (step != NULL)
		buf_printf(b, " at step `%s`: %s (%s)", text_of(step, "key"),
		    text_of(error, "message"), text_of(error, "name"));
	buf_str(b, ". ");
}

/* The last answer, with its code if the MTA itself gave one. */
static void
say_answer(struct buf *b, const char *before, const json_t *mail)
{
	int code = (int)json_integer_value(json_object_get(mail, "code"));
	const char *answer = text_of(mail, "answer");
	if (answer[0] == '\0')
		return;
	buf_str(b, before);
	if (code != 0)
		buf_printf(b, "%d ", code);
	buf_str(b, answer);
}

/* A mail that was written and has not left. */
static void
say_waiting_mail(struct buf *b, const struct verdict_facts *v,
    const json_t *mail)
{
	const char *again = text_of(mail, "next_attempt_at");
	buf_str(b, "waits");
	if (v->injection_paused || v->queue_held)
		buf_printf(b, ": somebody has %s",
		    v->queue_held ? "held the queue" : "stopped injection");
	else
		buf_str(b, " for the MTA");
	say_answer(b, "; the last attempt ended with: ", mail);
	if (text_of(mail, "answer")[0] != '\0' && again[0] != '\0')
		buf_printf(b, "; it is tried again at %s", again);
}

/* A mail that left may have left before. */
static void
say_copy(struct buf *b, const char *key, const json_t *mail)
{
	if (json_integer_value(json_object_get(mail, "doubts")) > 0)
		buf_printf(b,
		    "The mail of step `%s` may have come twice: the server or "
		    "its connection to the MTA broke off while it was being "
		    "sent, and nobody knew whether the MTA had it. ",
		    key);
}

/* Why a mail was not sent at the last look. */
static void
say_unsent(struct buf *b, const char *reason)
{
	if (strcmp(reason, "topic_deleted") == 0)
		buf_str(b, "was not sent, because its topic was deleted");
	else
		buf_printf(b,
		    "was not sent, because the contact did not want it any "
		    "more: %s",
		    reason);
}

/* What became of a mail that was written, if the contact may not have it, or
 * have it twice. */
static void
say_mail(struct buf *b, const struct verdict_facts *v, const char *key,
    const json_t *mail)
{
	const char *event = text_of(mail, "last_event");
	if (strcmp(event, "sent") == 0) {
		say_copy(b, key, mail);
		return;
	}
	buf_printf(b, "The mail of step `%s` ", key);
	if (strcmp(event, "queued") == 0) {
		say_waiting_mail(b, v, mail);
	} else if (strcmp(event, "failed") == 0) {
		buf_str(b, "failed for good");
		say_answer(b, ": ", mail);
	} else if (strcmp(event, "suppressed") == 0) {
		say_unsent(b, text_of(mail, "answer"));
	} else {
		buf_str(b,
		    "may have left or not, nobody knows, and waits for "
		    "somebody to decide");
		say_answer(b, ": ", mail);
	}
	buf_str(b, ". ");
}

/* Mails of the run that the contact did not get, and why. */
static void
say_mails(struct buf *b, const struct verdict_facts *v)
{
	const json_t *steps = json_object_get(v->newest, "steps"), *step;
	size_t i;
	json_array_foreach (steps, i, step) {
		const json_t *mail = json_object_get(step, "mail");
		const char *reason =
		    text_of(json_object_get(step, "output"), "reason");
		if (strcmp(text_of(step, "type"), "send_email") != 0)
			continue;
		if (mail != NULL)
			say_mail(b, v, text_of(step, "key"), mail);
		else if (strcmp(text_of(step, "status"), "skipped") == 0 &&
		    reason[0] != '\0')
			buf_printf(b,
			    "The mail of step `%s` was not sent: %s. ",
			    text_of(step, "key"), reason);
	}
}

static void
say_run(struct buf *b, const struct verdict_facts *v)
{
	const struct run *r = v->runs.items;
	char when[CLOCK_SQL_LEN];
	switch (r->status) {
	case RUN_RUNNING:
		say_running(b, v);
		break;
	case RUN_COMPLETED:
		buf_printf(b, "It came to the end on %s. ",
		    clock_sql(r->finished_ms, when));
		break;
	case RUN_FAILED:
		say_failed(b, v);
		break;
	default:
		buf_printf(b, "Its last run ended early on %s: %s. ",
		    clock_sql(r->finished_ms, when),
		    r->reason != NULL ? r->reason : "cancelled");
	}
	say_mails(b, v);
}

static void
say_skip(struct buf *b, const struct skip *s)
{
	char when[CLOCK_SQL_LEN];
	buf_printf(b, "An event on %s did not let it in: %s ",
	    clock_sql(id_time_ms(s->id), when), skip_reason_text(s->reason));
}

/* Nothing was ever recorded of the two. */
static void
say_nothing(struct buf *b, const struct verdict_facts *v)
{
	const struct step *trigger = &v->graph->steps[v->graph->trigger];
	const char *event = text_of(trigger->config, "event_name");
	if (v->contact == NULL) {
		buf_str(b, "No event of it that did not let it in is known. ");
		return;
	}
	buf_str(b, "It never entered. ");
	if (event[0] != '\0')
		buf_printf(b,
		    "No event `%s` has come for it while the automation was "
		    "enabled. ",
		    event);
	else
		buf_str(b,
		    "Nothing has happened that lets it in while the "
		    "automation was enabled. ");
}

/* What keeps everybody out. */
static void
say_automation(struct buf *b, const struct automation *a)
{
	char when[CLOCK_SQL_LEN];
	if (a->enabled < 0)
		buf_printf(b, "The automation was deleted on %s. ",
		    clock_sql(a->updated_ms, when));
	else if (!a->enabled)
		buf_str(b, "The automation is disabled: nobody enters. ");
	else if (a->paused)
		buf_str(b, "The automation is paused: nobody enters. ");
}

const char *
verdict(struct arena *a, const struct verdict_facts *v)
{
	const struct run *r = v->runs.n > 0 ? v->runs.items : NULL;
	const struct skip *s = v->skips.n > 0 ? v->skips.items : NULL;
	struct buf b = { 0 };
	if (v->contact == NULL)
		buf_str(&b, "There is no contact of that address. ");
	if (r != NULL)
		say_run(&b, v);
	if (s != NULL && (r == NULL || s->id > r->id))
		say_skip(&b, s);
	if (r == NULL && s == NULL)
		say_nothing(&b, v);
	if (r == NULL && v->is_cut)
		buf_printf(&b,
		    "Of events of strangers, only the last %d that did not "
		    "let them in were looked through. ",
		    SKIPS_SEARCHED);
	say_automation(&b, v->automation);
	if (v->is_disk_full)
		buf_str(&b,
		    "The disk is full: until there is room, nothing new is "
		    "taken and no run moves. ");
	if (v->contact != NULL && v->contact->unsubscribed)
		buf_str(&b,
		    "The contact is unsubscribed: no mail is sent to it. ");
	const char *text = arena_strndup(a, b.data, b.len - 1);
	buf_free(&b);
	return text;
}
