/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flat error object every door answers with:
 * {"statusCode":422,"message":"...","name":"validation_error"}
 */
#pragma once

#include "base/defs.h"

struct buf;
struct fault;

void error_body(struct buf *, int status, const char *name,
    const char *message);
/* Status and name of a fault. */
int error_of_fault(const struct fault *, const char **name_r);
