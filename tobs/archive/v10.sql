-- Stories that messages name without their content, by whose they are (`owner`, a marked id) and their number.

-- What is known of them; those that nobody asked for yet have no row. `state` is done, or failed: then `reason` says why,
-- `raw` is empty, and it is asked for again after `next_try` (Unix seconds), never if that is 0.
CREATE TABLE stories (
    owner      INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    tries      INTEGER NOT NULL,
    next_try   INTEGER NOT NULL,
    layer      INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    raw        BLOB    NOT NULL,
    PRIMARY KEY (owner, number)
) WITHOUT ROWID;

-- Which messages name which; `listed` is 1 once the files of the story are among those of the message.
CREATE TABLE story_uses (
    chat_id    INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    owner      INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    listed     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chat_id, message_id),
    FOREIGN KEY (chat_id, message_id) REFERENCES messages (chat_id, id)
) WITHOUT ROWID;
CREATE INDEX story_uses_by_story ON story_uses (owner, number);
