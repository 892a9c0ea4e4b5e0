"""A procedure as people read it: its signature, the words for what it answers, its docstring."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from kanboard_core.arguments import Parameter
from kanboard_core.description.returns import answer_schema, kinds_of
from kanboard_core.procedures import Procedure

#: one and many of each type of JSON
_KINDS = {
    "array": ("array", "arrays"),
    "boolean": ("boolean", "booleans"),
    "integer": ("integer", "integers"),
    "null": ("null", "nulls"),
    "number": ("number", "numbers"),
    "object": ("object", "objects"),
    "string": ("text", "texts"),
}
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"(])")


def signature(procedure: Procedure) -> str:
    """``addColumn(project_id: id, title: text, task_limit: integer = 0) -> integer or false``."""
    return signature_lines(procedure, sys.maxsize)[0]


def signature_lines(procedure: Procedure, width: int) -> list[str]:
    """The signature in lines of at most so many characters, broken before parameters; longer where one is longer."""
    parameters = [_declaration(parameter) for parameter in procedure.parameters.all]
    return _lines(procedure.name, parameters, f" -> {answer(procedure)}", width)


def short_signature_lines(procedure: Procedure, width: int) -> list[str]:
    """The same without types: ``addColumn(project_id, title, task_limit=0)``."""
    parameters = [_short_declaration(parameter) for parameter in procedure.parameters.all]
    return _lines(procedure.name, parameters, "", width)


def answer(procedure: Procedure) -> str:
    """What the procedure answers: ``integer or false``, ``array of objects``."""
    return in_words(answer_schema(procedure))


def type_name(parameter: Parameter) -> str:
    """The type of a parameter: ``id``, ``array or null``."""
    return f"{parameter.type.name} or null" if parameter.nullable else parameter.type.name


def default_text(parameter: Parameter) -> str | None:
    """What an optional parameter is when it is left out, as JSON; None where JSON can't say it."""
    try:
        return json.dumps(parameter.default, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None


def summary_and_description(procedure: Procedure) -> tuple[str, str]:
    """The first sentence of the docstring, and what follows it; Markdown, either may be ""."""
    first, *others = paragraphs(procedure.documentation) or [""]
    summary, *rest = _SENTENCE_END.split(first, maxsplit=1)
    return summary, "\n\n".join([*rest, *others])


def paragraphs(docstring: str) -> list[str]:
    """The paragraphs of a docstring, as Markdown: each one line, unless it is a list or indented."""
    return [_joined(text) for text in re.split(r"\n\s*\n", inspect.cleandoc(docstring)) if text.strip()]


def in_words(schema: Mapping[str, Any]) -> str:
    """The values that a schema accepts: ``text or null``, ``array of objects``, ``object of texts``, ``anything``."""
    return " or ".join(_alternatives(schema, many=False)) or "anything"


def _declaration(parameter: Parameter) -> str:
    declared = f"{parameter.name}: {type_name(parameter)}"
    return declared if parameter.required else f"{declared} = {default_text(parameter) or '...'}"


def _short_declaration(parameter: Parameter) -> str:
    return parameter.name if parameter.required else f"{parameter.name}={default_text(parameter) or '...'}"


def _lines(name: str, parameters: list[str], tail: str, width: int) -> list[str]:
    *others, last = parameters or [""]
    first, *words = [*(f"{parameter}," for parameter in others), f"{last}){tail}"]
    together = f"{name}({first}"
    lines = [together] if len(together) <= width or not parameters else [f"{name}(", f"    {first}"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"    {word}")
    return lines


def _joined(paragraph: str) -> str:
    marked = re.sub(r"``(.+?)``", r"`\1`", paragraph)
    lines = marked.split("\n")
    return marked if any(line.startswith((" ", "* ", "- ")) for line in lines) else " ".join(lines)


def _alternatives(schema: Mapping[str, Any], *, many: bool) -> list[str]:
    if "anyOf" in schema:
        return [word for part in schema["anyOf"] for word in _alternatives(part, many=many)]
    if "const" in schema or "enum" in schema:
        return [json.dumps(value) for value in schema.get("enum", [schema.get("const")])]
    return [_KINDS[kind][many] + _contents(kind, schema) for kind in kinds_of(schema)]


def _contents(kind: str, schema: Mapping[str, Any]) -> str:
    inside = schema.get({"array": "items", "object": "additionalProperties"}.get(kind, ""))
    words = _alternatives(inside, many=True) if isinstance(inside, Mapping) else []
    return f" of {words[0]}" if len(words) == 1 else f" of ({' or '.join(words)})" if words else ""
