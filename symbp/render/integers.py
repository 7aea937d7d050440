"""JSON with integers of any length."""

from __future__ import annotations

import json
import re

from symbp.render.numerals import digits_of

_PLACE = re.compile(r'"\\u0000([0-9]+)"')
"""Where an integer is put in that is longer than Python prints; no other text here begins with a NUL."""

SHORT = 10**4000


def dumped(data: object) -> str:
    """`data` as JSON, ASCII only, with integers of any length; Python itself prints no more than 4300 digits."""
    long: list[int] = []
    text = json.dumps(_placed(data, long), indent=2)
    return _PLACE.sub(lambda found: digits_of(long[int(found[1])]), text)


def _placed(value: object, long: list[int]) -> object:
    match value:
        case dict():
            return {key: _placed(part, long) for key, part in value.items()}
        case list():
            return [_placed(part, long) for part in value]
        case int() if value >= SHORT:
            long.append(value)
            return f"\0{len(long) - 1}"
        case _:
            return value
