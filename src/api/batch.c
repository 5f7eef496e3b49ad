/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/batch.h"

#include "api/call.h"
#include "base/json.h"

/* Each element is an item, or the fault that keeps it from being one. */
struct batch {
	size_t n;
	char *items;
	struct fault *faults;
};

static bool
is_strict(const struct call *c, const struct batch_kind *k)
{
	return k->is_strict ? !c->batch_permissive : c->batch_strict;
}

int
batch_parse(struct call *c, const struct batch_kind *k, struct fault *fault_r)
{
	struct batch *b = c->input = arena_alloc(c->arena, sizeof(*b));
	json_t *element;
	size_t i;
	b->n = json_array_size(c->body);
	if (b->n == 0 || b->n > k->max)
		return fault(fault_r, FAULT_INVALID,
		    "The body must be an array of 1 to %zu %s.", k->max,
		    k->plural);
	b->items = arena_alloc(c->arena, b->n * k->item_size);
	b->faults = arena_alloc(c->arena, b->n * sizeof(*b->faults));
	json_array_foreach (c->body, i, element) {
		struct fault *why = &b->faults[i];
		if (call_check_fields(c, element, why) == 0 &&
		    k->read(c, element, b->items + i * k->item_size, why) == 0)
			continue;
		if (!is_strict(c, k))
			continue;
		*fault_r = *why;
		return fault_at(fault_r, "[%zu]", i);
	}
	return 0;
}

/* Writes one, in a part of the transaction of its own; why is filled if it
 * cannot be. 0 or -1, when the store is away. */
static int
write_one(struct call *c, struct txn *t, const struct batch_kind *k, size_t i,
    struct fault *why, struct fault *fault_r)
{
	const struct batch *b = c->input;
	*why = b->faults[i];
	if (why->kind != FAULT_NONE)
		return 0;
	if (txn_nested_begin(t, fault_r) != 0)
		return -1;
	int rc = k->write(c, t, b->items + i * k->item_size, why);
	if (txn_nested_end(t, rc == 0, fault_r) != 0)
		return -1;
	if (rc != 0 && why->kind == FAULT_UNAVAILABLE) {
		*fault_r = *why;
		return -1;
	}
	return 0;
}

/* Puts a comma between two elements of a list. */
static void
separate(struct buf *b)
{
	if (b->len > 0 && b->data[b->len - 1] != '[')
		buf_char(b, ',');
}

/* What is wrong with one, by its index. */
static void
tell_apart(struct buf *errors, size_t i, const struct fault *why)
{
	separate(errors);
	buf_printf(errors, "{\"index\":%zu,\"message\":", i);
	json_put_string(errors, why->text);
	buf_char(errors, '}');
}

static void
tell_in_place(struct buf *out, const struct fault *why)
{
	const char *name;
	int status = error_of_fault(why, &name);
	separate(out);
	error_body(out, status, name, why->text);
}

/* Writes all into c->out, and what is wrong into one of the two. 0 or -1. */
static int
write_all(struct call *c, struct txn *t, const struct batch_kind *k,
    struct buf *errors, struct fault *fault_r)
{
	const struct batch *b = c->input;
	for (size_t i = 0; i < b->n; i++) {
		struct fault why = { 0 };
		size_t before = c->out.len;
		separate(&c->out);
		if (write_one(c, t, k, i, &why, fault_r) != 0)
			return -1;
		if (why.kind == FAULT_NONE)
			continue;
		c->out.len = before;
		if (is_strict(c, k)) {
			*fault_r = why;
			return fault_at(fault_r, "[%zu]", i);
		}
		if (k->has_errors_apart)
			tell_apart(errors, i, &why);
		else
			tell_in_place(&c->out, &why);
	}
	return 0;
}

int
batch_run(struct call *c, struct txn *t, const struct batch_kind *k,
    struct fault *fault_r)
{
	struct buf errors = { 0 };
	buf_str(&c->out, "{\"data\":[");
	int rc = write_all(c, t, k, &errors, fault_r);
	buf_char(&c->out, ']');
	if (k->has_errors_apart && !is_strict(c, k)) {
		buf_str(&c->out, ",\"errors\":[");
		buf_add(&c->out, errors.data, errors.len);
		buf_char(&c->out, ']');
	}
	buf_char(&c->out, '}');
	buf_free(&errors);
	c->status = k->status;
	return rc;
}
