-- Forum topics and discussions: notes of their own for the one, comments shown under their posts for the other.

ALTER TABLE notes ADD COLUMN topic_id INTEGER NOT NULL DEFAULT 0;

-- messages.topic_id is the forum topic, 1 for General, or the message that begins a thread in other groups, or 0.
CREATE INDEX messages_by_topic ON messages (chat_id, topic_id, id) WHERE topic_id <> 0;

-- The layout of each forum topic, as chats.layout is for chats without topics.
CREATE TABLE layouts (
    chat_id  INTEGER NOT NULL REFERENCES chats (id),
    topic_id INTEGER NOT NULL,
    layout   TEXT    NOT NULL,
    PRIMARY KEY (chat_id, topic_id)
) WITHOUT ROWID;

-- Which post of a channel the message `root_id` of its discussion group is the copy of: what answers it are comments.
CREATE TABLE threads (
    post_chat INTEGER NOT NULL,
    post_id   INTEGER NOT NULL,
    chat_id   INTEGER NOT NULL,
    root_id   INTEGER NOT NULL,
    PRIMARY KEY (post_chat, post_id, chat_id, root_id),
    FOREIGN KEY (chat_id, root_id) REFERENCES messages (chat_id, id)
) WITHOUT ROWID;
CREATE INDEX threads_by_root ON threads (chat_id, root_id);

-- These chats were read before threads were told apart: they are read again, and nothing of them is lost meanwhile.
DELETE FROM spans WHERE chat_id IN (
    SELECT id FROM chats WHERE kind = 'forum' OR (kind = 'supergroup' AND linked_chat <> 0)
);
UPDATE messages SET topic_id = 1
WHERE topic_id = 0 AND chat_id IN (SELECT id FROM chats WHERE kind = 'forum');
