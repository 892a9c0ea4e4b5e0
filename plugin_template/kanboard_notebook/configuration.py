"""The section [notebook] of kanboard.ini."""

from __future__ import annotations

from kanboard_core.configuration import Option, Section, a_web_address

SECTION = Section(
    "notebook",
    "Notes on tasks.",
    (
        Option(
            "url",
            "",
            "Address that published notes are sent to. Empty: none can be published.",
            check=a_web_address,
            needs="token",
        ),
        Option("token", "", "Token that the address knows this server by.", secret=True),
        Option("timeout", 10.0, "Seconds within which the address must answer.", minimum=0.1, maximum=60),
    ),
)
