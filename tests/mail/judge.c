/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/mail/judge.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

const char *
judge_octets(const char *s, size_t n, bool ascii)
{
	size_t line = 0;
	if (memchr(s, '\0', n) != NULL)
		return "a NUL";
	if (n < 2 || memcmp(s + n - 2, "\r\n", 2) != 0)
		return "no line end at the end";
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\r' && s[i + 1] != '\n')
			return "a lone CR";
		if (s[i] == '\n' && (i == 0 || s[i - 1] != '\r'))
			return "a lone LF";
		if (ascii && (unsigned char)s[i] >= 0x80)
			return "an octet over 127";
		line = s[i] == '\n' ? 0 : line + 1;
		if (line > 999)
			return "a long line";
		if (line == 1 && s[i] == '.')
			return "a line that starts with a dot";
	}
	return NULL;
}

const char *
judge_folds(const char *s, size_t n)
{
	const char *end = memmem(s, n, "\r\n\r\n", 4);
	for (const char *p = s; p < end;) {
		const char *stop = strstr(p, "\r\n");
		bool words = memmem(p, (size_t)(stop - p), "=?utf-8?", 8);
		if (words && stop - p > 76)
			return "a long line with encoded-words";
		for (const char *w = p; words && w < stop;) {
			const char *blank = memchr(w, ' ', (size_t)(stop - w));
			if (blank == NULL)
				blank = stop;
			if (blank - w > 75 && *w == '=')
				return "a long encoded-word";
			w = blank + 1;
		}
		if (strspn(p, " ") == (size_t)(stop - p))
			return "a line of blanks";
		p = stop + 2;
	}
	return NULL;
}

static void
warn(gint64 offset, GMimeParserWarning code, const gchar *item, gpointer data)
{
	struct judge_parsed *parsed = data;
	parsed->n_warnings++;
	printf("# warning %d at %lld: %s\n", (int)code, (long long)offset,
	    item == NULL ? "" : item);
}

struct judge_parsed
judge_parse(const struct buf *b)
{
	struct judge_parsed parsed = { 0 };
	GMimeParserOptions *options = g_mime_parser_options_new();
	g_mime_parser_options_set_address_compliance_mode(options,
	    GMIME_RFC_COMPLIANCE_STRICT);
	g_mime_parser_options_set_rfc2047_compliance_mode(options,
	    GMIME_RFC_COMPLIANCE_STRICT);
	g_mime_parser_options_set_parameter_compliance_mode(options,
	    GMIME_RFC_COMPLIANCE_STRICT);
	g_mime_parser_options_set_warning_callback(options, warn, &parsed);
	GMimeStream *stream =
	    g_mime_stream_mem_new_with_buffer(b->data, b->len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	parsed.message = g_mime_parser_construct_message(parser, options);
	g_object_unref(parser);
	g_object_unref(stream);
	g_mime_parser_options_free(options);
	return parsed;
}
