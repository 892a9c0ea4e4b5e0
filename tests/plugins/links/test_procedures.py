"""The labels of links between tasks, as a client sees them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanboard_core.testing import AccountFactory, Client, Forbidden, RpcError, RunningServer

#: to the keys of MariaDB names are the same that are alike, and long ones have no room
APART = pytest.mark.except_for("mysql")

#: how many labels a new database has
GIVEN = 11

#: what several callers do with a label at once
CALLS: list[tuple[Any, ...]] = [
    ("createLink", "needs", "is needed by"),
    ("createLink", "is needed by", "needs"),
    ("createLink", "needs"),
    ("updateLink", 1, 0, "needs"),
]


async def labels(client: Client) -> dict[str, tuple[int, int]]:
    """The labels that came to those of a new database: label -> id and opposite."""
    return {row["label"]: (row["id"], row["opposite_id"]) for row in (await client.getAllLinks())[GIVEN:]}


async def test_a_label_and_its_opposite_point_at_each_other(application: Client) -> None:
    assert await application.createLink("needs", "is needed by") == 12
    assert await application.getLinkById(12) == {"id": 12, "label": "needs", "opposite_id": 13}
    assert await application.getLinkByLabel("is needed by") == {"id": 13, "label": "is needed by", "opposite_id": 12}
    assert await application.getOppositeLinkId(12) == 13


class TestCreateLink:
    @pytest.mark.parametrize("opposite", ["", None, "0", 0, False])
    async def test_a_label_without_an_opposite_is_its_own(self, application: Client, opposite: Any) -> None:
        assert await application.createLink("is like", opposite) == 12
        assert await labels(application) == {"is like": (12, 0)}
        assert await application.getOppositeLinkId(12) == 12

    @pytest.mark.parametrize(
        "label",
        [
            pytest.param("Blocks", marks=APART),
            " blocks",
            pytest.param("blocks ", marks=APART),
            "0",
            7,
            "\u00e9",
            "l" * 191,
            pytest.param("l" * 255, marks=APART),
        ],
    )
    async def test_any_other_text_will_do(self, application: Client, label: Any) -> None:
        assert await application.createLink(label) == 12
        assert await labels(application) == {str(label): (12, 0)}

    @pytest.mark.parametrize(
        ("label", "opposite"),
        [
            ("blocks", ""),
            ("blocks", "new"),
            ("new", "blocks"),
            ("new", "new"),
            ("", "new"),
            (None, "new"),
            (5, "5"),
            ("0", 0),
        ],
    )
    async def test_what_is_refused_writes_nothing(self, application: Client, label: Any, opposite: Any) -> None:
        assert await application.createLink(label, opposite) is False
        assert await labels(application) == {}

    async def test_what_is_refused_uses_up_no_id(self, application: Client) -> None:
        assert await application.createLink("new", "blocks") is False
        assert await application.createLink("new") == 12

    @pytest.mark.postgres
    async def test_a_text_that_its_column_does_not_take_is_false(self, application: Client) -> None:
        for label, opposite in (("l" * 256, ""), ("l", "o" * 256), ("a\0b", ""), ("l", "a\0b")):
            assert await application.createLink(label, opposite) is False
        assert await labels(application) == {}

    @pytest.mark.parametrize("value", [["x"], {"label": "x"}])
    async def test_an_array_is_no_label(self, application: Client, value: Any) -> None:
        for arguments in ((value,), ("new", value)):
            with pytest.raises(RpcError) as refused:
                await application.createLink(*arguments)
            assert refused.value.code == -32602


class TestUpdateLink:
    async def test_only_the_row_itself_changes(self, application: Client) -> None:
        await application.createLink("needs", "is needed by")
        assert await application.updateLink(12, 3, "wants") is True
        assert await labels(application) == {"wants": (12, 3), "is needed by": (13, 12)}
        assert (await application.getLinkById(3))["opposite_id"] == 2

    @pytest.mark.parametrize("opposite", [0, "0", 500, -1, True])
    async def test_the_opposite_needs_not_be_there(self, application: Client, opposite: Any) -> None:
        await application.createLink("needs")
        assert await application.updateLink("12", opposite, "needs") is True
        assert await labels(application) == {"needs": (12, int(opposite))}

    @pytest.mark.parametrize(
        ("link", "opposite", "label"),
        [
            (12, 0, "blocks"),
            (12, 0, ""),
            (12, 0, None),
            (12, "", "new"),
            (12, None, "new"),
            (12, "abc", "new"),
            (12, 1.5, "new"),
            (None, 0, "new"),
            ("", 0, "new"),
            (99, 0, "blocks"),
        ],
    )
    async def test_what_is_refused_writes_nothing(
        self, application: Client, link: Any, opposite: Any, label: Any
    ) -> None:
        await application.createLink("needs", "is needed by")
        assert await application.updateLink(link, opposite, label) is False
        assert await labels(application) == {"needs": (12, 13), "is needed by": (13, 12)}

    async def test_an_unknown_id_is_true_and_writes_nothing(self, application: Client) -> None:
        assert await application.updateLink(99, 0, "new") is True
        assert await application.updateLink("abc", 0, "new") is True
        assert await labels(application) == {}


class TestRemoveLink:
    async def test_its_opposite_is_its_own_then(self, application: Client) -> None:
        await application.createLink("needs", "is needed by")
        await application.updateLink(1, 12, "relates to")
        assert await application.removeLink(12) is True
        assert await labels(application) == {"is needed by": (13, 0)}
        assert (await application.getLinkById(1))["opposite_id"] == 0
        assert await application.removeLink(12) is False

    @pytest.mark.parametrize("link", [99, 0, "abc", None])
    async def test_an_unknown_id_is_false(self, application: Client, link: Any) -> None:
        assert await application.removeLink(link) is False
        assert len(await application.getAllLinks()) == GIVEN


@pytest.mark.parametrize("sent", [1, "1", 99, "abc", None, 0, 1.5, "", True])
async def test_without_an_opposite_what_was_sent_comes_back(application: Client, sent: Any) -> None:
    answer = await application.getOppositeLinkId(sent)
    assert (answer, type(answer)) == (sent, type(sent))


async def test_labels_are_for_administrators_and_the_application(account: AccountFactory) -> None:
    bob = await account("bob", role="app-manager")
    for procedure, *arguments in (
        ("getAllLinks",),
        ("getLinkById", 1),
        ("getLinkByLabel", "blocks"),
        ("getOppositeLinkId", 1),
        ("createLink", "new"),
        ("updateLink", 1, 0, "new"),
        ("removeLink", 1),
        ("removeLink",),
    ):
        with pytest.raises(Forbidden):
            await bob.call(procedure, *arguments)
    boss = await account("boss", role="app-admin")
    assert await boss.createLink("new") == 12
    assert await boss.removeLink(12) is True


# Several at once


async def test_of_several_who_want_a_label_at_once_one_gets_it(application: Client) -> None:
    answers = await asyncio.gather(*(application.call(*call) for call in CALLS * 3))
    made = [answer for answer in answers if answer is not False and answer is not True]
    renamed = [answer for answer in answers if answer is True]
    assert (len(made), len(renamed)) in ((1, 0), (0, 3)), "whoever has the label may have it again"
    rows = await application.getAllLinks()
    assert [row["label"] for row in rows].count("needs") == 1
    opposites = {row["id"]: row["opposite_id"] for row in rows}
    assert all(opposites[opposite] == link for link, opposite in opposites.items() if opposite)


async def test_the_opposite_of_a_label_has_the_id_behind_it_whoever_else_makes_some(application: Client) -> None:
    made = await asyncio.gather(*(application.createLink(f"to {number}", f"from {number}") for number in range(24)))
    opposites = {row["id"]: row["opposite_id"] for row in await application.getAllLinks()}
    assert [opposites[link] for link in made] == [link + 1 for link in made]


async def test_labels_go_while_they_are_made_and_paired(application: Client, server: RunningServer) -> None:
    for number in range(6):
        await application.createLink(f"to {number}", f"from {number}")
    ids = range(12, 24)
    answers = await asyncio.gather(
        *(application.removeLink(link) for link in ids if link % 3 == 0),
        *(application.createLink(f"new {number % 2}", f"old {number % 2}") for number in range(6)),
        *(application.updateLink(link, link + 1, f"label {link % 4}") for link in ids),
    )
    assert not any(isinstance(answer, dict) for answer in answers)
    rows = server.sql("SELECT id, label, opposite_id FROM links")
    assert len({label for _, label, _ in rows}) == len(rows)
    assert {12, 15, 18, 21} & {link for link, _, _ in rows} == set()


# Histories

_TEXTS = st.sampled_from(["a", "b", "A", "blocks", "is blocked by", "0", ""])
#: which of the labels that there were so far
_WHICH = st.integers(0, 19)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("createLink"), _TEXTS, _TEXTS),
        st.tuples(st.just("updateLink"), _WHICH, _WHICH, _TEXTS),
        st.tuples(st.just("removeLink"), _WHICH),
    ),
    max_size=12,
)


class Labels:
    """What the page says, on a dictionary: id -> label and opposite."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = {row["id"]: (row["label"], row["opposite_id"]) for row in rows}

    def create(self, label: str, opposite: str, link: int) -> bool:
        """``link``: the id that the label gets, if it does."""
        pair = [label] if opposite in ("", "0") else [label, opposite]
        if label in ("", opposite) or any(self._taken(text) for text in pair):
            return False
        if len(pair) > 1:
            self.rows[link + 1] = (opposite, link)
        self.rows[link] = (label, link + 1 if len(pair) > 1 else 0)
        return True

    def update(self, link: int, opposite: int, label: str) -> bool:
        if label == "" or self._taken(label, link):
            return False
        if link in self.rows:
            self.rows[link] = (label, opposite)
        return True

    def remove(self, link: int) -> bool:
        self.rows = {key: (label, 0 if to == link else to) for key, (label, to) in self.rows.items()}
        return self.rows.pop(link, None) is not None

    def _taken(self, label: str, link: int = 0) -> bool:
        return any(row[0] == label for key, row in self.rows.items() if key != link)


@pytest.mark.except_for("mysql")  # to its keys names are the same that are alike
@settings(max_examples=30)
@given(steps=_STEPS)
async def test_any_history_leaves_what_the_page_says(
    application: Client, server: RunningServer, steps: list[tuple[Any, ...]]
) -> None:
    server.sql("DELETE FROM links")
    for row in ((1, "relates to", 0), (2, "blocks", 3), (3, "is blocked by", 2)):
        server.sql("INSERT INTO links (id, label, opposite_id) VALUES (?, ?, ?)", *row)
    page = Labels(await application.getAllLinks())
    known = [*page.rows, 999]
    for procedure, *arguments in steps:
        if procedure == "createLink":
            label, opposite = arguments
            answer = await application.createLink(label, opposite)
            assert (answer is not False) is page.create(label, opposite, answer)
            known += [answer, answer + 1] if answer is not False else []
        else:
            count = 2 if procedure == "updateLink" else 1
            arguments[:count] = [known[which % len(known)] for which in arguments[:count]]
            change = page.update if procedure == "updateLink" else page.remove
            assert await application.call(procedure, *arguments) is change(*arguments)
        rows = await application.getAllLinks()
        assert {row["id"]: (row["label"], row["opposite_id"]) for row in rows} == page.rows
        assert [row["id"] for row in rows] == sorted(page.rows)
