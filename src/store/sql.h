/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every statement the store knows. One text serves each engine: parameters
 * first appear in number order, integers are 64-bit, text sorts bytewise.
 */
#pragma once

#define AUTOMATION_COLUMNS \
	"num, id, name, enabled, paused, version, updated FROM automations "
#define RUN_COLUMNS \
	"id, automation, version, contact, event, status, step, seq, due, " \
	"entered, finished, depth, payload, context, reason FROM runs "
#define JOB_COLUMNS \
	"id, kind, subject, cursor, done, detail, failures, retry, error " \
	"FROM jobs "
#define EVENT_COLUMNS \
	"e.id, n.name, e.contact, e.email, e.payload, e.cause, e.depth, " \
	"e.outcome FROM events e JOIN event_names n ON n.num = e.name "

#define EMAIL_COLUMNS \
	"id, status, due, attempt, node, contact, run, step, version, " \
	"topic, stream, sender, recipient, reply_to, subject, data, code, " \
	"answer, queue_id, settled, direct, scheduled, doubts FROM emails "
#define RECIPIENT_COLUMNS \
	"n, kind, address, email_key, outcome, code, answer, email " \
	"FROM email_recipients "
#define ATTACHMENT_COLUMNS \
	"id, email, hash, size, name, type, content_id FROM " \
	"email_attachments "

#define DEFINITION_COLUMNS "id, num, name, schema, updated FROM event_names "
#define PROPERTY_COLUMNS   "id, key, type, fallback"
#define WEBHOOK_COLUMNS \
	"id, endpoint, events, enabled, secret, old_secret, old_until, " \
	"failing, updated FROM webhooks "
#define HOOK_EVENT_COLUMNS \
	"id, webhook, type, status, attempt, due, contact, payload " \
	"FROM webhook_events "
#define IMPORT_COLUMNS \
	"id, status, size, options, total, created, updated, skipped, " \
	"failed, line, completed, error FROM imports "

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
	    "coalesce((SELECT max(id) FROM email_attachments), 0)," \
	    "coalesce((SELECT max(id) FROM contacts), 0)," \
	    "coalesce((SELECT max(id) FROM templates), 0)," \
	    "coalesce((SELECT max(id) FROM template_versions), 0)," \
	    "coalesce((SELECT max(id) FROM automations), 0)," \
	    "coalesce((SELECT max(id) FROM topics), 0)," \
	    "coalesce((SELECT max(id) FROM segments), 0)," \
	    "coalesce((SELECT max(id) FROM contact_properties), 0)," \
	    "coalesce((SELECT max(id) FROM event_names), 0)," \
	    "coalesce((SELECT max(id) FROM skips), 0)," \
	    "coalesce((SELECT max(id) FROM jobs), 0)," \
	    "coalesce((SELECT max(id) FROM webhooks), 0)," \
	    "coalesce((SELECT max(id) FROM webhook_events), 0)," \
	    "coalesce((SELECT max(id) FROM webhook_attempts), 0)," \
	    "coalesce((SELECT max(id) FROM imports), 0)," \
	    "coalesce((SELECT max(id) FROM api_keys), 0)," \
	    "coalesce((SELECT max(id) FROM suppressions), 0)," \
	    "coalesce((SELECT value FROM meta WHERE key = 'last_id'), 0))") \
	/* API keys */ \
	X(SQL_KEY_PUT, \
	    "INSERT INTO api_keys(id, name, hash, permission, domain) " \
	    "VALUES($1, $2, $3, $4, $5)") \
	X(SQL_KEY_RENAME, "UPDATE api_keys SET name = $1 WHERE id = $2") \
	X(SQL_KEY_USED, "UPDATE api_keys SET last_used = $1 WHERE id = $2") \
	X(SQL_KEY_LIST, \
	    "SELECT id, name, hash, permission, domain, last_used " \
	    "FROM api_keys " \
	    "WHERE id < $1 AND id > $2 ORDER BY id DESC LIMIT $3") \
	X(SQL_KEY_LIST_UP, \
	    "SELECT id, name, hash, permission, domain, last_used " \
	    "FROM api_keys " \
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
	X(SQL_CONTACT_SLICE, \
	    "SELECT max(id), count(*) FROM (SELECT id FROM contacts " \
	    "WHERE id > $1 ORDER BY id LIMIT $2)") \
	X(SQL_CONTACT_UNCOUNT, \
	    "UPDATE meta SET value = value - 1 WHERE key = 'contacts' " \
	    "AND (SELECT value FROM meta WHERE key = 'contacts_counted') " \
	    ">= $1") \
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
	X(SQL_TOPIC_UPDATE, \
	    "UPDATE topics SET name = $1, description = $2, " \
	    "is_public = $3 WHERE id = $4") \
	X(SQL_TOPIC_DELETE, "DELETE FROM topics WHERE id = $1") \
	X(SQL_TOPICS_OF, \
	    "SELECT t.id, name, description, default_in, is_public, " \
	    "coalesce(c.opted_in, default_in) FROM topics t " \
	    "LEFT JOIN contact_topics c ON c.contact = $1 " \
	    "AND c.topic = t.id WHERE t.id < $2 AND t.id > $3 " \
	    "ORDER BY t.id DESC LIMIT $4") \
	X(SQL_TOPICS_OF_UP, \
	    "SELECT t.id, name, description, default_in, is_public, " \
	    "coalesce(c.opted_in, default_in) FROM topics t " \
	    "LEFT JOIN contact_topics c ON c.contact = $1 " \
	    "AND c.topic = t.id WHERE t.id < $2 AND t.id > $3 " \
	    "ORDER BY t.id ASC LIMIT $4") \
	X(SQL_CONTACT_TOPIC_GET, \
	    "SELECT opted_in FROM contact_topics " \
	    "WHERE contact = $1 AND topic = $2") \
	X(SQL_CONTACT_TOPIC_PUT, \
	    "INSERT INTO contact_topics(contact, topic, " \
	    "opted_in) VALUES($1, $2, $3) ON CONFLICT(contact, topic) " \
	    "DO UPDATE SET opted_in = excluded.opted_in") \
	/* properties of contacts */ \
	X(SQL_PROPERTY_PUT, \
	    "INSERT INTO contact_properties(" PROPERTY_COLUMNS ") " \
	    "VALUES($1, $2, $3, $4) ON CONFLICT(key) DO NOTHING") \
	X(SQL_PROPERTY_UPDATE, \
	    "UPDATE contact_properties SET fallback = $1 WHERE id = $2") \
	X(SQL_PROPERTY_DELETE, "DELETE FROM contact_properties WHERE id = $1") \
	X(SQL_PROPERTY_GET, \
	    "SELECT " PROPERTY_COLUMNS " FROM contact_properties " \
	    "WHERE id = $1") \
	X(SQL_PROPERTY_BY_KEY, \
	    "SELECT " PROPERTY_COLUMNS " FROM contact_properties " \
	    "WHERE key = $1") \
	X(SQL_PROPERTY_LIST, \
	    "SELECT " PROPERTY_COLUMNS " FROM contact_properties " \
	    "WHERE id < $1 AND id > $2 ORDER BY id DESC LIMIT $3") \
	X(SQL_PROPERTY_LIST_UP, \
	    "SELECT " PROPERTY_COLUMNS " FROM contact_properties " \
	    "WHERE id < $1 AND id > $2 ORDER BY id ASC LIMIT $3") \
	X(SQL_PROPERTY_ALL, \
	    "SELECT " PROPERTY_COLUMNS " FROM contact_properties " \
	    "ORDER BY id") \
	/* segments */ \
	X(SQL_SEGMENT_PUT, \
	    "INSERT INTO segments(id, name, filter) VALUES($1, $2, $3)") \
	X(SQL_SEGMENT_UPDATE, \
	    "UPDATE segments SET name = $1, filter = $2 WHERE id = $3") \
	X(SQL_SEGMENT_GET, \
	    "SELECT id, name, filter FROM segments WHERE id = $1") \
	X(SQL_SEGMENT_LIST, \
	    "SELECT id, name, filter FROM segments WHERE id < $1 " \
	    "AND id > $2 ORDER BY id DESC LIMIT $3") \
	X(SQL_SEGMENT_LIST_UP, \
	    "SELECT id, name, filter FROM segments WHERE id < $1 " \
	    "AND id > $2 ORDER BY id ASC LIMIT $3") \
	X(SQL_SEGMENT_COMPUTED, \
	    "SELECT id, name, filter FROM segments " \
	    "WHERE filter IS NOT NULL ORDER BY id") \
	X(SQL_SEGMENT_COUNT, "SELECT count(*) FROM segments") \
	X(SQL_SEGMENT_DELETE, "DELETE FROM segments WHERE id = $1") \
	X(SQL_MEMBER_HAS, \
	    "SELECT 1 FROM segment_members WHERE segment = $1 " \
	    "AND contact = $2") \
	X(SQL_MEMBER_PUT, \
	    "INSERT INTO segment_members(segment, contact) VALUES($1, $2) " \
	    "ON CONFLICT DO NOTHING") \
	X(SQL_MEMBER_DELETE, \
	    "DELETE FROM segment_members WHERE segment = $1 " \
	    "AND contact = $2") \
	X(SQL_MEMBER_FORGET, "DELETE FROM segment_members WHERE contact = $1") \
	X(SQL_MEMBER_EMPTY, \
	    "DELETE FROM segment_members WHERE segment = $1 AND contact IN " \
	    "(SELECT contact FROM segment_members WHERE segment = $1 " \
	    "ORDER BY contact LIMIT $2)") \
	X(SQL_MEMBER_LIST, \
	    "SELECT c.id, email_key, email, first_name, last_name, " \
	    "unsubscribed, properties, updated FROM segment_members m " \
	    "JOIN contacts c ON c.id = m.contact WHERE m.segment = $1 " \
	    "AND m.contact < $2 AND m.contact > $3 " \
	    "ORDER BY m.contact DESC LIMIT $4") \
	X(SQL_MEMBER_LIST_UP, \
	    "SELECT c.id, email_key, email, first_name, last_name, " \
	    "unsubscribed, properties, updated FROM segment_members m " \
	    "JOIN contacts c ON c.id = m.contact WHERE m.segment = $1 " \
	    "AND m.contact < $2 AND m.contact > $3 " \
	    "ORDER BY m.contact ASC LIMIT $4") \
	X(SQL_SEGMENTS_OF, \
	    "SELECT s.id, name, filter FROM segment_members m " \
	    "JOIN segments s ON s.id = m.segment WHERE m.contact = $1 " \
	    "AND m.segment < $2 AND m.segment > $3 " \
	    "ORDER BY m.segment DESC LIMIT $4") \
	X(SQL_SEGMENTS_OF_UP, \
	    "SELECT s.id, name, filter FROM segment_members m " \
	    "JOIN segments s ON s.id = m.segment WHERE m.contact = $1 " \
	    "AND m.segment < $2 AND m.segment > $3 " \
	    "ORDER BY m.segment ASC LIMIT $4") \
	/* imports */ \
	X(SQL_IMPORT_PUT, \
	    "INSERT INTO imports(id, status, size, options, total, created, " \
	    "updated, skipped, failed, line) " \
	    "VALUES($1, $2, $3, $4, 0, 0, 0, 0, 0, 0)") \
	X(SQL_IMPORT_UPDATE, \
	    "UPDATE imports SET status = $1, total = $2, created = $3, " \
	    "updated = $4, skipped = $5, failed = $6, line = $7, " \
	    "completed = $8, error = $9 WHERE id = $10") \
	X(SQL_IMPORT_GET, "SELECT " IMPORT_COLUMNS "WHERE id = $1") \
	X(SQL_IMPORT_LIST, \
	    "SELECT " IMPORT_COLUMNS "WHERE id < $1 AND id > $2 " \
	    "ORDER BY id DESC LIMIT $3") \
	X(SQL_IMPORT_LIST_UP, \
	    "SELECT " IMPORT_COLUMNS "WHERE id < $1 AND id > $2 " \
	    "ORDER BY id ASC LIMIT $3") \
	X(SQL_IMPORT_OF_STATUS, \
	    "SELECT " IMPORT_COLUMNS "WHERE status = $1 " \
	    "AND id < $2 AND id > $3 ORDER BY id DESC LIMIT $4") \
	X(SQL_IMPORT_OF_STATUS_UP, \
	    "SELECT " IMPORT_COLUMNS "WHERE status = $1 " \
	    "AND id < $2 AND id > $3 ORDER BY id ASC LIMIT $4") \
	X(SQL_IMPORT_FAILURE_PUT, \
	    "INSERT INTO import_failures(import, line, reason) " \
	    "VALUES($1, $2, $3) ON CONFLICT DO NOTHING") \
	X(SQL_IMPORT_FAILURE_LAST, \
	    "UPDATE import_failures SET reason = $1 WHERE import = $2 " \
	    "AND line = (SELECT max(line) FROM import_failures " \
	    "WHERE import = $2)") \
	X(SQL_IMPORT_FAILURES, \
	    "SELECT line, reason FROM import_failures WHERE import = $1 " \
	    "ORDER BY line LIMIT $2") \
	X(SQL_IMPORT_FAILURES_PRUNE, \
	    "DELETE FROM import_failures WHERE import IN (SELECT id " \
	    "FROM imports WHERE id < $1 AND status NOT IN (0, 1) " \
	    "ORDER BY id LIMIT $2)") \
	X(SQL_IMPORT_PRUNE, \
	    "DELETE FROM imports WHERE id IN (SELECT id FROM imports " \
	    "WHERE id < $1 AND status NOT IN (0, 1) ORDER BY id LIMIT $2)") \
	/* a contact leaves no trace */ \
	X(SQL_ERASE_STEPS, \
	    "DELETE FROM run_steps WHERE run IN (SELECT id FROM runs " \
	    "WHERE contact = $1 AND status <> 0 " \
	    "ORDER BY status, automation, id LIMIT $2)") \
	X(SQL_ERASE_RUNS, \
	    "DELETE FROM runs WHERE id IN (SELECT id FROM runs " \
	    "WHERE contact = $1 AND status <> 0 " \
	    "ORDER BY status, automation, id LIMIT $2)") \
	X(SQL_ERASE_EMAILS, \
	    "DELETE FROM emails WHERE id IN (SELECT id FROM emails " \
	    "WHERE contact = $1 AND status <> 1 ORDER BY id LIMIT $2)") \
	X(SQL_ERASE_PARTS, \
	    "DELETE FROM email_parts WHERE email IN (SELECT id FROM emails " \
	    "WHERE contact = $1 AND status <> 1 ORDER BY id LIMIT $2)") \
	X(SQL_ERASE_RECIPIENTS, \
	    "DELETE FROM email_recipients WHERE email IN (SELECT id " \
	    "FROM emails WHERE contact = $1 AND status <> 1 " \
	    "ORDER BY id LIMIT $2)") \
	X(SQL_ERASE_ATTACHMENTS, \
	    "DELETE FROM email_attachments WHERE email IN (SELECT id " \
	    "FROM emails WHERE contact = $1 AND status <> 1 " \
	    "ORDER BY id LIMIT $2)") \
	X(SQL_EMAIL_IS_SENDING, \
	    "SELECT 1 FROM emails WHERE contact = $1 AND status = 1 LIMIT 1") \
	X(SQL_ERASE_UNTIL, \
	    "SELECT min(coalesce((SELECT id FROM events WHERE id > $1 " \
	    "AND id < $2 ORDER BY id LIMIT 1 OFFSET $3), $2 - 1), " \
	    "coalesce((SELECT id FROM webhook_events WHERE id > $1 " \
	    "AND id < $2 ORDER BY id LIMIT 1 OFFSET $4), $2 - 1))") \
	X(SQL_ERASE_EVENTS, \
	    "DELETE FROM events WHERE id > $1 AND id <= $2 " \
	    "AND (contact = $3 OR lower(email) = $4)") \
	/* suppressions */ \
	X(SQL_SUPPRESSION_PUT, \
	    "INSERT INTO suppressions(id, email_key, origin, source) " \
	    "VALUES($1, $2, $3, $4)") \
	X(SQL_SUPPRESSION_ID, \
	    "SELECT id FROM suppressions WHERE email_key = $1") \
	X(SQL_SUPPRESSION_BY_ID, \
	    "SELECT id, email_key, origin, source FROM suppressions " \
	    "WHERE id = $1") \
	X(SQL_SUPPRESSION_BY_KEY, \
	    "SELECT id, email_key, origin, source FROM suppressions " \
	    "WHERE email_key = $1") \
	X(SQL_SUPPRESSION_HIDE, \
	    "UPDATE suppressions SET email_key = $1 WHERE id = $2") \
	X(SQL_SUPPRESSION_DELETE, "DELETE FROM suppressions WHERE id = $1") \
	X(SQL_SUPPRESSION_LIST, \
	    "SELECT id, email_key, origin, source FROM suppressions " \
	    "WHERE id < $1 AND id > $2 ORDER BY id DESC LIMIT $3") \
	X(SQL_SUPPRESSION_LIST_UP, \
	    "SELECT id, email_key, origin, source FROM suppressions " \
	    "WHERE id < $1 AND id > $2 ORDER BY id ASC LIMIT $3") \
	X(SQL_SUPPRESSION_OF_ORIGIN, \
	    "SELECT id, email_key, origin, source FROM suppressions " \
	    "WHERE origin = $1 AND id < $2 AND id > $3 " \
	    "ORDER BY id DESC LIMIT $4") \
	X(SQL_SUPPRESSION_OF_ORIGIN_UP, \
	    "SELECT id, email_key, origin, source FROM suppressions " \
	    "WHERE origin = $1 AND id < $2 AND id > $3 " \
	    "ORDER BY id ASC LIMIT $4") \
	/* long work, and what automations did */ \
	X(SQL_JOB_PUT, \
	    "INSERT INTO jobs(id, kind, subject, cursor, done, detail) " \
	    "VALUES($1, $2, $3, 0, 0, $4)") \
	X(SQL_JOB_NEXT, \
	    "SELECT " JOB_COLUMNS "WHERE id > $1 ORDER BY id LIMIT 1") \
	X(SQL_JOB_FIND, \
	    "SELECT " JOB_COLUMNS "WHERE kind = $1 AND subject = $2 LIMIT 1") \
	X(SQL_JOB_CANCELS, \
	    "SELECT detail FROM jobs WHERE (kind = 1 AND subject = $1 " \
	    "OR kind = 7 AND subject = $2) AND id > $3 LIMIT 1") \
	X(SQL_JOB_UPDATE, \
	    "UPDATE jobs SET cursor = $1, done = $2, failures = $3, " \
	    "retry = $4, error = $5 WHERE id = $6") \
	X(SQL_JOB_DELETE, "DELETE FROM jobs WHERE id = $1") \
	X(SQL_HOUR_ADD, \
	    "INSERT INTO automation_hours(automation, hour, entered, " \
	    "completed, exited, failed, mails) " \
	    "VALUES($1, $2, $3, $4, $5, $6, $7) " \
	    "ON CONFLICT(automation, hour) DO UPDATE SET " \
	    "entered = entered + excluded.entered, " \
	    "completed = completed + excluded.completed, " \
	    "exited = exited + excluded.exited, " \
	    "failed = failed + excluded.failed, " \
	    "mails = mails + excluded.mails") \
	X(SQL_HOUR_SUM, \
	    "SELECT sum(entered), sum(completed), sum(exited), sum(failed), " \
	    "sum(mails), count(*) FROM automation_hours " \
	    "WHERE automation = $1 AND hour >= $2 AND hour <= $3") \
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
	X(SQL_VERSION_TEMPLATE, \
	    "SELECT template FROM template_versions WHERE id = $1") \
	X(SQL_VERSION_GET, \
	    "SELECT id, template, sender, subject, reply_to, " \
	    "html, text, variables FROM template_versions WHERE id = $1") \
	/* automations */ \
	X(SQL_AUTOMATION_PUT, \
	    "INSERT INTO automations(id, name, enabled, paused, " \
	    "version, updated) VALUES($1, $2, $3, 0, 0, $4) RETURNING num") \
	X(SQL_AUTOMATION_UPDATE, \
	    "UPDATE automations SET name = $1, enabled = $2, paused = $3, " \
	    "version = $4, updated = $5 WHERE num = $6") \
	X(SQL_AUTOMATION_BY_ID, \
	    "SELECT " AUTOMATION_COLUMNS "WHERE id = $1 AND enabled >= 0") \
	X(SQL_AUTOMATION_EVER, "SELECT " AUTOMATION_COLUMNS "WHERE id = $1") \
	X(SQL_AUTOMATION_BY_NUM, \
	    "SELECT " AUTOMATION_COLUMNS "WHERE num = $1") \
	X(SQL_AUTOMATION_LIST, \
	    "SELECT " AUTOMATION_COLUMNS \
	    "WHERE enabled >= $1 AND enabled <= $2 " \
	    "AND id < $3 AND id > $4 ORDER BY id DESC LIMIT $5") \
	X(SQL_AUTOMATION_LIST_UP, \
	    "SELECT " AUTOMATION_COLUMNS \
	    "WHERE enabled >= $1 AND enabled <= $2 " \
	    "AND id < $3 AND id > $4 ORDER BY id ASC LIMIT $5") \
	X(SQL_AUTOMATION_ENABLED, \
	    "SELECT " AUTOMATION_COLUMNS "WHERE enabled = 1 ORDER BY num") \
	X(SQL_AUTOMATION_PAUSED, \
	    "SELECT " AUTOMATION_COLUMNS "WHERE paused = 1 ORDER BY num") \
	X(SQL_GRAPH_PUT, \
	    "INSERT INTO automation_versions(automation, graph) " \
	    "VALUES($1, $2) RETURNING num") \
	X(SQL_GRAPH_GET, \
	    "SELECT automation, graph FROM automation_versions " \
	    "WHERE num = $1") \
	/* events */ \
	X(SQL_NAME_GET, \
	    "SELECT num, interest, schema FROM event_names WHERE name = $1") \
	X(SQL_NAME_PUT, \
	    "INSERT INTO event_names(name) VALUES($1) RETURNING num") \
	X(SQL_NAME_INTEREST, \
	    "UPDATE event_names SET interest = interest | $1 " \
	    "WHERE num = $2") \
	X(SQL_DEFINITION_PUT, \
	    "INSERT INTO event_names(name, id, schema) VALUES($1, $2, $3) " \
	    "ON CONFLICT(name) DO UPDATE SET id = excluded.id, " \
	    "schema = excluded.schema, updated = NULL " \
	    "WHERE event_names.id IS NULL RETURNING num") \
	X(SQL_DEFINITION_UPDATE, \
	    "UPDATE event_names SET schema = $1, updated = $2 " \
	    "WHERE id = $3") \
	X(SQL_DEFINITION_DELETE, \
	    "UPDATE event_names SET id = NULL, schema = NULL, " \
	    "updated = NULL WHERE id = $1") \
	X(SQL_DEFINITION_BY_ID, "SELECT " DEFINITION_COLUMNS "WHERE id = $1") \
	X(SQL_DEFINITION_BY_NAME, \
	    "SELECT " DEFINITION_COLUMNS "WHERE name = $1 AND id IS NOT NULL") \
	X(SQL_DEFINITION_LIST, \
	    "SELECT " DEFINITION_COLUMNS "WHERE id < $1 AND id > $2 " \
	    "ORDER BY id DESC LIMIT $3") \
	X(SQL_DEFINITION_LIST_UP, \
	    "SELECT " DEFINITION_COLUMNS "WHERE id < $1 AND id > $2 " \
	    "ORDER BY id ASC LIMIT $3") \
	X(SQL_RECENT_PUT, \
	    "INSERT INTO recent_events(contact, name, event) " \
	    "VALUES($1, $2, $3)") \
	X(SQL_RECENT_BEFORE, \
	    "SELECT " EVENT_COLUMNS "WHERE e.id = (SELECT max(event) FROM " \
	    "recent_events WHERE contact = $1 AND name = $2 AND event >= $3 " \
	    "AND event < $4)") \
	X(SQL_RECENT_PRUNE, \
	    "DELETE FROM recent_events WHERE (contact, name, event) IN " \
	    "(SELECT contact, name, event FROM recent_events " \
	    "WHERE event < $1 ORDER BY event LIMIT $2)") \
	X(SQL_RECENT_FORGET, \
	    "DELETE FROM recent_events WHERE (contact, name, event) IN " \
	    "(SELECT contact, name, event FROM recent_events " \
	    "WHERE contact = $1 ORDER BY name, event LIMIT $2)") \
	X(SQL_EVENT_PUT, \
	    "INSERT INTO events(id, name, contact, email, " \
	    "payload, cause, depth, outcome) " \
	    "VALUES($1, $2, $3, $4, $5, $6, $7, $8)") \
	X(SQL_EVENT_OUTCOME, "UPDATE events SET outcome = $1 WHERE id = $2") \
	X(SQL_EVENT_GET, "SELECT " EVENT_COLUMNS "WHERE e.id = $1") \
	X(SQL_EVENT_SLICE, \
	    "SELECT max(id), count(*) FROM (SELECT id FROM events " \
	    "WHERE id > $1 ORDER BY id LIMIT $2)") \
	X(SQL_EVENT_OF_CONTACT, \
	    "SELECT " EVENT_COLUMNS "WHERE e.id > $1 AND e.id <= $2 " \
	    "AND (e.contact = $3 OR (e.contact IS NULL " \
	    "AND lower(e.email) IN (lower($4), lower($5)))) " \
	    "ORDER BY e.id") \
	X(SQL_EVENT_PRUNE, \
	    "DELETE FROM events WHERE id IN (SELECT id FROM events " \
	    "WHERE id < $1 ORDER BY id LIMIT $2)") \
	/* runs */ \
	X(SQL_RUN_PUT, \
	    "INSERT INTO runs(id, automation, version, contact, " \
	    "event, status, step, seq, due, entered, finished, depth, " \
	    "payload, context, reason) VALUES($1, $2, $3, $4, $5, $6, $7, " \
	    "$8, $9, $10, $11, $12, $13, $14, $15)") \
	X(SQL_RUN_UPDATE, \
	    "UPDATE runs SET status = $1, step = $2, seq = $3, " \
	    "due = $4, entered = $5, finished = $6, depth = $7, " \
	    "context = $8, reason = $9 WHERE id = $10") \
	X(SQL_RUN_GET, "SELECT " RUN_COLUMNS "WHERE id = $1") \
	X(SQL_RUN_DUE, \
	    "SELECT " RUN_COLUMNS "WHERE automation = $1 AND due <= $2 " \
	    "ORDER BY due, id LIMIT $3") \
	X(SQL_RUN_NEXT_DUE, \
	    "SELECT min(due) FROM runs WHERE automation = $1 AND due > 0") \
	X(SQL_RUN_DUE_BEHIND, \
	    "SELECT automation, due FROM runs WHERE automation > $1 " \
	    "AND due > 0 ORDER BY automation, due LIMIT 1") \
	X(SQL_RUN_LIVE, \
	    "SELECT " RUN_COLUMNS "WHERE id IN (SELECT id FROM runs " \
	    "WHERE contact = $1 AND status = 0 AND id > $2 " \
	    "ORDER BY id LIMIT $3) ORDER BY id") \
	/* as a comparison of rows it would go through all of a version */ \
	X(SQL_RUN_LIVE_GROUP, \
	    "SELECT * FROM (SELECT automation, version FROM runs " \
	    "WHERE contact = $1 AND status = 0 AND automation = $2 " \
	    "AND version > $3 ORDER BY version LIMIT 1) UNION ALL " \
	    "SELECT * FROM (SELECT automation, version FROM runs " \
	    "WHERE contact = $1 AND status = 0 AND automation > $2 " \
	    "ORDER BY automation, version LIMIT 1) LIMIT 1") \
	X(SQL_RUN_LIVE_OF, \
	    "SELECT " RUN_COLUMNS "WHERE contact = $1 AND status = 0 " \
	    "AND automation = $2 AND version = $3 " \
	    "AND (event IS NOT NULL OR id < $4) LIMIT $5") \
	X(SQL_RUN_LIVE_DUE, \
	    "SELECT id, automation, due, entered = 0 FROM runs WHERE contact " \
	    "= $1 " \
	    "AND status = 0 AND automation = $2 AND version = $3 AND due <= " \
	    "$4 " \
	    "ORDER BY due, id LIMIT $5") \
	X(SQL_RUN_LAST, \
	    "SELECT max(id) FROM runs WHERE contact = $1 AND status = $2 " \
	    "AND status <> 0 AND automation = $3") \
	X(SQL_RUN_LAST_LIVE, \
	    "SELECT max(id) FROM runs WHERE contact = $1 AND status = 0 " \
	    "AND automation = $2") \
	X(SQL_RUN_LIST, \
	    "SELECT " RUN_COLUMNS "WHERE automation = $1 AND status = $2 " \
	    "AND id < $3 AND id > $4 ORDER BY id DESC LIMIT $5") \
	X(SQL_RUN_LIST_UP, \
	    "SELECT " RUN_COLUMNS "WHERE automation = $1 AND status = $2 " \
	    "AND id < $3 AND id > $4 ORDER BY id ASC LIMIT $5") \
	X(SQL_RUN_OF_CONTACT, \
	    "SELECT " RUN_COLUMNS "WHERE id IN (SELECT id FROM (" \
	    "SELECT id FROM runs WHERE contact = $1 AND status = 0 " \
	    "AND id < $2 AND id > $3 UNION ALL " \
	    "SELECT id FROM runs WHERE contact = $1 AND status <> 0 " \
	    "AND id < $2 AND id > $3) " \
	    "ORDER BY id DESC LIMIT $4) ORDER BY id DESC") \
	X(SQL_RUN_OF_CONTACT_UP, \
	    "SELECT " RUN_COLUMNS "WHERE id IN (SELECT id FROM (" \
	    "SELECT id FROM runs WHERE contact = $1 AND status = 0 " \
	    "AND id < $2 AND id > $3 UNION ALL " \
	    "SELECT id FROM runs WHERE contact = $1 AND status <> 0 " \
	    "AND id < $2 AND id > $3) " \
	    "ORDER BY id ASC LIMIT $4) ORDER BY id ASC") \
	X(SQL_RUN_OF_BOTH, \
	    "SELECT " RUN_COLUMNS "WHERE id IN (SELECT id FROM (" \
	    "SELECT id FROM runs WHERE contact = $1 AND status = 0 " \
	    "AND automation = $2 UNION ALL SELECT id FROM runs " \
	    "WHERE contact = $1 AND status IN (1, 2, 3) AND status <> 0 " \
	    "AND automation = $2) ORDER BY id DESC LIMIT $3) " \
	    "ORDER BY id DESC") \
	X(SQL_RUN_RUNNING, \
	    "SELECT " RUN_COLUMNS "WHERE automation = $1 AND " \
	    "status = 0 ORDER BY id LIMIT $2") \
	X(SQL_RUN_OLD, \
	    "SELECT id FROM runs WHERE automation = $1 AND status = $2 " \
	    "AND id < $3 ORDER BY id LIMIT $4") \
	X(SQL_RUN_DELETE, "DELETE FROM runs WHERE id = $1") \
	X(SQL_RUN_STEPS_DELETE, "DELETE FROM run_steps WHERE run = $1") \
	X(SQL_RUN_AUTOMATION_BEHIND, \
	    "SELECT min(automation) FROM runs WHERE automation > $1") \
	X(SQL_WAIT_PUT, \
	    "INSERT INTO waits(contact, name, place, run) " \
	    "VALUES($1, $2, $3, $4) ON CONFLICT DO NOTHING") \
	X(SQL_WAIT_DELETE, \
	    "DELETE FROM waits WHERE contact = $1 AND name = $2 " \
	    "AND place = $3 AND run = $4") \
	X(SQL_WAIT_DELETE_RUN, \
	    "DELETE FROM waits WHERE contact = $1 AND run = $2") \
	X(SQL_WAIT_PLACE, \
	    "SELECT place FROM waits WHERE contact = $1 AND name = $2 " \
	    "AND place > $3 ORDER BY place LIMIT 1") \
	X(SQL_WAIT_LIST, \
	    "SELECT run FROM waits WHERE contact = $1 AND name = $2 " \
	    "AND place = $3 AND run > $4 ORDER BY run LIMIT $5") \
	X(SQL_WAIT_FORGET, \
	    "DELETE FROM waits WHERE (contact, name, place, run) IN " \
	    "(SELECT contact, name, place, run FROM waits " \
	    "WHERE contact = $1 ORDER BY name, place, run LIMIT $2)") \
	X(SQL_BACKLOG_PUT, \
	    "INSERT INTO backlog(contact, root, seq, at, event, phase, " \
	    "cursor, changed, details) VALUES($1, $2, $3, $4, $5, $6, $7, " \
	    "$8, $9) ON CONFLICT(contact, root, seq) DO UPDATE SET " \
	    "event = excluded.event, phase = excluded.phase, " \
	    "cursor = excluded.cursor, changed = excluded.changed") \
	X(SQL_BACKLOG_DELETE, \
	    "DELETE FROM backlog WHERE contact = $1 AND root = $2 " \
	    "AND seq = $3") \
	X(SQL_BACKLOG_FIRST, \
	    "SELECT contact, root, seq, at, event, phase, cursor, changed, " \
	    "details FROM backlog WHERE contact = $1 " \
	    "ORDER BY root, seq LIMIT 1") \
	X(SQL_BACKLOG_HAS, "SELECT 1 FROM backlog WHERE contact = $1 LIMIT 1") \
	X(SQL_BACKLOG_CONTACT, \
	    "SELECT contact FROM backlog WHERE contact > $1 " \
	    "ORDER BY contact LIMIT 1") \
	X(SQL_BACKLOG_LAST, \
	    "SELECT max(seq) FROM backlog WHERE contact = $1 AND root = $2 " \
	    "AND seq >= $3 AND seq <= $4") \
	X(SQL_BACKLOG_SETTLE, \
	    "UPDATE events SET outcome = iif((SELECT b.details ->> " \
	    "'is_heard' FROM backlog b WHERE b.contact = $1 " \
	    "AND b.event = events.id LIMIT 1), $2, $3) WHERE id IN " \
	    "(SELECT event FROM backlog WHERE contact = $1 AND root > 0 " \
	    "ORDER BY root, seq LIMIT $4)") \
	X(SQL_BACKLOG_FORGET, \
	    "DELETE FROM backlog WHERE (contact, root, seq) IN " \
	    "(SELECT contact, root, seq FROM backlog WHERE contact = $1 " \
	    "AND root > 0 ORDER BY root, seq LIMIT $2)") \
	X(SQL_ENTRY_GET, \
	    "SELECT run FROM run_entries WHERE contact = $1 " \
	    "AND automation = $2 AND key = $3") \
	X(SQL_ENTRY_LIST, \
	    "SELECT key, run FROM run_entries WHERE contact = $1 " \
	    "AND automation = $2 ORDER BY key LIMIT $3") \
	X(SQL_ENTRY_PUT, \
	    "INSERT INTO run_entries(contact, automation, key, run) " \
	    "VALUES($1, $2, $3, $4) ON CONFLICT(contact, automation, key) " \
	    "DO UPDATE SET run = excluded.run") \
	X(SQL_ENTRY_FORGET, \
	    "DELETE FROM run_entries WHERE (contact, automation, key) IN " \
	    "(SELECT contact, automation, key FROM run_entries " \
	    "WHERE contact = $1 ORDER BY automation, key LIMIT $2)") \
	X(SQL_SKIP_PUT, \
	    "INSERT INTO skips(id, automation, contact, event, reason) " \
	    "VALUES($1, $2, $3, $4, $5)") \
	X(SQL_SKIP_LIST, \
	    "SELECT id, automation, contact, event, reason FROM skips " \
	    "WHERE automation = $1 AND id < $2 AND id > $3 " \
	    "ORDER BY id DESC LIMIT $4") \
	X(SQL_SKIP_LIST_UP, \
	    "SELECT id, automation, contact, event, reason FROM skips " \
	    "WHERE automation = $1 AND id < $2 AND id > $3 " \
	    "ORDER BY id ASC LIMIT $4") \
	X(SQL_SKIP_OF_BOTH, \
	    "SELECT id, automation, contact, event, reason FROM skips " \
	    "WHERE contact = $1 AND automation = $2 " \
	    "ORDER BY id DESC LIMIT $3") \
	X(SQL_SKIP_OF_STRANGERS, \
	    "SELECT id, automation, contact, event, reason, (SELECT email " \
	    "FROM events WHERE events.id = skips.event) FROM skips " \
	    "WHERE contact IS NULL AND automation = $1 " \
	    "ORDER BY id DESC LIMIT $2") \
	X(SQL_SKIP_OF_EVENT, \
	    "SELECT id, automation, contact, event, reason FROM skips " \
	    "WHERE id > $1 AND id < $2 AND event = $1 ORDER BY id LIMIT $3") \
	X(SQL_SKIP_OF_CONTACT, \
	    "SELECT id, automation, contact, event, reason FROM skips " \
	    "WHERE contact = $1 AND id < $2 AND id > $3 " \
	    "ORDER BY id DESC LIMIT $4") \
	X(SQL_SKIP_FORGET, \
	    "DELETE FROM skips WHERE id IN (SELECT id FROM skips " \
	    "WHERE contact = $1 ORDER BY automation, id LIMIT $2)") \
	X(SQL_SKIP_PRUNE, \
	    "DELETE FROM skips WHERE id IN (SELECT id FROM skips " \
	    "WHERE id < $1 ORDER BY id LIMIT $2)") \
	X(SQL_STEP_PUT, \
	    "INSERT INTO run_steps(run, seq, step, status, " \
	    "started, finished, output, error) " \
	    "VALUES($1, $2, $3, $4, $5, $6, $7, $8)") \
	X(SQL_STEP_LIST, \
	    "SELECT seq, step, status, started, finished, " \
	    "output, error, run FROM run_steps WHERE run = $1 ORDER BY seq") \
	/* emails */ \
	X(SQL_EMAIL_PUT, \
	    "INSERT INTO emails(id, status, due, attempt, node, " \
	    "contact, run, step, version, topic, stream, sender, recipient, " \
	    "reply_to, subject, data, direct, scheduled) VALUES($1, $2, $3, " \
	    "$4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, " \
	    "$17, $18)") \
	X(SQL_EMAIL_GET, "SELECT " EMAIL_COLUMNS "WHERE id = $1") \
	X(SQL_EMAIL_DUE, \
	    "SELECT " EMAIL_COLUMNS "WHERE due <= $1 ORDER BY due, id " \
	    "LIMIT $2") \
	X(SQL_EMAIL_NEXT_DUE, "SELECT min(due) FROM emails WHERE due > $1") \
	X(SQL_EMAIL_LIST, \
	    "SELECT " EMAIL_COLUMNS "WHERE id < $1 AND id > $2 " \
	    "ORDER BY id DESC LIMIT $3") \
	X(SQL_EMAIL_LIST_UP, \
	    "SELECT " EMAIL_COLUMNS "WHERE id < $1 AND id > $2 " \
	    "ORDER BY id ASC LIMIT $3") \
	X(SQL_EMAIL_OF_CONTACT, \
	    "SELECT " EMAIL_COLUMNS "WHERE contact = $1 AND id < $2 " \
	    "AND id > $3 ORDER BY id DESC LIMIT $4") \
	X(SQL_EMAIL_OF_ADDRESS, \
	    "SELECT " EMAIL_COLUMNS "WHERE id IN (SELECT email FROM " \
	    "email_recipients WHERE email_key = $1 AND email < $2 " \
	    "AND email > $3 ORDER BY email DESC LIMIT $4) ORDER BY id DESC") \
	X(SQL_EMAIL_RESCHEDULE, \
	    "UPDATE emails SET due = $1, scheduled = $1 " \
	    "WHERE id = $2 AND status = 6") \
	X(SQL_EMAIL_CANCEL, \
	    "UPDATE emails SET status = 7, due = NULL, settled = $1 " \
	    "WHERE id = $2 AND status = 6") \
	X(SQL_EMAIL_CLAIM, \
	    "UPDATE emails SET status = 1, due = NULL, " \
	    "node = $1, attempt = $2 WHERE id = $3") \
	X(SQL_EMAIL_SETTLE, \
	    "UPDATE emails SET status = $1, due = $2, " \
	    "node = NULL, attempt = $3, code = $4, answer = $5, " \
	    "queue_id = $6, settled = $7, doubts = $8 " \
	    "WHERE id = $9 AND status = 1") \
	X(SQL_EMAIL_IN_DOUBT, \
	    "SELECT " EMAIL_COLUMNS "WHERE status = 4 AND id < $1 " \
	    "AND id > $2 ORDER BY id DESC LIMIT $3") \
	X(SQL_EMAIL_IN_DOUBT_UP, \
	    "SELECT " EMAIL_COLUMNS "WHERE status = 4 AND id < $1 " \
	    "AND id > $2 ORDER BY id ASC LIMIT $3") \
	X(SQL_EMAIL_DECIDE, \
	    "UPDATE emails SET status = $1, due = $2, attempt = $3, " \
	    "answer = $4, settled = $5 WHERE id = $6 AND status = 4") \
	X(SQL_EMAIL_PRUNE, \
	    "DELETE FROM emails WHERE id IN (SELECT id FROM emails " \
	    "WHERE id < $1 AND status NOT IN (0, 1, 4, 6) " \
	    "ORDER BY id LIMIT $2)") \
	X(SQL_PARTS_PRUNE, \
	    "DELETE FROM email_parts WHERE email IN (SELECT id FROM emails " \
	    "WHERE id < $1 AND status NOT IN (0, 1, 4, 6) " \
	    "ORDER BY id LIMIT $2)") \
	X(SQL_RECIPIENTS_PRUNE, \
	    "DELETE FROM email_recipients WHERE email IN (SELECT id " \
	    "FROM emails WHERE id < $1 AND status NOT IN (0, 1, 4, 6) " \
	    "ORDER BY id LIMIT $2)") \
	X(SQL_ATTACHMENTS_PRUNE, \
	    "DELETE FROM email_attachments WHERE email IN (SELECT id " \
	    "FROM emails WHERE id < $1 AND status NOT IN (0, 1, 4, 6) " \
	    "ORDER BY id LIMIT $2)") \
	X(SQL_EMAIL_COUNT, \
	    "SELECT count(*) FROM (SELECT 1 FROM emails e " \
	    "LEFT JOIN runs r ON r.id = e.run " \
	    "WHERE e.contact = $1 AND e.id > $2 " \
	    "AND (e.run = $3 OR r.automation = $4) LIMIT $5)") \
	X(SQL_QUEUE_COUNT, \
	    "SELECT (SELECT count(*) FROM (SELECT 1 FROM emails " \
	    "WHERE due IS NOT NULL LIMIT $1)), " \
	    "(SELECT count(*) FROM emails WHERE node IS NOT NULL), " \
	    "(SELECT count(*) FROM (SELECT 1 FROM emails " \
	    "WHERE status = 4 LIMIT $1))") \
	X(SQL_EMAIL_SENDING, \
	    "SELECT id, attempt, doubts FROM emails " \
	    "WHERE node = $1 AND id > $2 ORDER BY id LIMIT $3") \
	/* webhooks */ \
	X(SQL_WEBHOOK_PUT, \
	    "INSERT INTO webhooks(id, endpoint, events, enabled, secret) " \
	    "VALUES($1, $2, $3, $4, $5)") \
	X(SQL_WEBHOOK_UPDATE, \
	    "UPDATE webhooks SET endpoint = $1, events = $2, enabled = $3, " \
	    "failing = $4, updated = $5 WHERE id = $6") \
	X(SQL_WEBHOOK_ROTATE, \
	    "UPDATE webhooks SET secret = $1, old_secret = $2, " \
	    "old_until = $3 WHERE id = $4") \
	X(SQL_WEBHOOK_FAILING, \
	    "UPDATE webhooks SET failing = $1 WHERE id = $2 " \
	    "AND (failing IS NULL) <> ($1 IS NULL)") \
	X(SQL_WEBHOOK_DELETE, "DELETE FROM webhooks WHERE id = $1") \
	X(SQL_WEBHOOK_GET, "SELECT " WEBHOOK_COLUMNS "WHERE id = $1") \
	X(SQL_WEBHOOK_LIST, \
	    "SELECT " WEBHOOK_COLUMNS "WHERE id < $1 AND id > $2 " \
	    "ORDER BY id DESC LIMIT $3") \
	X(SQL_WEBHOOK_LIST_UP, \
	    "SELECT " WEBHOOK_COLUMNS "WHERE id < $1 AND id > $2 " \
	    "ORDER BY id ASC LIMIT $3") \
	X(SQL_WEBHOOK_ENABLED, \
	    "SELECT " WEBHOOK_COLUMNS "WHERE enabled = 1 ORDER BY id") \
	X(SQL_HOOK_EVENT_PUT, \
	    "INSERT INTO webhook_events(id, webhook, type, status, attempt, " \
	    "due, contact, payload) VALUES($1, $2, $3, $4, $5, $6, $7, $8)") \
	X(SQL_HOOK_EVENT_UPDATE, \
	    "UPDATE webhook_events SET status = $1, attempt = $2, due = $3 " \
	    "WHERE id = $4") \
	X(SQL_HOOK_EVENT_GET, "SELECT " HOOK_EVENT_COLUMNS "WHERE id = $1") \
	X(SQL_HOOK_EVENT_LIST, \
	    "SELECT " HOOK_EVENT_COLUMNS "WHERE webhook = $1 AND id < $2 " \
	    "AND id > $3 ORDER BY id DESC LIMIT $4") \
	X(SQL_HOOK_EVENT_DUE, \
	    "SELECT " HOOK_EVENT_COLUMNS "WHERE webhook = $1 AND due <= $2 " \
	    "ORDER BY due, id LIMIT $3") \
	X(SQL_HOOK_EVENT_NEXT_DUE, \
	    "SELECT min(due) FROM webhook_events WHERE webhook = $1 " \
	    "AND due > $2") \
	X(SQL_HOOK_EVENT_OWED, \
	    "SELECT count(*), min(id) FROM (SELECT id FROM webhook_events " \
	    "WHERE due IS NOT NULL LIMIT $1)") \
	X(SQL_HOOK_EMPTY_ATTEMPTS, \
	    "DELETE FROM webhook_attempts WHERE event IN (SELECT id FROM " \
	    "webhook_events WHERE webhook = $1 ORDER BY id LIMIT $2)") \
	X(SQL_HOOK_EMPTY_EVENTS, \
	    "DELETE FROM webhook_events WHERE id IN (SELECT id FROM " \
	    "webhook_events WHERE webhook = $1 ORDER BY id LIMIT $2)") \
	X(SQL_HOOK_PRUNE_ATTEMPTS, \
	    "DELETE FROM webhook_attempts WHERE event IN (SELECT id FROM " \
	    "webhook_events WHERE id < $1 ORDER BY id LIMIT $2)") \
	X(SQL_HOOK_PRUNE_EVENTS, \
	    "DELETE FROM webhook_events WHERE id IN (SELECT id FROM " \
	    "webhook_events WHERE id < $1 ORDER BY id LIMIT $2)") \
	X(SQL_HOOK_ERASE_ATTEMPTS, \
	    "DELETE FROM webhook_attempts WHERE event IN (SELECT id FROM " \
	    "webhook_events WHERE contact = $1 AND id < $2 " \
	    "ORDER BY id LIMIT $3)") \
	X(SQL_HOOK_ERASE_EVENTS, \
	    "DELETE FROM webhook_events WHERE id IN (SELECT id FROM " \
	    "webhook_events WHERE contact = $1 AND id < $2 " \
	    "ORDER BY id LIMIT $3)") \
	X(SQL_HOOK_EVENT_NAMING, \
	    "SELECT id, payload FROM webhook_events WHERE id > $1 " \
	    "AND id <= $2 AND instr(lower(payload), $3) > 0") \
	X(SQL_HOOK_ATTEMPTS_DELETE, \
	    "DELETE FROM webhook_attempts WHERE event = $1") \
	X(SQL_HOOK_EVENT_DELETE, "DELETE FROM webhook_events WHERE id = $1") \
	X(SQL_HOOK_ATTEMPT_PUT, \
	    "INSERT INTO webhook_attempts(id, event, sent, code, response) " \
	    "VALUES($1, $2, $3, $4, $5)") \
	X(SQL_HOOK_ATTEMPT_LIST, \
	    "SELECT id, event, sent, code, response FROM webhook_attempts " \
	    "WHERE event = $1 AND id < $2 AND id > $3 " \
	    "ORDER BY id DESC LIMIT $4") \
	/* what lies beside an app's mail */ \
	X(SQL_PARTS_PUT, \
	    "INSERT INTO email_parts(email, html, text, headers, tags) " \
	    "VALUES($1, $2, $3, $4, $5)") \
	X(SQL_PARTS_GET, \
	    "SELECT html, text, headers, tags FROM email_parts " \
	    "WHERE email = $1") \
	X(SQL_PARTS_DELETE, "DELETE FROM email_parts WHERE email = $1") \
	X(SQL_RECIPIENT_PUT, \
	    "INSERT INTO email_recipients(email, n, kind, address, " \
	    "email_key, outcome) VALUES($1, $2, $3, $4, $5, 0)") \
	X(SQL_RECIPIENT_LIST, \
	    "SELECT " RECIPIENT_COLUMNS "WHERE email = $1 ORDER BY n") \
	X(SQL_RECIPIENT_BETWEEN, \
	    "SELECT " RECIPIENT_COLUMNS "WHERE email >= $1 AND email <= $2 " \
	    "ORDER BY email, n") \
	X(SQL_RECIPIENT_SETTLE, \
	    "UPDATE email_recipients SET outcome = $1, code = $2, " \
	    "answer = $3 WHERE email = $4 AND n = $5") \
	X(SQL_RECIPIENT_FORGET, \
	    "DELETE FROM email_recipients WHERE email = $1 " \
	    "AND email_key = $2") \
	X(SQL_EMAIL_READDRESS, \
	    "UPDATE emails SET recipient = (SELECT email_key FROM " \
	    "email_recipients WHERE email = $1 ORDER BY n LIMIT 1) " \
	    "WHERE id = $1 AND lower(recipient) = $2") \
	X(SQL_RECIPIENTS_DELETE, \
	    "DELETE FROM email_recipients WHERE email = $1") \
	X(SQL_RECIPIENT_IS_SENDING, \
	    "SELECT 1 FROM email_recipients r JOIN emails e " \
	    "ON e.id = r.email WHERE r.email_key = $1 AND e.status = 1 " \
	    "LIMIT 1") \
	X(SQL_RECIPIENT_SETTLED, \
	    "SELECT e.id, e.status IN (0, 4, 6) AND EXISTS(SELECT 1 " \
	    "FROM email_recipients o WHERE o.email = e.id " \
	    "AND o.email_key <> r.email_key) FROM email_recipients r " \
	    "JOIN emails e ON e.id = r.email WHERE r.email_key = $1 " \
	    "AND e.status <> 1 ORDER BY r.email LIMIT $2") \
	X(SQL_EMAIL_DELETE, "DELETE FROM emails WHERE id = $1") \
	X(SQL_ATTACHMENT_PUT, \
	    "INSERT INTO email_attachments(id, email, hash, size, name, " \
	    "type, content_id) VALUES($1, $2, $3, $4, $5, $6, $7)") \
	X(SQL_ATTACHMENT_GET, "SELECT " ATTACHMENT_COLUMNS "WHERE id = $1") \
	X(SQL_ATTACHMENT_ALL, \
	    "SELECT " ATTACHMENT_COLUMNS "WHERE email = $1 ORDER BY id") \
	X(SQL_ATTACHMENT_LIST, \
	    "SELECT " ATTACHMENT_COLUMNS "WHERE email = $1 AND id < $2 " \
	    "AND id > $3 ORDER BY id DESC LIMIT $4") \
	X(SQL_ATTACHMENT_LIST_UP, \
	    "SELECT " ATTACHMENT_COLUMNS "WHERE email = $1 AND id < $2 " \
	    "AND id > $3 ORDER BY id ASC LIMIT $4") \
	X(SQL_ATTACHMENTS_DELETE, \
	    "DELETE FROM email_attachments WHERE email = $1") \
	X(SQL_BLOB_IS_USED, \
	    "SELECT 1 FROM email_attachments WHERE hash = $1 LIMIT 1") \
	X(SQL_MAIL_HOUR_ADD, \
	    "INSERT INTO email_hours(hour, domain, metric, n) " \
	    "VALUES($1, $2, $3, $4) ON CONFLICT(hour, domain, metric) " \
	    "DO UPDATE SET n = n + excluded.n") \
	X(SQL_MAIL_HOUR_SUM, \
	    "SELECT hour * $1 AS h, substr(domain, 1, 1000 * $2) AS d, " \
	    "metric, sum(n) FROM email_hours WHERE hour >= $3 AND hour < $4 " \
	    "GROUP BY d, h, metric ORDER BY d, h, metric LIMIT $5") \
	X(SQL_MAIL_HOUR_PRUNE, \
	    "DELETE FROM email_hours WHERE (hour, domain, metric) IN " \
	    "(SELECT hour, domain, metric FROM email_hours WHERE hour < $1 " \
	    "ORDER BY hour, domain, metric LIMIT $2)") \
	/* what the doctor looks at: the row's key, then 1 for each wrong */ \
	X(SQL_CHECK_AUTOMATIONS, \
	    "SELECT id, enabled >= 0 AND NOT EXISTS(SELECT 1 FROM " \
	    "automation_versions v WHERE v.num = a.version " \
	    "AND v.automation = a.num) FROM automations a " \
	    "WHERE id > $1 ORDER BY id LIMIT $2") \
	X(SQL_CHECK_TEMPLATES, \
	    "SELECT id, NOT EXISTS(SELECT 1 FROM template_versions v " \
	    "WHERE v.id = t.draft), published IS NOT NULL AND NOT EXISTS(" \
	    "SELECT 1 FROM template_versions v WHERE v.id = t.published) " \
	    "FROM templates t WHERE id > $1 ORDER BY id LIMIT $2") \
	X(SQL_CHECK_RUNS, \
	    "SELECT id, " \
	    "NOT EXISTS(SELECT 1 FROM automations a " \
	    "WHERE a.num = r.automation), " \
	    "NOT EXISTS(SELECT 1 FROM automation_versions v " \
	    "WHERE v.num = r.version AND v.automation = r.automation), " \
	    "status = 0 AND NOT EXISTS(SELECT 1 FROM contacts c " \
	    "WHERE c.id = r.contact) AND NOT EXISTS(SELECT 1 FROM jobs j " \
	    "WHERE j.kind IN (5, 6) AND j.subject = r.contact), " \
	    "status = 0 AND due IS NULL AND NOT EXISTS(SELECT 1 FROM waits w " \
	    "WHERE w.contact = r.contact AND w.run = r.id) " \
	    "AND NOT EXISTS(SELECT 1 FROM jobs j " \
	    "WHERE j.kind IN (5, 6) AND j.subject = r.contact), " \
	    "status <> 0 AND due IS NOT NULL " \
	    "FROM runs r WHERE id > $1 ORDER BY id LIMIT $2") \
	X(SQL_CHECK_STEPS, \
	    "SELECT run, seq, NOT EXISTS(SELECT 1 FROM runs r " \
	    "WHERE r.id = s.run) FROM run_steps s " \
	    "WHERE (run, seq) > ($1, $2) ORDER BY run, seq LIMIT $3") \
	X(SQL_CHECK_WAITS, \
	    "SELECT w.contact, w.name, w.place, w.run, r.id IS NULL, " \
	    "r.status <> 0, r.contact <> w.contact, n.num IS NULL, " \
	    "r.version, r.step, n.name, " \
	    "r.version * 256 + r.step <> w.place FROM waits w " \
	    "LEFT JOIN runs r ON r.id = w.run " \
	    "LEFT JOIN event_names n ON n.num = w.name " \
	    "WHERE (w.contact, w.name, w.place, w.run) > ($1, $2, $3, $4) " \
	    "ORDER BY w.contact, w.name, w.place, w.run LIMIT $5") \
	X(SQL_CHECK_ENTRIES, \
	    "SELECT contact, automation, key, NOT EXISTS(SELECT 1 " \
	    "FROM contacts c WHERE c.id = e.contact) " \
	    "AND NOT EXISTS(SELECT 1 FROM jobs j WHERE j.kind IN (5, 6) " \
	    "AND j.subject = e.contact) FROM run_entries e " \
	    "WHERE (contact, automation, key) > ($1, $2, $3) " \
	    "ORDER BY contact, automation, key LIMIT $4") \
	X(SQL_CHECK_RECENT, \
	    "SELECT contact, name, event, NOT EXISTS(SELECT 1 " \
	    "FROM contacts c WHERE c.id = e.contact) " \
	    "AND NOT EXISTS(SELECT 1 FROM jobs j WHERE j.kind IN (5, 6) " \
	    "AND j.subject = e.contact) FROM recent_events e " \
	    "WHERE (contact, name, event) > ($1, $2, $3) " \
	    "ORDER BY contact, name, event LIMIT $4") \
	X(SQL_CHECK_EMAILS, \
	    "SELECT id, status IN (0, 1, 4) AND run IS NOT NULL " \
	    "AND NOT EXISTS(SELECT 1 FROM runs r WHERE r.id = e.run) " \
	    "AND NOT EXISTS(SELECT 1 FROM jobs j WHERE j.kind = 5 " \
	    "AND j.subject = e.contact), " \
	    "direct IS NOT NULL AND NOT EXISTS(SELECT 1 FROM email_parts p " \
	    "WHERE p.email = e.id), direct IS NOT NULL AND NOT EXISTS(SELECT " \
	    "1 " \
	    "FROM email_recipients r WHERE r.email = e.id), " \
	    "(status IN (0, 6)) <> (due IS NOT NULL) " \
	    "FROM emails e WHERE id > $1 ORDER BY id LIMIT $2") \
	X(SQL_CHECK_PARTS, \
	    "SELECT email, NOT EXISTS(SELECT 1 FROM emails e " \
	    "WHERE e.id = p.email) FROM email_parts p WHERE email > $1 " \
	    "ORDER BY email LIMIT $2") \
	X(SQL_CHECK_RECIPIENTS, \
	    "SELECT email, n, NOT EXISTS(SELECT 1 FROM emails e " \
	    "WHERE e.id = r.email) FROM email_recipients r " \
	    "WHERE (email, n) > ($1, $2) ORDER BY email, n LIMIT $3") \
	X(SQL_CHECK_ATTACHMENTS, \
	    "SELECT id, NOT EXISTS(SELECT 1 FROM emails e " \
	    "WHERE e.id = a.email), hash, size FROM email_attachments a " \
	    "WHERE id > $1 " \
	    "ORDER BY id LIMIT $2") \
	X(SQL_CHECK_MEMBERS, \
	    "SELECT segment, contact, NOT EXISTS(SELECT 1 FROM contacts c " \
	    "WHERE c.id = m.contact), NOT EXISTS(SELECT 1 FROM segments s " \
	    "WHERE s.id = m.segment) AND NOT EXISTS(SELECT 1 FROM jobs j " \
	    "WHERE j.kind = 4 AND j.subject = m.segment) FROM " \
	    "segment_members m " \
	    "WHERE (segment, contact) > ($1, $2) " \
	    "ORDER BY segment, contact LIMIT $3") \
	X(SQL_CHECK_TOPICS, \
	    "SELECT contact, topic, NOT EXISTS(SELECT 1 FROM contacts c " \
	    "WHERE c.id = t.contact) FROM contact_topics t " \
	    "WHERE (contact, topic) > ($1, $2) " \
	    "ORDER BY contact, topic LIMIT $3") \
	X(SQL_CHECK_HOOK_EVENTS, \
	    "SELECT id, NOT EXISTS(SELECT 1 FROM webhooks w " \
	    "WHERE w.id = e.webhook) AND NOT EXISTS(SELECT 1 FROM jobs j " \
	    "WHERE j.kind = 8 AND j.subject = e.webhook), " \
	    "(status IN (0, 1)) <> (due IS NOT NULL) " \
	    "FROM webhook_events e WHERE id > $1 ORDER BY id LIMIT $2") \
	X(SQL_CHECK_HOOK_ATTEMPTS, \
	    "SELECT id, NOT EXISTS(SELECT 1 FROM webhook_events e " \
	    "WHERE e.id = a.event) FROM webhook_attempts a " \
	    "WHERE id > $1 ORDER BY id LIMIT $2") \
	X(SQL_CHECK_IMPORTS, \
	    "SELECT id, status IN (0, 1) AND NOT EXISTS(SELECT 1 FROM jobs j " \
	    "WHERE j.kind = 9 AND j.subject = i.id) FROM imports i " \
	    "WHERE id > $1 ORDER BY id LIMIT $2") \
	X(SQL_CHECK_JOBS, \
	    "SELECT id, failures > 0 FROM jobs " \
	    "WHERE id > $1 ORDER BY id LIMIT $2") \
	X(SQL_CHECK_IMPORT_FAILURES, \
	    "SELECT import, line, NOT EXISTS(SELECT 1 FROM imports i " \
	    "WHERE i.id = f.import) FROM import_failures f " \
	    "WHERE (import, line) > ($1, $2) ORDER BY import, line LIMIT $3")

enum sql {
#define X(name, text) name,
	SQL_LIST(X)
#undef X
	    SQL_COUNT
};

extern const char *const sql_texts[SQL_COUNT];
