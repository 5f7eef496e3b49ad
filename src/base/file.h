/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole files: written to the last byte, or read as a secret that others must
 * not see.
 */
#pragma once

#include "base/defs.h"

struct fault;

/* Writes all of it, whatever interrupts. 0, or -1 with errno. */
int file_write_all(int fd, const void *, size_t n);

/*
 * The text of an open file that only its owner and group may see; what is in a
 * sentence ("the password"). room counts the NUL behind it; a text that fills
 * it, or has a NUL in it, is refused. 0 or -1; the text may be there in part.
 */
int file_read_secret(const char *path, int fd, const char *what, char *text,
    size_t room, struct fault *fault_r);
