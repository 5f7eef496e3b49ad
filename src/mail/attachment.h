/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files in a message: what is said of one, and its content in base64, read a
 * piece at a time; of this room only, but for what its callers check before.
 */
#pragma once

#include <stdbool.h>

#include "base/defs.h"

struct arena;
struct buf;
struct fault;
struct letter;
struct letter_file;

enum { ATTACHMENT_NAME_MAX = 255, ATTACHMENT_TYPE_MAX = 200 };

/* True for "type/subtype" with or without parameters, as a header has it. */
bool attachment_type_valid(const char *);
/* True for what can stand between "<" and ">" as a Content-ID, and after
 * "cid:". */
bool attachment_id_valid(const char *);
/* The type that a file's name tells, "application/octet-stream" if none. */
const char *attachment_type_of(const char *name);

/* Appends the fields that say what the file is; inline: it is shown within the
 * html part. */
void attachment_write_header(struct buf *, const struct letter_file *,
    bool is_inline);
/* Appends the content, and hands what has come together to the letter's
 * spill(), if it has one. 0, or -1 with fault_r when the file cannot be read or
 * is not as long as it should be. */
int attachment_write_body(struct buf *, const struct letter *,
    const struct letter_file *, struct fault *fault_r);
