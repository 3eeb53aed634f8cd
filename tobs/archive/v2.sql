-- A message has many files: a document and its picture have one id, told apart by the size (`thumb`).
-- What a message has beside its main file is not known for messages of before; the next export adds it.

CREATE TABLE files (
    chat_id    INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    file_id    INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    dc_id      INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    thumb      TEXT    NOT NULL DEFAULT '',
    name       TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    state      TEXT    NOT NULL DEFAULT 'pending',
    reason     TEXT    NOT NULL DEFAULT '',
    sha256     TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (chat_id, message_id, file_id, thumb),
    FOREIGN KEY (chat_id, message_id) REFERENCES messages (chat_id, id)
) WITHOUT ROWID;
INSERT INTO files SELECT * FROM media;
DROP TABLE media;
ALTER TABLE files RENAME TO media;
CREATE INDEX media_by_state ON media (state, chat_id, message_id);
CREATE INDEX media_by_name ON media (name);
