/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A boundary holds "=_", which no part does, whoever wrote it (mail/part.h).
 */
#include "mail/body.h"

#include <string.h>

#include "base/encode.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "mail/attachment.h"
#include "mail/letter.h"

/* A boundary no part can hold, of its own for each message. */
static void
boundary_make(const char *message_id, const char *prefix,
    char out[BODY_BOUNDARY_LEN])
{
	unsigned char digest[SHA256_LEN];
	sha256(message_id, strlen(message_id), digest);
	memcpy(out, prefix, 5);
	base32_encode(digest, 15, out + 5);
}

/* Adds a part, unless there is nothing in it. */
static int
part_add(struct body *b, const char *type, const char *text,
    struct fault *fault_r)
{
	size_t n = text == NULL ? 0 : strlen(text);
	if (n == 0)
		return 0;
	if (!utf8_valid(text, n))
		return fault(fault_r, FAULT_INVALID,
		    "The %s part is not valid UTF-8.", type);
	part_init(&b->parts[b->n++], type, text, n);
	return 0;
}

int
body_init(struct body *b, const struct letter *l, struct fault *fault_r)
{
	const char *text = l->text;
	*b = (struct body){ .letter = l };
	if (text == NULL && l->html != NULL &&
	    utf8_valid(l->html, strlen(l->html))) {
		letter_text_from_html(l->html, &b->text);
		text = b->text.data;
	}
	if (part_add(b, "plain", text, fault_r) < 0 ||
	    part_add(b, "html", l->html, fault_r) < 0)
		return -1;
	if (b->n == 0)
		return fault(fault_r, FAULT_MISSING,
		    "The message has neither html nor text.");
	b->has_html = l->html != NULL && l->html[0] != '\0';
	for (int i = 0; i < l->n_files; i++)
		*(b->has_html && l->files[i].id != NULL ? &b->n_shown
							: &b->n_attached) += 1;
	boundary_make(l->message_id, "=_pf_", b->alternative);
	boundary_make(l->message_id, "=_pm_", b->mixed);
	boundary_make(l->message_id, "=_pr_", b->related);
	return 0;
}

void
body_free(struct body *b)
{
	for (int i = 0; i < b->n; i++)
		part_free(&b->parts[i]);
	buf_free(&b->text);
}

/* The type of a multipart, and its boundary. */
static void
multipart_write_header(struct buf *out, const char *type, const char *boundary)
{
	buf_str(out, "Content-Type: multipart/");
	buf_str(out, type);
	buf_str(out, ";\r\n boundary=\"");
	buf_str(out, boundary);
	buf_str(out, "\"\r\n");
}

/* What stands before an element of a multipart, and behind the last. */
static void
delimiter_write(struct buf *out, const char *boundary, bool is_last)
{
	buf_add(out, "--", 2);
	buf_str(out, boundary);
	buf_str(out, is_last ? "--\r\n" : "\r\n");
}

/* Writes the files that are shown in the html, or those that are not. */
static int
files_write(struct buf *out, const struct body *b, bool shown,
    struct fault *fault_r)
{
	const struct letter *l = b->letter;
	for (int i = 0; i < l->n_files; i++) {
		const struct letter_file *f = &l->files[i];
		if ((b->has_html && f->id != NULL) != shown)
			continue;
		delimiter_write(out, shown ? b->related : b->mixed, false);
		attachment_write_header(out, f, shown);
		buf_add(out, "\r\n", 2);
		if (attachment_write_body(out, l, f, fault_r) != 0)
			return -1;
	}
	return 0;
}

/* True if that part is the html and has files to show. */
static bool
is_related(const struct body *b, int i)
{
	return b->n_shown > 0 && i == b->n - 1;
}

static void
part_header(struct buf *out, const struct body *b, int i)
{
	if (is_related(b, i))
		multipart_write_header(out, "related; type=\"text/html\"",
		    b->related);
	else
		part_write_header(out, &b->parts[i]);
}

/* Writes a part, and with the html what it shows. */
static int
part_body(struct buf *out, const struct body *b, int i, struct fault *fault_r)
{
	bool related = is_related(b, i);
	if (related) {
		delimiter_write(out, b->related, false);
		part_write_header(out, &b->parts[i]);
		buf_add(out, "\r\n", 2);
	}
	part_write_body(out, &b->parts[i]);
	if (!related)
		return 0;
	buf_add(out, "\r\n", 2);
	if (files_write(out, b, true, fault_r) != 0)
		return -1;
	delimiter_write(out, b->related, true);
	return 0;
}

static void
readable_header(struct buf *out, const struct body *b)
{
	if (b->n > 1)
		multipart_write_header(out, "alternative", b->alternative);
	else
		part_header(out, b, 0);
}

/* Writes what there is to read. */
static int
readable_write(struct buf *out, const struct body *b, struct fault *fault_r)
{
	for (int i = 0; b->n > 1 && i < b->n; i++) {
		delimiter_write(out, b->alternative, false);
		part_header(out, b, i);
		buf_add(out, "\r\n", 2);
		if (part_body(out, b, i, fault_r) != 0)
			return -1;
		buf_add(out, "\r\n", 2);
	}
	if (b->n > 1) {
		delimiter_write(out, b->alternative, true);
		return 0;
	}
	return part_body(out, b, 0, fault_r);
}

void
body_write_header(struct buf *out, const struct body *b)
{
	if (b->n_attached > 0)
		multipart_write_header(out, "mixed", b->mixed);
	else
		readable_header(out, b);
}

int
body_write(struct buf *out, const struct body *b, struct fault *fault_r)
{
	if (b->n_attached == 0) {
		if (readable_write(out, b, fault_r) != 0)
			return -1;
		if (out->data[out->len - 1] != '\n')
			buf_add(out, "\r\n", 2);
		return 0;
	}
	delimiter_write(out, b->mixed, false);
	readable_header(out, b);
	buf_add(out, "\r\n", 2);
	if (readable_write(out, b, fault_r) != 0)
		return -1;
	buf_add(out, "\r\n", 2);
	if (files_write(out, b, false, fault_r) != 0)
		return -1;
	delimiter_write(out, b->mixed, true);
	return 0;
}
