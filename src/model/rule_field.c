/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which field is meant by what a condition calls it.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "model/rule_private.h"

static const struct space {
	unsigned bit;
	const char *prefix;
} spaces_known[] = {
	{ RULE_EVENT, "event." },
	{ RULE_CONTACT, "contact." },
	{ RULE_WAIT_EVENTS, "wait_events." },
};

/* A contact's own fields, under the names they are given from outside. */
static const struct own {
	const char *name, *field;
	int type;
} own_fields[] = {
	{ "email", "contact.email", TYPE_STRING },
	{ "firstName", "contact.first_name", TYPE_STRING },
	{ "first_name", "contact.first_name", TYPE_STRING },
	{ "lastName", "contact.last_name", TYPE_STRING },
	{ "last_name", "contact.last_name", TYPE_STRING },
	{ "unsubscribed", "contact.unsubscribed", TYPE_BOOLEAN },
	{ "createdAt", "contact.created_at", TYPE_DATE },
	{ "created_at", "contact.created_at", TYPE_DATE },
	{ "updatedAt", "contact.updated_at", TYPE_DATE },
	{ "updated_at", "contact.updated_at", TYPE_DATE },
};

/* Other words for a space. */
static const struct alias {
	const char *prefix, *meant;
} aliases[] = {
	{ "eventProperties.", "event." },
	{ "event_properties.", "event." },
	{ "contact.customFields.", "contact.properties." },
	{ "contact.custom_fields.", "contact.properties." },
	{ "customFields.", "contact.properties." },
	{ "custom_fields.", "contact.properties." },
	{ "properties.", "contact.properties." },
	{ "event.", "event." },
	{ "wait_events.", "wait_events." },
};

/* What stands behind the prefix; NULL if it does not stand there. */
static const char *
behind(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* One of a contact's own fields by the name written. */
static const struct own *
own_find(const char *name)
{
	for (size_t i = 0; i < N_OF(own_fields); i++)
		if (strcmp(own_fields[i].name, name) == 0)
			return &own_fields[i];
	return NULL;
}

char *
rule_field_meant(struct arena *a, const char *written, unsigned spaces,
    int *type_r)
{
	const char *rest, *name = behind(written, "contact.");
	*type_r = TYPE_ANY;
	for (size_t i = 0; i < N_OF(aliases); i++)
		if ((rest = behind(written, aliases[i].prefix)) != NULL)
			return arena_printf(a, "%s%s", aliases[i].meant, rest);
	if (name == NULL && spaces == RULE_EVENT)
		return arena_printf(a, "event.%s", written);
	const struct own *own = own_find(name == NULL ? written : name);
	if (own != NULL) {
		*type_r = own->type;
		return arena_strdup(a, own->field);
	}
	return name == NULL ? arena_printf(a, "contact.properties.%s", written)
			    : arena_strdup(a, written);
}

char *
rule_field_spaces(struct arena *a, unsigned spaces)
{
	struct buf b = { 0 };
	for (size_t i = 0; i < N_OF(spaces_known); i++)
		if (spaces & spaces_known[i].bit)
			buf_printf(&b, "%s`%s`", b.len > 0 ? " or " : "",
			    spaces_known[i].prefix);
	char *text = arena_strndup(a, b.len > 0 ? b.data : "", b.len);
	buf_free(&b);
	return text;
}

bool
rule_field_allowed(const char *field, unsigned spaces)
{
	for (size_t i = 0; i < N_OF(spaces_known); i++) {
		const char *name = behind(field, spaces_known[i].prefix);
		if (name != NULL)
			return (spaces & spaces_known[i].bit) != 0 &&
			    *name != '\0' && strcmp(name, "properties.") != 0;
	}
	return false;
}
