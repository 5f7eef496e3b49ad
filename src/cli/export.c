/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "cli/export.h"

#include <string.h>

#include "base/arena.h"
#include "cli/body.h"
#include "cli/cursor.h"

/* Adds a slice to what there is: lists grow, the rest stays as said first. */
static void
slice(struct cli *cli, const json_t *answer, void *arg)
{
	json_t *all = arg, *v;
	const char *key;
	(void)cli;
	json_object_foreach ((json_t *)answer, key, v) {
		json_t *had = json_object_get(all, key);
		if (strcmp(key, "next") == 0)
			continue;
		if (had == NULL)
			json_object_set_new(all, key, json_copy(v));
		else if (json_is_array(had) && json_is_array(v))
			json_array_extend(had, v);
	}
}

/* Half a document would pass for a whole one, so it is printed at the end. */
enum cli_exit
cli_export(struct cli *cli, const struct cli_call *call)
{
	struct arena *a = arena_new();
	json_t *all = json_object();
	enum cli_exit rc =
	    cli_cursor_walk(cli, cli_call_path(a, call, NULL), slice, all);
	if (rc == CLI_DONE)
		cli_output_json(&cli->out, all);
	json_decref(all);
	arena_free(a);
	return rc;
}
