/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that are evidently another one, misspelt.
 */
#pragma once

#include <stdbool.h>

/*
 * True if the name is the known one in another spelling (firstName for
 * first_name), or so near to it that nothing else can be meant: a letter
 * missing, too many, swapped or wrong; two of them in ten letters or more.
 * Names of less than four letters are near to nothing, and with four a wrong
 * letter makes another word: test is not text.
 */
bool near_name(const char *name, const char *known);
