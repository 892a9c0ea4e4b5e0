"""Values from elsewhere: environment variables and files named where a value is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core.configuration import Configuration, ConfigurationError, Option, Schema, Section, load
from kanboard_core.configuration.references import resolve

VAULT = Schema(
    (
        Section(
            "vault",
            "",
            (
                Option("token", "", "", secret=True),
                Option("greeting", "", ""),
                Option("pin", 0, "", maximum=9999),
                Option("names", (), ""),
                Option("level", "low", "", choices=("low", "high")),
            ),
        ),
    )
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(written: str, **environment: str) -> Configuration:
    """The configuration of a file with these options of the section vault."""
    Path("vault.ini").write_text(f"[vault]\n{written}\n", encoding="utf-8")
    return load(Path("vault.ini"), environment=environment, schema=VAULT)


def refusal(written: str, **environment: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        read(written, **environment)
    assert refused.value.problems == (str(refused.value),)
    return str(refused.value)


# Environment variables


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${NAME}", "Ada"),
        ("Hello ${NAME}, ${_other1}!", "Hello Ada, b c!"),
        ("${NAME}${NAME}", "AdaAda"),
        ("$${NAME}", "${NAME}"),
        ("$$${NAME}", "$${NAME}"),
        ("$${NAME} is ${NAME}", "${NAME} is Ada"),
        ("${EMPTY}", ""),
        ("${NESTED}", "${NAME} $${NAME} file:x"),
        # Anything else means itself.
        ("$NAME", "$NAME"),
        ("{NAME} 5$ $$", "{NAME} 5$ $$"),
        ("${1} ${NA-ME} ${} ${NAME", "${1} ${NA-ME} ${} ${NAME"),
        ("%NAME%", "%NAME%"),
    ],
)
def test_a_variable_is_put_into_the_text(home: Path, written: str, value: str) -> None:
    environment = {"NAME": "Ada", "_other1": "b c", "EMPTY": "", "NESTED": "${NAME} $${NAME} file:x"}
    assert read(f"greeting = {written}", **environment).text("vault", "greeting") == value


def test_a_variable_may_hold_a_value_of_any_type_and_several_items(home: Path) -> None:
    configuration = read("pin = 1${DIGITS}\nnames = a, ${NAMES},\n  ${NAME}", DIGITS="23", NAMES="b,c", NAME="d")
    assert configuration.integer("vault", "pin") == 123
    assert configuration.items("vault", "names") == ("a", "b", "c", "d")


def test_a_setting_of_the_command_line_may_name_a_variable(home: Path) -> None:
    configuration = load(settings=["vault.pin=${PIN}"], environment={"PIN": "7"}, schema=VAULT)
    assert configuration.integer("vault", "pin") == 7
    assert configuration.origin("vault", "pin") == "command line, environment PIN"


def test_what_an_options_own_variable_holds_is_taken_as_it_is(home: Path) -> None:
    (home / "token").write_text("from the file")
    environment = {"KANBOARD_VAULT_GREETING": "${NAME}", "KANBOARD_VAULT_TOKEN": "file:token", "NAME": "Ada"}
    configuration = load(environment=environment, schema=VAULT)
    assert configuration.text("vault", "greeting") == "${NAME}"
    assert configuration.text("vault", "token") == "file:token"
    assert configuration.origin("vault", "greeting") == "environment KANBOARD_VAULT_GREETING"


@given(st.text())
def test_what_a_variable_holds_is_never_looked_into(text: str) -> None:
    assert resolve("<${NAME}>", {"NAME": text}).text == f"<{text}>"


# Files


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"s3cret", "s3cret"),
        (b"s3cret\n", "s3cret"),
        (b"s3cret\r\n\r\n", "s3cret"),
        (b"", ""),
        ("\u00fc${NAME} file:x".encode(), "\u00fc${NAME} file:x"),
        ("\ufeffs3cret".encode(), "s3cret"),
    ],
)
def test_a_value_may_be_the_content_of_a_file(home: Path, content: bytes, value: str) -> None:
    (home / "secret.txt").write_bytes(content)
    assert read("token = file:secret.txt").text("vault", "token") == value
    assert read(f"token = file:{home}/secret.txt").text("vault", "token") == value
    assert read("token = file: secret.txt").text("vault", "token") == value


def test_the_path_may_hold_variables_but_a_variable_no_path(home: Path) -> None:
    (home / "run").mkdir()
    (home / "run" / "token").write_text("s3cret")
    configuration = read("token = file:${FOLDER}/token", FOLDER=f"{home}/run")
    assert configuration.text("vault", "token") == "s3cret"
    assert configuration.origin("vault", "token") == "file vault.ini, environment FOLDER, file ${FOLDER}/token"
    assert read("token = ${TOKEN}", TOKEN="file:run/token").text("vault", "token") == "file:run/token"


def test_a_file_may_hold_a_list_with_an_item_a_line(home: Path) -> None:
    (home / "names").write_bytes(b"a\r\nb, c\r\n")
    assert read("names = file:names").items("vault", "names") == ("a", "b", "c")
    assert read("names = a, file:names").items("vault", "names") == ("a", "file:names")


def test_the_origin_names_everything_that_a_value_came_from(home: Path) -> None:
    (home / "secret.txt").write_text("s3cret")
    configuration = read("token = file:secret.txt\ngreeting = ${B}${A}${B}$${C}\npin = 1", A="a", B="b")
    assert configuration.origin("vault", "token") == "file vault.ini, file secret.txt"
    assert configuration.origin("vault", "greeting") == "file vault.ini, environment B, environment A"
    assert configuration.origin("vault", "pin") == "file vault.ini"


# What is refused


def test_a_variable_that_is_not_set_is_named_with_the_option(home: Path) -> None:
    assert refusal("token = s3cret${MISSING}") == (
        "vault.ini: [vault] token needs the environment variable MISSING, which is not set"
    )


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing", "needs the file missing, which cannot be read: No such file or directory"),
        (".", "needs the file ., which cannot be read: Is a directory"),
        ("latin-1", "needs the file latin-1, of which byte 3 is not UTF-8"),
        ("a\0b", "needs the file a\0b, which cannot be read: there can be no such path"),
        ("", "needs the path of a file after file:"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_option(home: Path, path: str, reason: str) -> None:
    (home / "latin-1").write_bytes(b"s3\xfc")
    assert refusal(f"token = file:{path}") == f"vault.ini: [vault] token {reason}"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("pin = ${VALUE}", "environment VALUE: [vault] pin must be a whole number"),
        ("pin = 1${DIGITS}", "environment DIGITS: [vault] pin must be at most 9999"),
        ("level = ${VALUE}", "environment VALUE: [vault] level must be low or high"),
        ("pin = file:value", "file value: [vault] pin must be a whole number"),
    ],
)
def test_what_comes_from_elsewhere_is_never_quoted(home: Path, written: str, problem: str) -> None:
    (home / "value").write_text("s3cret")
    assert refusal(written, VALUE="s3cret", DIGITS="99999") == f"vault.ini, {problem}"


def test_a_variable_in_the_path_of_a_file_is_not_shown_either(home: Path) -> None:
    assert refusal("token = file:/nowhere/${VALUE}", VALUE="s3cret") == (
        "vault.ini: [vault] token needs the file /nowhere/${VALUE}, which cannot be read: No such file or directory"
    )


# The database's address


def test_the_address_of_the_database_may_stand_in_a_file(home: Path) -> None:
    (home / "db_url").write_text("sqlite:kept/db.sqlite\n")
    configuration = load(settings=["database.database_url=file:db_url"], environment={})
    assert configuration.text("database", "database_url") == "sqlite:kept/db.sqlite"
    assert configuration.shown("database", "database_url") == "(hidden)"
