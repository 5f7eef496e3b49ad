/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "api/contact_json.h"

#include "api/call.h"
#include "base/id.h"
#include "model/contact.h"

json_t *
contact_summary_json(const void *item)
{
	const struct contact *c = item;
	return json_pack("{s:o, s:s, s:s?, s:s?, s:o, s:b}", "id",
	    json_id(c->id), "email", c->email, "first_name", c->first_name,
	    "last_name", c->last_name, "created_at",
	    json_time(id_time_ms(c->id)), "unsubscribed", c->unsubscribed);
}

/* Properties as {"key":{"type":...,"value":...}}. */
static json_t *
properties_json(const struct contact *c)
{
	json_t *out = json_object(), *value;
	json_t *plain = c->properties != NULL ? json_text_value(c->properties)
					      : json_object();
	const char *key;
	json_object_foreach (plain, key, value)
		json_object_set_new(out, key,
		    json_pack("{s:s, s:O}", "type",
			json_is_number(value)        ? "number"
			    : json_is_boolean(value) ? "boolean"
						     : "string",
			"value", value));
	json_decref(plain);
	return out;
}

json_t *
contact_json(const struct contact *c)
{
	json_t *o = contact_summary_json(c);
	json_object_set_new(o, "object", json_string("contact"));
	json_object_set_new(o, "updated_at", json_time(c->updated_ms));
	json_object_set_new(o, "properties", properties_json(c));
	return o;
}
