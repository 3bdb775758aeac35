"""Where a row of an index stands: path by keywords, offset, item, the character set in force. PS3.5 §7.5."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from dicomet._native.dictionary import tag_keyword
from dicomet._native.index import META, TOP
from dicomet._native.valuecheck import item_numbers
from dicomet.charset import character_set

if TYPE_CHECKING:
    from dicomet._native.index import Index
    from dicomet.charset import CharacterSet

_ITEM = 0xFFFEE000
_CHARACTER_SET = 0x00080005


class Places:
    """Paths and offsets in one index; what it takes to tell them is made when it is asked for."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._numbers: memoryview[int] | None = None
        self._prefixes: dict[int, str] = {TOP: ""}
        self._charsets: dict[int, CharacterSet] = {}

    def _number(self, item: int) -> int:
        if self._numbers is None:
            self._numbers = item_numbers(self.index)
        return self._numbers[item]

    def name(self, tag: int) -> str:
        """Keyword, or the tag in brackets."""
        return tag_keyword(tag) or f"({tag >> 16:04X},{tag & 0xFFFF:04X})"

    def prefix(self, container: int) -> str:
        """Path of what stands in an item, up to the name; "" at top level."""
        found = self._prefixes.get(container)
        if found is not None:
            return found
        way = []
        at = container
        while at != TOP and at not in self._prefixes:
            sequence = self.index.parent(at)
            if self.index.tag(at) == _ITEM:  # else a fragment, or something that stands where an item should
                way.append((at, f"{self.name(self.index.tag(sequence))}[{self._number(at)}]."))
            else:
                way.append((at, f"{self.name(self.index.tag(at))}."))
                sequence = at
            at = self.index.parent(sequence)
        text = self._prefixes.get(at, "")
        for item, part in reversed(way):
            text += part
            self._prefixes[item] = text
        return text

    def path(self, row: int) -> str:
        """Path of an element; of an item or fragment that of its sequence with its number."""
        tag = self.index.tag(row)
        if tag == _ITEM and self.index.parent(row) != TOP:
            return self.prefix(row).removesuffix(".")
        return self.prefix(self.index.parent(row)) + self.name(tag)

    def path_in(self, container: int, tag: int) -> str:
        """Path that an element would have in an item."""
        return self.prefix(container) + self.name(tag)

    def begin(self, container: int) -> int:
        """First byte of what stands in an item, or of the data set."""
        return self.index.body_offset if container == TOP else self.index.offset(container)

    def row_at(self, offset: int, tag: int) -> int | None:
        """The row of a tag whose header or value begins at a byte; None if there is none."""
        row = bisect_right(range(len(self.index)), offset, key=self._header) - 1
        return row if row >= 0 and self.index.tag(row) == tag else None

    def _header(self, row: int) -> int:
        return self.index.offset(row) - self.index.header_nbytes(row)

    def container(self, row: int) -> int:
        """Item that an element stands in, `TOP` or `META`."""
        return META if row < self.index.nmeta else self.index.parent(row)

    def character_set(self, container: int) -> CharacterSet:
        """Specific Character Set in force in an item. PS3.5 §6.1.2.3."""
        way = []
        at = container
        while at not in self._charsets:
            way.append(at)
            row = self.index.find(at, _CHARACTER_SET)
            if row != TOP and self.index.length(row):
                self._charsets[at] = character_set(bytes(self.index.view(row)))
            elif at in (TOP, META):
                self._charsets[at] = character_set(None)
            else:
                at = self.index.parent(self.index.parent(at))
        for one in way:
            self._charsets[one] = self._charsets[at]
        return self._charsets[at]
