/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many messages a second one core renders and composes, beside GMime
 * building the same message from nothing each time. The two take turns in
 * rounds; the medians are printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gmime/gmime.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "mail/letter.h"
#include "mail/template.h"
#include "mail/token.h"

enum { ROUNDS = 9, ROUND_MS = 400, CHUNK = 100 };

struct work {
	struct template *subject, *html, *text;
	struct buf out, html_out, text_out, subject_out;
	bool text_from_html;
	int64_t n;
	size_t bytes;
};

static int
look_up(void *arg, const char *name, struct template_value *value_r,
    struct fault *fault_r)
{
	(void)arg, (void)fault_r;
	static char url[] = "https://mail.example.com/u/v1.1."
			    "BQAAAAAAAAAFAAAAAAAAAAc.AAAAAAAAAAAAAAAAAAAAAA";
	value_r->text = strcmp(name, "NAME") == 0 ? "Zo\xc3\xab" : url;
	return 1;
}

/* Mail as people send it: 3.6 KB of HTML, 1.4 KB of text. */
static struct template *
body_make(bool html)
{
	struct buf b = { 0 };
	struct fault f;
	buf_str(&b,
	    html ? "<!doctype html>\n<html lang=\"en\"><head>"
		   "<meta charset=\"utf-8\"><title>Welcome</title>"
		   "</head><body>\n<p>Hi {{{NAME|there}}},</p>\n"
		 : "Hi {{{NAME|there}}},\n\n");
	for (int i = 0; b.len < (html ? 3500 : 1300); i++)
		buf_printf(&b,
		    html ? "<p style=\"margin: 0 0 16px\">Paragraph %d: "
			   "gr\xc3\xbc\xc3\x9f"
			   "e aus der K\xc3\xbc"
			   "che, "
			   "here is <a href=\"https://example.com/a?x=%d&amp;"
			   "y=2\">a link</a>.</p>\n"
			 : "Paragraph %d: gr\xc3\xbc\xc3\x9f"
			   "e aus der "
			   "K\xc3\xbc"
			   "che, here is a link "
			   "(https://example.com/a?x=%d)\n\n",
		    i, i);
	buf_str(&b,
	    html ? "<p><a href=\"{{{UNSUBSCRIBE_URL}}}\">unsubscribe"
		   "</a></p></body></html>\n"
		 : "Unsubscribe: {{{UNSUBSCRIBE_URL}}}\n");
	struct template *t =
	    template_compile(b.data, html ? TEMPLATE_HTML : TEMPLATE_TEXT, &f);
	buf_free(&b);
	return t;
}

static void
render(struct work *w)
{
	struct fault f;
	buf_clear(&w->subject_out);
	buf_clear(&w->html_out);
	buf_clear(&w->text_out);
	if (template_render(w->subject, look_up, NULL, &w->subject_out, &f) ||
	    template_render(w->html, look_up, NULL, &w->html_out, &f) ||
	    (!w->text_from_html &&
		template_render(w->text, look_up, NULL, &w->text_out, &f)))
		fatal("%s", f.text);
}

static void
by_letter(struct work *w)
{
	char id[100];
	struct fault f;
	render(w);
	snprintf(id, sizeof(id), "pf.%lld.abcdefghijklm@example.com",
	    (long long)w->n);
	struct letter l = {
		.from = "Gr\xc3\xb6\xc3\x9f"
			"e Shop <shop@example.com>",
		.to = "ada@example.net",
		.subject = w->subject_out.data,
		.html = w->html_out.data,
		.text = w->text_from_html ? NULL : w->text_out.data,
		.message_id = id,
		.date_ms = clock_now_ms(),
		.unsubscribe_url = "https://mail.example.com/u/v1.1.AAAA.BBBB",
		.unsubscribe_mailto = "unsub+aaaa@bounce.example.com",
		.list_id = "<news.example.com>",
		.feedback_id = "a:b:c:postflow",
		.auto_generated = true,
	};
	buf_clear(&w->out);
	if (letter_compose(&l, &w->out, &f) < 0)
		fatal("%s", f.text);
	w->bytes = w->out.len;
}

static void
part_add(GMimeMultipart *to, const char *subtype, const char *text)
{
	GMimeTextPart *p = g_mime_text_part_new_with_subtype(subtype);
	g_mime_text_part_set_charset(p, "utf-8");
	g_mime_text_part_set_text(p, text);
	g_mime_part_set_content_encoding(GMIME_PART(p),
	    GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	g_mime_multipart_add(to, GMIME_OBJECT(p));
	g_object_unref(p);
}

static void
by_gmime(struct work *w)
{
	static const char *const fields[][2] = {
		{ "List-Unsubscribe",
		    "<https://mail.example.com/u/v1.1.AAAA.BBBB>, "
		    "<mailto:unsub+aaaa@bounce.example.com"
		    "?subject=unsubscribe>" },
		{ "List-Unsubscribe-Post", "List-Unsubscribe=One-Click" },
		{ "List-Id", "<news.example.com>" },
		{ "Feedback-ID", "a:b:c:postflow" },
		{ "Auto-Submitted", "auto-generated" },
	};
	static GMimeFormatOptions *options;
	char id[100];
	if (options == NULL) {
		options = g_mime_format_options_new();
		g_mime_format_options_set_newline_format(options,
		    GMIME_NEWLINE_FORMAT_DOS);
	}
	render(w);
	GMimeMessage *m = g_mime_message_new(FALSE);
	g_mime_message_add_mailbox(m, GMIME_ADDRESS_TYPE_FROM,
	    "Gr\xc3\xb6\xc3\x9f"
	    "e Shop",
	    "shop@example.com");
	g_mime_message_add_mailbox(m, GMIME_ADDRESS_TYPE_TO, NULL,
	    "ada@example.net");
	g_mime_message_set_subject(m, w->subject_out.data, "utf-8");
	snprintf(id, sizeof(id), "pf.%lld.abcdefghijklm@example.com",
	    (long long)w->n);
	g_mime_message_set_message_id(m, id);
	GDateTime *now = g_date_time_new_now_utc();
	g_mime_message_set_date(m, now);
	g_date_time_unref(now);
	for (size_t i = 0; i < N_OF(fields); i++)
		g_mime_object_set_header(GMIME_OBJECT(m), fields[i][0],
		    fields[i][1], "utf-8");
	GMimeMultipart *parts =
	    g_mime_multipart_new_with_subtype("alternative");
	part_add(parts, "plain", w->text_out.data);
	part_add(parts, "html", w->html_out.data);
	g_mime_message_set_mime_part(m, GMIME_OBJECT(parts));
	g_object_unref(parts);
	GMimeStream *stream = g_mime_stream_mem_new();
	g_mime_object_write_to_stream(GMIME_OBJECT(m), options, stream);
	w->bytes = (size_t)g_mime_stream_length(stream);
	g_object_unref(stream);
	g_object_unref(m);
}

/* Messages a second over one round. */
static double
round_run(struct work *w, void (*make)(struct work *))
{
	int64_t start = clock_mono_us(), took;
	int64_t first = w->n;
	do {
		for (int i = 0; i < CHUNK; i++, w->n++)
			make(w);
		took = clock_mono_us() - start;
	} while (took < ROUND_MS * 1000);
	return (double)(w->n - first) * 1e6 / (double)took;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double
median(double *of)
{
	qsort(of, ROUNDS, sizeof(*of), compare);
	return of[ROUNDS / 2];
}

static void
render_only(struct work *w)
{
	render(w);
	w->bytes = w->subject_out.len + w->html_out.len + w->text_out.len;
}

int
main(void)
{
	static const struct {
		const char *name;
		void (*make)(struct work *);
		bool text_from_html;
	} ways[] = {
		{ "GMime, everything anew", by_gmime, false },
		{ "render + letter_compose", by_letter, false },
		{ "the same, text made from html", by_letter, true },
		{ "render alone", render_only, false },
	};
	static double rates[N_OF(ways)][ROUNDS];
	struct work w = { .html = body_make(true), .text = body_make(false) };
	struct fault f;
	size_t bytes[N_OF(ways)];
	w.subject =
	    template_compile("Welcome, {{{NAME}}}!", TEMPLATE_HEADER, &f);
	g_mime_init();
	for (int r = 0; r < ROUNDS; r++)
		for (size_t i = 0; i < N_OF(ways); i++) {
			w.text_from_html = ways[i].text_from_html;
			rates[i][r] = round_run(&w, ways[i].make);
			bytes[i] = w.bytes;
		}
	double base = median(rates[0]);
	for (size_t i = 0; i < N_OF(ways); i++) {
		double rate = median(rates[i]);
		printf("compose: %-30s %8.0f messages/s %7.2fx  %zu bytes\n",
		    ways[i].name, rate, rate / base, bytes[i]);
	}
	template_free(w.subject);
	template_free(w.html);
	template_free(w.text);
	buf_free(&w.out);
	buf_free(&w.html_out);
	buf_free(&w.text_out);
	buf_free(&w.subject_out);
	return 0;
}
