"""What the fields of a project accept, at creation and at a change alike."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kanboard_core.testing import Client

ACCEPTED: list[tuple[str, Any, Any]] = [
    # field, value, what is stored
    ("name", " ", " "),
    ("name", "x" * 65535, "x" * 65535),
    ("name", "\u00e9" * 65535, "\u00e9" * 65535),
    ("name", "<b>&\"'</b>\n\u65e5\U0001f389", "<b>&\"'</b>\n\u65e5\U0001f389"),
    ("name", 12345, "12345"),
    ("name", 1.5, "1.5"),
    ("name", True, "1"),
    ("description", "", ""),
    ("description", "**x**", "**x**"),
    ("description", 7, "7"),
    ("identifier", "", ""),
    ("identifier", "aB1", "AB1"),
    ("identifier", "007", "007"),
    ("identifier", "0", "0"),
    ("identifier", 42, "42"),
    ("identifier", "z" * 50, "Z" * 50),
    ("email", "", ""),
    ("email", "a@bc", "a@bc"),
    ("email", "a@b-c", "a@b-c"),
    ("email", "A.b!#$%&'*+-/=?^_`{|}~@Example.ORG", "A.b!#$%&'*+-/=?^_`{|}~@Example.ORG"),
    ("priority_default", 5, 5),
    ("priority_default", "-12", -12),
    ("priority_start", "", 0),
    ("priority_end", "007", 7),
]

REFUSED: list[tuple[str, Any]] = [
    ("name", ""),
    ("name", False),
    ("name", "x" * 65536),
    ("identifier", "z" * 51),
    ("identifier", "a-b"),
    ("identifier", "a b"),
    ("identifier", " ab"),
    ("identifier", "ab\n"),
    ("identifier", "a_b"),
    ("identifier", "\u00e9"),
    ("identifier", "\u00df"),
    ("identifier", 0),
    ("identifier", False),
    ("identifier", 4.2),
    ("email", "nonsense"),
    ("email", "@b.org"),
    ("email", "a@b"),
    ("email", "a@b.org."),
    ("email", "a@.org"),
    ("email", "a@b..org"),
    ("email", "a@b_c.org"),
    ("email", "a b@c.org"),
    ("email", "\u00e9@c.org"),
    ("email", "a@c.org\n"),
    ("email", 0),
    ("email", False),
    ("email", 7),
    ("priority_default", "a"),
    ("priority_default", "1.5"),
    ("priority_default", 1.5),
    ("priority_start", 1.0),
    ("priority_start", " 2"),
    ("priority_start", "2 "),
    ("priority_end", "+2"),
    ("priority_end", "--2"),
    ("priority_end", "-"),
    ("priority_end", True),
    ("priority_end", False),
    ("priority_end", 2**63),
    ("priority_end", "9" * 30),
    ("start_date", "2030-01-02 10:00"),
    ("end_date", "elevenchars"),
    ("owner_id", 99),
    ("owner_id", "admin"),
    ("owner_id", -1),
]


@pytest.mark.parametrize(("field", "value", "stored"), ACCEPTED)
async def test_accepted(application: Client, field: str, value: Any, stored: Any) -> None:
    created = await application.createProject(**{"name": "One", field: value})
    assert (await application.getProjectById(created))[field] == stored
    await application.removeProject(created)
    changed = await application.createProject("Two")
    assert await application.updateProject(**{"project_id": changed, field: value}) is True
    assert (await application.getProjectById(changed))[field] == stored


@pytest.mark.parametrize(("field", "value"), REFUSED)
async def test_refused_and_nothing_is_written(application: Client, field: str, value: Any) -> None:
    project = await application.createProject("One")
    before = await application.getAllProjects()
    assert await application.createProject(**{"name": "Two", field: value}) is False
    given = {"project_id": project, "description": "changed", field: value}
    assert await application.updateProject(**given) is False
    assert await application.getAllProjects() == before


@pytest.mark.parametrize(
    ("field", "value", "equal", "other"),
    [
        ("identifier", "AB1", ["AB1", "ab1", "aB1"], "AB2"),
        ("email", "a@example.org", ["a@example.org"], "A@example.org"),
    ],
)
async def test_identifiers_and_addresses_are_taken_once(
    application: Client, field: str, value: str, equal: list[str], other: str
) -> None:
    first = await application.createProject(**{"name": "First", field: value})
    second = await application.createProject(**{"name": "Second", field: other})
    for taken in equal:
        assert await application.createProject(**{"name": "Third", field: taken}) is False
        assert await application.updateProject(**{"project_id": second, field: taken}) is False
        assert await application.updateProject(**{"project_id": first, field: taken}) is True
    assert await application.updateProject(**{"project_id": first, field: ""}) is True
    assert await application.updateProject(**{"project_id": second, field: value}) is True


@pytest.mark.parametrize("field", ["name", "identifier", "email"])
async def test_names_and_emptiness_may_repeat(application: Client, field: str) -> None:
    value = "Same" if field == "name" else ""
    for _ in range(2):
        assert await application.createProject(**{"name": "One", field: value})


@pytest.mark.parametrize("name", [None, ""])
async def test_a_new_project_needs_a_name(application: Client, name: str | None) -> None:
    assert await application.createProject(name) is False


async def test_priorities_need_no_order(application: Client) -> None:
    assert await application.createProject(name="One", priority_start=9, priority_end=1, priority_default=50)


# Callers at once


@pytest.mark.parametrize(("field", "value"), [("identifier", "ONE"), ("identifier", "0"), ("email", "one@example.org")])
async def test_of_several_who_want_what_is_unique_one_gets_it(application: Client, field: str, value: str) -> None:
    created = await asyncio.gather(*(application.createProject(name="P", **{field: value}) for _ in range(10)))
    assert sum(project is not False for project in created) == 1

    others = [await application.createProject("Other") for _ in range(6)]
    await application.removeProject(next(project for project in created if project))
    answers = await asyncio.gather(
        *(application.updateProject(project_id=project, **{field: value}) for project in others),
        *(application.createProject(name="P", **{field: value}) for _ in range(4)),
    )
    assert sum(answer is not False for answer in answers) == 1


async def test_those_who_want_several_do_not_wait_for_each_other_forever(application: Client) -> None:
    answers = await asyncio.gather(
        *(
            application.createProject(name="P", identifier=f"ID{one}", email=f"{other}@example.org")
            for one in range(4)
            for other in range(4)
        )
    )
    made = [answer for answer in answers if answer]
    projects = [await application.getProjectById(project) for project in made]
    assert len({project["identifier"] for project in projects}) == len({project["email"] for project in projects}) == 4
    assert len(made) == 4
