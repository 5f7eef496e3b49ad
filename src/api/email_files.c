/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contents come as base64, as what Node makes of a Buffer, or as a data: URL.
 * Nothing is fetched from anywhere.
 */
#include "api/email_files.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "mail/attachment.h"
#include "store/blobs.h"

enum { ALL_MAX = 40 << 20 };

/* A file being read: the i-th. */
struct reading {
	struct call *call;
	const json_t *body;
	struct draft_file *file;
	size_t i;
};

static int
bad(const struct reading *r, const char *field, const char *why,
    struct fault *fault_r)
{
	return fault(fault_r, FAULT_ATTACHMENT, "`attachments[%zu].%s` %s.",
	    r->i, field, why);
}

/* ---- what is said of a file -------------------------------------------- */

static int
read_name(struct reading *r, struct fault *fault_r)
{
	const char *name;
	int rc = json_get_string(r->body, "filename", &name, fault_r);
	if (rc <= 0)
		return rc;
	size_t n = strlen(name);
	if (n > ATTACHMENT_NAME_MAX || utf8_has_control(name, n))
		return bad(r, "filename",
		    "must have at most 255 bytes and no control characters",
		    fault_r);
	r->file->file.name = n > 0 ? name : NULL;
	return 0;
}

/* The type as given, else as a data: URL or the name tells. */
static int
read_type(struct reading *r, struct fault *fault_r)
{
	struct email_attachment *m = &r->file->file;
	const char *type;
	int rc = json_get_string(r->body, "content_type", &type, fault_r);
	if (rc < 0)
		return -1;
	if (rc == 1 && !attachment_type_valid(type))
		return bad(r, "content_type",
		    "must be a type such as image/png", fault_r);
	if (rc == 1)
		m->type = type;
	else if (m->type == NULL)
		m->type = attachment_type_of(m->name);
	return 0;
}

static int
read_id(struct reading *r, struct fault *fault_r)
{
	const char *id;
	int rc = json_get_string(r->body, "content_id", &id, fault_r);
	if (rc <= 0)
		return rc;
	if (!attachment_id_valid(id))
		return bad(r, "content_id",
		    "must have 1 to 200 ASCII characters without blanks, "
		    "brackets, commas, colons or quotes",
		    fault_r);
	r->file->file.content_id = id;
	return 0;
}

/* ---- where its content is ---------------------------------------------- */

/* Percent-encoded text as base64, so that there is one way from here. */
static const char *
decode_percent(struct arena *a, const char *text)
{
	size_t n = strlen(text), len = 0;
	char *plain = xmalloc(n + 1);
	for (const char *p = text; *p != '\0'; p++) {
		char hex[3] = { 0 };
		if (*p == '%' && isxdigit((unsigned char)p[1]) &&
		    isxdigit((unsigned char)p[2])) {
			memcpy(hex, p + 1, 2);
			plain[len++] = (char)strtol(hex, NULL, 16);
			p += 2;
		} else {
			plain[len++] = *p;
		}
	}
	char *out = arena_alloc(a, BASE64_LEN(len));
	base64_encode(plain, len, out);
	free(plain);
	return out;
}

/* "data:[type][;base64],content" */
static int
read_data_url(struct reading *r, const char *url, struct fault *fault_r)
{
	struct arena *a = r->call->arena;
	const char *type = url + 5, *comma = strchr(type, ',');
	if (comma == NULL)
		return bad(r, "path", "is a data: URL without a comma",
		    fault_r);
	size_t n = (size_t)(comma - type);
	bool is_base64 = n >= 7 && strncasecmp(comma - 7, ";base64", 7) == 0;
	if (is_base64)
		n -= 7;
	if (n > 0 && n <= ATTACHMENT_TYPE_MAX) {
		const char *copy = arena_strndup(a, type, n);
		if (attachment_type_valid(copy))
			r->file->file.type = copy;
	}
	r->file->text = is_base64 ? comma + 1 : decode_percent(a, comma + 1);
	return 0;
}

static int
read_path(struct reading *r, struct fault *fault_r)
{
	const char *path;
	int rc = json_get_string(r->body, "path", &path, fault_r);
	if (rc <= 0)
		return rc;
	if (r->file->content != NULL)
		return bad(r, "path", "and `content` exclude each other",
		    fault_r);
	if (strncasecmp(path, "data:", 5) != 0)
		return bad(r, "path",
		    "is not fetched: this server reads no files from other "
		    "places. Give the file as base64 in `content`",
		    fault_r);
	return read_data_url(r, path, fault_r);
}

/* The content: a text, or {"type":"Buffer","data":[...]}. */
static int
read_content(struct reading *r, struct fault *fault_r)
{
	const json_t *v = json_object_get(r->body, "content");
	if (v == NULL || json_is_null(v))
		return 0;
	r->file->content = v;
	r->file->text = json_string_value(v);
	const json_t *data = json_object_get(v, "data");
	return r->file->text != NULL || json_is_array(data)
	    ? 0
	    : bad(r, "content", "must be a string of base64", fault_r);
}

static int
read_file(struct reading *r, struct fault *fault_r)
{
	if (!json_is_object(r->body))
		return fault(fault_r, FAULT_ATTACHMENT,
		    "`attachments[%zu]` must be an object.", r->i);
	if (read_name(r, fault_r) < 0 || read_content(r, fault_r) != 0 ||
	    read_path(r, fault_r) != 0 || read_type(r, fault_r) != 0 ||
	    read_id(r, fault_r) < 0)
		return -1;
	return r->file->content != NULL || r->file->text != NULL
	    ? 0
	    : bad(r, "content", "is missing", fault_r);
}

int
email_files_read(struct call *c, const json_t *body, struct draft *d,
    struct fault *fault_r)
{
	json_t *list;
	int rc = json_get_array(body, "attachments", &list, fault_r);
	if (rc <= 0)
		return rc;
	size_t n = json_array_size(list);
	if (n > EMAIL_FILES_MAX)
		return fault(fault_r, FAULT_ATTACHMENT,
		    "`attachments` has %zu elements; at most %d are taken.", n,
		    EMAIL_FILES_MAX);
	d->files = arena_alloc(c->arena, n * sizeof(*d->files));
	for (size_t i = 0; i < n; i++) {
		struct reading r = { c, json_array_get(list, i), &d->files[i],
			i };
		if (read_file(&r, fault_r) != 0)
			return -1;
		d->n_files++;
	}
	return 0;
}

/* ---- on disk ----------------------------------------------------------- */

/* The bytes of an array of numbers. Length, or -1. */
static int64_t
numbers_decode(const json_t *data, unsigned char *out)
{
	size_t i;
	json_t *v;
	json_array_foreach (data, i, v) {
		json_int_t n = json_integer_value(v);
		if (!json_is_integer(v) || n < 0 || n > 255)
			return -1;
		out[i] = (unsigned char)n;
	}
	return (int64_t)json_array_size(data);
}

/* The content of a file, to be freed. Length, or -1. */
static int64_t
decode(const struct draft_file *f, unsigned char **out_r)
{
	if (f->text != NULL) {
		size_t n = strlen(f->text);
		*out_r = xmalloc(n / 4 * 3 + 4);
		return base64_decode(f->text, n, *out_r);
	}
	const json_t *data = json_object_get(f->content, "data");
	*out_r = xmalloc(json_array_size(data) + 1);
	return numbers_decode(data, *out_r);
}

int
email_files_store(struct call *c, struct draft *d, struct fault *fault_r)
{
	const char *state_dir = ((const struct conf *)c->api->conf)->state_dir;
	int64_t all = 0;
	for (int i = 0; i < d->n_files; i++) {
		struct email_attachment *m = &d->files[i].file;
		unsigned char *content;
		int64_t n = decode(&d->files[i], &content);
		int rc = 0;
		if (n < 0)
			rc = fault(fault_r, FAULT_ATTACHMENT,
			    "`attachments[%d].content` is not base64.", i);
		else if ((all += n) > ALL_MAX)
			rc = fault(fault_r, FAULT_ATTACHMENT,
			    "The attachments have over %d bytes together.",
			    ALL_MAX);
		else
			rc = blob_put(state_dir, content, (size_t)n, m->hash,
			    fault_r);
		m->size = n;
		free(content);
		if (rc != 0)
			return -1;
	}
	return 0;
}
