"""``kanboard-server plugins`` as an operator meets it: real processes, and packages of third parties."""

from __future__ import annotations

import base64
import json
import os
import re
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.core.commands import test_commands
from tests.core.commands.test_commands import SERVER, Serving

pytestmark = pytest.mark.skipif(not SERVER.exists(), reason="the command is not installed beside this Python")

#: the beginning of a module that is a plugin
HEAD = """
from kanboard_core.hooks import hookimpl
"""
#: a plugin that does nothing
QUIET = f"""
{HEAD}
@hookimpl
def server_started():
    pass
"""
#: a plugin with something of everything that ``plugins`` shows
VOTES = f'''
"""Votes on tasks.

Everybody has one.
"""
{HEAD}
from kanboard_core.database import Model
from kanboard_core.events import EventType, reaction
from kanboard_core.configuration.options import Option, Section
from kanboard_core.permissions import ANYONE
from kanboard_core.procedures import READS, declaration, procedure
from peewee import AutoField

requires = ("tasks",)

class Vote(Model):
    id = AutoField()

    class Meta:
        table_name = "votes"

@procedure("countVotes", access=ANYONE, effect=READS)
def count_votes(call) -> int:
    return 0

@hookimpl
def register_configuration():
    return Section("votes", "Votes.", (Option("most", 3, "Most votes of one person."),))

@hookimpl
def register_models():
    return [Vote]

@hookimpl
def register_procedures():
    return [declaration(count_votes)]

@hookimpl
def register_events():
    return [EventType("votes.cast", "Somebody voted.", {{}})]

@hookimpl
def register_reactions():
    return [reaction(lambda call, event: None, "task.close", "task.create")]
'''


def requiring(*names: str) -> str:
    """A plugin that requires others."""
    return f"requires = {names!r}\n{QUIET}"


class Packages:
    """The packages of third parties, in a folder, as pip would have installed them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, source: str = QUIET, *, entry: str = "", distribution: str = "") -> None:
        """Install a plugin; ``entry`` is what is named in its module, else it is the module itself."""
        distribution = distribution or f"kanboard-{name}"
        module = distribution.replace("-", "_")
        (self.folder / f"{module}.py").write_text(source)
        metadata = self.folder / f"{module}-1.5.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\n")
        (metadata / "entry_points.txt").write_text(f"[kanboard.plugins]\n{name} = {module}{entry}\n")


@pytest.fixture
def packages(tmp_path: Path) -> Packages:
    """Nothing is installed at first."""
    folder = tmp_path / "packages"
    folder.mkdir()
    return Packages(folder)


_NONE: Mapping[str, str] = {}


class Operator:
    """Somebody at a shell, in a directory of their own, where the packages are installed."""

    def __init__(self, home: Path, packages: Packages) -> None:
        self.ini = home / "kanboard.ini"
        self._home = home
        self._variables = {"PYTHONPATH": str(packages.folder)}

    def ran(self, *arguments: str, code: int = 0, variables: Mapping[str, str] = _NONE) -> tuple[str, str]:
        """What a command writes on standard output and standard error; it ends with this code."""
        ended = test_commands.run(self._home, *arguments, **self._variables, **variables)
        assert ended.returncode == code, ended
        return ended.stdout, ended.stderr

    def said(self, *arguments: str, **variables: str) -> str:
        """What a command that succeeds writes on standard output."""
        return self.ran(*arguments, variables=variables)[0]

    def refused(self, *arguments: str, **variables: str) -> str:
        """The sentence, the last on standard error, with which a command is refused; the file stays as it is."""
        before = self._content()
        output, told = self.ran(*arguments, code=2, variables=variables)
        assert (output, self._content()) == ("", before)
        last = told.splitlines()[-1]
        assert last.startswith("kanboard-server: ")
        return last.removeprefix("kanboard-server: ")

    def _content(self) -> bytes | None:
        return self.ini.read_bytes() if self.ini.is_file() else None

    def states(self, *arguments: str) -> dict[str, tuple[str, str]]:
        """The state of every plugin, and why."""
        listed = json.loads(self.said("plugins", "--json", *arguments))["plugins"]
        return {plugin["name"]: (plugin["state"], plugin["why"]) for plugin in listed}

    @contextmanager
    def serving(self, *arguments: str, **variables: str) -> Iterator[Serving]:
        """A server that runs meanwhile."""
        environment = {"API_AUTHENTICATION_TOKEN": "test", **self._variables, **variables}
        server = Serving(self._home, ("--port=0", *arguments), environment)
        try:
            yield server
        finally:
            server.process.kill()
            server.process.wait(15)


@pytest.fixture
def operator(tmp_path: Path, packages: Packages) -> Operator:
    """An operator in an empty directory."""
    home = tmp_path / "home"
    home.mkdir()
    return Operator(home, packages)


def answer(server: Serving, method: str, *arguments: Any) -> Any:
    """The result of a call by the application, or the code of the error."""
    body = json.dumps({"jsonrpc": "2.0", "method": method, "params": arguments, "id": 1}).encode()
    credentials = base64.b64encode(b"jsonrpc:test").decode()
    request = urllib.request.Request(server.url, body, {"Authorization": f"Basic {credentials}"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
        message = json.load(response)
    return message["result"] if "result" in message else message["error"]["code"]


def ready(server: Serving) -> Any:
    with urllib.request.urlopen(base_url(server) + "/ready", timeout=20) as response:  # noqa: S310
        return json.load(response)


def base_url(server: Serving) -> str:
    return server.url.rpartition("/")[0]


# Switching, as the operator does it

INI = """\
; ours, since spring
[server]
shutdown_timeout = 5

[plugins]
# what we don't need
disabled = boards ,me
; the end
"""


def test_a_built_in_plugin_is_switched_off_and_on(operator: Operator) -> None:
    operator.ini.write_text(INI)
    assert (
        operator.said("plugins", "disable", "tags") == "tags is off from the next start of the server (kanboard.ini)\n"
    )
    assert operator.ini.read_text() == INI.replace("me\n", "me, tags\n")
    assert operator.said("plugins", "disable", "tags") == "tags is off already (kanboard.ini)\n"
    with operator.serving() as server:
        assert answer(server, "createProject", "One") == 1
        assert answer(server, "getTagsByProject", 1) == -32601
        server.said(r"plugins that are off: .*\btags\b")
    assert operator.said("plugins", "enable", "tags") == "tags is on from the next start of the server (kanboard.ini)\n"
    assert operator.ini.read_text() == INI
    with operator.serving() as server:
        assert answer(server, "getTagsByProject", 1) == []
        assert answer(server, "getBoard", 1) == -32601


def test_a_third_partys_plugin_is_off_until_it_is_named(operator: Operator, packages: Packages) -> None:
    packages.add("votes", VOTES)
    assert operator.states()["votes"] == ("off", "not named in [plugins] enabled")
    assert (
        operator.said("plugins", "enable", "votes") == "votes is on from the next start of the server (kanboard.ini)\n"
    )
    assert operator.ini.read_text() == "[plugins]\nenabled = votes\n"
    with operator.serving() as server:
        assert answer(server, "countVotes") == 0
        assert ready(server)["plugins"]["votes"] == "on"
    assert operator.said("plugins", "disable", "votes").startswith("votes is off from the next start")
    assert operator.ini.read_text() == "[plugins]\nenabled =\n"


def test_a_plugin_that_is_disabled_by_name_is_enabled_again(operator: Operator, packages: Packages) -> None:
    packages.add("votes")
    operator.ini.write_text("[plugins]\nenabled = votes\ndisabled = votes\n")
    assert operator.states()["votes"] == ("off", "named in [plugins] disabled (file kanboard.ini)")
    operator.said("plugins", "enable", "votes")
    assert operator.ini.read_text() == "[plugins]\nenabled = votes\ndisabled =\n"


def test_a_plugin_whose_package_is_gone_leaves_the_file(operator: Operator) -> None:
    operator.ini.write_text("[plugins]\nenabled = gone\n")
    assert operator.refused("plugins") == "there is no plugin 'gone'"
    assert operator.said("plugins", "disable", "gone").startswith("gone is off from the next start")
    assert operator.ini.read_text() == "[plugins]\nenabled =\n"
    assert operator.refused("plugins", "disable", "gone") == "there is no plugin 'gone'"


# What can't be switched: a sentence, exit code 2, and the file stays as it is


def test_a_misspelt_name_brings_a_suggestion(operator: Operator, packages: Packages) -> None:
    packages.add("votes")
    operator.ini.write_text(INI)
    assert operator.refused("plugins", "disable", "tasgs") == "there is no plugin 'tasgs'; did you mean \"tags\"?"
    assert operator.refused("plugins", "enable", "vots") == "there is no plugin 'vots'; did you mean \"votes\"?"


def test_what_another_plugin_requires_stays_on(operator: Operator, packages: Packages) -> None:
    packages.add("polls")
    packages.add("votes", requiring("polls", "tags"))
    assert operator.refused("plugins", "enable", "votes") == (
        "plugin votes requires the plugin 'polls', which isn't enabled: name it in [plugins] enabled too"
    )
    assert not operator.ini.exists()
    operator.ini.write_text("[plugins]\nenabled = polls, votes\n")
    assert operator.refused("plugins", "disable", "polls") == "the plugin 'votes' requires it: disable that first"
    # A built-in plugin that is disabled still meets a requirement.
    operator.said("plugins", "disable", "tags")
    states = operator.states()
    assert (states["votes"][0], states["tags"][0]) == ("on", "off")


def test_what_requires_something_that_is_not_installed(operator: Operator, packages: Packages) -> None:
    packages.add("votes", requiring("taks"))
    expected = "plugin votes requires the plugin 'taks', which isn't installed; did you mean \"tasks\"?"
    assert operator.refused("plugins", "enable", "votes") == expected


#: what makes a plugin fail: its module, what is named in it, where and why it fails
FAILING = {
    "lines": ("raise RuntimeError('one line\\nand another')", "", "import: RuntimeError: one line and another"),
    "missing": ("import of_nobody", "", "import: ModuleNotFoundError: No module named 'of_nobody'"),
    "syntax": ("def (", "", "import: SyntaxError: invalid syntax"),
    "leaving": ("raise SystemExit(3)", "", "import: SystemExit: 3"),
    "nothing": ("plugin = None", ":plugin", "import: TypeError: kanboard_nothing:plugin is None"),
    "absent": ("", ":plugin", "import: AttributeError: module 'kanboard_absent' has no attribute 'plugin'"),
    "number": ("plugin = 5", ":plugin", "registration: 5 isn't a plugin: it implements no hook"),
    "empty": ("", "", "registration: <module 'kanboard_empty' from"),
    "not_listed": (f"requires = 5\n{QUIET}", "", 'registration: "requires" must be a tuple of names of plugins'),
    "not_named": (f"requires = (5,)\n{QUIET}", "", 'registration: "requires" must be a tuple of names of plugins'),
    "misspelt": (
        QUIET.replace("server_started", "server_start"),
        "",
        'registration: there is no hook server_start; did you mean "server_started"?',
    ),
    "no_model": (
        f"{HEAD}\n@hookimpl\ndef register_models():\n    return [5]",
        "",
        "registration: register_models must answer classes below Model, not 5",
    ),
    "quitting": (
        f"{HEAD}\n@hookimpl\ndef register_procedures():\n    raise SystemExit(3)",
        "",
        "registration: SystemExit: 3",
    ),
}


def test_what_fails_is_left_out_and_takes_nobody_down(operator: Operator, packages: Packages) -> None:
    for name, (source, entry, _) in FAILING.items():
        packages.add(name, source, entry=entry)
    packages.add("above", requiring("missing"))
    packages.add("sound", VOTES.replace("votes", "sound"))
    operator.ini.write_text(f"[plugins]\nenabled = {', '.join(FAILING)}, above, sound\n")
    with operator.serving() as server:
        states = operator.states("--running", base_url(server))
        told = ready(server)
        assert answer(server, "countVotes") == 0
    for name, (_, _, reason) in FAILING.items():
        state, why = states[name]
        assert (state, why[: len(reason) + 10]) == ("failed", f"failed at {reason}")
        assert told["plugins"][name] == f"failed at {reason.partition(':')[0]}"
    assert states["above"] == ("failed", "failed at requirement: it requires missing, which failed")
    others = {name: state for name, (state, _) in states.items() if name not in {*FAILING, "above"}}
    assert {*others.values()} == {"on"}
    assert others["sound"] == told["plugins"]["sound"] == told["plugins"]["tasks"] == "on"


@pytest.mark.parametrize("name", ["lines", "nothing", "number", "not_listed", "quitting"])
def test_what_fails_is_not_enabled(operator: Operator, packages: Packages, name: str) -> None:
    source, entry, reason = FAILING[name]
    packages.add(name, source, entry=entry)
    operator.ini.write_text(INI)
    told = operator.refused("plugins", "enable", name)
    assert told == f"plugin {name} can't be enabled, it failed at {reason}"


def test_plugins_that_require_each_other(operator: Operator, packages: Packages) -> None:
    packages.add("polls", requiring("votes"))
    packages.add("votes", requiring("polls"))
    operator.ini.write_text("[plugins]\nenabled = polls\n")
    told = operator.refused("plugins", "enable", "votes")
    assert re.fullmatch(
        r"plugins require each other in a circle: (polls -> votes -> polls|votes -> polls -> votes)", told
    )
    operator.ini.write_text("[plugins]\nenabled = polls, votes\n")
    told = operator.refused("serve", "--port=0")
    assert told.startswith("plugins require each other in a circle: ")


def test_two_packages_with_a_plugin_of_the_same_name(operator: Operator, packages: Packages) -> None:
    packages.add("votes", distribution="acme-votes")
    packages.add("votes", distribution="other-votes")
    sentence = (
        r"two installed packages bring a plugin called 'votes': (acme-votes and other-|other-votes and acme-)votes"
    )
    assert re.fullmatch(sentence, operator.refused("plugins", "enable", "votes"))
    listed, warned = operator.ran("plugins")
    assert re.search(r"^votes +1\.5 +off ", listed, re.MULTILINE)
    assert re.search(sentence, warned)


def test_a_package_cannot_take_the_place_of_a_built_in_plugin(operator: Operator, packages: Packages) -> None:
    packages.add("tags", "raise RuntimeError('imported')", distribution="acme-tags")
    packages.add("core", "raise RuntimeError('imported')", distribution="acme-core")
    operator.ini.write_text("[plugins]\nenabled = tags\n")
    shown, warned = operator.ran("plugins", "show", "tags")
    assert re.match(r"tags [0-9.]+ \(kanboard-server\): on, built in\n", shown)
    assert "two installed packages bring a plugin called 'tags'" in warned
    with operator.serving() as server:
        assert answer(server, "createProject", "One") == 1
        assert answer(server, "getTagsByProject", 1) == []
        assert "Traceback" not in server.log


# Files that can't be written


def test_a_folder_in_the_place_of_the_file(operator: Operator) -> None:
    operator.ini.mkdir()
    assert operator.refused("plugins", "disable", "tags") == "kanboard.ini cannot be read: Is a directory"
    assert [*operator.ini.iterdir()] == []


def test_a_file_beside_which_no_other_can_be_made(operator: Operator) -> None:
    # A new file takes the place of the old one, and its name is longer.
    path = operator.ini.with_name(f"{'k' * 245}.ini")
    path.write_text(INI)
    told = operator.refused("plugins", "disable", "tags", "--config", path.name)
    assert told == f"{path.name} cannot be changed: File name too long"
    assert path.read_text() == INI
    assert [*path.parent.iterdir()] == [path]


def test_a_file_in_a_folder_that_is_not_there(operator: Operator) -> None:
    told = operator.refused("plugins", "disable", "tags", "--config", "missing/kanboard.ini")
    assert told == "missing/kanboard.ini cannot be changed: No such file or directory"


@pytest.mark.parametrize("what", ["file", "folder"])
def test_without_permission_to_write(operator: Operator, what: str) -> None:
    operator.ini.write_text(INI)
    path, mode = (operator.ini, 0o400) if what == "file" else (operator.ini.parent, 0o500)
    path.chmod(mode)
    try:
        if os.access(path, os.W_OK):
            pytest.skip("this account may write everywhere")
        assert operator.refused("plugins", "disable", "tags") == "kanboard.ini cannot be changed: Permission denied"
    finally:
        path.chmod(0o700)


def test_a_file_that_is_no_ini(operator: Operator) -> None:
    operator.ini.write_text("disabled = tags\n")
    assert operator.refused("plugins", "enable", "tags") == "kanboard.ini, line 1: a [section] has to come first"


def test_what_the_environment_says_is_not_changed_in_the_file(operator: Operator) -> None:
    operator.ini.write_text(INI)
    told = operator.refused("plugins", "enable", "tags", KANBOARD_PLUGINS_DISABLED="tags")
    assert told == "[plugins] disabled comes from the environment KANBOARD_PLUGINS_DISABLED: change it there"


# The list


def test_the_table_has_a_line_for_each(operator: Operator, packages: Packages) -> None:
    packages.add("votes", VOTES)
    packages.add("polls")
    packages.add("broken", "import of_nobody")
    operator.ini.write_text("[plugins]\nenabled = votes, broken\ndisabled = tags\n")
    listed, told = operator.ran("plugins")
    head, *lines = listed.splitlines()
    columns = ["NAME", "VERSION", "STATE", "PROCEDURES", "HOOKS", "TABLES", "OPTIONS", "REQUIRES", "WHY"]
    assert head.split() == columns
    rows = {line.split()[0]: [cell for cell in re.split(r" {2,}", line) if cell][1:] for line in lines}
    assert [*rows] == sorted(rows)
    assert rows["votes"] == ["1.5", "on", "1", "5", "1", "1", "tasks", "named in [plugins] enabled (file kanboard.ini)"]
    assert rows["polls"] == ["1.5", "off", "0", "0", "0", "0", "-", "not named in [plugins] enabled"]
    failure = "failed at import: ModuleNotFoundError: No module named 'of_nobody'"
    assert rows["broken"][1:] == ["failed", "0", "0", "0", "0", "-", failure]
    assert rows["tags"][1:3] == ["off", "0"]
    assert rows["tags"][-2:] == ["projects", "named in [plugins] disabled (file kanboard.ini)"]
    assert (rows["tasks"][1], rows["tasks"][-1]) == ("on", "built in")
    assert "plugin broken can't be imported" in told


#: documented on the page "plugins", and only ever added to
KEYS = {
    "name": str,
    "version": str,
    "distribution": str,
    "built_in": bool,
    "state": str,
    "why": str,
    "summary": str,
    "requires": list,
    "required_by": list,
    "procedures": list,
    "extends": list,
    "hooks": list,
    "events": list,
    "reacts_to": list,
    "tables": list,
    "routes": list,
    "options": list,
}


def test_json_has_a_stable_shape(operator: Operator, packages: Packages) -> None:
    packages.add("votes", VOTES)
    packages.add("polls")
    packages.add("number", "plugin = 5", entry=":plugin")
    operator.ini.write_text("[plugins]\nenabled = votes, number\n")
    told = json.loads(operator.said("plugins", "--json"))
    assert [*told] == ["plugins"]
    for plugin in told["plugins"]:
        assert {key: type(value) for key, value in plugin.items() if key != "migrations"} == KEYS
        known = {"outbox": 2, "statistics": 1}.get(plugin["name"])
        assert plugin["migrations"] == (known and {"known": known, "done": None})
        assert all(isinstance(item, str) for key in KEYS if KEYS[key] is list for item in plugin[key])
    votes = json.loads(operator.said("plugins", "show", "votes", "--json"))
    assert votes == {
        "name": "votes",
        "version": "1.5",
        "distribution": "kanboard-votes",
        "built_in": False,
        "state": "on",
        "why": "named in [plugins] enabled (file kanboard.ini)",
        "summary": "Votes on tasks.",
        "requires": ["tasks"],
        "required_by": [],
        "procedures": ["countVotes"],
        "extends": [],
        "hooks": [
            "register_configuration",
            "register_events",
            "register_models",
            "register_procedures",
            "register_reactions",
        ],
        "events": ["votes.cast"],
        "reacts_to": ["task.close", "task.create"],
        "tables": ["votes"],
        "routes": [],
        "options": ["most"],
        "migrations": None,
    }
    assert votes in told["plugins"]
    [tasks] = [plugin for plugin in told["plugins"] if plugin["name"] == "tasks"]
    assert "votes" in tasks["required_by"]


def test_one_plugin_for_people(operator: Operator, packages: Packages) -> None:
    packages.add("votes", VOTES)
    operator.ini.write_text("[plugins]\nenabled = votes\n")
    assert operator.said("plugins", "show", "votes").splitlines() == [
        "votes 1.5 (kanboard-votes): on, named in [plugins] enabled (file kanboard.ini)",
        "Votes on tasks.",
        "requires:     tasks",
        "procedures:   countVotes",
        "hooks:        register_configuration, register_events, register_models, register_procedures,",
        "              register_reactions",
        "events:       votes.cast",
        "reacts to:    task.close, task.create",
        "tables:       votes",
        "options:      most",
    ]


# A server that runs


def test_what_has_failed_in_a_running_server_is_told(operator: Operator, packages: Packages) -> None:
    source = f"{HEAD}\n@hookimpl\ndef project_created(call, project_id):\n    raise RuntimeError('hunter2')\n"
    packages.add("votes", source)
    packages.add("broken", "raise RuntimeError('hunter2')")
    operator.ini.write_text("[plugins]\nenabled = votes, broken\n")
    with operator.serving() as server:
        assert operator.states("--running", base_url(server))["votes"] == (
            "on",
            "named in [plugins] enabled (file kanboard.ini)",
        )
        assert answer(server, "createProject", "One") == 1
        told = ready(server)
        assert (told["status"], told["plugins"]["broken"]) == ("ready", "failed at import")
        assert "hunter2" not in json.dumps(told)
        operator.ini.write_text("[plugins]\nenabled = votes\n")  # from the next start on
        states = operator.states("--running", base_url(server))
        assert states["votes"] == (
            "failed",
            "the running server says: on, failed once, last in the hook project_created",
        )
        assert states["broken"] == ("failed", "the running server says: failed at import")
        assert states["tasks"] == ("on", "built in")
        listed = operator.said("plugins", "show", "votes", "--running", f"{base_url(server)}/")
        assert listed.startswith("votes 1.5 (kanboard-votes): failed, the running server says: on, failed once")
        assert "plugin votes failed in the hook project_created" in server.log


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """The address of somebody else's server, which always answers that."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "end"),
    [
        (200, b"[]", "gave no answer that could be read"),
        (503, b"<h1>Busy", "gave no answer that could be read"),
        (404, b"{}", "can't be asked: HTTP Error 404: Not Found"),
    ],
)
def test_another_server_at_that_address(operator: Operator, status: int, body: bytes, end: str) -> None:
    with answering(status, body) as url:
        assert operator.refused("plugins", "--running", url) == f"{url}/ready {end}"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("127.0.0.1:80", "127.0.0.1:80 is no address of a server, such as http://127.0.0.1:8080"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1/ready can't be asked: Connection refused"),
        ("http://127.0.0.1:1/ x", "http://127.0.0.1:1/ x/ready can't be asked: URL can't contain control characters"),
    ],
)
def test_an_address_where_no_server_is(operator: Operator, url: str, told: str) -> None:
    assert operator.refused("plugins", "--running", url).startswith(told)


def test_every_call_of_a_hook_is_traced_on_demand(operator: Operator, packages: Packages) -> None:
    packages.add("votes", VOTES)
    operator.ini.write_text("[plugins]\nenabled = votes\n")
    with operator.serving("--trace-plugins") as server:
        assert answer(server, "createProject", "hunter2") == 1
        assert answer(server, "createTask", "hunter2", 1) == 1
        server.said(r"(?m)^votes: register_procedures\(.*\) answered <list of 1> in [0-9.]+ ms$")
        server.said(r"(?m)^columns: project_created\(call=<Call>, project_id=1\) answered None in [0-9.]+ ms$")
        server.said(r"(?m)^votes: reaction to task.create done in [0-9.]+ ms$")
        assert "hunter2" not in server.log
    with operator.serving() as server:
        assert answer(server, "createProject", "Two") == 2
        assert "project_created" not in server.log


# Commands of plugins

COMMANDS = f'''
{HEAD}
import click
from kanboard_core.commands import with_plugins

@click.command()
@with_plugins
@click.option("--times", default=1)
def count(configuration, plugins, times):
    """Count the plugins that are on."""
    for _ in range(times):
        click.echo(sum(plugin.state == "on" for plugin in plugins))

@click.command()
def token():
    """Not the core's."""
    click.echo("mine")

@hookimpl
def register_commands():
    return [count, token]
'''


def test_a_plugin_brings_a_command_while_it_is_on(operator: Operator, packages: Packages) -> None:
    packages.add("votes", COMMANDS)
    assert not re.search(r"^  count ", operator.said("--help"), re.MULTILINE)
    assert "No such command 'count'" in operator.ran("count", code=2)[1]
    operator.ini.write_text("[plugins]\nenabled = votes\ndisabled = tags\n")
    assert re.search(r"^  count +Count the plugins that are on\.$", operator.said("--help"), re.MULTILINE)
    counted = operator.said("count", "--times", "2").split()
    assert len(counted) == 2
    assert operator.said("count", "--set", "plugins.disabled=").split() == [str(int(counted[0]) + 1)]
    # Which plugins are on is what the options of the command say.
    operator.ini.rename(operator.ini.with_name("other.ini"))
    assert operator.said("count", "--config", "other.ini").split() == counted[:1]
    assert operator.said("count", "--set=plugins.enabled=votes").split() == [str(int(counted[0]) + 1)]


def test_a_name_that_is_taken_stays_with_whom_it_belongs_to(operator: Operator, packages: Packages) -> None:
    packages.add("votes", COMMANDS)
    packages.add("polls", COMMANDS.replace("Count the plugins", "Count them all"))
    packages.add("broken", f"{HEAD}\n@hookimpl\ndef register_commands():\n    return [5]")
    operator.ini.write_text("[plugins]\nenabled = votes, polls, broken\n")
    helped, told = operator.ran("--help")
    assert re.search(r"^  token +Show or renew the application token\.$", helped, re.MULTILINE)
    assert len(re.findall(r"^  (?:count|token) ", helped, re.MULTILINE)) == 2
    assert "plugin votes: there is a command token already" in told
    assert re.search(r"plugin (votes|polls): there is a command count already", told)
    assert "plugin broken is left out, it failed at registration: TypeError: register_commands must answer" in told
    assert operator.said("token", "show", API_AUTHENTICATION_TOKEN="theirs") == "theirs\n"


def test_help_is_given_whatever_is_wrong_with_the_configuration(operator: Operator) -> None:
    operator.ini.write_text("[plugins]\nenabled = of-nobody\n")
    helped, told = operator.ran("--help")
    assert "  serve " in helped
    assert told == "kanboard-server: there is no plugin 'of-nobody'\n"
