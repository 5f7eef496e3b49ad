/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contacts as answers show them.
 */
#pragma once

#include <jansson.h>

struct contact;

/* As lists show it: an item_json. */
json_t *contact_summary_json(const void *contact);
/* As it is shown alone, with its properties as {"type","value"}. */
json_t *contact_json(const struct contact *);
