"""The Set-Cookie header of all our cookies."""

from __future__ import annotations

from berth.settings import Settings


def cookie_header(settings: Settings, name: str, value: str, lifetime: float | None) -> str:
    """Return the header's value. ``lifetime`` in s; None for this session of the browser, 0 to delete.

    Written by hand because ``http.cookies`` knows ``Partitioned`` only since Python 3.14
    and quotes values that need none. All our values are signed and without ``;``.
    """
    parts = [f"{name}={value}", f"Path={settings.prefix or '/'}", "HttpOnly"]
    if lifetime is not None:
        parts.append(f"Max-Age={int(lifetime)}")
    if settings.embed_origins and settings.secure:
        return "; ".join([*parts, "Secure", "SameSite=None", "Partitioned"])
    return "; ".join([*parts, *(["Secure"] if settings.secure else []), "SameSite=Lax"])
