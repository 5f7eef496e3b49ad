/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Without the key nothing is ever taken: the key differs in every process, so
 * no seed and no guess can hold a good signature. The text is also read as a
 * key file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "mail/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct token_keys *
keys_make(void)
{
	char dir[] = "/tmp/fuzz-token.XXXXXX", path[64];
	struct fault f;
	if (mkdtemp(dir) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/keys", dir);
	struct token_keys *keys = token_keys_load(path, true, &f);
	unlink(path);
	rmdir(dir);
	return keys;
}

/* The input as a key file. */
static void
keys_read(const uint8_t *data, size_t n)
{
	char path[64];
	struct fault f;
	int fd = memfd_create("keys", MFD_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0600) < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	token_keys_free(token_keys_load(path, false, &f));
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct token_keys *keys;
	char *text = xcalloc(1, n + 1);
	struct token token;
	int64_t email;
	if (keys == NULL && (keys = keys_make()) == NULL)
		abort();
	if (n > 0)
		memcpy(text, data, n);
	for (int p = TOKEN_UNSUB; p < TOKEN_PURPOSE_COUNT; p++)
		if (token_read(keys, (enum token_purpose)p, text, &token))
			abort();
	if (token_message_id_read(keys, text, &email) ||
	    token_verp_read(keys, "bounce", text, &email))
		abort();
	keys_read(data, n);
	free(text);
	return 0;
}
