"""Mistakes met in practice: what writers do wrong, read as it was meant, with a finding that says what it was."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import numpy as np
import pytest
from build import LE, part10
from made import NATIVE, RLE, encapsulated, header, native, ramp

import dicomet
from dicomet._native import rle
from dicomet.errors import PixelDataError
from dicomet.pixels.frames import Frames

imagecodecs = pytest.importorskip("imagecodecs")

JPEG = "1.2.840.10008.1.2.4."
BASELINE, EXTENDED, LOSSLESS, SV1 = JPEG + "50", JPEG + "51", JPEG + "57", JPEG + "70"
JPEG_LS, NEAR_LOSSLESS, J2K, J2K_LOSSY = JPEG + "80", JPEG + "81", JPEG + "90", JPEG + "91"
HTJ2K, JXL = JPEG + "201", JPEG + "110"
ROWS, COLUMNS = 40, 56
GRAY = ramp(ROWS, COLUMNS)  # 12 bits
GRAY8 = ramp(ROWS, COLUMNS, dtype="u1", bits=8)
RGB = ramp(ROWS, COLUMNS, 3, dtype="u1", bits=8)
_y, _x = np.mgrid[:ROWS, :COLUMNS]
SMOOTH = np.stack([_x * 4, _y * 6, 255 - _x * 2 - _y * 2], axis=-1).astype("u1")  # survives lossy coding


def frames_of(data: bytes) -> Frames:
    return dicomet.dcmread(data).frames


def codes(frames: Frames) -> list[str]:
    return sorted(finding.code for finding in frames.findings)


def read(data: bytes, *expected: str) -> np.ndarray:
    """The only frame, with exactly these findings."""
    frames = frames_of(data)
    frame = frames[0]
    assert codes(frames) == sorted(expected)
    assert np.array_equal(frames.read()[0], frame)
    return frame


def gray12(**options: Any) -> bytes:
    return header(ROWS, COLUMNS, **{"stored": 12, **options})


def gray8(**options: Any) -> bytes:
    return header(ROWS, COLUMNS, allocated=8, **options)


def colour(photometric: str, **options: Any) -> bytes:
    return header(ROWS, COLUMNS, samples=3, allocated=8, photometric=photometric, **options)


def j2k(array: np.ndarray, **options: Any) -> bytes:
    settings = {"level": 0, "codecformat": "J2K", "reversible": True, "mct": False, **options}
    return bytes(imagecodecs.jpeg2k_encode(array, **settings))


def jpeg_lossless(array: np.ndarray, **options: Any) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(array, lossless=True, **options))


def jpeg_ls(array: np.ndarray, near: int = 0) -> bytes:
    return bytes(imagecodecs.jpegls_encode(array, near))


def rle_frame(array: np.ndarray) -> bytes:
    samples = array.shape[2] if array.ndim == 3 else 1
    return rle.encode(
        array, rows=array.shape[0], columns=array.shape[1], samples=samples, sample_nbytes=array.itemsize
    )


def near(a: np.ndarray, b: np.ndarray, most: int = 6) -> bool:
    return float(np.abs(a.astype(int) - b.astype(int)).mean()) < most


# -- header and stream disagree ----------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [10, 16])
def test_stream_of_another_precision_gives_its_own_values(stored: int) -> None:
    """The samples are what was coded, whatever Bits Stored says."""
    low = GRAY & 0x3FF
    data = encapsulated(gray12(stored=stored), [j2k(low, bitspersample=12)], J2K)
    assert np.array_equal(read(data, "stream_precision"), low)


def test_unsigned_stream_of_signed_pixels_is_extended_by_its_sign() -> None:
    signed = ramp(ROWS, COLUMNS, dtype="i2")
    stream = j2k((signed & 0xFFF).astype("u2"), bitspersample=12)
    assert np.array_equal(read(encapsulated(gray12(signed=1), [stream], J2K), "stream_sign"), signed)


def test_signed_stream_of_unsigned_pixels_keeps_its_bits() -> None:
    signed = ramp(ROWS, COLUMNS, dtype="i2", bits=16)
    data = encapsulated(header(ROWS, COLUMNS), [j2k(signed)], J2K)
    assert np.array_equal(read(data, "stream_sign"), signed.view("u2"))


@pytest.mark.parametrize("syntax", [JPEG_LS, SV1])
def test_signed_pixels_of_codecs_without_sign(syntax: str) -> None:
    signed = ramp(ROWS, COLUMNS, dtype="i2", bits=16)
    encode = jpeg_ls if syntax == JPEG_LS else lambda a: jpeg_lossless(a, bitspersample=16)
    data = encapsulated(header(ROWS, COLUMNS, signed=1), [encode(signed.view("u2"))], syntax)
    assert np.array_equal(read(data), signed)


@pytest.mark.parametrize("rows", [ROWS - 4, ROWS])
def test_larger_stream_is_cut_to_the_header(rows: int) -> None:
    head = header(rows, COLUMNS - 3, stored=12)
    data = encapsulated(head, [j2k(GRAY, bitspersample=12)], J2K)
    assert np.array_equal(read(data, "stream_size"), GRAY[:rows, : COLUMNS - 3])


def test_smaller_stream_or_much_larger_stream_is_refused() -> None:
    for rows in (ROWS + 1, ROWS // 2):
        frames = frames_of(encapsulated(header(rows, COLUMNS, stored=12), [j2k(GRAY)], J2K))
        with pytest.raises(PixelDataError, match="stream is 56 × 40"):
            frames[0]


@pytest.mark.parametrize(
    ("stream", "syntax", "expected"),
    [
        (jpeg_ls(GRAY8, 2), JPEG_LS, ["stream_lossy"]),
        (jpeg_ls(GRAY8), NEAR_LOSSLESS, []),
        (j2k(GRAY8, reversible=False, level=60), J2K, ["stream_lossy"]),
        (j2k(GRAY8), J2K_LOSSY, []),
        (bytes(imagecodecs.jpeg8_encode(GRAY8, 97)), SV1, ["stream_lossy", "stream_process"]),
        (bytes(imagecodecs.jpeg8_encode(GRAY8, 97)), EXTENDED, []),
        (jpeg_lossless(GRAY8), BASELINE, ["stream_process"]),
        (jpeg_lossless(GRAY8), JPEG_LS, ["stream_kind"]),
        (jpeg_ls(GRAY8), SV1, ["stream_kind"]),
        (jpeg_ls(GRAY8), J2K, ["stream_kind"]),
        (j2k(GRAY8), HTJ2K, ["stream_kind"]),
        (bytes(imagecodecs.htj2k_encode(GRAY8, reversible=True)), J2K, ["stream_kind"]),
        (bytes(imagecodecs.jpegxl_encode(GRAY8, lossless=True)), J2K, ["stream_kind"]),
    ],
)
def test_stream_of_another_syntax_is_decoded_as_what_it_is(stream: bytes, syntax: str, expected: list[str]) -> None:
    assert near(read(encapsulated(gray8(), [stream], syntax), *expected), GRAY8)


# -- colour ------------------------------------------------------------------------------------------------


def without_segment(stream: bytes, marker: int) -> bytes:
    at = stream.index(bytes([0xFF, marker]))
    return stream[:at] + stream[at + 2 + int.from_bytes(stream[at + 2 : at + 4], "big") :]


YCBCR = bytes(imagecodecs.jpeg8_encode(SMOOTH, 95))  # with JFIF
PLAIN_RGB = bytes(imagecodecs.jpeg8_encode(SMOOTH, 95, colorspace="RGB", outcolorspace="RGB"))  # with Adobe
RGB_IDS = without_segment(PLAIN_RGB, 0xEE)
NO_MARKS = without_segment(YCBCR, 0xE0)


@pytest.mark.parametrize(
    ("stream", "photometric", "expected"),
    [
        (YCBCR, "YBR_FULL_422", []),
        (YCBCR, "RGB", ["stream_colour"]),
        (NO_MARKS, "YBR_FULL_422", []),
        (NO_MARKS, "YBR_FULL", []),
        (PLAIN_RGB, "RGB", []),
        (PLAIN_RGB, "YBR_FULL_422", ["stream_colour"]),
        (RGB_IDS, "RGB", []),
        (RGB_IDS, "YBR_FULL", ["stream_colour"]),
    ],
    ids=["jfif", "jfif-rgb", "bare-422", "bare-full", "adobe-rgb", "adobe-ybr", "ids-rgb", "ids-ybr"],
)
def test_marks_in_the_stream_come_before_photometric_interpretation(
    stream: bytes, photometric: str, expected: list[str]
) -> None:
    assert near(read(encapsulated(colour(photometric), [stream], BASELINE), *expected), SMOOTH)


def test_j2k_transform_is_undone_whatever_the_header_says() -> None:
    transformed, plain = j2k(RGB, mct=True), j2k(RGB)
    assert np.array_equal(read(encapsulated(colour("YBR_RCT"), [transformed], J2K)), RGB)
    assert np.array_equal(read(encapsulated(colour("RGB"), [transformed], J2K), "stream_colour"), RGB)
    assert np.array_equal(read(encapsulated(colour("YBR_RCT"), [plain], J2K), "stream_transform"), RGB)
    assert np.array_equal(read(encapsulated(colour("RGB"), [plain], J2K)), RGB)


@pytest.mark.parametrize("planar", [0, 1])
def test_planar_configuration_means_nothing_to_streams(planar: int) -> None:
    assert np.array_equal(read(encapsulated(colour("RGB", planar=planar), [j2k(RGB)], J2K)), RGB)
    assert np.array_equal(read(encapsulated(colour("RGB", planar=planar), [jpeg_ls(RGB)], JPEG_LS)), RGB)
    assert np.array_equal(read(encapsulated(colour("RGB", planar=planar), [rle_frame(RGB)], RLE)), RGB)


# -- JPEG-LS -----------------------------------------------------------------------------------------------


def with_segment(stream: bytes, segment: bytes) -> bytes:
    """Put before the frame header."""
    at = stream.index(b"\xff\xf7")
    return stream[:at] + segment + stream[at:]


def test_jpeg_ls_restart_intervals() -> None:
    """Each interval is coded as an image of its own would be: so one is made of several. T.87 §A.8."""
    strips = [jpeg_ls(np.ascontiguousarray(GRAY8[i : i + 8])) for i in range(0, ROWS, 8)]
    whole = jpeg_ls(GRAY8)
    start = whole.index(b"\xff\xda")
    scans = [strip[strip.index(b"\xff\xda") + 10 : -2] for strip in strips]
    marked = b"".join(scan + bytes([0xFF, 0xD0 + i]) for i, scan in enumerate(scans[:-1])) + scans[-1]
    stream = with_segment(whole[: start + 10], b"\xff\xdd\0\4\0\x08") + marked + b"\xff\xd9"
    assert np.array_equal(read(encapsulated(gray8(), [stream], JPEG_LS)), GRAY8)


@pytest.mark.parametrize("transform", [1, 2, 3])
def test_jpeg_ls_hp_colour_transforms(transform: int) -> None:
    r, g, b = (RGB[..., i].astype(int) for i in range(3))
    if transform == 1:
        planes = [r - g + 128, g, b - g + 128]
    elif transform == 2:
        planes = [r - g + 128, g, b - (r + g >> 1) - 128]
    else:
        v2, v3 = b - g + 128 & 255, r - g + 128 & 255
        planes = [g + (v2 + v3 >> 2) - 64, v2, v3]
    stored = (np.stack(planes, axis=-1) & 255).astype("u1")
    stream = with_segment(jpeg_ls(stored), b"\xff\xe8\0\7mrfx" + bytes([transform]))
    assert np.array_equal(read(encapsulated(colour("RGB"), [stream], JPEG_LS)), RGB)


def test_jpeg_ls_cut_before_its_end_gives_what_is_there_and_does_not_go_on_for_ever() -> None:
    """Once a decoder searched for ever behind the end of a scan that no marker ends."""
    stream = jpeg_ls(GRAY8)
    there = 0
    for nbytes in range(80, len(stream) - 40, 37):
        for tail in (b"", b"\0", b"\0\0"):
            frames = frames_of(encapsulated(gray8(), [stream[:nbytes] + tail], JPEG_LS))
            lines = int((frames[0] == GRAY8).all(1).cumprod().sum())
            assert "stream_short" in codes(frames)
            assert lines >= there
        there = lines
    assert there > ROWS // 2


# -- ends --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "syntax"),
    [(jpeg_lossless(GRAY8), SV1), (jpeg_ls(GRAY8), JPEG_LS), (j2k(GRAY8), J2K),
     (bytes(imagecodecs.htj2k_encode(GRAY8, reversible=True)), HTJ2K)],
    ids=["jpeg", "jpeg-ls", "j2k", "htj2k"],
)  # fmt: skip
def test_missing_end_marker(stream: bytes, syntax: str) -> None:
    assert stream[-2:] == b"\xff\xd9"
    assert np.array_equal(read(encapsulated(gray8(), [stream[:-2]], syntax), "stream_end"), GRAY8)


def test_lossless_jpeg_that_is_cut_gives_the_lines_that_are_there() -> None:
    stream = jpeg_lossless(GRAY8)
    start = stream.index(b"\xff\xda") + 10
    pixels = read(encapsulated(gray8(), [stream[: (start + len(stream)) // 2]], SV1), "stream_end", "stream_short")
    whole = int((pixels == GRAY8).all(1).cumprod().sum())
    assert 0 < whole < len(GRAY8)
    assert np.array_equal(pixels[:whole], GRAY8[:whole])


@pytest.mark.parametrize("pad", [b"\0" * 2, b"\0" * 60, b"\xff" * 8])
@pytest.mark.parametrize(("encode", "syntax"), [(jpeg_lossless, SV1), (jpeg_ls, JPEG_LS), (j2k, J2K)])
def test_padding_behind_the_stream(encode: Any, syntax: str, pad: bytes) -> None:
    assert np.array_equal(read(encapsulated(gray8(), [encode(GRAY8) + pad], syntax)), GRAY8)


@pytest.mark.parametrize("behind", [b"\0" * 2, b"\0" * 512, LE.element(0xFFFCFFFC, "OB", bytes(100))])
def test_padding_behind_the_last_fragment(behind: bytes) -> None:
    data = encapsulated(gray8(frames=2), [jpeg_ls(GRAY8), jpeg_ls(GRAY8[::-1].copy())], JPEG_LS)
    assert np.array_equal(frames_of(data + behind).read(), [GRAY8, GRAY8[::-1]])


def test_no_sequence_delimiter() -> None:
    data = encapsulated(gray8(), [jpeg_ls(GRAY8)], JPEG_LS, end=False, table=None)
    assert np.array_equal(read(data, "fragments_end"), GRAY8)


# -- syntax and encapsulation disagree ---------------------------------------------------------------------


@pytest.mark.parametrize("frame", [jpeg_ls(GRAY8), j2k(GRAY8), jpeg_lossless(GRAY8), rle_frame(GRAY8), GRAY8.tobytes()],
                         ids=["jpeg-ls", "j2k", "jpeg", "rle", "as they are"])  # fmt: skip
def test_encapsulated_pixels_under_a_native_syntax(frame: bytes) -> None:
    assert np.array_equal(read(encapsulated(gray8(), [frame], NATIVE), "syntax_encapsulated"), GRAY8)


@pytest.mark.parametrize("syntax", [SV1, J2K, RLE])
def test_native_pixels_under_a_compressed_syntax(syntax: str) -> None:
    assert np.array_equal(read(native(gray8(), GRAY8.tobytes(), syntax, vr="OB"), "syntax_native"), GRAY8)


def test_a_bare_stream_without_fragments() -> None:
    assert np.array_equal(read(native(gray8(), jpeg_ls(GRAY8), JPEG_LS, vr="OB"), "syntax_native"), GRAY8)


# -- JPEG 2000 ---------------------------------------------------------------------------------------------

# 12 rows, 10 columns, from (5, 3) of the reference grid on: XOsiz 3, YOsiz 5
SHIFTED = base64.b64decode(
    "/0//UQApAAAAAAANAAAAEQAAAAMAAAAFAAAADQAAABEAAAAAAAAAAAABBwEB/1IADAAAAAEAAQQEAAH/XAAHQEBISFD/ZAAlAAFD"
    "cmVhdGVkIGJ5IE9wZW5KUEVHIHZlcnNpb24gMi41LjD/kAAKAAAAAABMAAH/k9+A8FUuZAhT4S4CA3rZyilinKW3enZYFNm66OEk"
    "9ZV5f8faFR9oRD7QIFqq/uHyRtfjnB9apjYBT/wGP1w2/9k="
)


def test_j2k_image_offset_on_the_reference_grid() -> None:
    y, x = np.mgrid[:12, :10]
    pixels = ((x * 20 + y * 7) % 256).astype("u1")
    assert np.array_equal(read(encapsulated(header(12, 10, allocated=8), [SHIFTED], J2K)), pixels)


def test_jp2_boxes_around_the_codestream() -> None:
    boxed = j2k(GRAY8, codecformat="JP2")
    assert boxed[4:8] == b"jP  "
    assert np.array_equal(read(encapsulated(gray8(), [boxed], J2K), "stream_offset"), GRAY8)


def test_bytes_before_the_stream() -> None:
    assert np.array_equal(read(encapsulated(gray8(), [b"\0" * 6 + j2k(GRAY8)], J2K), "stream_offset"), GRAY8)


# -- frames and fragments ----------------------------------------------------------------------------------

TWO = np.stack([GRAY8, GRAY8[::-1]])


@pytest.mark.parametrize("told", [None, 0, 1, 3, 700])
def test_frames_are_those_that_are_there(told: int | None) -> None:
    compressed = frames_of(encapsulated(gray8(frames=told), [rle_frame(one) for one in TWO], RLE, table=None))
    assert np.array_equal(compressed.read(), TWO)
    assert codes(compressed) == (["frame_count"] if told else [])
    plain = frames_of(native(gray8(frames=told), TWO.tobytes(), vr="OB"))
    assert np.array_equal(plain.read(), TWO)
    assert codes(plain) == (["frame_count"] if told else [])


def test_bytes_behind_the_frames_are_no_frame() -> None:
    for behind in (100, ROWS * COLUMNS + 100):
        frames = frames_of(native(gray8(frames=1), GRAY8.tobytes() + bytes(behind), vr="OB"))
        assert np.array_equal(frames.read(), [GRAY8])


def split(stream: bytes, *at: int) -> list[bytes]:
    places = [0, *at, len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(places)]


@pytest.mark.parametrize("table", ["basic", None])
def test_fragments_that_end_inside_a_marker(table: str | None) -> None:
    streams = [jpeg_ls(one) for one in TWO]
    pieces = [split(s, s.index(b"\xff\xda") + 1 & ~1, len(s) // 4 * 2) for s in streams]
    odd = [split(s, s.index(b"\xff\xf7") + 1) for s in streams]  # of odd length: no padding may come between
    data = encapsulated(gray8(frames=2), pieces, JPEG_LS, table=table)
    assert np.array_equal(frames_of(data).read(), TWO)
    items = b"".join(LE.item(piece) for frame in odd for piece in frame)
    data = part10(gray8(frames=2) + LE.element(0x7FE00010, "OB", LE.item() + items + LE.sequence_end(),
                                               length=0xFFFFFFFF), JPEG_LS)  # fmt: skip
    assert np.array_equal(frames_of(data).read(), TWO)


def test_last_frame_cut_is_left_out_with_a_finding() -> None:
    streams = [jpeg_ls(one) for one in TWO]
    data = encapsulated(gray8(frames=2), streams, JPEG_LS, table=None)
    frames = frames_of(data[: 20 - len(streams[1])])  # within its headers
    assert np.array_equal(frames[0], GRAY8)
    assert np.array_equal(frames.read(), TWO[:1])
    assert [one.shape for one in frames] == [GRAY8.shape]
    assert "frame_cut" in codes(frames)
    with pytest.raises(PixelDataError, match="frame 1"):
        frames[1]


def test_last_native_frame_cut_is_filled_with_zeros() -> None:
    data = native(gray8(frames=2), TWO.tobytes(), vr="OB")
    frames = frames_of(data[: -ROWS * COLUMNS // 2])
    assert np.array_equal(frames[0], GRAY8)
    assert np.array_equal(frames[1][: ROWS // 2], TWO[1][: ROWS // 2])
    assert not frames[1][ROWS // 2 :].any()
    assert "frame_cut" in codes(frames)


def test_table_that_counts_from_another_place() -> None:
    streams = [jpeg_ls(one) for one in TWO]
    second = len(streams[0]) + len(streams[0]) % 2 + 8
    for wrong in ([8, second + 8], [0, second + 2], [second, 0], [0, 0], [0]):
        frames = frames_of(encapsulated(gray8(frames=2), streams, JPEG_LS, table=wrong))
        assert np.array_equal(frames.read(), TWO)
        assert codes(frames) == ["frame_table"]


# -- bits --------------------------------------------------------------------------------------------------


def test_overlay_in_unused_high_bits_is_no_part_of_the_samples() -> None:
    """Retired: overlay planes in bits above High Bit. PS3.5 §8.1.2 of the edition of 2001."""
    overlay = GRAY | (np.uint16(0xA000) * (GRAY > 9)).astype("u2")
    frames = frames_of(native(gray12(), overlay.tobytes()))
    assert np.array_equal(frames[0], GRAY)
    assert np.array_equal(frames.view(0), overlay)
    signed = ramp(ROWS, COLUMNS, dtype="i2")
    bits = (signed & 0xFFF | 0x5000).astype("u2")
    assert np.array_equal(read(native(gray12(signed=1), bits.tobytes())), signed)
    assert np.array_equal(read(encapsulated(gray12(signed=1), [rle_frame(bits)], RLE)), signed)


def test_high_bit_that_is_not_bits_stored_less_1() -> None:
    shifted = (GRAY << 4 | 5).astype("u2")
    assert np.array_equal(read(native(gray12(high_bit=15), shifted.tobytes()), "high_bit_shifted"), GRAY)


@pytest.mark.parametrize(
    ("tag", "code"),
    [(0x00280101, "bits_stored"), (0x00280102, "high_bit"), (0x00280002, "samples_missing"),
     (0x00280004, "photometric_missing"), (0x00280103, None)],
)  # fmt: skip
def test_missing_attributes(tag: int, code: str | None) -> None:
    ds = dicomet.dcmread(native(header(ROWS, COLUMNS), GRAY.tobytes()))
    del ds[tag]
    assert np.array_equal(ds.frames[0], GRAY)
    assert codes(ds.frames) == ([code] if code else [])


def test_impossible_bits_count_as_all_bits() -> None:
    assert np.array_equal(read(native(gray12(stored=0, high_bit=11), GRAY.tobytes()), "bits_stored", "high_bit"), GRAY)
    assert np.array_equal(read(native(gray12(stored=17, high_bit=16), GRAY.tobytes()), "bits_stored", "high_bit"), GRAY)


def test_colour_in_bytes_that_the_photometric_interpretation_calls_subsampled() -> None:
    ybr = native(colour("YBR_FULL"), RGB.tobytes(), vr="OB")
    full = native(colour("YBR_FULL_422"), RGB.tobytes(), vr="OB")
    assert np.array_equal(read(full, "subsampling"), frames_of(ybr)[0])


# -- too little for what is said ---------------------------------------------------------------------------


def test_rle_frame_that_no_run_could_fill_is_refused() -> None:
    """Once it gave zeros, of any size."""
    frame = rle_frame(GRAY8)
    for rows, columns in ((0xFFFF, 0xFFFF), (64 * len(frame) // COLUMNS + 1, COLUMNS)):
        frames = frames_of(encapsulated(header(rows, columns, allocated=8), [frame], RLE))
        with pytest.raises(PixelDataError, match="too few bytes"):
            frames[0]


@pytest.mark.parametrize("options", [{}, {"high_bit": 15}, {"signed": 1}])
def test_deflated_frames_with_bits_beyond_bits_stored(options: dict[str, int]) -> None:
    """PS3.5 §A.4.13; they are inflated in place."""
    dirty = (GRAY | 0x5000).astype("u2")
    encoded = bytes(imagecodecs.deflate_encode(dirty.tobytes(), raw=True))
    deflated = frames_of(encapsulated(gray12(**options), [encoded], "1.2.840.10008.1.2.8.1"))
    assert np.array_equal(deflated[0], frames_of(native(gray12(**options), dirty.tobytes()))[0])
    short = bytes(imagecodecs.deflate_encode(dirty.tobytes()[:-2], raw=True))
    long = bytes(imagecodecs.deflate_encode(dirty.tobytes() + bytes(100), raw=True))
    for wrong in (short, long, encoded[:-9]):
        with pytest.raises(PixelDataError):
            frames_of(encapsulated(gray12(**options), [wrong], "1.2.840.10008.1.2.8.1"))[0]


def test_jpeg_that_not_even_one_bit_a_block_could_fill_is_refused() -> None:
    """Once the decoder filled up what was missing."""
    blank = np.zeros((2048, 2048), "u1")
    for stream in (bytes(imagecodecs.jpeg8_encode(blank, 1)), jpeg_lossless(blank)):
        head = header(2048, 2048, allocated=8)
        assert near(frames_of(encapsulated(head, [stream], BASELINE))[0], blank)
        cut = stream[: stream.index(b"\xff\xda") + 60] + b"\xff\xd9"
        with pytest.raises(PixelDataError, match="too short"):
            frames_of(encapsulated(head, [cut], BASELINE))[0]


def test_short_frames_as_they_are_have_no_view() -> None:
    """Once it was NumPy's error."""
    data = encapsulated(gray8(frames=2), [TWO[0].tobytes(), TWO[1].tobytes()[:-8]], "1.2.840.10008.1.2.1.98")
    frames = frames_of(data)
    assert np.array_equal(frames.view(0), TWO[0])
    with pytest.raises(PixelDataError, match="frame 1 has"):
        frames.view(1)


def test_ybr_of_16_bits_is_converted() -> None:
    """Once the conversion was called by the name of an argument that it did not have."""
    samples = np.full((ROWS, COLUMNS, 3), 2048, "u2")
    samples[..., 0] = GRAY
    head = header(ROWS, COLUMNS, samples=3, stored=12, photometric="YBR_FULL")
    assert np.array_equal(read(native(head, samples.tobytes())), np.repeat(GRAY[..., None], 3, axis=2))


HT_SIZ_TILE_ROWS = 26 + 2  # SOC, SIZ: XTsiz stands at 24, YTsiz at 28


@pytest.mark.parametrize("damage", ["tile of no rows", "exponents", "code-blocks"])
def test_htj2k_that_ended_the_process_once(damage: str) -> None:
    """OpenJPH died of the first two, and gave half a frame for the third."""
    stream = bytearray(imagecodecs.htj2k_encode(GRAY8, 0.01))
    if damage == "tile of no rows":
        stream[HT_SIZ_TILE_ROWS : HT_SIZ_TILE_ROWS + 4] = bytes(4)
    elif damage == "exponents":
        at = stream.index(b"\xff\x5c")
        stream[at + 7 : at + 17] = b"\x7f\xff" * 5
    else:
        start = stream.index(b"\xff\x93") + 2
        stream[start:] = b"\xff" * (len(stream) - start)
    frames = frames_of(encapsulated(gray8(), [bytes(stream)], JPEG + "203"))
    try:
        assert np.array_equal(frames[0], frames[0])
    except PixelDataError:
        assert damage
