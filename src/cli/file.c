/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "cli/file.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

/* Passes over a byte order mark. 0, -1 with errno. */
static int
mark_skip(FILE *f)
{
	int c = getc(f);
	if (c == EOF)
		return ferror(f) ? -1 : 0;
	if (c != 0xef) {
		ungetc(c, f);
		return 0;
	}
	if (getc(f) == 0xbb && getc(f) == 0xbf)
		return 0;
	errno = EILSEQ;
	return -1;
}

/* Says why reading failed. */
static int
unreadable(const struct cli_file *f, int error, struct fault *fault_r)
{
	return fault(fault_r, FAULT_INVALID, "cannot read %s: %s", f->name,
	    strerror(error));
}

/* Opens a file as it is. */
static int
file_open(struct cli_file *f, const char *path, struct fault *fault_r)
{
	bool is_stdin = strcmp(path, "-") == 0;
	f->name = is_stdin ? "standard input" : path;
	f->stream = is_stdin ? stdin : fopen(path, "re");
	if (f->stream == NULL)
		return fault(fault_r, FAULT_INVALID, "cannot open %s: %s", path,
		    strerror(errno));
	f->line = 0;
	return 0;
}

int
cli_file_open(struct cli_file *f, const char *path, struct fault *fault_r)
{
	if (file_open(f, path, fault_r) != 0)
		return -1;
	if (mark_skip(f->stream) == 0)
		return 0;
	unreadable(f, errno, fault_r);
	cli_file_close(f);
	return -1;
}

void
cli_file_close(struct cli_file *f)
{
	if (f->stream != stdin)
		fclose(f->stream);
}

int
cli_file_rest(struct cli_file *f, struct arena *a, const char **text_r,
    size_t *len_r, struct fault *fault_r)
{
	struct buf b = { 0 };
	size_t n;
	do {
		n = fread(buf_reserve(&b, 65536), 1, 65536, f->stream);
		b.len += n;
	} while (n > 0 && b.len <= CLI_FILE_MAX);
	int error = ferror(f->stream) ? errno
	    : b.len > CLI_FILE_MAX    ? EFBIG
				      : 0;
	char *text = arena_alloc(a, b.len + 1);
	memcpy(text, b.data, b.len);
	*text_r = text;
	*len_r = b.len;
	buf_free(&b);
	return error == 0 ? 0 : unreadable(f, error, fault_r);
}

int
cli_file_line(struct cli_file *f, struct buf *b, bool *is_too_long_r,
    struct fault *fault_r)
{
	int c;
	buf_clear(b);
	*is_too_long_r = false;
	while ((c = getc_unlocked(f->stream)) != EOF && c != '\n')
		if (b->len < CLI_LINE_MAX)
			buf_char(b, (char)c);
		else
			*is_too_long_r = true;
	if (ferror(f->stream))
		return unreadable(f, errno, fault_r);
	if (c == EOF && b->len == 0)
		return 0;
	f->line++;
	return 1;
}

int
cli_file_peek(struct cli_file *f)
{
	int c;
	while (
	    (c = getc(f->stream)) == ' ' || c == '\t' || c == '\r' || c == '\n')
		f->line += c == '\n';
	return ungetc(c, f->stream);
}

int
cli_file_read(struct arena *a, const char *path, const char **text_r,
    size_t *len_r, struct fault *fault_r)
{
	struct cli_file f;
	if (cli_file_open(&f, path, fault_r) < 0)
		return -1;
	int rc = cli_file_rest(&f, a, text_r, len_r, fault_r);
	cli_file_close(&f);
	return rc;
}

int
cli_file_bytes(struct arena *a, const char *path, const char **data_r,
    size_t *len_r, struct fault *fault_r)
{
	struct cli_file f;
	if (file_open(&f, path, fault_r) < 0)
		return -1;
	int rc = cli_file_rest(&f, a, data_r, len_r, fault_r);
	cli_file_close(&f);
	return rc;
}
