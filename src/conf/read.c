/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * libconfuse reads: the table of keys becomes its options, every one a text
 * that we read ourselves, so that each refusal is our own sentence with the
 * line the value stands on. libconfuse hands its callbacks no pointer of ours;
 * the reading under way is therefore in a static.
 */
#include "conf/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "conf/conf_private.h"

enum {
	MAX_SECTIONS = 24,
	MAX_DEPTH = 8,
	MAX_FILES = 64,
	MAX_STREAMS = 256,
	STREAM_NAME_MAX = 63
};

static struct reading *now;

static int refuse(const cfg_t *, const char *fmt, ...) PRINTF(2, 3);
static void on_error(cfg_t *, const char *fmt, va_list) PRINTF(2, 0);

/* ---- refusing -------------------------------------------------------- */

/* Keeps the first sentence only: what follows from an error is no news. */
static int
refuse(const cfg_t *cfg, const char *fmt, ...)
{
	char sentence[sizeof(now->fault->text)];
	va_list ap;
	if (now->failed)
		return -1;
	now->failed = true;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	return fault(now->fault, FAULT_INVALID, "%s:%d: %s", now->file,
	    cfg->line, sentence);
}

/* What libconfuse finds wrong. */
static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	bool is_top = strcmp(cfg->name, "root") == 0;
	char text[200];
	if (strcmp(fmt, "no such option '%s'") == 0) {
		refuse(cfg, "there is no key %s%s%s",
		    value_shown(va_arg(ap, const char *)),
		    is_top ? "" : " in section ", is_top ? "" : cfg->name);
		return;
	}
	vsnprintf(text, sizeof(text), fmt, ap);
	value_plain(text);
	refuse(cfg, "%s", text);
}

/* ---- while libconfuse reads ------------------------------------------ */

/* Checks a value where its line is known. It is read again in the end. */
static int
on_value(cfg_t *cfg, cfg_opt_t *opt)
{
	union {
		int64_t number;
		char *text;
	} scratch;
	struct fault f = { .kind = FAULT_NONE };
	const char *section = strcmp(cfg->name, "root") == 0 ? NULL : cfg->name;
	for (int i = 0; conf_keys[i].name != NULL; i++) {
		const struct key *k = &conf_keys[i];
		if (!key_in(k, section) || strcmp(key_leaf(k), opt->name) != 0)
			continue;
		now->said[i].file = now->file;
		now->said[i].line = cfg->line;
		const char *text = cfg_opt_getnstr(opt, opt->nvalues - 1);
		if (value_read(k, text, now->arena, &scratch, &f) == 0)
			return 0;
		return refuse(cfg, "%s", f.text);
	}
	/* libconfuse takes "section|key" too, which our tables do not. */
	return refuse(cfg, "there is no key %s", value_shown(opt->name));
}

/* Checks the names of streams when a section of them closes. */
static int
on_stream(cfg_t *cfg, cfg_opt_t *opt)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	if (cfg_opt_size(opt) > MAX_STREAMS)
		return refuse(cfg, "there are more than %d streams",
		    MAX_STREAMS);
	for (unsigned i = 0; i < cfg_opt_size(opt); i++) {
		const char *name = cfg_title(cfg_opt_getnsec(opt, i));
		size_t n = strlen(name);
		if (n < 1 || n > STREAM_NAME_MAX || strspn(name, letters) != n)
			return refuse(cfg,
			    "the name of a stream is 1 to %d of "
			    "a-z, 0-9, - and _, not %s",
			    STREAM_NAME_MAX, value_shown(name));
	}
	return 0;
}

/* Gives a file to libconfuse; inside another one it comes back to that. */
static int
parse_file(cfg_t *cfg, const char *path)
{
	const char *outer_file = now->file;
	int outer_line = cfg->line;
	char *text;
	size_t len;
	if (text_load(path, now->arena, &text, &len, now->fault) != 0) {
		now->failed = true;
		return -1;
	}
	FILE *fp = fmemopen(text, len, "r");
	if (fp == NULL)
		return refuse(cfg, "%s cannot be read from memory", path);
	now->file = arena_strdup(now->arena, path);
	now->depth++;
	int rc = cfg_parse_fp(cfg, fp);
	fclose(fp);
	if (rc != CFG_SUCCESS)
		/* libconfuse keeps silent about a few of its refusals. */
		return refuse(cfg, "the line cannot be read");
	now->depth--;
	now->file = outer_file;
	cfg->line = outer_line;
	return 0;
}

/* include("FILE") */
static int
on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	(void)opt;
	if (argc != 1 || argv[0][0] == '\0')
		return refuse(cfg, "include takes the name of one file");
	if (now->depth >= MAX_DEPTH || ++now->n_files >= MAX_FILES)
		return refuse(cfg, "too many files are included");
	const char *slash = strrchr(now->file, '/');
	const char *path = argv[0];
	if (path[0] != '/' && slash != NULL)
		path = arena_printf(now->arena, "%.*s/%s",
		    (int)(slash - now->file), now->file, path);
	if (access(path, F_OK) != 0)
		return refuse(cfg, "the included file %s is not there",
		    value_shown(path));
	return parse_file(cfg, path);
}

/* ---- libconfuse's options, made from the table ----------------------- */

struct options {
	cfg_opt_t root[MAX_KEYS];
	cfg_opt_t keys[MAX_SECTIONS][MAX_KEYS];
	char names[MAX_SECTIONS][32];
	int n_sections;
};

/* Puts one key behind the last of an array of options. */
static void
option_add(cfg_opt_t *opts, const struct key *k)
{
	opts[cfg_numopts(opts)] = (cfg_opt_t){
		.name = key_leaf(k),
		.type = CFGT_STR,
		.flags = CFGF_NODEFAULT | (k->is_list ? CFGF_LIST : 0),
		.validcb = on_value,
	};
}

/* The options of the section a key is in. */
static cfg_opt_t *
options_section(struct options *o, const struct key *k)
{
	int n = o->n_sections;
	if (key_in(k, NULL))
		return o->root;
	for (int i = 0; i < n; i++)
		if (key_in(k, o->names[i]))
			return o->keys[i];
	snprintf(o->names[n], sizeof(o->names[n]), "%.*s",
	    (int)(key_leaf(k) - k->name - 1), k->name);
	o->n_sections++;
	return o->keys[n];
}

/* All options; the sections' arrays lie in *o. */
static void
options_make(struct options *o)
{
	for (const struct key *k = conf_keys; k->name != NULL; k++)
		option_add(options_section(o, k), k);
	for (int i = 0; i < o->n_sections; i++) {
		bool is_stream = strcmp(o->names[i], "stream") == 0;
		o->root[cfg_numopts(o->root)] = (cfg_opt_t){
			.name = o->names[i],
			.type = CFGT_SEC,
			.flags = is_stream ? CFGF_MULTI | CFGF_TITLE : 0,
			.subopts = o->keys[i],
			.validcb = is_stream ? on_stream : NULL,
		};
	}
	o->root[cfg_numopts(o->root)] = (cfg_opt_t){
		.name = "include",
		.type = CFGT_FUNC,
		.func = on_include,
	};
}

/* ---- for conf.c ------------------------------------------------------ */

int
read_open(struct reading *r)
{
	struct options *o = xcalloc(1, sizeof(*o));
	options_make(o);
	r->file = r->path;
	r->root = cfg_init(o->root, CFGF_NONE);
	free(o); /* libconfuse has copied it */
	if (r->root == NULL)
		return fault(r->fault, FAULT_INTERNAL,
		    "libconfuse cannot be set up");
	cfg_set_error_function(r->root, on_error);
	now = r;
	int rc = parse_file(r->root, r->path);
	now = NULL;
	return rc;
}

void
read_close(struct reading *r)
{
	if (r->root != NULL)
		cfg_free(r->root);
	r->root = NULL;
}

int
read_refuse_key(const struct reading *r, const char *name, const char *fmt, ...)
{
	char sentence[sizeof(r->fault->text)];
	int i = 0;
	va_list ap;
	while (strcmp(conf_keys[i].name, name) != 0)
		i++;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	if (r->said[i].file == NULL)
		return fault(r->fault, FAULT_INVALID, "%s: %s", r->path,
		    sentence);
	return fault(r->fault, FAULT_INVALID, "%s:%d: %s", r->said[i].file,
	    r->said[i].line, sentence);
}
