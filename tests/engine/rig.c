/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "tests/engine/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "conf/conf.h"
#include "mail/token.h"
#include "model/address.h"
#include "store/automations.h"
#include "store/contacts.h"
#include "store/emails.h"
#include "store/events.h"
#include "store/runs.h"
#include "store/segments.h"
#include "store/templates.h"
#include "tests/tap.h"

enum { LIST_ALL = 100000 };

struct rig rig;

int64_t
rig_clock(void)
{
	return rig.now_ms;
}

static void
give_up(const char *what)
{
	printf("Bail out! %s: %s\n", what, rig.fault.text);
	exit(1);
}

/* ---- up and down ------------------------------------------------------- */

static struct conf *
load_conf(const char *more)
{
	static char path[600];
	const char *dir = tap_dir();
	snprintf(path, sizeof(path), "%s/postflow.conf", dir);
	FILE *f = fopen(path, "w");
	if (f == NULL)
		give_up(path);
	fprintf(f,
	    "state_dir = \"%s\"\nrun_dir = \"%s\"\nnode_name = \"one\"\n"
	    "public { url = \"http://127.0.0.1:8025\" }\n"
	    "injection { backend = \"maildir\" maildir = \"%s/mail\" }\n"
	    "%s\n",
	    dir, dir, dir, more != NULL ? more : "");
	fclose(f);
	struct conf *c = conf_load(path, &rig.fault);
	if (c == NULL)
		give_up("the configuration");
	return c;
}

static void
open_all(void)
{
	const struct conf *c = rig.conf;
	const struct store_options o = { .path = c->database,
		.node_name = c->node_name,
		.cache_size = c->cache_size,
		.wal_limit = 4 << 20,
		.wal_reserve = 1 << 20,
		.readers = 1,
		.composers = 1,
		.batch_items = c->batch_items,
		.batch_ms = 1000,
		.no_sync = true };
	if ((rig.store = store_open(&o, &rig.fault)) == NULL)
		give_up("the store");
	rig.engine = engine_new(rig.store, c, rig.keys, rig_clock);
	if (rig.bound != 0)
		engine_set_bound(rig.engine, rig.bound);
	if (engine_recover(rig.engine, &rig.fault) != 0)
		give_up("recovery");
}

void
rig_bound(int n)
{
	rig.bound = n;
	engine_set_bound(rig.engine, n);
}

void
rig_up(const char *conf)
{
	log_open("test", "stderr", LOG_LEVEL_FATAL);
	rig = (struct rig){ .now_ms = RIG_NOON, .arena = arena_new() };
	rig.conf = load_conf(conf);
	remove(rig.conf->database);
	rig.keys = token_keys_load(rig.conf->signing_keys, true, &rig.fault);
	if (rig.keys == NULL)
		give_up("the signing keys");
	open_all();
}

static void
close_all(void)
{
	engine_stop(rig.engine);
	store_stop(rig.store);
	store_dispatch(rig.store);
	engine_free(rig.engine);
	store_close(rig.store);
}

void
rig_restart(void)
{
	close_all();
	open_all();
}

void
rig_kill(void)
{
	engine_free(rig.engine);
	store_close(rig.store);
	open_all();
}

void
rig_down(void)
{
	close_all();
	token_keys_free(rig.keys);
	remove(rig.conf->database);
	conf_free(rig.conf);
	arena_free(rig.arena);
}

/* ---- transactions ------------------------------------------------------ */

struct call {
	struct work work;
	int (*fn)(struct txn *, struct arena *, void *, struct fault *);
	void *arg;
	int rc;
};

static int
call_run(struct txn *t, struct work *w)
{
	struct call *c = container_of(w, struct call, work);
	c->rc = c->fn(t, rig.arena, c->arg, &w->fault);
	return c->rc < 0 ? -1 : 0;
}

int
rig_txn(int (*fn)(struct txn *, struct arena *, void *, struct fault *),
    void *arg)
{
	struct call c = { .work.run = call_run, .fn = fn, .arg = arg };
	if (store_run_now(rig.store, &c.work) == 0)
		return c.rc;
	rig.fault = c.work.fault;
	return -1;
}

/* What is to be undone. */
struct vain {
	int (*fn)(struct txn *, struct arena *, void *, struct fault *);
	void *arg;
};

static int
do_in_vain(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct vain *v = arg;
	if (txn_nested_begin(t, f) != 0)
		return -1;
	int rc = v->fn(t, a, v->arg, f);
	return txn_nested_end(t, false, f) != 0 ? -1 : rc;
}

int
rig_in_vain(int (*fn)(struct txn *, struct arena *, void *, struct fault *),
    void *arg)
{
	return rig_txn(do_in_vain, &(struct vain){ fn, arg });
}

static int
nothing(struct txn *t, struct arena *a, void *arg, struct fault *fault_r)
{
	(void)t, (void)a, (void)arg, (void)fault_r;
	return 0;
}

int
rig_tick(void)
{
	return rig_txn(nothing, NULL);
}

void
rig_do_due(void)
{
	for (int i = 0; i < 1000; i++) {
		int64_t next = engine_next_ms(rig.engine);
		rig_tick();
		if (engine_next_ms(rig.engine) > rig.now_ms ||
		    (engine_next_ms(rig.engine) == 0 && next == 0))
			return;
	}
}

void
rig_go_to(int64_t ms)
{
	for (;;) {
		rig_do_due();
		int64_t next = engine_next_ms(rig.engine);
		if (next == 0 || next > ms)
			break;
		rig.now_ms = next > rig.now_ms ? next : rig.now_ms + 1;
	}
	rig.now_ms = ms;
	rig_do_due();
}

/* A transaction that cannot fail in a test that makes sense. */
static void
must(int (*fn)(struct txn *, struct arena *, void *, struct fault *), void *arg,
    const char *what)
{
	if (rig_txn(fn, arg) < 0)
		give_up(what);
}

/* ---- contacts and topics ----------------------------------------------- */

static int
do_contact_insert(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct contact *c = arg;
	c->id = txn_new_id(t, rig.now_ms);
	c->email_key = address_key(a, c->email, f);
	return c->email_key != NULL ? store_contact_insert(t, c, f) : -1;
}

static int
do_contact_update(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return store_contact_update(t, arg, f);
}

static int
do_contact_delete(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return store_contact_delete(t, *(int64_t *)arg, f);
}

int64_t
rig_contact(const char *email)
{
	struct contact c = { .email = email };
	must(do_contact_insert, &c, email);
	return c.id;
}

void
rig_contact_put(const struct contact *c)
{
	must(do_contact_update, (void *)c, c->email);
}

void
rig_contact_delete(int64_t id)
{
	must(do_contact_delete, &id, "deleting a contact");
}

static int
do_contact_find(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct contact *c = arg;
	const char *key = address_key(a, c->email, f);
	return key != NULL ? store_contact_by_key(t, a, key, c, f) : -1;
}

int
rig_contact_find(const char *email, struct contact *c)
{
	*c = (struct contact){ .email = email };
	return rig_txn(do_contact_find, c);
}

static int
do_topic(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct topic *topic = arg;
	(void)a;
	topic->id = txn_new_id(t, rig.now_ms);
	return store_topic_insert(t, topic, f);
}

int64_t
rig_topic(const char *name, bool default_in)
{
	struct topic topic = { .name = name, .default_in = default_in };
	must(do_topic, &topic, name);
	return topic.id;
}

struct choice {
	int64_t contact, topic;
	bool opted_in;
};

static int
do_choose(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct choice *c = arg;
	(void)a;
	return store_topic_choose(t, c->contact, c->topic, c->opted_in, f);
}

void
rig_topic_choose(int64_t contact, int64_t topic, bool opted_in)
{
	struct choice c = { contact, topic, opted_in };
	must(do_choose, &c, "choosing a topic");
}

static int
do_delete_topic(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return store_topic_delete(t, *(int64_t *)arg, f) == 1 ? 0 : -1;
}

void
rig_topic_delete(int64_t topic)
{
	must(do_delete_topic, &topic, "deleting a topic");
}

/* ---- templates --------------------------------------------------------- */

struct text {
	struct mail_template template;
	const char *subject, *html;
	const char *text, *sender, *variables; /* or NULL */
	bool published;
};

static int
do_template(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct text *x = arg;
	struct mail_template *m = &x->template;
	bool is_new = m->id == 0;
	int64_t id = txn_new_id(t, rig.now_ms);
	if (!is_new && store_template_by_id(t, a, m->id, m, f) != 1)
		return -1;
	struct mail_version v = { .id = txn_new_id(t, rig.now_ms),
		.template = is_new ? id : m->id,
		.sender =
		    x->sender != NULL ? x->sender : "Shop <shop@example.com>",
		.subject = x->subject,
		.html = x->html,
		.text = x->text,
		.variables = x->variables };
	m->id = v.template;
	m->draft = v.id;
	if (x->published) {
		m->published = v.id;
		m->published_ms = rig.now_ms;
	}
	if (store_version_put(t, &v, f) != 0)
		return -1;
	return is_new ? store_template_insert(t, m, f)
		      : store_template_update(t, m, f);
}

int64_t
rig_template(const char *alias, const char *subject, const char *html,
    bool published)
{
	struct text x = { .template = { .name = alias, .alias = alias },
		.subject = subject,
		.html = html,
		.published = published };
	must(do_template, &x, alias);
	return x.template.id;
}

int64_t
rig_template_full(const char *alias, const struct mail_version *v)
{
	struct text x = { .template = { .name = alias, .alias = alias },
		.subject = v->subject,
		.html = v->html,
		.text = v->text,
		.sender = v->sender,
		.variables = v->variables,
		.published = true };
	must(do_template, &x, alias);
	return x.template.id;
}

int64_t
rig_template_publish(int64_t id, const char *subject, const char *html)
{
	struct text x = { .template = { .id = id },
		.subject = subject,
		.html = html,
		.published = true };
	must(do_template, &x, "publishing");
	return x.template.published;
}

/* ---- automations ------------------------------------------------------- */

struct build {
	const char *text;
	bool is_old;
	struct automation automation;
};

/* A graph as it is read from what somebody writes. */
static struct graph *
written_graph(struct arena *a, const char *text, bool is_old, struct fault *f)
{
	json_t *json = json_parse(a, text, strlen(text), f);
	if (json == NULL || (!is_old && engine_check_written(a, json, f) != 0))
		return NULL;
	struct graph *g = graph_from_json(a, json, f);
	return g != NULL && engine_check_graph(g, f) == 0 ? g : NULL;
}

static int
do_automation(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct build *b = arg;
	struct automation *m = &b->automation;
	struct graph *g = written_graph(a, b->text, b->is_old, f);
	int enabled = m->enabled;
	if (g == NULL ||
	    (enabled && engine_check_enable(rig.engine, t, a, g, f) != 0))
		return -1;
	m->id = txn_new_id(t, rig.now_ms);
	m->enabled = 0;
	struct automation was;
	if (store_automation_insert(t, m, f) != 0 ||
	    engine_version_add(rig.engine, t, a, m, g, f) != 0)
		return -1;
	was = *m;
	m->enabled = enabled;
	return engine_automation_set(rig.engine, t, a, &was, m, rig.now_ms, f);
}

int64_t
rig_automation(const char *graph, bool enabled)
{
	struct build b = { .text = graph,
		.automation = { .name = "test", .enabled = enabled } };
	return rig_txn(do_automation, &b) == 0 ? b.automation.num : -1;
}

int64_t
rig_automation_old(const char *graph)
{
	struct build b = { .text = graph,
		.is_old = true,
		.automation = { .name = "test", .enabled = 1 } };
	return rig_txn(do_automation, &b) == 0 ? b.automation.num : -1;
}

const char *
rig_chain(const char *event, int n, const char *config)
{
	struct buf b = { 0 };
	buf_printf(&b,
	    "{\"steps\":[{\"key\":\"s0\",\"type\":\"trigger\","
	    "\"config\":{\"event_name\":\"%s\"}}",
	    event);
	for (int i = 1; i <= n; i++)
		buf_printf(&b,
		    ",{\"key\":\"s%d\",\"type\":\"send_email\","
		    "\"config\":%s}",
		    i, config);
	buf_str(&b, "],\"connections\":[");
	for (int i = 1; i <= n; i++)
		buf_printf(&b, "%s{\"from\":\"s%d\",\"to\":\"s%d\"}",
		    i > 1 ? "," : "", i - 1, i);
	buf_str(&b, "]}");
	const char *text = arena_strndup(rig.arena, b.data, b.len);
	buf_free(&b);
	return text;
}

const char *
rig_chain_of(const char *event, int n, const char *template)
{
	return rig_chain(event, n,
	    arena_printf(rig.arena, "{\"template\":{\"id\":\"%s\"}}",
		template));
}

struct setting {
	int64_t num;
	int enabled; /* -2: as it is */
	int paused;  /* -1: as it is */
};

static int
do_set(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct setting *s = arg;
	struct automation was, to;
	if (store_automation_by_num(t, a, s->num, &was, f) != 1)
		return -1;
	to = was;
	if (s->enabled >= -1)
		to.enabled = s->enabled;
	if (s->paused >= 0)
		to.paused = s->paused;
	return engine_automation_set(rig.engine, t, a, &was, &to, rig.now_ms,
	    f);
}

int
rig_automation_set(int64_t num, int enabled)
{
	struct setting s = { num, enabled, -1 };
	return rig_txn(do_set, &s);
}

int
rig_automation_pause(int64_t num, bool paused)
{
	struct setting s = { num, -2, paused };
	return rig_txn(do_set, &s);
}

struct edit {
	int64_t num;
	const char *text;
};

static int
do_edit(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct edit *e = arg;
	struct automation m;
	struct graph *g = written_graph(a, e->text, false, f);
	if (g == NULL || store_automation_by_num(t, a, e->num, &m, f) != 1 ||
	    engine_version_add(rig.engine, t, a, &m, g, f) != 0)
		return -1;
	return store_automation_update(t, &m, f);
}

int
rig_automation_edit(int64_t num, const char *graph)
{
	struct edit e = { num, graph };
	return rig_txn(do_edit, &e);
}

/* ---- people and segments ------------------------------------------------ */

static const struct cause nobody;

struct person {
	struct contact *contact;
	const int64_t *segments;
	int n;
	int64_t id, segment;
	bool is_member;
};

static int
do_people_create(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct person *p = arg;
	p->contact->email_key = address_key(a, p->contact->email, f);
	return p->contact->email_key == NULL
	    ? -1
	    : engine_contact_create(rig.engine, t, a, p->contact, p->segments,
		  p->n, &nobody, rig.now_ms, f);
}

int
rig_people_create(struct contact *c, const int64_t *segments, int n)
{
	struct person p = { .contact = c, .segments = segments, .n = n };
	return rig_txn(do_people_create, &p);
}

static int
do_people_update(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct person *p = arg;
	struct contact before;
	if (store_contact_by_id(t, a, p->contact->id, &before, f) != 1)
		return -1;
	return engine_contact_update(rig.engine, t, a, &before, p->contact,
	    &nobody, rig.now_ms, f);
}

int
rig_people_update(struct contact *after)
{
	struct person p = { .contact = after };
	return rig_txn(do_people_update, &p);
}

static int
do_people_delete(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	return engine_contact_delete(rig.engine, t, a, *(int64_t *)arg, &nobody,
	    rig.now_ms, f);
}

int
rig_people_delete(int64_t id)
{
	return rig_txn(do_people_delete, &id);
}

static int
do_people_erase(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct contact c;
	if (store_contact_by_id(t, a, *(int64_t *)arg, &c, f) != 1)
		return -1;
	return engine_contact_erase(rig.engine, t, a, &c, rig.now_ms, f);
}

int
rig_people_erase(int64_t id)
{
	return rig_txn(do_people_erase, &id);
}

static int
do_segment_set(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct person *p = arg;
	return engine_segment_set(rig.engine, t, a, p->id, p->segment,
	    p->is_member, &nobody, rig.now_ms, f);
}

int
rig_segment_set(int64_t contact, int64_t segment, bool is_member)
{
	struct person p = { .id = contact,
		.segment = segment,
		.is_member = is_member };
	return rig_txn(do_segment_set, &p);
}

static int
do_segment_has(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct person *p = arg;
	(void)a;
	return store_member_has(t, p->segment, p->id, f);
}

bool
rig_segment_has(int64_t contact, int64_t segment)
{
	struct person p = { .id = contact, .segment = segment };
	return rig_txn(do_segment_has, &p) == 1;
}

static int
do_segment(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	(void)a;
	return engine_segment_create(rig.engine, t, arg, rig.now_ms, f);
}

int64_t
rig_segment(const char *name, const char *filter)
{
	struct segment s = { .name = name, .filter = filter };
	must(do_segment, &s, name);
	return s.id;
}

/* ---- runs by hand -------------------------------------------------------- */

struct by_hand {
	int64_t automation, contact, run;
	const char *payload;
};

static int
do_run_start(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct by_hand *h = arg;
	struct automation m;
	struct contact c;
	if (store_automation_by_num(t, a, h->automation, &m, f) != 1 ||
	    store_contact_by_id(t, a, h->contact, &c, f) != 1)
		return -1;
	return engine_run_start(rig.engine, t, a, &m, &c, h->payload,
	    rig.now_ms, &h->run, f);
}

int
rig_run_start(int64_t automation, int64_t contact, const char *payload,
    int64_t *run_r)
{
	struct by_hand h = { .automation = automation,
		.contact = contact,
		.payload = payload };
	int rc = rig_txn(do_run_start, &h);
	*run_r = h.run;
	return rc;
}

static int
do_run_cancel(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct run r;
	if (store_run_get(t, a, *(int64_t *)arg, &r, f) != 1)
		return -1;
	return engine_run_cancel(rig.engine, t, a, &r, rig.now_ms, f);
}

int
rig_run_cancel(int64_t run)
{
	return rig_txn(do_run_cancel, &run);
}

static int
do_run_retry(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct run r;
	if (store_run_get(t, a, *(int64_t *)arg, &r, f) != 1)
		return -1;
	return engine_run_retry(rig.engine, t, a, &r, rig.now_ms, f);
}

int
rig_run_retry(int64_t run)
{
	return rig_txn(do_run_retry, &run);
}

static int
do_runs_cancel(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	int64_t n;
	return engine_runs_cancel(rig.engine, t, a, *(int64_t *)arg, rig.now_ms,
		   &n, f) < 0
	    ? -1
	    : (int)n;
}

int
rig_runs_cancel(int64_t contact)
{
	return rig_txn(do_runs_cancel, &contact);
}

struct pausing {
	enum engine_part part;
	bool paused;
};

static int
do_pause(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct pausing *p = arg;
	(void)a;
	return engine_pause(rig.engine, t, p->part, p->paused, f);
}

int
rig_pause(enum engine_part part, bool paused)
{
	struct pausing p = { part, paused };
	return rig_txn(do_pause, &p);
}

/* ---- events ------------------------------------------------------------ */

struct happening {
	struct event event;
	struct accepted accepted;
};

static int
do_accept(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct happening *h = arg;
	if (h->event.email != NULL &&
	    (h->event.email_key = address_key(a, h->event.email, f)) == NULL)
		return -1;
	return engine_accept(rig.engine, t, a, &h->event, rig.now_ms,
	    &h->accepted, f);
}

int
rig_accept(const struct event *e, struct accepted *out)
{
	struct happening h = { .event = *e };
	int rc = rig_txn(do_accept, &h);
	*out = h.accepted;
	return rc;
}

int
rig_event(const char *name, const char *email, const char *payload,
    const char *key, struct accepted *out)
{
	const struct event e = { .name = name,
		.email = email,
		.payload = payload,
		.key = key };
	return rig_accept(&e, out);
}

static int
do_unsubscribe(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct choice *c = arg;
	struct contact who;
	if (store_contact_by_id(t, a, c->contact, &who, f) != 1)
		return -1;
	return engine_unsubscribe(rig.engine, t, a, &who, c->topic, 0,
	    rig.now_ms, f);
}

int
rig_unsubscribe(int64_t contact, int64_t topic)
{
	struct choice c = { .contact = contact, .topic = topic };
	return rig_txn(do_unsubscribe, &c);
}

/* ---- reading ----------------------------------------------------------- */

struct listing {
	int64_t of;
	struct list list;
};

static int
do_runs(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct page all = { .limit = LIST_ALL };
	struct listing *l = arg;
	return store_run_list(t, a, l->of, (1u << RUN_STATUS_COUNT) - 1, &all,
	    &l->list, f);
}

int
rig_runs(int64_t automation, struct run *newest)
{
	struct listing l = { .of = automation };
	must(do_runs, &l, "listing runs");
	if (l.list.n > 0 && newest != NULL)
		*newest = *(struct run *)l.list.items;
	return l.list.n;
}

static int
do_run(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct run *r = arg;
	return store_run_get(t, a, r->id, r, f) == 1 ? 0 : -1;
}

int
rig_runs_all(int64_t automation, struct run **runs_r)
{
	struct listing l = { .of = automation };
	must(do_runs, &l, "listing runs");
	*runs_r = l.list.items;
	return l.list.n;
}

static int
do_skips(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct page all = { .limit = LIST_ALL };
	struct listing *l = arg;
	return store_skip_list(t, a, l->of, &all, &l->list, f);
}

int
rig_skips(int64_t automation, struct skip **skips_r)
{
	struct listing l = { .of = automation };
	must(do_skips, &l, "listing skips");
	*skips_r = l.list.items;
	return l.list.n;
}

struct run
rig_run(int64_t id)
{
	struct run r = { .id = id };
	must(do_run, &r, "reading a run");
	return r;
}

static int
do_steps(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct listing *l = arg;
	return store_step_list(t, a, l->of, &l->list, f);
}

int
rig_steps(int64_t run, struct run_step **steps_r)
{
	struct listing l = { .of = run };
	must(do_steps, &l, "listing steps");
	*steps_r = l.list.items;
	return l.list.n;
}

static int
do_emails(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	const struct page all = { .limit = LIST_ALL };
	struct listing *l = arg;
	return store_email_list(t, a, &all, &l->list, f);
}

int
rig_emails(struct email **emails_r)
{
	struct listing l = { 0 };
	must(do_emails, &l, "listing emails");
	*emails_r = l.list.items;
	return l.list.n;
}

struct told {
	struct event event;
	enum event_outcome outcome;
};

static int
do_event_get(struct txn *t, struct arena *a, void *arg, struct fault *f)
{
	struct told *told = arg;
	return store_event_get(t, a, told->event.id, &told->event,
	    &told->outcome, f);
}

int
rig_event_get(int64_t id, struct event *e, enum event_outcome *outcome_r)
{
	struct told told = { .event.id = id };
	int rc = rig_txn(do_event_get, &told);
	*e = told.event;
	*outcome_r = told.outcome;
	return rc;
}
