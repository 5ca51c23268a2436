-- Runs of tests with their results, what watchers said of them, issues and where they were seen; and what was done to the
-- deployment. Times are milliseconds since 1970 in UTC, lists are JSON.
CREATE TABLE test_runs (
  id                  INTEGER PRIMARY KEY AUTOINCREMENT,
  -- The same run recorded twice is one: the digest of what it came from.
  idempotency_key     TEXT NOT NULL UNIQUE,
  run_timestamp       INTEGER NOT NULL,
  name                TEXT NOT NULL,
  format              TEXT NOT NULL,
  host                TEXT NOT NULL,
  branch_name         TEXT NOT NULL,
  commit_hash         TEXT NOT NULL,
  watcher_model       TEXT NOT NULL,
  total_tests         INTEGER NOT NULL DEFAULT 0,
  tests_passed        INTEGER NOT NULL DEFAULT 0,
  tests_failed        INTEGER NOT NULL DEFAULT 0,
  tests_skipped       INTEGER NOT NULL DEFAULT 0,
  tests_errored       INTEGER NOT NULL DEFAULT 0,
  pass_rate           REAL,
  avg_watcher_quality REAL,
  total_duration_secs REAL,
  total_cost_usd      REAL,
  notes               TEXT NOT NULL,
  created_at          INTEGER NOT NULL
);
CREATE INDEX test_runs_by_time ON test_runs (run_timestamp DESC, id DESC);
CREATE INDEX test_runs_by_branch ON test_runs (branch_name, run_timestamp DESC);

CREATE TABLE test_results (
  id               INTEGER PRIMARY KEY,
  run_id           INTEGER NOT NULL REFERENCES test_runs (id) ON DELETE CASCADE,
  position         INTEGER NOT NULL,
  tool_name        TEXT NOT NULL,
  variation        TEXT NOT NULL,
  provider         TEXT NOT NULL,
  model            TEXT NOT NULL,
  status           TEXT NOT NULL CHECK (status IN ('PASS', 'FAIL', 'SKIP', 'ERROR')),
  execution_status TEXT NOT NULL,
  duration_secs    REAL,
  memory_mb        REAL,
  cpu_percent      REAL,
  tokens_total     INTEGER,
  cost_usd         REAL,
  watcher_quality  INTEGER CHECK (watcher_quality BETWEEN 1 AND 10),
  test_input       TEXT NOT NULL,
  test_output      TEXT NOT NULL,
  error_message    TEXT NOT NULL,
  source_file      TEXT NOT NULL,
  source_line      INTEGER,
  created_at       INTEGER NOT NULL,
  UNIQUE (run_id, position)
);
CREATE INDEX test_results_by_tool ON test_results (tool_name, created_at DESC);
-- Few of many: what failed lately is found without reading the rest.
CREATE INDEX test_results_failed ON test_results (created_at DESC, tool_name, status) WHERE status IN ('FAIL', 'ERROR');
CREATE INDEX test_results_judged ON test_results (tool_name, watcher_quality) WHERE watcher_quality IS NOT NULL;

CREATE TABLE watcher_insights (
  id               INTEGER PRIMARY KEY,
  test_result_id   INTEGER NOT NULL REFERENCES test_results (id) ON DELETE CASCADE,
  quality_score    INTEGER NOT NULL CHECK (quality_score BETWEEN 1 AND 10),
  strengths        TEXT NOT NULL DEFAULT '[]',
  weaknesses       TEXT NOT NULL DEFAULT '[]',
  anomalies        TEXT NOT NULL DEFAULT '[]',
  recommendations  TEXT NOT NULL DEFAULT '[]',
  confidence_level TEXT NOT NULL CHECK (confidence_level IN ('high', 'medium', 'low')),
  raw_observation  TEXT NOT NULL DEFAULT '{}',
  created_at       INTEGER NOT NULL
);
CREATE INDEX watcher_insights_by_result ON watcher_insights (test_result_id);
CREATE INDEX watcher_insights_by_score ON watcher_insights (quality_score);

CREATE TABLE issues (
  id                    INTEGER PRIMARY KEY,
  issue_code            TEXT NOT NULL UNIQUE,
  title                 TEXT NOT NULL,
  description           TEXT NOT NULL,
  category              TEXT NOT NULL CHECK (category IN ('production', 'test_infrastructure')),
  priority              TEXT NOT NULL CHECK (priority IN ('CRITICAL', 'HIGH', 'MEDIUM', 'LOW')),
  status                TEXT NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'IN_PROGRESS', 'RESOLVED', 'WONT_FIX')),
  root_cause            TEXT NOT NULL DEFAULT '',
  resolution            TEXT NOT NULL DEFAULT '',
  affected_tools        TEXT NOT NULL DEFAULT '[]',
  first_detected_run_id INTEGER REFERENCES test_runs (id) ON DELETE SET NULL,
  resolved_run_id       INTEGER REFERENCES test_runs (id) ON DELETE SET NULL,
  created_at            INTEGER NOT NULL,
  updated_at            INTEGER NOT NULL,
  resolved_at           INTEGER
);
CREATE INDEX issues_by_status ON issues (status, priority);
CREATE INDEX issues_by_category ON issues (category);

CREATE TABLE issue_occurrences (
  id             INTEGER PRIMARY KEY,
  issue_id       INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
  run_id         INTEGER NOT NULL REFERENCES test_runs (id) ON DELETE CASCADE,
  test_result_id INTEGER NOT NULL REFERENCES test_results (id) ON DELETE CASCADE,
  severity       TEXT NOT NULL DEFAULT '',
  notes          TEXT NOT NULL DEFAULT '',
  created_at     INTEGER NOT NULL,
  UNIQUE (issue_id, run_id, test_result_id)
);
CREATE INDEX issue_occurrences_by_run ON issue_occurrences (run_id);
CREATE INDEX issue_occurrences_by_result ON issue_occurrences (test_result_id);

CREATE TABLE ops_events (
  id      INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  run_id  TEXT NOT NULL,
  kind    TEXT NOT NULL,
  subject TEXT NOT NULL,
  status  TEXT NOT NULL,
  summary TEXT NOT NULL,
  host    TEXT NOT NULL
);
CREATE INDEX ops_events_by_time ON ops_events (at DESC);
CREATE INDEX ops_events_by_subject ON ops_events (subject, at DESC);

CREATE TABLE alert_history (
  id        INTEGER PRIMARY KEY,
  alert     TEXT NOT NULL,
  severity  TEXT NOT NULL,
  state     TEXT NOT NULL CHECK (state IN ('firing', 'resolved')),
  value     TEXT NOT NULL,
  threshold TEXT NOT NULL,
  summary   TEXT NOT NULL,
  at        INTEGER NOT NULL
);
CREATE INDEX alert_history_by_time ON alert_history (at DESC);

CREATE TABLE key_rotations (
  id          INTEGER PRIMARY KEY,
  key_name    TEXT NOT NULL,
  step        TEXT NOT NULL,
  outcome     TEXT NOT NULL,
  -- Never a key: the first digits of its SHA-256.
  fingerprint TEXT NOT NULL,
  actor       TEXT NOT NULL,
  at          INTEGER NOT NULL
);
CREATE INDEX key_rotations_by_key ON key_rotations (key_name, at DESC);

CREATE TABLE backups (
  id         TEXT PRIMARY KEY,
  path       TEXT NOT NULL,
  contents   TEXT NOT NULL,
  bytes      INTEGER NOT NULL,
  sha256     TEXT NOT NULL,
  encrypted  INTEGER NOT NULL,
  verified   INTEGER,
  removed    INTEGER,
  created_at INTEGER NOT NULL
);
CREATE INDEX backups_by_time ON backups (created_at DESC);

CREATE TABLE runbook_acks (
  run_id  TEXT NOT NULL,
  step    TEXT NOT NULL,
  actor   TEXT NOT NULL,
  outcome TEXT NOT NULL,
  note    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (run_id, step)
) WITHOUT ROWID;

CREATE VIEW v_run_trend AS
  SELECT date(run_timestamp / 1000, 'unixepoch') AS day, count(*) AS runs, sum(total_tests) AS tests,
         sum(tests_failed + tests_errored) AS failed, round(avg(pass_rate), 2) AS pass_rate
    FROM test_runs GROUP BY 1;
CREATE VIEW v_failing_tools_7d AS
  SELECT tool_name, count(*) AS failures, max(created_at) AS last_failure
    FROM test_results
   WHERE status IN ('FAIL', 'ERROR') AND created_at > (CAST(strftime('%s', 'now') AS INTEGER) - 7 * 86400) * 1000
   GROUP BY +tool_name;  -- the plus keeps SQLite from reading every result in the order of tools
CREATE VIEW v_tool_quality AS
  SELECT tool_name, count(*) AS judged, round(avg(watcher_quality), 2) AS quality, min(watcher_quality) AS worst
    FROM test_results WHERE watcher_quality IS NOT NULL GROUP BY tool_name;
CREATE VIEW v_issue_recurrence AS
  SELECT i.issue_code, i.title, i.status, count(o.id) AS occurrences, count(DISTINCT o.run_id) AS runs, max(o.created_at) AS last_seen
    FROM issues i LEFT JOIN issue_occurrences o ON o.issue_id = i.id GROUP BY i.id;
CREATE VIEW v_cost_by_run AS
  SELECT id AS run_id, run_timestamp, name, branch_name, total_tests, coalesce(total_cost_usd, 0) AS cost_usd
    FROM test_runs;
