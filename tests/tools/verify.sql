-- Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
-- What must be true of any database once all is quiet: nothing is due, no long
-- work is under way, no mail is on its way. For sqlite3 -readonly; each row it
-- prints is one thing that is wrong, "WHAT|WHERE", and none is right.
PRAGMA temp_store = memory;
.bail on

-- The steps of each version, and which may stand behind which. A merge may
-- stand behind any step, where a lane ended or was left.
CREATE TEMP TABLE v_steps AS
	SELECT v.num AS version, s.key AS step, s.value ->> '$.key' AS key,
	    s.value ->> '$.type' AS type,
	    s.value ->> '$.config.event_name' AS event
	FROM main.automation_versions v, json_each(v.graph, '$.steps') s;
CREATE INDEX temp.v_steps_at ON v_steps(version, step);
CREATE INDEX temp.v_steps_key ON v_steps(version, key);
CREATE TEMP TABLE v_ways AS
	SELECT v.num AS version, a.step AS a, b.step AS b
	FROM main.automation_versions v, json_each(v.graph, '$.connections') c
	JOIN v_steps a ON a.version = v.num AND a.key = c.value ->> '$.from'
	JOIN v_steps b ON b.version = v.num AND b.key = c.value ->> '$.to';
INSERT INTO v_ways
	SELECT v.num, a.key, b.step
	FROM main.automation_versions v, json_each(v.graph, '$.steps') a,
	    json_tree(a.value, '$.config') t
	JOIN v_steps b ON b.version = v.num AND b.key = t.atom
	WHERE a.value ->> '$.type' = 'branch' AND t.key IN ('to', 'otherwise');
CREATE INDEX temp.v_ways_from ON v_ways(version, a, b);
CREATE TEMP TABLE v_merges AS
	SELECT DISTINCT v.num AS version, b.step AS step
	FROM main.automation_versions v, json_tree(v.graph, '$.steps') t
	JOIN v_steps b ON b.version = v.num AND b.key = t.atom
	WHERE t.key = 'merge_to';
CREATE TEMP TABLE v_runs AS
	SELECT r.id, r.automation, r.version, r.contact, r.event, r.status,
	    r.step, r.seq, r.due, r.entered, r.finished, r.reason, s.type,
	    s.event AS awaited, a.paused
	FROM main.runs r LEFT JOIN v_steps s USING (version, step)
	LEFT JOIN main.automations a ON a.num = r.automation;
CREATE TEMP TABLE v_history AS
	SELECT h.run, h.seq, h.step, h.status, r.version,
	    row_number() OVER w AS nth, lag(h.step) OVER w AS before,
	    lag(h.status) OVER w AS before_status,
	    count(*) OVER (PARTITION BY h.run) AS n
	FROM main.run_steps h JOIN main.runs r ON r.id = h.run
	WINDOW w AS (PARTITION BY h.run ORDER BY h.seq);
CREATE INDEX temp.v_runs_id ON v_runs(id);
CREATE INDEX temp.v_history_run ON v_history(run);
CREATE TEMP TABLE v_waits AS SELECT * FROM main.waits;
CREATE INDEX temp.v_waits_run ON v_waits(run);
CREATE TEMP TABLE v_mails AS SELECT run, count(*) AS n FROM main.emails
	GROUP BY run;
CREATE INDEX temp.v_mails_run ON v_mails(run);

-- Runs.
SELECT 'a run of no automation, version or step', id FROM v_runs
	WHERE type IS NULL OR paused IS NULL;
SELECT 'a running run is past its moment', id FROM v_runs
	WHERE status = 0 AND NOT paused
	AND due < (strftime('%s', 'now') - 2) * 1000;
SELECT 'a running run that nothing wakes', id FROM v_runs r
	WHERE status = 0 AND due IS NULL
	AND NOT EXISTS (SELECT 1 FROM v_waits w WHERE w.run = r.id);
SELECT 'a running run of no contact', id FROM v_runs
	WHERE status = 0 AND contact NOT IN (SELECT id FROM main.contacts);
SELECT 'a run that has ended and is due', id FROM v_runs
	WHERE status <> 0 AND due IS NOT NULL;
SELECT 'a run without its end, or with one too early', id FROM v_runs
	WHERE (status = 0) <> (finished IS NULL);
SELECT 'a run that failed or was ended for no reason', id FROM v_runs
	WHERE (status IN (2, 3)) <> (reason IS NOT NULL);
SELECT 'a run that no event began', id FROM v_runs
	WHERE event NOT IN (SELECT id FROM main.events);
SELECT 'a run of an automation that is deleted', id FROM v_runs
	WHERE status = 0 AND automation IN
	(SELECT num FROM main.automations WHERE enabled < 0);
SELECT 'an event began two runs of one automation', min(id) FROM v_runs
	WHERE event IS NOT NULL GROUP BY event, automation HAVING count(*) > 1;

-- Waits.
SELECT 'a wait whose run does not stand there', run FROM v_waits w
	LEFT JOIN v_runs r ON r.id = w.run
	LEFT JOIN main.event_names n ON n.num = w.name
	WHERE r.status IS NOT 0 OR r.type IS NOT 'wait_for_event'
	OR r.awaited IS NOT n.name OR r.contact IS NOT w.contact
	OR r.entered IS 0;
SELECT 'a run rests in a wait that nothing can end', id FROM v_runs r
	WHERE status = 0 AND type = 'wait_for_event' AND entered <> 0
	AND 1 <> (SELECT count(*) FROM v_waits w
	WHERE w.run = r.id AND w.contact = r.contact);
SELECT 'a run rests within a step that does not rest', id FROM v_runs
	WHERE status = 0 AND entered <> 0
	AND type NOT IN ('delay', 'wait_for_event');

-- Histories. The trigger is the first step and has no row.
SELECT 'a history of no run', run FROM main.run_steps
	WHERE run NOT IN (SELECT id FROM main.runs);
SELECT 'a history with a gap', run FROM v_history WHERE seq <> nth;
SELECT 'a history that is not as long as its run says', r.id FROM v_runs r
	LEFT JOIN (SELECT run, n FROM v_history GROUP BY run) h ON h.run = r.id
	WHERE coalesce(h.n, 0) <> max(r.seq - 1, 0);
SELECT 'a step that none led to', run || '/' || h.seq FROM v_history h
	JOIN v_steps t ON t.version = h.version AND t.type = 'trigger'
	WHERE coalesce(before_status, 0) <> 4
	AND NOT EXISTS (SELECT 1 FROM v_ways w WHERE w.version = h.version
	AND w.a = coalesce(h.before, t.step) AND w.b = h.step)
	AND NOT EXISTS (SELECT 1 FROM v_merges m WHERE m.version = h.version
	AND m.step = h.step);
SELECT 'a step twice, and it did not fail', run || '/' || step FROM v_history
	WHERE status <> 4 GROUP BY run, step HAVING count(*) > 1;
SELECT 'a run that goes on behind a failed step', run FROM v_history h
	WHERE before_status = 4 AND step <> before;
SELECT 'a failed run whose last step did not fail', r.id FROM v_runs r
	WHERE r.status = 2 AND r.reason <> 'damaged' AND NOT EXISTS
	(SELECT 1 FROM v_history h
	WHERE h.run = r.id AND h.nth = h.n AND h.status = 4);

-- Mails.
SELECT 'a mail that is not settled', id FROM main.emails
	WHERE status IN (0, 1) OR due IS NOT NULL OR node IS NOT NULL;
SELECT 'a settled mail without its moment', id FROM main.emails
	WHERE status IN (2, 3, 5) AND settled IS NULL;
SELECT 'a mail of no run', id FROM main.emails
	WHERE run NOT IN (SELECT id FROM main.runs);
SELECT 'a run with other mails than its history has', r.id FROM v_runs r
	WHERE (SELECT coalesce(sum(m.n), 0) FROM v_mails m WHERE m.run = r.id) <>
	(SELECT count(*) FROM v_history h
	JOIN v_steps s USING (version, step)
	WHERE h.run = r.id AND h.status = 3 AND s.type = 'send_email');

-- The rest.
SELECT 'long work is not done', id FROM main.jobs;
SELECT 'a re-entry row of no contact', contact FROM main.run_entries
	WHERE contact NOT IN (SELECT id FROM main.contacts);
SELECT 'a member that is none', contact || '/' || segment
	FROM main.segment_members
	WHERE contact NOT IN (SELECT id FROM main.contacts)
	OR segment NOT IN (SELECT id FROM main.segments);
SELECT 'the file is damaged', integrity_check FROM pragma_integrity_check
	WHERE integrity_check <> 'ok';
