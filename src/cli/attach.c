/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "cli/attach.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/fault.h"
#include "cli/cli.h"
#include "cli/file.h"

/* Cuts NAME=VALUE; the value may have more of "=". NULL with fault_r. */
static char *
cut(struct arena *a, const struct cli_given *g, const char **value_r,
    struct fault *fault_r)
{
	char *name = arena_strdup(a, g->value), *equals = strchr(name, '=');
	if (equals == NULL || equals == name) {
		fault(fault_r, FAULT_INVALID, "--%s must be %s, not \"%s\"",
		    g->option->name, g->option->value, g->value);
		return NULL;
	}
	*equals = '\0';
	*value_r = equals + 1;
	return name;
}

/* A value of texts; NULL with fault_r if one is not UTF-8. */
static json_t *
checked(const struct cli_given *g, json_t *v, struct fault *fault_r)
{
	if (v == NULL)
		fault(fault_r, FAULT_INVALID, "--%s is not UTF-8 text",
		    g->option->name);
	return v;
}

json_t *
cli_attachment(struct arena *a, const struct cli_given *g,
    struct fault *fault_r)
{
	const char *path = g->value, *data, *id = NULL;
	size_t n;
	if (g->option->kind == CLI_INLINE &&
	    (id = cut(a, g, &path, fault_r)) == NULL)
		return NULL;
	if (cli_file_bytes(a, path, &data, &n, fault_r) < 0)
		return NULL;
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	char *text = xmalloc(BASE64_LEN(n));
	base64_encode(data, n, text);
	json_t *v = json_pack("{s:s, s:s}", "filename",
	    strcmp(path, "-") == 0 ? "attachment" : name, "content", text);
	free(text);
	if (v != NULL && id != NULL)
		json_object_set_new(v, "content_id", json_string(id));
	return checked(g, v, fault_r);
}

json_t *
cli_tag(struct arena *a, const struct cli_given *g, struct fault *fault_r)
{
	const char *value, *name = cut(a, g, &value, fault_r);
	return name == NULL
	    ? NULL
	    : checked(g, json_pack("{s:s, s:s}", "name", name, "value", value),
		  fault_r);
}

json_t *
cli_pair(struct arena *a, const struct cli_given *g, struct fault *fault_r)
{
	const char *value, *name = cut(a, g, &value, fault_r);
	return name == NULL
	    ? NULL
	    : checked(g, json_pack("{s:s}", name, value), fault_r);
}
