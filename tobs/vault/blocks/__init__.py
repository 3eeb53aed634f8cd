"""Trees of blocks as Markdown: rich messages, and the articles of link previews (Instant View)."""

from tobs.vault.blocks.article import article_author, article_body, article_date, article_title
from tobs.vault.blocks.rich_message import is_rich, repeats_text, rich_message_lines, rich_message_text

__all__ = [
    "article_author",
    "article_body",
    "article_date",
    "article_title",
    "is_rich",
    "repeats_text",
    "rich_message_lines",
    "rich_message_text",
]
