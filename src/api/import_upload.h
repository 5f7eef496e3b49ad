/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of an import's body from the loop, which takes it, to a porter's
 * thread, which writes it: never more than two pieces of it are in memory.
 */
#pragma once

#include "api/call.h"

/* For the route that begins an import: its file is in its place before run(),
 * and goes again where run() did not begin what the answer names. */
extern const struct stream import_upload;
int import_upload_run(struct call *, struct txn *, struct fault *fault_r);
void import_upload_after(struct call *);
