"""How new an export is."""

from __future__ import annotations

import os
import re
from datetime import tzinfo
from typing import IO

from tobs.desktop.ids import read_date

TAIL = 1 << 20  # bytes: the last message is within, unless it is longer than any
# Quotes within a text are written as \", so none can look like this.
_DATE = re.compile(rb'(?<!\\)"date(_unixtime)?":\s*"([0-9T:-]{1,19})"')


def last_date(file: IO[bytes], zone: tzinfo) -> int:
    """The date of the last message of a file with one chat, as Unix time; 0 if it has none."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - TAIL, 0))
    found = [*_DATE.finditer(file.read())][-2:]
    said = {f"date{(match[1] or b'').decode()}": match[2].decode() for match in found}
    return read_date(said, "date", zone)
