/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signed tokens: links, Message-IDs and return paths that cannot be forged
 * and carry no address. Keys come from a file that lists them newest first;
 * the newest signs, all verify.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct fault;
struct token_keys;

enum token_purpose { TOKEN_UNSUB, TOKEN_PREF, TOKEN_CLICK, TOKEN_OPEN,
	TOKEN_CONFIRM };

/* What a link token says. Zero stands for "none". */
struct token {
	enum token_purpose purpose;
	int64_t contact, topic, email;
};

enum { TOKEN_LEN = 120, MESSAGE_ID_LEN = 400, VERP_LEN = 65 };

/* Reads a key file; makes one (mode 0640) if create and there is none.
 * NULL with fault_r; a file others than owner and group may read is refused. */
struct token_keys *token_keys_load(const char *path, bool create,
    struct fault *fault_r);
void token_keys_free(struct token_keys *);

void token_make(const struct token_keys *, const struct token *,
    char out[TOKEN_LEN]);
/* 1 with the token, 0 when it is malformed, forged or of another purpose. */
int token_read(const struct token_keys *, enum token_purpose, const char *,
    struct token *token_r);

/* "pf.<id>.<mac>@domain" for an email; domain is cut from the From address. */
void token_message_id(const struct token_keys *, int64_t email,
    const char *domain, char out[MESSAGE_ID_LEN]);
/* 1 with the email's id if that Message-ID (with or without <>) is ours. */
int token_message_id_read(const struct token_keys *, const char *,
    int64_t *email_r);

/* A return path's local part "bounce+<token>", case-insensitive, at most 64
 * octets, and back. prefix is "bounce", "unsub" or "reply". */
void token_verp(const struct token_keys *, const char *prefix, int64_t email,
    char out[VERP_LEN]);
int token_verp_read(const struct token_keys *, const char *prefix,
    const char *local_part, int64_t *email_r);
