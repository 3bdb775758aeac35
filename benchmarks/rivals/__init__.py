"""One adapter a library, all with the same functions, each the fastest sensible use of its library.

``headers(files)``, ``facade(files)`` and ``parquet(folders, output)`` read the twelve attributes
of `benchmarks.corpus.ATTRIBUTES`; ``structure(source)`` finds every element; ``values(path)``
turns every value of every element into what the library gives; ``arrays(path)`` reads the contour
data of a structure set as arrays; ``groups(path)`` opens a header. ``frame(path, number)`` gives one
frame, ``frames(path)`` looks at all of them one after another, ``decode(files)`` decodes single images,
``clip(path)`` gives RGB. ``validated(files)`` and ``validate_command(files)`` check files
against the standard; ``media(folder, output)`` and ``media_copied`` make a file-set; ``deidentified(files, folder)``
writes files without what identifies anybody. Each returns how much it did
(values that are there, elements, numbers), directly or through ``<function>_work(result)``, which
is not timed, as ``<function>_ready(*arguments)`` before it is not. A function that a library
cannot offer is missing.
"""

from collections.abc import Iterable


def present(values: Iterable[object]) -> int:
    """How many values are there: neither missing nor empty."""
    return sum(1 for value in values if value is not None and value not in ("", b"", []))


def table_work(rows: Iterable[Iterable[object]]) -> int:
    """Values that are there in a table."""
    return sum(present(row) for row in rows)
