"""Text in the pixels, and faces: what the header says, and what is asked for. PS3.15 §E.3.1, §E.3.2; PS3.3 C.7.6.1.

Nothing here reads pixels to find text or faces. An image is suspected if Burned In Annotation says YES, or if it says
nothing and the kind of image often has text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomet.errors import DeidentificationError

if TYPE_CHECKING:
    from typing import Literal

    from dicomet.dataset import Dataset
    from dicomet.deid.rectangles import BlankRules, Rectangle
    from dicomet.deid.report import Report

PIXELS = (0x7FE00010, 0x7FE00008, 0x7FE00009)
_STORAGE = "1.2.840.10008.5.1.4.1.1."
# Ultrasound, with the retired ones; Secondary Capture; endoscopy, microscopy and photographs; fluoroscopy.
_SUSPECT = frozenset(
    _STORAGE + n
    for n in ("3", "3.1", "6", "6.1", "6.2", "7", "7.1", "7.2", "7.3", "7.4", "77.1.1", "77.1.1.1", "77.1.2",
              "77.1.2.1", "77.1.4", "77.1.4.1", "12.1", "12.2")
)  # fmt: skip


def has_pixels(ds: Dataset) -> bool:
    """Whether there is any kind of Pixel Data."""
    return any(ds._element(tag) is not None for tag in PIXELS)


def check_burned_in(
    ds: Dataset, options: frozenset[str], blank: BlankRules | None, policy: Literal["note", "refuse"], report: Report
) -> tuple[Rectangle, ...]:
    """Rectangles to blank in an image.

    Raises
    ------
    DeidentificationError
        It may hold text, no rectangle is known for it, and `policy` or the Clean Pixel Data Option want it clean.
    """
    if not has_pixels(ds):
        return ()
    rectangles = None if blank is None else blank.rectangles_for(ds)
    if rectangles is not None:
        return rectangles
    told = str(ds.get("BurnedInAnnotation") or "").upper()
    if told == "YES":
        why = "Burned In Annotation is YES"
    elif told != "NO" and ds.get("SOPClassUID") in _SUSPECT:
        why = "Burned In Annotation is not NO, and images of this SOP class often have text in their pixels"
    else:
        return ()
    if policy == "refuse" or "clean_pixel_data" in options:
        raise DeidentificationError(f"{why}: no rectangle to blank is given", tag=0x00280301, clause="PS3.15 §E.3.1")
    report.notes.append(f"{why}: pixels were not changed")
    return ()


def check_features(ds: Dataset, options: frozenset[str]) -> None:
    """Refuse images from which a face could be made, where the option wants that undone: nothing here can do it."""
    if "clean_recognizable_visual_features" not in options or not has_pixels(ds):
        return
    if str(ds.get("RecognizableVisualFeatures") or "").upper() != "NO":
        raise DeidentificationError(
            "Recognizable Visual Features is not NO, and dicomet cannot take a face out of an image",
            tag=0x00280302, clause="PS3.15 §E.3.2",
        )  # fmt: skip
