"""The section ``[external_task_links]``: how titles of web pages are fetched."""

from __future__ import annotations

from kanboard_core.configuration import Option, Section

SECTION = Section(
    "external_task_links",
    "Links of tasks to addresses outside. Pages that are linked without a title are fetched for it, see [http].",
    (
        Option(
            "external_link_allow_private_networks",
            False,
            "Fetch pages from private networks and from this machine too. Whoever may change a task then learns the "
            "titles of pages that this machine can reach.",
            constant=True,
        ),
    ),
)
