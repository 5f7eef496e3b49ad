/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of signing keys: read whole, judged line by line.
 */
#include "mail/token_keys.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/fault.h"
#include "base/file.h"
#include "mail/token.h"

const struct token_key *
token_keys_find(const struct token_keys *keys, const char *kid, size_t n)
{
	for (int i = 0; i < keys->n; i++)
		if (strlen(keys->list[i].kid) == n &&
		    memcmp(keys->list[i].kid, kid, n) == 0)
			return &keys->list[i];
	return NULL;
}

/* Reads one line that holds a key. NULL, or what is wrong with it. */
static const char *
line_read(struct token_keys *keys, const char *line)
{
	struct token_key *key = &keys->list[keys->n];
	size_t kid_len = strcspn(line, " \t"), text_len;
	const char *text = line + kid_len + strspn(line + kid_len, " \t");
	for (size_t i = 0; i < kid_len; i++)
		if (!islower((unsigned char)line[i]) &&
		    !isdigit((unsigned char)line[i]))
			return "a key's name has letters a-z and digits only";
	if (kid_len > KID_MAX)
		return "a key's name has at most 8 characters";
	if (token_keys_find(keys, line, kid_len) != NULL)
		return "a second key of that name";
	if (keys->n == KEYS_MAX)
		return "more than 32 keys";
	text_len = strcspn(text, " \t");
	int n =
	    base64url_decode(text, text_len, key->bytes, sizeof(key->bytes));
	if (n < KEY_MIN)
		return "a key is 32 to 64 bytes in base64url";
	memcpy(key->kid, line, kid_len);
	key->len = (size_t)n;
	keys->n++;
	return NULL;
}

int
token_keys_parse(struct token_keys *keys, const char *path, char *text,
    struct fault *fault_r)
{
	int number = 0;
	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		number++;
		line += strspn(line, " \t");
		line[strcspn(line, "\r")] = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		const char *wrong = line_read(keys, line);
		if (wrong != NULL)
			return fault(fault_r, FAULT_INVALID, "%s:%d: %s.", path,
			    number, wrong);
	}
	if (keys->n == 0)
		return fault(fault_r, FAULT_INVALID, "%s: no key in it.", path);
	return 0;
}

/* Reads an open key file. */
static int
file_read(struct token_keys *keys, const char *path, int fd,
    struct fault *fault_r)
{
	char *text = xcalloc(1, KEY_FILE_MAX + 1);
	int rc = file_read_secret(path, fd, KEY_FILE_WHAT, text,
	    KEY_FILE_MAX + 1, fault_r);
	if (rc == 0)
		rc = token_keys_parse(keys, path, text, fault_r);
	OPENSSL_cleanse(text, KEY_FILE_MAX);
	free(text);
	return rc;
}

struct token_keys *
token_keys_load(const char *path, bool create, struct fault *fault_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT && create) {
		if (token_keys_make(path, fault_r) < 0)
			return NULL;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	if (fd < 0) {
		fault(fault_r,
		    errno == ENOENT ? FAULT_NOT_FOUND : FAULT_UNAVAILABLE,
		    "%s: %s.", path, strerror(errno));
		return NULL;
	}
	struct token_keys *keys = xcalloc(1, sizeof(*keys));
	int rc = file_read(keys, path, fd, fault_r);
	close(fd);
	if (rc == 0)
		return keys;
	token_keys_free(keys);
	return NULL;
}

void
token_keys_free(struct token_keys *keys)
{
	if (keys == NULL)
		return;
	OPENSSL_cleanse(keys, sizeof(*keys));
	free(keys);
}
