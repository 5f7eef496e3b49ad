/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test within one writing transaction, of a store that has no threads.
 */
#pragma once

struct arena;
struct store;
struct txn;

/* Runs it and checks that the transaction was stored. */
void within(struct store *, void (*test)(struct txn *, struct arena *));
