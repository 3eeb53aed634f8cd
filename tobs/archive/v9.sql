-- Which messages show which custom emoji, also in their earlier versions: they are rendered again when its picture comes.
CREATE TABLE emoji (
    document_id INTEGER NOT NULL,
    chat_id     INTEGER NOT NULL,
    message_id  INTEGER NOT NULL,
    PRIMARY KEY (document_id, chat_id, message_id),
    FOREIGN KEY (chat_id, message_id) REFERENCES messages (chat_id, id)
) WITHOUT ROWID;
CREATE INDEX emoji_by_message ON emoji (chat_id, message_id);
