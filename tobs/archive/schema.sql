-- One archive per vault. The truth from which all notes are made.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- `folder` names the chat's folder and its note and never changes; a new title becomes an alias.
-- `layout` is '' until the whole history was read once, then it stays, so that links stay.
CREATE TABLE chats (
    id            INTEGER PRIMARY KEY,
    kind          TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    username      TEXT    NOT NULL DEFAULT '',
    description   TEXT    NOT NULL DEFAULT '',
    count         INTEGER NOT NULL DEFAULT -1,
    top_message   INTEGER NOT NULL DEFAULT 0,
    members       INTEGER NOT NULL DEFAULT -1,
    migrated_from INTEGER NOT NULL DEFAULT 0,
    linked_chat   INTEGER NOT NULL DEFAULT 0,
    topics        TEXT    NOT NULL DEFAULT '[]',
    raw           BLOB    NOT NULL,
    folder        TEXT    NOT NULL,
    aliases       TEXT    NOT NULL DEFAULT '[]',
    layout        TEXT    NOT NULL DEFAULT ''
);

CREATE TABLE peers (
    id       INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    username TEXT NOT NULL DEFAULT '',
    phone    TEXT NOT NULL DEFAULT '',
    raw      BLOB NOT NULL
);

-- Which people each chat's messages mention: the chats to render again when a name changes.
CREATE TABLE seen (
    chat_id INTEGER NOT NULL REFERENCES chats (id),
    peer_id INTEGER NOT NULL REFERENCES peers (id),
    PRIMARY KEY (chat_id, peer_id)
) WITHOUT ROWID;
CREATE INDEX seen_by_peer ON seen (peer_id);

-- `raw` is the whole message, compressed with the dictionary in meta; `weight` what it may take in a note, in bytes.
CREATE TABLE messages (
    chat_id    INTEGER NOT NULL REFERENCES chats (id),
    id         INTEGER NOT NULL,
    date       INTEGER NOT NULL,
    sender_id  INTEGER NOT NULL,
    topic_id   INTEGER NOT NULL,
    grouped_id INTEGER NOT NULL,
    weight     INTEGER NOT NULL,
    layer      INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    raw        BLOB    NOT NULL,
    PRIMARY KEY (chat_id, id)
) WITHOUT ROWID;

-- Ranges of ids of which everything is known, inclusive, never touching each other.
CREATE TABLE spans (
    chat_id INTEGER NOT NULL REFERENCES chats (id),
    low     INTEGER NOT NULL,
    high    INTEGER NOT NULL CHECK (high >= low),
    PRIMARY KEY (chat_id, low)
) WITHOUT ROWID;

-- `path` is relative to the vault; `state` is pending, done, failed or skipped (`reason` says why).
CREATE TABLE media (
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
    PRIMARY KEY (chat_id, message_id, file_id),
    FOREIGN KEY (chat_id, message_id) REFERENCES messages (chat_id, id)
) WITHOUT ROWID;
CREATE INDEX media_by_state ON media (state, chat_id, message_id);
CREATE INDEX media_by_name ON media (name);

-- What changed since the notes were last written, so that a crash in between costs a rendering and nothing else.
CREATE TABLE unpublished (
    chat_id INTEGER NOT NULL,
    low     INTEGER NOT NULL,
    high    INTEGER NOT NULL
);

-- The notes that were written: `path` relative to the vault, `digest` of the bytes that tobs wrote last.
-- Period notes hold first_id..last_id of chat_id; other notes (chat, person, start page) have 0 there.
CREATE TABLE notes (
    path     TEXT PRIMARY KEY,
    kind     TEXT    NOT NULL,
    chat_id  INTEGER NOT NULL DEFAULT 0,
    first_id INTEGER NOT NULL DEFAULT 0,
    last_id  INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0,
    first_date INTEGER NOT NULL DEFAULT 0,
    last_date  INTEGER NOT NULL DEFAULT 0,
    digest   TEXT    NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX notes_by_chat ON notes (chat_id, first_id);

-- Which messages a period note refers to outside itself, per chat from the lowest id to the highest, so that it is
-- rendered again when they change. chat_id 0: a t.me address of a name that no archived chat has.
CREATE TABLE refs (
    path    TEXT    NOT NULL REFERENCES notes (path) ON DELETE CASCADE,
    chat_id INTEGER NOT NULL,
    low     INTEGER NOT NULL,
    high    INTEGER NOT NULL,
    PRIMARY KEY (path, chat_id)
) WITHOUT ROWID;
CREATE INDEX refs_by_chat ON refs (chat_id, low);

-- Messages of a period note by sender (kind "sender", key an id) and by month (kind "month", key 2024-05),
-- so that the totals of a chat need no second look at its messages.
CREATE TABLE tallies (
    path  TEXT    NOT NULL REFERENCES notes (path) ON DELETE CASCADE,
    kind  TEXT    NOT NULL,
    key   BLOB    NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (path, kind, key)
) WITHOUT ROWID;
