-- What the processes on the queue share besides jobs: small texts, by realm and key, until they expire.
CREATE TABLE facts (
  realm      text   COLLATE "C" NOT NULL CHECK (char_length(realm) BETWEEN 1 AND 100),
  key        text   COLLATE "C" NOT NULL CHECK (char_length(key) BETWEEN 1 AND 100),
  text       text   NOT NULL CHECK (char_length(text) <= 1000),
  expires_at bigint NOT NULL CHECK (expires_at BETWEEN 0 AND 8640000000000000),
  PRIMARY KEY (realm, key)
);
