/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file on its way to libconfuse. Its scanner (3.3) counts lines wrongly
 * after comments, refuses comments inside a list, takes an unclosed comment
 * or section for the end of the file, and ends the process when it is given a
 * directory. So the file is read here, comments become blanks, and what cannot
 * be in a configuration is refused with its line.
 */
#include "conf/conf_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/utf8.h"

enum { FILE_MAX_BYTES = 1 << 20 };

struct scan {
	const char *path;
	char *p;
	int line;
	struct fault *fault;
};

static int refuse(struct scan *, const char *fmt, ...) PRINTF(2, 3);

/* Fills the fault with a sentence about the line under the scanner. */
static int
refuse(struct scan *s, const char *fmt, ...)
{
	char sentence[200];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	return fault(s->fault, FAULT_INVALID, "%s:%d: %s", s->path, s->line,
	    sentence);
}

/* The first line that holds a byte no configuration has any use for. */
static int
check_bytes(struct scan *s)
{
	for (char *end; *s->p != '\0'; s->p = end + 1, s->line++) {
		end = strchrnul(s->p, '\n');
		if (end > s->p && end[-1] == '\r')
			end[-1] = ' ';
		if (!utf8_valid(s->p, (size_t)(end - s->p)))
			return refuse(s, "the line is not UTF-8");
		for (const char *q = s->p; q < end; q++)
			if ((unsigned char)*q < ' ' && *q != '\t')
				return refuse(s,
				    "the line holds the control byte 0x%02x",
				    (unsigned char)*q);
		if (*end == '\0')
			break;
	}
	return 0;
}

/* Passes over a quoted text, which must end on its line. */
static int
pass_quoted(struct scan *s)
{
	char quote = *s->p++;
	for (; *s->p != quote; s->p++) {
		if (s->p[0] == '\\' && s->p[1] != '\0' && s->p[1] != '\n')
			s->p++;
		else if (*s->p == '\0' || *s->p == '\n')
			return refuse(s, "a text in quotes is not closed");
		else if (quote == '"' && strncmp(s->p, "${", 2) == 0)
			return refuse(s,
			    "\"${\" stands for nothing here: write \"\\${\"");
	}
	s->p++;
	return 0;
}

/* Blanks a comment that lasts to the end of its line. */
static void
blank_line(struct scan *s)
{
	while (*s->p != '\0' && *s->p != '\n')
		*s->p++ = ' ';
}

/* Blanks a comment between slash-star and star-slash. */
static int
blank_block(struct scan *s)
{
	struct scan start = *s;
	s->p += 2;
	char *end = strstr(s->p, "*/");
	if (end == NULL)
		return refuse(&start, "a comment is not closed");
	for (s->p = start.p; s->p < end + 2; s->p++) {
		if (*s->p == '\n')
			s->line++;
		else
			*s->p = ' ';
	}
	return 0;
}

/* Blanks every comment. Two slashes inside a word, as of a URL, are none. */
static int
blank_comments(struct scan *s)
{
	bool in_word = false;
	int depth = 0, open_line = 0;
	while (*s->p != '\0') {
		int rc = 0;
		bool was_in_word = in_word;
		in_word = false;
		if (*s->p == '#' ||
		    (!was_in_word && strncmp(s->p, "//", 2) == 0)) {
			blank_line(s);
		} else if (strncmp(s->p, "/*", 2) == 0) {
			rc = blank_block(s);
		} else if (*s->p == '"' || *s->p == '\'') {
			rc = pass_quoted(s);
		} else if (strncmp(s->p, "${", 2) == 0) {
			rc = refuse(s, "\"${\" stands for nothing here");
		} else {
			if (*s->p == '\n')
				s->line++;
			else if (*s->p == '{' && depth++ == 0)
				open_line = s->line;
			else if (*s->p == '}' && depth > 0)
				depth--;
			in_word = strchr(" \t\n={}()+,", *s->p) == NULL;
			s->p++;
		}
		if (rc != 0)
			return -1;
	}
	if (depth == 0)
		return 0;
	s->line = open_line;
	return refuse(s, "a brace is not closed");
}

/* Opens a regular file without being held up by a pipe. -1 with the fault. */
static int
open_regular(const char *path, off_t *size_r, struct fault *fault_r)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fault(fault_r,
		    errno == ENOENT ? FAULT_NOT_FOUND : FAULT_UNAVAILABLE,
		    "%s: cannot be opened: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= FILE_MAX_BYTES) {
		*size_r = st.st_size;
		return fd;
	}
	fault(fault_r, FAULT_INVALID, "%s: %s", path,
	    S_ISREG(st.st_mode) ? "is larger than 1 MB"
				: "is not a regular file");
	close(fd);
	return -1;
}

int
text_load(const char *path, struct arena *arena, char **text_r, size_t *len_r,
    struct fault *fault_r)
{
	off_t size = 0;
	int fd = open_regular(path, &size, fault_r);
	if (fd < 0)
		return -1;
	char *text = arena_alloc(arena, (size_t)size + 2);
	size_t len = 0;
	ssize_t n = 1;
	while (len < (size_t)size && n > 0) {
		n = read(fd, text + len, (size_t)size - len);
		if (n > 0)
			len += (size_t)n;
	}
	int saved = errno;
	close(fd);
	if (n < 0)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "%s: cannot be read: %s", path, strerror(saved));
	/* So that the last line ends, and an empty file is a stream too. */
	text[len++] = '\n';
	struct scan s = { path, text, 1, fault_r };
	if (check_bytes(&s) != 0)
		return -1;
	if (strlen(text) != len) {
		return refuse(&s, "the line holds the control byte 0x00");
	}
	s = (struct scan){ path, text, 1, fault_r };
	if (blank_comments(&s) != 0)
		return -1;
	*text_r = text;
	*len_r = len;
	return 0;
}
