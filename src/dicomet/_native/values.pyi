"""Value bytes to builtins, by VR: the kinds of results. PS3.5 §6.2, §6.4.

`dicomet._native.index` decodes. It gives builtins, and a *kind* that says what is left to be done
by the layer above, where classes of the project and the context of the data set are known. The
kinds are plain `int`s.
"""

from typing import Any, Final

PLAIN: Final[int]
"""Nothing is left to be done: text, a number, bytes, or None for no value."""
LIST: Final[int]
"""A new list of text or of numbers, to become a `MultiValue`."""
PERSON_NAME: Final[int]
"""Text that becomes a `PersonName`. PS3.5 §6.2.1."""
PERSON_NAME_LIST: Final[int]
"""A list of such texts."""
UID: Final[int]
"""Text that becomes a `UID`."""
UID_LIST: Final[int]
"""A list of such texts."""
TAG: Final[int]
"""An integer 0xGGGGEEEE that becomes a tag (VR AT)."""
TAG_LIST: Final[int]
"""A list of such integers."""
CHARSET: Final[int]
"""The value's bytes, trimmed, not plain ASCII: Specific Character Set decides. PS3.5 §6.1."""
SEQUENCE: Final[int]
"""None: the items are children of the row, or are scanned by `Index.items`. PS3.5 §7.5."""
UNRESOLVED: Final[int]
"""None: the VR is one of several, or UN in an odd group; decode again with the one it is."""
PENDING: Final[int]
"""None: the scan stopped at encapsulated Pixel Data; decode again in `Index.full()`."""
MISSING: Final[int]
"""None: there is no such element."""

def set_classes(
    uid: type[str], person_name: type[str], multi_value: type[tuple[Any, ...]], tag: type[int]
) -> None:
    """Say what `View` and `ElementView` hand values out as; called once, by `dicomet.dataset`.

    Each class is made without calling its ``__new__``: it must have no state to set there.
    """
