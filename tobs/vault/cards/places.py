"""Places on the map."""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Message, Raw
from tobs.rawfields import mapping, whole
from tobs.vault.cards.shape import joined, one_line
from tobs.vault.context import Context
from tobs.vault.words import span

FOR_EVER = 0x7FFFFFFF  # the period of a live location that ends when its sender says so


def geo(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A place on the map."""
    yield f"📍 {_point(raw)}"


def geo_live(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """Where someone was last while sharing the way."""
    period, radius = whole(raw, "period"), whole(raw, "proximity_notification_radius")
    yield joined(
        f"📡 {_point(raw)}",
        "" if period >= FOR_EVER else f"for {span(period)}",
        f"heading {whole(raw, 'heading')}°" if raw.get("heading") else "",
        f"alert within {radius} m" if radius else "",
    )


def venue(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A named place."""
    kind = one_line(raw, "venue_type")
    source = f"from {provider}" if (provider := one_line(raw, "provider")) else ""
    name = f"📍 **{one_line(raw, 'title') or 'Place'}**"
    yield joined(name, one_line(raw, "address"), kind, _point(raw), source)


def _point(raw: Raw) -> str:
    point = mapping(raw, "geo")
    lat, lon = point.get("lat"), point.get("long")
    if not isinstance(lat, (int, float)) or not isinstance(lon, (int, float)):
        return "unknown place"
    near = f" ± {radius} m" if (radius := whole(point, "accuracy_radius")) else ""
    return f"[{lat:.6g}, {lon:.6g}](<https://www.openstreetmap.org/?mlat={lat}&mlon={lon}>){near}"
