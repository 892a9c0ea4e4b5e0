"""Values from elsewhere: what `${NAME}` and `file:PATH` stand for where a value is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# A further dollar sign before it makes it a text that means itself.
_VARIABLE = re.compile(r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_FILE = "file:"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A value with everything in it that came from elsewhere.

    `origins` names where from, in the order of the text and each once: "environment NAME", "file PATH".  A path is
    named as it is written, so that what a variable holds isn't shown.
    """

    text: str
    origins: tuple[str, ...]


def is_file(written: str) -> bool:
    """Whether a value as it is written stands for the content of a file."""
    return written.strip().startswith(_FILE)


def resolve(written: str, environment: Mapping[str, str]) -> Resolved:
    """Put variables and the content of a file where `written` asks for them.

    `${NAME}` is replaced by that variable of `environment`, which may be empty; `$${NAME}` means the text `${NAME}`.
    A value that begins with `file:` is replaced by the content of the file named after it, whose path may hold
    variables: relative to the working directory, UTF-8, without the newlines at its end.  What was put in is taken as
    it is, whatever it looks like.

    Raises ValueError with the end of a sentence that begins with the option's name: "needs the environment variable
    NAME, which is not set".  No value is quoted in it.
    """
    written = written.strip()
    names = dict.fromkeys(name for escape, name in _VARIABLE.findall(written) if not escape)
    for name in names:
        if name not in environment:
            raise ValueError(f"needs the environment variable {name}, which is not set")
    origins = [f"environment {name}" for name in names]
    text = _VARIABLE.sub(lambda found: found[0][1:] if found[1] else environment[found[2]], written)
    if is_file(written):
        shown = written.removeprefix(_FILE).strip()
        text = _content(text.removeprefix(_FILE).strip(), shown)
        origins.append(f"file {shown}")
    return Resolved(text, tuple(origins))


def _content(path: str, shown: str) -> str:
    if not path:
        raise ValueError("needs the path of a file after file:")
    try:
        return Path(path).read_bytes().decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"needs the file {shown}, of which byte {error.start + 1} is not UTF-8") from None
    except (OSError, ValueError) as error:  # ValueError: there can't be such a path
        reason = error.strerror if isinstance(error, OSError) else "there can be no such path"
        raise ValueError(f"needs the file {shown}, which cannot be read: {reason}") from None
