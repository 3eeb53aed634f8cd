-- A file that several messages have is fetched once, and all of them lead to it.

-- `own` is where a file would lie if no other message had it, `path` where it lies: the `own` of the earliest of the
-- messages that have it. `date` is that of the message. A file that was refused `tries` times is asked for again after
-- `next_try` (Unix seconds), never if that is 0.
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
    own        TEXT    NOT NULL,
    date       INTEGER NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    next_try   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chat_id, message_id, file_id, thumb),
    FOREIGN KEY (chat_id, message_id) REFERENCES messages (chat_id, id)
) WITHOUT ROWID;
INSERT INTO files
SELECT chat_id, message_id, file_id, kind, dc_id, size, thumb, name, path, state, reason, sha256, path,
       (SELECT date FROM messages WHERE messages.chat_id = media.chat_id AND id = message_id), 0, 0
FROM media;
DROP TABLE media;
ALTER TABLE files RENAME TO media;
CREATE INDEX media_by_state ON media (state, chat_id, message_id);
CREATE INDEX media_by_size ON media (chat_id, size, message_id) WHERE state = 'pending';
CREATE INDEX media_by_name ON media (name, path);
CREATE INDEX media_by_file ON media (file_id, thumb, dc_id, state, date, chat_id DESC, message_id);
CREATE INDEX media_by_content ON media (sha256, date, chat_id DESC, message_id) WHERE sha256 <> '';

-- Files that are to lie elsewhere, in the order that they move.
CREATE TABLE moves (
    id     INTEGER PRIMARY KEY,
    old    TEXT NOT NULL,
    new    TEXT NOT NULL
);
