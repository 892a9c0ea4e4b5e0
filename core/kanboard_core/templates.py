"""Templates of HTML, for pages, mails and the activity stream: whatever is put into them is escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2


def environment(*packages: str, undefined: type[jinja2.Undefined] | None = None) -> jinja2.Environment:
    """The templates in the folders ``templates`` of packages, those of the first before those of the others.

    What a template names and isn't given raises, unless ``undefined`` says otherwise.
    """
    import jinja2  # not all processes show something to people

    return jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=undefined or jinja2.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
