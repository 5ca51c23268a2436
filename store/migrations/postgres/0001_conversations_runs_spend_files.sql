-- The tables stand in the schema exai. Times are milliseconds since 1970 in UTC. Row level security is on everywhere and no policy lets anybody in: only
-- the owner of the tables, who is the server, reads and writes them.
CREATE TABLE conversations (
  id      TEXT PRIMARY KEY,
  created BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  owner   TEXT NOT NULL,
  state   TEXT NOT NULL
);
CREATE INDEX conversations_by_age ON conversations (updated);
ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;

CREATE TABLE turns (
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  position     BIGINT NOT NULL,
  role         TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  content      TEXT NOT NULL,
  tool         TEXT NOT NULL,
  provider     TEXT NOT NULL,
  model        TEXT NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (conversation, position)
);
ALTER TABLE turns ENABLE ROW LEVEL SECURITY;

CREATE TABLE runs (
  run_id      TEXT PRIMARY KEY,
  title       TEXT NOT NULL,
  host        TEXT NOT NULL,
  version     TEXT NOT NULL,
  verdict     TEXT NOT NULL,
  report_json TEXT NOT NULL,
  started     BIGINT NOT NULL,
  duration    BIGINT NOT NULL,
  exit_code   BIGINT NOT NULL,
  arrival     BIGINT GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX runs_by_start ON runs (started DESC, arrival DESC);
ALTER TABLE runs ENABLE ROW LEVEL SECURITY;

-- What models cost on each UTC day, in billionths of a US dollar.
CREATE TABLE spend (
  day        TEXT NOT NULL,
  provider   TEXT NOT NULL,
  model      TEXT NOT NULL,
  calls      BIGINT NOT NULL,
  prompt     BIGINT NOT NULL,
  completion BIGINT NOT NULL,
  cached     BIGINT NOT NULL,
  nano_usd   BIGINT NOT NULL,
  PRIMARY KEY (day, provider, model)
);
ALTER TABLE spend ENABLE ROW LEVEL SECURITY;

-- Files that we sent to model providers.
CREATE TABLE provider_files (
  provider TEXT NOT NULL,
  id       TEXT NOT NULL,
  sha256   TEXT NOT NULL,
  purpose  TEXT NOT NULL,
  name     TEXT NOT NULL,
  owner    TEXT NOT NULL,
  bytes    BIGINT NOT NULL,
  uploaded BIGINT NOT NULL,
  used     BIGINT NOT NULL,
  PRIMARY KEY (provider, id)
);
CREATE INDEX provider_files_by_content ON provider_files (provider, sha256, purpose);
ALTER TABLE provider_files ENABLE ROW LEVEL SECURITY;
