/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables. Ids are the 63-bit numbers of base/id.h: they tell the moment a row
 * was made, so no row has a "created" column; moments within a run count from
 * it. Things named often (automations, their versions, event names) have a
 * small number beside their id, because ten million runs repeat it.
 *
 * Statuses are numbers whose names are in model/: new ones are added, old ones
 * never change their meaning.
 */
#include "store/migrate.h"

#include <stdio.h>

#include "base/defs.h"
#include "base/fault.h"
#include "base/log.h"
#include "store/db.h"

enum { APPLICATION_ID = 0x50464c57 }; /* "PFLW" */

static const char *const migrations[] = {
	/* 1: the foundation */
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"INSERT INTO meta VALUES('automations', 1);"
	"INSERT INTO meta VALUES('keys', 1);"
	"CREATE TABLE nodes(num INTEGER PRIMARY KEY, name TEXT UNIQUE);"
	"CREATE TABLE api_keys(id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
	" hash BLOB NOT NULL UNIQUE, permission INTEGER NOT NULL);"
	"CREATE TABLE idempotency(key TEXT PRIMARY KEY, hash BLOB NOT NULL,"
	" ref INTEGER, answer TEXT, expires INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX idempotency_expires ON idempotency(expires);"

	"CREATE TABLE contacts(id INTEGER PRIMARY KEY,"
	" email_key TEXT NOT NULL,"
	" email TEXT," /* as it was given, if that differs from the key */
	" first_name TEXT, last_name TEXT,"
	" unsubscribed INTEGER NOT NULL, properties TEXT, updated INTEGER);"
	"CREATE UNIQUE INDEX contacts_email ON contacts(email_key);"
	"CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
	" description TEXT, default_in INTEGER NOT NULL,"
	" is_public INTEGER NOT NULL);"
	"CREATE TABLE contact_topics(contact INTEGER NOT NULL,"
	" topic INTEGER NOT NULL, opted_in INTEGER NOT NULL,"
	" PRIMARY KEY(contact, topic)) WITHOUT ROWID;"

	"CREATE TABLE templates(id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
	" alias TEXT UNIQUE, draft INTEGER NOT NULL, published INTEGER,"
	" published_at INTEGER, updated INTEGER);"
	"CREATE TABLE template_versions(id INTEGER PRIMARY KEY,"
	" template INTEGER NOT NULL, sender TEXT, subject TEXT,"
	" reply_to TEXT, html TEXT, text TEXT, variables TEXT);"
	"CREATE TABLE automations(num INTEGER PRIMARY KEY,"
	" id INTEGER NOT NULL UNIQUE, name TEXT NOT NULL,"
	" enabled INTEGER NOT NULL," /* 1 yes, 0 no, -1 deleted */
	" version INTEGER NOT NULL, updated INTEGER);"
	"CREATE TABLE automation_versions(num INTEGER PRIMARY KEY,"
	" automation INTEGER NOT NULL, graph TEXT NOT NULL);"

	"CREATE TABLE event_names(num INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE events(id INTEGER PRIMARY KEY, name INTEGER NOT NULL,"
	" contact INTEGER," /* or, of a stranger, */
	" email TEXT, payload TEXT, cause INTEGER,"
	" depth INTEGER NOT NULL, outcome INTEGER NOT NULL);"

	"CREATE TABLE runs(id INTEGER PRIMARY KEY,"
	" automation INTEGER NOT NULL, version INTEGER NOT NULL,"
	" contact INTEGER NOT NULL, event INTEGER,"
	" status INTEGER NOT NULL,"
	" step INTEGER NOT NULL,"    /* index in the version's steps */
	" seq INTEGER NOT NULL,"     /* steps behind it */
	" due INTEGER,"              /* moment it wakes by itself */
	" entered INTEGER NOT NULL," /* ms since the run began */
	" finished INTEGER, payload TEXT,"
	" context TEXT, reason TEXT);"
	"CREATE INDEX runs_due ON runs(due) WHERE due IS NOT NULL;"
	"CREATE INDEX runs_contact ON runs(contact, automation);"
	"CREATE INDEX runs_automation ON runs(automation, status);"
	"CREATE TABLE run_steps(run INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" step INTEGER NOT NULL, status INTEGER NOT NULL,"
	" started INTEGER NOT NULL, finished INTEGER NOT NULL,"
	" output TEXT, error TEXT, PRIMARY KEY(run, seq)) WITHOUT ROWID;"

	"CREATE TABLE emails(id INTEGER PRIMARY KEY,"
	" status INTEGER NOT NULL, due INTEGER,"
	" attempt INTEGER NOT NULL," /* of the last claim */
	" node INTEGER,"             /* who is sending it now */
	" contact INTEGER, run INTEGER, step INTEGER,"
	" version INTEGER, topic INTEGER, stream TEXT,"
	" sender TEXT NOT NULL, recipient TEXT NOT NULL, reply_to TEXT,"
	" subject TEXT NOT NULL, data TEXT, code INTEGER, answer TEXT,"
	" queue_id TEXT, settled INTEGER);"
	"CREATE INDEX emails_due ON emails(due) WHERE due IS NOT NULL;"
	"CREATE INDEX emails_node ON emails(node) WHERE node IS NOT NULL;"
	"CREATE INDEX emails_contact ON emails(contact)"
	" WHERE contact IS NOT NULL;",

	/* 2: the whole engine. Due runs are found automation by automation, so
	 * that one that wakes a million delays no other; live runs by contact.
	 */
	"ALTER TABLE automations ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE runs ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;"
	"DROP INDEX runs_due; DROP INDEX runs_contact;"
	"CREATE INDEX runs_due ON runs(automation, due)"
	" WHERE due IS NOT NULL;"
	"CREATE INDEX runs_contact ON runs(contact, status, automation);"

	/* An event's name and, where somebody made one, its definition. */
	"ALTER TABLE event_names ADD COLUMN id INTEGER;"
	"ALTER TABLE event_names ADD COLUMN schema TEXT;"
	"ALTER TABLE event_names ADD COLUMN updated INTEGER;"
	/* what versions ever did with it: enum event_interest */
	"ALTER TABLE event_names ADD COLUMN interest INTEGER NOT NULL"
	" DEFAULT 0;"
	"CREATE UNIQUE INDEX event_names_id ON event_names(id)"
	" WHERE id IS NOT NULL;"
	/* of names that a wait looks back to */
	"CREATE TABLE recent_events(contact INTEGER NOT NULL,"
	" name INTEGER NOT NULL, event INTEGER NOT NULL,"
	" PRIMARY KEY(contact, name, event)) WITHOUT ROWID;"
	"CREATE INDEX recent_events_event ON recent_events(event);"

	/* runs that rest until an event comes */
	"CREATE TABLE waits(contact INTEGER NOT NULL, name INTEGER NOT NULL,"
	" run INTEGER NOT NULL, PRIMARY KEY(contact, name, run))"
	" WITHOUT ROWID;"
	/* the last run of a contact, where re-entry is limited */
	"CREATE TABLE run_entries(contact INTEGER NOT NULL,"
	" automation INTEGER NOT NULL, key INTEGER NOT NULL,"
	" run INTEGER NOT NULL, PRIMARY KEY(contact, automation, key))"
	" WITHOUT ROWID;"
	/* events an automation listened to and started nothing for */
	"CREATE TABLE skips(id INTEGER PRIMARY KEY,"
	" automation INTEGER NOT NULL, contact INTEGER, event INTEGER,"
	" reason INTEGER NOT NULL);"
	"CREATE INDEX skips_automation ON skips(automation);"
	"CREATE INDEX skips_contact ON skips(contact, automation);"

	"CREATE TABLE segments(id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
	" filter TEXT);" /* its members are computed; NULL: chosen by hand */
	"CREATE TABLE segment_members(segment INTEGER NOT NULL,"
	" contact INTEGER NOT NULL, PRIMARY KEY(segment, contact))"
	" WITHOUT ROWID;"
	"CREATE INDEX segment_members_contact ON"
	" segment_members(contact, segment);"
	"CREATE TABLE contact_properties(id INTEGER PRIMARY KEY,"
	" key TEXT NOT NULL UNIQUE, type INTEGER NOT NULL, fallback TEXT);"

	/* long work, done a slice at a time: enum job_kind */
	"CREATE TABLE jobs(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
	" subject INTEGER NOT NULL, cursor INTEGER NOT NULL,"
	" done INTEGER NOT NULL, detail TEXT);"
	/* what an automation did in an hour */
	"CREATE TABLE automation_hours(automation INTEGER NOT NULL,"
	" hour INTEGER NOT NULL, entered INTEGER NOT NULL,"
	" completed INTEGER NOT NULL, exited INTEGER NOT NULL,"
	" failed INTEGER NOT NULL, mails INTEGER NOT NULL,"
	" PRIMARY KEY(automation, hour)) WITHOUT ROWID;",

	/* 3: mail that apps write themselves, and who hears of what. Of an
	 * email by an app, what no automation's mail has lies beside it. */
	"ALTER TABLE emails ADD COLUMN direct INTEGER;" /* an app's: 1, or 2
							 * if to one alone */
	/* the moment asked for */
	"ALTER TABLE emails ADD COLUMN scheduled INTEGER;"
	"CREATE TABLE email_parts(email INTEGER PRIMARY KEY,"
	" html TEXT, text TEXT,"     /* NULL: of its template, or none */
	" headers TEXT, tags TEXT);" /* JSON as the app gave it */
	"CREATE TABLE email_recipients(email INTEGER NOT NULL,"
	" n INTEGER NOT NULL, kind INTEGER NOT NULL,"
	" address TEXT NOT NULL, email_key TEXT NOT NULL,"
	" outcome INTEGER NOT NULL, code INTEGER, answer TEXT,"
	" PRIMARY KEY(email, n)) WITHOUT ROWID;"
	"CREATE INDEX email_recipients_key ON"
	" email_recipients(email_key, email);"
	/* Contents are files named by their hash in state_dir/blobs. */
	"CREATE TABLE email_attachments(id INTEGER PRIMARY KEY,"
	" email INTEGER NOT NULL, hash BLOB NOT NULL, size INTEGER NOT NULL,"
	" name TEXT, type TEXT NOT NULL, content_id TEXT);"
	"CREATE INDEX email_attachments_email ON email_attachments(email);"
	"CREATE INDEX email_attachments_hash ON email_attachments(hash);"
	/* what became of mails in an hour, by the sender's domain */
	"CREATE TABLE email_hours(hour INTEGER NOT NULL,"
	" domain TEXT NOT NULL, metric INTEGER NOT NULL, n INTEGER NOT NULL,"
	" PRIMARY KEY(hour, domain, metric)) WITHOUT ROWID;"

	"ALTER TABLE api_keys ADD COLUMN domain TEXT;"
	"ALTER TABLE api_keys ADD COLUMN last_used INTEGER;"
	"CREATE TABLE suppressions(id INTEGER PRIMARY KEY,"
	" email_key TEXT NOT NULL UNIQUE,"
	" origin INTEGER NOT NULL," /* enum suppression_origin */
	" source INTEGER);"         /* the email that brought it about */
	"CREATE INDEX suppressions_origin ON suppressions(origin);"

	"CREATE TABLE webhooks(id INTEGER PRIMARY KEY,"
	" endpoint TEXT NOT NULL,"
	" events INTEGER NOT NULL," /* bits of enum hook_type */
	" enabled INTEGER NOT NULL, secret BLOB NOT NULL,"
	" old_secret BLOB, old_until INTEGER," /* signs too until then */
	" failing INTEGER,"                    /* since that moment */
	" updated INTEGER);"
	"CREATE TABLE webhook_events(id INTEGER PRIMARY KEY,"
	" webhook INTEGER NOT NULL, type INTEGER NOT NULL,"
	" status INTEGER NOT NULL, attempt INTEGER NOT NULL,"
	" due INTEGER, contact INTEGER, payload TEXT NOT NULL);"
	"CREATE INDEX webhook_events_webhook ON webhook_events(webhook);"
	/* by webhook, so that one that does not answer delays no other */
	"CREATE INDEX webhook_events_due ON webhook_events(webhook, due)"
	" WHERE due IS NOT NULL;"
	"CREATE INDEX webhook_events_contact ON webhook_events(contact)"
	" WHERE contact IS NOT NULL;"
	"CREATE TABLE webhook_attempts(id INTEGER PRIMARY KEY,"
	" event INTEGER NOT NULL, sent INTEGER NOT NULL, code INTEGER,"
	" response TEXT);"
	"CREATE INDEX webhook_attempts_event ON webhook_attempts(event);"

	/* The file lies in state_dir/imports until it is done; where the work
	 * stands in it is its job's cursor. */
	"CREATE TABLE imports(id INTEGER PRIMARY KEY, status INTEGER NOT NULL,"
	" size INTEGER NOT NULL, options TEXT NOT NULL,"
	" total INTEGER NOT NULL, created INTEGER NOT NULL,"
	" updated INTEGER NOT NULL, skipped INTEGER NOT NULL,"
	" failed INTEGER NOT NULL, line INTEGER NOT NULL,"
	" completed INTEGER, error TEXT);"
	"CREATE INDEX imports_status ON imports(status);"
	/* the first rows that failed */
	"CREATE TABLE import_failures(import INTEGER NOT NULL,"
	" line INTEGER NOT NULL, reason TEXT NOT NULL,"
	" PRIMARY KEY(import, line)) WITHOUT ROWID;",

	/* 4: what an event may concern is found by index, however many runs its
	 * contact has: live runs by version and moment, waits by the version
	 * and step they rest in. */
	"DROP INDEX runs_contact;"
	"ALTER TABLE waits RENAME TO old_waits;"
	"CREATE TABLE waits(contact INTEGER NOT NULL, name INTEGER NOT NULL,"
	" place INTEGER NOT NULL," /* version * 256 + index of the step */
	" run INTEGER NOT NULL, PRIMARY KEY(contact, name, place, run))"
	" WITHOUT ROWID;"
	"INSERT INTO waits SELECT w.contact, w.name, r.version * 256 + r.step,"
	" w.run FROM old_waits w JOIN runs r ON r.id = w.run;"
	"DROP TABLE old_waits;"
	/* how often nobody knew whether the MTA had it */
	"ALTER TABLE emails ADD COLUMN doubts INTEGER;"
	"CREATE INDEX emails_in_doubt ON emails(id) WHERE status = 4;"
	/* what failed is tried again at that moment */
	"ALTER TABLE jobs ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE jobs ADD COLUMN retry INTEGER;"
	"ALTER TABLE jobs ADD COLUMN error TEXT;"
	"CREATE INDEX jobs_subject ON jobs(subject, kind);"
	/* what events have yet to do, in order */
	"CREATE TABLE backlog(contact INTEGER NOT NULL, root INTEGER NOT NULL,"
	" seq INTEGER NOT NULL, at INTEGER NOT NULL, event INTEGER NOT NULL,"
	" phase INTEGER NOT NULL, cursor INTEGER NOT NULL,"
	" changed INTEGER NOT NULL, details TEXT NOT NULL,"
	" PRIMARY KEY(contact, root, seq)) WITHOUT ROWID;"
	"CREATE INDEX runs_contact ON runs(contact, status, automation)"
	" WHERE status <> 0;"
	"CREATE INDEX runs_live ON runs(contact, automation, version, due)"
	" WHERE status = 0;",
};

/* Takes step n (from 1) and notes it, all or nothing. */
static int
step(struct db *db, int n, struct fault *fault_r)
{
	char note[120];
	struct fault ignored;
	snprintf(note, sizeof(note),
	    "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT;",
	    APPLICATION_ID, n);
	if (db_script(db, "BEGIN IMMEDIATE;", fault_r) != 0)
		return -1;
	if (db_script(db, migrations[n - 1], fault_r) == 0 &&
	    db_script(db, note, fault_r) == 0) {
		if (!db_is_scratch(db))
			log_info("schema version=%d", n);
		return 0;
	}
	if (db_in_transaction(db))
		db_script(db, "ROLLBACK;", &ignored);
	return -1;
}

int
store_schema(struct db *db, int64_t *version_r, struct fault *fault_r)
{
	int64_t application, tables;
	if (db_pragma(db, "application_id", &application, fault_r) != 0 ||
	    db_pragma(db, "user_version", version_r, fault_r) != 0 ||
	    db_pragma(db, "schema_version", &tables, fault_r) != 0)
		return -1;
	if (application != APPLICATION_ID && (application != 0 || tables != 0))
		return fault(fault_r, FAULT_INVALID,
		    "The database belongs to another program "
		    "(application id %lld).",
		    (long long)application);
	if (*version_r > (int64_t)N_OF(migrations))
		return fault(fault_r, FAULT_INVALID,
		    "The database has schema version %lld and this program "
		    "knows %zu: it was written by a newer Postflow.",
		    (long long)*version_r, N_OF(migrations));
	return 0;
}

int
store_migrate(struct db *db, struct fault *fault_r)
{
	int64_t version;
	/* It is written into the file: not before we know the file is ours. */
	if (store_schema(db, &version, fault_r) != 0 ||
	    db_script(db, "PRAGMA journal_mode=WAL;", fault_r) != 0)
		return -1;
	for (int n = (int)version + 1; n <= (int)N_OF(migrations); n++)
		if (step(db, n, fault_r) != 0)
			return -1;
	return 0;
}
