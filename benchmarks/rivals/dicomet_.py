"""dicomet: ``scan`` in bulk, ``dcmread`` and ``frames`` as its facade, the native index for structure alone."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import dicomet
from dicomet._native.index import Index
from dicomet._native.source import Source
from dicomet.deid import Deidentifier

from ..corpus import ATTRIBUTES
from . import files as shared
from . import images, models, table_work, written

TAG_COLUMN = 4  # of the eight 32-bit words of a row, see csrc/index.h
ITEM_GROUP = 0xFFFE


def _scan(files: Sequence[str], workers: int) -> list[Any]:
    return list(dicomet.scan(files, columns=ATTRIBUTES, workers=workers))


def headers(files: Sequence[str]) -> list[Any]:
    return _scan(files, 1)


def headers_two_threads(files: Sequence[str]) -> list[Any]:
    return _scan(files, 2)


def headers_work(batches: list[Any]) -> int:
    """Values that are there in the Arrow batches."""
    import pyarrow as pa

    columns = (
        pa.record_batch(batch).column(name).to_pylist() for batch in batches for name in ATTRIBUTES
    )
    return table_work(columns)


headers_two_threads_work = headers_work


def facade(files: Sequence[str]) -> list[list[Any]]:
    rows = []
    for path in files:
        dataset = dicomet.dcmread(path, stop_before_pixels=True)
        rows.append([getattr(dataset, name, None) for name in ATTRIBUTES])
    return rows


facade_work = table_work


def _index(folders: Sequence[str], output: str, workers: int) -> int:
    from dicomet.bulk.parquet import write_index

    write_index(folders[0], output, columns=ATTRIBUTES, workers=workers, rebuild=True)
    import pyarrow.parquet as pq

    return int(pq.read_metadata(output).num_rows)


def parquet(folders: Sequence[str], output: str) -> int:
    return _index(folders, output, 1)


def parquet_two_threads(folders: Sequence[str], output: str) -> int:
    return _index(folders, output, 2)


def structure_ready(path: str) -> tuple[Source]:
    return (Source.of(Path(path).read_bytes()),)


def structure(source: Source) -> Index:
    return Index.scan(source)


def structure_work(index: Index) -> int:
    """Data elements of the index, without the meta group and the items."""
    tags = np.frombuffer(index.table(), "<u4").reshape(-1, 8)[index.nmeta :, TAG_COLUMN]
    return int(np.count_nonzero(tags >> 16 != ITEM_GROUP))


def values(path: str) -> int:
    number = 0
    for element in dicomet.dcmread(path).iterall():
        _ = element.value
        number += 1
    return number


def arrays(path: str) -> list[Any]:
    return [
        contour["ContourData"].array
        for roi in dicomet.dcmread(path).ROIContourSequence
        for contour in roi.ContourSequence
    ]


def arrays_work(found: list[Any]) -> int:
    return sum(array.size for array in found)


def groups(path: str) -> int:
    return int(dicomet.dcmread(path, stop_before_pixels=True).NumberOfFrames)


def positions(path: str) -> list[Any]:
    from dicomet.pixels.groups import frame_attributes

    dataset = dicomet.dcmread(path, stop_before_pixels=True)
    return [*frame_attributes(dataset, ("ImagePositionPatient", "ImageOrientationPatient")).values()]


positions_work = arrays_work


def frame(path: str, number: int) -> Any:
    found = dicomet.dcmread(path).frames[number]
    images.touch(found)
    return found


frame_work = images.checksum


def frames(path: str, every: bool = False) -> int:
    return images.total(dicomet.dcmread(path).frames, every)


def clip(path: str) -> str:
    frames(path)
    return path


def clip_work(path: str) -> int:
    return images.right_rgb(dicomet.dcmread(path).frames, path)


def frames_by_two(path: str) -> int:
    return images.total(dicomet.dcmread(path).frames.iter(workers=2))


def frames_read(path: str) -> int:
    return images.total(dicomet.dcmread(path).frames.read())


def frames_read_by_two(path: str) -> int:
    return images.total(dicomet.dcmread(path).frames.read(workers=2))


def stream_ready(path: str) -> tuple[Any]:
    """A data set that is open, one frame decoded already."""
    dataset = dicomet.dcmread(path)
    _ = dataset.frames[0]
    return (dataset,)


def stream(dataset: Any) -> int:
    return images.total(dataset.frames.iter(workers=2))


def view_ready(small: str, large: str) -> tuple[Any]:
    return (dicomet.dcmread(small).frames,)


def view_large_ready(small: str, large: str) -> tuple[Any]:
    return (dicomet.dcmread(large).frames,)


def view(frames: Any) -> Any:
    return frames.view(5)


def view_work(found: Any) -> int:
    """One, if it is one."""
    return int(not found.flags.owndata and not found.flags.writeable)


view_large, view_large_work = view, view_work


def _decoded(files: Sequence[str]) -> Iterator[tuple[str, Any]]:
    return ((path, dicomet.dcmread(path).frames[0]) for path in files)


def decode(files: Sequence[str]) -> Sequence[str]:
    images.run(_decoded(files))
    return files


def decode_work(files: Sequence[str]) -> int:
    return images.right_nbytes(_decoded(files))


def decode_open_ready(files: Sequence[str]) -> tuple[list[tuple[str, Any]]]:
    """Data sets that are open, one frame decoded already."""
    opened = [(path, dicomet.dcmread(path)) for path in files]
    images.run((path, dataset.frames[0]) for path, dataset in opened)
    return (opened,)


def decode_open(opened: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    for _, dataset in opened:
        _ = dataset.frames[0]
    return opened


def decode_open_work(opened: list[tuple[str, Any]]) -> int:
    return images.right_nbytes((path, dataset.frames[0]) for path, dataset in opened)


def rewrite(path: str) -> str:
    dataset = dicomet.dcmread(path)
    for name, value in written.EDITS.items():
        setattr(dataset, name, value)
    dataset.save_as(written.target_of(path), sync=False)
    return path


rewrite_work = written.right_edits


def rewrite_large(path: str) -> str:
    dataset = dicomet.dcmread(path)
    dataset.PatientName = written.EDITS["PatientName"]
    dataset.save_as(written.target_of(path), sync=False)
    return path


rewrite_large_work = written.right_edits


def _transcode(path: str, transfer_syntax: str, workers: int) -> str:
    from dicomet.pixels.transcode import transcode_file

    transcode_file(path, written.target_of(path), transfer_syntax, workers=workers, sync=False)
    return path


def transcode(path: str, transfer_syntax: str) -> str:
    return _transcode(path, transfer_syntax, 1)


def transcode_by_two(path: str, transfer_syntax: str) -> str:
    return _transcode(path, transfer_syntax, 2)


transcode_work = transcode_by_two_work = written.right_frames


def _transcode_command(folder: str, workers: int) -> int:
    """Files written."""
    target = written.target_of(folder)
    command = [sys.executable, "-m", "dicomet", "transcode", "--workers", str(workers), "--to", "jpeg-ls"]
    subprocess.run([*command, folder, target], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    number = len(list(Path(target).iterdir()))
    shutil.rmtree(target)
    return number


def transcode_command(folder: str) -> int:
    return _transcode_command(folder, 1)


def transcode_command_by_two(folder: str) -> int:
    return _transcode_command(folder, 2)


def transcode_command_peak(folder: str) -> int:
    return validate_command_peak([])


transcode_command_by_two_peak = transcode_command_peak


def validated(files: Sequence[str]) -> int:
    return len([dicomet.validate(path) for path in files])


def validate_command(files: Sequence[str]) -> int:
    command = [sys.executable, "-m", "dicomet", "validate", "--workers", "1", *files]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return len(files)


def validate_command_peak(files: Sequence[str]) -> int:
    """Highest resident size of the processes so far in KiB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def deidentified(files: Sequence[str], output: str) -> int:
    made = Deidentifier(key=b"benchmark")
    for path in files:
        made.deidentify_file(path, os.path.join(output, os.path.basename(path)), sync=False)
    return len(files)


def start_ready() -> tuple[str]:
    return ("import dicomet",)


start, start_peak = shared.start, shared.start_peak


def json_text(path: str) -> str:
    return dicomet.dcmread(path).to_json()


def json_texts(files: Sequence[str]) -> list[str]:
    return [json_text(path) for path in files]


def json_in(text: str) -> Any:
    return dicomet.Dataset.from_json(text)


def xml_text(path: str) -> str:
    return dicomet.dcmread(path).to_xml()


def xml_in(text: str) -> Any:
    return dicomet.Dataset.from_xml(text)


json_text_work, json_texts_work, xml_text_work = models.json_work, models.json_works, models.xml_work
json_in_work = xml_in_work = models.data_set_work


def media(folder: str, output: str) -> int:
    from dicomet.media import FileSet

    made, _ = FileSet.create(folder, overwrite=True, sync=False)
    return len(made)


def media_copied(folder: str, output: str) -> int:
    from dicomet.media import FileSet

    made, _ = FileSet.create(folder, shared.fresh_folder(output), sync=False)
    return len(made)
