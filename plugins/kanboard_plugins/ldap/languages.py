"""The languages that Kanboard knows."""

from __future__ import annotations

_CODES = frozenset(
    """
    ar_SY bg_BG bs_BA ca_ES cs_CZ da_DK de_DE de_DE_du el_GR en_GB en_US es_ES es_VE fa_IR fi_FI fr_FR hr_HR hu_HU
    id_ID it_IT ja_JP ko_KR mk_MK my_MY nb_NO nl_NL pl_PL pt_BR pt_PT ro_RO ru_RU sk_SK sr_Latn_RS sv_SE th_TH tr_TR
    uk_UA vi_VN zh_CN zh_TW
    """.split()  # noqa: SIM905 - a line for each would be a page
)


def language_code(text: str) -> str:
    """Kanboard's code for a language, written with hyphens or underscores; "" when it knows none of that name."""
    code = text.replace("-", "_")
    return code if code in _CODES else ""
