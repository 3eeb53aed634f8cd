"""Notes that tell what tobs wrote from what a person wrote (pure).

A note is frontmatter, then ``%% tobs:begin %%`` … ``%% tobs:end %%``. Before
the end stands a seal: digests of the frontmatter and of the text between the
marks. So the note itself shows what was changed since it was written, also
after a crash, and also when the archive was lost and begun anew.
"""

from __future__ import annotations

import re
from hashlib import blake2b

import attrs

from tobs.vault.frontmatter import merge_heads, split_head

BEGIN = "%% tobs:begin %%\n"
END = "%% tobs:end %%\n"
_SEAL = re.compile(r"%% tobs:seal ([0-9a-f]{16}) ([0-9a-f]{16}) %%\n\Z")


def seal(head: str, body: str) -> str:
    """The note of a frontmatter and a body."""
    inside = f"\n{body}\n\n"
    return f"{head}{BEGIN}{inside}%% tobs:seal {digest(head)} {digest(inside)} %%\n{END}"


def digest(text: str) -> str:
    """Enough of a hash to notice a person's change."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


@attrs.frozen
class Found:
    """A note as it lies on disk. `between` is the text of the seal's part; None if the marks are not in order.

    Without its seal, nobody can tell what of a note tobs wrote.
    """

    head: str
    before: str
    between: str | None
    after: str
    sealed: bool = False
    head_is_ours: bool = False
    body_is_ours: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether nobody changed or added anything."""
        return self.head_is_ours and self.body_is_ours and not (self.before + self.after).strip()


def read_note(text: str) -> Found:
    """What is whose in a note."""
    # An editor on Windows may have changed the ends of lines and nothing else.
    head, rest = split_head(text.replace("\r\n", "\n"))
    begin = _line(rest, BEGIN)
    end = rest.rfind("\n" + END.rstrip()) + 1
    if begin < 0 or end <= begin:
        return Found(head, rest, None, "")
    between = rest[begin + len(BEGIN) : end]
    after = rest[end + len(END.rstrip()) :].removeprefix("\n")
    found = _SEAL.search(between)
    if found is None:
        return Found(head, rest[:begin], between, after)
    inside = between[: found.start()]
    return Found(
        head,
        rest[:begin],
        between,
        after,
        sealed=True,
        head_is_ours=digest(head) == found[1],
        body_is_ours=digest(inside) == found[2],
    )


def _line(text: str, line: str) -> int:
    """Where `line` begins, -1 if it is not there."""
    return 0 if text.startswith(line) else text.find("\n" + line) + 1 or -1


def update(found: Found, new: str) -> str | None:
    """The new version with all that a person added, None if they changed what tobs wrote between the marks."""
    if not found.body_is_ours:
        return None
    head, rest = split_head(new)
    if not found.head_is_ours:
        head = merge_heads(found.head, head)
    return head + found.before + rest + found.after
