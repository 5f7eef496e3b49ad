/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The body that begins an import, as it comes: the file goes to the disk, the
 * other parts are kept. Not for the loop: it writes and waits for the disk.
 */
#pragma once

#include "api/call.h"
#include "model/import.h"

struct import_body;

/* For a body of that Content-Type; its file lies in dir, under a name of its
 * own, once there is something of it. NULL with fault_r. */
struct import_body *import_body_new(const char *content_type, const char *dir,
    bool hashes, struct fault *fault_r);
/* Removes the file, unless it is to be kept. */
void import_body_free(struct import_body *);
/* Takes a piece. 0 or -1. */
int import_body_feed(struct import_body *, const char *, size_t,
    struct fault *fault_r);
/* It was the last: the file is on disk. 0 or -1. */
int import_body_end(struct import_body *, struct fault *fault_r);
/* What the parts say of the file, in the call's arena. 0 or -1. */
int import_body_plan(struct import_body *, struct call *, struct import_plan *,
    struct fault *fault_r);
/* Bytes of the file. */
int64_t import_body_size(const struct import_body *);
/* Of what the parts said, however the body was cut into parts. */
void import_body_hash(struct import_body *, unsigned char out[SHA256_LEN]);
/* Gives the file that name, on disk as well. 0 or -1. */
int import_body_place(struct import_body *, const char *path,
    struct fault *fault_r);
/* The file stays. */
void import_body_keep(struct import_body *);
