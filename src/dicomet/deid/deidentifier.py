"""Deidentifier: data sets and files without what identifies the patient. PS3.15 Annex E."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from dicomet._native.index import Index
from dicomet._native.plan import DEFINED, KEEP, Plan
from dicomet._native.source import Source
from dicomet._native.view import View
from dicomet.dataset import Dataset
from dicomet.deid.actions import Pass, Settler
from dicomet.deid.burned import check_burned_in, check_features, has_pixels
from dicomet.deid.graphics import clean_overlays, embedded_bits
from dicomet.deid.private import SAFE_PRIVATE
from dicomet.deid.profile import BASIC, make_profile
from dicomet.deid.remap import Remapper
from dicomet.deid.report import Report
from dicomet.element import DataElement
from dicomet.errors import DeidentificationError, UnsupportedError
from dicomet.filedataset import FileDataset, FileMetaDataset
from dicomet.planning import put_data_set
from dicomet.reader import scan_source
from dicomet.sequence import Sequence
from dicomet.syntax import file_meta_of, syntax_for
from dicomet.uids import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, UID
from dicomet.valuetypes import MultiValue
from dicomet.writer import encode_data_set, plan_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Literal

    from dicomet.deid.rectangles import BlankRules, Rectangle
    from dicomet.deid.remap import Mapping
    from dicomet.deid.text import Cleaner
    from dicomet.syntax import Syntax
    from dicomet.writer import Lengths

    BurnedIn = Literal["note", "refuse"]

MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"
_MEDIA_CLASS, _MEDIA_INSTANCE, _TRANSFER_SYNTAX = 0x00020002, 0x00020003, 0x00020010
_IDENTITY_REMOVED, _METHOD, _METHOD_CODES = 0x00120062, 0x00120063, 0x00120064
_TEMPORAL, _BURNED_IN = 0x00280303, 0x00280301


class DirectoryRefused(UnsupportedError):
    """The file is a DICOMDIR."""


class Deidentifier:
    """Takes what identifies the patient out of data sets, by the Basic Profile with options.

    The same key (or the same mapping) gives the same replacements in every file, process and run. An object belongs to
    one thread at a time.

    Parameters
    ----------
    profile : str
        ``"basic"``: Basic Application Level Confidentiality Profile.
    options : iterable of str
        Names in `dicomet.deid.profile.OPTIONS`, such as ``"retain_device_identity"``.
    key : bytes, optional
        Secret from which UIDs, pseudonyms and date shifts are derived. Without it a random one, for this object alone.
    mapping : Mapping, optional
        Keeps replacements, and has the last word: `dicomet.deid.store.Store`.
    safe_private : iterable of (int, int, str)
        Private elements that are safe beside those of `dicomet.deid.private.SAFE_PRIVATE`: group, last byte of the
        element, private creator. For the option ``"retain_safe_private"``.
    blank : BlankRules, optional
        Rectangles of pixels to be blanked. Implies the option ``"clean_pixel_data"``.
    burned_in : {"note", "refuse"}
        What to do about images that may hold text in their pixels for which `blank` has no rectangle: tell in the
        report, or raise. With ``"clean_pixel_data"`` they are refused in any case.
    with_elements : bool
        List every element that was changed in the report.

    Raises
    ------
    ValueError
        There is no such profile or option, or two options exclude each other.
    """

    def __init__(
        self,
        profile: str = BASIC,
        options: Iterable[str] = (),
        *,
        key: bytes | None = None,
        mapping: Mapping | None = None,
        safe_private: Iterable[tuple[int, int, str]] = (),
        blank: BlankRules | None = None,
        burned_in: BurnedIn = "note",
        with_elements: bool = False,
    ) -> None:
        chosen = {name.replace("-", "_") for name in options}
        if blank is not None:
            chosen.add("clean_pixel_data")
        if burned_in not in ("note", "refuse"):
            raise ValueError(f"burned_in {burned_in!r} is neither 'note' nor 'refuse'")
        self.profile = make_profile(profile, frozenset(chosen))
        self.remapper = Remapper(key, mapping)
        self.blank = blank
        self.burned_in: BurnedIn = burned_in
        self.with_elements = with_elements
        self._safe_private = SAFE_PRIVATE | frozenset(safe_private)
        self._settle = Settler(self.profile)
        self._stamp = _stamp_of(self.profile.codes)
        self._method = MultiValue([IMPLEMENTATION_VERSION_NAME, *(name[:64] for _, name in self.profile.codes)])

    @property
    def options(self) -> frozenset[str]:
        """Names of the options."""
        return self.profile.options

    def apply(self, ds: Dataset) -> Report:
        """De-identify a data set in memory; what it was read from stays as it is.

        Parameters
        ----------
        ds : Dataset
            Changed. Where this raises it may be half done, and must not be given away.

        Returns
        -------
        Report

        Raises
        ------
        DeidentificationError
            The option asked for cannot be kept for this data set.
        DicomError
            The data set cannot be read to its end, or written.
        """
        work, _ = self._apply(ds)
        if work.gaps:
            _encode_anew(ds, DEFINED)  # or bytes between the elements would be copied by whoever writes it
        return work.report

    def _apply(self, ds: Dataset) -> tuple[Pass, bool]:
        """Also: whether it has the UIDs that a Part 10 file must have."""
        _settle(ds)
        syntax = syntax_for(ds)
        report = Report()
        rectangles = check_burned_in(ds, self.options, self.blank, self.burned_in, report)
        check_features(ds, self.options)
        work = Pass(ds, self.profile, self.remapper, self._settle, self._safe_private, report, self.with_elements)
        report.sop_class = work.sop_class
        if rectangles or work.has_overlays:
            self._clean_pixels(ds, rectangles, report)
        work.run()
        if "clean_graphics" in self.options:
            nblanked, nremoved = clean_overlays(ds, rectangles)
            report.counts.update({"overlays_blanked": nblanked, "overlays_removed": nremoved})
        if work.gaps:
            report.notes.append("bytes that belong to no element were left out")
        self._finish(ds)
        old = file_meta_of(ds)
        return work, old is not None and self._finish_head(ds, old, syntax)

    def _clean_pixels(self, ds: Dataset, rectangles: tuple[Rectangle, ...], report: Report) -> None:
        bits = embedded_bits(ds) if has_pixels(ds) else 0
        if not rectangles and not bits:
            return
        from dicomet.deid.blanking import blank_pixels

        report.counts["blanked"] += blank_pixels(ds, rectangles, bits)
        if rectangles:
            _put(ds, _BURNED_IN, "CS", "NO")

    def deidentify_file(
        self, source: str | os.PathLike[str], target: str | os.PathLike[str], *, sync: bool = True
    ) -> Report:
        """De-identify a file into another, which is written whole or not at all.

        Parameters
        ----------
        source : path
        target : path
            Replaced if it is there. Its folder must be.
        sync : bool
            Wait until the bytes are on disk before the file gets its name.

        Returns
        -------
        Report

        Raises
        ------
        DicomError
            As `apply`, and if it is no DICOM file. DICOMDIR is refused: make a new one for the new files.
        OSError
            A file cannot be read or written.
        """
        with self.prepare(source) as prepared:
            prepared.plan.replace(target, sync)
        return prepared.report

    def deidentify_bytes(self, data: bytes) -> tuple[bytes, Report]:
        """De-identify the bytes of a file. Raises as `deidentify_file`."""
        with self.prepare(data) as prepared:
            return prepared.plan.read(0, prepared.plan.nbytes), prepared.report

    def prepare(self, source: str | os.PathLike[str] | bytes) -> Prepared:
        """De-identify a file without writing it yet; raises as `deidentify_file`.

        Parameters
        ----------
        source : path or bytes
            `bytes` are contents.
        """
        opened = Source.of(source) if isinstance(source, bytes) else Source.open(os.fspath(source), False)
        ds = FileDataset._of_index(scan_source(opened, lazy_nbytes=0, fragments=True))
        try:
            if ds.file_meta.get("MediaStorageSOPClassUID") == MEDIA_STORAGE_DIRECTORY:
                raise DirectoryRefused("a DICOMDIR is made anew for de-identified files, not de-identified",
                                       clause="PS3.15 §E.1.1")  # fmt: skip
            syntax = syntax_for(ds)
            work, is_part_10 = self._apply(ds)
            # of a range that is copied, bytes between the elements would come along; lengths made anew leave them
            lengths: Lengths = "defined" if work.gaps else "keep"
            plan = plan_file(ds, syntax, is_part_10, lengths)
        except BaseException:
            ds.close()
            raise
        return Prepared(ds, plan, work.report, work.cleaner())

    # -- what stands around the elements -----------------------------------------------------------

    def _finish(self, ds: Dataset) -> None:
        """Say in the data set what was done. PS3.15 §E.1.1; PS3.3 C.7.1.1, C.12.1.1.3."""
        options = self.options
        temporal = "UNMODIFIED" if "retain_full_dates" in options else "REMOVED"
        if "retain_modified_dates" in options:
            temporal = "MODIFIED"
        _put(ds, _IDENTITY_REMOVED, "CS", "YES")
        _put(ds, _METHOD, "LO", self._method)
        codes = Sequence._over(self._stamp, self._stamp.children(0), ds)
        element = DataElement(_METHOD_CODES, "SQ", codes)
        element._owner = ds
        ds._edit(element)
        _put(ds, _TEMPORAL, "CS", temporal)

    def _finish_head(self, ds: Dataset, old: Dataset, syntax: Syntax) -> bool:
        """File Meta Information anew: what was there tells who sent and received the file. PS3.10 §7.1.

        Returns whether the UIDs that a Part 10 file must have are there.
        """
        if not syntax.uid.is_valid:
            raise DeidentificationError("Transfer Syntax UID is no UID", tag=_TRANSFER_SYNTAX, clause="PS3.5 §9.1")
        meta = FileMetaDataset()
        sop_class = UID(str(ds.get("SOPClassUID") or old.get("MediaStorageSOPClassUID") or ""))
        instance = ds.get("SOPInstanceUID")
        if not instance and old.get("MediaStorageSOPInstanceUID"):
            instance = UID(str(old.MediaStorageSOPInstanceUID))
            instance = instance if "retain_uids" in self.options else self.remapper.uid(instance)
        is_part_10 = sop_class.is_valid and bool(instance)  # else what was in front is made anew as far as it was there
        if is_part_10 or len(old):
            _put(meta, _TRANSFER_SYNTAX, "UI", syntax.uid)
        if is_part_10 and not ds.get("SOPClassUID"):
            _put(meta, _MEDIA_CLASS, "UI", sop_class)
        if is_part_10 and not ds.get("SOPInstanceUID"):
            _put(meta, _MEDIA_INSTANCE, "UI", instance)
        if not is_part_10 and len(old):
            _put(meta, 0x00020000, "UL", 0)
            _put(meta, 0x00020001, "OB", b"\0\1")
            _put(meta, 0x00020012, "UI", IMPLEMENTATION_CLASS_UID)
            _put(meta, 0x00020013, "SH", IMPLEMENTATION_VERSION_NAME)
        had_preamble = getattr(ds, "preamble", None) is not None
        setattr(ds, "file_meta", meta)  # noqa: B010 - properties to a checker, which take no value
        setattr(ds, "preamble", bytes(128) if had_preamble else None)  # noqa: B010
        return is_part_10


class Prepared(NamedTuple):
    """A file that is de-identified, but not written yet. To be closed.

    Attributes
    ----------
    ds : FileDataset
    plan : Plan
        The bytes of the new file.
    report : Report
    cleaner : Cleaner
        Knows the identifiers that were taken out.
    """

    ds: FileDataset
    plan: Plan
    report: Report
    cleaner: Cleaner

    def __enter__(self) -> Prepared:
        return self

    def __exit__(self, *_: object) -> None:
        self.ds.close()


def _put(ds: Dataset, tag: int, vr: str, value: Any) -> None:
    element = DataElement(tag, vr, value)
    element._owner = ds
    ds._edit(element)


def _stamp_of(codes: tuple[tuple[str, str], ...]) -> Index:
    """De-identification Method Code Sequence, encoded once for all data sets."""
    items = [Dataset() for _ in codes]
    for item, (value, meaning) in zip(items, codes, strict=True):
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    ds = Dataset()
    ds.DeidentificationMethodCodeSequence = Sequence(items)
    return Index.scan_bare(Source.of(encode_data_set(ds)), False, False)


# -- before the pass -----------------------------------------------------------------------------


def _settle(ds: Dataset) -> None:
    """Leave the data set without edits and with an index over all of it, so that its rows say all that there is."""
    index = ds._index
    meta = file_meta_of(ds)
    if ds._changed():
        syntax = _encode_anew(ds, KEEP)
        if meta is not None and "TransferSyntaxUID" not in meta:
            meta.add_new(0x00020010, "UI", syntax.uid)
    elif index.pending or index.settings()["lazy_nbytes"]:
        options = {**index.settings(), "lazy_nbytes": 0}
        found = Index.scan(index.source, fragments=True, inflated=index.inflated, **options)
        edits = None if meta is None else meta._edits
        _lay_over(ds, found)
        if isinstance(ds, FileDataset):
            ds.__dict__.pop("_file_meta", None)
            if edits:
                View.__setattr__(ds.file_meta, "_edits", edits)


def _encode_anew(ds: Dataset, lengths: int) -> Syntax:
    """Make the edits of a data set the bytes that it is a view of; in which syntax."""
    syntax = syntax_for(ds)
    plan = Plan(syntax.implicit, syntax.big_endian, lengths)
    put_data_set(plan, ds, encapsulated=syntax.encapsulated)
    source = Source.of(plan.read(0, plan.nbytes))
    _lay_over(ds, Index.scan_bare(source, syntax.implicit, syntax.big_endian))
    return syntax


def _lay_over(ds: Dataset, index: Index) -> None:
    for name, value in (("_index", index), ("_edits", None), ("_sequences", None), ("_pixels", None)):
        View.__setattr__(ds, name, value)

