"""The settings of the application: which there are, what they may hold, and their rows.

Their values are texts; an empty one, like a missing row, means the default. Rows of other names belong to plugins of
Kanboard and may hold anything. Source: spec pages "storage", section 5, and "authentication", section 11.
"""

from __future__ import annotations

import re
import zoneinfo

from kanboard_core.calls import Call
from kanboard_core.configuration.options import Kind, Option, a_web_address
from kanboard_core.database import Row, param, statement
from kanboard_core.database.transaction import Transaction
from kanboard_core.models import Setting
from kanboard_core.validation import is_mail_address
from kanboard_plugins.application.colors import COLORS

#: the row in which the failures of addresses are counted; nobody's to set
COUNTED_BY_THE_SERVER = "captcha_data"

_LANGUAGES = (
    *("ar_SY", "bg_BG", "bs_BA", "ca_ES", "cs_CZ", "da_DK", "de_DE", "de_DE_du", "el_GR", "en_GB", "en_US", "es_ES"),
    *("es_VE", "fa_IR", "fi_FI", "fr_FR", "hr_HR", "hu_HU", "id_ID", "it_IT", "ja_JP", "ko_KR", "mk_MK", "my_MY"),
    *("nb_NO", "nl_NL", "pl_PL", "pt_BR", "pt_PT", "ro_RO", "ru_RU", "sk_SK", "sr_Latn_RS", "sv_SE", "th_TH", "tr_TR"),
    *("uk_UA", "vi_VN", "zh_CN", "zh_TW"),
)
_SECRET = re.compile("token|secret|password(?!_reset)|passwd|api_?key|private_?key")


def _time_zone(text: str) -> str:
    return "" if text in zoneinfo.available_timezones() else "must be a time zone such as Europe/Paris"


def _currency(text: str) -> str:
    return "" if re.fullmatch("[A-Z]{3}", text) else "must be three capital letters"


def _mail_address(text: str) -> str:
    return "" if is_mail_address(text) else "must be a mail address"


#: those that Kanboard's pages offer; their help says what they are for
KNOWN = {
    option.name: option
    for option in (
        Option("api_token", "", "The token that the application signs in with.", secret=True),
        Option("application_currency", "USD", "Currency of hourly rates.", check=_currency),
        Option(
            "application_date_format",
            "m/d/Y",
            "How dates are written.",
            choices=("m/d/Y", "d/m/Y", "Y/m/d", "d.m.Y", "Y-m-d", "Y_m_d"),
        ),
        Option("application_language", "en_US", "Language of Kanboard's pages.", choices=_LANGUAGES),
        Option("application_stylesheet", "", "CSS for Kanboard's pages."),
        Option("application_time_format", "H:i", "How times are written.", choices=("H:i", "g:i a")),
        Option("application_timezone", "UTC", "Time zone of dates.", check=_time_zone),
        Option("application_url", "", "What links begin with.", check=a_web_address),
        Option("board_columns", "", "Columns of new projects, separated by commas."),
        Option(
            "board_highlight_period", 172800, "Seconds that a moved task stands out on Kanboard's boards.", minimum=0
        ),
        Option("board_private_refresh_interval", 10, "Seconds between looks of Kanboard's boards.", minimum=0),
        Option("board_public_refresh_interval", 60, "The same for public boards.", minimum=0),
        Option("cfd_include_closed_tasks", False, "Whether closed tasks count in the statistics of columns."),
        Option("default_color", "yellow", "Colour of new tasks.", choices=tuple(COLORS)),
        Option("disable_private_project", False, "Whether nobody may make private projects."),
        Option("mail_sender_address", "", "Sender of mails.", check=_mail_address),
        Option("mail_transport", "", "How Kanboard sends mails."),
        Option("notifications_enabled", False, "Whether new accounts are notified by mail and on Kanboard's pages."),
        Option("password_reset", False, "Whether Kanboard sends mails to those who have forgotten their password."),
        Option("project_categories", "", "Categories of new projects, separated by commas."),
        Option("subtask_restriction", False, "Whether a person has one subtask in progress at most."),
        Option("subtask_time_tracking", False, "Whether timers follow the status of subtasks."),
        Option("webhook_token", "", "What addresses of webhooks are given to prove who calls.", secret=True),
        Option("webhook_url", "", "The address that events are sent to.", check=a_web_address),
    )
}

#: options of the configuration that count instead of a setting, when they are set
OVERRIDING = {"api_token": ("authentication", "api_authentication_token"), "application_url": ("server", "base_url")}

_ROWS = statement(Setting.select().order_by(Setting.option))
_ROW = statement(Setting.select().where(Setting.option == param("option")))
_WRITTEN = (Setting.value, Setting.changed_by, Setting.changed_on)
_SAVE = statement(
    Setting.insert({field: param(field.name) for field in (Setting.option, *_WRITTEN)}).on_conflict(
        conflict_target=(Setting.option,), preserve=_WRITTEN
    )
)


def is_secret(name: str) -> bool:
    """Whether the value of a setting is kept out of listings; of one that isn't known, its name decides."""
    return KNOWN[name].secret if name in KNOWN else bool(_SECRET.search(name))


def default(name: str) -> str:
    """What an empty or missing value of the setting stands for; "" for one that isn't known."""
    return _stored(KNOWN[name], KNOWN[name].default) if name in KNOWN else ""


def checked(name: str, written: str) -> str:
    """The text that is stored for a value. Raises ValueError with the end of a sentence for what it can't be.

    An empty text is the default, whatever the setting.
    """
    if name not in KNOWN:
        return written
    option = KNOWN[name]
    return _stored(option, option.parse(written)) if written.strip() else ""


def row(tx: Transaction, name: str) -> Row | None:
    """The row of a setting: option, value (may be None), changed_by, changed_on; None when there is none."""
    return tx.one(_ROW, option=name)


def rows(tx: Transaction) -> list[Row]:
    """All rows, by name."""
    return tx.all(_ROWS)


def save(call: Call, name: str, value: str) -> None:
    """Write a value, with who wrote it and when."""
    call.tx.run(_SAVE, option=name, value=value, changed_by=call.caller.user_id, changed_on=call.now)


def _stored(option: Option, value: object) -> str:
    if option.kind is Kind.FLAG:
        return "1" if value else "0"
    text = str(value)
    return f"{text}/" if option.name == "application_url" and text and not text.endswith("/") else text
