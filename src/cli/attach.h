/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of options that go into a mail.
 */
#pragma once

#include <jansson.h>

struct arena;
struct cli_given;
struct fault;

/* Each is the JSON value of an option, to be freed; NULL with fault_r. */
/* FILE, or with an id CID=FILE: its name and its content in base64. */
json_t *cli_attachment(struct arena *, const struct cli_given *,
    struct fault *fault_r);
/* NAME=VALUE as {"name","value"}. */
json_t *cli_tag(struct arena *, const struct cli_given *,
    struct fault *fault_r);
/* NAME=VALUE as {NAME: VALUE}. */
json_t *cli_pair(struct arena *, const struct cli_given *,
    struct fault *fault_r);
