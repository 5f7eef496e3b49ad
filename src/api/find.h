/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a path or a body names, looked up. Each 0; or -1 malformed (422),
 * unknown (404) or not to be had now.
 */
#pragma once

#include "api/call.h"

struct automation;
struct contact;
struct email;
struct graph;
struct run;
struct segment;
struct webhook;

/* By id or address. */
int find_contact(struct call *, struct txn *, int param, struct contact *,
    struct fault *fault_r);
int find_automation(struct call *, struct txn *, int param, struct automation *,
    struct fault *fault_r);
int find_email(struct call *, struct txn *, int param, struct email *,
    struct fault *fault_r);
int find_segment(struct call *, struct txn *, int param, struct segment *,
    struct fault *fault_r);
int find_webhook(struct call *, struct txn *, int param, struct webhook *,
    struct fault *fault_r);
/* A run of that automation. */
int find_run(struct call *, struct txn *, int param, const struct automation *,
    struct run *, struct fault *fault_r);

/* The graph of a version, as JSON. NULL with fault_r. */
json_t *find_graph_json(struct call *, struct txn *, int64_t version,
    struct fault *fault_r);
struct graph *find_graph(struct call *, struct txn *, int64_t version,
    struct fault *fault_r);
