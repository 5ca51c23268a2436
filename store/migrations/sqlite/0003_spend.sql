-- What models cost on each UTC day, in billionths of a US dollar.
CREATE TABLE spend (
  day        TEXT NOT NULL,
  provider   TEXT NOT NULL,
  model      TEXT NOT NULL,
  calls      INTEGER NOT NULL,
  prompt     INTEGER NOT NULL,
  completion INTEGER NOT NULL,
  cached     INTEGER NOT NULL,
  nano_usd   INTEGER NOT NULL,
  PRIMARY KEY (day, provider, model)
) WITHOUT ROWID;
