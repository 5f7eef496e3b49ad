/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a message must be, whatever is in it: by octet checks of our own and by
 * GMime's strict parser.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <gmime/gmime.h>

struct buf;

/* NULL if every octet of the message is as it must be, else what is not. */
const char *judge_octets(const char *s, size_t n, bool ascii);
/* Lines of the header over 78 octets, encoded-words over 75, and folds that
 * leave an empty line. */
const char *judge_folds(const char *s, size_t n);

struct judge_parsed {
	GMimeMessage *message; /* the caller's; NULL if it is none */
	int n_warnings;
};
/* Reads the message back, strictly. */
struct judge_parsed judge_parse(const struct buf *);
