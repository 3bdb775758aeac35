"""Which rectangles of an image are blanked: for all images, or by rules on what the header says. PS3.15 §E.3.1."""

from __future__ import annotations

import json
import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from dicomet._native.dictionary import keyword_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from dicomet.dataset import Dataset

_BLANK = "blank"


class Rectangle(NamedTuple):
    """Pixels from column `x` and row `y` on, counted from 0 at the top left; what lies outside the image is cut."""

    x: int
    y: int
    width: int
    height: int


def parse_rectangle(value: object) -> Rectangle:
    """A rectangle from ``"x,y,w,h"`` or four integers.

    Raises
    ------
    ValueError
        It is something else, or empty.
    """
    parts = value.split(",") if isinstance(value, str) else value
    try:
        numbers = [int(part) for part in parts]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != 4 or min(numbers[:2], default=-1) < 0 or min(numbers[2:], default=0) < 1:
        raise ValueError(f"{value!r} is no rectangle: want x,y,width,height in pixels")
    return Rectangle(*numbers)


class BlankRules:
    """Rectangles for every image, and rules that give some to images of a kind.

    Parameters
    ----------
    always : iterable of Rectangle
        For every image.
    rules : iterable of (mapping, iterable of Rectangle)
        Keywords with what their values must be (``*`` and ``?`` stand for other characters, case does not matter, one
        of several values is enough); the rectangles of every rule that holds are blanked. A rule without
        rectangles says that there is nothing to blank.
    """

    def __init__(
        self,
        always: Iterable[Rectangle] = (),
        rules: Iterable[tuple[Mapping[str, Any], Iterable[Rectangle]]] = (),
    ) -> None:
        self._always = tuple(always)
        self._rules = [(_patterns(match), tuple(rectangles)) for match, rectangles in rules]

    @classmethod
    def load(cls, path: str | os.PathLike[str], always: Iterable[Rectangle] = ()) -> BlankRules:
        """Rules of a TOML or JSON file: a list ``rule`` of tables with keywords, and ``blank`` with rectangles.

        Raises
        ------
        ValueError
            The file has another form.
        """
        name = os.fspath(path)
        with open(name, "rb") as file:
            if name.endswith(".json"):
                found = json.load(file)
            else:
                import tomllib

                found = tomllib.load(file)
        rules = found.get("rule") if isinstance(found, dict) else None
        if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
            raise ValueError(f"{name}: want a list 'rule' of tables")
        parsed = []
        for rule in rules:
            if not isinstance(rule.get(_BLANK), list):
                raise ValueError(f"{name}: a rule wants a list '{_BLANK}' of rectangles")
            match = {keyword: value for keyword, value in rule.items() if keyword != _BLANK}
            parsed.append((match, [parse_rectangle(one) for one in rule[_BLANK]]))
        return cls(always, parsed)

    def rectangles_for(self, ds: Dataset) -> tuple[Rectangle, ...] | None:
        """Rectangles of an image; empty where a rule says so, None where no rule is on it."""
        found = [rectangles for match, rectangles in self._rules if _holds(match, ds)]
        if not found and not self._always:
            return None
        return (*self._always, *(rectangle for rectangles in found for rectangle in rectangles))


def _patterns(match: Mapping[str, Any]) -> dict[str, list[str]]:
    for keyword in match:
        if not keyword_tag(keyword):
            raise ValueError(f"{keyword!r} is no keyword")
    return {
        keyword: [str(one).casefold() for one in (value if isinstance(value, list) else [value])]
        for keyword, value in match.items()
    }


def _holds(match: Mapping[str, list[str]], ds: Dataset) -> bool:
    for keyword, patterns in match.items():
        value = ds.get(keyword)
        values = [str(one).casefold() for one in (value if isinstance(value, tuple) else (value,)) if one is not None]
        if not any(fnmatchcase(one, pattern) for one in values for pattern in patterns):
            return False
    return True
