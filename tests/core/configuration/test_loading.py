"""What an operator can configure, where each value may come from, and what is said when it is wrong."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanboard_core.configuration import (
    CORE_SCHEMA,
    Configuration,
    ConfigurationError,
    Option,
    Schema,
    Section,
    load,
)

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    return tmp_path / "kanboard.ini"


def complaint(path: Path | None = None, *settings: str, environment: dict[str, str] | None = None) -> str:
    """The sentence that refuses a configuration, with the file called by its name only."""
    with pytest.raises(ConfigurationError) as refused:
        load(path, settings=settings, environment=environment or {})
    return str(refused.value).replace(str(path), "kanboard.ini")


# Where values come from


def test_without_file_and_environment_every_option_has_its_default() -> None:
    configuration = load(environment={})
    assert configuration.text("server", "host") == "127.0.0.1"
    assert configuration.integer("server", "port") == 8080
    assert configuration.number("database", "read_timeout") == 30.0
    assert configuration.flag("database", "indexes") is True
    assert configuration.items("plugins", "enabled") == ()
    assert {configuration.origin(s.name, o.name) for s, o in CORE_SCHEMA} == {"default"}


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(ini: Path) -> None:
    ini.write_text("[server]\nport = 1\nhost = file\npath = /file\n")
    environment = {"KANBOARD_SERVER_PORT": "2", "KANBOARD_SERVER_HOST": "environment"}
    configuration = load(ini, settings=["server.port=3"], environment=environment)
    values = [configuration.text("server", "path"), configuration.text("server", "host")]
    assert [*values, configuration.integer("server", "port")] == ["/file", "environment", 3]
    assert configuration.origin("server", "path") == f"file {ini}"
    assert configuration.origin("server", "host") == "environment KANBOARD_SERVER_HOST"
    assert configuration.origin("server", "port") == "command line"
    assert configuration.origin("server", "prefix") == "default"


def test_the_environment_is_that_of_the_process_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANBOARD_SERVER_PORT", "81")
    assert load().integer("server", "port") == 81
    assert load(environment={}).integer("server", "port") == 8080


def test_constants_of_kanboard_keep_their_own_names_in_the_environment() -> None:
    configuration = load(environment={"DATABASE_URL": "postgres://u:p%40@db/kanboard", "BRUTEFORCE_LOCKDOWN": "9"})
    assert configuration.text("database", "database_url") == "postgres://u:p%40@db/kanboard"
    assert configuration.integer("authentication", "bruteforce_lockdown") == 9


def test_a_constant_that_is_0_or_empty_in_the_environment_is_as_if_unset(ini: Path) -> None:
    ini.write_text("[authentication]\nbruteforce_lockdown = 5\nbruteforce_captcha = 0\n")
    configuration = load(ini, environment={"BRUTEFORCE_LOCKDOWN": "0", "BRUTEFORCE_CAPTCHA": " "})
    assert configuration.integer("authentication", "bruteforce_lockdown") == 5
    assert configuration.integer("authentication", "bruteforce_captcha") == 0


def test_a_0_for_one_of_our_own_options_means_0_and_an_empty_variable_nothing() -> None:
    environment = {"KANBOARD_AUTHENTICATION_API_FAILURES": "0", "KANBOARD_SERVER_PORT": ""}
    configuration = load(environment=environment)
    assert configuration.integer("authentication", "api_failures") == 0
    assert configuration.origin("server", "port") == "default"


def test_the_last_of_several_settings_on_the_command_line_counts() -> None:
    configuration = load(settings=["server.port=1", "server.port = 2"], environment={})
    assert configuration.integer("server", "port") == 2


def test_a_setting_may_hold_equal_signs_and_percent_signs() -> None:
    configuration = load(settings=["authentication.api_authentication_token=a=b%c"], environment={})
    assert configuration.text("authentication", "api_authentication_token") == "a=b%c"


# How values are written


@pytest.mark.parametrize("written", ["true", "Yes", "ON", "1"])
def test_a_flag_is_on(written: str) -> None:
    assert load(settings=[f"database.indexes={written}"], environment={}).flag("database", "indexes") is True


@pytest.mark.parametrize("written", ["false", "No", "OFF", "0"])
def test_a_flag_is_off(written: str) -> None:
    assert load(settings=[f"database.indexes={written}"], environment={}).flag("database", "indexes") is False


def test_a_number_may_have_decimals_and_a_whole_number_is_a_number_too() -> None:
    configuration = load(settings=["database.read_timeout=0.5"], environment={})
    assert configuration.number("database", "read_timeout") == 0.5
    assert configuration.number("server", "port") == 8080.0


def test_a_list_is_separated_by_commas_or_lines(ini: Path) -> None:
    ini.write_text("[plugins]\nenabled = gitlab, ,mattermost,\n    wiki\n")
    assert load(ini, environment={}).items("plugins", "enabled") == ("gitlab", "mattermost", "wiki")


def test_a_file_may_have_comments_capitals_a_byte_order_mark_and_any_signs_in_a_text(ini: Path) -> None:
    text = "\ufeff# first\n[authentication]\nAPI_AUTHENTICATION_TOKEN = 50% #;:=\u00fc\n; last\n"
    ini.write_text(text, encoding="utf-8")
    assert load(ini, environment={}).text("authentication", "api_authentication_token") == "50% #;:=\u00fc"


# What is refused


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[server]\nprot = 1",
            'kanboard.ini: there is no option "prot" in [server]; did you mean "port"?',
        ),
        (
            "[server]\nqqq = 1",
            'kanboard.ini: there is no option "qqq" in [server]',
        ),
        (
            "[server]\nlevel = info",
            'kanboard.ini: there is no option "level" in [server]; did you mean that of [logging]?',
        ),
        (
            "[Databse]\nreaders = 1",
            'kanboard.ini: there is no section [Databse]; did you mean "database"?',
        ),
        ("[gitlab]", "kanboard.ini: there is no section [gitlab]"),
        ("[DEFAULT]\nport = 1", "kanboard.ini: there is no section [DEFAULT]"),
        (
            "[server]\nport = http",
            'kanboard.ini: [server] port must be a whole number, not "http"',
        ),
        ("[server]\nport =", 'kanboard.ini: [server] port must be a whole number, not ""'),
        ("[server]\nport = 1_0", 'kanboard.ini: [server] port must be a whole number, not "1_0"'),
        ("[server]\nport = 65536", 'kanboard.ini: [server] port must be between 0 and 65535, not "65536"'),
        ("[database]\nreaders = 0", 'kanboard.ini: [database] readers must be between 1 and 1000, not "0"'),
        ("[server]\nbatch_limit = 0", 'kanboard.ini: [server] batch_limit must be at least 1, not "0"'),
        ("[database]\nread_timeout = nan", 'kanboard.ini: [database] read_timeout must be a number, not "nan"'),
        ("[database]\nindexes = maybe", 'kanboard.ini: [database] indexes must be true or false, not "maybe"'),
        (
            "[logging]\nlevel = Warn",
            'kanboard.ini: [logging] level must be debug, info, warning or error, not "Warn"; did you mean "warning"?',
        ),
        ("[logging]\nlevel =", 'kanboard.ini: [logging] level must be debug, info, warning or error, not ""'),
        (
            "[server]\nprefix = /kanboard/",
            'kanboard.ini: [server] prefix must begin with a slash and not end with one, not "/kanboard/"',
        ),
        (
            "[server]\npath = jsonrpc.php",
            'kanboard.ini: [server] path must begin with a slash and have no query, not "jsonrpc.php"',
        ),
        (
            "[server]\nbase_url = kanboard.example",
            'kanboard.ini: [server] base_url must begin with http:// or https://, not "kanboard.example"',
        ),
        (
            "[server]\ntrusted_proxy_networks = 10.0.0.0/8, ::1, local",
            "kanboard.ini: [server] trusted_proxy_networks must be networks such as 10.0.0.0/8 or fd00::/8, "
            'not "local"',
        ),
        (
            "[server]\nhost = a\n  port = 1",
            "kanboard.ini: [server] host must be one line (in a file an indented line continues the one before it)",
        ),
        (
            "[server]\ncertificate = a.pem",
            "[server] certificate (file kanboard.ini) needs key to be set too",
        ),
        ("[server]\nport = 1\nPort = 2", 'kanboard.ini, line 3: option "port" of [server] stands there twice'),
        ("[server]\n[logging]\n[server]", "kanboard.ini, line 3: section [server] stands there twice"),
        ("port = 1", "kanboard.ini, line 1: a [section] has to come first"),
        (
            "[server]\n\nport 1",
            'kanboard.ini, line 3: neither a [section] nor "option = value" nor a comment',
        ),
    ],
)
def test_a_mistake_in_the_file_is_named_in_one_sentence(ini: Path, text: str, sentence: str) -> None:
    ini.write_text(text)
    assert complaint(ini) == sentence


def test_a_mistake_in_the_environment_names_the_variable() -> None:
    said = complaint(environment={"BRUTEFORCE_LOCKDOWN": "many"})
    assert said == (
        'environment BRUTEFORCE_LOCKDOWN: [authentication] bruteforce_lockdown must be a whole number, not "many"'
    )


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("server.port=x", '--set server.port: [server] port must be a whole number, not "x"'),
        ("server.prot=1", '--set server.prot: there is no option "prot" in [server]; did you mean "port"?'),
        ("srever.port=1", '--set srever.port: there is no section [srever]; did you mean "server"?'),
        ("server.=1", '--set server.: there is no option "" in [server]'),
        ("port=1", '--set "port" is not of the form section.option=value; did you mean "server.port=..."?'),
        ("server.port", '--set "server.port" is not of the form section.option=value; did you mean "server.port=..."?'),
        ("nonsense", '--set "nonsense" is not of the form section.option=value'),
    ],
)
def test_a_mistake_on_the_command_line_names_the_setting(setting: str, sentence: str) -> None:
    assert complaint(None, setting) == sentence


def test_a_file_that_was_named_has_to_exist(ini: Path) -> None:
    assert complaint(ini) == "kanboard.ini cannot be read: No such file or directory"


def test_a_file_has_to_be_utf_8(ini: Path) -> None:
    ini.write_bytes(b"[server]\nhost = \xfc\n")
    assert complaint(ini) == "kanboard.ini cannot be read: byte 17 is not UTF-8"


def test_a_key_needs_its_certificate_wherever_both_come_from(ini: Path) -> None:
    ini.write_text("[server]\ncertificate = chain.pem\n")
    configuration = load(ini, environment={"KANBOARD_SERVER_KEY": "key.pem"})
    assert configuration.text("server", "key") == "key.pem"
    assert complaint(None, "server.key=k") == "[server] key (command line) needs certificate to be set too"


def test_everything_that_is_wrong_is_said_at_once_in_the_order_in_which_it_is_read(ini: Path) -> None:
    ini.write_text("[server]\nport = http\nprot = 1\nkey = key.pem\n[sever]\nport = x\n[logging]\nlevel = ${LEVEL}\n")
    environment = {"BRUTEFORCE_LOCKDOWN": "many", "KANBOARD_DATABASE_READERS": "0"}
    with pytest.raises(ConfigurationError) as refused:
        load(ini, settings=["server.port=y", "port=1"], environment=environment)
    assert refused.value.problems == (
        f'{ini}: [server] port must be a whole number, not "http"',
        f'{ini}: there is no option "prot" in [server]; did you mean "port"?',
        f'{ini}: there is no section [sever]; did you mean "server"?',
        f"{ini}: [logging] level needs the environment variable LEVEL, which is not set",
        'environment KANBOARD_DATABASE_READERS: [database] readers must be between 1 and 1000, not "0"',
        'environment BRUTEFORCE_LOCKDOWN: [authentication] bruteforce_lockdown must be a whole number, not "many"',
        '--set server.port: [server] port must be a whole number, not "y"',
        '--set "port" is not of the form section.option=value; did you mean "server.port=..."?',
        f"[server] key (file {ini}) needs certificate to be set too",
    )
    assert str(refused.value) == refused.value.problems[0]


def test_what_may_only_be_a_consequence_is_not_said(ini: Path) -> None:
    ini.write_text("[server]\ncertificate = file:missing\nkey = key.pem\n")
    with pytest.raises(ConfigurationError) as refused:
        load(ini, environment={})
    [problem] = refused.value.problems
    assert "[server] certificate needs the file missing" in problem


def test_a_file_that_is_no_ini_is_one_problem_and_the_others_are_said_all_the_same(ini: Path) -> None:
    ini.write_text("certificate = chain.pem\nport = 1\n")
    with pytest.raises(ConfigurationError) as refused:
        load(ini, settings=["server.port=x"], environment={"KANBOARD_SERVER_KEY": "key.pem"})
    assert refused.value.problems == (
        f"{ini}, line 1: a [section] has to come first",
        '--set server.port: [server] port must be a whole number, not "x"',
    )


@given(text=st.text() | st.text(st.sampled_from("[]=#; \n\tserverpot.1${}")))
def test_whatever_a_file_holds_it_is_read_or_refused(ini: Path, text: str) -> None:
    ini.write_text(text, encoding="utf-8", errors="replace")
    with contextlib.suppress(ConfigurationError):
        load(ini, environment={})


# Secrets


def test_a_secret_is_shown_nowhere(ini: Path) -> None:
    configuration = load(settings=["authentication.api_authentication_token=hunter2"], environment={})
    assert configuration.text("authentication", "api_authentication_token") == "hunter2"
    assert configuration.shown("authentication", "api_authentication_token") == "(hidden)"
    assert "hunter2" not in repr(configuration)
    assert "hunter2" not in complaint(None, "authentication.api_authentication_token:hunter2")
    ini.write_text("[authentication]\napi_authentication_token hunter2\n")
    assert "hunter2" not in complaint(ini)
    ini.write_text("[authentication]\napi_authentication_token = a\n hunter2\n")
    assert "hunter2" not in complaint(ini)


def test_a_wrong_secret_is_not_quoted() -> None:
    schema = Schema((Section("vault", "", (Option("pin", 0, "", maximum=9999, secret=True),)),))
    with pytest.raises(ConfigurationError) as refused:
        load(settings=["vault.pin=12345"], environment={}, schema=schema)
    assert str(refused.value) == "--set vault.pin: [vault] pin must be at most 9999"


def test_what_is_shown_is_what_a_file_would_say() -> None:
    configuration = load(settings=["plugins.enabled=a,b"], environment={})
    shown = [configuration.shown(*name) for name in (("plugins", "enabled"), ("database", "indexes"))]
    assert shown == ["a, b", "true"]
    assert configuration.shown("database", "database_url") == "sqlite:data/db.sqlite"


# Mistakes of the program


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (Configuration.text, "port"),
        (Configuration.integer, "host"),
        (Configuration.integer, "shutdown_timeout"),
        (Configuration.number, "host"),
        (Configuration.flag, "port"),
        (Configuration.items, "host"),
    ],
)
def test_asking_for_another_type_is_an_error(ask: Callable[[Configuration, str, str], object], name: str) -> None:
    with pytest.raises(TypeError):
        ask(load(environment={}), "server", name)


def test_a_flag_is_no_number() -> None:
    with pytest.raises(TypeError):
        load(environment={}).integer("database", "indexes")
    with pytest.raises(TypeError):
        load(environment={}).number("database", "indexes")


def test_asking_for_an_option_that_is_not_declared_is_an_error() -> None:
    with pytest.raises(KeyError):
        load(environment={}).text("server", "prot")


# Sections of plugins

GITLAB = Section("gitlab", "Links to merge requests.", (Option("timeout", 5.0, "Seconds.", minimum=1),))


def register_gitlab() -> Section:
    return GITLAB


def test_a_plugin_adds_a_section_that_behaves_like_any_other(ini: Path) -> None:
    ini.write_text("[gitlab]\ntimeout = 7\n")
    schema = CORE_SCHEMA.with_sections(GITLAB)
    assert load(ini, environment={}, schema=schema).number("gitlab", "timeout") == 7
    configuration = load(ini, environment={"KANBOARD_GITLAB_TIMEOUT": "8"}, schema=schema)
    assert configuration.number("gitlab", "timeout") == 8


def test_a_partial_reading_finds_the_plugins_whose_sections_are_not_known_yet(ini: Path) -> None:
    ini.write_text("[plugins]\nenabled = gitlab\n[gitlab]\ntimeout = 7\n")
    configuration = load(ini, settings=["gitlab.timeout=8"], environment={}, partial=True)
    assert configuration.items("plugins", "enabled") == ("gitlab",)


def test_sections_of_plugins_that_do_not_run_are_passed_over_and_misspelt_ones_are_not(ini: Path) -> None:
    ini.write_text("[gitlab]\ntimeout = ${GITLAB}\n")
    load(ini, settings=["gitlab.token=file:missing"], environment={}, ignored=["gitlab"])
    ini.write_text("[gitlap]\ntimeout = 7\n")
    with pytest.raises(ConfigurationError) as refused:
        load(ini, settings=["sever.port=1"], environment={}, ignored=["gitlab"])
    assert refused.value.problems == (
        f'{ini}: there is no section [gitlap]; did you mean "gitlab"?',
        '--set sever.port: there is no section [sever]; did you mean "server"?',
    )


def test_a_section_that_is_known_counts_though_it_is_to_be_passed_over(ini: Path) -> None:
    ini.write_text("[gitlab]\ntimeout = 7\n")
    configuration = load(ini, environment={}, schema=CORE_SCHEMA.with_sections(GITLAB), ignored={"gitlab"})
    assert configuration.number("gitlab", "timeout") == 7


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ([Section("server", "", ())], r"section \[server\] is declared twice"),
        ([GITLAB, Section("gitlab", "", ())], r"section \[gitlab\] is declared twice"),
        ([Section("a", "", (Option("b", 1, ""), Option("b", 2, "")))], r"\[a\] b is declared twice"),
        (
            [Section("a", "", (Option("b_c", 1, ""),)), Section("a_b", "", (Option("c", 1, ""),))],
            r"\[a_b\] c and \[a\] b_c have the same environment variable",
        ),
        ([Section("a", "", (Option("b", "", "", needs="c"),))], r"\[a\] b needs an option that does not exist: c"),
    ],
)
def test_declarations_that_contradict_each_other_are_refused(sections: list[Section], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        CORE_SCHEMA.with_sections(*sections)


def test_an_option_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="no name for an option"):
        Option("Two words", "", "")
    with pytest.raises(ValueError, match='default of option "port" must be at least 1, not "0"'):
        Option("port", 0, "", minimum=1)
    with pytest.raises(ValueError, match='default of option "greeting" cannot be written'):
        Option("greeting", " hello ", "")
