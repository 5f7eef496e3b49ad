/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every statement the store knows. One text serves each engine: parameters
 * first appear in number order, integers are 64-bit, text sorts bytewise.
 */
#pragma once

#define SQL_LIST(X) \
	/* transactions */ \
	X(SQL_BEGIN, "BEGIN IMMEDIATE") \
	X(SQL_BEGIN_READ, "BEGIN") \
	X(SQL_COMMIT, "COMMIT") \
	X(SQL_ROLLBACK, "ROLLBACK") \
	X(SQL_SAVEPOINT, "SAVEPOINT item") \
	X(SQL_RELEASE, "RELEASE item") \
	X(SQL_ROLLBACK_TO, "ROLLBACK TO item") \
	X(SQL_NESTED, "SAVEPOINT part") \
	X(SQL_NESTED_RELEASE, "RELEASE part") \
	X(SQL_NESTED_ROLLBACK_TO, "ROLLBACK TO part") \
	/* meta */ \
	X(SQL_META_GET, "SELECT value FROM meta WHERE key = $1") \
	X(SQL_META_PUT, \
	    "INSERT INTO meta(key, value) VALUES($1, $2) " \
	    "ON CONFLICT(key) DO UPDATE SET value = excluded.value") \
	X(SQL_META_RAISE, "UPDATE meta SET value = value + 1 WHERE key = $1") \
	X(SQL_META_RAISE_TO, \
	    "INSERT INTO meta(key, value) VALUES($1, $2) " \
	    "ON CONFLICT(key) DO UPDATE SET value = excluded.value " \
	    "WHERE meta.value < excluded.value") \
	X(SQL_NODE_GET, "SELECT num FROM nodes WHERE name = $1") \
	X(SQL_NODE_PUT, \
	    "INSERT INTO nodes(num, name) " \
	    "SELECT coalesce(max(num), 0) + 1, $1 FROM nodes RETURNING num") \
	X(SQL_ID_MAX, \
	    "SELECT max(" \
	    "coalesce((SELECT max(id) FROM events), 0)," \
	    "coalesce((SELECT max(id) FROM runs), 0)," \
	    "coalesce((SELECT max(id) FROM emails), 0)," \
	    "coalesce((SELECT max(id) FROM contacts), 0)," \
	    "coalesce((SELECT max(id) FROM templates), 0)," \
	    "coalesce((SELECT max(id) FROM template_versions), 0)," \
	    "coalesce((SELECT max(id) FROM automations), 0)," \
	    "coalesce((SELECT max(id) FROM topics), 0)," \
	    "coalesce((SELECT max(id) FROM api_keys), 0)," \
	    "coalesce((SELECT value FROM meta WHERE key = 'last_id'), 0))") \
	/* API keys */ \
	X(SQL_KEY_PUT, \
	    "INSERT INTO api_keys(id, name, hash, permission) " \
	    "VALUES($1, $2, $3, $4)") \
	X(SQL_KEY_LIST, \
	    "SELECT id, name, hash, permission FROM api_keys " \
	    "WHERE id < $1 AND id > $2 ORDER BY id DESC LIMIT $3") \
	X(SQL_KEY_LIST_UP, \
	    "SELECT id, name, hash, permission FROM api_keys " \
	    "WHERE id < $1 AND id > $2 ORDER BY id ASC LIMIT $3") \
	X(SQL_KEY_DELETE, "DELETE FROM api_keys WHERE id = $1") \
	/* idempotency */ \
	X(SQL_IDEM_GET, \
	    "SELECT hash, ref, answer, expires FROM idempotency " \
	    "WHERE key = $1") \
	X(SQL_IDEM_PUT, \
	    "INSERT INTO idempotency(key, hash, ref, answer, " \
	    "expires) VALUES($1, $2, $3, $4, $5) ON CONFLICT(key) DO UPDATE " \
	    "SET hash = excluded.hash, ref = excluded.ref, " \
	    "answer = excluded.answer, expires = excluded.expires") \
	X(SQL_IDEM_PRUNE, \
	    "DELETE FROM idempotency WHERE key IN (SELECT key " \
	    "FROM idempotency WHERE expires < $1 ORDER BY expires LIMIT $2)") \
	/* contacts */ \
	X(SQL_CONTACT_BY_KEY, \
	    "SELECT id, email_key, email, first_name, " \
	    "last_name, unsubscribed, properties, updated FROM contacts " \
	    "WHERE email_key = $1") \
	X(SQL_CONTACT_ID, "SELECT id FROM contacts WHERE email_key = $1") \
	X(SQL_CONTACT_BY_ID, \
	    "SELECT id, email_key, email, first_name, " \
	    "last_name, unsubscribed, properties, updated FROM contacts " \
	    "WHERE id = $1") \
	X(SQL_CONTACT_LIST, \
	    "SELECT id, email_key, email, first_name, " \
	    "last_name, unsubscribed, properties, updated FROM contacts " \
	    "WHERE id < $1 AND id > $2 ORDER BY id DESC LIMIT $3") \
	X(SQL_CONTACT_LIST_UP, \
	    "SELECT id, email_key, email, first_name, " \
	    "last_name, unsubscribed, properties, updated FROM contacts " \
	    "WHERE id < $1 AND id > $2 ORDER BY id ASC LIMIT $3") \
	X(SQL_CONTACT_PUT, \
	    "INSERT INTO contacts(id, email_key, email, " \
	    "first_name, last_name, unsubscribed, properties, updated) " \
	    "VALUES($1, $2, $3, $4, $5, $6, $7, $8)") \
	X(SQL_CONTACT_UPDATE, \
	    "UPDATE contacts SET email_key = $1, " \
	    "email = $2, first_name = $3, last_name = $4, unsubscribed = $5, " \
	    "properties = $6, updated = $7 WHERE id = $8") \
	X(SQL_CONTACT_DELETE, "DELETE FROM contacts WHERE id = $1") \
	X(SQL_CONTACT_TOPICS_DELETE, \
	    "DELETE FROM contact_topics WHERE contact = $1") \
	/* topics */ \
	X(SQL_TOPIC_PUT, \
	    "INSERT INTO topics(id, name, description, " \
	    "default_in, is_public) VALUES($1, $2, $3, $4, $5)") \
	X(SQL_TOPIC_GET, \
	    "SELECT id, name, description, default_in, " \
	    "is_public FROM topics WHERE id = $1") \
	X(SQL_TOPIC_LIST, \
	    "SELECT id, name, description, default_in, " \
	    "is_public FROM topics WHERE id < $1 AND id > $2 " \
	    "ORDER BY id DESC LIMIT $3") \
	X(SQL_TOPIC_LIST_UP, \
	    "SELECT id, name, description, default_in, " \
	    "is_public FROM topics WHERE id < $1 AND id > $2 " \
	    "ORDER BY id ASC LIMIT $3") \
	X(SQL_TOPIC_DELETE, "DELETE FROM topics WHERE id = $1") \
	X(SQL_CONTACT_TOPIC_GET, \
	    "SELECT opted_in FROM contact_topics " \
	    "WHERE contact = $1 AND topic = $2") \
	X(SQL_CONTACT_TOPIC_PUT, \
	    "INSERT INTO contact_topics(contact, topic, " \
	    "opted_in) VALUES($1, $2, $3) ON CONFLICT(contact, topic) " \
	    "DO UPDATE SET opted_in = excluded.opted_in") \
	/* templates */ \
	X(SQL_TEMPLATE_PUT, \
	    "INSERT INTO templates(id, name, alias, draft, " \
	    "published, published_at, updated) VALUES($1, $2, $3, $4, $5, " \
	    "$6, $7)") \
	X(SQL_TEMPLATE_UPDATE, \
	    "UPDATE templates SET name = $1, alias = $2, " \
	    "draft = $3, published = $4, published_at = $5, updated = $6 " \
	    "WHERE id = $7") \
	X(SQL_TEMPLATE_BY_ID, \
	    "SELECT id, name, alias, draft, published, " \
	    "published_at, updated FROM templates WHERE id = $1") \
	X(SQL_TEMPLATE_BY_ALIAS, \
	    "SELECT id, name, alias, draft, published, " \
	    "published_at, updated FROM templates WHERE alias = $1") \
	X(SQL_TEMPLATE_LIST, \
	    "SELECT id, name, alias, draft, published, " \
	    "published_at, updated FROM templates WHERE id < $1 AND id > $2 " \
	    "ORDER BY id DESC LIMIT $3") \
	X(SQL_TEMPLATE_LIST_UP, \
	    "SELECT id, name, alias, draft, published, " \
	    "published_at, updated FROM templates WHERE id < $1 AND id > $2 " \
	    "ORDER BY id ASC LIMIT $3") \
	X(SQL_TEMPLATE_DELETE, "DELETE FROM templates WHERE id = $1") \
	X(SQL_VERSION_PUT, \
	    "INSERT INTO template_versions(id, template, " \
	    "sender, subject, reply_to, html, text, variables) " \
	    "VALUES($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT(id) " \
	    "DO UPDATE SET sender = excluded.sender, " \
	    "subject = excluded.subject, reply_to = excluded.reply_to, " \
	    "html = excluded.html, text = excluded.text, " \
	    "variables = excluded.variables") \
	X(SQL_VERSION_GET, \
	    "SELECT id, template, sender, subject, reply_to, " \
	    "html, text, variables FROM template_versions WHERE id = $1") \
	/* automations */ \
	X(SQL_AUTOMATION_PUT, \
	    "INSERT INTO automations(id, name, enabled, " \
	    "version, updated) VALUES($1, $2, $3, 0, $4) RETURNING num") \
	X(SQL_AUTOMATION_UPDATE, \
	    "UPDATE automations SET name = $1, " \
	    "enabled = $2, version = $3, updated = $4 WHERE num = $5") \
	X(SQL_AUTOMATION_BY_ID, \
	    "SELECT num, id, name, enabled, version, " \
	    "updated FROM automations WHERE id = $1 AND enabled >= 0") \
	X(SQL_AUTOMATION_BY_NUM, \
	    "SELECT num, id, name, enabled, version, " \
	    "updated FROM automations WHERE num = $1") \
	X(SQL_AUTOMATION_LIST, \
	    "SELECT num, id, name, enabled, version, " \
	    "updated FROM automations WHERE id < $1 AND id > $2 AND " \
	    "enabled >= $3 AND enabled <= $4 ORDER BY id DESC LIMIT $5") \
	X(SQL_AUTOMATION_LIST_UP, \
	    "SELECT num, id, name, enabled, version, " \
	    "updated FROM automations WHERE id < $1 AND id > $2 AND " \
	    "enabled >= $3 AND enabled <= $4 ORDER BY id ASC LIMIT $5") \
	X(SQL_AUTOMATION_ENABLED, \
	    "SELECT num, id, name, enabled, version, " \
	    "updated FROM automations WHERE enabled = 1 ORDER BY num") \
	X(SQL_GRAPH_PUT, \
	    "INSERT INTO automation_versions(automation, graph) " \
	    "VALUES($1, $2) RETURNING num") \
	X(SQL_GRAPH_GET, \
	    "SELECT automation, graph FROM automation_versions " \
	    "WHERE num = $1") \
	/* events */ \
	X(SQL_NAME_GET, "SELECT num FROM event_names WHERE name = $1") \
	X(SQL_NAME_PUT, \
	    "INSERT INTO event_names(name) VALUES($1) " \
	    "RETURNING num") \
	X(SQL_NAME_BY_NUM, "SELECT name FROM event_names WHERE num = $1") \
	X(SQL_EVENT_PUT, \
	    "INSERT INTO events(id, name, contact, email, " \
	    "payload, cause, depth, outcome) " \
	    "VALUES($1, $2, $3, $4, $5, $6, $7, $8)") \
	X(SQL_EVENT_GET, \
	    "SELECT id, name, contact, email, payload, cause, " \
	    "depth, outcome FROM events WHERE id = $1") \
	/* runs */ \
	X(SQL_RUN_PUT, \
	    "INSERT INTO runs(id, automation, version, contact, " \
	    "event, status, step, seq, due, entered, finished, payload, " \
	    "context, reason) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, " \
	    "$10, $11, $12, $13, $14)") \
	X(SQL_RUN_UPDATE, \
	    "UPDATE runs SET status = $1, step = $2, seq = $3, " \
	    "due = $4, entered = $5, finished = $6, context = $7, " \
	    "reason = $8 WHERE id = $9") \
	X(SQL_RUN_GET, \
	    "SELECT id, automation, version, contact, event, " \
	    "status, step, seq, due, entered, finished, payload, context, " \
	    "reason FROM runs WHERE id = $1") \
	X(SQL_RUN_DUE, \
	    "SELECT id, automation, version, contact, event, " \
	    "status, step, seq, due, entered, finished, payload, context, " \
	    "reason FROM runs WHERE due <= $1 ORDER BY due LIMIT $2") \
	X(SQL_RUN_NEXT_DUE, "SELECT min(due) FROM runs WHERE due > $1") \
	X(SQL_RUN_LIST, \
	    "SELECT id, automation, version, contact, event, " \
	    "status, step, seq, due, entered, finished, payload, context, " \
	    "reason FROM runs WHERE automation = $1 AND status = $2 AND " \
	    "id < $3 AND id > $4 ORDER BY id DESC LIMIT $5") \
	X(SQL_RUN_LIST_UP, \
	    "SELECT id, automation, version, contact, event, " \
	    "status, step, seq, due, entered, finished, payload, context, " \
	    "reason FROM runs WHERE automation = $1 AND status = $2 AND " \
	    "id < $3 AND id > $4 ORDER BY id ASC LIMIT $5") \
	X(SQL_RUN_OF_CONTACT, \
	    "SELECT id, automation FROM runs " \
	    "WHERE contact = $1 AND automation = $2 ORDER BY id DESC LIMIT " \
	    "$3") \
	X(SQL_RUN_RUNNING, \
	    "SELECT id FROM runs WHERE automation = $1 AND " \
	    "status = 0 ORDER BY id LIMIT $2") \
	X(SQL_STEP_PUT, \
	    "INSERT INTO run_steps(run, seq, step, status, " \
	    "started, finished, output, error) " \
	    "VALUES($1, $2, $3, $4, $5, $6, $7, $8)") \
	X(SQL_STEP_LIST, \
	    "SELECT seq, step, status, started, finished, " \
	    "output, error FROM run_steps WHERE run = $1 ORDER BY seq") \
	/* emails */ \
	X(SQL_EMAIL_PUT, \
	    "INSERT INTO emails(id, status, due, attempt, node, " \
	    "contact, run, step, version, topic, stream, sender, recipient, " \
	    "reply_to, subject, data) VALUES($1, $2, $3, $4, $5, $6, $7, $8, " \
	    "$9, $10, $11, $12, $13, $14, $15, $16)") \
	X(SQL_EMAIL_GET, \
	    "SELECT id, status, due, attempt, node, contact, " \
	    "run, step, version, topic, stream, sender, recipient, reply_to, " \
	    "subject, data, code, answer, queue_id, settled FROM emails " \
	    "WHERE id = $1") \
	X(SQL_EMAIL_DUE, \
	    "SELECT id, status, due, attempt, node, contact, " \
	    "run, step, version, topic, stream, sender, recipient, reply_to, " \
	    "subject, data, code, answer, queue_id, settled FROM emails " \
	    "WHERE due <= $1 ORDER BY due, id LIMIT $2") \
	X(SQL_EMAIL_NEXT_DUE, "SELECT min(due) FROM emails WHERE due > $1") \
	X(SQL_EMAIL_LIST, \
	    "SELECT id, status, due, attempt, node, contact, " \
	    "run, step, version, topic, stream, sender, recipient, reply_to, " \
	    "subject, data, code, answer, queue_id, settled FROM emails " \
	    "WHERE id < $1 AND id > $2 ORDER BY id DESC LIMIT $3") \
	X(SQL_EMAIL_LIST_UP, \
	    "SELECT id, status, due, attempt, node, contact, " \
	    "run, step, version, topic, stream, sender, recipient, reply_to, " \
	    "subject, data, code, answer, queue_id, settled FROM emails " \
	    "WHERE id < $1 AND id > $2 ORDER BY id ASC LIMIT $3") \
	X(SQL_EMAIL_CLAIM, \
	    "UPDATE emails SET status = 1, due = NULL, " \
	    "node = $1, attempt = $2 WHERE id = $3") \
	X(SQL_EMAIL_SETTLE, \
	    "UPDATE emails SET status = $1, due = $2, " \
	    "node = NULL, attempt = $3, code = $4, answer = $5, " \
	    "queue_id = $6, settled = $7 WHERE id = $8 AND status = 1") \
	X(SQL_EMAIL_COUNT, \
	    "SELECT count(*) FROM (SELECT 1 FROM emails e " \
	    "LEFT JOIN runs r ON r.id = e.run " \
	    "WHERE e.contact = $1 AND e.id > $2 " \
	    "AND (e.run = $3 OR r.automation = $4) LIMIT $5)") \
	X(SQL_EMAIL_SENDING, \
	    "SELECT id, attempt FROM emails " \
	    "WHERE node = $1 AND id > $2 ORDER BY id LIMIT $3")

enum sql {
#define X(name, text) name,
	SQL_LIST(X)
#undef X
	    SQL_COUNT
};

extern const char *const sql_texts[SQL_COUNT];
