/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail addresses: one strict reader. Everything it lets through may be written
 * into an envelope or a header as it is; the display name is plain text that
 * the writer of the header encodes.
 */
#include "model/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <idn2.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/utf8.h"

enum { LOCAL_MAX = 64, DOMAIN_MAX = 253, LABEL_MAX = 63, MAILBOX_MAX = 254 };

/* A stretch of the text being read. */
struct span {
	const char *s, *end;
};

static bool
is_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

/* Says which address is wrong, and why. */
static int
refuse(struct fault *f, const char *text, const char *why)
{
	return fault(f, FAULT_INVALID, "`%.120s` is not a mail address: %s.",
	    text, why);
}

/* Takes the blanks off both ends. */
static struct span
trim(struct span t)
{
	while (t.s < t.end && *t.s == ' ')
		t.s++;
	while (t.end > t.s && t.end[-1] == ' ')
		t.end--;
	return t;
}

/* Behind the quoted string that starts at s; NULL if it does not end. */
static const char *
skip_quoted(const char *s, const char *end)
{
	for (s++; s < end && *s != '"'; s++)
		if (*s == '\\' && ++s == end)
			return NULL;
	return s < end ? s + 1 : NULL;
}

/* True if the joiner between the two neighbours joins letters of a script, or
 * emoji, rather than hide among ASCII. */
static bool
is_joiner(uint32_t c, uint32_t before, const char *after, const char *end)
{
	return (c == 0x200c || c == 0x200d) && before >= 0x80 && after < end &&
	    (unsigned char)*after >= 0x80;
}

/* The name as people read it: no quotes, single blanks, nothing invisible. */
static const char *
name_read(struct arena *a, struct span t)
{
	char *name = arena_alloc(a, (size_t)(t.end - t.s) + 1), *to = name;
	uint32_t before = 0;
	bool quoted = false;
	for (const char *p = t.s; p < t.end;) {
		if (*p == '"') {
			quoted = !quoted;
			p++;
			continue;
		}
		if (quoted && *p == '\\')
			p++;
		uint32_t c = utf8_next(&p);
		if (utf8_is_invisible(c) && !is_joiner(c, before, p, t.end))
			continue;
		before = c;
		if (c != ' ')
			to += utf8_put(c, to);
		else if (to > name && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > name && to[-1] == ' ')
		to--;
	*to = '\0';
	return to == name ? NULL : name;
}

/* NULL if the text before "<" can be a name, else why not. */
static const char *
name_wrong(struct span t)
{
	for (const char *p = t.s; p < t.end; p++) {
		if (*p == '"')
			p = skip_quoted(p, t.end) - 1;
		else if (*p == '(' || *p == ')')
			return "comments are not taken; a name with "
			       "parentheses needs quotes";
		else if (strchr("@:\\<>", *p) != NULL)
			return "a name with @ : \\ < or > needs quotes";
	}
	return NULL;
}

/* True for the characters an unquoted local part is made of (RFC 5322 atext,
 * RFC 6532 for the rest), the dot aside. */
static bool
is_atext(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Reads the unquoted local part into out; behind it, or NULL. */
static const char *
local_atom(const char *s, const char *end, char *out, size_t *n_r)
{
	const char *start = s;
	while (s < end && (is_atext(*s) || *s == '.'))
		s++;
	*n_r = (size_t)(s - start);
	if (*n_r == 0 || *n_r > LOCAL_MAX || *start == '.' || s[-1] == '.')
		return NULL;
	for (const char *p = start; p + 1 < s; p++)
		if (p[0] == '.' && p[1] == '.')
			return NULL;
	memcpy(out, start, *n_r);
	return s;
}

/* Reads a quoted local part; out keeps the quotes only if they are needed. */
static const char *
local_quoted(const char *s, const char *end, char *out, size_t *n_r)
{
	char plain[LOCAL_MAX + 1], again[LOCAL_MAX + 1];
	size_t n = 0, o = 0;
	for (s++; s < end && *s != '"'; s++) {
		if (*s == '\\' && ++s == end)
			return NULL;
		if (*s == ' ' || n == LOCAL_MAX)
			return NULL;
		plain[n++] = *s;
	}
	if (s == end || n == 0)
		return NULL;
	const char *stop = local_atom(plain, plain + n, again, n_r);
	if (stop == plain + n) {
		memcpy(out, again, *n_r);
		return s + 1;
	}
	out[o++] = '"';
	for (size_t i = 0; i < n && o < LOCAL_MAX; i++) {
		if (plain[i] == '"' || plain[i] == '\\')
			out[o++] = '\\';
		out[o++] = plain[i];
	}
	if (o >= LOCAL_MAX)
		return NULL;
	out[o++] = '"';
	*n_r = o;
	return s + 1;
}

/* True if some character of the text hides; joiners are IDNA's to judge. */
static bool
has_invisible(const char *s, size_t n, bool joiners)
{
	for (const char *p = s; p < s + n;) {
		uint32_t c = utf8_next(&p);
		if (utf8_is_invisible(c) &&
		    !(joiners && (c == 0x200c || c == 0x200d)))
			return true;
	}
	return false;
}

/* NULL if the lower-case ASCII name is a host name, else why not. */
static const char *
host_wrong(const char *name)
{
	size_t label = 0;
	bool digits = true;
	if (strlen(name) > DOMAIN_MAX)
		return "the domain is longer than 253 octets";
	for (const char *p = name;; p++) {
		if (*p == '.' || *p == '\0') {
			if (label == 0)
				return "the domain has an empty label";
			if (label > LABEL_MAX)
				return "a label of the domain is longer than "
				       "63 octets";
			if (p[-1] == '-')
				return "a label of the domain ends in -";
			if (*p == '\0')
				return digits ? "the domain ends in a number"
					      : NULL;
			label = 0;
			digits = true;
			continue;
		}
		if (!isalnum((unsigned char)*p) && (*p != '-' || label == 0))
			return "the domain has a character no host name has";
		digits = digits && isdigit((unsigned char)*p);
		label++;
	}
}

/* NULL if the text is an address in brackets, written to out; else why not. */
static const char *
literal_read(const char *s, size_t n, char *out, size_t room)
{
	unsigned char raw[16];
	char text[INET6_ADDRSTRLEN + 1] = "";
	bool v6 = n > 6 && strncasecmp(s, "[IPv6:", 6) == 0;
	size_t skip = v6 ? 6 : 1;
	const char *why = "the address in brackets is malformed";
	if (n < skip + 2 || s[n - 1] != ']' || n - skip - 1 >= sizeof(text))
		return why;
	memcpy(text, s + skip, n - skip - 1);
	int family = v6 ? AF_INET6 : AF_INET;
	if (inet_pton(family, text, raw) != 1 ||
	    inet_ntop(family, raw, text, sizeof(text)) == NULL)
		return why;
	snprintf(out, room, "[%s%s]", v6 ? "IPv6:" : "", text);
	return NULL;
}

/* NULL with the domain in A-labels and lower case in out; else why not. A name
 * that is ASCII already is not asked of IDNA: its labels, "xn--" too, are the
 * DNS's to judge. */
static const char *
domain_read(const char *s, size_t n, char *out, size_t room)
{
	char name[4 * DOMAIN_MAX + 1], *ascii;
	if (n > 0 && s[0] == '[')
		return literal_read(s, n, out, room);
	if (n == 0)
		return "it has no domain";
	if (n >= sizeof(name))
		return "the domain is longer than 253 octets";
	memcpy(name, s, n);
	name[n] = '\0';
	if (!is_ascii(s, n)) {
		if (has_invisible(s, n, true))
			return "the domain has an invisible character";
		if (idn2_to_ascii_8z(name, &ascii,
			IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
			return "the domain is not a valid international name";
		n = strlen(ascii);
		if (n < sizeof(name))
			memcpy(name, ascii, n + 1);
		idn2_free(ascii);
		if (n >= sizeof(name))
			return "the domain is longer than 253 octets";
	}
	for (char *p = name; *p != '\0'; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	const char *why = host_wrong(name);
	if (why == NULL)
		memcpy(out, name, n + 1);
	return why;
}

/* Reads local@domain, which must be all there is in t. */
static const char *
mailbox_read(struct arena *a, struct span t, struct address *address)
{
	char local[LOCAL_MAX + 2], domain[DOMAIN_MAX + 1];
	size_t n;
	if (t.s == t.end)
		return "it is empty";
	const char *at = *t.s == '"' ? local_quoted(t.s, t.end, local, &n)
				     : local_atom(t.s, t.end, local, &n);
	if (at == NULL)
		return "the part before @ is malformed or longer than 64 "
		       "octets";
	if (at == t.end)
		return "it has no @";
	if (*at != '@')
		return "it has a character that stands in no address";
	if (has_invisible(local, n, false))
		return "the part before @ has an invisible character";
	const char *why = domain_read(at + 1, (size_t)(t.end - at - 1), domain,
	    sizeof(domain));
	if (why != NULL)
		return why;
	if (n + 1 + strlen(domain) > MAILBOX_MAX)
		return "it is longer than 254 octets";
	char *mailbox = arena_printf(a, "%.*s@%s", (int)n, local, domain);
	address->mailbox = mailbox;
	address->domain = mailbox + n + 1;
	return NULL;
}

/* Where "<" stands outside quotes, or the end; NULL with why. */
static const char *
find_angle(struct span t, const char **why_r)
{
	const char *p = t.s;
	while (p < t.end && *p != '<') {
		if (*p == ',' || *p == ';') {
			*why_r = "exactly one address is taken; a name with a "
				 "comma needs quotes";
			return NULL;
		}
		p = *p == '"' ? skip_quoted(p, t.end) : p + 1;
		if (p == NULL) {
			*why_r = "a quote is not closed";
			return NULL;
		}
	}
	return p;
}

/* NULL if the text may be looked at at all, else why not. */
static const char *
text_wrong(const char *text, size_t n)
{
	if (n > ADDRESS_TEXT_MAX)
		return "it is too long";
	if (!utf8_valid(text, n))
		return "it is not valid UTF-8";
	return utf8_has_control(text, n) ? "it has a control character" : NULL;
}

/* Reads a trimmed text of one mailbox; NULL, or why it is none. */
static const char *
address_read(struct arena *a, struct span t, struct address *address)
{
	const char *why = NULL, *angle = find_angle(t, &why);
	*address = (struct address){ 0 };
	if (angle == NULL)
		return why;
	if (angle == t.end)
		return mailbox_read(a, t, address);
	struct span name = { t.s, angle };
	if ((why = name_wrong(name)) != NULL)
		return why;
	if (t.end[-1] != '>')
		return "something stands behind the address";
	why = mailbox_read(a, (struct span){ angle + 1, t.end - 1 }, address);
	if (why == NULL)
		address->name = name_read(a, name);
	return why;
}

int
address_parse(struct arena *a, const char *text, struct address *address,
    struct fault *fault_r)
{
	size_t n = strlen(text);
	const char *why = text_wrong(text, n);
	if (why == NULL)
		why = address_read(a, trim((struct span){ text, text + n }),
		    address);
	return why == NULL ? 0 : refuse(fault_r, text, why);
}

const char *
address_list_end(const char *text)
{
	const char *end = text + strlen(text);
	while (text != NULL && text < end && *text != ',')
		text = *text == '"' ? skip_quoted(text, end) : text + 1;
	return text;
}

int
address_list_parse(struct arena *a, const char *text, struct address **list_r,
    int *n_r, struct fault *fault_r)
{
	struct address *list = NULL;
	const char *p = text;
	int n = 0, room = 0;
	for (;; p++) {
		const char *end = address_list_end(p);
		if (end == NULL)
			return refuse(fault_r, text, "a quote is not closed");
		if (n == ADDRESS_LIST_MAX)
			return fault(fault_r, FAULT_LIMIT,
			    "More than %d addresses in one list.", n);
		if (n == room) {
			struct address *more = arena_alloc(a,
			    (size_t)(room = room * 2 + 2) * sizeof(*more));
			if (n > 0)
				memcpy(more, list, (size_t)n * sizeof(*more));
			list = more;
		}
		char *one = arena_strndup(a, p, (size_t)(end - p));
		if (address_parse(a, one, &list[n++], fault_r) < 0)
			return -1;
		if (*end == '\0')
			break;
		p = end;
	}
	*list_r = list;
	*n_r = n;
	return 0;
}

char *
address_key(struct arena *a, const char *text, struct fault *fault_r)
{
	struct address address;
	size_t n = strlen(text);
	const char *why = text_wrong(text, n);
	if (why == NULL)
		why = mailbox_read(a, trim((struct span){ text, text + n }),
		    &address);
	if (why != NULL) {
		refuse(fault_r, text, why);
		return NULL;
	}
	char *key = arena_strdup(a, address.mailbox);
	for (char *p = key; *p != '\0'; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	return key;
}

bool
address_needs_utf8(const char *mailbox)
{
	return !is_ascii(mailbox, strlen(mailbox));
}
