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
#include "store/blobs.h"
#include "store/direct.h"
#include "store/store.h"

#define LETTER_LINK "{{{RESEND_UNSUBSCRIBE_URL}}}"

/* What the names of a kept email stand for. */
struct kept {
	const json_t *data, *raw;
	const char *unsubscribe_url;
	bool is_trusted; /* data goes into HTML as it is */
	bool has_link;   /* there is a place for the link */
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
	if (url == NULL || (m->contact == 0 && !m->is_alone))
		return NULL;
	token_make(e->keys, &token, text);
	return arena_printf(a, "%s/u/%s", url, text);
}

/* The values an email was kept with. */
static int
read_kept(struct arena *a, const struct email *m, struct kept *k,
    struct fault *fault_r)
{
	if (m->data == NULL)
		return 0;
	json_t *all = json_parse(a, m->data, strlen(m->data), fault_r);
	if (all == NULL)
		return -1;
	k->data = json_object_get(all, "d");
	k->raw = json_object_get(all, "r");
	return 0;
}

/* Renders the parts of its template. */
static int
render_form(struct engine *e, struct txn *t, struct arena *a,
    const struct email *m, struct kept *k, struct rendered *out,
    struct fault *fault_r)
{
	const struct form *f = forms_get(e->forms, t, m->version, fault_r);
	int rc = -1;
	if (f == NULL)
		return -1;
	if (read_kept(a, m, k, fault_r) != 0)
		goto out;
	if (f->html != NULL &&
	    (out->html = render(a, f->html, k, fault_r)) == NULL)
		goto out;
	if (f->text != NULL &&
	    (out->text = render(a, f->text, k, fault_r)) == NULL)
		goto out;
	if (f->no_text)
		out->text = "";
	k->has_link = values_have_link(f->html) || values_have_link(f->text);
	rc = 0;
out:
	forms_release(e->forms, f);
	return rc;
}

/* A part as an app wrote it: of all that looks like a variable, only the link
 * is one. */
static const char *
fill_link(struct arena *a, const char *part, struct kept *k)
{
	const char *at, *url = k->unsubscribe_url;
	struct buf b = { 0 };
	if (part == NULL || strstr(part, LETTER_LINK) == NULL)
		return part;
	k->has_link = true;
	while ((at = strstr(part, LETTER_LINK)) != NULL) {
		buf_add(&b, part, (size_t)(at - part));
		buf_str(&b, url != NULL ? url : "");
		part = at + strlen(LETTER_LINK);
	}
	buf_str(&b, part);
	part = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return part;
}

/* The parts as the app wrote them. */
static int
render_own(struct txn *t, struct arena *a, const struct email *m,
    struct kept *k, struct rendered *out, struct fault *fault_r)
{
	struct email_parts parts;
	int rc = store_parts_get(t, a, m->id, &parts, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_INTERNAL, "The parts of it are gone.");
	if (rc != 1)
		return -1;
	out->html = fill_link(a, parts.html, k);
	out->text = fill_link(a, parts.text, k);
	return 0;
}

/* Renders the parts; *url_r is the unsubscribe link of the header, NULL if
 * there is to be none. An app's mail has one only if it asks for it. */
static int
render_parts(struct engine *e, struct txn *t, struct arena *a,
    const struct email *m, struct rendered *out, const char **url_r,
    struct fault *fault_r)
{
	struct kept k = { .unsubscribe_url = unsubscribe_url(e, a, m),
		.is_trusted = !((const struct conf *)e->conf)->escape_data };
	*out = (struct rendered){ 0 };
	*url_r = NULL;
	if ((m->version != 0 ? render_form(e, t, a, m, &k, out, fault_r)
			     : render_own(t, a, m, &k, out, fault_r)) != 0)
		return -1;
	if (!m->is_direct || k.has_link || m->topic != 0)
		*url_r = k.unsubscribe_url;
	return 0;
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

/* What an app added to the header. */
static int
read_fields(struct arena *a, const char *headers, struct letter *l,
    struct fault *fault_r)
{
	json_t *o, *value;
	const char *name;
	if (headers == NULL)
		return 0;
	if ((o = json_parse(a, headers, strlen(headers), fault_r)) == NULL)
		return -1;
	struct letter_field *fields =
	    arena_alloc(a, json_object_size(o) * sizeof(*fields));
	json_object_foreach (o, name, value)
		fields[l->n_fields++] =
		    (struct letter_field){ name, json_string_value(value) };
	l->fields = fields;
	return 0;
}

static int
read_files(struct engine *e, struct txn *t, struct arena *a, int64_t email,
    struct letter *l, struct fault *fault_r)
{
	const char *state_dir = ((const struct conf *)e->conf)->state_dir;
	struct list list;
	if (store_attachment_all(t, a, email, &list, fault_r) != 0)
		return -1;
	const struct email_attachment *all = list.items;
	struct letter_file *files =
	    arena_alloc(a, (size_t)list.n * sizeof(*files));
	for (int i = 0; i < list.n; i++)
		files[i] = (struct letter_file){ .path = blob_path(a, state_dir,
						     all[i].hash),
			.size = all[i].size,
			.name = all[i].name,
			.type = all[i].type,
			.id = all[i].content_id };
	l->files = files;
	l->n_files = list.n;
	return 0;
}

/* What only an app's mail has. */
static int
read_direct(struct engine *e, struct txn *t, struct arena *a,
    const struct email *m, const struct envelope *v, struct letter *l,
    struct fault *fault_r)
{
	struct email_parts parts = { 0 };
	const char *cc = envelope_text(a, v, RECIPIENT_CC);
	l->to_all = envelope_text(a, v, RECIPIENT_TO);
	l->cc = cc[0] != '\0' ? cc : NULL;
	return store_parts_get(t, a, m->id, &parts, fault_r) < 0 ||
		read_fields(a, parts.headers, l, fault_r) != 0 ||
		read_files(e, t, a, m->id, l, fault_r) != 0
	    ? -1
	    : 0;
}

int
letter_out_size(struct txn *t, struct arena *a, const struct email *m,
    int64_t *size_r, struct fault *fault_r)
{
	struct list list;
	*size_r = 0;
	if (!m->is_direct)
		return 0;
	if (store_attachment_all(t, a, m->id, &list, fault_r) != 0)
		return -1;
	const struct email_attachment *all = list.items;
	for (int i = 0; i < list.n; i++)
		*size_r += all[i].size / 57 * 78 + 1;
	return 0;
}

/* Fills what the stream says. List-Id tells a list: not for a single mail that
 * nobody can leave. */
static void
fill_stream(struct arena *a, const struct conf *conf, const struct email *m,
    const char *domain, struct letter *l)
{
	const struct conf_stream *s = conf_stream_find(conf,
	    m->stream != NULL ? m->stream : "automation");
	if (s == NULL)
		return;
	l->list_id = m->is_direct && l->unsubscribe_url == NULL
	    ? s->list_id
	    : list_id(a, s, domain);
	l->feedback_id = s->feedback_id;
	l->precedence = s->precedence;
}

/* Composes, by way of a file where there is much. */
static int
compose(const struct conf *conf, struct letter *l, struct letter_out *out,
    struct fault *fault_r)
{
	out->spill = (struct spill){ .dir = conf->spool_dir, .fd = -1 };
	l->spill = spill_take;
	l->spill_arg = &out->spill;
	if (letter_compose(l, &out->buf, fault_r) != 0)
		return -1;
	if (out->spill.fd >= 0) {
		if (spill_end(&out->spill, &out->buf, fault_r) != 0)
			return -1;
		out->data = out->spill.map;
		out->len = out->spill.len;
		buf_free(&out->buf);
	} else {
		out->data = out->buf.data;
		out->len = out->buf.len;
	}
	return 0;
}

int
letter_out_make(struct engine *e, struct txn *t, struct arena *a,
    const struct email *m, const struct envelope *v, int64_t now_ms,
    struct letter_out *out, struct fault *fault_r)
{
	const struct conf *conf = e->conf;
	struct letter l = { .from = m->sender,
		.to = m->recipient,
		.reply_to = m->reply_to,
		.subject = m->subject,
		.date_ms = now_ms,
		.auto_generated = true };
	struct rendered parts;
	struct address from, to;
	char message_id[MESSAGE_ID_LEN], verp[VERP_LEN], id[ID_HEX_LEN];
	*out = (struct letter_out){ .spill.fd = -1 };
	if (render_parts(e, t, a, m, &parts, &l.unsubscribe_url, fault_r) !=
		0 ||
	    address_parse(a, m->sender, &from, fault_r) != 0 ||
	    address_parse(a, m->recipient, &to, fault_r) != 0 ||
	    (v != NULL && read_direct(e, t, a, m, v, &l, fault_r) != 0))
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
	fill_stream(a, conf, m, from.domain, &l);
	token_verp(e->keys, "bounce", m->id, verp);
	out->sender =
	    arena_printf(a, "%s@%s", verp, bounce_domain(conf, from.domain));
	const char **one = arena_alloc(a, 2 * sizeof(*one));
	one[0] = to.mailbox;
	out->recipients = v != NULL ? v->mailboxes : one;
	out->envid = arena_printf(a, "%s.%d", id_hex(m->id, id), m->attempt);
	txn_let_go(t);
	return compose(conf, &l, out, fault_r);
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
	buf_free(&out->buf);
	spill_free(&out->spill);
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
