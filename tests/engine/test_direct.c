/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail that apps write: what its rows say, who still gets it when it leaves,
 * what becomes of each recipient, and that it goes with all that is its.
 */
#include "engine/direct.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "base/arena.h"
#include "base/json.h"
#include "conf/conf.h"
#include "engine/envelope.h"
#include "engine/letters.h"
#include "mail/inject.h"
#include "model/draft.h"
#include "store/blobs.h"
#include "store/direct.h"
#include "store/doctor.h"
#include "store/emails.h"
#include "tests/engine/rig.h"
#include "tests/tap.h"

/* ---- drafts ------------------------------------------------------------ */

static struct email_recipient people[] = {
	{ RECIPIENT_TO, 0, "Ada <ada@example.com>", "ada@example.com" },
	{ RECIPIENT_CC, 1, "bob@example.com", "bob@example.com" },
	{ RECIPIENT_BCC, 2, "cy@example.com", "cy@example.com" },
};

static struct draft
draft(int n_recipients)
{
	return (struct draft){ .sender = "Shop <shop@example.com>",
		.subject = "Hello",
		.recipients = people,
		.n_recipients = n_recipients,
		.parts = { .html = "<p>Hello</p>" } };
}

struct writing {
	const struct draft *draft;
	int64_t id;
};

static int
do_write(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct writing *w = arg;
	return engine_mail_write(rig.engine, t, a, w->draft, rig.now_ms, &w->id,
	    f);
}

/* Its id, 0 if it is refused: see rig.fault. */
static int64_t
write_mail(const struct draft *d)
{
	struct writing w = { .draft = d };
	return rig_txn(do_write, &w) == 0 ? w.id : 0;
}

static int
do_get(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct email *e = arg;
	return store_email_get(t, a, e->id, e, f);
}

static struct email
get(int64_t id)
{
	struct email e = { .id = id };
	rig_txn(do_get, &e);
	return e;
}

/* Writes a mail that must be refused, and says so with those words. */
static void
refused(const struct draft *d, enum fault_kind kind, const char *words)
{
	struct email *mails;
	int before = rig_emails(&mails);
	ok(write_mail(d) == 0 && rig.fault.kind == kind &&
		strstr(rig.fault.text, words) != NULL,
	    "refused: %s", rig.fault.text);
	is_int(rig_emails(&mails), before, "nothing is written");
}

/* ---- rows -------------------------------------------------------------- */

static void
test_rows(void)
{
	rig_up(NULL);
	int64_t ada = rig_contact("ada@example.com");
	struct draft d = draft(1);
	struct email e = get(write_mail(&d));
	ok(e.is_direct && e.is_alone && e.status == EMAIL_QUEUED &&
		e.due_ms == rig.now_ms,
	    "it is due at once");
	is_int(e.contact, ada, "the one recipient is a contact");
	is(e.recipient, "ada@example.com", "named by the mailbox");
	is(e.stream, "transactional", "of its stream");
	d = draft(3);
	e = get(write_mail(&d));
	ok(e.is_direct && !e.is_alone && e.contact == 0,
	    "several are nobody's mail");
	d.scheduled_ms = rig.now_ms + RIG_HOUR;
	e = get(write_mail(&d));
	ok(e.status == EMAIL_SCHEDULED && e.due_ms == rig.now_ms + RIG_HOUR &&
		e.scheduled_ms == e.due_ms,
	    "a scheduled one waits");
	is(email_status_name(e.status), "scheduled", "and says so");
	rig_down();
}

static void
test_template(void)
{
	rig_up(NULL);
	rig_template("hi", "Hi {{{NAME}}}",
	    "<p>{{{NAME}}} {{{FIRST_NAME|you}}} {{{contact.city|?}}}</p>",
	    true);
	rig_template("draft", "T", "<p>x</p>", false);
	struct contact c = { .email = "ada@example.com",
		.email_key = "ada@example.com",
		.first_name = "Ada",
		.properties = "{\"city\":\"Rom\"}" };
	rig_people_create(&c, NULL, 0);
	struct draft d = draft(1);
	d.parts = (struct email_parts){ 0 };
	d.subject = NULL;
	d.template = "hi";
	d.variables =
	    json_parse(rig.arena, "{\"NAME\":\"<b>A</b>\"}", 19, &rig.fault);
	struct email e = get(write_mail(&d));
	is(e.subject, "Hi <b>A</b>", "the template's subject is filled");
	is(e.data,
	    "{\"d\":{\"FIRST_NAME\":\"Ada\",\"NAME\":\"<b>A</b>\","
	    "\"contact.city\":\"Rom\"},\"r\":{}}",
	    "values are the contact's and the app's, and all are data");
	d.subject = "Mine";
	e = get(write_mail(&d));
	is(e.subject, "Mine", "the app's own subject goes before");
	char *name = arena_alloc(rig.arena, 8000 + 1);
	memset(name, 'n', 8000);
	json_object_set_new((json_t *)d.variables, "NAME", json_string(name));
	d.subject = NULL;
	refused(&d, FAULT_INVALID, "`subject` has 8003 bytes");
	d.variables = NULL;
	refused(&d, FAULT_INVALID, "`NAME` has neither");
	d.template = "nothing";
	refused(&d, FAULT_INVALID, "names no template: `nothing`");
	d.template = "draft";
	refused(&d, FAULT_INVALID, "`draft` is not published");
	rig_down();
}

/* Who is no contact has an address all the same. */
static void
test_stranger(void)
{
	rig_up(NULL);
	rig_template("to", "To {{{EMAIL}}}",
	    "<p>{{{EMAIL}}} {{{contact.email}}} {{{FIRST_NAME|you}}}</p>",
	    true);
	struct draft d = draft(1);
	d.parts = (struct email_parts){ 0 };
	d.subject = NULL;
	d.template = "to";
	struct email e = get(write_mail(&d));
	is(e.subject, "To ada@example.com", "the address is in the subject");
	is(e.data,
	    "{\"d\":{\"EMAIL\":\"ada@example.com\","
	    "\"contact.email\":\"ada@example.com\"},\"r\":{}}",
	    "and by both names in the text");
	d.n_recipients = 2;
	refused(&d, FAULT_INVALID, "`EMAIL` has neither");
	rig_down();
}

static void
test_refused(void)
{
	struct draft d = draft(1);
	rig_up("mail { domains = { \"example.org\" } }");
	refused(&d, FAULT_DENIED, "example.com");
	d.sender = "a@example.org";
	ok(write_mail(&d) != 0, "an own domain is fine");
	d.topic = 12345;
	refused(&d, FAULT_INVALID, "`topic_id` names no topic");
	d.topic = 0;
	d.parts.html = "<a href=\"{{{RESEND_UNSUBSCRIBE_URL}}}\">x</a>";
	ok(write_mail(&d) != 0, "an unsubscribe link to one");
	d.parts.headers = "{\"List-Unsubscribe\":\"<https://x.y>\"}";
	refused(&d, FAULT_INVALID, "`List-Unsubscribe` is set by the server");
	d.parts.headers = NULL;
	d.n_recipients = 3;
	refused(&d, FAULT_INVALID, "3 recipients");
	rig_down();
}

/* ---- letters ----------------------------------------------------------- */

struct made {
	struct email email;
	struct envelope envelope;
	const char *reason, *text;
	struct rendered rendered;
};

static int
do_make(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct made *m = arg;
	struct letter_out out;
	if (store_email_get(t, a, m->email.id, &m->email, f) != 1 ||
	    envelope_open(t, a, &m->email, &m->envelope, &m->reason, f) != 0)
		return -1;
	m->email.attempt = 1;
	int rc = m->reason != NULL
	    ? 0
	    : letter_out_make(rig.engine, t, a, &m->email, &m->envelope,
		  rig.now_ms, &out, f);
	if (rc == 0 && m->reason == NULL) {
		m->text = arena_strndup(a, out.data, out.len);
		letter_out_free(&out);
	}
	return rc;
}

/* The message as it would leave now. */
static struct made
make(int64_t id)
{
	struct made m = { .email.id = id };
	if (rig_txn(do_make, &m) != 0)
		ok(false, "made: %s", rig.fault.text);
	return m;
}

static bool
says(const struct made *m, const char *words)
{
	return m->text != NULL && strstr(m->text, words) != NULL;
}

static void
test_letter(void)
{
	rig_up("mail { report_domain = \"r.example\" }");
	struct draft d = draft(3);
	d.reply_to = "a@b.c, \"X, Y\" <d@e.f>";
	d.parts.headers = "{\"X-Ref\":\"42\"}";
	struct made m = make(write_mail(&d));
	ok(says(&m, "\r\nTo: Ada <ada@example.com>\r\n") &&
		says(&m, "\r\nCc: bob@example.com\r\n"),
	    "who gets it is named");
	ok(!says(&m, "cy@example.com"), "who gets it blindly is not");
	is_int(m.envelope.n_sent_to, 3, "and gets it");
	is(m.envelope.mailboxes[2], "cy@example.com", "by the envelope");
	ok(says(&m, "\r\nX-Ref: 42\r\n"), "with the app's header");
	ok(!says(&m, "List-Unsubscribe") && !says(&m, "List-Id"),
	    "a mail that nobody asked to leave has no way out");
	d = draft(1);
	d.parts.html = "<a href=\"{{{RESEND_UNSUBSCRIBE_URL}}}\">x</a>"
		       "{{{NAME}}} {{x}}";
	m = make(write_mail(&d));
	ok(says(&m, "\r\nList-Unsubscribe: <http://127.0.0.1:8025/u/v1."),
	    "one with the link has, to a stranger as well");
	ok(says(&m, "href=3D\"http://127.0.0.1:8025/u/v1.") ||
		says(&m, "href=\"http://127.0.0.1:8025/u/v1."),
	    "the link is in the html");
	ok(says(&m, "{{{NAME}}} {{x}}"), "what else has braces stays");
	d = draft(1);
	d.topic = rig_topic("News", true);
	m = make(write_mail(&d));
	ok(says(&m, "\r\nList-Unsubscribe: <"), "one of a topic has, too");
	rig_down();
}

static void
test_topic(void)
{
	rig_up(NULL);
	int64_t in = rig_topic("In", true), out = rig_topic("Out", false);
	int64_t bob = rig_contact("bob@example.com");
	struct draft d = draft(3);
	d.topic = in;
	rig_topic_choose(bob, in, false);
	struct made m = make(write_mail(&d));
	ok(m.reason == NULL && m.envelope.n_sent_to == 2,
	    "who left the topic is left out");
	is_int(m.envelope.all[1].outcome, RECIPIENT_SKIPPED, "and noted");
	d.topic = out;
	rig_topic_choose(bob, out, true);
	m = make(write_mail(&d));
	ok(m.envelope.n_sent_to == 1 && m.envelope.sent_to[0] == 1,
	    "who joined it alone gets it, where the default is out");
	rig_topic_choose(bob, out, false);
	m = make(write_mail(&d));
	is(m.reason, "topic_opted_out", "nobody is left");
	d = draft(2);
	d.topic = in;
	int64_t id = write_mail(&d);
	rig_topic_delete(in);
	m = make(id);
	is(m.reason, "topic_deleted", "nor of a topic that is gone");
	rig_down();
}

/* ---- what the MTA says ------------------------------------------------- */

static void
test_outcomes(void)
{
	rig_up(NULL);
	struct draft d = draft(3);
	int64_t id = write_mail(&d);
	struct made m = make(id);
	struct envelope *v = &m.envelope;
	const struct inject_refusal some[] = { { 1, 550, "no such user" },
		{ 2, 451, "later" } };
	struct inject_result sent = { .outcome = INJECT_SENT,
		.code = 250,
		.text = "ok",
		.refused = some,
		.n_refused = 2 };
	ok(envelope_note(rig.arena, v, &sent), "one is to be tried again");
	ok(v->all[0].outcome == RECIPIENT_TAKEN &&
		v->all[1].outcome == RECIPIENT_REFUSED &&
		v->all[2].outcome == RECIPIENT_WAITS,
	    "each has its outcome");
	is(v->all[1].answer, "no such user", "and its answer");
	ok(envelope_close(v), "if not, somebody got it");
	is_int(v->all[2].outcome, RECIPIENT_REFUSED, "and the rest did not");

	m = make(id);
	sent.n_refused = 0;
	ok(!envelope_note(rig.arena, v, &sent), "all at once");
	m = make(id);
	struct inject_result later = { .outcome = INJECT_LATER,
		.code = 451,
		.text = "busy",
		.refused = some,
		.n_refused = 1 };
	ok(envelope_note(rig.arena, v, &later), "nobody now");
	ok(v->all[0].outcome == RECIPIENT_WAITS &&
		v->all[1].outcome == RECIPIENT_REFUSED,
	    "but who is unknown stays so");
	m = make(id);
	struct inject_result no = { .outcome = INJECT_REFUSED,
		.code = 554,
		.text = "spam" };
	ok(!envelope_note(rig.arena, v, &no) && !envelope_close(v),
	    "nobody ever");
	rig_down();
}

static int
do_settle(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct made *m = arg;
	(void)a;
	return envelope_write(t, m->email.id, &m->envelope, f);
}

/* The next attempt goes to who was not served, and to no one else. */
static void
test_again(void)
{
	rig_up(NULL);
	struct draft d = draft(3);
	int64_t id = write_mail(&d);
	struct made m = make(id);
	const struct inject_refusal one = { 2, 451, "later" };
	struct inject_result sent = { .outcome = INJECT_SENT,
		.code = 250,
		.text = "ok",
		.refused = &one,
		.n_refused = 1 };
	envelope_note(rig.arena, &m.envelope, &sent);
	rig_txn(do_settle, &m);
	rig_restart();
	m = make(id);
	is_int(m.envelope.n_sent_to, 1, "one is left");
	is(m.envelope.mailboxes[0], "cy@example.com", "who was put off");
	ok(says(&m, "Ada <ada@example.com>"), "the message is the same");
	rig_down();
}

/* ---- scheduled --------------------------------------------------------- */

struct move {
	int64_t id, due_ms;
};

static int
do_reschedule(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct move *m = arg;
	(void)a;
	return engine_mail_reschedule(rig.engine, t, m->id, m->due_ms, f);
}

static int
do_cancel(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return store_email_cancel(t, *(int64_t *)arg, rig.now_ms, f);
}

static int
do_claim(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct list list;
	(void)arg;
	return store_email_claim_due(t, a, rig.now_ms, 10, &list, f) == 0
	    ? list.n
	    : -1;
}

static void
test_scheduled(void)
{
	rig_up(NULL);
	struct draft d = draft(1);
	d.scheduled_ms = rig.now_ms + RIG_HOUR;
	int64_t id = write_mail(&d), other = write_mail(&d);
	struct move later = { id, rig.now_ms + 2 * RIG_HOUR };
	is_int(rig_txn(do_reschedule, &later), 1, "it is moved");
	ok(get(id).due_ms == later.due_ms &&
		get(id).scheduled_ms == later.due_ms,
	    "to its new moment");
	is_int(rig_txn(do_cancel, &other), 1, "another is cancelled");
	ok(get(other).status == EMAIL_CANCELED && get(other).due_ms == 0,
	    "and will not be due");
	is_int(rig_txn(do_cancel, &other), 0, "twice is once");
	rig.now_ms += RIG_HOUR + 1;
	is_int(rig_txn(do_claim, NULL), 0, "nothing is due at the old moment");
	rig.now_ms += RIG_HOUR;
	is_int(rig_txn(do_claim, NULL), 1, "but at the new one");
	is_int(rig_txn(do_cancel, &id), 0, "what is claimed goes out");
	is_int(rig_txn(do_reschedule, &later), 0, "and is not moved");
	is_int(get(id).status, EMAIL_SENDING, "it is as it was");
	rig_down();
}

/* ---- attachments ------------------------------------------------------- */

static bool
is_there(const unsigned char *hash)
{
	struct stat st;
	return stat(blob_path(rig.arena, rig.conf->state_dir, hash), &st) == 0;
}

/* Makes a blob older than it is. */
static void
age(const unsigned char *hash, int64_t ms)
{
	const struct utimbuf t = { .actime = ms / 1000, .modtime = ms / 1000 };
	utime(blob_path(rig.arena, rig.conf->state_dir, hash), &t);
}

static int
do_collect(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	int n = 0;
	(void)a, (void)arg;
	for (int dir = 0; dir < BLOB_DIRS; dir++) {
		int rc =
		    blob_collect(t, rig.conf->state_dir, dir, rig.now_ms, f);
		if (rc < 0)
			return -1;
		n += rc;
	}
	return n;
}

static int
do_prune(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return store_email_prune(t, *(int64_t *)arg + 1, 10, f);
}

static int
do_doctor(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct doctor_place place = { 0 };
	int n_wrong = 0;
	(void)arg;
	while (place.check < store_doctor_checks()) {
		struct list list;
		if (store_doctor_look(t, a, rig.conf->state_dir, &place, 100,
			&list, f) < 0)
			return -1;
		n_wrong += list.n;
	}
	return n_wrong;
}

static void
test_blobs(void)
{
	struct fault f = { 0 };
	struct draft_file file = {
		.file = { .size = 5, .name = "a.txt", .type = "text/plain" }
	};
	unsigned char again[BLOB_HASH_LEN];
	rig_up(NULL);
	unsigned char *hash = file.file.hash;
	ok(blob_put(rig.conf->state_dir, "hello", 5, hash, &f) == 0,
	    "a content is put %s", f.text);
	ok(is_there(hash), "it is a file");
	ok(blob_put(rig.conf->state_dir, "hello", 5, again, &f) == 0 &&
		memcmp(hash, again, sizeof(again)) == 0,
	    "the same content is the same file");
	struct draft d = draft(1);
	d.files = &file;
	d.n_files = 1;
	int64_t id = write_mail(&d);
	struct made m = make(id);
	ok(says(&m, "aGVsbG8=\r\n"), "the mail has it");
	is_int(rig_txn(do_doctor, NULL), 0, "the doctor finds it");
	age(hash, rig.now_ms - 2 * RIG_HOUR);
	is_int(rig_txn(do_collect, NULL), 0, "what is used is not collected");
	rig_txn(do_cancel, &id);
	is_int(rig_txn(do_prune, &id), 0,
	    "a mail that waits is not pruned, nor is its file");
	rig_down();

	rig_up(NULL);
	d.scheduled_ms = rig.now_ms + RIG_HOUR;
	id = write_mail(&d);
	is_int(rig_txn(do_prune, &id), 0, "a scheduled mail is not pruned");
	const char *path = blob_path(rig.arena, rig.conf->state_dir, hash);
	ok(truncate(path, 4) == 0 && rig_txn(do_doctor, NULL) == 1,
	    "the doctor sees a file that was cut");
	ok(unlink(path) == 0 && rig_txn(do_doctor, NULL) == 1,
	    "and one that is gone");
	blob_put(rig.conf->state_dir, "hello", 5, again, &f);
	rig_txn(do_cancel, &id);
	is_int(rig_txn(do_prune, &id), 1, "a cancelled one is");
	age(hash, rig.now_ms - RIG_HOUR / 2);
	is_int(rig_txn(do_collect, NULL), 0, "a young file stays");
	age(hash, rig.now_ms - 2 * RIG_HOUR);
	ok(blob_put(rig.conf->state_dir, "hello", 5, again, &f) == 0,
	    "put again");
	struct stat st;
	ok(stat(blob_path(rig.arena, rig.conf->state_dir, hash), &st) == 0 &&
		st.st_mtime > (rig.now_ms - RIG_HOUR) / 1000,
	    "it is young again");
	age(hash, rig.now_ms - 2 * RIG_HOUR);
	is_int(rig_txn(do_collect, NULL), 1, "an old one goes");
	ok(!is_there(hash), "it is gone");
	rig_down();
}

/* ---- erasing ----------------------------------------------------------- */

static int
do_recipients(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct list list;
	return store_recipient_list(t, a, *(int64_t *)arg, &list, f) == 0
	    ? list.n
	    : -1;
}

/* What is due is claimed and then held, as where nobody knows whether it was
 * sent. */
static int
do_hold(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct list list;
	(void)arg;
	if (store_email_claim_due(t, a, rig.now_ms, 10, &list, f) != 0)
		return -1;
	struct email *all = list.items;
	for (int i = 0; i < list.n; i++) {
		all[i].status = EMAIL_IN_DOUBT;
		if (store_email_settle(t, &all[i], f) != 1)
			return -1;
	}
	return list.n;
}

static void
test_erase(void)
{
	rig_up(NULL);
	struct draft one = draft(1), all = draft(3), later = draft(3);
	int64_t held = write_mail(&all);
	is_int(rig_txn(do_hold, NULL), 1, "one is held");
	/* Ada is no contact yet. */
	int64_t before = write_mail(&one);
	int64_t ada = rig_contact("ada@example.com");
	int64_t after = write_mail(&one), shared = write_mail(&all);
	later.scheduled_ms = rig.now_ms + RIG_DAY;
	int64_t waits = write_mail(&later);
	rig_txn(do_cancel, &shared);
	rig_people_erase(ada);
	rig_do_due();
	is_int(get(before).status, 0, "gone");
	ok(rig_txn(do_recipients, &before) == 0 &&
		rig_txn(do_recipients, &after) == 0,
	    "mail to the address goes, whoever it was then");
	is_int(rig_txn(do_recipients, &waits), 2,
	    "one that has yet to go to others goes to them alone");
	is(get(waits).recipient, "bob@example.com", "and is known by them");
	is_int(rig_txn(do_recipients, &held), 2, "so does one that is held");
	struct made m = make(waits);
	ok(says(&m, "To: undisclosed-recipients:;") &&
		says(&m, "Cc: bob@example.com"),
	    "and does not name the address");
	is_int(rig_txn(do_doctor, NULL), 0, "the doctor finds nothing");
	rig_down();
}

int
main(void)
{
	test_rows();
	test_template();
	test_stranger();
	test_refused();
	test_letter();
	test_topic();
	test_outcomes();
	test_again();
	test_scheduled();
	test_blobs();
	test_erase();
	return tap_done();
}
