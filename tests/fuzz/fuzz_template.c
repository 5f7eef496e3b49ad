/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first octet is the kind; then the source, a NUL, and what every variable
 * is worth.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "mail/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
look_up(void *arg, const char *name, struct template_value *value_r,
    struct fault *fault_r)
{
	(void)fault_r;
	value_r->text = arg;
	value_r->raw = name[0] == 'R';
	return name[0] != 'M';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum template_kind kinds[] = { TEMPLATE_HTML,
		TEMPLATE_TEXT, TEMPLATE_HEADER };
	if (n < 1)
		return 0;
	enum template_kind kind = kinds[data[0] % N_OF(kinds)];
	char *text = xcalloc(1, n + 1);
	memcpy(text, data + 1, n - 1);
	char *value = text + strlen(text);
	value += value < text + n - 1;
	struct buf out = { 0 };
	struct fault f;
	struct template *t = template_compile(text, kind, &f);
	if (t != NULL && utf8_valid(value, strlen(value)) &&
	    template_render(t, look_up, value, &out, &f) == 0 && out.len > 0) {
		if (!utf8_valid(out.data, out.len) ||
		    (kind == TEMPLATE_HEADER &&
			utf8_has_control(out.data, out.len)) ||
		    (kind == TEMPLATE_TEXT && strpbrk(out.data, "\r\x01\x7f")))
			abort();
	}
	for (int i = 0; t != NULL && template_name(t, i) != NULL; i++)
		template_needs(t, template_name(t, i));
	template_free(t);
	buf_free(&out);
	free(text);
	return 0;
}
