/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every key stands in postflow.conf(5) and in the sample, with its default and
 * its range, and nothing else does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fault.h"
#include "conf/conf.h"
#include "tests/tap.h"

enum { MAX_KEYS = 96 };

static int found[MAX_KEYS]; /* how often a paper names the key */

/* A line of a built file at a time; NULL at the end. */
static FILE *
open_built(const char *name)
{
	char path[600];
	const char *top = getenv("top_builddir");
	snprintf(path, sizeof(path), "%s/%s", top == NULL ? "." : top, name);
	FILE *fp = fopen(path, "r");
	if (fp == NULL) {
		printf("Bail out! cannot open %s\n", path);
		exit(1);
	}
	return fp;
}

/* The index of the key; -1 with a failed test if there is none. */
static int
key_index(const char *section, const char *leaf, const char *paper)
{
	char name[200];
	snprintf(name, sizeof(name), "%s%s%s", section,
	    section[0] != '\0' ? "." : "", leaf);
	for (int i = 0; conf_key_name(i) != NULL; i++)
		if (strcmp(conf_key_name(i), name) == 0) {
			found[i]++;
			return i;
		}
	ok(false, "%s names %s, which is no key", paper, name);
	return -1;
}

static void
check_found(const char *paper)
{
	for (int i = 0; conf_key_name(i) != NULL; i++)
		ok(found[i] == 1, "%s names %s once", paper, conf_key_name(i));
	memset(found, 0, sizeof(found));
}

/* ---- the manual ---------------------------------------------------------- */

/* The end of the paragraph about a key, as it must be. */
static void
expected_default(int i, char *line, size_t room)
{
	const char *least, *most, *preset = conf_key_default(i);
	conf_key_range(i, &least, &most);
	if (least == NULL)
		snprintf(line, room, "Default: %s.\n", preset);
	else if (most == NULL)
		snprintf(line, room, "Default: %s; one of %s.\n", preset,
		    least);
	else
		snprintf(line, room, "Default: %s; from %s to %s.\n", preset,
		    least, most);
}

/* "Default: ..." of the key last named. */
static void
check_default(int i, const char *line)
{
	char expected[300];
	if (i < 0)
		return;
	if (conf_key_default(i) == NULL) {
		ok(strlen(line) > 10, "%s: a default is told",
		    conf_key_name(i));
		return;
	}
	expected_default(i, expected, sizeof(expected));
	is(line, expected, conf_key_name(i));
}

/* The first word behind a macro. */
static void
word(const char *line, const char *macro, char *out, size_t room)
{
	const char *p = line + strlen(macro);
	snprintf(out, room, "%.*s", (int)strcspn(p, " \n"), p);
}

static void
test_manual(void)
{
	char line[2000], section[100] = "", leaf[100];
	FILE *fp = open_built("man/postflow.conf.5");
	bool in_keys = false, has_default = true;
	int key = -1;
	while (fgets(line, sizeof(line), fp) != NULL) {
		if (strncmp(line, ".Sh ", 4) == 0)
			in_keys = strcmp(line, ".Sh KEYS\n") == 0;
		if (!in_keys)
			continue;
		if (strncmp(line, ".Ss ", 4) == 0) {
			word(line, ".Ss ", section, sizeof(section));
			if (strcmp(section, "Top") == 0)
				section[0] = '\0';
		} else if (strncmp(line, ".It Ic ", 7) == 0) {
			ok(has_default, "the key before has a default");
			word(line, ".It Ic ", leaf, sizeof(leaf));
			key = key_index(section, leaf, "the manual");
			has_default = false;
		} else if (strncmp(line, "Default:", 8) == 0) {
			check_default(key, line);
			has_default = true;
		}
	}
	ok(has_default, "the last key has a default");
	fclose(fp);
	check_found("the manual");
}

/* What the manual says of reloading is what the table says. */
static void
test_manual_reloading(void)
{
	char line[2000], section[100] = "", leaf[100], name[220] = "";
	FILE *fp = open_built("man/postflow.conf.5");
	bool says = false, in_keys = false;
	while (fgets(line, sizeof(line), fp) != NULL) {
		if (strncmp(line, ".Sh ", 4) == 0)
			in_keys = strcmp(line, ".Sh KEYS\n") == 0;
		if (strncmp(line, ".Ss ", 4) == 0)
			word(line, ".Ss ", section, sizeof(section));
		if (strncmp(line, "Reloaded", 8) == 0)
			says = true;
		if (in_keys && strncmp(line, "Default:", 8) == 0) {
			ok(says == conf_reloadable(name),
			    "%s is %sreloaded, and the manual says so", name,
			    says ? "" : "not ");
		}
		if (strncmp(line, ".It Ic ", 7) == 0) {
			word(line, ".It Ic ", leaf, sizeof(leaf));
			snprintf(name, sizeof(name), "%s%s%s",
			    strcmp(section, "Top") == 0 ? "" : section,
			    strcmp(section, "Top") == 0 ? "" : ".", leaf);
			says = false;
		}
	}
	fclose(fp);
}

/* ---- the sample ---------------------------------------------------------- */

/* Reads the sample with its keys as if they were no comments. */
static void
sample_read(struct buf *text)
{
	char line[2000], section[100] = "", leaf[100];
	FILE *fp = open_built("conf/postflow.conf.sample");
	bool after_comment = false;
	while (fgets(line, sizeof(line), fp) != NULL) {
		char *p = line + strspn(line, "\t");
		bool is_key = p[0] == '#' && p[1] != ' ' && p[1] != '\n';
		if (is_key) {
			word(p, "#", leaf, sizeof(leaf));
			key_index(section, leaf, "the sample");
			ok(after_comment, "%s follows a comment", leaf);
			*p = ' ';
		} else if (p[0] == '}') {
			section[0] = '\0';
		} else if (p[0] != '#' && p[0] != '\n') {
			word(p, "", section, sizeof(section));
		}
		after_comment = !is_key && p[0] == '#';
		buf_str(text, line);
	}
	fclose(fp);
}

static void
differs(void *arg, const char *key, bool reloadable)
{
	(void)arg, (void)reloadable;
	ok(false, "the sample has the default of %s", key);
}

/* Loads a text. */
static struct conf *
load(const char *text, size_t len)
{
	char path[400];
	struct fault f;
	snprintf(path, sizeof(path), "%s/conf", tap_dir());
	FILE *fp = fopen(path, "w");
	if (fp == NULL || fwrite(text, 1, len, fp) != len || fclose(fp) != 0) {
		printf("Bail out! cannot write %s\n", path);
		exit(1);
	}
	struct conf *c = conf_load(path, &f);
	ok(c != NULL, "taken%s%s", c == NULL ? ": " : "",
	    c == NULL ? f.text : "");
	return c;
}

static void
test_sample(void)
{
	struct buf text = { 0 };
	sample_read(&text);
	struct conf *said = load(text.data, text.len);
	struct conf *preset = load("", 0);
	if (said != NULL && preset != NULL)
		conf_compare(preset, said, differs, NULL);
	conf_free(said);
	conf_free(preset);
	buf_free(&text);
	check_found("the sample");
}

int
main(void)
{
	test_manual();
	test_manual_reloading();
	test_sample();
	return tap_done();
}
