"""Video: frames of MPEG-2, H.264 and HEVC streams, in any order, as libav gives them in order. PS3.5 §A.4.5."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from pixels.made import encapsulated, header, ramp

import dicomet
from dicomet._native.source import Source
from dicomet.errors import DicomError, PixelDataError, SourceClosed, UnsupportedError
from dicomet.pixels import libav
from dicomet.pixels.codecs import VIDEO, codec_for, codec_table
from dicomet.pixels.videoindex import SpanFile

av = pytest.importorskip("av")

ROWS, COLUMNS, NFRAMES = 48, 64, 40
MPEG2, MPEG2_HIGH, H264, H264_BD = (f"1.2.840.10008.1.2.4.{n}" for n in ("100", "101", "102", "103"))
STEREO, HEVC, HEVC_10 = (f"1.2.840.10008.1.2.4.{n}" for n in ("106", "107", "108"))
CLOSED, OPEN = {"flags": "+cgop"}, {}
_X265 = {"x265-params": "log-level=none:keyint=12:min-keyint=12:scenecut=0:open-gop={}"}
HAS_X265 = "libx265" in av.codecs_available

# name: (transfer syntax, encoder, container, options)
KINDS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "mpeg2": (MPEG2, "mpeg2video", "mpeg2video", OPEN),
    "mpeg2-closed": (MPEG2, "mpeg2video", "mpeg2video", {"flags": "+cgop", "sc_threshold": "1000000000"}),
    "mpeg2-ps": (MPEG2, "mpeg2video", "mpeg", OPEN),
    "mpeg2-ts": (MPEG2_HIGH, "mpeg2video", "mpegts", OPEN),
    "h264": (H264, "libx264", "h264", {"x264-params": "scenecut=0"}),
    "h264-open": (H264, "libx264", "h264", {"x264-params": "open-gop=1:scenecut=0"}),
    "h264-refresh": (H264, "libx264", "h264", {"x264-params": "intra-refresh=1:keyint=12"}),
    "h264-mp4": (H264, "libx264", "mp4", {"x264-params": "scenecut=0"}),
    "h264-mp4-open": (H264, "libx264", "mp4", {"x264-params": "open-gop=1:scenecut=0"}),
    "h264-ts": (H264_BD, "libx264", "mpegts", {"x264-params": "scenecut=0"}),
    "h264-ts-open": (H264_BD, "libx264", "mpegts", {"x264-params": "open-gop=1:scenecut=0"}),
    "h264-ts-refresh": (H264_BD, "libx264", "mpegts", {"x264-params": "intra-refresh=1:keyint=12"}),
    "h264-interlaced": (H264_BD, "libx264", "h264", {"x264-params": "tff=1:scenecut=0"}),
    "h264-plain": (H264, "libx264", "h264", {"profile": "baseline"}),
    "hevc": (HEVC, "libx265", "hevc", {"x265-params": _X265["x265-params"].format(0)}),
    "hevc-open": (HEVC, "libx265", "hevc", {"x265-params": _X265["x265-params"].format(1)}),
    "hevc-mp4": (HEVC, "libx265", "mp4", {"x265-params": _X265["x265-params"].format(1)}),
    "hevc-ts": (HEVC, "libx265", "mpegts", {"x265-params": _X265["x265-params"].format(1)}),
}
NAMES = [
    pytest.param(name, marks=pytest.mark.skipif(kind[1] == "libx265" and not HAS_X265, reason="PyAV without x265"))
    for name, kind in KINDS.items()
]


@cache
def stream(
    name: str,
    nframes: int = NFRAMES,
    rows: int = ROWS,
    columns: int = COLUMNS,
    pixels: str = "yuv420p",
    marks: tuple[tuple[str, Any], ...] = (),
) -> bytes:
    """A video of a moving picture, with a key picture every 12 and B pictures."""
    _, encoder, container, options = KINDS[name]
    target = io.BytesIO()
    with av.open(target, "w", format=container) as out:
        track = out.add_stream(encoder, rate=25, options=dict(options))
        track.width, track.height, track.pix_fmt = columns, rows, pixels
        track.codec_context.gop_size = 12
        track.codec_context.max_b_frames = 0 if name == "h264-plain" else 2
        for key, value in marks:
            setattr(track.codec_context, key, value)
        picture = ramp(rows, columns, 3, dtype="u1", bits=8)
        for i in range(nframes):
            moved = np.roll(picture, i * 2, 1)
            moved[: rows // 4, : columns // 4] = i * 6 % 256
            out.mux(track.encode(av.VideoFrame.from_ndarray(moved, "rgb24")))
        out.mux(track.encode(None))
    return target.getvalue()


@cache
def straight(data: bytes, pixels: str = "rgb24") -> np.ndarray:
    """What PyAV gives, decoding from the first byte to the last."""
    with av.open(io.BytesIO(data)) as container:
        return np.stack([frame.to_ndarray(format=pixels) for frame in container.decode(video=0)])


def dicom(
    name: str,
    data: bytes | None = None,
    *,
    frames: int | None = NFRAMES,
    rows: int = ROWS,
    columns: int = COLUMNS,
    cuts: Sequence[int] = (),
    syntax: str = "",
    bits: int = 8,
) -> bytes:
    """A file with the stream, cut into fragments at bytes `cuts`."""
    data = stream(name) if data is None else data
    places = [0, *cuts, len(data)]
    parts = [data[a:b] for a, b in pairwise(places)]
    head = header(
        rows, columns, samples=3, allocated=8 if bits == 8 else 16, stored=bits, frames=frames,
        photometric="YBR_PARTIAL_420",
    )  # fmt: skip
    return encapsulated(head, [parts], syntax or KINDS[name][0], table=None)


def frames_of(*args: Any, **options: Any) -> Any:
    return dicomet.dcmread(dicom(*args, **options)).frames


def codes(frames: Any) -> set[str]:
    return {finding.code for finding in frames.findings}


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and int(np.abs(a.astype(int) - b).max(initial=0)) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_frames_in_order_are_those_of_libav(name: str) -> None:
    expected = straight(stream(name))
    assert len(expected) == NFRAMES
    frames = frames_of(name)
    assert len(frames) == NFRAMES
    for got, want in zip(frames, expected, strict=True):
        assert same(got, want)
    assert frames.dtype == np.uint8
    assert not codes(frames)


@pytest.mark.parametrize("name", NAMES)
def test_frames_in_any_order_are_the_same(name: str) -> None:
    data = dicom(name)
    expected = dicomet.dcmread(data).frames.read()
    orders = [list(range(NFRAMES))[::-1], random.Random(3).sample(range(NFRAMES), NFRAMES)]
    orders += [[39, 0, 38, 1, 12, 11, 13, 24, 23, 25], [30], [13, 14, 15], [0, 35, 36]]
    for order in orders:
        frames = dicomet.dcmread(data).frames
        for i in order:
            assert np.array_equal(frames[i], expected[i]), i


@pytest.mark.parametrize("name", ["mpeg2", "mpeg2-ps", "mpeg2-ts", "h264", "h264-mp4", "h264-ts", "h264-ts-open"])
def test_a_jump_decodes_from_a_key_picture_not_from_the_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fed = 0
    decode = libav.Run.decode

    def counted(self: libav.Run, packet: Any) -> Any:
        nonlocal fed
        fed += 1
        return decode(self, packet)

    monkeypatch.setattr(libav.Run, "decode", counted)
    data = stream(name, 120)
    frames = frames_of(name, data, frames=120)
    _ = frames[0]
    fed = 0
    _ = frames[110]
    assert fed < 40
    fed = 0
    _ = frames[111]
    assert fed <= 1


def test_frames_in_order_are_decoded_once_and_not_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    fed = []
    decode = libav.Run.decode

    def counted(self: libav.Run, packet: Any) -> Any:
        fed.append(packet)
        return decode(self, packet)

    monkeypatch.setattr(libav.Run, "decode", counted)
    monkeypatch.setattr(libav.Run, "seek", None)
    monkeypatch.setattr("dicomet.pixels.video.index_of", None)
    for name in ("mpeg2", "h264", "h264-mp4", "h264-ts"):
        fed.clear()
        assert sum(1 for _ in frames_of(name)) == NFRAMES
        assert len(fed) <= NFRAMES + 1


@pytest.mark.parametrize("name", ["mpeg2", "mpeg2-ps", "h264", "h264-mp4", "h264-ts"])
def test_fragments_are_one_stream(name: str) -> None:
    data = stream(name)
    rng = random.Random(name)
    cuts = sorted(rng.sample(range(2, len(data), 2), 9))
    expected = dicomet.dcmread(dicom(name)).frames.read()
    frames = frames_of(name, cuts=[2, 4, *cuts[2:]], syntax=f"{KINDS[name][0]}.1")
    assert np.array_equal(frames.read(), expected)
    frames = frames_of(name, cuts=cuts, syntax=f"{KINDS[name][0]}.1")
    assert np.array_equal(frames[31], expected[31])
    assert bytes(frames.raw(3))[: len(data)] == data


def test_a_span_file_reads_like_a_file() -> None:
    source = bytes(range(256)) * 5
    spans = [(3, 5), (100, 0), (20, 1), (700, 300), (9, 2)]
    whole = b"".join(source[a : a + n] for a, n in spans)
    file, rng = SpanFile(Source.of(source), spans), random.Random(1)
    for _ in range(300):
        at, n = rng.randrange(len(whole) + 5), rng.randrange(60)
        assert file.seek(at) == at
        assert file.read(n) == whole[at : at + n]
        assert file.tell() == min(at + n, max(at, len(whole)))
    assert file.seek(-4, io.SEEK_END) == len(whole) - 4
    assert file.read() == whole[-4:]


def test_reading_for_ever_is_an_error() -> None:
    source = bytes(1 << 20)
    file = SpanFile(Source.of(source), [(0, len(source))])

    def read_often() -> None:
        for _ in range(1000):
            file.seek(0)
            file.read()

    with pytest.raises(PixelDataError, match="round"):
        read_often()


# -- how many frames there are ---------------------------------------------------------------------


@pytest.mark.parametrize("declared", [None, 0, 1])
@pytest.mark.parametrize("name", ["mpeg2", "h264", "h264-mp4", "h264-ts"])
def test_packets_are_counted_where_the_header_does_not_tell(
    name: str, declared: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libav.Run, "decode", None)  # nothing is decoded for it
    frames = frames_of(name, frames=declared)
    assert len(frames) == NFRAMES
    assert ("frame_count" in codes(frames)) == (declared == 1)


@pytest.mark.parametrize("name", ["mpeg2", "h264", "h264-mp4", "h264-ts"])
def test_frames_that_the_stream_does_not_have_are_errors(name: str) -> None:
    frames = frames_of(name, frames=NFRAMES + 5)
    assert len(frames) == NFRAMES + 5
    for _ in range(2):
        with pytest.raises(PixelDataError, match="40 frames") as caught:
            _ = frames[NFRAMES + 2]
        assert caught.value.offset
    assert np.array_equal(frames[NFRAMES - 1], frames_of(name)[NFRAMES - 1])
    assert "frame_count" in codes(frames)
    frames = iter(frames_of(name, frames=NFRAMES + 5))
    for _ in range(NFRAMES):
        next(frames)
    with pytest.raises(PixelDataError):
        next(frames)


def test_more_frames_than_the_header_says_are_not_given() -> None:
    frames = frames_of("h264", frames=30)
    assert len(frames) == 30
    assert np.array_equal(frames[-1], frames_of("h264")[29])
    assert "frame_count" in codes(frames)


# -- samples ---------------------------------------------------------------------------------------


def test_raw_samples_are_those_of_the_stream_with_full_chroma() -> None:
    frames = frames_of("h264")
    planes = straight(stream("h264"), "yuv444p")
    raw = frames.read(raw=True)
    assert np.array_equal(raw[..., 0], planes[:, 0])
    assert same(raw, planes.transpose(0, 2, 3, 1))
    assert raw[..., 0].min() >= 10
    assert frames.layout.photometric_interpretation == "YBR_PARTIAL_420"


@pytest.mark.parametrize("matrix", [1, 5])
def test_colours_follow_the_marks_of_the_stream(matrix: int) -> None:
    data = stream("h264", 3, marks=(("colorspace", matrix),))
    rgb = frames_of("h264", data, frames=3)[1]
    y, cb, cr = straight(data, "yuv444p")[1].astype(float)
    y, cb, cr = (y - 16) / 219, (cb - 128) / 224, (cr - 128) / 224

    def error(kr: float, kb: float) -> float:
        r, b = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
        g = (y - kr * r - kb * b) / (1 - kr - kb)
        expected = np.clip(np.stack([r, g, b], -1) * 255, 0, 255)
        return float(np.median(np.abs(rgb - expected)))

    errors = error(0.2126, 0.0722), error(0.299, 0.114)  # BT.709, BT.601
    assert min(errors) < 3
    assert (errors[0] < errors[1]) == (matrix == 1)
    assert same(rgb, straight(data)[1])


def test_unmarked_streams_are_bt709_from_high_definition_on() -> None:
    data = stream("mpeg2", 2, 720, 1280)
    rgb = frames_of("mpeg2", data, frames=2, rows=720, columns=1280)[0]
    with av.open(io.BytesIO(data)) as container:
        picture = next(container.decode(video=0))
        assert picture.colorspace == 2
        expected = picture.to_ndarray(format="rgb24", src_colorspace="ITU709", dst_colorspace="ITU709")
    assert same(rgb, expected)


@pytest.mark.skipif(not HAS_X265, reason="PyAV without x265")
def test_ten_bits_stay_ten_bits() -> None:
    data = stream("hevc", 5, pixels="yuv420p10le")
    frames = frames_of("hevc", data, frames=5, syntax=HEVC_10, bits=10)
    assert frames.dtype == np.uint16
    raw = frames.read(raw=True)
    assert 256 < raw.max() < 1024
    rgb = frames.read()
    assert 900 < rgb.max() < 1024
    assert np.median(np.abs(rgb / 4 - straight(data))) <= 2
    assert same(raw, straight(data, "yuv444p16le") >> 6)


def test_other_depths_than_the_header_says_are_noted() -> None:
    frames = frames_of("h264", bits=10)
    assert frames[0].dtype == np.uint16
    assert "stream_precision" in codes(frames)


def test_larger_streams_are_cut_and_smaller_ones_refused() -> None:
    expected = frames_of("h264")[3]
    frames = frames_of("h264", rows=ROWS - 2, columns=COLUMNS - 4)
    assert np.array_equal(frames[3], expected[:-2, :-4])
    assert "stream_size" in codes(frames)
    for rows, columns in ((ROWS + 1, COLUMNS), (ROWS, COLUMNS + 1), (ROWS // 2, COLUMNS)):
        frames = frames_of("h264", rows=rows, columns=columns)
        with pytest.raises(PixelDataError, match="64 × 48"):
            _ = frames[0]


def test_one_sample_a_pixel_is_the_luminance() -> None:
    head = header(ROWS, COLUMNS, allocated=8, frames=NFRAMES)
    frames = dicomet.dcmread(encapsulated(head, [stream("h264")], H264, table=None)).frames
    assert np.array_equal(frames[2], frames_of("h264").read([2], raw=True)[0, ..., 0])


def test_another_kind_of_video_than_the_syntax_says_is_read() -> None:
    frames = frames_of("mpeg2", syntax=H264)
    assert same(frames[0], straight(stream("mpeg2"))[0])
    assert "stream_kind" in codes(frames)


def test_stereo_gives_the_base_view_and_says_so() -> None:
    frames = frames_of("h264", syntax=STEREO)
    assert np.array_equal(frames[0], frames_of("h264")[0])
    assert "video_base_view" in codes(frames)


# -- threads, and what goes wrong ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mpeg2", "h264", "h264-mp4", "h264-ts"])
def test_workers_give_the_same(name: str) -> None:
    expected = frames_of(name).read()
    assert np.array_equal(frames_of(name).read(workers=3), expected)
    assert np.array_equal(np.stack(list(frames_of(name).iter(workers=3))), expected)
    assert np.array_equal(np.stack(list(frames_of(name).iter(workers=2, prefetch=9))), expected)


def test_threads_may_ask_for_any_frame() -> None:
    expected = frames_of("h264-mp4").read()
    frames = frames_of("h264-mp4")
    numbers = [random.Random(7).randrange(NFRAMES) for _ in range(120)]
    with ThreadPoolExecutor(4) as pool:
        for i, frame in zip(numbers, pool.map(frames.__getitem__, numbers), strict=True):
            assert np.array_equal(frame, expected[i])


def test_neighbours_out_of_order_are_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fed = []
    decode = libav.Run.decode

    def counted(self: libav.Run, packet: Any) -> Any:
        fed.append(packet)
        return decode(self, packet)

    monkeypatch.setattr(libav.Run, "decode", counted)
    frames = frames_of("h264")
    for i in range(0, NFRAMES, 4):
        for k in (3, 1, 0, 2):
            _ = frames[i + k]
    assert len(fed) <= NFRAMES + 1


def outcome(frames: Any, i: int) -> np.ndarray | None:
    try:
        got: np.ndarray = frames[i]
    except DicomError:
        return None
    assert got.shape == (ROWS, COLUMNS, 3)
    return got


def tried(data: bytes, name: str, **options: Any) -> None:
    """Whatever the bytes are: an error, or frames of the declared shape."""
    try:
        frames = frames_of(name, data, **options)
    except DicomError:
        return
    for i in (0, 1, 20, len(frames) - 1, 5):
        if i < len(frames):
            outcome(frames, i)


FEW = ("mpeg2", "mpeg2-ps", "mpeg2-ts", "h264", "h264-mp4", "h264-ts")


@pytest.mark.parametrize("name", FEW)
def test_cut_streams_give_what_is_there(name: str) -> None:
    data = stream(name)
    expected = frames_of(name).read()
    for part in (0, 1, 30, 200, 1000, len(data) // 3, len(data) // 2, len(data) - 100):
        tried(data[:part], name)
    if name != "h264-mp4":  # whose index is at the end
        frames = frames_of(name, data[: len(data) * 2 // 3])
        assert np.array_equal(frames[0], expected[0])
        assert np.array_equal(frames[15], expected[15])
        assert outcome(frames, NFRAMES - 1) is None


@pytest.mark.parametrize("name", FEW)
def test_damaged_streams_give_frames_or_errors(name: str) -> None:
    rng = random.Random(name)
    for _ in range(200 // len(FEW) + 1):
        data = bytearray(stream(name))
        for _ in range(rng.choice((1, 3, 30))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        tried(bytes(data), name, frames=rng.choice((None, NFRAMES)))


@pytest.mark.parametrize("syntax", [MPEG2, H264, HEVC])
def test_junk_is_an_error(syntax: str) -> None:
    rng = random.Random(5)
    junk = [rng.randbytes(n) for n in (0, 2, 100, 5000, 100_000)]
    junk += [b"\0" * 5000, b"\xff" * 5000, b"\0\0\1" * 3000, b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.ts\n"]
    junk += [b"ffconcat version 1.0\nfile 'x.mp4'\n", b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + rng.randbytes(2000)]
    for data in junk:
        try:
            frames = frames_of("h264", data, syntax=syntax)
            _ = frames[0]
        except DicomError:
            continue
        raise AssertionError(data[:20])


def test_a_closed_file_gives_no_more_frames() -> None:
    ds = dicomet.dcmread(dicom("h264", stream("h264", 120), frames=120))
    frames = ds.frames
    _ = frames[0]
    ds.close()
    with pytest.raises(SourceClosed):
        _ = frames[100]


def test_without_pyav_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libav, "MISSING", "video is decoded by PyAV: install dicomet[video]")
    frames = frames_of("h264")
    assert len(frames) == NFRAMES
    assert len(frames.raw(0)) >= len(stream("h264"))
    with pytest.raises(UnsupportedError, match=r"install dicomet\[video\]"):
        _ = frames[0]
    assert len(frames_of("h264", frames=None)) == 1
    assert not [entry for entry in codec_table() if entry.uid in VIDEO and (entry.decodes or not entry.missing)]


def test_video_is_in_the_table_of_codecs_and_encodes_nothing() -> None:
    rows = [entry for entry in codec_table() if entry.uid in VIDEO]
    assert len(rows) == len(VIDEO) == 16
    assert all(entry.decodes and not entry.encodes and "PyAV" in entry.codec for entry in rows)
    with pytest.raises(UnsupportedError):
        codec_for(H264).encode(np.zeros((4, 4, 3), np.uint8), None)  # type: ignore[arg-type]
