"""``dicomet demo``: the main job on real files that are here already, without any download."""

from __future__ import annotations

import itertools
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from dicomet.cli.dump import lines_of_file
from dicomet.cli.terminal import Paint, has_colours, printable, say_error

_SAMPLES = {  # of which distribution: import name and folders
    "pydicom": ("pydicom", ("data/test_files", "data/charset_files")),
    "pydicom-data": ("data_store", ("data",)),
}
_SHOWN_FILE = "CT_small.dcm"
_SHOWN_LINES = 24

_QUERIES = (
    """SELECT Modality, count(*) AS files, count(DISTINCT SeriesInstanceUID) AS series,
       count(DISTINCT transfer_syntax) AS transfer_syntaxes
FROM dicom WHERE status = 'ok' GROUP BY Modality ORDER BY files DESC, Modality LIMIT 8""",
    r"""SELECT DISTINCT PatientName FROM dicom
WHERE regexp_matches(PatientName, '[^\x00-\x7F]') ORDER BY PatientName LIMIT 6""",
    """SELECT SeriesDescription, count(*) AS slices, any_value(Rows) AS n_rows,
       any_value(Columns) AS n_columns, any_value(PixelSpacing) AS spacing_mm,
       min(ImagePositionPatient[3]) AS lowest_mm, max(ImagePositionPatient[3]) AS highest_mm
FROM dicom WHERE len(ImagePositionPatient) = 3
GROUP BY SeriesInstanceUID, SeriesDescription ORDER BY slices DESC, lowest_mm LIMIT 4""",
    """SELECT status, count(*) AS files, min(parse_filename(path)) AS one_of_them
FROM dicom WHERE status <> 'ok' GROUP BY status ORDER BY files DESC""",
)


def demo(output: str | None = None) -> int:
    """Index the sample files twice, ask the index some questions, decode every frame, dump a file.

    Parameters
    ----------
    output : str, optional
        Folder where the index stays; a temporary one unless told.

    Returns
    -------
    int
        0; 2 if there are no sample files.
    """
    folders = sample_folders()
    if not folders:
        say_error("no sample files are installed; get them with: pip install 'dicomet[demo]'")
        return 2
    paint = Paint(has_colours(sys.stdout))
    names = [f"{name} {version(name)}" for name in folders]
    print(paint.title(f"Sample files of {' and '.join(names)}"))
    found = [str(folder) for each in folders.values() for folder in each]
    with _folder(output) as folder:
        index = os.path.join(folder, "index.parquet")
        status = _index_twice(found, index, paint)
        if status:
            return status
        for sql in _QUERIES:
            status = _query(index, sql, paint)
            if status:
                return status
    _decode(found, paint)
    file = next(path for each in found if (path := Path(each, _SHOWN_FILE)).is_file())
    _dump_head(str(file), paint)
    kept = f"The index is {printable(index)}" if output else "Keep the index with -o FOLDER"
    print(f"\nDone: indexed twice, {len(_QUERIES)} queries, all frames decoded, 1 dump. {kept}.")
    return 0


def sample_folders() -> dict[str, list[Path]]:
    """Folders of sample files by distribution. Looks where packages lie, imports none of them."""
    found: dict[str, list[Path]] = {}
    for name, (module, folders) in _SAMPLES.items():
        spec = find_spec(module)
        for root in (spec.submodule_search_locations or ()) if spec is not None else ():
            there = [path for folder in folders if (path := Path(root, folder)).is_dir()]
            if there:
                found.setdefault(name, []).extend(there)
    return found


@contextmanager
def _folder(output: str | None) -> Iterator[str]:
    if output is not None:
        os.makedirs(output, exist_ok=True)
        yield output
        return
    with tempfile.TemporaryDirectory(prefix="dicomet-demo-") as folder:
        yield folder


def _index_twice(folders: list[str], output: str, paint: Paint) -> int:
    from dicomet.bulk.columns import DEFAULT_COLUMNS
    from dicomet.cli.index import index, make_index

    _say_command(paint, "index", *folders, "-o", output)
    status = index(folders, output, columns=DEFAULT_COLUMNS, rebuild=True)
    if status == 0:
        again = make_index(folders, output, columns=DEFAULT_COLUMNS)
        read = again.new + again.changed
        print(
            f"\nThe same once more: {read} files read, {again.reused} rows reused, "
            f"{again.seconds:.2f} seconds"
        )
    return status


def _query(index: str, sql: str, paint: Paint) -> int:
    from dicomet.cli.query import query

    _say_command(paint, "query", index, sql)
    return query(index, sql)


def _decode(folders: list[str], paint: Paint) -> None:
    from dicomet.cli.demo_frames import decode_all, print_tallies

    print("\n" + paint.title("for frame in dicomet.dcmread(path).frames: ...   # every file, every frame"))
    paths = sorted(str(path) for folder in folders for path in Path(folder).rglob("*") if path.is_file())
    print_tallies(decode_all(paths))


def _dump_head(file: str, paint: Paint) -> None:
    from dicomet.reader import dcmread

    _say_command(paint, "dump", file)
    with dcmread(file) as ds:
        for line in itertools.islice(lines_of_file(ds, file, paint), _SHOWN_LINES):
            print(line)
    print("...")


def _say_command(paint: Paint, *words: str) -> None:
    quoted = " ".join(f'"{word}"' if "\n" in word else shlex.quote(word) for word in words)
    print("\n" + paint.title(f"$ dicomet {quoted}"))
