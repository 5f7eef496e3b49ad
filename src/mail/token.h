/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signed tokens: links, Message-IDs and return paths that cannot be forged
 * and carry no address. Keys come from a file that lists them newest first;
 * the newest signs, all verify. Each kind of token is signed for its purpose
 * alone: one that opens a picture does not unsubscribe.
 *
 * The key file: one key a line, "<kid> <key> [<when it was made>]", kid of 1
 * to 8 letters a-z and digits, key of 32 to 64 bytes in base64url; lines that
 * start with "#" and empty lines are skipped.
 *
 * Loaded keys do not change: threads may use them at once.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct fault;
struct token_keys;

enum token_purpose {
	TOKEN_UNSUB,
	TOKEN_PREF,
	TOKEN_CLICK,
	TOKEN_OPEN,
	TOKEN_CONFIRM,
	TOKEN_FILE,
	TOKEN_PURPOSE_COUNT
};

/* What a link token says. Zero stands for "none"; no number is negative. */
struct token {
	enum token_purpose purpose;
	int64_t contact, topic, email, file;
	int64_t until_ms; /* whoever reads it looks whether that is over */
};

enum {
	TOKEN_KID_LEN = 9,
	TOKEN_LEN = 120,
	MESSAGE_ID_LEN = 400,
	VERP_LEN = 65
};

/*
 * Reads a key file; makes one (mode 0640, its directory's group) if create and
 * there is none. Of several processes that make it at once one wins, and all
 * use its key. NULL with fault_r; a file that others than owner and group may
 * touch, or its group may write, is refused.
 */
struct token_keys *token_keys_load(const char *path, bool create,
    struct fault *fault_r);
void token_keys_free(struct token_keys *);
/* Puts a new key on top of the file, which signs once the file is loaded anew;
 * those below verify what they signed. The file keeps its owner and mode. 0
 * with the key's name, or -1. */
int token_keys_rotate(const char *path, char kid_r[TOKEN_KID_LEN],
    struct fault *fault_r);

/* "v1.<kid>.<payload>.<mac>", URL-safe; under 80 characters if it says no more
 * than three things, under 100 in any case. */
void token_make(const struct token_keys *, const struct token *,
    char out[TOKEN_LEN]);
/* 1 with the token, 0 when it is malformed, forged or of another purpose. */
int token_read(const struct token_keys *, enum token_purpose, const char *,
    struct token *token_r);

/* "pf.<id>.<mac>@domain" for an email, without <>; domain is cut from the From
 * address, as address_parse() gives it. */
void token_message_id(const struct token_keys *, int64_t email,
    const char *domain, char out[MESSAGE_ID_LEN]);
/* 1 with the email's id if that Message-ID (with or without <>) is ours. */
int token_message_id_read(const struct token_keys *, const char *,
    int64_t *email_r);

/* A return path's local part "bounce+<token>", case-insensitive, at most 64
 * octets, and back. prefix is "bounce", "unsub" or "reply"; a token of one
 * does not pass for another's. */
void token_verp(const struct token_keys *, const char *prefix, int64_t email,
    char out[VERP_LEN]);
int token_verp_read(const struct token_keys *, const char *prefix,
    const char *local_part, int64_t *email_r);
