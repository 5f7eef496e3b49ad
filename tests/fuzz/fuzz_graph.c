/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The body of POST /automations: a graph that is taken reads back as the same
 * graph, and its steps' configs are sound or named in a fault.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "model/automation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	json_t *o = json_parse(a, (const char *)data, n, &f);
	struct graph *g = o == NULL ? NULL : graph_from_json(a, o, &f);
	if (o != NULL && engine_check_written(a, o, &f) != 0 &&
	    f.text[0] == '\0')
		abort();
	if (g != NULL) {
		const char *text = json_text(a, graph_to_json(a, g));
		json_t *again = json_parse(a, text, strlen(text), &f);
		struct graph *h = graph_from_json(a, again, &f);
		if (h == NULL ||
		    strcmp(text, json_text(a, graph_to_json(a, h))) != 0)
			abort();
		if (engine_check_graph(g, &f) != 0 && f.text[0] == '\0')
			abort();
		graph_unreachable(g);
	}
	if (!utf8_valid(f.text, strlen(f.text)))
		abort();
	arena_free(a);
	return 0;
}
