"""The plugin template as its users meet it: built as a wheel, installed beside the server in a fresh environment."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import said

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "plugin_template"
LOCK = ROOT / "requirements" / "test.txt"


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the server, the template, and a plugin made from it that is called votes."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def command(self) -> Path:
        return self.folder / "venv" / "bin" / "kanboard-server"

    @property
    def votes(self) -> Path:
        """The source of the other plugin."""
        return self.folder / "kanboard-votes"

    def make(self) -> None:
        """Build and install everything; the dependencies are what the wheels ask for, in the locked versions."""
        venv.create(self.folder / "venv", with_pip=False)
        constraints = self.folder / "constraints.txt"
        locked = re.findall(r"^[a-z0-9._-]+==[^\\\n]+", LOCK.read_text("utf-8"), re.MULTILINE)
        constraints.write_text("".join(f"{pin.strip()}\n" for pin in locked))
        server, notebook = self._wheel(ROOT), self._wheel(TEMPLATE)
        wanted = [f"kanboard-server @ {server.as_uri()}", f"kanboard-notebook[test] @ {notebook.as_uri()}"]
        self._pip("install", "--constraint", str(constraints), *wanted)
        _run([self.command, "plugins", "new", "votes"], self.folder)
        self._pip("install", "--no-deps", str(self._wheel(self.votes)))

    def _wheel(self, source: Path) -> Path:
        wheels = self.folder / source.name
        _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", f"{wheels}-wheel", str(source))
        [built] = Path(f"{wheels}-wheel").glob("*.whl")
        return built

    def _pip(self, *arguments: str) -> None:
        _pip("--python", str(self.python), *arguments)


def _pip(*arguments: str) -> None:
    _run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], ROOT, dict(os.environ))


def _run(command: Sequence[str | Path], folder: Path, environment: dict[str, str] | None = None) -> str:
    """What a command prints; it must succeed."""
    environment = {"PATH": os.environ["PATH"]} if environment is None else environment
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Environment:
    """Made once, also when several workers want it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    made = Environment(shared / "installed")
    with (shared / "installed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = made.folder / "done"
        if not done.exists():
            shutil.rmtree(made.folder, ignore_errors=True)
            made.folder.mkdir()
            made.make()
            done.touch()
    return made


def own_tests(environment: Environment, source: Path, folder: Path) -> str:
    """Run the tests of a plugin against its installed wheel: away from its source."""
    copy_tests(source, folder)
    return _run([environment.python, "-m", "pytest", "-p", "no:cacheprovider"], folder)


def copy_tests(source: Path, folder: Path) -> None:
    shutil.copy(source / "pyproject.toml", folder)
    shutil.copytree(source / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))


def test_the_template_passes_its_own_tests(environment: Environment, tmp_path: Path) -> None:
    assert re.search(r"\d\d passed", own_tests(environment, TEMPLATE, tmp_path))


@pytest.mark.postgres
def test_the_template_passes_its_own_tests_on_postgresql(database_server: str, tmp_path: Path) -> None:
    """In this environment, for the other one has no driver: with the source of the template beside the server."""
    copy_tests(TEMPLATE, tmp_path)
    metadata = tmp_path / "kanboard_notebook-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: kanboard-notebook\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text("[kanboard.plugins]\nnotebook = kanboard_notebook\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--engine", "postgres"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(TEMPLATE), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d\d passed", done.stdout)


def test_a_plugin_made_from_it_passes_its_own_tests(environment: Environment, tmp_path: Path) -> None:
    assert re.search(r"\d\d passed", own_tests(environment, environment.votes, tmp_path))


def test_a_plugin_made_from_it_has_a_good_style(environment: Environment) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    _run([*ruff, "check", "--no-cache", "."], environment.votes)
    _run([*ruff, "format", "--no-cache", "--check", "."], environment.votes)


@contextlib.contextmanager
def served(environment: Environment, folder: Path, configuration: str) -> Iterator[Any]:
    """A server process with this ini file; gives ``call(procedure, argument, ...)``, which answers the whole answer."""
    folder.mkdir()
    (folder / "kanboard.ini").write_text(configuration)
    variables = {"PATH": os.environ["PATH"], "API_AUTHENTICATION_TOKEN": "token"}
    log = folder / "log"
    with log.open("wb") as stream:
        command: list[str | Path] = [environment.command, "serve", "--port=0"]
        process = subprocess.Popen(command, cwd=folder, env=variables, stderr=stream)
    try:
        listening = said(r"listening on (\S+)", log, process)
        passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
        passwords.add_password(None, listening[1], "jsonrpc", "token", is_authenticated=True)
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))

        def call(procedure: str, *arguments: object) -> Any:
            message = {"jsonrpc": "2.0", "method": procedure, "params": arguments, "id": 1}
            with opener.open(listening[1], json.dumps(message).encode(), timeout=15) as answer:
                return json.load(answer)

        yield call
        process.terminate()
        assert process.wait(15) == 0
        assert "ERROR" not in log.read_text(), log.read_text()
    finally:
        process.kill()
        process.wait(15)


def test_it_runs_in_the_server_when_it_is_named(environment: Environment, tmp_path: Path) -> None:
    ini = "[plugins]\nenabled = notebook\n\n[notebook]\nurl = http://127.0.0.1:9/\ntoken = secret\n"
    with served(environment, tmp_path / "on", ini) as call:
        project_id = call("createProject", "Moving")["result"]
        task_id = call("createTask", "Pack", project_id)["result"]
        assert call("createNotebookNote", task_id, "Buy boxes")["result"] == 1
        assert call("closeTask", task_id)["result"] is True
        contents = [note["content"] for note in call("getNotebookNotes", task_id)["result"]]
        assert contents == ["Buy boxes", "The task was closed."]
        refused = call("publishNotebookNote", 1)["error"]
        assert (refused["code"], refused["data"]) == (2, "ClientConnectorError")
        assert call("getVotesNotes", task_id)["error"]["code"] == -32601


def test_it_is_off_until_it_is_named(environment: Environment, tmp_path: Path) -> None:
    with served(environment, tmp_path / "off", "") as call:
        assert call("getNotebookNotes", 1)["error"]["code"] == -32601
        assert call("getVersion")["result"]
    listed = json.loads(_run([environment.command, "plugins", "--json"], tmp_path / "off"))["plugins"]
    states = {plugin["name"]: plugin["state"] for plugin in listed}
    assert (states["notebook"], states["votes"], states["tasks"]) == ("off", "off", "on")
