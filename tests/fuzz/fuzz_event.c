/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of the event socket: whatever it holds, it is an event or a fault,
 * and what is taken can be written back as JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/error.h"
#include "model/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct buf b = { 0 };
	struct fault f = { 0 };
	struct event e;
	const char *name;
	json_t *o = json_parse(a, (const char *)data, n, &f);
	if (o != NULL && event_from_json(a, o, false, &e, &f) == 0) {
		if ((e.email == NULL) == (e.contact == 0) ||
		    strncmp(e.name, "resend:", 7) == 0)
			abort();
		event_accepted_json(&b, e.name, 1, false);
	} else {
		int status = error_of_fault(&f, &name);
		error_body(&b, status, name, f.text);
	}
	if (!utf8_valid(b.data, b.len) ||
	    json_parse(a, b.data, b.len, &f) == NULL)
		abort();
	buf_free(&b);
	arena_free(a);
	return 0;
}
