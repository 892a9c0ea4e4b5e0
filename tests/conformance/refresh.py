"""Refresh the copies of the recordings, the comparison and the facts: ``refresh.py DIRECTORY``.

DIRECTORY holds ``conformance/recordings``, ``conformance/match.py`` and ``spec/*.json``.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

_HERE = Path(__file__).parent


def refresh(source: Path) -> int:
    """Copy everything; answers the number of recordings. Raises FileNotFoundError when the source lacks something."""
    recordings = source / "conformance" / "recordings"
    found = sorted(recordings.glob("*/*.json"))
    if not found:
        raise FileNotFoundError(f"no recordings below {recordings}")
    shutil.rmtree(_HERE / "recordings", ignore_errors=True)
    for path in found:
        copy = _HERE / "recordings" / path.relative_to(recordings)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    shutil.copyfile(source / "conformance" / "match.py", _HERE / "match.py")
    (_HERE / "spec").mkdir(exist_ok=True)
    for name in ("procedures", "permissions", "schema"):
        shutil.copyfile(source / "spec" / f"{name}.json", _HERE / "spec" / f"{name}.json")
    return len(found)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: refresh.py DIRECTORY")
    try:
        print(f"{refresh(Path(sys.argv[1]))} recordings")
    except OSError as error:
        sys.exit(str(error))
