"""Base of `Dataset` with its keyword attributes typed in the generated stub beside. PS3.6 §6."""


class KeywordAttributes:
    """Base of `Dataset`; its attributes are found by keyword at run time."""

    __slots__ = ()
