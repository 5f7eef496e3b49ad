/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "mail/letter.h"
#include "tests/tap.h"

#define W10 "aaaa bbbb "
#define W70 W10 W10 W10 W10 W10 W10 W10
#define LONG_URL \
	"https://example.com/" \
	"0123456789012345678901234567890123456789012345678901234567890123456" \
	"789"

static const struct reading {
	const char *html, *text;
} readings[] = {
	{ "", "" },
	{ "plain", "plain\n" },
	{ "  a \n\t b  ", "a b\n" },
	{ "<p>a</p><p>b</p>", "a\n\nb\n" },
	{ "<p>a<p>b", "a\n\nb\n" },
	{ "a<br>b<br/>c<BR />d", "a\nb\nc\nd\n" },
	{ "a<br><br><br>b", "a\nb\n" },
	{ "<div>a</div><div>b</div>", "a\nb\n" },
	{ "<div><div><p>a</p></div></div><div>b</div>", "a\n\nb\n" },
	{ "<h1>T</h1>a", "T\n\na\n" },
	{ "a<hr>b", "a\n\n----------\n\nb\n" },
	{ "<ul><li>a</li><li>b</li></ul>c", "- a\n- b\n\nc\n" },
	{ "<ul><li>a<li><li>b</ul>", "- a\n- b\n" },
	{ "<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>", "a b\nc\n" },
	{ "<b>bo</b>ld and <i>x</i>", "bold and x\n" },
	{ "<pre>a\n  b\nc</pre>", "a\nb\nc\n" },
	/* links */
	{ "<a href=\"https://x.y/z\">text</a>.", "text (https://x.y/z).\n" },
	{ "<a href=https://x.y/z>text</a>", "text (https://x.y/z)\n" },
	{ "<A HREF='https://x.y/z'>a b</A> c", "a b (https://x.y/z) c\n" },
	{ "<a href='https://x.y/z'>https://x.y/z</a>", "https://x.y/z\n" },
	{ "<a href='https://x.y/'>x.y</a>", "x.y\n" },
	{ "<a href='https://www.x.y/'>X.Y</a>", "X.Y\n" },
	{ "<a href='mailto:a@b.c'>a@b.c</a>", "a@b.c\n" },
	{ "<a href='mailto:a@b.c?subject=x'>write</a>", "write (a@b.c)\n" },
	{ "<a href='mailto:?subject=x'>write</a>", "write\n" },
	{ "<a href='https://x.y/ '>t</a>", "t (https://x.y/)\n" },
	{ "<a href='tel:+49123'>call</a>", "call (+49123)\n" },
	{ "<a href='https://x.y/?a=1&amp;b=2&#x3d;'>t</a>",
	    "t (https://x.y/?a=1&b=2=)\n" },
	{ "<a href='https://x.y/?a=1&copy=2'>t</a>",
	    "t (https://x.y/?a=1&copy=2)\n" },
	{ "<a href=' https://x.y/a b\n '>t</a>", "t (https://x.y/a%20b)\n" },
	{ "<a href='#top'>t</a>", "t\n" },
	{ "<a href='javascript:alert(1)'>t</a>", "t\n" },
	{ "<a href='data:text/html,x'>t</a>", "t\n" },
	{ "<a href='https:'>t</a>", "t\n" },
	{ "<a href='/relative'>t</a>", "t\n" },
	{ "<a>t</a>", "t\n" },
	{ "<a href='https://x.y/a'>a<a href='https://x.y/b'>b</a>",
	    "a (https://x.y/a)b (https://x.y/b)\n" },
	{ "<a href='https://x.y/a'>a", "a (https://x.y/a)\n" },
	{ "<a href='https://x.y/a'><img src=x alt='Shop'></a>",
	    "Shop (https://x.y/a)\n" },
	{ "foo<a href='https://x.y/a'><img src=x></a>bar",
	    "foo https://x.y/a bar\n" },
	/* pictures and what is not seen */
	{ "a<img alt='Logo &amp; co'>b<img><img alt=''>c",
	    "a Logo & co b c\n" },
	{ "<!-- a --> b <!---->c<!-->d<!--->e<!--[if mso]><p>x<![endif]-->",
	    "b cde\n" },
	{ "<![if !mso]>a<![endif]>b<?xml x?>c<!doctype html>d", "abcd\n" },
	{ "<head><meta x><title>T</title><style>p > a {}</style></head>"
	  "<body>b",
	    "b\n" },
	{ "a<script>if (a</b>'</p>') x</script>b", "ab\n" },
	{ "a<SCRIPT>x</sCrIpT >b", "ab\n" },
	{ "a<style>x</styles></style>b", "ab\n" },
	{ "a<script>x", "a\n" },
	{ "a<!-- x", "a\n" },
	{ "a<p x=\"", "a\n" },
	{ "<div style=\"display:none\">x</div>a", "a\n" },
	{ "<div style=\"color:red; DISPLAY : None !important\">x</div>a",
	    "a\n" },
	{ "<span style='visibility: hidden'>x</span>a", "a\n" },
	{ "<div hidden>x<div>y</div>z</div>a", "a\n" },
	{ "<div hidden><script></div></script>x</div>a", "a\n" },
	{ "<div style='display:block'>x</div>a", "x\na\n" },
	{ "<p hidden>x<p>a", "a\n" },
	{ "<div hidden/>a<svg/>b", "ab\n" },
	{ "<ul><li></ul>a<ul><li></li></ul>b", "a\n\nb\n" },
	{ "<img hidden alt=x>a", "a\n" },
	{ "<a hidden href='https://x.y'>x</a>a", "a\n" },
	{ "<svg><title>x</title><text>y</text></svg>a", "a\n" },
	{ "<select><option>x</select>a", "a\n" },
	/* characters */
	{ "&lt;b&gt; &amp;amp; &quot;&apos;&#39;&#x27;", "<b> &amp; \"'''\n" },
	{ "&euro;&Uuml;&hellip;&trade;",
	    "\xe2\x82\xac\xc3\x9c\xe2\x80\xa6"
	    "\xe2\x84\xa2\n" },
	{ "&#8364;&#x20AC;&#128;&#128512",
	    "\xe2\x82\xac\xe2\x82\xac"
	    "\xe2\x82\xac\xf0\x9f\x98\x80\n" },
	{ "&#0;&#xd800;&#1114112;&#99999999999999;&#1;",
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n" },
	{ "a&nbsp;b&#160;&nbsp;c", "a b c\n" },
	{ "a&shy;b\xe2\x80\x8b"
	  "c\xef\xbb\xbf",
	    "abc\n" },
	{ "&zwnj;&nbsp;&zwnj;&nbsp;a", "a\n" },
	{ "a & b &unknown; &; &# &#x; &amp",
	    "a & b &unknown; &; &# &#x; "
	    "&amp\n" },
	{ "a\x01"
	  "b\xc2\x85"
	  "c",
	    "abc\n" },
	{ "1 < 2 <3 <", "1 < 2 <3 <\n" },
	{ "</>a</ x>b</p", "ab\n" },
	/* lines */
	{ W70 "12345 6", W70 "12345\n6\n" },
	{ W70 "123456 7", W70 "123456\n7\n" },
	{ W70 "1234567 8",
	    "aaaa bbbb aaaa bbbb aaaa bbbb aaaa bbbb aaaa bbbb "
	    "aaaa bbbb aaaa bbbb\n1234567 8\n" },
	{ "go to <a href='" LONG_URL "'>this</a> now",
	    "go to this\n(" LONG_URL ")\nnow\n" },
};

static void
test_readings(void)
{
	for (size_t i = 0; i < N_OF(readings); i++) {
		struct buf out = { 0 };
		char what[40];
		buf_str(&out, "");
		letter_text_from_html(readings[i].html, &out);
		snprintf(what, sizeof(what), "reading %zu", i);
		if (!is(out.data, readings[i].text, what))
			printf("# of: %s\n", readings[i].html);
		buf_free(&out);
	}
}

/* What this thread has computed so far, in microseconds: that others had the
 * machine meanwhile does not count. */
static int64_t
computed_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* How long it computes on that many bytes of a unit. */
static int64_t
took_us(const char *unit, size_t bytes)
{
	struct buf html = { 0 }, out = { 0 };
	while (html.len < bytes)
		buf_str(&html, unit);
	int64_t start = computed_us();
	letter_text_from_html(html.data, &out);
	int64_t us = computed_us() - start;
	buf_free(&html);
	buf_free(&out);
	return us;
}

/* No megabyte of anything takes more than time linear in it. */
static void
test_hostile_sizes(void)
{
	static const char *const units[] = { "<", ">", "<a", "<a ",
		"<a b=", "<a b='", "<a b='c'", "<!--", "<!", "</", "</a",
		"<script>", "<script></", "</script", "<div hidden>",
		"<p hidden>", "<a href='https://x.y'>", "<a href=https:", "&",
		"&#", "&#1", "&amp;", "&#x", "<li>", "a", " ", "a ", "<br>",
		"<pre>\n", "<img alt='a b'>",
		"<p style='display:", "\xe2\x80\x8b",
		"<div style=';;;;;;;;;;;;;;;;'>" };
	for (size_t i = 0; i < N_OF(units); i++)
		ok(took_us(units[i], 1 << 20) < 5000000, "a megabyte of %s",
		    units[i]);
}

/* Eight times the input is about eight times the work: the best of some rounds
 * of each, which a busy machine does not make worse. */
static void
test_linear(void)
{
	static const char *const units[] = { "<a href='https://x.y/'>t", "<!--",
		"<script></", "<div hidden>" };
	enum { ROUNDS = 5, SIZE = 256 * 1024 };
	for (size_t i = 0; i < N_OF(units); i++) {
		int64_t best[2] = { INT64_MAX, INT64_MAX };
		for (int k = 0; k < 2 * ROUNDS; k++) {
			size_t bytes = (size_t)SIZE << 3 * (k % 2);
			int64_t us = took_us(units[i], bytes);
			if (us < best[k % 2])
				best[k % 2] = us;
		}
		ok(best[1] < 32 * (best[0] + 2000),
		    "eight times %s: %lld us, then %lld us", units[i],
		    (long long)best[0], (long long)best[1]);
	}
}

int
main(void)
{
	test_readings();
	test_hostile_sizes();
	test_linear();
	return tap_done();
}
