-- What becomes of messages later on: what they said before they were edited, and that they are no longer there.

-- Earlier versions, numbered from 1, oldest first; `weight` as in messages, whose own weight has theirs in it.
CREATE TABLE versions (
    chat_id    INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    weight     INTEGER NOT NULL,
    layer      INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    raw        BLOB    NOT NULL,
    PRIMARY KEY (chat_id, id, number),
    FOREIGN KEY (chat_id, id) REFERENCES messages (chat_id, id)
) WITHOUT ROWID;

-- Messages that Telegram no longer has. They stay in `messages`, as they were at `seen_at`. Those that are `hidden` are
-- older than everything that Telegram still shows of the chat: nobody may have deleted them one by one.
CREATE TABLE tombstones (
    chat_id  INTEGER NOT NULL,
    id       INTEGER NOT NULL,
    seen_at  INTEGER NOT NULL,
    found_at INTEGER NOT NULL,
    hidden   INTEGER NOT NULL,
    PRIMARY KEY (chat_id, id),
    FOREIGN KEY (chat_id, id) REFERENCES messages (chat_id, id)
) WITHOUT ROWID;
