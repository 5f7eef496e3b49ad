/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few words every room uses.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK   __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define N_OF(array)  (sizeof(array) / sizeof((array)[0]))

/* True if two texts are the same, or both are none. */
static inline bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The struct that holds *ptr as its field. */
#define container_of(ptr, type, field) \
	((type *)(void *)((char *)(ptr)-offsetof(type, field)))
