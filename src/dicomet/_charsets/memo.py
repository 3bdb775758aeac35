"""Results kept for the next call, without `functools`, which costs more to import than it saves."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Result = TypeVar("Result")


def memo(
    maxsize: int,
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Decorate a function of hashable positional arguments; past `maxsize` it forgets all."""

    def decorate(function: Callable[..., Result]) -> Callable[..., Result]:
        kept: dict[tuple[object, ...], Result] = {}

        def remembered(*arguments: object) -> Result:
            try:
                return kept[arguments]
            except KeyError:
                if len(kept) >= maxsize:
                    kept.clear()
                # of threads that come here at once all get the first one's result
                return kept.setdefault(arguments, function(*arguments))

        return remembered

    return decorate
