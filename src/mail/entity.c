/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Character references: the names found in mail, in bytewise order.
 */
#include "mail/entity.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 8 };

static const struct entity {
	char name[NAME_MAX_LEN + 1];
	uint32_t c;
} entities[] = {
	{ "AElig", 0xc6 },
	{ "AMP", '&' },
	{ "Aacute", 0xc1 },
	{ "Acirc", 0xc2 },
	{ "Agrave", 0xc0 },
	{ "Alpha", 0x391 },
	{ "Aring", 0xc5 },
	{ "Atilde", 0xc3 },
	{ "Auml", 0xc4 },
	{ "Beta", 0x392 },
	{ "Ccedil", 0xc7 },
	{ "Dagger", 0x2021 },
	{ "Delta", 0x394 },
	{ "ETH", 0xd0 },
	{ "Eacute", 0xc9 },
	{ "Ecirc", 0xca },
	{ "Egrave", 0xc8 },
	{ "Euml", 0xcb },
	{ "GT", '>' },
	{ "Gamma", 0x393 },
	{ "Iacute", 0xcd },
	{ "Icirc", 0xce },
	{ "Igrave", 0xcc },
	{ "Iuml", 0xcf },
	{ "LT", '<' },
	{ "Lambda", 0x39b },
	{ "Ntilde", 0xd1 },
	{ "OElig", 0x152 },
	{ "Oacute", 0xd3 },
	{ "Ocirc", 0xd4 },
	{ "Ograve", 0xd2 },
	{ "Omega", 0x3a9 },
	{ "Oslash", 0xd8 },
	{ "Otilde", 0xd5 },
	{ "Ouml", 0xd6 },
	{ "Phi", 0x3a6 },
	{ "Pi", 0x3a0 },
	{ "Prime", 0x2033 },
	{ "Psi", 0x3a8 },
	{ "QUOT", '"' },
	{ "Scaron", 0x160 },
	{ "Sigma", 0x3a3 },
	{ "THORN", 0xde },
	{ "Theta", 0x398 },
	{ "Uacute", 0xda },
	{ "Ucirc", 0xdb },
	{ "Ugrave", 0xd9 },
	{ "Uuml", 0xdc },
	{ "Yacute", 0xdd },
	{ "Yuml", 0x178 },
	{ "aacute", 0xe1 },
	{ "acirc", 0xe2 },
	{ "acute", 0xb4 },
	{ "aelig", 0xe6 },
	{ "agrave", 0xe0 },
	{ "alpha", 0x3b1 },
	{ "amp", '&' },
	{ "apos", '\'' },
	{ "aring", 0xe5 },
	{ "asymp", 0x2248 },
	{ "atilde", 0xe3 },
	{ "auml", 0xe4 },
	{ "bdquo", 0x201e },
	{ "beta", 0x3b2 },
	{ "brvbar", 0xa6 },
	{ "bull", 0x2022 },
	{ "ccedil", 0xe7 },
	{ "cedil", 0xb8 },
	{ "cent", 0xa2 },
	{ "check", 0x2713 },
	{ "chi", 0x3c7 },
	{ "circ", 0x2c6 },
	{ "colon", ':' },
	{ "comma", ',' },
	{ "commat", '@' },
	{ "copy", 0xa9 },
	{ "curren", 0xa4 },
	{ "dagger", 0x2020 },
	{ "darr", 0x2193 },
	{ "deg", 0xb0 },
	{ "delta", 0x3b4 },
	{ "divide", 0xf7 },
	{ "dollar", '$' },
	{ "eacute", 0xe9 },
	{ "ecirc", 0xea },
	{ "egrave", 0xe8 },
	{ "emsp", 0x2003 },
	{ "ensp", 0x2002 },
	{ "epsilon", 0x3b5 },
	{ "equals", '=' },
	{ "eta", 0x3b7 },
	{ "eth", 0xf0 },
	{ "euml", 0xeb },
	{ "euro", 0x20ac },
	{ "excl", '!' },
	{ "frac12", 0xbd },
	{ "frac14", 0xbc },
	{ "frac34", 0xbe },
	{ "frasl", 0x2044 },
	{ "gamma", 0x3b3 },
	{ "ge", 0x2265 },
	{ "gt", '>' },
	{ "harr", 0x2194 },
	{ "hearts", 0x2665 },
	{ "hellip", 0x2026 },
	{ "iacute", 0xed },
	{ "icirc", 0xee },
	{ "iexcl", 0xa1 },
	{ "igrave", 0xec },
	{ "infin", 0x221e },
	{ "iota", 0x3b9 },
	{ "iquest", 0xbf },
	{ "iuml", 0xef },
	{ "kappa", 0x3ba },
	{ "lambda", 0x3bb },
	{ "laquo", 0xab },
	{ "larr", 0x2190 },
	{ "lbrace", '{' },
	{ "ldquo", 0x201c },
	{ "le", 0x2264 },
	{ "lowbar", '_' },
	{ "lpar", '(' },
	{ "lsaquo", 0x2039 },
	{ "lsquo", 0x2018 },
	{ "lt", '<' },
	{ "macr", 0xaf },
	{ "mdash", 0x2014 },
	{ "micro", 0xb5 },
	{ "middot", 0xb7 },
	{ "minus", 0x2212 },
	{ "mu", 0x3bc },
	{ "nbsp", 0xa0 },
	{ "ndash", 0x2013 },
	{ "ne", 0x2260 },
	{ "not", 0xac },
	{ "ntilde", 0xf1 },
	{ "nu", 0x3bd },
	{ "num", '#' },
	{ "oacute", 0xf3 },
	{ "ocirc", 0xf4 },
	{ "oelig", 0x153 },
	{ "ograve", 0xf2 },
	{ "omega", 0x3c9 },
	{ "ordf", 0xaa },
	{ "ordm", 0xba },
	{ "oslash", 0xf8 },
	{ "otilde", 0xf5 },
	{ "ouml", 0xf6 },
	{ "para", 0xb6 },
	{ "percnt", '%' },
	{ "period", '.' },
	{ "permil", 0x2030 },
	{ "phi", 0x3c6 },
	{ "pi", 0x3c0 },
	{ "plus", '+' },
	{ "plusmn", 0xb1 },
	{ "pound", 0xa3 },
	{ "prime", 0x2032 },
	{ "psi", 0x3c8 },
	{ "quest", '?' },
	{ "quot", '"' },
	{ "radic", 0x221a },
	{ "raquo", 0xbb },
	{ "rarr", 0x2192 },
	{ "rbrace", '}' },
	{ "rdquo", 0x201d },
	{ "reg", 0xae },
	{ "rho", 0x3c1 },
	{ "rpar", ')' },
	{ "rsaquo", 0x203a },
	{ "rsquo", 0x2019 },
	{ "sbquo", 0x201a },
	{ "scaron", 0x161 },
	{ "sect", 0xa7 },
	{ "semi", ';' },
	{ "shy", 0xad },
	{ "sigma", 0x3c3 },
	{ "sol", '/' },
	{ "star", 0x2606 },
	{ "sum", 0x2211 },
	{ "sup1", 0xb9 },
	{ "sup2", 0xb2 },
	{ "sup3", 0xb3 },
	{ "szlig", 0xdf },
	{ "tau", 0x3c4 },
	{ "theta", 0x3b8 },
	{ "thinsp", 0x2009 },
	{ "thorn", 0xfe },
	{ "tilde", 0x2dc },
	{ "times", 0xd7 },
	{ "trade", 0x2122 },
	{ "uacute", 0xfa },
	{ "uarr", 0x2191 },
	{ "ucirc", 0xfb },
	{ "ugrave", 0xf9 },
	{ "uml", 0xa8 },
	{ "uuml", 0xfc },
	{ "xi", 0x3be },
	{ "yacute", 0xfd },
	{ "yen", 0xa5 },
	{ "yuml", 0xff },
	{ "zeta", 0x3b6 },
	{ "zwj", 0x200d },
	{ "zwnj", 0x200c },
};

/* What the bytes 0x80 to 0x9f mean in windows-1252, which is what numbers of
 * that range mean in HTML. */
static const uint16_t windows[32] = { 0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e,
	0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd,
	0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
	0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e,
	0x0178 };

static int
compare(const void *name, const void *entity)
{
	return strcmp(name, ((const struct entity *)entity)->name);
}

/* The value of a digit in that base, -1 if it is none. */
static int
digit(char c, unsigned base)
{
	int v = isdigit((unsigned char)c) ? c - '0'
	    : isxdigit((unsigned char)c)  ? (c | 32) - 'a' + 10
					  : -1;
	return v < (int)base ? v : -1;
}

/* "&#123;" or "&#x7b;", the semicolon left out or not. */
static uint32_t
number_read(const char **s, const char *end)
{
	const char *p = *s + 2;
	unsigned base = 10;
	uint32_t c = 0;
	int v;
	if (p < end && (*p | 32) == 'x') {
		base = 16;
		p++;
	}
	const char *digits = p;
	for (; p < end && (v = digit(*p, base)) >= 0; p++)
		c = c > 0x10ffff ? c : c * base + (uint32_t)v;
	if (p == digits)
		return 0;
	*s = p < end && *p == ';' ? p + 1 : p;
	if (c >= 0x80 && c < 0xa0)
		return windows[c - 0x80];
	bool bad = c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || c == 0x7f ||
	    (c < 0x20 && c != '\n' && c != '\t' && c != '\r');
	return bad ? 0xfffd : c == '\r' ? '\n' : c;
}

uint32_t
entity_read(const char **s, const char *end)
{
	char name[NAME_MAX_LEN + 1];
	const char *p = *s + 1;
	size_t n = 0;
	if (p < end && *p == '#')
		return number_read(s, end);
	for (; p < end && isalnum((unsigned char)*p); p++) {
		if (n == NAME_MAX_LEN)
			return 0;
		name[n++] = *p;
	}
	if (p == end || *p != ';')
		return 0;
	name[n] = '\0';
	const struct entity *e = bsearch(name, entities, N_OF(entities),
	    sizeof(entities[0]), compare);
	if (e == NULL)
		return 0;
	*s = p + 1;
	return e->c;
}
