/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is taken is safe to write down, and is taken again as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "model/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	char *text = arena_alloc(a, n + 1);
	struct address address, again, *list;
	struct fault f;
	int n_list;
	if (n > 0)
		memcpy(text, data, n);
	if (address_parse(a, text, &address, &f) == 0) {
		const char *box = address.mailbox;
		if (strlen(box) > 254 || !utf8_valid(box, strlen(box)) ||
		    utf8_has_control(box, strlen(box)) ||
		    strchr(box, ' ') != NULL || address.domain[-1] != '@' ||
		    address_parse(a, box, &again, &f) < 0 ||
		    strcmp(box, again.mailbox) != 0 || again.name != NULL ||
		    address_key(a, box, &f) == NULL)
			abort();
		if (address.name != NULL &&
		    (utf8_has_control(address.name, strlen(address.name)) ||
			!utf8_valid(address.name, strlen(address.name)) ||
			address.name[0] == '\0'))
			abort();
	}
	if (address_list_parse(a, text, &list, &n_list, &f) == 0 && n_list < 1)
		abort();
	arena_free(a);
	return 0;
}
