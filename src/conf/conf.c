/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * From what the file says and the defaults to struct conf.
 */
#include "conf/conf.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "conf/conf_private.h"
#include "conf/read.h"

/* Streams that exist without being written down. */
static const char *const given_streams[] = { "automation", "transactional" };

/* ---- from options to the struct -------------------------------------- */

/* The default of a key, with its directory in front. */
static const char *
default_text(const struct conf *c, const struct key *k)
{
	const char *v = k->value;
	if (v != NULL && strncmp(v, "state_dir/", 10) == 0)
		return arena_printf(c->arena, "%s%s", c->state_dir, v + 9);
	if (v != NULL && strncmp(v, "run_dir/", 8) == 0)
		return arena_printf(c->arena, "%s%s", c->run_dir, v + 7);
	return v;
}

/* True if the file gave that option a value, be it an empty list. */
static bool
is_said(const cfg_opt_t *opt)
{
	return (opt->flags & CFGF_MODIFIED) != 0;
}

/* Sets one key of base from a section of the file, or by its default. */
static int
assign(struct conf *c, struct reading *r, const struct key *k, cfg_t *section,
    void *base)
{
	cfg_opt_t *opt = cfg_getopt(section, key_leaf(k));
	void *to = (char *)base + k->at;
	const char *preset = is_said(opt) ? NULL : default_text(c, k);
	unsigned n = is_said(opt) ? cfg_opt_size(opt) : preset != NULL;
	char **texts = NULL;
	if (k->is_list) {
		texts = arena_alloc(c->arena, (n + 1) * sizeof(char *));
		*(char ***)to = texts;
	}
	for (unsigned i = 0; i < n; i++) {
		if (k->is_list)
			to = &texts[i];
		if (value_read(k, preset ? preset : cfg_opt_getnstr(opt, i),
			c->arena, to, r->fault) != 0)
			return fault_at(r->fault, "%s", c->path);
	}
	return 0;
}

/* The stream of a name, made if there is none. */
static struct conf_stream *
stream_get(struct conf *c, const char *name)
{
	for (int i = 0; i < c->n_streams; i++)
		if (strcmp(c->streams[i].name, name) == 0)
			return &c->streams[i];
	c->streams[c->n_streams].name = arena_strdup(c->arena, name);
	return &c->streams[c->n_streams++];
}

/* Sets the streams: those always there, then the file's. */
static int
assign_streams(struct conf *c, struct reading *r)
{
	unsigned n = cfg_size(r->root, "stream");
	c->streams = arena_alloc(c->arena,
	    (n + N_OF(given_streams)) * sizeof(*c->streams));
	for (size_t i = 0; i < N_OF(given_streams); i++)
		stream_get(c, given_streams[i]);
	/* Old responders know this header only (RFC 3834, 3.1.8). */
	stream_get(c, "automation")->precedence =
	    arena_strdup(c->arena, "bulk");
	for (unsigned i = 0; i < n; i++) {
		cfg_t *section = cfg_getnsec(r->root, "stream", i);
		struct conf_stream *s = stream_get(c, cfg_title(section));
		for (const struct key *k = conf_keys; k->name != NULL; k++)
			if (key_in(k, "stream") &&
			    is_said(cfg_getopt(section, key_leaf(k))) &&
			    assign(c, r, k, section, s) != 0)
				return -1;
	}
	return 0;
}

/* The default that depends on the machine. */
static void
assign_found_out(struct conf *c)
{
	char host[256] = "";
	if (c->node_name != NULL)
		return;
	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		snprintf(host, sizeof(host), "localhost");
	c->node_name = arena_strdup(c->arena, host);
}

/* ---- checks of the whole --------------------------------------------- */

/* A certificate needs its key, and the other way round. */
static int
check_tls(const struct reading *r, const char *section,
    const struct conf_listener *l)
{
	char key[64];
	if ((l->tls_certificate == NULL) == (l->tls_key == NULL))
		return 0;
	snprintf(key, sizeof(key), "%s.%s", section,
	    l->tls_key == NULL ? "tls_certificate" : "tls_key");
	return read_refuse_key(r, key, "%s needs %s.%s too", key, section,
	    l->tls_key == NULL ? "tls_key" : "tls_certificate");
}

static int
check_whole(const struct conf *c, const struct reading *r)
{
	if (check_tls(r, "api", &c->api) != 0 ||
	    check_tls(r, "public", &c->public) != 0)
		return -1;
	if (strcmp(c->inject_backend, "maildir") == 0 &&
	    c->inject_maildir == NULL)
		return read_refuse_key(r, "injection.backend",
		    "injection.backend \"maildir\" needs injection.maildir");
	if (c->inject_user != NULL && c->inject_password_file == NULL)
		return read_refuse_key(r, "injection.user",
		    "injection.user and injection.password_file need each "
		    "other");
	if (c->inject_user == NULL && c->inject_password_file != NULL)
		return read_refuse_key(r, "injection.password_file",
		    "injection.password_file and injection.user need each "
		    "other");
	if (c->inject_tls_ca != NULL && strcmp(c->inject_tls, "verify") != 0)
		return read_refuse_key(r, "injection.tls_ca",
		    "injection.tls_ca is for injection.tls \"verify\"");
	if (c->retry_first_ms > c->retry_last_ms)
		return read_refuse_key(r, "injection.retry_first",
		    "injection.retry_first is longer than "
		    "injection.retry_last");
	if (strcmp(c->api_socket, c->events_socket) == 0)
		return read_refuse_key(r, "events.socket",
		    "events.socket and api.socket are the same");
	return 0;
}

/* ---- the public side ------------------------------------------------- */

/* The section of the file that a key is in. */
static cfg_t *
section_of(const struct key *k, cfg_t *root)
{
	char section[32];
	if (key_in(k, NULL))
		return root;
	snprintf(section, sizeof(section), "%.*s",
	    (int)(key_leaf(k) - k->name - 1), k->name);
	return cfg_getsec(root, section);
}

/* Fills the struct from the file. */
static int
fill(struct conf *c, struct reading *r)
{
	if (read_open(r) != 0)
		return -1;
	for (const struct key *k = conf_keys; k->name != NULL; k++)
		if (!key_in(k, "stream") &&
		    assign(c, r, k, section_of(k, r->root), c) != 0)
			return -1;
	if (assign_streams(c, r) != 0)
		return -1;
	assign_found_out(c);
	return check_whole(c, r);
}

struct conf *
conf_load(const char *path, struct fault *fault_r)
{
	struct arena *arena = arena_new();
	struct conf *c = arena_alloc(arena, sizeof(*c));
	c->arena = arena;
	c->path = arena_strdup(arena, path);
	struct reading r = {
		.path = c->path,
		.arena = arena,
		.fault = fault_r,
	};
	int rc = fill(c, &r);
	read_close(&r);
	if (rc == 0)
		return c;
	arena_free(arena);
	return NULL;
}

void
conf_free(struct conf *c)
{
	if (c != NULL)
		arena_free(c->arena);
}

const struct conf_stream *
conf_stream_find(const struct conf *c, const char *name)
{
	for (int i = 0; i < c->n_streams; i++)
		if (strcmp(c->streams[i].name, name) == 0)
			return &c->streams[i];
	return NULL;
}

/* True if a key of streams is the same in every stream of both. */
static bool
streams_equal(const struct key *k, const struct conf *a, const struct conf *b)
{
	if (a->n_streams != b->n_streams)
		return false;
	for (int i = 0; i < a->n_streams; i++) {
		const struct conf_stream *s =
		    conf_stream_find(b, a->streams[i].name);
		if (s == NULL || !value_equal(k, &a->streams[i], s))
			return false;
	}
	return true;
}

int
conf_compare(const struct conf *old, const struct conf *new,
    void (*each)(void *arg, const char *key, bool reloadable), void *arg)
{
	int n = 0;
	for (const struct key *k = conf_keys; k->name != NULL; k++) {
		bool same = key_in(k, "stream") ? streams_equal(k, old, new)
						: value_equal(k, old, new);
		if (same)
			continue;
		n++;
		if (each != NULL)
			each(arg, k->name, k->is_reloadable);
	}
	return n;
}
