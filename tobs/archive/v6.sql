-- How far what happens on Telegram is known: in each channel, and under 0 with people and in basic groups together.
CREATE TABLE marks (
    chat_id INTEGER PRIMARY KEY,
    pts     INTEGER NOT NULL,
    qts     INTEGER NOT NULL,
    date    INTEGER NOT NULL,
    seq     INTEGER NOT NULL
);
