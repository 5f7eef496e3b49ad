/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The automations in postflow-automations(7) can be saved as they stand there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "engine/engine.h"
#include "model/automation.h"
#include "tests/tap.h"

static int n_examples;

/* Checks a literal block that is an automation. */
static void
check_example(const char *text)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	json_t *o = json_parse(a, text, strlen(text), &f);
	const char *name = json_string_value(json_object_get(o, "name"));
	ok(name != NULL, "an example is JSON and has a name %s",
	    o == NULL ? f.text : "");
	struct graph *g = o == NULL ? NULL : graph_from_json(a, o, &f);
	ok(g != NULL && engine_check_written(a, o, &f) == 0 &&
		engine_check_graph(g, &f) == 0,
	    "%s can be saved %s", name, f.text);
	ok(g != NULL && graph_unreachable(g) < 0, "each step is reached");
	n_examples++;
	arena_free(a);
}

/* Reads the manual; a block whose first line is "{" is an automation. */
static void
read_manual(FILE *fp)
{
	struct buf block = { 0 };
	char line[300];
	bool is_inside = false;
	while (fgets(line, sizeof(line), fp) != NULL) {
		if (strncmp(line, ".Bd", 3) == 0) {
			is_inside = true;
			buf_clear(&block);
		} else if (strncmp(line, ".Ed", 3) == 0) {
			is_inside = false;
			if (block.len > 0 && strncmp(block.data, "{\n", 2) == 0)
				check_example(block.data);
		} else if (is_inside) {
			buf_str(&block, line);
		}
	}
	buf_free(&block);
}

int
main(void)
{
	char path[600];
	const char *top = getenv("top_builddir");
	snprintf(path, sizeof(path), "%s/man/postflow-automations.7",
	    top == NULL ? "." : top);
	FILE *fp = fopen(path, "r");
	ok(fp != NULL, "the manual was made");
	if (fp != NULL) {
		read_manual(fp);
		fclose(fp);
	}
	is_int(n_examples, 2, "it has two examples");
	return tap_done();
}
