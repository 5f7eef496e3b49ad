/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must not stand in a log: tokens and secrets within JSON.
 */
#pragma once

#include "base/defs.h"

/*
 * Puts asterisks in place of API keys ("re_...") and signing secrets
 * ("whsec_...") in any string, and of strings whose name says that they are
 * secret, such as "token". The text may be cut off anywhere, and need not be
 * JSON.
 */
void redact(char *text, size_t len);
