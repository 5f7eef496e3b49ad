/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/forms.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "mail/template.h"
#include "store/templates.h"

enum { FORMS_MAX = 256 };

struct forms {
	pthread_mutex_t lock;
	struct form *all[FORMS_MAX];
	int n, tick;
};

struct forms *
forms_new(void)
{
	struct forms *f = xcalloc(1, sizeof(*f));
	pthread_mutex_init(&f->lock, NULL);
	return f;
}

static void
form_free(struct form *f)
{
	template_free(f->subject);
	template_free(f->html);
	template_free(f->text);
	arena_free(f->arena);
}

void
forms_free(struct forms *f)
{
	if (f == NULL)
		return;
	for (int i = 0; i < f->n; i++)
		form_free(f->all[i]);
	free(f);
}

const char *
forms_fallbacks(struct arena *a, const char *variables)
{
	struct fault ignored;
	json_t *list, *item, *out;
	size_t i;
	if (variables == NULL ||
	    (list = json_parse(a, variables, strlen(variables), &ignored)) ==
		NULL)
		return NULL;
	out = json_object();
	json_array_foreach (list, i, item) {
		const char *key =
		    json_string_value(json_object_get(item, "key"));
		json_t *value = json_object_get(item, "fallback_value");
		if (key != NULL && value != NULL && !json_is_null(value))
			json_object_set(out, key, value);
	}
	const char *text = json_object_size(out) > 0 ? json_text(a, out) : NULL;
	json_decref(out);
	return text;
}

const char *
forms_reply_to(struct arena *a, const struct form *f)
{
	struct fault ignored;
	const char *stored = f->reply_to, *all = NULL;
	if (stored == NULL)
		return NULL;
	json_t *list = json_parse(a, stored, strlen(stored), &ignored), *item;
	size_t i;
	json_array_foreach (list, i, item)
		all = all == NULL
		    ? json_string_value(item)
		    : arena_printf(a, "%s, %s", all, json_string_value(item));
	return all;
}

/* Compiles one part; absent stays absent. */
static int
part(const char *source, enum template_kind kind, const char *what,
    struct template **out, struct fault *fault_r)
{
	if (source == NULL || source[0] == '\0')
		return 0;
	*out = template_compile(source, kind, fault_r);
	return *out != NULL ? 0 : fault_at(fault_r, "%s", what);
}

static struct form *
load(struct txn *t, int64_t version, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct form *f = arena_alloc(a, sizeof(*f));
	struct mail_version v;
	f->arena = a;
	f->version = version;
	int rc = store_version_get(t, a, version, &v, fault_r);
	if (rc == 0)
		fault(fault_r, FAULT_NOT_FOUND, "The template is gone.");
	if (rc != 1 ||
	    part(v.subject, TEMPLATE_HEADER, "subject", &f->subject, fault_r) !=
		0 ||
	    part(v.html, TEMPLATE_HTML, "html", &f->html, fault_r) != 0 ||
	    part(v.text, TEMPLATE_TEXT, "text", &f->text, fault_r) != 0) {
		form_free(f);
		return NULL;
	}
	f->sender = v.sender;
	f->subject_text = v.subject;
	f->reply_to = v.reply_to;
	f->no_text = v.text != NULL && v.text[0] == '\0';
	f->variables = v.variables;
	f->fallbacks = forms_fallbacks(a, v.variables);
	return f;
}

static bool
declares(const struct form *f, const char *name)
{
	json_t *list = f->variables == NULL
	    ? NULL
	    : json_loads(f->variables, JSON_DECODE_ANY, NULL);
	json_t *item;
	size_t i;
	bool has = false;
	json_array_foreach (list, i, item) {
		const char *key =
		    json_string_value(json_object_get(item, "key"));
		has = has || (key != NULL && strcmp(key, name) == 0);
	}
	json_decref(list);
	return has;
}

/* True if the From it stores has a place for the name. */
static bool
sender_has(const struct form *f, const char *name)
{
	struct fault ignored;
	struct template *t = f->sender == NULL
	    ? NULL
	    : template_compile(f->sender, TEMPLATE_HEADER, &ignored);
	bool has = template_has(t, name);
	template_free(t);
	return has;
}

bool
forms_take(const struct form *f, const char *name)
{
	return template_has(f->subject, name) || template_has(f->html, name) ||
	    template_has(f->text, name) || sender_has(f, name) ||
	    declares(f, name);
}

static struct form *
find(struct forms *all, int64_t version)
{
	for (int i = 0; i < all->n; i++)
		if (all->all[i]->version == version)
			return all->all[i];
	return NULL;
}

/* Makes room for one more: the least recently used that nobody holds goes. */
static bool
make_room(struct forms *all)
{
	int oldest = -1;
	if (all->n < FORMS_MAX)
		return true;
	for (int i = 0; i < all->n; i++)
		if (all->all[i]->refs == 0 &&
		    (oldest < 0 || all->all[i]->used < all->all[oldest]->used))
			oldest = i;
	if (oldest < 0)
		return false;
	form_free(all->all[oldest]);
	all->all[oldest] = all->all[--all->n];
	return true;
}

const struct form *
forms_get(struct forms *all, struct txn *t, int64_t version,
    struct fault *fault_r)
{
	pthread_mutex_lock(&all->lock);
	struct form *f = find(all, version);
	if (f != NULL) {
		f->refs++;
		f->used = ++all->tick;
	}
	pthread_mutex_unlock(&all->lock);
	if (f != NULL)
		return f;
	struct form *fresh = load(t, version, fault_r);
	if (fresh == NULL)
		return NULL;
	fresh->refs = 1;
	pthread_mutex_lock(&all->lock);
	f = find(all, version);
	if (f != NULL) {
		/* Another thread was quicker. */
		f->refs++;
		form_free(fresh);
	} else {
		f = fresh;
		f->used = ++all->tick;
		f->is_stale = !make_room(all);
		if (!f->is_stale)
			all->all[all->n++] = f;
	}
	pthread_mutex_unlock(&all->lock);
	return f;
}

void
forms_forget(struct forms *all)
{
	pthread_mutex_lock(&all->lock);
	for (int i = 0; i < all->n; i++) {
		all->all[i]->is_stale = true;
		if (all->all[i]->refs == 0)
			form_free(all->all[i]);
	}
	all->n = 0;
	pthread_mutex_unlock(&all->lock);
}

void
forms_release(struct forms *all, const struct form *held)
{
	struct form *f = (struct form *)held;
	if (f == NULL)
		return;
	pthread_mutex_lock(&all->lock);
	bool last = --f->refs == 0 && f->is_stale;
	pthread_mutex_unlock(&all->lock);
	if (last)
		form_free(f);
}
