"""Private blocks: elements under a private creator. PS3.5 §7.8.1."""

from __future__ import annotations

from dicomet.element import DataElement
from dicomet.tags import BaseTag, Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dicomet.dataset import Dataset


class PrivateBlock:
    """The elements (gggg,xx00-xxFF) that one private creator reserved in a data set.

    Attributes
    ----------
    dataset : Dataset
    group : int
    private_creator : str
    block_start : int
        ``xx00``.
    """

    __slots__ = ("block_start", "dataset", "group", "private_creator")

    def __init__(self, dataset: Dataset, group: int, private_creator: str, block: int) -> None:
        self.dataset = dataset
        self.group = group
        self.private_creator = private_creator
        self.block_start = block << 8

    def get_tag(self, element_offset: int) -> BaseTag:
        """Tag of an element of the block by its last byte."""
        if not 0 <= element_offset <= 0xFF:
            raise ValueError("element offset of a private block must lie in 0..0xFF")
        return Tag(self.group, self.block_start + element_offset)

    def __contains__(self, element_offset: int) -> bool:
        return self.get_tag(element_offset) in self.dataset

    def __getitem__(self, element_offset: int) -> DataElement:
        return self.dataset[self.get_tag(element_offset)]

    def __delitem__(self, element_offset: int) -> None:
        del self.dataset[self.get_tag(element_offset)]

    def add_new(self, element_offset: int, VR: str, value: Any) -> None:
        """Put an element into the block."""
        self.dataset.add_new(self.get_tag(element_offset), VR, value)


def private_creators(ds: Dataset, group: int) -> dict[str, int]:
    """Private creators of a group with the block each reserves; of doubled ones the first."""
    if not group & 1:
        raise ValueError("private groups have odd numbers")
    found: dict[str, int] = {}
    for tag in ds.keys():  # noqa: SIM118
        if tag.group == group and 0x10 <= tag.element <= 0xFF:
            found.setdefault(str(ds[tag].value), tag.element)
    return found


def private_block(ds: Dataset, group: int, private_creator: str, create: bool) -> PrivateBlock:
    """The block of a private creator, reserved now if it is not and `create` is set."""
    if not private_creator:
        raise ValueError("a private creator has a name")
    blocks = private_creators(ds, group)
    if private_creator not in blocks:
        if not create:
            raise KeyError(f"private creator {private_creator!r} not found in group {group:04X}")
        free = next((b for b in range(0x10, 0x100) if Tag(group, b) not in ds), None)
        if free is None:
            raise KeyError(f"no free private block in group {group:04X}")
        ds.add_new(Tag(group, free), "LO", private_creator)
        blocks[private_creator] = free
    return PrivateBlock(ds, group, private_creator, blocks[private_creator])
