"""The section ``[webhooks]``: where webhooks may go. The address and the token are settings of Kanboard."""

from __future__ import annotations

from kanboard_core.configuration import Option, Section

SECTION = Section(
    "webhooks",
    "The webhook, whose address and token are settings of Kanboard. Time-outs and certificates: section [http].",
    (
        Option(
            "webhook_allow_private_networks",
            False,
            "Let the webhook be in a private network, or on this machine.",
            constant=True,
        ),
    ),
)
