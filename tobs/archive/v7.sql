-- Which origins of Saved Messages are pinned: marked ids in the order of the pins.
ALTER TABLE chats ADD COLUMN pinned_origins TEXT NOT NULL DEFAULT '[]';
