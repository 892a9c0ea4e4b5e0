"""Templates escape what is put into them, whoever shows them."""

from __future__ import annotations

import jinja2
import pytest

from kanboard_core import templates

#: packages that have templates
PACKAGES = [f"kanboard_plugins.{name}" for name in ("activity", "mail", "notifications", "web")]


@pytest.mark.parametrize("package", PACKAGES)
def test_they_are_found_and_escape(package: str) -> None:
    environment = templates.environment(package)
    assert environment.list_templates()
    assert environment.from_string("{{ text }}").render(text="<b>") == "&lt;b&gt;"


def test_what_is_not_given_raises_unless_that_is_meant() -> None:
    with pytest.raises(jinja2.UndefinedError):
        templates.environment("kanboard_plugins.web").from_string("{{ missing }}").render()
    lenient = templates.environment("kanboard_plugins.activity", undefined=jinja2.ChainableUndefined)
    assert lenient.from_string("{{ missing.too }}").render() == ""


def test_those_of_the_first_package_come_first() -> None:
    name = "event.html"
    for first, second in (("activity", "notifications"), ("notifications", "activity")):
        both, alone = (
            templates.environment(*(f"kanboard_plugins.{package}" for package in packages))
            for packages in ((first, second), (first,))
        )
        assert both.loader is not None
        assert alone.loader is not None
        assert both.loader.get_source(both, name)[:2] == alone.loader.get_source(alone, name)[:2]
