"""The section ``[mail]``: who mails are from, and which server takes them, with the names that Kanboard has for it."""

from __future__ import annotations

from kanboard_core.configuration import Option, Section
from kanboard_plugins.mail.addresses import is_address


def _an_address(text: str) -> str:
    return "" if is_address(text) else "must be a mail address"


SECTION = Section(
    "mail",
    "Mails to accounts, and the server that takes them.",
    (
        Option(
            "mail_transport",
            "none",
            "How mails are sent: smtp, or none, which sends none.",
            choices=("none", "smtp"),
            constant=True,
        ),
        Option(
            "mail_from",
            "notifications@kanboard.local",
            "Address that mails are from, unless the setting mail_sender_address of Kanboard has another.",
            check=_an_address,
            constant=True,
        ),
        Option(
            "mail_bcc",
            "",
            "Address that gets a copy of every mail. Empty: nobody does.",
            check=_an_address,
            constant=True,
        ),
        Option("mail_smtp_hostname", "", "Host of the SMTP server. Empty: this machine.", constant=True),
        Option("mail_smtp_port", 25, "Port of the SMTP server.", minimum=1, maximum=65535, constant=True),
        Option(
            "mail_smtp_username",
            "",
            "Account to sign in to the SMTP server with. Empty: no sign-in.",
            needs="mail_smtp_password",
            constant=True,
        ),
        Option("mail_smtp_password", "", "Password of that account.", secret=True, constant=True),
        Option(
            "mail_smtp_helo_name",
            "",
            "Name by which this machine introduces itself. Empty: its own.",
            constant=True,
        ),
        Option(
            "mail_smtp_encryption",
            "none",
            "tls: encrypted from STARTTLS on, or nothing is sent. ssl: encrypted from the first byte (port 465). none: "
            "not encrypted.",
            choices=("none", "tls", "ssl"),
            constant=True,
        ),
        Option(
            "mail_smtp_ca",
            "",
            "PEM file with the certificates by one of which the SMTP server's must be signed. Empty: those that this "
            "system trusts.",
        ),
        Option("mail_smtp_timeout", 30.0, "Seconds within which the SMTP server must answer each time.", minimum=0.01),
    ),
)
