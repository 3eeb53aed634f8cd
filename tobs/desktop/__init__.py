"""Exports of Telegram Desktop (JSON) as a source of messages."""
