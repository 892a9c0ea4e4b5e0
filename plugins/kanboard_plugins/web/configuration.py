"""The section ``[web]``: the sign-in pages."""

from __future__ import annotations

from kanboard_core.configuration import Option, Section

SECTION = Section(
    "web",
    "The pages to sign in on, and what people find there: their token, the second factor, locked accounts.",
    (
        Option(
            "session_duration",
            0,
            "Seconds that a session lasts without a request. 0: until the browser is closed, 24 minutes at most.",
            minimum=0,
            constant=True,
        ),
        Option(
            "hide_login_form",
            False,
            "Offer no form, where everybody is signed in by something else, such as a reverse proxy. Accounts are then "
            "unlocked by that or by administrators.",
            constant=True,
        ),
        Option("disable_logout", False, "Offer no way to sign out, where that would be of no use.", constant=True),
        Option(
            "enable_hsts",
            True,
            "Tell browsers that have come over TLS to come over TLS only, for a year.",
            constant=True,
        ),
    ),
)
