"""What a data set says of lossy compression, and of the image it came from. PS3.3 §C.7.6.1.1.5, §C.12.4, §C.7.6.3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomet.dataset import Dataset

if TYPE_CHECKING:
    from collections.abc import Mapping

_JPEG = "1.2.840.10008.1.2.4."
# Transfer syntaxes whose encoders here lose something, with the defined term of their method.
_METHODS = {
    **{_JPEG + n: "ISO_10918_1" for n in ("50", "51", "53", "55", "111")},
    _JPEG + "81": "ISO_14495_1",
    _JPEG + "91": "ISO_15444_1",
    _JPEG + "93": "ISO_15444_2",
    _JPEG + "203": "ISO_15444_15",
    _JPEG + "112": "ISO_18181_1",
}
_RATIO_NCHARS = 9


def lossy_method(transfer_syntax: str, options: Mapping[str, Any]) -> str | None:
    """Defined term of Lossy Image Compression Method for what an encoder does; None if it loses nothing."""
    if transfer_syntax == _JPEG + "81" and options.get("near") == 0:
        return None
    return _METHODS.get(transfer_syntax)


def mark_lossy(ds: Dataset, method: str, ratio: float, uid: str | None) -> None:
    """Say in a data set that its pixels went through a lossy compression.

    Parameters
    ----------
    ds : Dataset
        Changed in place; its sequences are not.
    method : str
        Defined term. PS3.3 §C.7.6.1.1.5.1
    ratio : float
        Of uncompressed to compressed size. Takes the same number of characters whatever it is.
    uid : str or None
        The new SOP Instance UID; the image of the old one becomes its source. None: the UID stays.
    """
    ratios = [*_values(ds, "LossyImageCompressionRatio"), f"{ratio:{_RATIO_NCHARS}.2f}"]
    methods = [*_values(ds, "LossyImageCompressionMethod"), method]
    said: dict[str, Any] = {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": ratios,
        "LossyImageCompressionMethod": methods,
    }
    image_type = _values(ds, "ImageType")
    if image_type and image_type[0] != "DERIVED":
        said["ImageType"] = ["DERIVED", *image_type[1:]]
    if uid is not None:
        said["SourceImageSequence"] = [*_items(ds, "SourceImageSequence"), _source(ds)]
        code = _code("113040", "Lossy Compression")
        said["DerivationCodeSequence"] = [*_items(ds, "DerivationCodeSequence"), code]
        said["SOPInstanceUID"] = uid
    ds.update(said)


def _source(ds: Dataset) -> Dataset:
    """The image that was compressed. PS3.3 §C.12.4.1.1"""
    source = Dataset()
    source.update(
        {
            "ReferencedSOPClassUID": ds.get("SOPClassUID", ""),
            "ReferencedSOPInstanceUID": ds.get("SOPInstanceUID", ""),
            "PurposeOfReferenceCodeSequence": [_code("121320", "Uncompressed predecessor")],
        }
    )
    return source


def _items(ds: Dataset, keyword: str) -> list[Dataset]:
    return list(ds.get(keyword, None) or ())


def _values(ds: Dataset, keyword: str) -> list[Any]:
    value = ds.get(keyword, None)
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, tuple) else [value]


def _code(value: str, meaning: str) -> Dataset:
    """A code of the DICOM Controlled Terminology. PS3.16 Annex D"""
    code = Dataset()
    code.CodeValue = value
    code.CodingSchemeDesignator = "DCM"
    code.CodeMeaning = meaning
    return code
