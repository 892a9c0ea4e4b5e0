"""Files that are generated from declarations: pages of `docs/`, and `kanboard.ini`.

Run as a module below the project's folder it writes them; with --check it only says which are out of date.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from kanboard_core.documentation import commands, configuration, events, hooks, procedures

GENERATED: dict[Path, Callable[[], str]] = {
    Path("kanboard.ini"): configuration.kanboard_ini,
    Path("docs/commands.md"): commands.page,
    Path("docs/configuration.md"): configuration.page,
    Path("docs/events.md"): events.page,
    Path("docs/hooks.md"): hooks.page,
}
"""What makes each generated file, by its place in the project; the pages about procedures are made together."""


def generated() -> dict[Path, str]:
    """The text of every generated file, by its place in the project."""
    return {path: make() for path, make in GENERATED.items()} | procedures.delivered()


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is out of date.")
def main(check: bool) -> None:
    """Write the generated files below the working directory; a page about what is gone is removed."""
    texts = generated()
    stale = [path for path, text in texts.items() if not path.is_file() or path.read_text("utf-8") != text]
    gone = [path for path in sorted(procedures.FOLDER.glob("*.md")) if path not in texts]
    for path in stale:
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], encoding="utf-8")
        click.echo(f"{path} is out of date" if check else f"{path} written")
    for path in gone:
        if not check:
            path.unlink()
        click.echo(f"{path} is of nothing any more" if check else f"{path} removed")
    sys.exit(bool(check and (stale or gone)))
