/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * One process on a database.
 */
#pragma once

struct fault;

/* Takes the database for this process, until it ends. 0; -1 with fault_r when
 * another has it. */
int lock_database(const char *path, struct fault *fault_r);
