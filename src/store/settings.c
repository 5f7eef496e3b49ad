/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "store/settings.h"

#include "base/fault.h"
#include "store/rows.h"

int
store_setting_get(struct txn *t, const char *name, int64_t *value_r,
    struct fault *fault_r)
{
	return txn_int(t, SQL_META_GET, value_r, fault_r, "t", name);
}

int
store_setting_put(struct txn *t, const char *name, int64_t value,
    struct fault *fault_r)
{
	return txn_exec(t, SQL_META_PUT, fault_r, "ti", name, value);
}
