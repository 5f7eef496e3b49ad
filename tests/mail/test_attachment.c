/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Letters of apps: files beside and within the html, several recipients, and
 * header fields of their own; read back by GMime, octet for octet.
 */
#include "mail/attachment.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/fault.h"
#include "mail/field.h"
#include "mail/letter.h"
#include "tests/mail/judge.h"
#include "tests/tap.h"

static const struct letter plain = {
	.from = "Shop <shop@example.com>",
	.to_all = "Ada <ada@example.net>, bob@example.net",
	.cc = "\"C, D\" <cd@example.net>",
	.subject = "Hello",
	.html = "<p>Hello <img src=\"cid:logo\"></p>",
	.text = "Hello\n",
	.message_id = "pf.a.b@example.com",
	.date_ms = 1700000000000,
	.auto_generated = true,
};

/* A file of n bytes of every value; its path. */
static const char *
file_of(const char *name, size_t n)
{
	static char paths[8][300];
	static int at;
	char *path = paths[at++ % 8];
	snprintf(path, 300, "%s/%s", tap_dir(), name);
	FILE *f = fopen(path, "w");
	for (size_t i = 0; i < n; i++)
		fputc((int)(i * 31 % 257 % 256), f);
	fclose(f);
	return path;
}

/* The decoded content of a part, to be freed. */
static GByteArray *
content_of(GMimeObject *o)
{
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes = g_byte_array_new();
	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(stream), bytes);
	g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(
						GMIME_PART(o)),
	    stream);
	g_object_unref(stream);
	return bytes;
}

/* True if the part holds what the file does. */
static bool
holds(GMimeObject *o, const struct letter_file *f)
{
	GByteArray *got = content_of(o);
	bool same = got->len == (size_t)f->size;
	FILE *in = fopen(f->path, "r");
	for (size_t i = 0; same && i < got->len; i++)
		same = fgetc(in) == got->data[i];
	fclose(in);
	g_byte_array_free(got, TRUE);
	return same;
}

/* The i-th of a multipart; NULL if it is none of that subtype. */
static GMimeObject *
within(GMimeObject *o, const char *subtype, int i)
{
	if (o == NULL ||
	    !g_mime_content_type_is_type(g_mime_object_get_content_type(o),
		"multipart", subtype))
		return NULL;
	return i < g_mime_multipart_get_count(GMIME_MULTIPART(o))
	    ? g_mime_multipart_get_part(GMIME_MULTIPART(o), i)
	    : NULL;
}

/* Composes and judges; the message is the caller's. */
static GMimeMessage *
judge(const struct letter *l, const char *what, struct buf *b)
{
	struct fault f = { 0 };
	if (!ok(letter_compose(l, b, &f) == 0, "%s: made %s", what, f.text))
		return NULL;
	const char *wrong = judge_octets(b->data, b->len, true);
	ok(wrong == NULL, "%s: octets: %s", what, wrong ? wrong : "fine");
	wrong = judge_folds(b->data, b->len);
	ok(wrong == NULL, "%s: folds: %s", what, wrong ? wrong : "fine");
	struct judge_parsed parsed = judge_parse(b);
	ok(parsed.message != NULL && parsed.n_warnings == 0,
	    "%s: GMime warns of nothing", what);
	return parsed.message;
}

static void
test_structure(void)
{
	struct letter_file files[] = {
		{ file_of("a.pdf", 100000), 100000, "a.pdf", "application/pdf",
		    NULL },
		{ file_of("logo.png", 57), 57, "logo.png", "image/png",
		    "logo" },
		{ file_of("empty", 0), 0, NULL, "text/plain; charset=utf-8",
		    NULL },
	};
	struct letter l = plain;
	struct buf b = { 0 };
	l.files = files;
	l.n_files = 3;
	GMimeMessage *m = judge(&l, "files", &b);
	GMimeObject *top = g_mime_message_get_mime_part(m);
	GMimeObject *readable = within(top, "mixed", 0);
	GMimeObject *related = within(readable, "alternative", 1);
	GMimeObject *text = within(readable, "alternative", 0);
	GMimeObject *html = within(related, "related", 0);
	GMimeObject *logo = within(related, "related", 1);
	ok(text != NULL && html != NULL, "the html is in a related part");
	ok(logo != NULL && holds(logo, &files[1]), "with what it shows");
	is(g_mime_object_get_content_id(logo), "logo", "by its id");
	is(g_mime_object_get_disposition(logo), "inline", "inline");
	GMimeObject *pdf = within(top, "mixed", 1);
	ok(pdf != NULL && holds(pdf, &files[0]), "the pdf is beside it");
	is(g_mime_part_get_filename(GMIME_PART(pdf)), "a.pdf", "with its name");
	is(g_mime_object_get_disposition(pdf), "attachment", "attached");
	GMimeObject *empty = within(top, "mixed", 2);
	ok(empty != NULL && holds(empty, &files[2]), "so is an empty file");
	g_object_unref(m);
	buf_clear(&b);

	l.html = NULL;
	m = judge(&l, "an inline file without html", &b);
	top = g_mime_message_get_mime_part(m);
	ok(within(top, "mixed", 3) != NULL, "it is attached");
	g_object_unref(m);
	buf_clear(&b);

	l.html = plain.html;
	l.text = "";
	l.files = &files[1];
	l.n_files = 1;
	m = judge(&l, "html alone with its image", &b);
	top = g_mime_message_get_mime_part(m);
	ok(within(top, "related", 1) != NULL, "related is the outermost");
	g_object_unref(m);
	buf_free(&b);
}

static void
test_names(void)
{
	static const char *const names[] = { "a.txt", "two words.txt",
		"quote\"back\\slash.txt", "=?utf-8?q?x?=", "semi;colon=.txt",
		"\xc3\xbc"
		"ber.pdf",
		"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe6\x97\xa5"
		"\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe6\x97\xa5\xe6\x9c\xac"
		"\xe8\xaa\x9e\xe3\x81\xae\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
		"long-long-long-long-long-long-long-long-long-long-long-long-"
		"long-long-long-long-long-long-long-long-long-long-long.txt" };
	for (size_t i = 0; i < N_OF(names); i++) {
		struct letter_file file = { file_of("x", 10), 10, names[i],
			"text/plain", NULL };
		struct letter l = plain;
		struct buf b = { 0 };
		l.files = &file;
		l.n_files = 1;
		GMimeMessage *m = judge(&l, names[i], &b);
		GMimeObject *part =
		    within(g_mime_message_get_mime_part(m), "mixed", 1);
		is(g_mime_part_get_filename(GMIME_PART(part)), names[i],
		    "the name comes back");
		for (const char *p = b.data; p != NULL && *p != '\0';
		     p = strstr(p, "\r\n"), p = p != NULL ? p + 2 : NULL)
			if (strcspn(p, "\r") > 78)
				ok(false, "a long line: %.80s", p);
		g_object_unref(m);
		buf_free(&b);
	}
}

static void
test_recipients(void)
{
	struct buf b = { 0 };
	struct letter l = plain;
	GMimeMessage *m = judge(&l, "several recipients", &b);
	ok(strstr(b.data,
	       "To: Ada <ada@example.net>, bob@example.net\r\n"
	       "Cc: \"C, D\" <cd@example.net>\r\n") != NULL,
	    "all are named");
	g_object_unref(m);
	buf_clear(&b);
	l.to_all = "";
	l.cc = NULL;
	m = judge(&l, "nobody named", &b);
	ok(strstr(b.data, "\r\nTo: undisclosed-recipients:;\r\n") != NULL,
	    "To says so");
	g_object_unref(m);
	buf_free(&b);
}

static void
test_fields(void)
{
	static const struct letter_field fields[] = {
		{ "X-Entity-Ref-ID", "123" },
		{ "References",
		    "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "a"
		    "aaaaaaaaaaaa@example.com> <b@example.com>" },
		{ "X-Name",
		    "  Gr\xc3\xbc\xc3\x9f"
		    "e  " },
		{ "Precedence", "list" },
		{ "List-Unsubscribe", "<https://app.example/u>" },
	};
	struct letter l = plain;
	struct buf b = { 0 };
	l.fields = fields;
	l.n_fields = N_OF(fields);
	l.precedence = "bulk";
	GMimeMessage *m = judge(&l, "fields of an app", &b);
	ok(strstr(b.data, "\r\nX-Entity-Ref-ID: 123\r\n") != NULL, "as given");
	ok(strstr(b.data, "@example.com>\r\n <b@example.com>\r\n") != NULL,
	    "folded at blanks, and ASCII is not encoded");
	is(g_mime_object_get_header(GMIME_OBJECT(m), "X-Name"),
	    "Gr\xc3\xbc\xc3\x9f"
	    "e",
	    "what is no ASCII is");
	ok(strstr(b.data, "Precedence: list\r\n") != NULL &&
		strstr(b.data, "bulk") == NULL,
	    "it takes the place of ours");
	ok(strstr(b.data, "\r\nList-Unsubscribe: <https://app.example/u>\r\n"),
	    "its own way to unsubscribe");
	g_object_unref(m);
	buf_clear(&b);
	l.unsubscribe_url = "https://m.example.com/u/v1.1.abc.def";
	m = judge(&l, "where we have a way to unsubscribe", &b);
	ok(strstr(b.data, "app.example") == NULL, "the app's is left out");
	g_object_unref(m);
	buf_free(&b);
}

static void
test_refused_fields(void)
{
	static const struct letter_field refused[] = { { "From", "a@b.c" },
		{ "to", "a@b.c" }, { "BCC", "a@b.c" }, { "subject", "x" },
		{ "Message-ID", "<a@b>" }, { "Date", "x" },
		{ "MIME-Version", "1.0" }, { "content-type", "text/html" },
		{ "Content-Anything", "x" }, { "Return-Path", "x" },
		{ "Received", "x" }, { "DKIM-Signature", "x" },
		{ "ARC-Seal", "x" }, { "Resent-To", "a@b.c" },
		{ "Sender", "a@b.c" }, { "Reply-To", "a@b.c" }, { "", "x" },
		{ "X Y", "x" }, { "X:Y", "x" }, { "X\r\nBcc", "a@b.c" },
		{ "X-A", "a\r\nBcc: e@v.il" }, { "X-A", "a\nb" },
		{ "X-A", "a\rb" }, { "X-A", "\x01" }, { "X-A", "\xff" },
		{ "X-A", "\xe2\x80\xa8" }, { "X-A", "" }, { "X-A", "  " } };
	for (size_t i = 0; i < N_OF(refused); i++) {
		struct letter l = plain;
		struct buf b = { 0 };
		struct fault f = { 0 };
		ok(field_check(refused[i].name, refused[i].value, &f) == -1 &&
			f.kind == FAULT_INVALID,
		    "refused: %s", f.text);
		l.fields = &refused[i];
		l.n_fields = 1;
		ok(letter_compose(&l, &b, &f) == -1 && b.len == 0,
		    "and no letter is made with it");
		buf_free(&b);
	}
}

static void
test_types(void)
{
	static const struct {
		const char *type;
		bool valid;
	} types[] = { { "image/png", true },
		{ "text/plain; charset=utf-8", true },
		{ "text/plain;charset=\"utf 8\" ; x=y", true },
		{ "application/vnd.ms-excel", true }, { "", false },
		{ "png", false }, { "image/", false }, { "/png", false },
		{ "image/png\r\nBcc: e@v.il", false }, { "image/png;", false },
		{ "image/png; x", false }, { "image/png; x=\"a\\\"", false },
		{ "image/p ng", false }, { "im\xc3\xa4ge/png", false } };
	for (size_t i = 0; i < N_OF(types); i++)
		ok(attachment_type_valid(types[i].type) == types[i].valid, "%s",
		    types[i].type);
	is(attachment_type_of("a.b.PDF"), "application/pdf", "by its end");
	is(attachment_type_of("pdf"), "application/octet-stream", "no end");
	is(attachment_type_of(NULL), "application/octet-stream", "no name");
	ok(attachment_id_valid("logo") && attachment_id_valid("a@b.c"),
	    "what a Content-ID may be");
	ok(!attachment_id_valid("a>b") && !attachment_id_valid("") &&
		!attachment_id_valid("a b") && !attachment_id_valid("a\r\nb"),
	    "and what it may not");
}

struct taken {
	struct buf all;
	int n;
};

static int
take(void *arg, struct buf *b, struct fault *fault_r)
{
	struct taken *t = arg;
	buf_add(&t->all, b->data, b->len);
	buf_clear(b);
	t->n++;
	return t->n < 100
	    ? 0
	    : fault(fault_r, FAULT_UNAVAILABLE, "There is no room.");
}

/* A large file goes through piece by piece, and makes the same message. */
static void
test_spill(void)
{
	enum { SIZE = 3 << 20 };
	struct letter_file file = { file_of("big", SIZE), SIZE, "big",
		"application/zip", NULL };
	struct letter l = plain;
	struct buf whole = { 0 }, b = { 0 };
	struct taken t = { 0 };
	struct fault f = { 0 };
	l.files = &file;
	l.n_files = 1;
	ok(letter_compose(&l, &whole, &f) == 0, "made in one piece");
	l.spill = take;
	l.spill_arg = &t;
	ok(letter_compose(&l, &b, &f) == 0, "made in many");
	ok(t.n > 5 && b.room < 1 << 20, "each small");
	buf_add(&t.all, b.data, b.len);
	ok(t.all.len == whole.len &&
		memcmp(t.all.data, whole.data, whole.len) == 0,
	    "the same bytes");
	t.n = 98;
	buf_clear(&b);
	ok(letter_compose(&l, &b, &f) == -1 && f.kind == FAULT_UNAVAILABLE,
	    "it fails as what takes it does: %s", f.text);
	buf_free(&whole);
	buf_free(&b);
	buf_free(&t.all);
}

static void
test_bad_files(void)
{
	struct letter_file file = { "/nowhere/at/all", 10, "gone.txt",
		"text/plain", NULL };
	struct letter l = plain;
	struct buf b = { 0 };
	struct fault f = { 0 };
	l.files = &file;
	l.n_files = 1;
	ok(letter_compose(&l, &b, &f) == -1 && f.kind == FAULT_INTERNAL &&
		strstr(f.text, "gone.txt") != NULL,
	    "a file that is not there: %s", f.text);
	file.path = file_of("short", 9);
	ok(letter_compose(&l, &b, &f) == -1 && f.kind == FAULT_INTERNAL,
	    "one that was cut: %s", f.text);
	is_int((int64_t)b.len, 0, "nothing is left behind");
	buf_free(&b);
}

static void
test_base64(void)
{
	static const struct {
		const char *text, *bytes;
		int64_t n;
	} cases[] = { { "", "", 0 }, { "TQ==", "M", 1 }, { "TQ", "M", 1 },
		{ "TWE=", "Ma", 2 }, { "TWFu", "Man", 3 },
		{ "TW\r\nFu\tTQ = =", "ManM", 4 }, { "+/8A", "\xfb\xff\0", 3 },
		{ "T", "", -1 }, { "TQ=", "", -1 }, { "T===", "", -1 },
		{ "TWFu=", "", -1 }, { "TQ==TQ==", "", -1 }, { "T!Fu", "", -1 },
		{ "T-Fu", "", -1 } };
	for (size_t i = 0; i < N_OF(cases); i++) {
		char out[20];
		int64_t n =
		    base64_decode(cases[i].text, strlen(cases[i].text), out);
		ok(n == cases[i].n &&
			(n < 0 || memcmp(out, cases[i].bytes, (size_t)n) == 0),
		    "base64 `%s`", cases[i].text);
	}
}

int
main(void)
{
	g_mime_init();
	test_structure();
	test_names();
	test_recipients();
	test_fields();
	test_refused_fields();
	test_types();
	test_spill();
	test_bad_files();
	test_base64();
	g_mime_shutdown();
	return tap_done();
}
