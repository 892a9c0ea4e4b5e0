"""The beginning of a third party's plugin: the project's template, filled in with a name."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from kanboard_core.configuration.core_schema import CORE_SCHEMA
from kanboard_core.plugins import PluginError
from kanboard_core.plugins.discovery import GROUP

#: the name that the plugin in the template has, in every spelling
_WORD = "notebook"

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 41

#: names that mean something else: packages and commands of the server, sections of its configuration
_TAKEN = {"core", "config", "procedures", "serve", "token", *(section.name for section in CORE_SCHEMA.sections)}


class TemplateError(PluginError):
    """A plugin can't be begun like that; one clear sentence, and nothing was written."""


def default_folder(name: str) -> Path:
    """Where a plugin of that name goes when nobody says where: ``kanboard-NAME`` in the working directory."""
    return Path(_distribution(name))


def fill(name: str, folder: Path | None = None) -> list[Path]:
    """Begin a plugin called ``name`` in a new folder; answers the files written, sorted.

    All of them are written, or none. Raises TemplateError for a name that no plugin can have or that an installed one
    has, for a folder that exists, and when the file system refuses.
    """
    _check(name)
    folder = folder or default_folder(name)
    if os.path.lexists(folder):
        raise TemplateError(f"{folder} exists already, and nothing is overwritten")
    unfinished = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        written = [_write(relative, text, unfinished) for relative, text in _filled(name)]
        unfinished.rename(folder)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise TemplateError(f"{folder} cannot be written: {error.strerror or error}") from error
    return [folder / relative for relative in written]


def _check(name: str) -> None:
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise TemplateError(
            f"{name!r} can't be the name of a plugin: it must be lower-case letters, digits and single underscores, "
            f"begin with a letter and have {_LONGEST} characters at most"
        )
    if name in _TAKEN:
        raise TemplateError(f"{name!r} can't be the name of a plugin: the server itself uses it")
    for entry in entry_points(group=GROUP, name=name):
        package = entry.dist.name if entry.dist else "?"
        raise TemplateError(f"a plugin called {name!r} is installed already, from the package {package}")


def _filled(name: str) -> Iterator[tuple[Path, str]]:
    """Every file of the template: its path in the plugin and its text, with the name in place."""
    template = _template()
    # What the template's own tools left behind is what its .gitignore names.
    ignored = {line.strip("/") for line in (template / ".gitignore").read_text("utf-8").split()}
    spellings = {
        f"kanboard-{_WORD}": _distribution(name),
        _WORD.capitalize(): "".join(part.capitalize() for part in name.split("_")),
        _WORD.upper(): name.upper(),
        _WORD: name,
    }
    pattern = re.compile("|".join(spellings))
    for path in sorted(template.rglob("*")):
        relative = path.relative_to(template)
        if path.is_file() and ignored.isdisjoint(relative.parts):
            text = pattern.sub(lambda found: spellings[found[0]], path.read_text("utf-8"))
            yield Path(str(relative).replace(_WORD, name)), text


def _write(relative: Path, text: str, folder: Path) -> Path:
    path = folder / relative
    path.parent.mkdir(parents=path.parent != folder, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return relative


def _template() -> Path:
    """The template's folder: in the installed package, or at the root of a source checkout."""
    package = Path(__file__).parents[1]
    installed = package / "plugin_template"
    return installed if installed.is_dir() else package.parents[1] / "plugin_template"


def _distribution(name: str) -> str:
    return f"kanboard-{name.replace('_', '-')}"
