/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader of multipart/form-data. The first byte says where the body is cut,
 * the first line what its type is; what comes out must be the same for the
 * whole and for the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
on_begin(void *arg, const char *name, const char *filename, struct fault *f)
{
	(void)f;
	buf_printf(arg, "<%s|%s>", name, filename != NULL ? filename : "");
	return 0;
}

static int
on_data(void *arg, const char *p, size_t n, struct fault *f)
{
	(void)f;
	if (n == 0)
		abort();
	buf_add(arg, p, n);
	return 0;
}

static int
on_end(void *arg, struct fault *f)
{
	(void)f;
	buf_str(arg, "</>");
	return 0;
}

/* What comes of it in pieces of that length; how it went behind it. */
static void
read_body(const char *type, const char *body, size_t len, size_t cut,
    struct buf *out)
{
	struct fault f = { 0 };
	const struct multipart_sink sink = { on_begin, on_data, on_end, out };
	struct multipart *m = multipart_new(type, &sink, &f);
	int rc = m == NULL ? -1 : 0;
	for (size_t at = 0, n; rc == 0 && at < len; at += n) {
		n = cut < len - at ? cut : len - at;
		rc = multipart_feed(m, body + at, n, &f);
	}
	if (rc == 0)
		rc = multipart_end(m, &f);
	multipart_free(m);
	if (rc != 0 && f.text[0] == '\0')
		abort();
	buf_printf(out, "%d%s", rc, f.text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *lf = len < 2 ? NULL : memchr(data, '\n', len);
	if (lf == NULL || lf == (const char *)data)
		return 0;
	size_t n_type = (size_t)(lf - (const char *)data) - 1;
	char *type = xmalloc(n_type + 1);
	memcpy(type, data + 1, n_type);
	type[n_type] = '\0';
	struct buf whole = { 0 }, cut = { 0 };
	size_t n = len - n_type - 2;
	read_body(type, lf + 1, n, n + 1, &whole);
	read_body(type, lf + 1, n, (size_t)data[0] % 64 + 1, &cut);
	if (cut.len != whole.len ||
	    memcmp(cut.data, whole.data, whole.len) != 0)
		abort();
	buf_free(&whole);
	buf_free(&cut);
	free(type);
	return 0;
}
