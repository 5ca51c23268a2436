-- Files that we sent to model providers. Times are milliseconds since 1970 in UTC.
CREATE TABLE provider_files (
  provider TEXT NOT NULL,
  id       TEXT NOT NULL,
  sha256   TEXT NOT NULL,
  purpose  TEXT NOT NULL,
  name     TEXT NOT NULL,
  owner    TEXT NOT NULL,
  bytes    INTEGER NOT NULL,
  uploaded INTEGER NOT NULL,
  used     INTEGER NOT NULL,
  PRIMARY KEY (provider, id)
) WITHOUT ROWID;
CREATE INDEX provider_files_by_content ON provider_files (provider, sha256, purpose);
