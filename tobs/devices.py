"""Names that Windows keeps for devices, in every folder and with any extension (pure)."""

from __future__ import annotations

import re

DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])(?=\.|$)", re.IGNORECASE)
