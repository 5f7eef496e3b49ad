/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader of multipart/form-data: what comes out is written down as a text,
 * "<name|filename>content</>", and must be the same wherever the body was cut.
 */
#include "http/multipart.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "http/parameter.h"
#include "tests/tap.h"

#define TYPE       "multipart/form-data; boundary=xyz"
#define HEAD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"

static int
on_begin(void *arg, const char *name, const char *filename, struct fault *f)
{
	(void)f;
	buf_printf(arg, "<%s|%s>", name, filename != NULL ? filename : "-");
	return 0;
}

static int
on_data(void *arg, const char *p, size_t n, struct fault *f)
{
	(void)f;
	buf_add(arg, p, n);
	return 0;
}

static int
on_end(void *arg, struct fault *f)
{
	(void)f;
	buf_str(arg, "</>");
	return 0;
}

/* Reads a body in pieces of those lengths, the second being the rest. What came
 * out, or "!" and what is wrong. */
static char *
read_body(const char *type, const char *body, size_t len, size_t first,
    size_t each)
{
	struct buf out = { 0 };
	struct fault f;
	const struct multipart_sink sink = { on_begin, on_data, on_end, &out };
	struct multipart *m = multipart_new(type, &sink, &f);
	int rc = m == NULL ? -1 : 0;
	for (size_t at = 0, n; rc == 0 && at < len; at += n) {
		n = at == 0 && first > 0 ? first : each;
		n = n < len - at ? n : len - at;
		char *copy = xmalloc(n);
		memcpy(copy, body + at, n);
		rc = multipart_feed(m, copy, n, &f);
		free(copy);
	}
	if (rc == 0)
		rc = multipart_end(m, &f);
	multipart_free(m);
	if (rc != 0) {
		buf_clear(&out);
		buf_printf(&out, "!%s", f.text);
	}
	return buf_take(&out);
}

static char *
read_whole(const char *body)
{
	return read_body(TYPE, body, strlen(body), 0, strlen(body) + 1);
}

static const struct {
	const char *what, *body, *out;
} good[] = {
	{ "one part", "--xyz\r\n" HEAD("a") "1\r\n--xyz--\r\n", "<a|->1</>" },
	{ "two, and no line end at the end",
	    "--xyz\r\n" HEAD("a") "1\r\n--xyz\r\n" HEAD("b") "2\r\n--xyz--",
	    "<a|->1</><b|->2</>" },
	{ "a preamble and an epilogue",
	    "for old readers\r\n--xyz\r\n" HEAD(
		"a") "1\r\n--xyz--\r\n--xyz\r\nbye",
	    "<a|->1</>" },
	{ "empty content", "--xyz\r\n" HEAD("a") "\r\n--xyz--", "<a|-></>" },
	{ "no content at all", "--xyz\r\n" HEAD("a") "--xyz--", "<a|-></>" },
	{ "blanks behind the boundary", "--xyz \t\r\n" HEAD("a") "1\r\n--xyz--",
	    "<a|->1</>" },
	{ "no parts", "--xyz--", "" },
	{ "a file's name",
	    "--xyz\r\nContent-Type: text/csv\r\ncontent-disposition: "
	    "Form-Data; Name=file; filename=\"blob\"\r\n\r\nx\r\n--xyz--",
	    "<file|blob>x</>" },
	{ "a name with quotes and a semicolon",
	    "--xyz\r\nContent-Disposition: form-data; "
	    "filename=\"a;\\\"b\\\".c\";"
	    " name=\"f\"\r\n\r\nx\r\n--xyz--",
	    "<f|a;\"b\".c>x</>" },
	{ "a path of another system",
	    "--xyz\r\nContent-Disposition: form-data; name=\"f\"; "
	    "filename=\"C:\\dir\\a.csv\"; filename*=UTF-8''a.csv\r\n\r\n"
	    "x\r\n--xyz--",
	    "<f|C:\\dir\\a.csv>x</>" },
	{ "content that looks like a boundary",
	    "--xyz\r\n" HEAD(
		"a") "--xy\r\n--xy\r\n\r\r\n--x\n--xyz\r--xyz\r\n--xyz--",
	    "<a|->--xy\r\n--xy\r\n\r\r\n--x\n--xyz\r--xyz</>" },
	{ "line ends of content are content",
	    "--xyz\r\n" HEAD("a") "\r\n1\n\r\n\r\n--xyz--",
	    "<a|->\r\n1\n\r\n</>" },
	{ "binary as its encoding",
	    "--xyz\r\nContent-Transfer-Encoding: binary\r\n" HEAD(
		"a") "1\r\n--xyz--",
	    "<a|->1</>" },
};

/* Each of them whole, byte by byte, and cut in two at every place. */
static void
test_good(void)
{
	for (size_t i = 0; i < N_OF(good); i++) {
		const char *body = good[i].body;
		size_t len = strlen(body), n_wrong = 0;
		char *out = read_whole(body);
		is(out, good[i].out, good[i].what);
		for (size_t cut = 0; cut <= len; cut++) {
			char *other =
			    read_body(TYPE, body, len, cut, cut == 0 ? 1 : len);
			n_wrong += strcmp(other, out) != 0;
			free(other);
		}
		is_int(n_wrong, 0, "the same wherever it is cut");
		free(out);
	}
}

static const struct {
	const char *what, *body, *words;
} bad[] = {
	{ "nothing", "", "ends without its final boundary `--xyz--`" },
	{ "no final boundary", "--xyz\r\n" HEAD("a") "1\r\n--xyz\r\n",
	    "ends without its final boundary" },
	{ "an end within the content", "--xyz\r\n" HEAD("a") "1",
	    "ends without its final boundary" },
	{ "an end within the final boundary",
	    "--xyz\r\n" HEAD("a") "1\r\n--xyz-",
	    "ends without its final boundary" },
	{ "another boundary", "--xyzzy\r\n" HEAD("a") "1\r\n--xyzzy--",
	    "followed by other" },
	{ "a line feed alone behind a boundary", "--xyz\n" HEAD("a") "1",
	    "followed by other" },
	{ "no name",
	    "--xyz\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xyz--",
	    "no Content-Disposition of form-data with one name" },
	{ "no headers", "--xyz\r\n\r\n1\r\n--xyz--", "no Content-Disposition" },
	{ "another disposition",
	    "--xyz\r\nContent-Disposition: attachment; name=a\r\n\r\n"
	    "1\r\n--xyz--",
	    "no Content-Disposition" },
	{ "two names",
	    "--xyz\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n"
	    "1\r\n--xyz--",
	    "with one name" },
	{ "two dispositions",
	    "--xyz\r\nContent-Disposition: form-data; name=a\r\n" HEAD(
		"a") "1\r\n--xyz--",
	    "two Content-Disposition" },
	{ "a quote that stays open",
	    "--xyz\r\nContent-Disposition: form-data; name=\"a\r\n\r\n"
	    "1\r\n--xyz--",
	    "with one name" },
	{ "a folded header",
	    "--xyz\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\n"
	    "1\r\n--xyz--",
	    "malformed header" },
	{ "a header without a colon", "--xyz\r\nname\r\n\r\n1\r\n--xyz--",
	    "malformed header `name`" },
	{ "a line feed alone in a head",
	    "--xyz\r\nContent-Disposition: form-data; name=a\n\n1\r\n--xyz--",
	    "CR LF" },
	{ "an encoding",
	    "--xyz\r\nContent-Transfer-Encoding: base64\r\n" HEAD(
		"a") "MQ==\r\n--xyz--",
	    "Content-Transfer-Encoding `base64`" },
};

static void
test_bad(void)
{
	for (size_t i = 0; i < N_OF(bad); i++) {
		const char *body = bad[i].body;
		size_t len = strlen(body), n_wrong = 0;
		char *out = read_whole(body);
		ok(out[0] == '!' && strstr(out, bad[i].words) != NULL, "%s: %s",
		    bad[i].what, out);
		for (size_t cut = 0; cut <= len; cut++) {
			char *other =
			    read_body(TYPE, body, len, cut, cut == 0 ? 1 : len);
			n_wrong += strcmp(other, out) != 0;
			free(other);
		}
		is_int(n_wrong, 0, "the same wherever it is cut");
		free(out);
	}
}

/* Memory does not grow with what never ends. */
static void
test_endless(void)
{
	struct buf body = { 0 };
	buf_str(&body, "--xyz\r\n");
	for (int i = 0; i <= MULTIPART_HEAD_MAX / 8; i++)
		buf_str(&body, "a: 123\r\n");
	char *out = read_body(TYPE, body.data, body.len, 0, 100);
	ok(strstr(out, "more than 8192 bytes") != NULL, "endless headers: %s",
	    out);
	free(out);
	buf_clear(&body);
	buf_str(&body, "--xyz\r\nContent-Disposition: ");
	for (int i = 0; i < MULTIPART_HEAD_MAX; i++)
		buf_char(&body, 'x');
	out = read_body(TYPE, body.data, body.len, 0, 100);
	ok(strstr(out, "more than 8192 bytes") != NULL, "an endless line: %s",
	    out);
	free(out);
	buf_clear(&body);
	for (int i = 0; i <= MULTIPART_PARTS_MAX; i++)
		buf_str(&body, "--xyz\r\n" HEAD("a") "1\r\n");
	buf_str(&body, "--xyz--");
	out = read_whole(body.data);
	ok(strstr(out, "more than 100 parts") != NULL, "very many parts: %s",
	    out);
	free(out);
	buf_free(&body);
}

static void
test_nul(void)
{
	static const char content[] = "--xyz\r\n" HEAD("a") "1\0002\r\n--xyz--";
	static const char head[] =
	    "--xyz\r\nA: b\0\r\n" HEAD("a") "1\r\n--xyz--";
	char *out = read_body(TYPE, content, sizeof(content) - 1, 0, 9);
	ok(memcmp(out, "<a|->1\0002</>", 11) == 0, "a NUL may be content");
	free(out);
	out = read_body(TYPE, head, sizeof(head) - 1, 0, 9);
	ok(strstr(out, "control character") != NULL, "but no header");
	free(out);
}

static void
test_types(void)
{
	static const struct {
		const char *type, *words;
	} types[] = {
		{ NULL, "!The body must be multipart/form-data, not ``." },
		{ "application/json", "not `application/json`" },
		{ "multipart/form-data", "no boundary" },
		{ "multipart/form-data; boundary=", "no boundary" },
		{ "multipart/form-data; boundary=\"\"", "no boundary" },
		{ "multipart/form-data; boundary=\"a \"", "no boundary" },
		{ "multipart/form-data; boundary=a; boundary=a",
		    "no boundary" },
		{ "multipart/form-data; boundary=\"a", "no boundary" },
		{ "multipart/form-data; boundary="
		  "a123456789b123456789c123456789d123456789e123456789"
		  "f123456789g1234567891",
		    "1 to 70" },
		{ "multipart/form-datax; boundary=a", "must be multipart" },
		{ "multipart/form-data; boundary=a b", "no boundary" },
		{ "Multipart/Form-Data;charset=utf-8 ;Boundary=\"a b\"",
		    "<f|->" },
		{ "multipart/form-data; boundary=\"a b\";", "<f|->" },
	};
	static const char body[] = "--a b\r\n" HEAD("f") "\r\n--a b--";
	for (size_t i = 0; i < N_OF(types); i++) {
		char *out = read_body(types[i].type, body, sizeof(body) - 1, 0,
		    sizeof(body));
		ok(strstr(out, types[i].words) != NULL, "%s: %s",
		    types[i].type != NULL ? types[i].type : "none", out);
		free(out);
	}
}

static void
test_parameters(void)
{
	char out[8];
	is_int(parameter_get("a; b=1", "b", out, sizeof(out)), 1, "there");
	is(out, "1", "its value");
	is_int(parameter_get("a; b=1", "c", out, sizeof(out)), 0, "not there");
	is(out, "", "and empty");
	is_int(parameter_get("a; b=1234567", "b", out, sizeof(out)), 1,
	    "as long as the room");
	is_int(parameter_get("a; b=12345678", "b", out, sizeof(out)), -1,
	    "too long");
	is_int(parameter_get("a; c=12345678901", "b", out, sizeof(out)), 0,
	    "another may be long");
	is_int(parameter_get("a b=1", "b", out, sizeof(out)), 0,
	    "the first word is none");
	is_int(parameter_get("a; b", "b", out, sizeof(out)), -1, "no value");
	is_int(parameter_get("a; =1", "b", out, sizeof(out)), -1, "no name");
	is_int(parameter_get("a; b=\"1\"2", "b", out, sizeof(out)), -1,
	    "something behind the quotes");
}

int
main(void)
{
	test_good();
	test_bad();
	test_endless();
	test_nul();
	test_types();
	test_parameters();
	return tap_done();
}
