"""How the sentence of a service action depends on its fields.

A template is text with parts in braces, ``{who} joined``, or a function that
makes such a text of the action and its message.
"""

from __future__ import annotations

from collections.abc import Callable

from tobs.model import Message, Raw

Template = str | Callable[[Raw, Message], str]


def filled(template: Template, action: Raw, message: Message) -> str:
    """The text of a template, its parts still in braces."""
    return template if isinstance(template, str) else template(action, message)


def either(key: str, yes: Template, no: Template) -> Template:
    """One sentence where the field is set, another where it is not."""
    return lambda action, message: filled(yes if action.get(key) else no, action, message)


def first_of(*choices: tuple[str, Template], otherwise: Template) -> Template:
    """The sentence of the first field that is set."""
    return lambda action, message: filled(
        next((template for key, template in choices if action.get(key)), otherwise), action, message
    )


def with_tails(sentence: Template, **tails: str) -> Template:
    """A sentence, and after it what each field adds that is set, in this order."""

    def whole(action: Raw, message: Message) -> str:
        added = (tail for key, tail in tails.items() if action.get(key))
        return filled(sentence, action, message) + "".join(added)

    return whole
