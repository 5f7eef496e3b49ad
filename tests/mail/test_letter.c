/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Letters, judged by octet checks of our own and by GMime's strict parser.
 */
#include "mail/letter.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gmime/gmime.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "mail/header.h"
#include "model/address.h"
#include "tests/mail/judge.h"
#include "tests/tap.h"

#define SMILE "\xf0\x9f\x98\x80"
#define BIDI  "\xe2\x80\xae"

static const struct letter plain = {
	.from = "Shop <shop@example.com>",
	.to = "ada@example.net",
	.subject = "Hello",
	.html = "<p>Hello</p>",
	.text = "Hello",
	.message_id = "pf.a.b@example.com",
	.date_ms = 1700000000000,
};

static const struct letter full = {
	.from = "Gr\xc3\xb6\xc3\x9f"
		"e \"&\" S\xc3\xb6hne <shop@b\xc3\xbc"
		"cher.example>",
	.to = "\"Lovelace, Ada\" <ada@example.net>",
	.reply_to = "a@b.c, \"X, Y\" <d@e.f>, Z\xc3\xbc <g@h.i>",
	.subject = "Welcome to Gr\xc3\xb6\xc3\x9f"
		   "e " SMILE,
	.html = "<p>Gr\xc3\xbc\xc3\x9f"
		"e</p>\r\n<a href=\"https://x.y/\">link</a>\n",
	.text = NULL,
	.message_id = "pf.a.b@xn--bcher-kva.example",
	.date_ms = 1700000000000,
	.unsubscribe_url = "https://m.example.com/u/v1.1.abc.def",
	.unsubscribe_mailto = "unsub+abc@bounce.example.com",
	.list_id = "Shop News <news.example.com>",
	.feedback_id = "camp:cust:type:shopid",
	.precedence = "bulk",
	.auto_generated = true,
};

/* How often the header has the field. */
static int
field_count(const char *s, size_t n, const char *field)
{
	const char *end = memmem(s, n, "\r\n\r\n", 4);
	size_t len = strlen(field);
	int count = 0;
	for (const char *p = s; p < end; p = strstr(p, "\r\n") + 2)
		count += strncasecmp(p, field, len) == 0 && p[len] == ':';
	return count;
}

/* NULL if the header has just the fields it should, once each. */
static const char *
fields_wrong(const char *s, size_t n)
{
	static const struct {
		const char *name;
		int least;
	} fields[] = { { "From", 1 }, { "To", 1 }, { "Subject", 1 },
		{ "Date", 1 }, { "Message-ID", 1 }, { "MIME-Version", 1 },
		{ "Content-Type", 1 }, { "Content-Transfer-Encoding", 0 },
		{ "List-Unsubscribe", 0 }, { "List-Unsubscribe-Post", 0 },
		{ "List-Id", 0 }, { "Reply-To", 0 }, { "Feedback-ID", 0 },
		{ "Auto-Submitted", 0 }, { "Precedence", 0 } };
	const char *end = memmem(s, n, "\r\n\r\n", 4);
	int known = 0, all = 0;
	for (size_t i = 0; i < N_OF(fields); i++) {
		int count = field_count(s, n, fields[i].name);
		if (count > 1 || count < fields[i].least)
			return fields[i].name;
		known += count;
	}
	for (const char *p = s; p < end; p = strstr(p, "\r\n") + 2)
		all += *p != ' ' && *p != '\t';
	return known == all ? NULL : "a field of no such name";
}

/* The decoded text of the part of that type, to be freed; NULL without. */
static char *
part_text(GMimeMessage *message, const char *subtype)
{
	GMimeObject *o = g_mime_message_get_mime_part(message);
	if (GMIME_IS_MULTIPART(o)) {
		int n = g_mime_multipart_get_count(GMIME_MULTIPART(o));
		GMimeObject *of = NULL;
		for (int i = 0; i < n; i++) {
			GMimeObject *p =
			    g_mime_multipart_get_part(GMIME_MULTIPART(o), i);
			if (g_mime_content_type_is_type(
				g_mime_object_get_content_type(p), "text",
				subtype))
				of = p;
		}
		o = of;
	}
	if (o == NULL || !GMIME_IS_PART(o) ||
	    !g_mime_content_type_is_type(g_mime_object_get_content_type(o),
		"text", subtype))
		return NULL;
	GMimeStream *stream = g_mime_stream_mem_new();
	g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(
						GMIME_PART(o)),
	    stream);
	GByteArray *bytes =
	    g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	char *text = xcalloc(1, bytes->len + 1u);
	if (bytes->len > 0)
		memcpy(text, bytes->data, bytes->len);
	g_object_unref(stream);
	return text;
}

/* Line ends made LF, the last ones taken off. */
static char *
normal(const char *s)
{
	struct buf b = { 0 };
	for (; *s != '\0'; s++) {
		if (*s == '\r' && s[1] == '\n')
			continue;
		buf_char(&b, (char)(*s == '\r' ? '\n' : *s));
	}
	while (b.len > 0 && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	return buf_take(&b);
}

/* True if the part says what was put in. */
static bool
says(GMimeMessage *message, const char *subtype, const char *text)
{
	char *got = part_text(message, subtype);
	if (text == NULL || *text == '\0') {
		bool none = got == NULL;
		free(got);
		return none;
	}
	char *a = got == NULL ? NULL : normal(got), *b = normal(text);
	bool same = a != NULL && strcmp(a, b) == 0;
	if (!same)
		printf("# %s got: %.300s\n# sent: %.300s\n", subtype,
		    a == NULL ? "(none)" : a, b);
	free(got);
	free(a);
	free(b);
	return same;
}

/* The subject, decoded from the octets by rules of our own. */
static char *
subject_decode(const char *s, size_t n)
{
	const char *p = memmem(s, n, "\r\nSubject:", 10);
	struct buf raw = { 0 }, out = { 0 };
	for (p += 10; *p != '\r' || p[2] == ' '; p++)
		if (*p != '\r' && *p != '\n')
			buf_char(&raw, *p);
	buf_str(&out, "");
	bool word_before = false;
	for (p = raw.len == 0 ? "" : raw.data + 1; *p != '\0';) {
		if (strncmp(p, "=?utf-8?", 8) != 0) {
			const char *ahead = p + strspn(p, " ");
			if (word_before && strncmp(ahead, "=?utf-8?", 8) == 0)
				p = ahead;
			else
				buf_char(&out, *p++);
			word_before = false;
			continue;
		}
		const char *body = p + 10, *end = strstr(body, "?=");
		GMimeEncoding coder;
		bool q = p[8] == 'Q';
		g_mime_encoding_init_decode(&coder,
		    q ? GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE
		      : GMIME_CONTENT_ENCODING_BASE64);
		char in[80], to[80];
		memcpy(in, body, (size_t)(end - body));
		for (char *c = in; q && c < in + (end - body); c++)
			*c = (char)(*c == '_' ? ' ' : *c);
		size_t len =
		    g_mime_encoding_flush(&coder, in, (size_t)(end - body), to);
		if (!utf8_valid(to, len))
			buf_str(&out, "(cut within a character)");
		buf_add(&out, to, len);
		p = end + 2;
		word_before = true;
	}
	buf_free(&raw);
	return buf_take(&out);
}

/* Composes and judges; the letter must go through. */
static void
judge(const struct letter *l, const char *what)
{
	struct buf b = { 0 }, text = { 0 };
	struct fault f = { 0 };
	bool ascii = !address_needs_utf8(strrchr(l->from, ' ') == NULL
			     ? l->from
			     : strrchr(l->from, ' ')) &&
	    !address_needs_utf8(l->to);
	if (!ok(letter_compose(l, &b, &f) == 0, "%s: made %s", what, f.text))
		return;
	const char *wrong =
	    judge_octets(b.data, b.len, ascii || strstr(what, "EAI") == NULL);
	ok(wrong == NULL, "%s: octets: %s", what, wrong ? wrong : "fine");
	wrong = fields_wrong(b.data, b.len);
	ok(wrong == NULL, "%s: fields: %s", what, wrong ? wrong : "fine");
	wrong = judge_folds(b.data, b.len);
	ok(wrong == NULL, "%s: folds: %s", what, wrong ? wrong : "fine");
	struct judge_parsed parsed = judge_parse(&b);
	ok(parsed.message != NULL && parsed.n_warnings == 0,
	    "%s: GMime warns of nothing", what);
	if (l->text == NULL)
		letter_text_from_html(l->html, &text);
	ok(says(parsed.message, "plain", l->text ? l->text : text.data),
	    "%s: the text is the same", what);
	ok(says(parsed.message, "html", l->html), "%s: the html is the same",
	    what);
	char *subject = subject_decode(b.data, b.len);
	is(subject, l->subject, "the subject is the same");
	if (l->subject[0] != '\0' && l->subject[0] != ' ' &&
	    l->subject[strlen(l->subject) - 1] != ' ')
		is(g_mime_message_get_subject(parsed.message), l->subject,
		    "and to GMime");
	free(subject);
	if (parsed.message != NULL)
		g_object_unref(parsed.message);
	buf_free(&b);
	buf_free(&text);
}

static void
test_full(void)
{
	static const char head[] =
	    "From: =?utf-8?B?R3LDtsOfZSAmIFPDtmhuZQ==?= "
	    "<shop@xn--bcher-kva.example>\r\n"
	    "To: ada@example.net\r\n"
	    "Subject: =?utf-8?B?V2VsY29tZSB0byBHcsO2w59lIPCfmIA=?=\r\n"
	    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
	    "Message-ID: <pf.a.b@xn--bcher-kva.example>\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative;\r\n"
	    " boundary=\"=_pf_";
	static const char tail[] =
	    "List-Unsubscribe: <https://m.example.com/u/v1.1.abc.def>,\r\n"
	    " <mailto:unsub+abc@bounce.example.com?subject=unsubscribe>\r\n"
	    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
	    "List-Id: Shop News <news.example.com>\r\n"
	    "Reply-To: a@b.c, \"X, Y\" <d@e.f>, =?utf-8?B?WsO8?= <g@h.i>"
	    "\r\n"
	    "Feedback-ID: camp:cust:type:shopid\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "Precedence: bulk\r\n"
	    "\r\n--=_pf_";
	struct buf b = { 0 }, again = { 0 };
	struct fault f = { 0 };
	judge(&full, "a letter with everything");
	ok(letter_compose(&full, &b, &f) == 0, "made %s", f.text);
	ok(strncmp(b.data, head, strlen(head)) == 0, "its head is as written");
	ok(strstr(b.data, tail) != NULL, "and the rest of it");
	ok(letter_compose(&full, &again, &f) == 0 && again.len == b.len &&
		memcmp(again.data, b.data, b.len) == 0,
	    "the same letter gives the same bytes");
	const char *text = strstr(b.data, "Content-Type: text/plain");
	const char *html = strstr(b.data, "Content-Type: text/html");
	ok(text != NULL && html != NULL && text < html, "text before html");
	buf_free(&b);
	buf_free(&again);
}

static void
test_parts(void)
{
	struct letter l = plain;
	struct fault f = { 0 };
	struct buf b = { 0 };
	judge(&plain, "both parts");
	l.text = NULL;
	judge(&l, "text made from html");
	l.text = "";
	judge(&l, "html alone");
	l.text = NULL;
	l.html = "<img src='https://x.y/z.png'>";
	judge(&l, "html in which there is nothing to read");
	l.text = "t";
	l.html = NULL;
	judge(&l, "text alone");
	l.html = "";
	judge(&l, "text alone, the html empty");
	static const char *const nothing[][2] = { { NULL, NULL }, { "", NULL },
		{ NULL, "" }, { "", "" } };
	for (size_t i = 0; i < N_OF(nothing); i++) {
		l.text = nothing[i][0];
		l.html = nothing[i][1];
		buf_str(&b, "before");
		ok(letter_compose(&l, &b, &f) == -1 && f.kind == FAULT_MISSING,
		    "no part at all: %s", f.text);
		is(b.data, "before", "leaves nothing behind");
		buf_clear(&b);
	}
	buf_free(&b);
}

/* What has tried to end a message, or a header, before its time. */
static const char *const hostile[] = { "\n.\r\nMAIL FROM:<e@v.il>\r\n",
	"\r\n.\r\nMAIL FROM:<e@v.il>\r\n", "\n.\n", "\r.\r", "\r\n.\r\n",
	"\r\n.\n", "\n.\r", "\r.\n", ".", ".\r\n", "..", "\r", "\n", "\r\n",
	"\r\r\n", "\n\r", "\r\n\r\n", "\n\n\n", "From me\nFrom you",
	"\r\nFrom ", "x \n y\t\n \n", "  ", "\t", "trailing ", "a\rb",
	"--=_pf_\r\n", "=_", "a=_b", "--", "--=_pf_aaaa--", "=", "==", "=\r\n",
	"=3D", "=\n=\n", "\x01\x02\x7f", "\xc2\x85\xe2\x80\xa8", "\x1b[2J",
	"a\x0b\x0c"
	"b",
	BIDI "x", SMILE, "\xef\xbb\xbf", "Content-Type: text/html\r\n\r\nx",
	"\r\nBcc: e@v.il\r\n\r\nx" };

static void
test_hostile_bodies(void)
{
	for (size_t i = 0; i < N_OF(hostile); i++) {
		char what[40];
		struct letter l = plain;
		snprintf(what, sizeof(what), "hostile body %zu", i);
		l.html = hostile[i];
		l.text = hostile[i];
		judge(&l, what);
		/* among much that is not ASCII it goes by base64 */
		struct buf b = { 0 };
		for (int k = 0; k < 20; k++)
			buf_str(&b, "\xe5\xad\x97\xe5\xad\x97");
		buf_str(&b, hostile[i]);
		l.html = b.data;
		l.text = NULL;
		judge(&l, what);
		buf_free(&b);
	}
}

/* Every width of line up to where they are broken, with everything that could
 * stand at the break. */
static void
test_body_widths(void)
{
	static const char *const ends[] = { "", " ", "\t", " \n", "=", "=\n",
		"\xc3\xa9", SMILE, ".", "\n.", " .\n", "\nFrom x", "From x",
		" \n \n", "==\n", "a b\n." };
	bool good = true;
	for (size_t width = 0; width < 160; width++)
		for (size_t e = 0; e < N_OF(ends); e++) {
			static const char fill[] = "a ";
			struct buf text = { 0 }, b = { 0 };
			struct fault f;
			struct letter l = plain;
			for (size_t i = 0; i < width; i++)
				buf_char(&text, fill[e % 2 && i % 7 == 6]);
			buf_str(&text, ends[e]);
			buf_str(&text, "\xc3\xa9");
			l.html = NULL;
			l.text = text.data;
			good = good && letter_compose(&l, &b, &f) == 0 &&
			    judge_octets(b.data, b.len, true) == NULL;
			const char *body = strstr(b.data, "\r\n\r\n");
			for (const char *p = body; good && *p != '\0';) {
				size_t n = strcspn(p, "\r");
				good = n <= 76 && strncmp(p, "From ", 5) != 0;
				p += n + 2;
			}
			struct judge_parsed parsed = judge_parse(&b);
			good = good && parsed.n_warnings == 0 &&
			    says(parsed.message, "plain", text.data);
			g_object_unref(parsed.message);
			if (!good) {
				printf("# width %zu, end %zu\n", width, e);
				width = 160;
				e = N_OF(ends);
			}
			buf_free(&text);
			buf_free(&b);
		}
	ok(good, "lines of every width arrive whole, none over 76 octets");
}

/* The field of the letter that stands at the offset. */
static const char **
field_at(struct letter *l, size_t offset)
{
	return (const char **)(void *)((char *)l + offset);
}

/* A value no header may hold, in every header. */
static void
test_hostile_headers(void)
{
	static const char *const bads[] = { "a\r\nBcc: e@v.il", "a\nb", "a\rb",
		"a\x01"
		"b",
		"a\x7f"
		"b",
		"a\xc2\x85"
		"b",
		"a\xe2\x80\xa8"
		"b",
		"a\xe2\x80\xa9"
		"b",
		"\r\n", "\n", "a\tb", "a\xff", "\xc3", "a\r\n\r\n<script>",
		"a\r\n.\r\nMAIL FROM:<e@v.il>" };
	static const struct {
		size_t offset;
		const char *before, *after, *name;
	} fields[] = {
		{ offsetof(struct letter, from), "\"", "\" <a@b.c>", "From" },
		{ offsetof(struct letter, from), "", " <a@b.c>", "From" },
		{ offsetof(struct letter, from), "", "@b.c", "From" },
		{ offsetof(struct letter, from), "a@b.c", "", "From" },
		{ offsetof(struct letter, to), "", "@b.c", "To" },
		{ offsetof(struct letter, to), "a@b.c", "", "To" },
		{ offsetof(struct letter, to), "", " <a@b.c>", "To" },
		{ offsetof(struct letter, reply_to), "", "@b.c", "Reply-To" },
		{ offsetof(struct letter, reply_to), "a@b.c, \"", "\" <d@e.f>",
		    "Reply-To" },
		{ offsetof(struct letter, subject), "Re: ", "", "Subject" },
		{ offsetof(struct letter, subject), "", "", "Subject" },
		{ offsetof(struct letter, message_id), "", "@b.c",
		    "Message-ID" },
		{ offsetof(struct letter, message_id), "a@", "", "Message-ID" },
		{ offsetof(struct letter, unsubscribe_url), "https://x/", "",
		    "List-Unsubscribe" },
		{ offsetof(struct letter, unsubscribe_mailto), "", "@b.c",
		    "List-Unsubscribe" },
		{ offsetof(struct letter, list_id), "", " <l.d>", "List-Id" },
		{ offsetof(struct letter, list_id), "<", ">", "List-Id" },
		{ offsetof(struct letter, feedback_id), "a:b:", "",
		    "Feedback-ID" },
		{ offsetof(struct letter, precedence), "", "", "Precedence" },
	};
	for (size_t i = 0; i < N_OF(fields); i++)
		for (size_t k = 0; k < N_OF(bads); k++) {
			struct letter l = full;
			struct fault f = { 0 };
			struct buf b = { 0 };
			char value[200];
			snprintf(value, sizeof(value), "%s%s%s",
			    fields[i].before, bads[k], fields[i].after);
			*field_at(&l, fields[i].offset) = value;
			buf_str(&b, "before");
			ok(letter_compose(&l, &b, &f) == -1 &&
				f.kind == FAULT_INVALID &&
				strstr(f.text, fields[i].name) != NULL &&
				utf8_valid(f.text, strlen(f.text)),
			    "bad value %zu is refused in %s", k,
			    fields[i].name);
			is(b.data, "before", "and leaves nothing behind");
			buf_free(&b);
		}
}

/* Values that are wrong in other ways than controls. */
static void
test_bad_headers(void)
{
	static const struct {
		size_t offset;
		const char *value;
	} cases[] = {
		{ offsetof(struct letter, from), "" },
		{ offsetof(struct letter, from), "a@b, c@d" },
		{ offsetof(struct letter, to), "a@b, c@d" },
		{ offsetof(struct letter, reply_to), "" },
		{ offsetof(struct letter, reply_to), "a@b," },
		{ offsetof(struct letter, message_id), "" },
		{ offsetof(struct letter, message_id), "a" },
		{ offsetof(struct letter, message_id), "<a@b>" },
		{ offsetof(struct letter, message_id), "a@b@c" },
		{ offsetof(struct letter, message_id), "a b@c" },
		{ offsetof(struct letter, message_id), "\xc3\xbc@c" },
		{ offsetof(struct letter, unsubscribe_url), "" },
		{ offsetof(struct letter, unsubscribe_url), "ftp://x" },
		{ offsetof(struct letter, unsubscribe_url), "https://x y" },
		{ offsetof(struct letter, unsubscribe_url), "https://x>,<y" },
		{ offsetof(struct letter, unsubscribe_url), "https://x,y" },
		{ offsetof(struct letter, unsubscribe_url),
		    "https://\xc3\xbc" },
		{ offsetof(struct letter, unsubscribe_mailto), "x" },
		{ offsetof(struct letter, unsubscribe_mailto),
		    "zo\xc3\xab@b.c" },
		{ offsetof(struct letter, unsubscribe_mailto), "a@[1.2.3.4]" },
		{ offsetof(struct letter, list_id), "" },
		{ offsetof(struct letter, list_id), "name" },
		{ offsetof(struct letter, list_id), "name <>" },
		{ offsetof(struct letter, list_id), "<a_b.c>" },
		{ offsetof(struct letter, list_id), "<a b>" },
		{ offsetof(struct letter, list_id), "<a..b>" },
		{ offsetof(struct letter, list_id), "<a> x" },
		{ offsetof(struct letter, feedback_id), "" },
		{ offsetof(struct letter, feedback_id), "\xc3\xbc:a" },
		{ offsetof(struct letter, precedence), " bulk" },
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct letter l = full;
		struct fault f = { 0 };
		struct buf b = { 0 };
		*field_at(&l, cases[i].offset) = cases[i].value;
		ok(letter_compose(&l, &b, &f) == -1, "`%s` is refused: %s",
		    cases[i].value, f.text);
		buf_free(&b);
	}
	struct letter l = plain;
	struct fault f = { 0 };
	struct buf b = { 0 };
	l.html = "\xff";
	ok(letter_compose(&l, &b, &f) == -1, "bad html: %s", f.text);
	l.text = NULL;
	ok(letter_compose(&l, &b, &f) == -1, "bad html, no text: %s", f.text);
	l.html = NULL;
	l.text = "\xc3";
	ok(letter_compose(&l, &b, &f) == -1, "bad text: %s", f.text);
	buf_free(&b);
}

/* Subjects and names of every make and length, none of which may break. */
static void
test_words(void)
{
	static const char *const subjects[] = { "", " ", "a", " a", "a ",
		"  a  b  ", "=?utf-8?q?=0D=0ABcc:_x?=", "=?", "?=", "a =?x?= b",
		"=?utf-8?B?AAAA?= \xc3\xa9", "\"quoted\", (c) <a@b>; [x]: \\",
		"Re: a: b", "100% = sure_ly?", "\xc3\xa9", "\xc3\xa9 ",
		" \xc3\xa9", "a \xc3\xa9  b  \xc3\xbc c", BIDI "abc",
		"\xe2\x80\x8b", "\xcc\x81", "\xf4\x8f\xbf\xbf" };
	for (size_t i = 0; i < N_OF(subjects); i++) {
		struct letter l = plain;
		l.subject = subjects[i];
		judge(&l, subjects[i]);
	}
}

/* All lengths of runs of characters of all widths, at all offsets. */
static void
test_word_folds(void)
{
	static const char *const units[] = { "a", "a ", "ab ", "\xc3\xa9",
		"\xe5\xad\x97", SMILE, SMILE " ", "a" SMILE,
		"\xc3\xa9"
		"a",
		"_", "=", "?", "word word-and-word " };
	int n_bad = 0, n_gmime = 0, n_all = 0;
	for (size_t u = 0; u < N_OF(units); u++)
		for (int offset = 0; offset < 80; offset++) {
			struct buf s = { 0 }, b = { 0 };
			struct letter l = plain;
			struct fault f;
			for (int i = 0; i < offset; i++)
				buf_char(&s, 'x');
			for (int i = 0; i < 60; i++)
				buf_str(&s, units[u]);
			l.subject = s.data;
			n_all++;
			if (letter_compose(&l, &b, &f) < 0 ||
			    judge_octets(b.data, b.len, true) != NULL ||
			    judge_folds(b.data, b.len) != NULL) {
				n_bad++;
				continue;
			}
			char *back = subject_decode(b.data, b.len);
			n_bad += strcmp(back, s.data) != 0;
			free(back);
			struct judge_parsed parsed = judge_parse(&b);
			n_bad += parsed.n_warnings;
			/* GMime drops blanks at the end of a field */
			n_gmime += s.data[s.len - 1] != ' ' &&
			    strcmp(g_mime_message_get_subject(parsed.message),
				s.data) != 0;
			g_object_unref(parsed.message);
			buf_free(&s);
			buf_free(&b);
		}
	is_int(n_bad, 0, "no subject is broken or changed by folding");
	is_int(n_gmime, 0, "nor to GMime's reader");
	ok(n_all == 80 * (int)N_OF(units), "%d subjects", n_all);
}

/* Display names arrive as they are, whatever is in them. */
static void
test_names(void)
{
	static const char *const names[] = { "Ada", "Ada Lovelace",
		"Ada M. Lovelace", "Lovelace, Ada", "a \"b\" c", "back\\slash",
		"<a@b>", "a@b.c", "(c)", "x: y; z",
		"Gr\xc3\xb6\xc3\x9f"
		"e",
		SMILE SMILE SMILE SMILE SMILE SMILE SMILE SMILE SMILE SMILE
		    SMILE SMILE SMILE SMILE SMILE SMILE SMILE SMILE SMILE SMILE,
		"=?utf-8?Q?x?=",
		"A very long name that goes on and on until it "
		"cannot stand on a line of its own, with a comma",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"a"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"a",
		"'", "%", "_", "\xc3\xa9_=?" };
	for (size_t i = 0; i < N_OF(names); i++) {
		struct buf from = { 0 }, b = { 0 };
		struct fault f = { 0 };
		struct letter l = plain;
		buf_char(&from, '"');
		for (const char *p = names[i]; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				buf_char(&from, '\\');
			buf_char(&from, *p);
		}
		buf_str(&from, "\" <shop@example.com>");
		l.from = from.data;
		l.reply_to = from.data;
		judge(&l, names[i]);
		letter_compose(&l, &b, &f);
		struct judge_parsed parsed = judge_parse(&b);
		InternetAddressList *lists[] = { g_mime_message_get_from(
						     parsed.message),
			g_mime_message_get_reply_to(parsed.message) };
		for (size_t k = 0; k < N_OF(lists); k++) {
			is_int(internet_address_list_length(lists[k]), 1,
			    "one address");
			InternetAddress *one =
			    internet_address_list_get_address(lists[k], 0);
			is(internet_address_get_name(one), names[i], "named");
			is(internet_address_mailbox_get_addr(
			       INTERNET_ADDRESS_MAILBOX(one)),
			    "shop@example.com", "and its mailbox");
		}
		g_object_unref(parsed.message);
		buf_free(&from);
		buf_free(&b);
	}
	struct letter l = plain;
	l.from = "Zo\xc3\xab <zo\xc3\xab@b\xc3\xbc"
		 "cher.example>";
	l.to = "zo\xc3\xab@example.net";
	struct buf b = { 0 };
	struct fault f;
	ok(letter_compose(&l, &b, &f) == 0 &&
		strstr(b.data,
		    "<zo\xc3\xab@xn--bcher-kva.example>\r\n"
		    "To: zo\xc3\xab@example.net\r\n") != NULL,
	    "a local part that is not ASCII is written as it is");
	ok(judge_octets(b.data, b.len, false) == NULL, "and nothing else");
	buf_free(&b);
}

/* A mailto: keeps its specials out of the URL's way. */
static void
test_mailto(void)
{
	struct letter l = full;
	struct buf b = { 0 };
	struct fault f = { 0 };
	l.unsubscribe_mailto = "\"a,b>\"?&%/x@b.c";
	ok(letter_compose(&l, &b, &f) == -1, "no address: %s", f.text);
	l.unsubscribe_mailto = "a?&%#/+=x@b.c";
	ok(letter_compose(&l, &b, &f) == 0 &&
		strstr(b.data, "<mailto:a%3F%26%25%23%2F+%3Dx@b.c?subject=") !=
		    NULL,
	    "specials are percent-encoded");
	buf_clear(&b);
	l.unsubscribe_mailto = "\"a,b>@\"@b.c";
	ok(letter_compose(&l, &b, &f) == 0 &&
		strstr(b.data, "<mailto:%22a%2Cb%3E%40%22@b.c?subject=") !=
		    NULL,
	    "those of a quoted local part too");
	buf_clear(&b);
	l.unsubscribe_mailto = NULL;
	ok(letter_compose(&l, &b, &f) == 0 &&
		strstr(b.data,
		    "\r\nList-Unsubscribe: "
		    "<https://m.example.com/u/v1.1.abc.def>\r\n"
		    "List-Unsubscribe-Post: ") != NULL,
	    "the URL stands alone without");
	buf_free(&b);
}

/* A megabyte of anything is either made or refused, and quickly. */
static void
test_large(void)
{
	static const char *const units[] = { "a", "a ", "\xc3\xa9", SMILE, "\n",
		"\r", ".\n", " ", "=", "<p>", "From \n", "\x01" };
	enum { SIZE = 1 << 20 };
	for (size_t i = 0; i < N_OF(units); i++) {
		struct buf s = { 0 }, b = { 0 };
		struct fault f = { 0 };
		struct letter l = plain;
		while (s.len < SIZE)
			buf_str(&s, units[i]);
		l.subject = s.data;
		int64_t start = clock_mono_us();
		ok(letter_compose(&l, &b, &f) == -1 && f.kind == FAULT_LIMIT,
		    "a subject of a megabyte is refused: %s", f.text);
		l.subject = "x";
		l.from = s.data;
		ok(letter_compose(&l, &b, &f) == -1, "a name of that too");
		ok(clock_mono_us() - start < 5000000, "and at once");
		l = plain;
		l.html = s.data;
		l.text = NULL;
		start = clock_mono_us();
		ok(letter_compose(&l, &b, &f) == 0 &&
			judge_octets(b.data, b.len, true) == NULL,
		    "a body of it is made");
		ok(clock_mono_us() - start < 5000000, "quickly");
		struct judge_parsed parsed = judge_parse(&b);
		ok(parsed.n_warnings == 0 &&
			says(parsed.message, "html", s.data),
		    "and arrives");
		g_object_unref(parsed.message);
		buf_free(&s);
		buf_free(&b);
	}
	struct buf s = { 0 };
	struct letter l = plain;
	while (s.len < HEADER_TEXT_MAX)
		buf_str(&s, SMILE);
	l.subject = s.data;
	judge(&l, "the longest subject");
	memset(s.data, 'a', s.len);
	judge(&l, "the longest word");
	buf_free(&s);
}

static struct buf expected;

static void *
compose_thread(void *arg)
{
	bool *same = arg;
	for (int i = 0; i < 300; i++) {
		struct buf b = { 0 };
		struct fault f;
		*same = *same && letter_compose(&full, &b, &f) == 0 &&
		    b.len == expected.len &&
		    memcmp(b.data, expected.data, b.len) == 0;
		buf_free(&b);
	}
	return NULL;
}

static void
test_threads(void)
{
	enum { N = 4 };
	pthread_t threads[N];
	bool same[N] = { true, true, true, true };
	struct fault f;
	letter_compose(&full, &expected, &f);
	for (int i = 0; i < N; i++)
		pthread_create(&threads[i], NULL, compose_thread, &same[i]);
	for (int i = 0; i < N; i++)
		pthread_join(threads[i], NULL);
	ok(same[0] && same[1] && same[2] && same[3],
	    "threads at once make the same message");
	buf_free(&expected);
}

int
main(void)
{
	/* Before GMime is set up: composing does not ask for it. */
	test_threads();
	g_mime_init();
	test_full();
	test_parts();
	test_hostile_bodies();
	test_body_widths();
	test_hostile_headers();
	test_bad_headers();
	test_words();
	test_word_folds();
	test_names();
	test_mailto();
	test_large();
	g_mime_shutdown();
	return tap_done();
}
