/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hiding secrets changes nothing but into asterisks, leaves nothing to be
 * hidden when done again, and stays within the text.
 */
#include <stdlib.h>
#include <string.h>

#include "api/redact.h"
#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* Not one byte more, so that the sanitizer sees a step beyond. */
	char *once = xmalloc(n + (n == 0)), *twice = xmalloc(n + (n == 0));
	if (n > 0)
		memcpy(once, data, n);
	redact(once, n);
	for (size_t i = 0; i < n; i++)
		if (once[i] != (char)data[i] && once[i] != '*')
			abort();
	if (n > 0)
		memcpy(twice, once, n);
	redact(twice, n);
	if (n > 0 && memcmp(once, twice, n) != 0)
		abort();
	free(once);
	free(twice);
	return 0;
}
