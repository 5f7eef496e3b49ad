/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few words every room uses.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK   __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define N_OF(array)  (sizeof(array) / sizeof((array)[0]))

/* The struct that holds *ptr as its field. */
#define container_of(ptr, type, field) \
	((type *)(void *)((char *)(ptr)-offsetof(type, field)))
