/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/error.h"

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"

static const struct {
	int status;
	const char *name;
} faults[] = {
	[FAULT_NONE] = { 500, "internal_server_error" },
	[FAULT_INVALID] = { 422, "validation_error" },
	[FAULT_MISSING] = { 422, "missing_required_field" },
	[FAULT_PARAMETER] = { 422, "invalid_parameter" },
	[FAULT_MISSING_PARAMETER] = { 422, "missing_required_parameter" },
	[FAULT_ATTACHMENT] = { 422, "invalid_attachment" },
	[FAULT_NOT_FOUND] = { 404, "not_found" },
	[FAULT_CONFLICT] = { 409, "invalid_idempotent_request" },
	[FAULT_DENIED] = { 403, "validation_error" },
	[FAULT_LIMIT] = { 413, "validation_error" },
	[FAULT_UNAVAILABLE] = { 503, "service_unavailable" },
	[FAULT_BUSY] = { 429, "rate_limit_exceeded" },
	[FAULT_INTERNAL] = { 500, "internal_server_error" },
};

int
error_of_fault(const struct fault *f, const char **name_r)
{
	size_t kind = (size_t)f->kind < N_OF(faults) ? (size_t)f->kind : 0;
	*name_r = faults[kind].name;
	return faults[kind].status;
}

void
error_body(struct buf *b, int status, const char *name, const char *message)
{
	buf_printf(b, "{\"statusCode\":%d,\"message\":", status);
	json_put_string(b, message);
	buf_str(b, ",\"name\":");
	json_put_string(b, name);
	buf_char(b, '}');
}
