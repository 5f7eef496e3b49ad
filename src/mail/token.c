/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signed tokens. A signature is HMAC-SHA-256 over a label, its NUL, and the
 * bytes signed; the label is what keeps purposes apart.
 *
 * Link tokens name their key. Message-IDs and return paths have no room for
 * that and are tried with every key, so the number of keys is bounded.
 */
#include "mail/token.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/encode.h"
#include "mail/token_keys.h"

enum { LINK_MAC = 16, MESSAGE_ID_MAC = 8, VERP_MAC = 10, ID_LEN = 8 };
/* Base32 digits of 8, and of 8 + 10 bytes. */
enum { ID_DIGITS = 13, VERP_DIGITS = 29, PREFIX_MAX = 34 };

static const char *const purpose_labels[] = {
	[TOKEN_UNSUB] = "postflow link unsub",
	[TOKEN_PREF] = "postflow link pref",
	[TOKEN_CLICK] = "postflow link click",
	[TOKEN_OPEN] = "postflow link open",
	[TOKEN_CONFIRM] = "postflow link confirm",
	[TOKEN_FILE] = "postflow link file",
};

/* The first n bytes of the signature of the data under the label. */
static void
sign(const struct token_key *key, const char *label, const void *data,
    size_t len, unsigned char *mac, size_t n)
{
	unsigned char text[2 * TOKEN_LEN], full[SHA256_LEN];
	size_t label_len = strlen(label) + 1;
	assert(label_len + len <= sizeof(text) && n <= sizeof(full));
	memcpy(text, label, label_len);
	memcpy(text + label_len, data, len);
	hmac_sha256(key->bytes, key->len, text, label_len + len, full);
	memcpy(mac, full, n);
}

/* True if the n bytes at mac are the data's signature. */
static bool
is_signed(const struct token_key *key, const char *label, const void *data,
    size_t len, const unsigned char *mac, size_t n)
{
	unsigned char good[SHA256_LEN];
	sign(key, label, data, len, good, n);
	return equal_secret(good, mac, n);
}

/* True if some key made the signature. */
static bool
is_signed_by_any(const struct token_keys *keys, const char *label,
    const void *data, size_t len, const unsigned char *mac, size_t n)
{
	bool good = false;
	for (int i = 0; i < keys->n; i++)
		good |= is_signed(&keys->list[i], label, data, len, mac, n);
	return good;
}

static void
id_write(int64_t id, unsigned char out[ID_LEN])
{
	assert(id >= 0);
	for (int i = ID_LEN - 1; i >= 0; i--, id >>= 8)
		out[i] = (unsigned char)id;
}

/* The id in eight bytes; -1 if it would be negative. */
static int64_t
id_read(const unsigned char in[ID_LEN])
{
	uint64_t id = 0;
	for (int i = 0; i < ID_LEN; i++)
		id = id << 8 | in[i];
	return id > INT64_MAX ? -1 : (int64_t)id;
}

/* Payload: a byte that says which of the numbers follow, and these. */
void
token_make(const struct token_keys *keys, const struct token *token,
    char out[TOKEN_LEN])
{
	const int64_t ids[] = { token->contact, token->topic, token->email,
		token->file, token->until_ms };
	const struct token_key *key = &keys->list[0];
	unsigned char payload[1 + sizeof(ids)] = { 0 }, mac[LINK_MAC];
	size_t n = 1;
	for (size_t i = 0; i < N_OF(ids); i++) {
		if (ids[i] == 0)
			continue;
		payload[0] |= (unsigned char)(1u << i);
		id_write(ids[i], payload + n);
		n += ID_LEN;
	}
	size_t o = (size_t)snprintf(out, TOKEN_LEN, "v1.%s.", key->kid);
	o += base64url_encode(payload, n, out + o);
	sign(key, purpose_labels[token->purpose], out, o, mac, sizeof(mac));
	out[o++] = '.';
	base64url_encode(mac, sizeof(mac), out + o);
}

/* Takes a signed payload apart. */
static int
payload_read(const unsigned char *payload, int len, struct token *token_r)
{
	int64_t *const ids[] = { &token_r->contact, &token_r->topic,
		&token_r->email, &token_r->file, &token_r->until_ms };
	int n = 1;
	if (len < 1 || payload[0] >> N_OF(ids) != 0)
		return 0;
	for (size_t i = 0; i < N_OF(ids); i++) {
		if ((payload[0] >> i & 1) == 0)
			continue;
		if (n + ID_LEN > len || (*ids[i] = id_read(payload + n)) <= 0)
			return 0;
		n += ID_LEN;
	}
	return n == len;
}

int
token_read(const struct token_keys *keys, enum token_purpose purpose,
    const char *text, struct token *token_r)
{
	unsigned char payload[1 + 5 * ID_LEN], mac[LINK_MAC];
	struct token token = { .purpose = purpose };
	size_t len = strnlen(text, TOKEN_LEN);
	if (len >= TOKEN_LEN || strncmp(text, "v1.", 3) != 0)
		return 0;
	const char *kid = text + 3, *kid_end = strchr(kid, '.');
	if (kid_end == NULL)
		return 0;
	const char *body = kid_end + 1, *body_end = strchr(body, '.');
	if (body_end == NULL)
		return 0;
	const char *end = text + len;
	const struct token_key *key =
	    token_keys_find(keys, kid, (size_t)(kid_end - kid));
	int n = base64url_decode(body, (size_t)(body_end - body), payload,
	    sizeof(payload));
	if (key == NULL || n < 0 ||
	    base64url_decode(body_end + 1, (size_t)(end - body_end - 1), mac,
		sizeof(mac)) != (int)sizeof(mac) ||
	    !is_signed(key, purpose_labels[purpose], text,
		(size_t)(body_end - text), mac, sizeof(mac)) ||
	    !payload_read(payload, n, &token))
		return 0;
	*token_r = token;
	return 1;
}

static const char message_id_label[] = "postflow message-id";

void
token_message_id(const struct token_keys *keys, int64_t email,
    const char *domain, char out[MESSAGE_ID_LEN])
{
	unsigned char id[ID_LEN], mac[MESSAGE_ID_MAC];
	char id_text[ID_DIGITS + 2], mac_text[ID_DIGITS + 2];
	id_write(email, id);
	sign(&keys->list[0], message_id_label, id, sizeof(id), mac,
	    sizeof(mac));
	base32_encode(id, sizeof(id), id_text);
	base32_encode(mac, sizeof(mac), mac_text);
	int n = snprintf(out, MESSAGE_ID_LEN, "pf.%s.%s@%s", id_text, mac_text,
	    domain);
	assert(n < MESSAGE_ID_LEN);
}

int
token_message_id_read(const struct token_keys *keys, const char *text,
    int64_t *email_r)
{
	unsigned char id[ID_LEN], mac[MESSAGE_ID_MAC];
	size_t len = strnlen(text, MESSAGE_ID_LEN + 2);
	if (len > 0 && text[0] == '<') {
		if (text[len - 1] != '>')
			return 0;
		text++;
		len -= 2;
	}
	/* "pf." id "." mac "@" and at least one more */
	if (len < 3 + ID_DIGITS + 1 + ID_DIGITS + 2 || len >= MESSAGE_ID_LEN ||
	    strncasecmp(text, "pf.", 3) != 0 || text[3 + ID_DIGITS] != '.' ||
	    text[3 + ID_DIGITS + 1 + ID_DIGITS] != '@')
		return 0;
	if (base32_decode(text + 3, ID_DIGITS, id, sizeof(id)) != ID_LEN ||
	    base32_decode(text + 3 + ID_DIGITS + 1, ID_DIGITS, mac,
		sizeof(mac)) != MESSAGE_ID_MAC ||
	    !is_signed_by_any(keys, message_id_label, id, sizeof(id), mac,
		sizeof(mac)))
		return 0;
	*email_r = id_read(id);
	return *email_r >= 0;
}

/* The label return paths of that prefix are signed under. */
static void
verp_label(const char *prefix, char label[static 64])
{
	assert(strlen(prefix) <= PREFIX_MAX);
	snprintf(label, 64, "postflow verp %s", prefix);
}

void
token_verp(const struct token_keys *keys, const char *prefix, int64_t email,
    char out[VERP_LEN])
{
	unsigned char token[ID_LEN + VERP_MAC];
	char label[64], text[VERP_DIGITS + 2];
	verp_label(prefix, label);
	id_write(email, token);
	sign(&keys->list[0], label, token, ID_LEN, token + ID_LEN, VERP_MAC);
	base32_encode(token, sizeof(token), text);
	int n = snprintf(out, VERP_LEN, "%s+%s", prefix, text);
	assert(n < VERP_LEN);
}

int
token_verp_read(const struct token_keys *keys, const char *prefix,
    const char *local_part, int64_t *email_r)
{
	unsigned char token[ID_LEN + VERP_MAC];
	char label[64];
	size_t n = strlen(prefix);
	verp_label(prefix, label);
	if (strnlen(local_part, VERP_LEN) != n + 1 + VERP_DIGITS ||
	    strncasecmp(local_part, prefix, n) != 0 || local_part[n] != '+' ||
	    base32_decode(local_part + n + 1, VERP_DIGITS, token,
		sizeof(token)) != (int)sizeof(token) ||
	    !is_signed_by_any(keys, label, token, ID_LEN, token + ID_LEN,
		VERP_MAC))
		return 0;
	*email_r = id_read(token);
	return *email_r >= 0;
}
