"""Bulk reading of made files: values, statuses, order, threads, Arrow. PS3.10 §7.1."""

from __future__ import annotations

import os
import signal
import struct
import sys
import threading
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from made_files import Save, element, item, part10

from dicomet.bulk import ColumnError, scan

Values = dict[str, list[Any]]


def read(source: Any, columns: list[str], **options: Any) -> Values:
    merged: Values = {}
    for batch in scan(source, columns, **options):
        for name, values in batch.to_pydict().items():
            merged.setdefault(name, []).extend(values)
    return merged


def one(path: Path, *columns: str) -> list[Any]:
    values = read([path], list(columns))
    return [values[column][0] for column in columns]


def test_text_loses_its_padding(save: Save) -> None:
    path = save(
        "a",
        element(0x00080054, "AE", b"  STORE "),
        element(0x00080060, "CS", b"CT"),
        element(0x00080070, "LO", b"  ACME  "),
        element(0x00100020, "LO", b"\0\0"),
        element(0x00100010, "PN", b""),
    )
    names = ("RetrieveAETitle", "Modality", "Manufacturer", "PatientID", "PatientName", "StudyID")
    assert one(path, *names) == [["STORE"], "CT", "  ACME", None, None, None]


def test_numbers_that_do_not_parse_are_null(save: Save) -> None:
    path = save(
        "a",
        element(0x00180050, "DS", b" 2.50 "),
        element(0x00180088, "DS", b"two"),
        element(0x00200011, "IS", b"+7"),
        element(0x00200012, "IS", b"7.5"),
        element(0x00200013, "IS", b"12.0"),
        element(0x00200032, "DS", b"1\\\\-3e-1"),
        element(0x00280010, "US", struct.pack("<HH", 512, 7)),
        element(0x00280011, "US", b""),
    )
    names = ("SliceThickness", "SpacingBetweenSlices", "SeriesNumber", "AcquisitionNumber")
    assert one(path, *names) == [2.5, None, 7, None]
    names = ("InstanceNumber", "ImagePositionPatient", "Rows", "Columns")
    assert one(path, *names) == [12, [1.0, None, -0.3], 512, None]


def test_us_or_ss_follows_pixel_representation(save: Save) -> None:
    raw = struct.pack("<H", 0xFFFE)
    implicit = b"".join(
        struct.pack("<HHI", tag >> 16, tag & 0xFFFF, 2) + value
        for tag, value in ((0x00280103, b"\1\0"), (0x00280106, raw))
    )
    path = save("a", implicit, syntax="1.2.840.10008.1.2")
    assert one(path, "SmallestImagePixelValue") == [-2]
    path = save("b", implicit.replace(b"\1\0" + implicit[10:14], b"\0\0" + implicit[10:14]),
                syntax="1.2.840.10008.1.2")  # fmt: skip
    assert one(path, "SmallestImagePixelValue") == [0xFFFE]


def test_several_values_in_a_scalar_column(save: Save) -> None:
    path = save("a", element(0x00100020, "LO", b"A\\B "), element(0x00200013, "IS", b"1\\2"))
    assert one(path, "PatientID", "InstanceNumber") == ["A\\B", 1]


def test_nested_paths_and_items(save: Save) -> None:
    items = [item(element(0x00400009, "SH", name)) for name in (b"S1", b"S2")]
    path = save("a", element(0x00100020, "LO", b"X "), element(0x00400275, "SQ", b"".join(items)))
    names = [f"RequestAttributesSequence{n}.ScheduledProcedureStepID" for n in ("", "[1]", "[2]")]
    assert one(path, *names, "PatientID") == ["S1", "S2", None, "X"]


def test_private_elements_in_the_block_of_their_creator(save: Save) -> None:
    path = save(
        "a",
        element(0x00090010, "LO", b"OTHER"),
        element(0x00090011, "LO", b"ACME 1.0 "),
        element(0x00091020, "LO", b"wrong"),
        element(0x00091120, "LO", b"right"),
        element(0x00091121, "UN", b"3.25"),
        element(0x00091122, "UN", b"\x01\x02"),
        element(0x00091123, "FD", struct.pack("<2d", 1.5, 2.5)),
    )
    column = '(0009,"ACME 1.0",{})'.format
    assert one(path, column("20"), column("21"), column("21") + ":DS", column("22")) == [
        "right", "3.25", 3.25, None]  # fmt: skip
    assert one(path, column("23") + ":FD[]", '(0009,"NOBODY",20)') == [[1.5, 2.5], None]


def test_private_elements_within_items(save: Save) -> None:
    inner = element(0x00090010, "LO", b"INNER") + element(0x00091001, "DS", b"1.5")
    path = save(
        "a",
        element(0x00090010, "LO", b"INNER"),
        element(0x00090011, "LO", b"OUTER"),
        element(0x00091102, "SQ", item(b"") + item(inner)),
    )
    outer = '(0009,"OUTER",02)'
    columns = [f'{outer}[{n}].(0009,"INNER",01):DS' for n in (0, 1)]
    assert one(path, *columns) == [None, 1.5]


def test_tags_and_attribute_tags(save: Save) -> None:
    path = save("a", element(0x00280009, "AT", struct.pack("<4H", 0x18, 0x1063, 0x54, 0x10)))
    assert one(path, "FrameIncrementPointer", "(0028,0009)") == [["00181063", "00540010"]] * 2


@pytest.mark.parametrize(
    ("terms", "raw", "text"),
    [
        (b"ISO_IR 192", "Äneas^Rüdiger".encode(), "Äneas^Rüdiger"),
        (b"ISO_IR 100", b"\xc4neas^R\xfcdiger", "Äneas^Rüdiger"),
        (b"ISO_IR 144", "Люкceмбypг".encode("iso8859-5"), "Люкceмбypг"),
        (b"GB18030", "Wang^小东".encode("gb18030"), "Wang^小东"),
        (b"\\ISO 2022 IR 87", b"Yamada=\x1b$B;3ED\x1b(B", "Yamada=山田"),
        (b"", b"R\xfcdiger", "Rüdiger"),
        (b"ISO_IR 192", b"R\xfcdiger", "R�diger"),
    ],
)
def test_text_in_its_character_set(save: Save, terms: bytes, raw: bytes, text: str) -> None:
    path = save("a", element(0x00080005, "CS", terms), element(0x00100010, "PN", raw))
    assert read([path] * 3, ["PatientName"]) == {"PatientName": [text] * 3}


def test_items_have_or_inherit_their_character_set(save: Save) -> None:
    greek = "Διον".encode("iso8859-7")
    own = element(0x00080005, "CS", b"ISO_IR 126") + element(0x00400007, "LO", greek)
    inherited = element(0x00400007, "LO", b"\xc4")
    path = save(
        "a",
        element(0x00080005, "CS", b"ISO_IR 100"),
        element(0x00400275, "SQ", item(own) + item(inherited)),
    )
    steps = ("", "[1]")
    columns = [f"RequestAttributesSequence{n}.ScheduledProcedureStepDescription" for n in steps]
    assert one(path, *columns) == ["Διον", "Ä"]


def test_a_backslash_within_a_character_does_not_split(save: Save) -> None:
    name = "許功蓋".encode("gb18030") + b"\\" + "乗".encode("gb18030")
    path = save("a", element(0x00080005, "CS", b"GB18030"), element(0x00101001, "PN", name))
    assert one(path, "OtherPatientNames") == [["許功蓋", "乗"]]


def test_a_decoder_that_fails_ends_the_scan(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(value: bytes, vr: str, terms: bytes | None) -> str:
        raise KeyError("decoder")

    monkeypatch.setattr(sys.modules["dicomet.bulk.scan"], "decode_text", fail)
    path = save("a", element(0x00100010, "PN", b"R\xfcdiger"))
    with pytest.raises(KeyError, match="decoder"):
        read([path] * 500, ["PatientName"], workers=2)


DEFLATED = "1.2.840.10008.1.2.1.99"


@pytest.mark.parametrize("wbits", [-15, 15])
def test_deflated_files_are_inflated(save: Save, wbits: int) -> None:
    long = element(0x00091010, "UT", os.urandom(300_000).hex().encode())
    body = element(0x00090010, "LO", b"ACME") + long + element(0x00100020, "LO", b"X1")
    deflater = zlib.compressobj(wbits=wbits)
    path = save("a", deflater.compress(body) + deflater.flush(), syntax=DEFLATED)
    assert one(path, "PatientID", "status", "transfer_syntax") == ["X1", "ok", DEFLATED]
    cut = path.with_name("cut")
    cut.write_bytes(path.read_bytes()[:-100_000])
    assert one(cut, "PatientID", "status") == [None, "truncated"]


def test_a_deflate_bomb_is_not_unpacked(save: Save) -> None:
    deflater = zlib.compressobj(9, wbits=-15)
    bomb = struct.pack("<HH2sHI", 9, 0x1010, b"UN", 0, 0xFFFFFFFF)
    pieces = [deflater.compress(element(0x00080060, "CS", b"CT") + bomb)]
    pieces += [deflater.compress(bytes(1 << 20)) for _ in range(100)]
    path = save("a", b"".join(pieces), deflater.flush(), syntax=DEFLATED)
    assert path.stat().st_size < 1_000_000
    assert one(path, "PatientID", "status") == [None, "not_inflated"]


def test_damaged_deflate_is_a_status(save: Save) -> None:
    path = save("a", b"\xff" * 200, syntax=DEFLATED)
    assert one(path, "PatientID", "status") == [None, "not_inflated"]


def test_large_values_are_stepped_over(save: Save, tmp_path: Path) -> None:
    path = save("a", element(0x00090010, "LO", b"ACME"))
    huge = struct.pack("<HH2sHI", 9, 0x1010, b"OB", 0, 1 << 30)
    end = element(0x00100020, "LO", b"X1") + element(0x00280010, "US", b"\1\0")
    with path.open("ab") as file:
        file.write(huge)
        file.truncate(file.tell() + (1 << 30))  # a hole in the file
        file.seek(0, 2)
        file.write(end)
    names = ("PatientID", "Rows", "size", "status")
    assert one(path, *names) == ["X1", 1, path.stat().st_size, "ok"]


def test_a_column_behind_16_kib_is_found(save: Save) -> None:
    parts = [element(0x00090010, "LO", b"ACME")]
    parts += [element(0x00091000 + i, "LO", b"x" * 60) for i in range(0x10, 0xFF)] * 5
    path = save("a", *parts, element(0x00100020, "LO", b"X1"))
    assert one(path, "PatientID", "status") == ["X1", "ok"]


def test_failures_are_rows(save: Save, tmp_path: Path) -> None:
    good = save("good", element(0x00100020, "LO", b"X1"))
    cut = tmp_path / "cut"
    whole = good.read_bytes()
    cut.write_bytes(whole[:-1])
    text = tmp_path / "text"
    text.write_bytes(b"hello world" * 50)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").write_bytes(b"")
    names = ["good", "cut", "text", "pipe", "empty", "missing", "", "good"]
    values = read(
        [tmp_path / name for name in names] + ["/dev/null", "x" * 5000],
        ["PatientID", "status", "status_offset", "size"],
    )
    assert values["status"] == [
        "ok", "truncated", "not_dicom", "not_regular", "not_dicom", "not_found", "not_regular",
        "ok", "not_regular", "not_found"]  # fmt: skip
    assert values["PatientID"] == ["X1", None, None, None, None, None, None, "X1", None, None]
    n = len(whole)
    assert values["status_offset"] == [None, n - 10, 0, None, 0, None, None, None, None, None]
    assert values["size"] == [n, n - 1, 550, None, 0, None, None, n, None, None]


def test_nesting_without_end_is_a_status(save: Save) -> None:
    opening = struct.pack("<HH2sHI", 0x40, 0x275, b"SQ", 0, 0xFFFFFFFF)
    opening += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    path = save("a", element(0x00100020, "LO", b"X1"), opening * 100_000)
    column = "RequestAttributesSequence.ScheduledProcedureStepID"
    assert one(path, "PatientID", column, "status") == ["X1", None, "too_deep"]


def test_every_truncation_is_a_row(save: Save, tmp_path: Path) -> None:
    inner = item(element(0x00400009, "SH", b"S1")) + item(element(0x00400007, "LO", b"text"))
    whole = part10(element(0x00100020, "LO", b"X1"), element(0x00400275, "SQ", inner))
    paths = []
    for n in range(len(whole)):
        paths.append(tmp_path / f"{n:04d}")
        paths[-1].write_bytes(whole[:n])
    columns = ["RequestAttributesSequence.ScheduledProcedureStepID", "PatientID", "status"]
    values = read(paths, columns)
    assert set(values["status"]) <= {"ok", "truncated", "not_dicom"}
    ids = [n for n, value in enumerate(values["PatientID"]) if value]
    assert ids == list(range(ids[0], len(whole)))
    assert set(values["PatientID"][ids[0] :]) == {"X1"}


def test_rows_are_in_the_order_of_the_paths(save: Save) -> None:
    paths = [save(f"{i:03d}", element(0x00200013, "IS", b"%d" % i)) for i in range(500)]
    paths = paths[::-1] + paths[::3] + paths
    want = {"path": [str(p) for p in paths], "InstanceNumber": [int(p.name) for p in paths]}
    for workers in (1, 2, 5):
        for batch_rows in (1000, 77):
            options = {"workers": workers, "batch_rows": batch_rows}
            assert read(iter(paths), ["path", "InstanceNumber"], **options) == want


def test_a_folder_is_walked(save: Save, tmp_path: Path) -> None:
    save("b/1", element(0x00100020, "LO", b"B1"))
    save("a/2", element(0x00100020, "LO", b"A2"))
    assert read(tmp_path, ["PatientID"]) == {"PatientID": ["A2", "B1"]}
    assert read(str(tmp_path / "b" / "1"), ["PatientID"]) == {"PatientID": ["B1"]}
    assert read([], ["PatientID"]) == {}


def test_paths_of_any_bytes(save: Save, tmp_path: Path) -> None:
    plain = save("ä/1", element(0x00100020, "LO", b"A1"))
    name = os.fsencode(tmp_path) + b"/\xe4\xff"
    os.link(plain, name)
    values = read([name, os.fsdecode(name), plain], ["path", "status"])
    escaped = f"{tmp_path}/\\xe4\\xff"
    assert values == {"path": [escaped, escaped, str(plain)], "status": ["ok"] * 3}
    assert escaped in read(tmp_path, ["path"])["path"]
    for wrong in ("a\0b", b"a\0b"):
        with pytest.raises(ValueError, match="null"):
            read([wrong], ["path"])
    with pytest.raises(TypeError):
        read([7], ["path"])


def test_size_and_time_are_those_of_the_file(save: Save) -> None:
    path = save("a", element(0x00100020, "LO", b"X1"))
    for ns in (1_500_000_000_123_456_789, -1):
        os.utime(path, ns=(0, ns))
        assert one(path, "size", "mtime") == [path.stat().st_size, ns // 1000]


def test_batches_go_to_arrow_without_copying(save: Save) -> None:
    paths = [save(f"{i}", element(0x00080008, "CS", b"A\\B"), element(0x00200013, "IS", b"%d" % i))
             for i in range(5)]  # fmt: skip
    columns = ["path", "mtime", "ImageType", "InstanceNumber", "PixelSpacing", "status_offset"]
    (native,) = scan(paths, columns)
    assert (len(native), native.num_rows, native.num_columns) == (5, 5, 6)
    assert native.column_names == columns
    with pytest.raises(IndexError):
        native.column(6)
    batch = pa.record_batch(native)
    again = pa.record_batch(native)
    values = native.to_pydict()
    numbers = pa.record_batch(native).column("ImageType")
    del native
    batch.validate(full=True)
    assert batch.equals(again)
    assert numbers.to_pylist() == [["A", "B"]] * 5
    del values["mtime"]
    assert batch.drop_columns(["mtime"]).to_pydict() == values
    assert batch.schema.types == [
        pa.large_string(), pa.timestamp("us"), pa.large_list(pa.large_string()), pa.int64(),
        pa.large_list(pa.float64()), pa.int64()]  # fmt: skip
    assert batch.column("PixelSpacing").null_count == 5
    address = [b.address for b in batch.column("InstanceNumber").buffers() if b]
    assert address == [b.address for b in again.column("InstanceNumber").buffers() if b]


def test_a_scan_is_an_arrow_stream(save: Save) -> None:
    paths = [save(f"{i}", element(0x00200013, "IS", b"%d" % i)) for i in range(10)]
    table = pa.table(scan(paths, ["InstanceNumber"], batch_rows=3))
    assert table["InstanceNumber"].to_pylist() == list(range(10))
    assert table["InstanceNumber"].num_chunks == 4
    reader = pa.RecordBatchReader.from_stream(scan([7], ["path"]))  # type: ignore[list-item]
    assert reader.schema.names == ["path"]
    with pytest.raises(OSError, match="TypeError"):
        reader.read_all()
    assert pa.table(scan([], ["path"])).num_rows == 0
    assert pa.schema(scan([], ["path"])).names == ["path"]


def test_a_closed_scan_ends(save: Save) -> None:
    path = save("a", element(0x00200013, "IS", b"1"))
    with scan([path] * 10, ["path"], batch_rows=2) as batches:
        assert len(next(batches)) == 2
    assert list(batches) == []


def test_closing_gives_up_a_batch_in_another_thread(save: Save) -> None:
    path = save("a", element(0x00200013, "IS", b"1"))
    batches = scan([path] * 2_000_000, ["path"], batch_rows=2_000_000, workers=1)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            next(batches)
        except RuntimeError as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    batches.close()
    thread.join(60)
    assert not thread.is_alive()
    assert not failed or "cancelled" in str(failed[0])


def test_a_signal_ends_a_batch(save: Save) -> None:
    path = save("a", element(0x00200013, "IS", b"1"))
    batches = scan([path] * 2_000_000, ["path"], batch_rows=2_000_000)

    def handler(number: int, frame: object) -> None:
        raise InterruptedError("alarm")

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.8)
        with pytest.raises(InterruptedError, match="alarm"):
            next(batches)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_wrong_arguments_are_refused_at_once() -> None:
    with pytest.raises(ColumnError):
        scan([], ["NoSuchKeyword"])
    with pytest.raises(ValueError, match="batch_rows"):
        scan([], batch_rows=0)
    with pytest.raises(ValueError, match="workers"):
        scan([], workers=0)
