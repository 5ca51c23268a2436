-- Runs of tests with their results, what watchers said of them, issues and where they were seen; and what was done to the
-- deployment. Only the owner of the tables and the service role get past row level security.
CREATE FUNCTION at(millis BIGINT) RETURNS TIMESTAMPTZ LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT to_timestamp(millis / 1000.0) $$;
CREATE FUNCTION millis(moment TIMESTAMPTZ) RETURNS BIGINT LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT floor(extract(epoch FROM moment) * 1000)::BIGINT $$;

CREATE TABLE test_runs (
  id                  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The same run recorded twice is one: the digest of what it came from.
  idempotency_key     TEXT NOT NULL UNIQUE,
  run_timestamp       TIMESTAMPTZ NOT NULL DEFAULT now(),
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
  pass_rate           NUMERIC(5, 2),
  avg_watcher_quality NUMERIC(4, 2),
  total_duration_secs NUMERIC(12, 3),
  total_cost_usd      NUMERIC(12, 6),
  notes               TEXT NOT NULL,
  created_at          TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX test_runs_by_time ON test_runs (run_timestamp DESC, id DESC);
CREATE INDEX test_runs_by_branch ON test_runs (branch_name, run_timestamp DESC);

CREATE TABLE test_results (
  id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id           BIGINT NOT NULL REFERENCES test_runs (id) ON DELETE CASCADE,
  position         INTEGER NOT NULL,
  tool_name        TEXT NOT NULL,
  variation        TEXT NOT NULL,
  provider         TEXT NOT NULL,
  model            TEXT NOT NULL,
  status           TEXT NOT NULL CHECK (status IN ('PASS', 'FAIL', 'SKIP', 'ERROR')),
  execution_status TEXT NOT NULL,
  duration_secs    NUMERIC(12, 6),
  memory_mb        DOUBLE PRECISION,
  cpu_percent      DOUBLE PRECISION,
  tokens_total     BIGINT,
  cost_usd         NUMERIC(12, 9),
  watcher_quality  INTEGER CHECK (watcher_quality BETWEEN 1 AND 10),
  test_input       TEXT NOT NULL,
  test_output      TEXT NOT NULL,
  error_message    TEXT NOT NULL,
  source_file      TEXT NOT NULL,
  source_line      INTEGER,
  created_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
  UNIQUE (run_id, position)
);
CREATE INDEX test_results_by_tool ON test_results (tool_name, created_at DESC);
-- Few of many: what failed lately is found without reading the rest.
CREATE INDEX test_results_failed ON test_results (created_at DESC, tool_name) WHERE status IN ('FAIL', 'ERROR');
CREATE INDEX test_results_judged ON test_results (tool_name, watcher_quality) WHERE watcher_quality IS NOT NULL;

CREATE TABLE watcher_insights (
  id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  test_result_id   BIGINT NOT NULL REFERENCES test_results (id) ON DELETE CASCADE,
  quality_score    INTEGER NOT NULL CHECK (quality_score BETWEEN 1 AND 10),
  strengths        JSONB NOT NULL DEFAULT '[]',
  weaknesses       JSONB NOT NULL DEFAULT '[]',
  anomalies        JSONB NOT NULL DEFAULT '[]',
  recommendations  JSONB NOT NULL DEFAULT '[]',
  confidence_level TEXT NOT NULL CHECK (confidence_level IN ('high', 'medium', 'low')),
  raw_observation  JSONB NOT NULL DEFAULT '{}',
  created_at       TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX watcher_insights_by_result ON watcher_insights (test_result_id);
CREATE INDEX watcher_insights_by_score ON watcher_insights (quality_score);

CREATE TABLE issues (
  id                    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  issue_code            TEXT NOT NULL UNIQUE,
  title                 TEXT NOT NULL,
  description           TEXT NOT NULL,
  category              TEXT NOT NULL CHECK (category IN ('production', 'test_infrastructure')),
  priority              TEXT NOT NULL CHECK (priority IN ('CRITICAL', 'HIGH', 'MEDIUM', 'LOW')),
  status                TEXT NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'IN_PROGRESS', 'RESOLVED', 'WONT_FIX')),
  root_cause            TEXT NOT NULL DEFAULT '',
  resolution            TEXT NOT NULL DEFAULT '',
  affected_tools        JSONB NOT NULL DEFAULT '[]',
  first_detected_run_id BIGINT REFERENCES test_runs (id) ON DELETE SET NULL,
  resolved_run_id       BIGINT REFERENCES test_runs (id) ON DELETE SET NULL,
  created_at            TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at            TIMESTAMPTZ NOT NULL DEFAULT now(),
  resolved_at           TIMESTAMPTZ
);
CREATE INDEX issues_by_status ON issues (status, priority);
CREATE INDEX issues_by_category ON issues (category);

CREATE TABLE issue_occurrences (
  id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  issue_id       BIGINT NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
  run_id         BIGINT NOT NULL REFERENCES test_runs (id) ON DELETE CASCADE,
  test_result_id BIGINT NOT NULL REFERENCES test_results (id) ON DELETE CASCADE,
  severity       TEXT NOT NULL DEFAULT '',
  notes          TEXT NOT NULL DEFAULT '',
  created_at     TIMESTAMPTZ NOT NULL DEFAULT now(),
  UNIQUE (issue_id, run_id, test_result_id)
);
CREATE INDEX issue_occurrences_by_run ON issue_occurrences (run_id);
CREATE INDEX issue_occurrences_by_result ON issue_occurrences (test_result_id);

CREATE TABLE ops_events (
  id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         TIMESTAMPTZ NOT NULL DEFAULT now(),
  run_id     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  subject    TEXT NOT NULL,
  status     TEXT NOT NULL,
  summary    TEXT NOT NULL,
  host       TEXT NOT NULL
);
CREATE INDEX ops_events_by_time ON ops_events (at DESC);
CREATE INDEX ops_events_by_subject ON ops_events (subject, at DESC);

CREATE TABLE alert_history (
  id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert     TEXT NOT NULL,
  severity  TEXT NOT NULL,
  state     TEXT NOT NULL CHECK (state IN ('firing', 'resolved')),
  value     TEXT NOT NULL,
  threshold TEXT NOT NULL,
  summary   TEXT NOT NULL,
  at        TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX alert_history_by_time ON alert_history (at DESC);

CREATE TABLE key_rotations (
  id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key_name    TEXT NOT NULL,
  step        TEXT NOT NULL,
  outcome     TEXT NOT NULL,
  -- Never a key: the first digits of its SHA-256.
  fingerprint TEXT NOT NULL,
  actor       TEXT NOT NULL,
  at          TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX key_rotations_by_key ON key_rotations (key_name, at DESC);

CREATE TABLE backups (
  id         TEXT PRIMARY KEY,
  path       TEXT NOT NULL,
  contents   TEXT NOT NULL,
  bytes      BIGINT NOT NULL,
  sha256     TEXT NOT NULL,
  encrypted  BOOLEAN NOT NULL,
  verified   TIMESTAMPTZ,
  removed    TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX backups_by_time ON backups (created_at DESC);

CREATE TABLE runbook_acks (
  run_id  TEXT NOT NULL,
  step    TEXT NOT NULL,
  actor   TEXT NOT NULL,
  outcome TEXT NOT NULL,
  note    TEXT NOT NULL,
  at      TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, step)
);

CREATE VIEW v_run_trend AS
  SELECT (run_timestamp AT TIME ZONE 'UTC')::date AS day, count(*) AS runs, sum(total_tests) AS tests,
         sum(tests_failed + tests_errored) AS failed, round(avg(pass_rate), 2) AS pass_rate
    FROM test_runs GROUP BY 1;
CREATE VIEW v_failing_tools_7d AS
  SELECT tool_name, count(*) AS failures, max(created_at) AS last_failure
    FROM test_results WHERE status IN ('FAIL', 'ERROR') AND created_at > now() - INTERVAL '7 days' GROUP BY tool_name;
CREATE VIEW v_tool_quality AS
  SELECT tool_name, count(*) AS judged, round(avg(watcher_quality), 2) AS quality, min(watcher_quality) AS worst
    FROM test_results WHERE watcher_quality IS NOT NULL GROUP BY tool_name;
CREATE VIEW v_issue_recurrence AS
  SELECT i.issue_code, i.title, i.status, count(o.id) AS occurrences, count(DISTINCT o.run_id) AS runs, max(o.created_at) AS last_seen
    FROM issues i LEFT JOIN issue_occurrences o ON o.issue_id = i.id GROUP BY i.id;
CREATE VIEW v_cost_by_run AS
  SELECT id AS run_id, run_timestamp, name, branch_name, total_tests, coalesce(total_cost_usd, 0) AS cost_usd
    FROM test_runs;

-- A view asks as who asks it, and not as its owner, who is past the policies.
ALTER VIEW v_run_trend SET (security_invoker = true);
ALTER VIEW v_failing_tools_7d SET (security_invoker = true);
ALTER VIEW v_tool_quality SET (security_invoker = true);
ALTER VIEW v_issue_recurrence SET (security_invoker = true);
ALTER VIEW v_cost_by_run SET (security_invoker = true);

DO $$
DECLARE
  name TEXT;
  here TEXT := current_schema();
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = here LOOP
    EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', here, name);
  END LOOP;
  -- Supabase's server role; elsewhere there is none, and the owner needs no policy.
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO service_role', here);
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = here LOOP
      EXECUTE format('GRANT ALL ON %I.%I TO service_role', here, name);
      EXECUTE format('CREATE POLICY service_role_all ON %I.%I TO service_role USING (true) WITH CHECK (true)', here, name);
    END LOOP;
    FOR name IN SELECT viewname FROM pg_views WHERE schemaname = here LOOP
      EXECUTE format('GRANT SELECT ON %I.%I TO service_role', here, name);
    END LOOP;
  END IF;
END $$;
