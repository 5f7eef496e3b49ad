/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * -R: a backup takes the place of the database.
 */
#pragma once

struct conf;
struct fault;
struct process_user;

/* Becomes that user (NULL: stays who it is), restores the backup and says on
 * standard output what was done. 0, or -1 and all is as it was. */
int restore(const struct conf *, const struct process_user *,
    const char *backup, struct fault *fault_r);
