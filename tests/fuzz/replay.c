/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main of a fuzz target where there is no libFuzzer: gives it each file of
 * its folder tests/fuzz/corpus/<what>, or the files it is told.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tests/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Gives one file; a target that finds something wrong ends the process. */
static void
replay(const char *path)
{
	struct buf b = { 0 };
	char piece[4096];
	size_t n;
	FILE *fp = fopen(path, "r");
	const char *name = strrchr(path, '/');
	name = name == NULL ? path : name + 1;
	if (fp == NULL) {
		ok(false, "%s can be opened", path);
		return;
	}
	while ((n = fread(piece, 1, sizeof(piece), fp)) > 0)
		buf_add(&b, piece, n);
	ok(!ferror(fp), "read: %s", name);
	fclose(fp);
	/* A copy of its very size shows the sanitizers a byte too many. */
	uint8_t *exact = malloc(b.len + (b.len == 0));
	if (b.len > 0)
		memcpy(exact, b.data, b.len);
	is_int(LLVMFuzzerTestOneInput(exact, b.len), 0, name);
	free(exact);
	buf_free(&b);
}

/* ".../fuzz_what.t" -> what */
static void
corpus_path(const char *program, char *path, size_t room)
{
	const char *what = strstr(program, "fuzz_"), *next;
	const char *top = getenv("top_srcdir");
	while (what != NULL && (next = strstr(what + 1, "fuzz_")) != NULL)
		what = next;
	what = what == NULL ? program : what + 5;
	snprintf(path, room, "%s/tests/fuzz/corpus/%.*s",
	    top == NULL ? "." : top, (int)strcspn(what, "."), what);
}

int
main(int argc, char **argv)
{
	char dir[600], path[900];
	struct dirent *e;
	int n = 0;
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc > 1)
		return tap_done();
	corpus_path(argv[0], dir, sizeof(dir));
	DIR *d = opendir(dir);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		replay(path);
		n++;
	}
	if (d != NULL)
		closedir(d);
	is_int(LLVMFuzzerTestOneInput((const uint8_t *)"", 0), 0, "no bytes");
	ok(n > 0, "%s holds %d files", dir, n);
	return tap_done();
}
