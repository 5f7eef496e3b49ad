/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The document of all routes, conf/openapi.json, as it was when this was
 * built.
 */
#pragma once

#include <stddef.h>

/* The text, ended by a NUL that is not of its length. */
extern const char openapi_text[];
extern const size_t openapi_len;
