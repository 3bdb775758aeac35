"""`ds.frames`: counting, single frames, slices, iteration, views, raw bytes, spans, arrays given by the caller."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import numpy as np
import pytest
from build import BE, BIG, GE_PRIVATE, ILE
from corpus import real_file
from made import encapsulated, header, native, ramp

import dicomet
from dicomet._native import rle
from dicomet.errors import PixelDataError, PixelDataMissing, SourceClosed, UnsupportedError

RLE = "1.2.840.10008.1.2.5"
ROWS, COLUMNS, N = 20, 30, 7
STACK = np.stack([ramp(ROWS, COLUMNS, seed=i) for i in range(N)])


def rle_frame(array: np.ndarray) -> bytes:
    samples = array.shape[2] if array.ndim == 3 else 1
    return rle.encode(
        array, rows=array.shape[0], columns=array.shape[1], samples=samples, sample_nbytes=array.itemsize
    )


NATIVE_FILE = native(header(ROWS, COLUMNS, frames=N, stored=12), STACK.tobytes())
RLE_FILE = encapsulated(header(ROWS, COLUMNS, frames=N, stored=12), [rle_frame(f) for f in STACK], RLE)
BOTH = pytest.mark.parametrize("data", [NATIVE_FILE, RLE_FILE], ids=["native", "rle"])


@BOTH
def test_frames_are_counted_and_indexed(data: bytes) -> None:
    frames = dicomet.dcmread(data).frames
    assert len(frames) == N
    assert frames.shape == (N, ROWS, COLUMNS)
    assert frames.dtype == np.uint16
    for i in (0, 3, N - 1, -1, -N):
        assert np.array_equal(frames[i], STACK[i])
    for i in (N, -N - 1, 1 << 40):
        with pytest.raises(IndexError):
            frames[i]


@BOTH
def test_slices_are_arrays(data: bytes) -> None:
    frames = dicomet.dcmread(data).frames
    assert np.array_equal(frames[1:6:2], STACK[1:6:2])
    assert np.array_equal(frames[::-1], STACK[::-1])
    assert frames[3:3].shape == (0, ROWS, COLUMNS)


@BOTH
@pytest.mark.parametrize("workers", [None, 1, 2, 3, 20])
def test_iteration_is_in_order_whatever_the_workers(data: bytes, workers: int | None) -> None:
    frames = dicomet.dcmread(data).frames
    assert np.array_equal(np.stack(list(frames.iter(workers=workers))), STACK)
    wanted = [5, 0, 5, -1]
    assert np.array_equal(np.stack(list(frames.iter(wanted, workers, 3))), STACK[wanted])
    assert np.array_equal(frames.read(workers=workers), STACK)


def test_iteration_left_early_ends_its_threads() -> None:
    before = threading.active_count()
    for frame in dicomet.dcmread(RLE_FILE).frames.iter(workers=2):
        assert np.array_equal(frame, STACK[0])
        break
    gc.collect()
    assert threading.active_count() == before


def test_an_error_comes_up_where_its_frame_would() -> None:
    broken = [rle_frame(f) for f in STACK]
    broken[2] = b"\1\0\0\0" + bytes(60)
    frames = dicomet.dcmread(encapsulated(header(ROWS, COLUMNS, frames=N), broken, RLE)).frames
    for workers in (None, 2):
        each = frames.iter(workers=workers)
        assert np.array_equal(next(each), STACK[0])
        assert np.array_equal(next(each), STACK[1])
        with pytest.raises(PixelDataError, match="frame 2") as caught:
            next(each)
        assert caught.value.offset == frames.spans(2)[0][0]
    with pytest.raises(PixelDataError):
        frames.read(workers=2)


def test_native_frames_are_views_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "native.dcm"
    path.write_bytes(NATIVE_FILE)
    frames = dicomet.dcmread(path).frames
    for frame in (frames[4], frames.view(4), frames.view(-3)):
        assert np.array_equal(frame, STACK[4])
        assert not frame.flags.writeable
        assert frame.base is not None
        assert not frame.flags.owndata
    assert frames.read([4]).flags.writeable


def test_compressed_frames_are_new_arrays() -> None:
    frames = dicomet.dcmread(RLE_FILE).frames
    first, again = frames[0], frames[0]
    first[:] = 0
    assert np.array_equal(again, STACK[0])
    with pytest.raises(UnsupportedError):
        frames.view(0)


def test_views_keep_the_file_and_closing_ends_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "native.dcm"
    path.write_bytes(NATIVE_FILE)
    ds = dicomet.dcmread(path)
    frames, view = ds.frames, ds.frames.view(2)
    ds.close()
    assert np.array_equal(view, STACK[2])
    with pytest.raises(SourceClosed):
        frames[0]


def test_frames_outlive_the_data_set() -> None:
    frames = dicomet.dcmread(RLE_FILE).frames
    gc.collect()
    assert np.array_equal(frames[1], STACK[1])


@BOTH
def test_read_fills_what_it_is_given(data: bytes) -> None:
    frames = dicomet.dcmread(data).frames
    out = np.zeros((2, ROWS, COLUMNS), np.uint16)
    assert frames.read([6, 1], out) is out
    assert np.array_equal(out, STACK[[6, 1]])
    for wrong in (
        np.zeros((3, ROWS, COLUMNS), np.uint16),
        np.zeros((2, ROWS, COLUMNS), np.int16),
        np.zeros((2, ROWS, COLUMNS), ">u2"),
        np.zeros((2, COLUMNS, ROWS), np.uint16).transpose(0, 2, 1),
    ):
        with pytest.raises(ValueError, match="out must be"):
            frames.read([6, 1], wrong)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="out must be"):
        frames.read([6, 1], out)


def test_spans_and_raw_are_the_bytes_in_the_file() -> None:
    for data in (NATIVE_FILE, RLE_FILE):
        frames = dicomet.dcmread(data).frames
        for i in range(N):
            ((offset, nbytes),) = frames.spans(i)
            assert bytes(frames.raw(i)) == data[offset : offset + nbytes]
    assert bytes(dicomet.dcmread(NATIVE_FILE).frames.raw(3)) == STACK[3].tobytes()


def test_fragments_are_joined_only_if_there_are_several() -> None:
    encoded = [rle_frame(f) for f in STACK]
    whole = [e + b"\0" * (len(e) % 2) for e in encoded]
    split = [[e[:64], e[64:200], e[200:]] if len(e) > 200 else [e] for e in whole]
    data = encapsulated(header(ROWS, COLUMNS, frames=N), split, RLE)
    frames = dicomet.dcmread(data).frames
    assert len(frames.spans(0)) == 3
    assert bytes(frames.raw(0)) == whole[0]
    assert b"".join(data[o : o + n] for o, n in frames.spans(0)) == whole[0]
    assert np.array_equal(frames.read(), STACK)
    assert not frames.findings


@pytest.mark.parametrize("width", [30, 31])
def test_one_bit_frames_need_not_begin_at_a_byte(width: int) -> None:
    rng = np.random.default_rng(width)
    bits = rng.integers(0, 2, (5, 7, width), np.uint8)
    pixels = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    frames = dicomet.dcmread(native(header(7, width, allocated=1, frames=5), pixels, vr="OB")).frames
    assert frames.dtype == np.uint8
    assert np.array_equal(frames.read(), bits)
    for i in (4, 0, 2):
        assert np.array_equal(frames[i], bits[i])


def test_big_endian_reads_native_and_views_as_it_stands() -> None:
    head = header(ROWS, COLUMNS, frames=N, stored=12, enc=BE)
    data = native(head, STACK.astype(">u2").tobytes(), BIG, enc=BE)
    frames = dicomet.dcmread(data).frames
    assert frames[2].dtype.isnative
    assert np.array_equal(frames[2], STACK[2])
    assert frames.view(2).dtype == np.dtype(">u2")
    assert np.array_equal(frames.view(2), STACK[2])


def test_eight_bits_in_big_endian_words_are_swapped_back() -> None:
    """PS3.5 §A.3: OW is words, the first sample in the low byte."""
    pixels = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
    stored = (pixels.tobytes() + b"\0")[: pixels.size + pixels.size % 2]
    swapped = np.frombuffer(stored, "<u2").astype(">u2").tobytes()
    data = native(header(5, 3, allocated=8, frames=3, enc=BE), swapped, BIG, vr="OW", enc=BE)
    frames = dicomet.dcmread(data).frames
    assert np.array_equal(frames.read(), pixels)
    assert np.array_equal(frames[1], pixels[1])
    plain = native(header(5, 3, allocated=8, frames=3, enc=BE), stored, BIG, vr="OB", enc=BE)
    assert np.array_equal(dicomet.dcmread(plain).frames.read(), pixels)


def test_ge_private_pixels_are_big_endian_in_a_little_endian_file() -> None:
    head = header(ROWS, COLUMNS, frames=N, stored=12, enc=ILE)
    data = native(head, STACK.astype(">u2").tobytes(), GE_PRIVATE, enc=ILE)
    frames = dicomet.dcmread(data).frames
    assert np.array_equal(frames.read(), STACK)
    assert np.array_equal(frames.view(3), STACK[3])


def test_colour_by_plane_comes_by_pixel() -> None:
    rgb = ramp(9, 11, 3, dtype="u1", bits=8)
    data = native(header(9, 11, samples=3, allocated=8, planar=1), np.moveaxis(rgb, 2, 0).tobytes())
    frames = dicomet.dcmread(data).frames
    assert np.array_equal(frames[0], rgb)
    assert frames[0].flags.c_contiguous
    view = frames.view(0)
    assert view.shape == (9, 11, 3)
    assert np.array_equal(view, rgb)


@pytest.mark.parametrize(("tag", "vr", "kind"), [(0x7FE00008, "OF", "f4"), (0x7FE00009, "OD", "f8")])
def test_float_pixels_are_floats(tag: int, vr: str, kind: str) -> None:
    from build import LE, part10

    pixels = np.linspace(-1, 1, 2 * 4 * 6).reshape(2, 4, 6).astype(kind)
    bits = 8 * pixels.itemsize
    data = part10(header(4, 6, allocated=bits, frames=2) + LE.element(tag, vr, pixels.tobytes()))
    frames = dicomet.dcmread(data).frames
    assert frames.dtype == np.dtype(kind)
    assert np.array_equal(frames.read(), pixels)
    assert np.array_equal(frames.view(1), pixels[1])


@pytest.mark.parametrize("bits", [4, 10, 12, 24, 40])
def test_cells_of_any_width_are_read(bits: int) -> None:
    rng = np.random.default_rng(bits)
    values = rng.integers(0, 1 << min(bits, 62), (3, 5, 6), np.uint64)
    cells = (values[..., None] >> np.arange(bits, dtype=np.uint64) & 1).astype(np.uint8)
    pixels = np.packbits(cells.reshape(-1), bitorder="little").tobytes()
    frames = dicomet.dcmread(native(header(5, 6, allocated=bits, frames=3), pixels)).frames
    assert np.array_equal(frames.read(), values)
    assert np.array_equal(frames[1], values[1])


def test_layout_says_what_the_header_does() -> None:
    layout = dicomet.dcmread(NATIVE_FILE).frames.layout
    assert (layout.rows, layout.columns, layout.samples) == (ROWS, COLUMNS, 1)
    assert (layout.bits_allocated, layout.bits_stored, layout.high_bit) == (16, 12, 11)
    assert layout.dtype == np.uint16
    assert layout.photometric_interpretation == "MONOCHROME2"
    assert layout.planar_configuration == 0
    assert layout.nbytes == layout.native_nbytes == 2 * ROWS * COLUMNS


def test_a_data_set_without_pixels_says_so() -> None:
    ds = dicomet.dcmread(real_file("rtplan.dcm"))
    with pytest.raises(PixelDataMissing):
        _ = ds.frames
    with pytest.raises(AttributeError, match="no Pixel Data"):
        _ = ds.pixel_array
    assert not hasattr(ds, "pixel_array")


def test_where_frames_lie_is_found_out_once() -> None:
    ds = dicomet.dcmread(RLE_FILE)
    assert ds.frames._reader is ds.frames._reader
    reader = ds.frames._reader
    ds.PatientName = "Other^Name"
    assert ds.frames._reader is reader
    ds.Rows = ROWS // 2
    assert ds.frames._reader is not reader
    assert ds.frames.layout.rows == ROWS // 2


def test_an_edit_that_is_taken_back_counts_no_longer() -> None:
    ds = dicomet.dcmread(native(header(ROWS, COLUMNS, stored=12), STACK[0].tobytes()))
    ds.PlanarConfiguration, ds.NumberOfFrames = 0, 2
    assert {f.code for f in ds.frames.findings} == {"frame_count"}
    del ds.PlanarConfiguration, ds.NumberOfFrames
    assert not ds._edits
    assert not ds.frames.findings
    assert np.array_equal(ds.frames[0], STACK[0])


def test_edited_pixels_are_the_pixels() -> None:
    ds = dicomet.dcmread(NATIVE_FILE)
    assert ds.pixel_array is ds.pixel_array
    ds.PixelData = STACK[::-1].tobytes()
    assert np.array_equal(ds.pixel_array, STACK[::-1])
    made = dicomet.Dataset()
    made.Rows, made.Columns, made.BitsAllocated, made.BitsStored, made.HighBit = 2, 3, 8, 8, 7
    made.PixelRepresentation, made.SamplesPerPixel, made.PhotometricInterpretation = 0, 1, "MONOCHROME2"
    made.PixelData = bytes(range(6))
    assert np.array_equal(made.pixel_array, np.arange(6).reshape(2, 3))


def test_icon_images_have_frames_too() -> None:
    from build import LE, part10

    icon = LE.item(header(4, 4, allocated=8) + LE.element(0x7FE00010, "OB", bytes(range(16))))
    ds = dicomet.dcmread(part10(LE.sequence(0x00880200, icon) + header(1, 2, allocated=8)
                                + LE.element(0x7FE00010, "OB", b"\1\2")))  # fmt: skip
    assert np.array_equal(ds.IconImageSequence[0].frames[0], np.arange(16).reshape(4, 4))
    assert np.array_equal(ds.pixel_array, [[1, 2]])


def test_iter_frames_reads_a_path(tmp_path: Path) -> None:
    path = tmp_path / "rle.dcm"
    path.write_bytes(RLE_FILE)
    assert np.array_equal(np.stack(list(dicomet.iter_frames(path))), STACK)
    assert np.array_equal(np.stack(list(dicomet.iter_frames(path, [2, 4], workers=2))), STACK[[2, 4]])


def test_frames_come_by_every_kind_of_source(tmp_path: Path) -> None:
    import io

    path = tmp_path / "rle.dcm"
    path.write_bytes(RLE_FILE)
    for source, options in ((path, {}), (path, {"mode": "read"}), (RLE_FILE, {}), (io.BytesIO(RLE_FILE), {})):
        assert np.array_equal(dicomet.dcmread(source, **options).frames.read(), STACK)  # type: ignore[arg-type]


def test_deflated_files_have_frames() -> None:
    ds = dicomet.dcmread(real_file("image_dfl.dcm"))
    assert ds.frames[0].shape == (512, 512)
    assert np.array_equal(ds.frames[0], ds.pixel_array)


def test_threads_share_frames() -> None:
    frames = dicomet.dcmread(RLE_FILE).frames
    wrong: list[int] = []

    def work(start: int) -> None:
        for i in range(60):
            k = (start + i) % N
            if not np.array_equal(frames[k], STACK[k]):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_pickles_leave_the_frames_behind() -> None:
    import pickle

    ds = dicomet.dcmread(RLE_FILE)
    assert np.array_equal(ds.frames[0], STACK[0])
    _ = ds.pixel_array
    again = pickle.loads(pickle.dumps(ds))
    assert np.array_equal(again.frames.read(), STACK)
