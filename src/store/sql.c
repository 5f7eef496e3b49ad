/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/sql.h"

const char *const sql_texts[SQL_COUNT] = {
#define X(name, text) [name] = text,
	SQL_LIST(X)
#undef X
};
