"""Compare a recorded JSON-RPC answer with the one a server under test gave.

A recording is one JSON file: ``{"name", "about", "exchanges": [...]}``. Every
exchange was made, in order, against a server that started with an empty database
(only the ``admin``/``admin`` account exists) and the application token ``test``.

    {"auth": [user, password] | null,    # HTTP Basic credentials
     "headers": {...},                   # optional extra request headers
     "http_method": "POST",              # optional, POST unless given
     "request": <JSON value>,            # or "raw": "<body as sent>"
     "wait": 1.1,                        # optional seconds to sleep before it
     "status": 200,
     "response": <JSON value | null>}    # null: the body was empty

An exchange may also touch the database directly, with portable SQL:

    {"sql": "UPDATE users SET ..."}                        # carried out as is, then committed
    {"query": "SELECT ... ORDER BY ...", "rows": [[...]]}  # what it must find within 3 s, compared like an answer

Values that change from run to run are recorded as one-key objects:

    {"$time": 120}     Unix timestamp, that many seconds after the request, within TOLERANCE_S;
                       from -120 to 0 it stands for an earlier exchange of the same recording: any moment
                       between that many seconds ago and now (the reference was slower than you may be),
                       or, where recorded waits of 10 s and more lie between, at least so long ago
    {"$token": 60}     hexadecimal string of that length
    {"$bcrypt": 10}    bcrypt hash ($2y$, $2b$ or $2a$) of at least that cost
    {"$path": "tasks/1/"}  string that starts with the given text and goes on
    {"$any": "string"} any value of that JSON type

Inside a string ``{base}`` stands for the server's base URL, with its closing slash, and ``{token}`` for
32 or more hexadecimal digits.
Numbers compare by value (1 == 1.0), booleans only with booleans; object keys are
compared as a set, lists in order.
"""

from __future__ import annotations

import re

TOLERANCE_S = 8

_JSON_TYPES = {"string": str, "number": (int, float), "boolean": bool, "object": dict, "array": list}


def differences(expected, actual, *, base_url: str, now: float, waited: float = 0, where: str = "$") -> list[str]:
    """Return one line per place where ``actual`` departs from ``expected`` (empty: they match).

    ``now`` is the Unix time at which the request was sent, in seconds; ``waited`` the sum of the recorded
    waits of 10 seconds and more that came before it.
    """
    if isinstance(expected, dict) and len(expected) == 1:
        ((key, argument),) = expected.items()
        if key.startswith("$"):
            return _placeholder(key, argument, actual, now, waited, where)
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return [f"{where}: expected an object, got {_show(actual)}"]
        lines = [f"{where}.{key}: missing" for key in expected.keys() - actual.keys()]
        lines += [f"{where}.{key}: unexpected, {_show(actual[key])}" for key in actual.keys() - expected.keys()]
        for key in expected:
            if key in actual:
                lines += differences(
                    expected[key], actual[key], base_url=base_url, now=now, waited=waited, where=f"{where}.{key}"
                )
        return lines
    if isinstance(expected, list):
        if not isinstance(actual, list):
            return [f"{where}: expected an array, got {_show(actual)}"]
        lines = []
        if len(expected) != len(actual):
            lines.append(f"{where}: expected {len(expected)} items, got {len(actual)}")
        for index, (left, right) in enumerate(zip(expected, actual)):
            lines += differences(left, right, base_url=base_url, now=now, waited=waited, where=f"{where}[{index}]")
        return lines
    if isinstance(expected, str):
        expected = expected.replace("{base}", base_url)
        if "{token}" in expected and isinstance(actual, str):
            pattern = "[0-9a-f]{32,}".join(map(re.escape, expected.split("{token}")))
            return (
                [] if re.fullmatch(pattern, actual) else [f"{where}: expected {_show(expected)}, got {_show(actual)}"]
            )
    same_kind = isinstance(expected, bool) == isinstance(actual, bool)
    if same_kind and expected == actual and (expected is None) == (actual is None):
        return []
    return [f"{where}: expected {_show(expected)}, got {_show(actual)}"]


def _placeholder(key, argument, actual, now, waited, where):
    if key == "$time":
        ok = isinstance(actual, (int, float)) and not isinstance(actual, bool)
        latest = -min(waited, -argument) if -120 <= argument <= 0 else argument
        ok = ok and argument - TOLERANCE_S <= actual - now <= latest + TOLERANCE_S
    elif key == "$token":
        ok = isinstance(actual, str) and re.fullmatch(r"[0-9a-f]{%d}" % argument, actual) is not None
    elif key == "$bcrypt":
        found = isinstance(actual, str) and re.match(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$", actual)
        ok = bool(found) and int(found[1]) >= argument
    elif key == "$path":
        ok = isinstance(actual, str) and actual.startswith(argument) and len(actual) > len(argument)
    elif key == "$any":
        ok = isinstance(actual, _JSON_TYPES[argument]) and (argument == "boolean" or not isinstance(actual, bool))
    else:
        return [f"{where}: unknown placeholder {key}"]
    return [] if ok else [f"{where}: expected {key} {argument}, got {_show(actual)}"]


def _show(value) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
