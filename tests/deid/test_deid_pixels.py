"""Rectangles, burned-in text, overlays. PS3.15 §E.3.1 to §E.3.3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus import real_file
from deid_made import KEY, SC, US, as_file, deidentified, image

from dicomet import Dataset, FileDataset, dcmread
from dicomet.deid import BlankRules, Deidentifier, Rectangle
from dicomet.deid.rectangles import parse_rectangle
from dicomet.errors import DeidentificationError
from dicomet.pixels.encapsulate import encapsulate

_BLANK = BlankRules([Rectangle(2, 1, 5, 4)])
_JPEG = "1.2.840.10008.1.2.4."


def picture(bits: int = 16, samples: int = 1, nframes: int = 2, **values: Any) -> Dataset:
    """An image of noise, 20 x 30."""
    noise = np.random.default_rng(1).integers(1, 200, (nframes, 20, 30, samples), dtype=f"u{bits // 8}")
    ds = image(
        SC, Rows=20, Columns=30, SamplesPerPixel=samples, BitsAllocated=bits, BitsStored=bits, HighBit=bits - 1,
        PixelRepresentation=0, PhotometricInterpretation="RGB" if samples == 3 else "MONOCHROME2",
        NumberOfFrames=nframes, **values,
    )  # fmt: skip
    if samples == 3:
        ds.PlanarConfiguration = 0
    ds.PixelData = noise.tobytes()
    return ds


def _read(ds: Dataset) -> np.ndarray:
    return dcmread(as_file(ds)).frames.read(raw=True)


def _check(before: np.ndarray, after: np.ndarray) -> None:
    expected = before.copy()
    expected[:, 1:5, 2:7] = 0
    assert np.array_equal(after, expected)


@pytest.mark.parametrize(("bits", "samples", "planes"), [(8, 1, 0), (16, 1, 0), (32, 1, 0), (8, 3, 0), (8, 3, 1)])
def test_native_pixels(bits: int, samples: int, planes: int) -> None:
    ds = picture(bits, samples)
    if planes:
        ds.PlanarConfiguration = 1
    after = deidentified(ds, blank=_BLANK)
    _check(_read(ds), after.frames.read(raw=True))
    assert after.BurnedInAnnotation == "NO"
    assert "113101" in [one.CodeValue for one in after.DeidentificationMethodCodeSequence]


def test_one_bit_and_big_endian() -> None:
    ds = picture(8)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 1, 1, 0
    bits = np.random.default_rng(2).integers(0, 2, (2, 20, 30), dtype="u1")
    ds.PixelData = np.packbits(bits, bitorder="little").tobytes()
    _check(bits, deidentified(ds, blank=_BLANK).frames.read(raw=True))
    big = as_file(picture(16), "1.2.840.10008.1.2.2")
    _check(dcmread(big).frames.read(raw=True), deidentified(big, blank=_BLANK).frames.read(raw=True))


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.5", _JPEG + "70", _JPEG + "80", _JPEG + "90", _JPEG + "201"])
@pytest.mark.parametrize(("bits", "samples"), [(8, 1), (16, 1), (8, 3)])
def test_lossless_frames_are_the_same_elsewhere(syntax: str, bits: int, samples: int) -> None:
    encoded = picture(bits, samples).transcode(syntax)
    data = as_file(encoded)
    after = deidentified(data, blank=_BLANK)
    assert after.frames.transfer_syntax == syntax
    _check(dcmread(data).frames.read(raw=True), after.frames.read(raw=True))
    assert as_file(after) != data


def test_lossy_frames() -> None:
    data = as_file(picture(8, 3).transcode(_JPEG + "50", quality=95))
    after = deidentified(data, blank=BlankRules([Rectangle(0, 0, 16, 16)]))
    assert after.LossyImageCompression == "01"
    assert after.frames[0][:12, :12].max() < 30
    assert after.frames[0][:, 20:].mean() > 50


def test_frames_that_are_blank_there_keep_their_bytes() -> None:
    ds = picture(8)
    pixels = np.frombuffer(ds.PixelData, "u1").reshape(2, 20, 30).copy()
    pixels[0, 1:5, 2:7] = 0
    ds.PixelData = pixels.tobytes()
    encoded = dcmread(as_file(ds.transcode("1.2.840.10008.1.2.5")))
    made, report = Deidentifier(key=KEY, blank=_BLANK).deidentify_bytes(as_file(encoded))
    assert report.counts["blanked"] == 1
    assert bytes(dcmread(made).frames.raw(0)) == bytes(encoded.frames.raw(0))


def test_real_files_with_pixels_in_many_forms() -> None:
    for name in ("SC_rgb_rle_2frame.dcm", "examples_ybr_color.dcm", "MR_small_jp2klossless.dcm", "SC_rgb_jpeg_gdcm.dcm",
                 "SC_ybr_full_422_uncompressed.dcm", "CT_small.dcm", "examples_palette.dcm"):  # fmt: skip
        before = dcmread(real_file(name))
        data = real_file(name).read_bytes()
        after = deidentified(data, blank=BlankRules([Rectangle(0, 0, 10, 10)]))
        assert after.frames.read(raw=True).shape == before.frames.read(raw=True).shape, name
        assert np.ptp(after.frames[0][2:6, 2:6].reshape(-1, after.frames[0][0, 0].size), axis=0).max() < 20, name


def test_what_may_hold_text_is_told_or_refused() -> None:
    ds = image(US, Rows=1, Columns=1, BitsAllocated=8, SamplesPerPixel=1, PixelData=b"\1\0")
    _, report = Deidentifier(key=KEY).deidentify_bytes(as_file(ds))
    assert len(report.notes) == 1
    for settings in ({"burned_in": "refuse"}, {"options": ["clean_pixel_data"]}):
        with pytest.raises(DeidentificationError, match=r"E\.3\.1"):
            Deidentifier(**settings).deidentify_bytes(as_file(ds))  # type: ignore[arg-type]
    ds.BurnedInAnnotation = "NO"
    Deidentifier(burned_in="refuse").deidentify_bytes(as_file(ds))
    ct = image(Rows=1, Columns=1, BitsAllocated=8, SamplesPerPixel=1, PixelData=b"\1\0")
    Deidentifier(burned_in="refuse").deidentify_bytes(as_file(ct))
    ct.BurnedInAnnotation = "YES"
    with pytest.raises(DeidentificationError):
        Deidentifier(burned_in="refuse").deidentify_bytes(as_file(ct))


def test_faces_are_refused() -> None:
    ds = picture()
    with pytest.raises(DeidentificationError, match="face"):
        deidentified(ds, "clean_recognizable_visual_features")
    ds.RecognizableVisualFeatures = "NO"
    deidentified(ds, "clean_recognizable_visual_features")
    deidentified(image(), "clean_recognizable_visual_features")


def test_rules_by_what_the_header_says(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(
        '[[rule]]\nManufacturer = "ge*"\nRows = 20\nblank = ["2,1,5,4"]\n'
        '[[rule]]\nModality = ["OT", "US"]\nImageType = "SECONDARY"\nblank = []\n'
    )
    (tmp_path / "rules.json").write_text('{"rule": [{"Manufacturer": "other", "blank": [[0, 0, 1, 1]]}]}')
    rules = BlankRules.load(tmp_path / "rules.toml")
    ge = picture(Manufacturer="GE Medical")
    _check(_read(ge), deidentified(ge, blank=rules).frames.read(raw=True))
    other = picture(Manufacturer="ACME", Modality="OT", ImageType=["DERIVED", "SECONDARY"])
    assert rules.rectangles_for(other) == ()
    assert np.array_equal(_read(other), deidentified(other, blank=rules).frames.read(raw=True))
    with pytest.raises(DeidentificationError):
        deidentified(picture(Manufacturer="ACME"), blank=rules)
    assert BlankRules.load(tmp_path / "rules.json").rectangles_for(picture(Manufacturer="Other")) is not None
    for text in ("[1]", '{"rule": [{"Rows": 1}]}', '{"rule": [{"NoKeyword": 1, "blank": []}]}', "{"):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(ValueError):  # noqa: PT011 - each says something else
            BlankRules.load(tmp_path / "bad.json")
    for bad in ("1,2,3", "1,2,3,x", "-1,0,1,1", "0,0,0,1", 7):
        with pytest.raises(ValueError, match="no rectangle"):
            parse_rectangle(bad)


def _with_overlay() -> Dataset:
    ds = picture()
    ds.add_new(0x60000010, "US", 20)
    ds.add_new(0x60000011, "US", 30)
    ds.add_new(0x60000040, "CS", "G")
    ds.add_new(0x60000050, "SS", [1, 1])
    ds.add_new(0x60000100, "US", 1)
    ds.add_new(0x60000102, "US", 0)
    ds.add_new(0x60001500, "LO", "Jane Roe")
    ds.add_new(0x60003000, "OW", b"\xff" * 76)
    ds.add_new(0x50000005, "US", 1)
    ds.add_new(0x50002500, "LO", "curve of Jane Roe")
    ds.add_new(0x5000200C, "OW", b"voice!")
    return ds


def _groups(ds: FileDataset) -> set[int]:
    return {tag.group for tag in ds.keys() if tag.group >> 8 in (0x50, 0x60)}  # noqa: SIM118


def test_overlays_and_curves() -> None:
    assert _groups(deidentified(_with_overlay())) == set()
    cleaned = deidentified(_with_overlay(), "clean_graphics")
    assert _groups(cleaned) == {0x5000}  # bitmaps go, where no rectangle tells what to blank
    assert cleaned[0x50002500].value == "curve of"
    assert 0x5000200C not in cleaned
    blanked = deidentified(_with_overlay(), "clean_graphics", blank=_BLANK)
    plane = np.unpackbits(np.frombuffer(blanked[0x60003000].value, "u1"), bitorder="little")[:600].reshape(20, 30)
    assert plane[1:5, 2:7].sum() == 0
    assert plane.sum() == 580
    assert not blanked[0x60001500].value


def test_overlays_in_unused_bits_of_pixels_are_cleared() -> None:
    ds = picture()
    ds.BitsStored, ds.HighBit = 12, 11
    cells = np.frombuffer(ds.PixelData, "<u2") | 0xF000
    ds.PixelData = cells.astype("<u2").tobytes()
    ds.add_new(0x60020100, "US", 16)
    ds.add_new(0x60020102, "US", 13)
    after = deidentified(ds)
    assert _groups(after) == set()
    assert np.array_equal(np.frombuffer(after.PixelData, "<u2"), cells & ~np.uint16(1 << 13))


def test_names_in_the_comments_of_a_frame_are_refused() -> None:
    ds = picture(8).transcode(_JPEG + "50")
    frame = bytes(ds.frames.raw(0))
    comment = b"\xff\xfe\x00\x0e" + b"for Roe^Jane"
    ds.PixelData = encapsulate([frame[:2] + comment + frame[2:], frame])
    with pytest.raises(DeidentificationError, match="comments of a frame"):
        deidentified(as_file(ds))


def test_pixels_that_swallowed_other_elements_are_refused() -> None:
    ds = picture(8)
    ds.PixelData += b"\x10\0\x10\0PN\x08\0Roe^Jane"
    with pytest.raises(DeidentificationError, match="hold other elements"):
        deidentified(as_file(ds))


def test_overlays_in_unused_bits_go_with_clean_graphics_too() -> None:
    ds = picture()
    ds.BitsStored, ds.HighBit = 12, 11
    ds.PixelData = (np.frombuffer(ds.PixelData, "<u2") | 0xF000).astype("<u2").tobytes()
    ds.add_new(0x60000100, "US", 16)
    ds.add_new(0x60000102, "US", 12)
    after = deidentified(ds, "clean_graphics")
    assert _groups(after) == set()
    assert not (np.frombuffer(after.PixelData, "<u2") & 0x1000).any()
