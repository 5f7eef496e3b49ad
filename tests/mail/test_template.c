/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "mail/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "tests/tap.h"

/* The values of all tests. */
static const struct value {
	const char *name, *text;
	bool raw;
} values[] = {
	{ "NAME", "Ada", false },
	{ "contact.first_name", "Grace", false },
	{ "EMPTY", "", false },
	{ "HTML", "<b>\"A\" & 'B'</b>", false },
	{ "RAW", "<b>\"A\" & 'B'</b>", true },
	{ "CODE", "{{{NAME}}}", false },
	{ "CRLF", "a\r\nb\rc\nd", false },
	{ "TAB", "a\tb", false },
	{ "CTL",
	    "a\x01"
	    "b\x7f"
	    "c\xc2\x85"
	    "d\xe2\x80\xa8"
	    "e\x1b",
	    false },
	{ "RAWCTL", "a\r\nb", true },
	{ "SMUGGLE", "x\r\n.\r\nMAIL FROM:<e@v.il>\r\n", false },
	{ "BCC", "x\r\nBcc: e@v.il", false },
	{ "U2028",
	    "a\xe2\x80\xa8"
	    "b",
	    false },
	{ "NEL",
	    "a\xc2\x85"
	    "b",
	    false },
	{ "UTF8", "\xc3\xa2\xe2\x82\xac\xf0\x9f\x98\x80", false },
	{ "BIDI",
	    "a\xe2\x80\xae"
	    "b",
	    false },
	{ "ALLCTL", "\x01\x02", false },
	{ "a-b_c", "dash", false },
};

static int
look_up(void *arg, const char *name, struct template_value *value_r,
    struct fault *fault_r)
{
	int *calls = arg;
	if (calls != NULL)
		++*calls;
	if (strcmp(name, "BROKEN") == 0)
		return fault(fault_r, FAULT_INTERNAL, "The look-up broke.");
	for (size_t i = 0; i < N_OF(values); i++)
		if (strcmp(values[i].name, name) == 0) {
			value_r->text = values[i].text;
			value_r->raw = values[i].raw;
			return 1;
		}
	return 0;
}

#define H TEMPLATE_HTML
#define T TEMPLATE_TEXT
#define S TEMPLATE_HEADER

/* What each becomes; NULL: refused at rendering. */
static const struct render {
	enum template_kind kind;
	const char *source, *out;
} renders[] = {
	{ H, "", "" },
	{ H, "plain", "plain" },
	{ H, "Hi {{{NAME}}}!", "Hi Ada!" },
	{ H, "{{{NAME}}}", "Ada" },
	{ H, "{{{NAME}}}{{{NAME}}}", "AdaAda" },
	{ H, "{{{ NAME }}}", "Ada" },
	{ H, "{{{\n\tNAME\r\n}}}", "Ada" },
	{ H, "{{{NAME|there}}}", "Ada" },
	{ H, "{{{MISSING|there}}}", "there" },
	{ H, "{{{MISSING | my  friend }}}", "my  friend" },
	{ H, "{{{MISSING|}}}", "" },
	{ H, "{{{MISSING|a|b}}}", "a|b" },
	{ H, "{{{MISSING|<b>you</b>}}}", "<b>you</b>" },
	{ H, "{{{MISSING|{x}}}}", "{x}" },
	{ H, "{{{EMPTY|there}}}", "" },
	{ H, "{{{contact.first_name|there}}}", "Grace" },
	{ H, "{{{contact.last_name|there}}}", "there" },
	{ H, "{{{a-b_c}}}", "dash" },
	{ H, "{{NAME}} {{ NAME }} {NAME}", "{{NAME}} {{ NAME }} {NAME}" },
	{ H, "{{{{NAME}}}}", "{Ada}" },
	{ H, "{{{{{NAME}}}}}", "{{Ada}}" },
	{ H, "a }}} b }} {{ c", "a }}} b }} {{ c" },
	{ H, "{{{name|case counts}}}", "case counts" },
	{ H, "{{{HTML}}}",
	    "&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;" },
	{ H, "<a title='{{{HTML}}}'>",
	    "<a title='&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;'>" },
	{ H, "{{{RAW}}}", "<b>\"A\" & 'B'</b>" },
	{ H, "{{{CODE}}}", "{{{NAME}}}" },
	{ H, "a\r\nb\x01", "a\r\nb\x01" },
	{ H, "{{{CTL}}}", "abc\nd\ne" },
	{ H, "{{{UTF8}}}", "\xc3\xa2\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ H, "{{{ALLCTL}}}", "" },
	{ T, "{{{HTML}}}", "<b>\"A\" & 'B'</b>" },
	{ T, "{{{CRLF}}}", "a\nb\nc\nd" },
	{ T, "{{{TAB}}}", "a\tb" },
	{ T, "{{{CTL}}}", "abc\nd\ne" },
	{ T, "{{{RAWCTL}}}", "a\nb" },
	{ T, "a\r\nb\rc\x02{{{NAME}}}\x03", "a\nb\ncAda" },
	{ T, "\x02{{{MISSING|\x03x\x04}}}", "x" },
	{ T, "{{{SMUGGLE}}}", "x\n.\nMAIL FROM:<e@v.il>\n" },
	{ T, "{{{UTF8}}}", "\xc3\xa2\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ T, "{{{ALLCTL}}}", "" },
	{ T, "\x01\x02", "" },
	{ S, "Hi {{{NAME}}} {{{HTML}}}", "Hi Ada <b>\"A\" & 'B'</b>" },
	{ S, "{{{UTF8}}} \xc3\xbc",
	    "\xc3\xa2\xe2\x82\xac\xf0\x9f\x98\x80 "
	    "\xc3\xbc" },
	{ S, "{{{BIDI}}}",
	    "a\xe2\x80\xae"
	    "b" },
	{ S, "{{{CRLF}}}", NULL },
	{ S, "{{{TAB}}}", NULL },
	{ S, "{{{CTL}}}", NULL },
	{ S, "{{{RAWCTL}}}", NULL },
	{ S, "{{{SMUGGLE}}}", NULL },
	{ S, "{{{BCC}}}", NULL },
	{ S, "{{{U2028}}}", NULL },
	{ S, "{{{NEL}}}", NULL },
	{ H, "{{{MISSING}}}", NULL },
	{ T, "a{{{NAME}}}{{{MISSING}}}", NULL },
	{ H, "{{{BROKEN|x}}}", NULL },
};

static void
test_render(void)
{
	for (size_t i = 0; i < N_OF(renders); i++) {
		const struct render *r = &renders[i];
		struct buf out = { 0 };
		struct fault f = { 0 };
		buf_str(&out, "before ");
		struct template *t = template_compile(r->source, r->kind, &f);
		ok(t != NULL, "source %zu compiles %s", i, f.text);
		int rc = t == NULL
		    ? -2
		    : template_render(t, look_up, NULL, &out, &f);
		if (r->out != NULL) {
			is(rc == 0 ? out.data + 7 : f.text, r->out, "is");
		} else {
			ok(rc == -1 && f.kind != FAULT_NONE, "is refused: %s",
			    f.text);
			is(out.data, "before ", "and leaves nothing behind");
		}
		template_free(t);
		buf_free(&out);
	}
}

/* Sources that do not compile, and where that is said to be. */
static const struct wrong {
	enum template_kind kind;
	const char *source, *where;
} wrongs[] = {
	{ H, "{{{}}}", "Line 1, column 1: " },
	{ H, "{{{ }}}", "Line 1, column 1: " },
	{ H, "{{{|x}}}", "Line 1, column 1: " },
	{ H, "a{{{B", "Line 1, column 2: " },
	{ H, "ab\ncd {{{B}} {{", "Line 2, column 4: " },
	{ H, "{{{a b}}}", "Line 1, column 1: " },
	{ H, "{{{.a}}}", "Line 1, column 1: " },
	{ H, "{{{a.}}}", "Line 1, column 1: " },
	{ H, "{{{a..b}}}", "Line 1, column 1: " },
	{ H, "{{{a{{{b}}}", "Line 1, column 1: " },
	{ H, "{{{A|x {{{B}}}", "Line 1, column 1: " },
	{ H, "{{{n\xc3\xa4me}}}", "Line 1, column 1: " },
	{ H, "{{{<b>}}}", "Line 1, column 1: " },
	{ H, "\n\n\xff", "Line 3, column 1: " },
	{ H, "ok\xed\xa0\x80", "Line 1, column 3: " },
	{ H, "\xc3", "Line 1, column 1: " },
	{ S, "a\nb", "Line 1, column 1: " },
	{ S, "a\rb", "Line 1, column 1: " },
	{ S, "Hi {{{NAME}}}\r\nBcc: x", "Line 1, column 14: " },
	{ S, "{{{NAME|a\nb}}}", "Line 1, column 1: " },
	{ S, "a\xe2\x80\xa9", "Line 1, column 1: " },
	{ S, "\x7f", "Line 1, column 1: " },
};

static void
test_wrong(void)
{
	for (size_t i = 0; i < N_OF(wrongs); i++) {
		struct fault f = { 0 };
		struct template *t =
		    template_compile(wrongs[i].source, wrongs[i].kind, &f);
		ok(t == NULL && f.kind == FAULT_INVALID &&
			strncmp(f.text, wrongs[i].where,
			    strlen(wrongs[i].where)) == 0,
		    "number %zu: %s", i, f.text);
		template_free(t);
	}
}

static void
test_names(void)
{
	struct fault f = { 0 };
	int calls = 0;
	struct buf out = { 0 };
	struct template *t = template_compile(
	    "{{{B|x}}} {{{A}}} {{{NAME}}} {{{A|y}}} {{{C|1}}}{{{C|2}}}",
	    TEMPLATE_TEXT, &f);
	is(template_name(t, 0), "A", "names are listed once, in order");
	is(template_name(t, 1), "B", "the second");
	is(template_name(t, 2), "C", "the third");
	is(template_name(t, 3), "NAME", "the fourth");
	is(template_name(t, 4), NULL, "and no fifth");
	is(template_name(t, -1), NULL, "nor one before the first");
	ok(template_needs(t, "A"), "one place without a fallback needs it");
	ok(!template_needs(t, "B") && !template_needs(t, "C"),
	    "places that all have one do not");
	ok(!template_needs(t, "Z"), "nor a name that is not used");
	ok(template_render(t, look_up, &calls, &out, &f) == -1 && calls == 2,
	    "a missing value ends the rendering");
	ok(strstr(f.text, "variable `A`") != NULL && f.kind == FAULT_MISSING,
	    "and is named: %s", f.text);
	template_free(t);
	buf_free(&out);

	t = template_compile("Subject {{{BCC}}}", TEMPLATE_HEADER, &f);
	ok(template_render(t, look_up, NULL, &out, &f) == -1 &&
		strstr(f.text, "variable `BCC`") != NULL,
	    "a control character's variable is named: %s", f.text);
	template_free(t);
	t = template_compile("{{{BROKEN}}}", TEMPLATE_HEADER, &f);
	ok(template_render(t, look_up, NULL, &out, &f) == -1 &&
		f.kind == FAULT_INTERNAL,
	    "a fault of the look-up comes through");
	template_free(t);
	template_free(NULL);
	buf_free(&out);
}

/* A name of the greatest length is taken, one longer is not. */
static void
test_limits(void)
{
	char source[200] = "{{{";
	struct fault f;
	for (int n = TEMPLATE_NAME_MAX; n <= TEMPLATE_NAME_MAX + 1; n++) {
		memset(source + 3, 'n', (size_t)n);
		memcpy(source + 3 + n, "}}}", 4);
		struct template *t = template_compile(source, H, &f);
		ok((t != NULL) == (n == TEMPLATE_NAME_MAX),
		    "a name of %d characters", n);
		template_free(t);
	}
	for (int n = TEMPLATE_NAMES_MAX; n <= TEMPLATE_NAMES_MAX + 1; n++) {
		struct buf b = { 0 };
		for (int i = 0; i < 2 * n; i++)
			buf_printf(&b, "{{{n%d}}}", (i * 7919) % n);
		struct template *t = template_compile(b.data, H, &f);
		ok((t != NULL) == (n == TEMPLATE_NAMES_MAX), "%d names", n);
		template_free(t);
		buf_free(&b);
	}
}

/* Megabytes of hostile source and values take time that grows with their
 * length only: far less than the bound, which quadratic time would break. */
static void
test_hostile_sizes(void)
{
	static const char *const units[] = { "{", "}", "{{{", "{{{A}}}",
		"{{{A|", "{{{A|x}}}", "|", "{{{A\n", "\n", "\r", "\x01", "&" };
	enum { SIZE = 1 << 20 };
	for (size_t i = 0; i < N_OF(units); i++) {
		struct buf b = { 0 }, out = { 0 };
		struct fault f;
		while (b.len < SIZE)
			buf_str(&b, units[i]);
		int64_t start = clock_mono_us();
		struct template *t = template_compile(b.data, T, &f);
		if (t != NULL && template_render(t, look_up, NULL, &out, &f))
			buf_clear(&out);
		template_free(t);
		ok(clock_mono_us() -
			    start<5000000, "a megabyte of %s", units[i][0]> ' '
			? units[i]
			: "controls");
		buf_free(&b);
		buf_free(&out);
	}
}

/* A value of each control character in each place: HTML and text lose it, a
 * header refuses it, and nothing but newline and tab comes through. */
static void
test_each_control(void)
{
	for (uint32_t c = 1; c < 0xa0; c = c == 0x1f ? 0x7f : c + 1) {
		char text[16] = "a";
		int n = utf8_put(c, text + 1);
		memcpy(text + 1 + n, "b", 2);
		struct buf source = { 0 }, out = { 0 };
		struct fault f;
		buf_str(&source, text);
		struct template *t = template_compile(source.data, T, &f);
		ok(t != NULL &&
			template_render(t, look_up, NULL, &out, &f) == 0,
		    "U+%04X in text", c);
		const char *want = c == '\t'              ? "a\tb"
		    : c == '\n' || c == '\r' || c == 0x85 ? "a\nb"
							  : "ab";
		is(out.data, want, "is harmless");
		template_free(t);
		t = template_compile(source.data, S, &f);
		ok(t == NULL, "and refused in a header");
		template_free(t);
		buf_free(&source);
		buf_free(&out);
	}
}

int
main(void)
{
	test_render();
	test_wrong();
	test_names();
	test_limits();
	test_hostile_sizes();
	test_each_control();
	return tap_done();
}
