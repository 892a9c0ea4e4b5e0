"""The section ``[reverse_proxy]``: whose headers say who is there."""

from __future__ import annotations

from kanboard_core.configuration import Option, Section

SECTION = Section(
    "reverse_proxy",
    "Signing in on the pages by what a reverse proxy says of its user; calls to the API never are.",
    (
        Option(
            "reverse_proxy_auth",
            False,
            "Sign in whom a proxy in [server] trusted_proxy_networks names. It must take away these headers where its "
            "clients send them.",
            constant=True,
        ),
        Option(
            "reverse_proxy_user_header",
            "REMOTE_USER",
            "Header with the user name: REMOTE_USER stands for Remote-User, HTTP_X_USER for X-User.",
            constant=True,
        ),
        Option("reverse_proxy_email_header", "REMOTE_EMAIL", "Header with the mail address.", constant=True),
        Option("reverse_proxy_fullname_header", "REMOTE_NAME", "Header with the person's name.", constant=True),
        Option(
            "reverse_proxy_default_admin",
            "",
            "User name whose account is made as an administrator's; those of others are made as users'.",
            constant=True,
        ),
        Option(
            "reverse_proxy_default_domain",
            "",
            "What follows the @ in the address of users whose mail address the proxy doesn't send.",
            constant=True,
        ),
    ),
)
