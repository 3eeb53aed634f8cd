-- Pictures that belong to no message: what is shown of a file that was left out, and who a chat or person is.
-- `owner` is the chat or person, 0 for what belongs to a file.
CREATE TABLE pictures (
    kind      TEXT NOT NULL,
    owner     INTEGER NOT NULL,
    file_id   INTEGER NOT NULL,
    dc_id     INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    thumb     TEXT NOT NULL,
    path      TEXT NOT NULL,
    state     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    sha256    TEXT NOT NULL,
    tries     INTEGER NOT NULL,
    next_try  INTEGER NOT NULL,
    PRIMARY KEY (kind, owner, file_id)
) WITHOUT ROWID;
CREATE INDEX pictures_by_state ON pictures (state, kind);
