/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

int
fault(struct fault *f, enum fault_kind kind, const char *fmt, ...)
{
	va_list ap;
	f->kind = kind;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	utf8_trim(f->text);
	return -1;
}

int
fault_at(struct fault *f, const char *fmt, ...)
{
	char whole[2 * sizeof(f->text)];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(whole, sizeof(f->text), fmt, ap);
	va_end(ap);
	if (n < 0 || n >= (int)sizeof(f->text))
		n = 0;
	snprintf(whole + n, sizeof(whole) - (size_t)n, ": %s", f->text);
	memcpy(f->text, whole, sizeof(f->text) - 1);
	utf8_trim(f->text);
	return -1;
}
