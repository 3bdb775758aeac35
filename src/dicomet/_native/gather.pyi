"""Bulk reading: paths to Arrow record batches on native threads."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Self, TypeAlias

_Value: TypeAlias = str | int | float | None

MAX_NSTEPS: int
"""Longest path of a column: sequences and the element."""

STATUSES: tuple[str, ...]
"""Everything that a ``status`` column can say; the first is ``"ok"``."""

class Schema:
    """Columns as native code has them.

    Parameters
    ----------
    specs : iterable of tuple
        (name, source, type, is_list, vr, steps) each, steps being (tag, item, creator) tuples; see
        `dicomet.bulk.columns.Column` for their meaning.

    Attributes
    ----------
    names : tuple of str
    """

    def __new__(
        cls,
        specs: Iterable[
            tuple[str, str, str, bool, str, Sequence[tuple[int, int, str | None]]]
        ],
    ) -> Self: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    def __arrow_c_schema__(self) -> object: ...

class RecordBatch:
    """Rows of a bulk read, in memory that is never changed and shared with whoever takes it.

    Handed out without copying by ``__arrow_c_array__``, as often as wanted. Text has type
    large_utf8, lists are large_list, times are timestamp[us] without zone, in UTC.
    """

    @property
    def schema(self) -> Schema: ...
    @property
    def num_rows(self) -> int: ...
    @property
    def num_columns(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def column(self, key: int | str) -> list[_Value | list[_Value]]:
        """Values of a column as Python objects; times are int microseconds since 1970 UTC.

        Raises
        ------
        IndexError, ValueError
            If there is no such column.
        """

    def to_pydict(self) -> dict[str, list[_Value | list[_Value]]]:
        """All columns as Python objects."""

    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...

class Gatherer:
    """Reads headers of files on native threads, batch after batch.

    Parameters
    ----------
    schema : Schema
    workers : int
        Threads at most, the calling one counted.
    decode : callable
        (raw value, VR, raw Specific Character Set or None) to text; called for text that is neither
        ASCII nor plain UTF-8 or Latin-1.
    inflate : callable
        (path, offset of the body, bytes wanted) to (bytes, whether the body ends with them), or
        None if it cannot be inflated.
    """

    def __new__(
        cls,
        schema: Schema,
        workers: int,
        decode: Callable[[bytes, str, bytes | None], str],
        inflate: Callable[[str, int, int], tuple[bytes, bool] | None],
    ) -> Self: ...
    @property
    def schema(self) -> Schema: ...
    def run(self, paths: Iterable[object]) -> RecordBatch:
        """Read files; row i is path i. The GIL is released meanwhile.

        Raises
        ------
        ValueError
            For a path with a null character.
        RuntimeError
            After `cancel`, or while another thread runs it.
        MemoryError
        """

    def cancel(self) -> None:
        """Give up what is being read, in another thread perhaps, and everything after it."""

def stream_capsule(schema: Schema, batches: Iterator[RecordBatch]) -> object:
    """An ``arrow_array_stream`` capsule that takes its batches from an iterator."""
