/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Character references of HTML ("&amp;", "&#8364;"); of this room only.
 */
#pragma once

#include "base/defs.h"

/*
 * Reads the reference that starts at the "&" at s. Returns the character and
 * moves *s behind it, or returns 0 and leaves *s when it is none of those
 * known. Never a control but newline and tab; what HTML calls an error is
 * U+FFFD.
 */
uint32_t entity_read(const char **s, const char *end);
