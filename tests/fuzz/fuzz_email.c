/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The JSON of POST /emails: a mail that is taken goes to somebody, and makes
 * one message whose header has each of its fields once.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/email_body.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "mail/field.h"
#include "mail/letter.h"
#include "model/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Aborts when the header has a field twice, or one nobody asked for. */
static void
judge(const struct letter *l, const char *message)
{
	static const char *const ours[] = { "From", "To", "Cc", "Subject",
		"Date", "Message-ID", "MIME-Version", "Content-Type",
		"Content-Transfer-Encoding", "Reply-To", "Auto-Submitted" };
	int n[N_OF(ours)] = { 0 };
	const char *end = strstr(message, "\r\n\r\n"), *stop;
	for (const char *p = message; p < end; p = stop + 2) {
		size_t i = 0, len = strcspn(p, ":");
		char name[FIELD_NAME_MAX + 1] = { 0 };
		stop = strstr(p, "\r\n");
		if (*p == ' ' || *p == '\t')
			continue;
		if (len > FIELD_NAME_MAX)
			abort();
		memcpy(name, p, len);
		while (i < N_OF(ours) && strcasecmp(ours[i], name) != 0)
			i++;
		if (i < N_OF(ours) ? ++n[i] > 1
				   : !field_among(name, l->fields, l->n_fields))
			abort();
	}
}

static void
compose(struct arena *a, const struct draft *d)
{
	struct letter l = { .from = d->sender,
		.to_all = d->recipients[0].address,
		.reply_to = d->reply_to,
		.subject = d->subject,
		.html = d->parts.html,
		.text = d->parts.text,
		.message_id = "pf.a.b@c.d",
		.date_ms = 1700000000000,
		.auto_generated = true };
	struct buf out = { 0 };
	struct fault f;
	json_t *headers = NULL, *value;
	const char *name;
	if (d->parts.headers != NULL)
		headers = json_parse(a, d->parts.headers,
		    strlen(d->parts.headers), &f);
	struct letter_field *fields =
	    arena_alloc(a, json_object_size(headers) * sizeof(*fields));
	json_object_foreach (headers, name, value)
		fields[l.n_fields++] =
		    (struct letter_field){ name, json_string_value(value) };
	l.fields = fields;
	if (letter_compose(&l, &out, &f) != 0)
		abort();
	if (strlen(out.data) != out.len)
		abort();
	judge(&l, out.data);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct call c = { .arena = a, .now_ms = 1790000000000 };
	struct draft d;
	struct fault f = { 0 };
	json_t *body = json_parse(a, (const char *)data, n, &f);
	if (body != NULL && email_body_read(&c, body, false, &d, &f) == 0) {
		if (d.n_recipients < 1 ||
		    d.n_recipients > 3 * DRAFT_RECIPIENTS_MAX)
			abort();
		if (d.template == NULL)
			compose(a, &d);
	} else if (f.kind == FAULT_NONE || f.text[0] == '\0') {
		abort();
	}
	arena_free(a);
	return 0;
}
