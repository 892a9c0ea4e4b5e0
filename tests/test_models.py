"""Models and tables can't drift apart: every model is compared with the specification of its table.

Tables that Kanboard doesn't have are made by migrations, and compared with their models by the servers of the tests.
"""

from __future__ import annotations

import importlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import peewee
import pytest

import kanboard_plugins
from kanboard_core.database import Model
from kanboard_core.database.model import AsciiCaseField, current
from kanboard_core.database.sqlite import schema

SPEC: dict[str, Any] = json.loads((Path(__file__).parent / "conformance/spec/schema.json").read_bytes())["tables"]


def found_models() -> list[type[Model]]:
    """Every model of the core and of the built-in plugins."""
    modules = [importlib.import_module("kanboard_core.models")]
    for file in sorted(Path(*kanboard_plugins.__path__).glob("*/models.py")):
        modules.append(importlib.import_module(f"kanboard_plugins.{file.parent.name}.models"))
    return [
        member
        for module in modules
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, Model) and member.__module__ == module.__name__
        if not member._meta.table_name.startswith("kanboard_server_")
    ]


MODELS = found_models()
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.__module__}.{model.__name__}")


def specified(model: type[Model]) -> dict[str, Any]:
    table: dict[str, Any] = SPEC[model._meta.table_name]
    return table


def kind(column: dict[str, Any]) -> type[peewee.Field[Any]]:
    """The field for a column: a flag is what PostgreSQL calls boolean, everything else goes by SQLite's type."""
    if column["postgres"] is not None and column["postgres"]["type"] == "boolean":
        return peewee.BooleanField
    match column["sqlite"]["type"].split("(")[0]:
        case "INTEGER":
            return peewee.AutoField if "auto_increment" in column["sqlite"] else peewee.IntegerField
        case "REAL" | "NUMERIC":
            return peewee.FloatField
        case "TEXT" | "TEXT NOCASE" | "VARCHAR" if column["sqlite"].get("collation") == "NOCASE":
            return AsciiCaseField
        case "TEXT" | "TEXT NOCASE" | "VARCHAR":
            return peewee.TextField
        case other:
            raise AssertionError(f"no field is known for {other}")


@each_model
def test_a_model_lists_the_columns_of_its_table_in_the_order_of_sqlite(model: type[Model]) -> None:
    assert [field.column_name for field in model._meta.sorted_fields] == specified(model)["column_order"]["sqlite"]


@each_model
def test_a_field_has_the_name_of_its_column(model: type[Model]) -> None:
    assert [field.name for field in model._meta.sorted_fields] == specified(model)["column_order"]["sqlite"]


@each_model
def test_a_field_is_of_the_kind_of_its_column(model: type[Model]) -> None:
    expected = {column["name"]: kind(column) for column in specified(model)["columns"]}

    assert {field.name: type(field) for field in model._meta.sorted_fields} == expected


@each_model
def test_a_field_may_be_null_where_its_column_may(model: type[Model]) -> None:
    table = specified(model)
    key = table["primary_key"]["sqlite"]
    columns = {column["name"]: column["sqlite"] for column in table["columns"]}

    # SQLite lets a key of text be NULL; nothing is ever stored so.
    expected = {name: column["nullable"] and name not in key for name, column in columns.items()}
    assert {field.name: field.null for field in model._meta.sorted_fields} == expected


@each_model
def test_a_model_has_the_primary_key_of_its_table(model: type[Model]) -> None:
    key = model._meta.primary_key
    names = key.field_names if isinstance(key, peewee.CompositeKey) else (key.name,) if key else ()

    assert list(names) == specified(model)["primary_key"]["sqlite"]


@each_model
def test_defaults_are_the_databases_and_references_plain_numbers(model: type[Model]) -> None:
    assert model._meta.defaults == {}
    assert model._meta.refs == {}


def test_a_table_has_one_model() -> None:
    tables = [model._meta.table_name for model in MODELS]

    assert sorted(tables) == sorted(set(tables))


# Ordinary peewee queries


@pytest.fixture
def database(tmp_path: Path) -> Iterator[peewee.SqliteDatabase]:
    """A new database, the current one of this test."""
    file = tmp_path / "db.sqlite"
    connection = sqlite3.connect(file)
    schema.create(connection, password_hash=bcrypt.hashpw(b"admin", bcrypt.gensalt(4)).decode())
    connection.close()
    database = peewee.SqliteDatabase(str(file))
    token = current.set(database)
    yield database
    current.reset(token)
    database.close()


@each_model
def test_every_column_can_be_read(model: type[Model], database: peewee.SqliteDatabase) -> None:
    names = [field.name for field in model._meta.sorted_fields]

    for row in list[Any](model.select().dicts()):
        assert list(row) == names
    assert model.select().count() == len(model.select())


def test_queries_of_a_job_go_to_its_database(database: peewee.SqliteDatabase) -> None:
    class Link(Model):
        label = peewee.TextField()

        class Meta:
            table_name = "links"

    with database.atomic():
        Link.create(label="depends on")

    assert Link.select().count() == 12
    connection = sqlite3.connect(str(database.database))
    assert connection.execute("SELECT label FROM links WHERE id > 11").fetchall() == [("depends on",)]
    connection.close()


def test_models_are_not_bound_to_a_database(tmp_path: Path) -> None:
    class Note(Model):
        text = peewee.TextField()

    one, other = (peewee.SqliteDatabase(str(tmp_path / name)) for name in ("one", "other"))
    for database, text in ((one, "first"), (other, "second")):
        token = current.set(database)
        Note.create_table()
        Note.create(text=text)
        current.reset(token)

    for database, text in ((one, "first"), (other, "second")):
        assert [note.text for note in Note.select().execute(database)] == [text]
        database.close()


def test_outside_a_job_a_query_is_refused() -> None:
    with pytest.raises(AttributeError, match="Proxy"):
        MODELS[0].select().count()
