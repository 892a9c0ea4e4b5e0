"""Kinds of addresses outside of Kanboard that tasks are linked to: what a provider of them can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from kanboard_core.calls import CONTAINED

#: stands for whichever type accepts an address; no provider has it
AUTO = "auto"
#: characters of a type, which is a value of a column
_LONGEST_TYPE = 100


class ExternalLinkProvider(ABC):
    """A kind of external links: which addresses are of it, and what they are called.

    Its methods run on the event loop and must not block it. The address is a client's, with no blanks around it.
    """

    #: what is stored with each link, for programs
    type: str
    #: the same for people
    name: str
    #: what such a link may say of the task, for programs and for people; other texts are allowed
    dependencies: Mapping[str, str] = {"related": "Related"}

    @abstractmethod
    def accepts(self, url: str) -> bool:
        """Whether an address is of this kind. It needn't be a valid URL; only valid ones are stored."""

    @abstractmethod
    async def title(self, url: str) -> str:
        """The title of a link to an address that was accepted, for a client that gave none; "" for none.

        A link without a title is refused. No transaction is open meanwhile: this may take its time.
        """

    def problem(self) -> str:
        """What is wrong with the declaration, the end of a sentence; "" for nothing."""
        declared: dict[str, Any] = {name: getattr(self, name, None) for name in ("type", "name", "dependencies")}
        for name in ("type", "name"):
            if not isinstance(declared[name], str) or not declared[name]:
                return f"must have a {name}, a text"
        if self.type == AUTO or len(self.type) > _LONGEST_TYPE:
            return f'must have a type other than "{AUTO}", of at most {_LONGEST_TYPE} characters'
        dependencies = declared["dependencies"]
        if not isinstance(dependencies, Mapping) or not all(
            isinstance(text, str) for pair in dependencies.items() for text in pair
        ):
            return "must have dependencies, texts by texts"
        return ""


class ContainedProvider(ExternalLinkProvider):
    """A third party's provider: when it raises it accepts nothing, and the address is the title."""

    def __init__(self, provider: ExternalLinkProvider, report: Callable[[str, BaseException], None]) -> None:
        """``report(where, error)`` is told what it raises."""
        self.type, self.name, self.dependencies = provider.type, provider.name, dict(provider.dependencies)
        self._provider = provider
        self._report = report

    def accepts(self, url: str) -> bool:
        """What the provider answers; false when it raises."""
        try:
            return bool(self._provider.accepts(url))
        except CONTAINED as error:
            self._report(f"accepting addresses of the type {self.type}", error)
            return False

    async def title(self, url: str) -> str:
        """What the provider answers; the address when it raises or answers no text."""
        try:
            title = await self._provider.title(url)
            if not isinstance(title, str):
                raise TypeError(f"a title must be a text, not {title!r}")
        except CONTAINED as error:
            self._report(f"finding titles of the type {self.type}", error)
            return url
        return title
