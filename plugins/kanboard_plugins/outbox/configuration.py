"""The section ``[outbox]``: how long messages are tried, and how many may wait."""

from __future__ import annotations

from kanboard_core.configuration import Option, Section

SECTION = Section(
    "outbox",
    "Messages that leave the server (mails, webhooks) after what they tell of is committed.",
    (
        Option("age_limit", 48.0, "Hours after which a message that can't be delivered is given up.", minimum=0.0),
        Option(
            "size_limit",
            10000,
            "Most messages waiting behind one that can't be delivered; more, and the oldest are given up.",
            minimum=1,
        ),
        Option(
            "late_after",
            1.0,
            "Hours after which a message that still waits is late: `GET /ready` and `outbox check` say so.",
            minimum=0.0,
        ),
        Option("pause", 5.0, "Seconds until a message is tried again, doubled with each time.", minimum=0.01),
        Option("longest_pause", 1800.0, "Most seconds until a message is tried again.", minimum=0.01),
        Option("delivery_timeout", 60.0, "Seconds that one try may take.", minimum=0.01),
        Option(
            "interval",
            5.0,
            "Seconds between looks at what other processes have left. What this process posts is seen at once.",
            minimum=0.01,
        ),
        Option(
            "lease",
            15.0,
            "Seconds after which another process takes over from the one that delivers, when that is gone.",
            minimum=0.1,
        ),
    ),
)
