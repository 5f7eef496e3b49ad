/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A mail as Resend's JSON has it, read as a draft.
 */
#pragma once

#include "api/call.h"
#include "model/draft.h"

enum { EMAIL_BODY_MAX = 40 << 20 };

/* Reads one mail; files are looked at and not decoded:
 * email_files_store() does that. Of a batch it has
 * neither files nor a moment. 0 or -1. */
int email_body_read(struct call *, const json_t *, bool is_batch,
    struct draft *, struct fault *fault_r);
/* The moment a field names. 1, 0 absent, -1 */
int email_body_moment(struct call *, const json_t *, int64_t *ms_r,
    struct fault *fault_r);
