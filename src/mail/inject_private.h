/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The backends, for the table in inject.c.
 */
#pragma once

#include "mail/inject.h"

extern const struct inject_backend inject_smtp, inject_lmtp, inject_maildir;
