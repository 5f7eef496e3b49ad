/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The schema as a list of numbered steps, each taken once, in a transaction.
 */
#pragma once

struct db;
struct fault;

/* Brings the database to this program's version. 0, or -1 with fault_r, also
 * when the database is newer than the program or is none of ours. */
int store_migrate(struct db *, struct fault *fault_r);
