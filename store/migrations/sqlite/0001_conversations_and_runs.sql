-- Times are milliseconds since 1970 in UTC.
CREATE TABLE conversations (
  id      TEXT PRIMARY KEY,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX conversations_by_age ON conversations (updated);

CREATE TABLE turns (
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  position     INTEGER NOT NULL,
  role         TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  content      TEXT NOT NULL,
  tool         TEXT NOT NULL,
  provider     TEXT NOT NULL,
  model        TEXT NOT NULL,
  at           INTEGER NOT NULL,
  PRIMARY KEY (conversation, position)
) WITHOUT ROWID;

CREATE TABLE runs (
  run_id      TEXT PRIMARY KEY,
  title       TEXT NOT NULL,
  host        TEXT NOT NULL,
  version     TEXT NOT NULL,
  verdict     TEXT NOT NULL,
  report_json TEXT NOT NULL,
  started     INTEGER NOT NULL,
  duration    INTEGER NOT NULL,
  exit_code   INTEGER NOT NULL
);
CREATE INDEX runs_by_start ON runs (started DESC);
