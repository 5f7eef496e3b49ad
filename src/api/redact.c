/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { TOKEN_LEAST = 16 }; /* shorter ones are words that begin alike */

static const char *const names[] = { "token", "secret", "signing_secret",
	"old_secret", "api_key", "apiKey", "password", "authorization" };
static const char *const prefixes[] = { "re_", "whsec_" };

/* A piece of the text. */
struct span {
	char *p;
	size_t n;
};

static bool
is_name(struct span s)
{
	for (size_t i = 0; i < N_OF(names); i++)
		if (strlen(names[i]) == s.n && memcmp(names[i], s.p, s.n) == 0)
			return true;
	return false;
}

static bool
is_token_char(char c)
{
	return isalnum((unsigned char)c) || strchr("_-+/=", c) != NULL;
}

/* How long the secret is that begins here; 0: none does. */
static size_t
token_at(const char *p, size_t n)
{
	for (size_t i = 0; i < N_OF(prefixes); i++) {
		size_t len = strlen(prefixes[i]);
		if (n < len || memcmp(p, prefixes[i], len) != 0)
			continue;
		while (len < n && p[len] != '\0' && is_token_char(p[len]))
			len++;
		if (len >= strlen(prefixes[i]) + TOKEN_LEAST)
			return len;
	}
	return 0;
}

/* Hides secrets that are told by how they begin. */
static void
hide_tokens(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool begins = i == 0 || !isalnum((unsigned char)s.p[i - 1]);
		size_t len = begins ? token_at(s.p + i, s.n - i) : 0;
		if (len == 0)
			continue;
		memset(s.p + i, '*', len);
		i += len - 1;
	}
}

/* The string whose opening quote is at i: up to the closing one or the end. */
static struct span
string_at(char *text, size_t len, size_t i)
{
	size_t end = i + 1;
	while (end < len && text[end] != '"')
		end += text[end] == '\\' && end + 1 < len ? 2 : 1;
	return (struct span){ text + i + 1, end - i - 1 };
}

void
redact(char *text, size_t len)
{
	bool is_secret = false;
	size_t i = 0;
	while (i < len) {
		char *quote = memchr(text + i, '"', len - i);
		if (quote == NULL)
			break;
		struct span s = string_at(text, len, (size_t)(quote - text));
		i = (size_t)(s.p - text) + s.n + 1;
		while (i < len && isspace((unsigned char)text[i]))
			i++;
		if (i < len && text[i] == ':') {
			is_secret = is_name(s);
		} else {
			if (is_secret)
				memset(s.p, '*', s.n);
			is_secret = false;
		}
	}
	hide_tokens((struct span){ text, len });
}
