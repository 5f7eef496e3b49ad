/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The attachments of a mail as Resend's JSON has them.
 */
#pragma once

#include "api/call.h"
#include "model/draft.h"

enum { EMAIL_FILES_MAX = 100 };

/* Reads what is said of them; contents stay as they are. 0 or -1. */
int email_files_read(struct call *, const json_t *body, struct draft *,
    struct fault *fault_r);
/* Decodes them and puts them on disk. On a thread that may wait for it. 0 or
 * -1. */
int email_files_store(struct call *, struct draft *, struct fault *fault_r);
