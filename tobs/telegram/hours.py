"""Hours as a person says them (pure)."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo


def hour_in_words(until: float, now: float, zone: tzinfo | None) -> str:
    """When `until` is over, in `zone` (None: the computer's), with its date unless that is today. Unix times."""
    # A minute later than asked: the seconds are not told, and coming too early begins the wait anew.
    then, today = datetime.fromtimestamp(until, zone) + timedelta(minutes=1), datetime.fromtimestamp(now, zone)
    return f"{then:%H:%M}" if then.date() == today.date() else f"{then:%H:%M on %Y-%m-%d}"
