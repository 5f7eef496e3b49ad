/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything in a message but its date follows from the email's row and its
 * template version: a copy of an attempt says the same under the same
 * Message-ID.
 */
#include "engine/letters.h"

#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/json.h"
#include "conf/conf.h"
#include "engine/engine_private.h"
#include "engine/values.h"
#include "mail/letter.h"
#include "mail/template.h"
#include "mail/token.h"
#include "model/address.h"
#include "model/email.h"

/* What the names of a kept email stand for. */
struct kept {
	const json_t *data, *raw;
	const char *unsubscribe_url;
	bool is_trusted; /* data goes into HTML as it is */
};

static int
kept_lookup(void *arg, const char *name, struct template_value *v,
    struct fault *fault_r)
{
	const struct kept *k = arg;
	(void)fault_r;
	*v = (struct template_value){ 0 };
	if (value_is_link(name)) {
		v->text = k->unsubscribe_url;
		v->raw = true;
		return v->text != NULL;
	}
	v->text = json_string_value(json_object_get(k->data, name));
	v->raw = k->is_trusted;
	if (v->text == NULL) {
		v->text = json_string_value(json_object_get(k->raw, name));
		v->raw = true;
	}
	return v->text != NULL;
}

static const char *
render(struct arena *a, const struct template *t, struct kept *k,
    struct fault *fault_r)
{
	struct buf b = { 0 };
	const char *text = NULL;
	if (template_render(t, kept_lookup, k, &b, fault_r) == 0)
		text = arena_memdup(a, b.len ? b.data : "", b.len + 1);
	buf_free(&b);
	return text;
}

static const char *
unsubscribe_url(const struct engine *e, struct arena *a, const struct email *m)
{
	struct token token = { .purpose = TOKEN_UNSUB,
		.contact = m->contact,
		.topic = m->topic,
		.email = m->id };
	char text[TOKEN_LEN];
	const char *url = ((const struct conf *)e->conf)->public_url;
	if (url == NULL || m->contact == 0)
		return NULL;
	token_make(e->keys, &token, text);
	return arena_printf(a, "%s/u/%s", url, text);
}

/* Renders the parts; *url_r is the unsubscribe link, NULL if there is none. */
static int
render_parts(struct engine *e, struct txn *t, struct arena *a,
    const struct email *m, struct rendered *out, const char **url_r,
    struct fault *fault_r)
{
	struct kept k = { .unsubscribe_url = unsubscribe_url(e, a, m),
		.is_trusted = !((const struct conf *)e->conf)->escape_data };
	const struct form *f = forms_get(e->forms, t, m->version, fault_r);
	int rc = -1;
	*out = (struct rendered){ 0 };
	*url_r = k.unsubscribe_url;
	if (f == NULL)
		return -1;
	if (m->data != NULL) {
		json_t *all = json_parse(a, m->data, strlen(m->data), fault_r);
		if (all == NULL)
			goto out;
		k.data = json_object_get(all, "d");
		k.raw = json_object_get(all, "r");
	}
	if (f->html != NULL &&
	    (out->html = render(a, f->html, &k, fault_r)) == NULL)
		goto out;
	if (f->text != NULL &&
	    (out->text = render(a, f->text, &k, fault_r)) == NULL)
		goto out;
	if (f->no_text)
		out->text = "";
	rc = 0;
out:
	forms_release(e->forms, f);
	return rc;
}

/* Where bounces go: what is configured, else the author's own domain. */
static const char *
bounce_domain(const struct conf *c, const char *from_domain)
{
	if (c->bounce_domain != NULL)
		return c->bounce_domain;
	return c->report_domain != NULL ? c->report_domain : from_domain;
}

/* NULL where no List-Id can be made: a domain that is an address literal. */
static const char *
list_id(struct arena *a, const struct conf_stream *s, const char *domain)
{
	if (s->list_id != NULL)
		return s->list_id;
	return domain[0] == '[' ? NULL
				: arena_printf(a, "<%s.%s>", s->name, domain);
}

int
letter_out_make(struct engine *e, struct txn *t, struct arena *a,
    const struct email *m, int64_t now_ms, struct letter_out *out,
    struct fault *fault_r)
{
	const struct conf *conf = e->conf;
	const struct conf_stream *s = conf_stream_find(conf,
	    m->stream != NULL ? m->stream : "automation");
	struct letter l = { .from = m->sender,
		.to = m->recipient,
		.reply_to = m->reply_to,
		.subject = m->subject,
		.date_ms = now_ms,
		.auto_generated = true };
	struct rendered parts;
	struct address from, to;
	char message_id[MESSAGE_ID_LEN], verp[VERP_LEN], id[ID_HEX_LEN];
	if (render_parts(e, t, a, m, &parts, &l.unsubscribe_url, fault_r) !=
		0 ||
	    address_parse(a, m->sender, &from, fault_r) != 0 ||
	    address_parse(a, m->recipient, &to, fault_r) != 0)
		return -1;
	token_message_id(e->keys, m->id, from.domain, message_id);
	l.html = parts.html;
	l.text = parts.text;
	l.message_id = message_id;
	if (conf->report_domain != NULL && l.unsubscribe_url != NULL) {
		token_verp(e->keys, "unsub", m->id, verp);
		l.unsubscribe_mailto =
		    arena_printf(a, "%s@%s", verp, conf->report_domain);
	}
	if (s != NULL) {
		l.list_id = list_id(a, s, from.domain);
		l.feedback_id = s->feedback_id;
		l.precedence = s->precedence;
	}
	token_verp(e->keys, "bounce", m->id, verp);
	out->sender =
	    arena_printf(a, "%s@%s", verp, bounce_domain(conf, from.domain));
	out->recipients[0] = to.mailbox;
	out->recipients[1] = NULL;
	out->envid = arena_printf(a, "%s.%d", id_hex(m->id, id), m->attempt);
	return letter_compose(&l, &out->message, fault_r);
}

const char *
letter_message_id(const struct engine *e, struct arena *a,
    const struct email *m)
{
	char message_id[MESSAGE_ID_LEN];
	struct address from;
	struct fault ignored;
	if (address_parse(a, m->sender, &from, &ignored) != 0)
		return NULL;
	token_message_id(e->keys, m->id, from.domain, message_id);
	return arena_printf(a, "<%s>", message_id);
}

void
letter_out_free(struct letter_out *out)
{
	buf_free(&out->message);
}

int
engine_render(struct engine *e, struct txn *t, struct arena *a,
    const struct email *m, struct rendered *out, struct fault *fault_r)
{
	const char *url;
	if (render_parts(e, t, a, m, out, &url, fault_r) != 0)
		return -1;
	if (out->text == NULL && out->html != NULL) {
		struct buf b = { 0 };
		letter_text_from_html(out->html, &b);
		out->text = arena_strdup(a, b.len ? b.data : "");
		buf_free(&b);
	}
	out->message_id = letter_message_id(e, a, m);
	if (out->message_id == NULL)
		return fault(fault_r, FAULT_INVALID,
		    "`%s` is no address to send from.", m->sender);
	return 0;
}
