/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Content-Type and Content-Disposition of files, whose names are written as
 * RFC 2231 has them where a quoted text will not do, and base64.
 */
#include "mail/attachment.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/fault.h"
#include "mail/letter.h"

enum {
	LINE_BYTES = 57, /* of content, 76 characters */
	READ_LINES = 512,
	SPILL = 256 << 10,
	QUOTED_MAX = 50,  /* of a name, to stay on its line */
	SEGMENT_MAX = 50, /* of a piece of a name */
	ID_MAX = 200
};

static const struct {
	const char *end, *type;
} types[] = {
	{ "avif", "image/avif" },
	{ "bmp", "image/bmp" },
	{ "css", "text/css" },
	{ "csv", "text/csv" },
	{ "doc", "application/msword" },
	{ "docx",
	    "application/vnd.openxmlformats-officedocument."
	    "wordprocessingml.document" },
	{ "gif", "image/gif" },
	{ "gz", "application/gzip" },
	{ "htm", "text/html" },
	{ "html", "text/html" },
	{ "ics", "text/calendar" },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "json", "application/json" },
	{ "md", "text/markdown" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "odp", "application/vnd.oasis.opendocument.presentation" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "pdf", "application/pdf" },
	{ "png", "image/png" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx",
	    "application/vnd.openxmlformats-officedocument."
	    "presentationml.presentation" },
	{ "rtf", "application/rtf" },
	{ "svg", "image/svg+xml" },
	{ "tar", "application/x-tar" },
	{ "tif", "image/tiff" },
	{ "tiff", "image/tiff" },
	{ "txt", "text/plain" },
	{ "vcf", "text/vcard" },
	{ "wav", "audio/wav" },
	{ "webm", "video/webm" },
	{ "webp", "image/webp" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx",
	    "application/vnd.openxmlformats-officedocument."
	    "spreadsheetml.sheet" },
	{ "xml", "application/xml" },
	{ "zip", "application/zip" },
};

/* ---- what a file is ---------------------------------------------------- */

static bool
is_token_char(char c)
{
	return isalnum((unsigned char)c) ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`{|}~", c) != NULL);
}

/* Moves behind a token; false if there is none. */
static bool
take_token(const char **p)
{
	const char *from = *p;
	while (is_token_char(**p))
		(*p)++;
	return *p != from;
}

/* Moves behind a token or a quoted text. */
static bool
take_value(const char **p)
{
	if (**p != '"')
		return take_token(p);
	for ((*p)++; **p != '"'; (*p)++)
		if (**p < ' ' || **p > '~' || **p == '\\')
			return false;
	(*p)++;
	return true;
}

bool
attachment_type_valid(const char *type)
{
	const char *p = type;
	if (strlen(type) > ATTACHMENT_TYPE_MAX || !take_token(&p) ||
	    *p++ != '/' || !take_token(&p))
		return false;
	for (;;) {
		p += strspn(p, " ");
		if (*p == '\0')
			return true;
		if (*p++ != ';')
			return false;
		p += strspn(p, " ");
		if (!take_token(&p) || *p++ != '=' || !take_value(&p))
			return false;
	}
}

bool
attachment_id_valid(const char *id)
{
	size_t n = strlen(id);
	for (size_t i = 0; i < n; i++)
		if (id[i] <= ' ' || id[i] > '~' ||
		    strchr("<>()[]\\,;:\"", id[i]) != NULL)
			return false;
	return n > 0 && n <= ID_MAX;
}

const char *
attachment_type_of(const char *name)
{
	const char *dot = name == NULL ? NULL : strrchr(name, '.');
	for (size_t i = 0; dot != NULL && i < N_OF(types); i++)
		if (strcasecmp(types[i].end, dot + 1) == 0)
			return types[i].type;
	return "application/octet-stream";
}

/* The type as it may be written: what would have to be a message or a
 * multipart cannot be in base64 (RFC 2046, 5). */
static const char *
type_to_write(const struct letter_file *f)
{
	return strncasecmp(f->type, "multipart/", 10) == 0 ||
		strncasecmp(f->type, "message/", 8) == 0
	    ? "application/octet-stream"
	    : f->type;
}

/* ---- its fields -------------------------------------------------------- */

static bool
is_quotable(const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < n; i++)
		if (name[i] < ' ' || name[i] > '~')
			return false;
	/* What looks like an encoded-word would be read as one. */
	return n <= QUOTED_MAX && strstr(name, "=?") == NULL;
}

/* Appends a parameter on lines of its own. */
static void
put_parameter(struct buf *b, const char *key, const char *value)
{
	if (is_quotable(value)) {
		buf_printf(b, ";\r\n %s=\"", key);
		for (const char *p = value; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				buf_char(b, '\\');
			buf_char(b, *p);
		}
		buf_char(b, '"');
		return;
	}
	size_t room = 0;
	int n = 0;
	for (const char *p = value; *p != '\0'; p++) {
		bool starts = ((unsigned char)*p & 0xc0) != 0x80;
		/* A character's bytes stay together: the longest needs 12. */
		if (n == 0 || (starts && room < 12)) {
			buf_printf(b, ";\r\n %s*%d*=%s", key, n,
			    n == 0 ? "utf-8''" : "");
			room = SEGMENT_MAX;
			n++;
		}
		room -= percent_put(b, (unsigned char)*p);
	}
}

void
attachment_write_header(struct buf *out, const struct letter_file *f,
    bool is_inline)
{
	buf_str(out, "Content-Type: ");
	buf_str(out, type_to_write(f));
	buf_str(out, "\r\nContent-Transfer-Encoding: base64\r\n");
	if (f->id != NULL) {
		buf_str(out, "Content-ID: <");
		buf_str(out, f->id);
		buf_str(out, ">\r\n");
	}
	buf_str(out, "Content-Disposition: ");
	buf_str(out, is_inline ? "inline" : "attachment");
	if (f->name != NULL)
		put_parameter(out, "filename", f->name);
	buf_str(out, "\r\n");
}

/* ---- its content ------------------------------------------------------- */

/* Reads until the piece is full or the file is over; bytes, or -1. */
static ssize_t
read_piece(int fd, char *piece, size_t n)
{
	size_t have = 0;
	while (have < n) {
		ssize_t got = read(fd, piece + have, n - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

/* Appends a piece as lines. */
static void
put_lines(struct buf *out, const char *piece, size_t n)
{
	for (size_t i = 0; i < n; i += LINE_BYTES) {
		size_t part = n - i < LINE_BYTES ? n - i : LINE_BYTES;
		char *to = buf_reserve(out, BASE64_LEN(LINE_BYTES) + 2);
		out->len += base64_encode(piece + i, part, to);
		buf_add(out, "\r\n", 2);
	}
}

int
attachment_write_body(struct buf *out, const struct letter *l,
    const struct letter_file *f, struct fault *fault_r)
{
	char piece[LINE_BYTES * READ_LINES];
	int64_t all = 0;
	ssize_t n;
	int fd = open(f->path, O_RDONLY | O_CLOEXEC), rc = 0;
	if (fd < 0)
		/* A file that is gone does not come back. */
		return fault(fault_r,
		    errno == ENOENT ? FAULT_INTERNAL : FAULT_UNAVAILABLE,
		    "The attachment `%.100s` cannot be read: %s.",
		    f->name != NULL ? f->name : f->type, strerror(errno));
	while ((n = read_piece(fd, piece, sizeof(piece))) > 0 && rc == 0) {
		put_lines(out, piece, (size_t)n);
		all += n;
		if (l->spill != NULL && out->len >= SPILL)
			rc = l->spill(l->spill_arg, out, fault_r);
	}
	close(fd);
	if (rc == 0 && (n < 0 || all != f->size))
		return fault(fault_r, FAULT_INTERNAL,
		    "Of the attachment `%.100s` %lld bytes can be read where "
		    "there were %lld.",
		    f->name != NULL ? f->name : f->type, (long long)all,
		    (long long)f->size);
	return rc;
}
