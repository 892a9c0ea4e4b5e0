"""Settings that hold several values. Source: spec page "projects"."""

from __future__ import annotations

#: what PHP's trim takes off
_BLANKS = " \t\n\r\0\v"


def entries(text: str) -> list[str]:
    """The entries of a comma-separated setting, trimmed, each once; empty ones and ``0`` are dropped."""
    trimmed = (entry.strip(_BLANKS) for entry in text.split(","))
    return [entry for entry in dict.fromkeys(trimmed) if entry not in ("", "0")]
