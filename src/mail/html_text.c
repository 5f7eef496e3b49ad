/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readable text of HTML mail: one pass over the document, forgiving as a
 * browser is, in time linear in its length. Elements say what they do to the
 * text in a table; a writer below collects words and breaks lines.
 */
#include "mail/letter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "mail/entity.h"
#include "mail/html_tag.h"

enum { WRAP = 76, URL_MAX = 2000 };

/* What an element does, besides the line breaks around it. */
enum {
	RAW = 1,
	HIDE = 2,
	VOID = 4,
	CELL = 8,
	ITEM = 16,
	RULE = 32,
	LINK = 64,
	IMAGE = 128,
	PRE = 256,
	LIST = 512,
};

static const struct element {
	char name[TAG_NAME_MAX + 1];
	unsigned does;
	int breaks; /* 1: own line, 2: own paragraph */
} elements[] = {
	{ "a", LINK, 0 },
	{ "address", 0, 1 },
	{ "area", VOID, 0 },
	{ "article", 0, 2 },
	{ "aside", 0, 2 },
	{ "audio", HIDE, 0 },
	{ "base", VOID, 0 },
	{ "blockquote", 0, 2 },
	{ "body", 0, 1 },
	{ "br", VOID, 1 },
	{ "caption", 0, 1 },
	{ "center", 0, 1 },
	{ "col", VOID, 0 },
	{ "datalist", HIDE, 0 },
	{ "dd", 0, 1 },
	{ "div", 0, 1 },
	{ "dl", 0, 2 },
	{ "dt", 0, 1 },
	{ "embed", VOID, 0 },
	{ "fieldset", 0, 1 },
	{ "figcaption", 0, 1 },
	{ "figure", 0, 2 },
	{ "footer", 0, 2 },
	{ "form", 0, 1 },
	{ "h1", 0, 2 },
	{ "h2", 0, 2 },
	{ "h3", 0, 2 },
	{ "h4", 0, 2 },
	{ "h5", 0, 2 },
	{ "h6", 0, 2 },
	{ "header", 0, 2 },
	{ "hr", VOID | RULE, 2 },
	{ "iframe", RAW, 0 },
	{ "img", VOID | IMAGE, 0 },
	{ "input", VOID, 0 },
	{ "li", ITEM, 1 },
	{ "link", VOID, 0 },
	{ "main", 0, 1 },
	{ "meta", VOID, 0 },
	{ "nav", 0, 2 },
	{ "noembed", RAW, 0 },
	{ "noframes", RAW, 0 },
	{ "object", HIDE, 0 },
	{ "ol", LIST, 2 },
	{ "option", 0, 1 },
	{ "p", 0, 2 },
	{ "param", VOID, 0 },
	{ "pre", PRE, 2 },
	{ "script", RAW, 0 },
	{ "section", 0, 1 },
	{ "select", HIDE, 0 },
	{ "source", VOID, 0 },
	{ "style", RAW, 0 },
	{ "svg", HIDE, 0 },
	{ "table", 0, 1 },
	{ "td", CELL, 0 },
	{ "template", HIDE, 0 },
	{ "textarea", RAW, 0 },
	{ "th", CELL, 0 },
	{ "title", RAW, 0 },
	{ "tr", 0, 1 },
	{ "track", VOID, 0 },
	{ "ul", LIST, 2 },
	{ "video", HIDE, 0 },
	{ "wbr", VOID, 0 },
	{ "xmp", RAW, 0 },
};

struct reader {
	struct buf *out;
	struct buf word;   /* not yet in out */
	int width, column; /* of the word, of the line; in characters */
	int breaks;        /* line ends owed before the next word */
	bool wrote, bullet;
	int pre;
	struct buf url, label; /* of the open link; the label has no blanks */
	char hide[TAG_NAME_MAX + 1]; /* the element that hides; "" none */
	int hide_depth;
};

static int
compare(const void *name, const void *element)
{
	return strcmp(name, ((const struct element *)element)->name);
}

/* What the table says of an element; nothing of an unknown one. */
static struct element
element_find(const char *name)
{
	const struct element *e = bsearch(name, elements, N_OF(elements),
	    sizeof(elements[0]), compare);
	return e == NULL ? (struct element){ 0 } : *e;
}

static bool
is_blank(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 ||
	    (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	    c == 0x3000;
}

static void
text_clear(struct buf *b)
{
	if (b->len > 0)
		buf_clear(b);
}

/* Ends the word and puts it on this line or the next. */
static void
word_end(struct reader *r)
{
	static const char newlines[] = "\n\n";
	if (r->word.len == 0)
		return;
	if (r->breaks > 0 && r->wrote) {
		buf_add(r->out, newlines, (size_t)r->breaks);
		r->column = 0;
	} else if (r->column > 0 && r->column + 1 + r->width > WRAP) {
		buf_char(r->out, '\n');
		r->column = 0;
	} else if (r->column > 0) {
		buf_char(r->out, ' ');
		r->column++;
	}
	if (r->bullet) {
		buf_str(r->out, "- ");
		r->column += 2;
	}
	buf_add(r->out, r->word.data, r->word.len);
	r->column += r->width;
	r->breaks = 0;
	r->bullet = false;
	r->wrote = true;
	text_clear(&r->word);
	r->width = 0;
}

/* Adds printable ASCII that is all of one word. */
static void
word_add(struct reader *r, const char *s, size_t n)
{
	buf_add(&r->word, s, n);
	r->width += (int)n;
	if (r->url.len > 0 && r->label.len < URL_MAX)
		buf_add(&r->label, s, n);
}

/* Adds any character: a blank ends the word, what is invisible is dropped. */
static void
char_add(struct reader *r, uint32_t c)
{
	char bytes[4];
	if (is_blank(c)) {
		word_end(r);
		return;
	}
	bool joins = (c == 0x200c || c == 0x200d) && r->word.len > 0 &&
	    (unsigned char)r->word.data[r->word.len - 1] >= 0x80;
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) ||
	    (utf8_is_invisible(c) && !joins))
		return;
	int n = utf8_put(c, bytes);
	word_add(r, bytes, (size_t)n);
	r->width -= n - 1;
}

/* Ends the line, or the paragraph. */
static void
break_add(struct reader *r, int n)
{
	word_end(r);
	if (r->breaks < n)
		r->breaks = n;
}

/* One character of an attribute's or the document's text, decoded. */
static uint32_t
char_read(const char **s, const char *end)
{
	uint32_t c = **s == '&' ? entity_read(s, end) : 0;
	return c != 0 ? c : utf8_next(s);
}

/* Behind the plain characters of a word that start at s. */
static const char *
run_end(const char *s, const char *end)
{
	for (; s < end; s++)
		if (*s <= ' ' || *s == 0x7f || *s == '&')
			break;
	return s;
}

/* Adds the text between tags. */
static void
text_add(struct reader *r, struct html_span t)
{
	while (t.s < t.end) {
		const char *run = run_end(t.s, t.end);
		if (run > t.s) {
			word_add(r, t.s, (size_t)(run - t.s));
			t.s = run;
		} else if (*t.s == ' ') {
			word_end(r);
			t.s++;
		} else {
			bool newline = *t.s == '\n';
			char_add(r, char_read(&t.s, t.end));
			if (newline && r->pre > 0)
				break_add(r, 1);
		}
	}
}

/* The start of what people type of a URL. */
static struct html_span
url_core(const struct buf *b)
{
	static const char *const prefixes[] = { "mailto:", "tel:", "https://",
		"http://", "www." };
	struct html_span t = { b->data, b->data + b->len };
	for (size_t i = 0; i < N_OF(prefixes); i++)
		if (strncasecmp(t.s, prefixes[i], strlen(prefixes[i])) == 0)
			t.s += strlen(prefixes[i]);
	if (t.end > t.s && t.end[-1] == '/')
		t.end--;
	return t;
}

/* The URL as people write it: of "mailto:" and "tel:" the address alone. */
static struct html_span
url_shown(const struct buf *url)
{
	struct html_span t = { url->data, url->data + url->len };
	if (strncasecmp(t.s, "mailto:", 7) == 0) {
		t.s += 7;
		t.end = t.s + strcspn(t.s, "?");
	} else if (strncasecmp(t.s, "tel:", 4) == 0) {
		t.s += 4;
	}
	return t;
}

/* Adds a URL, the one place where "&" is just that. */
static void
url_add(struct reader *r, struct html_span t)
{
	while (t.s < t.end) {
		const char *run = run_end(t.s, t.end);
		word_add(r, t.s, (size_t)(run - t.s));
		t.s = run;
		if (t.s < t.end)
			char_add(r, utf8_next(&t.s));
	}
}

/* True if the link's text is its URL, give or take what people leave out. */
static bool
link_is_plain(const struct reader *r)
{
	struct html_span a = url_core(&r->url), b = url_core(&r->label);
	return a.end - a.s == b.end - b.s &&
	    strncasecmp(a.s, b.s, (size_t)(a.end - a.s)) == 0;
}

/* Ends the open link: says where it leads, unless its text did. */
static void
link_close(struct reader *r)
{
	if (r->url.len == 0)
		return;
	bool bare = r->label.len == 0;
	bool said = !bare && link_is_plain(r);
	struct buf url = r->url;
	struct html_span shown = url_shown(&url);
	r->url = (struct buf){ 0 };
	if (!said && shown.s < shown.end) {
		word_end(r);
		if (!bare)
			word_add(r, "(", 1);
		url_add(r, shown);
		if (!bare)
			word_add(r, ")", 1);
		else
			word_end(r);
	}
	text_clear(&r->label);
	buf_free(&url);
}

/* Opens a link if it leads to where a reader of text can go. */
static void
link_open(struct reader *r, struct html_span href)
{
	static const char *const schemes[] = { "https:", "http:", "mailto:",
		"tel:" };
	link_close(r);
	text_clear(&r->label);
	while (href.end > href.s && isspace((unsigned char)href.end[-1]))
		href.end--;
	while (href.s < href.end && r->url.len <= URL_MAX) {
		const char *run = run_end(href.s, href.end);
		buf_add(&r->url, href.s, (size_t)(run - href.s));
		if ((href.s = run) == href.end)
			break;
		char bytes[4];
		uint32_t c = char_read(&href.s, href.end);
		if (c == ' ' && r->url.len > 0)
			buf_str(&r->url, "%20");
		else if (!is_blank(c) && c > ' ' && (c < 0x7f || c > 0x9f))
			buf_add(&r->url, bytes, (size_t)utf8_put(c, bytes));
	}
	for (size_t i = 0; i < N_OF(schemes) && r->url.len <= URL_MAX; i++)
		if (r->url.len > strlen(schemes[i]) &&
		    strncasecmp(r->url.data, schemes[i], strlen(schemes[i])) ==
			0)
			return;
	text_clear(&r->url);
}

/* Behind the end tag of a raw text element, or the end. */
static const char *
raw_skip(const char *s, const char *end, const char *name)
{
	size_t n = strlen(name);
	while ((s = memchr(s, '<', (size_t)(end - s))) != NULL) {
		if (*++s == '/' && (size_t)(end - ++s) > n &&
		    strncasecmp(s, name, n) == 0 &&
		    !isalnum((unsigned char)s[n])) {
			s = memchr(s, '>', (size_t)(end - s));
			return s == NULL ? end : s + 1;
		}
	}
	return end;
}

/* Keeps count within an element that hides what is in it. True if the tag is
 * the first thing to be seen again. */
static bool
hidden_tag(struct reader *r, const struct html_tag *tag)
{
	if (strcmp(tag->name, r->hide) != 0)
		return false;
	/* A paragraph ends where the next begins. */
	bool sibling = !tag->closes && strcmp(r->hide, "p") == 0;
	r->hide_depth += tag->closes || sibling ? -1 : 1;
	if (r->hide_depth == 0)
		r->hide[0] = '\0';
	return sibling;
}

/* Does what the tag does to the text. */
static void
tag_act(struct reader *r, const struct html_tag *tag, struct element e)
{
	if (!tag->closes && (tag->hidden || (e.does & HIDE) != 0)) {
		if ((e.does & VOID) == 0 && !tag->empty) {
			memcpy(r->hide, tag->name, sizeof(r->hide));
			r->hide_depth = 1;
		}
		return;
	}
	if ((e.does & LINK) != 0) {
		if (tag->closes)
			link_close(r);
		else
			link_open(r, tag->href);
	}
	if (e.breaks > 0)
		break_add(r, e.breaks);
	if ((e.does & CELL) != 0)
		word_end(r);
	if ((e.does & PRE) != 0)
		r->pre = !tag->closes;
	if ((e.does & (ITEM | LIST)) != 0)
		r->bullet = false;
	if (tag->closes)
		return;
	if ((e.does & ITEM) != 0)
		r->bullet = true;
	if ((e.does & IMAGE) != 0) {
		word_end(r);
		text_add(r, tag->alt);
		word_end(r);
	}
	if ((e.does & RULE) != 0) {
		word_add(r, "----------", 10);
		break_add(r, e.breaks);
	}
}

/* Reads what starts with the "<" at s. Behind it, or s if it is just text. */
static const char *
markup_read(struct reader *r, const char *s, const char *end)
{
	struct html_tag tag = { 0 };
	const char *name = s + 1;
	tag.closes = name < end && *name == '/';
	name += tag.closes;
	if (name < end && isalpha((unsigned char)*name)) {
		const char *next = html_tag_read(name, end, &tag);
		struct element e = element_find(tag.name);
		bool seen = r->hide[0] == '\0' || hidden_tag(r, &tag);
		if ((e.does & RAW) != 0)
			return tag.closes ? next
					  : raw_skip(next, end, tag.name);
		if (seen)
			tag_act(r, &tag, e);
		return next;
	}
	if (!tag.closes && (name == end || (*name != '!' && *name != '?')))
		return s;
	if (end - s >= 4 && memcmp(s, "<!--", 4) == 0) {
		for (s += 4; (s = memchr(s, '>', (size_t)(end - s))); s++)
			if (s[-1] == '-' && s[-2] == '-')
				return s + 1;
		return end;
	}
	s = memchr(s, '>', (size_t)(end - s));
	return s == NULL ? end : s + 1;
}

void
letter_text_from_html(const char *html, struct buf *out)
{
	const char *s = html, *end = html + strlen(html);
	struct reader r = { .out = out };
	while (s < end) {
		const char *next = s;
		if (*s == '<' && (next = markup_read(&r, s, end)) > s) {
			s = next;
			continue;
		}
		next = memchr(s + 1, '<', (size_t)(end - s - 1));
		if (next == NULL)
			next = end;
		if (r.hide[0] == '\0')
			text_add(&r, (struct html_span){ s, next });
		s = next;
	}
	link_close(&r);
	word_end(&r);
	if (r.wrote)
		buf_char(out, '\n');
	buf_free(&r.word);
	buf_free(&r.url);
	buf_free(&r.label);
}
