"""What a data set turns into: files, other transfer syntaxes, JSON, XML. Each method leads to who does it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from typing import Any

    from dicomet.dataset import Dataset
    from dicomet.element import DataElement
    from dicomet.filedataset import FileDataset
    from dicomet.modelvalues import BulkDataUriHandler
    from dicomet.pixels.transcode import OffsetTable
    from dicomet.writecheck import Validation
    from dicomet.writer import Lengths


class Conversions:
    """Base of `dicomet.dataset.Dataset`."""

    __slots__ = ()

    def _data_set(self) -> Any:
        """Itself, as what it is."""
        return self

    def to_json_dict(
        self,
        bulk_data_threshold: int = 1024,
        bulk_data_element_handler: Callable[[DataElement], str] | None = None,
        suppress_invalid_tags: bool = False,
    ) -> dict[str, Any]:
        """The DICOM JSON Model as a dict: see `dicomet.json.to_json_dict`. PS3.18 Annex F."""
        from dicomet.json import to_json_dict

        return to_json_dict(
            self._data_set(),
            bulk_data_threshold=bulk_data_threshold,
            bulk_data_element_handler=bulk_data_element_handler,
            suppress_invalid_tags=suppress_invalid_tags,
        )

    def to_json(
        self,
        bulk_data_threshold: int = 1024,
        bulk_data_element_handler: Callable[[DataElement], str] | None = None,
        dump_handler: Callable[[dict[str, Any]], str] | None = None,
        suppress_invalid_tags: bool = False,
    ) -> str:
        """The DICOM JSON Model as text: see `dicomet.json.to_json`. PS3.18 Annex F."""
        from dicomet.json import to_json

        return to_json(
            self._data_set(),
            bulk_data_threshold=bulk_data_threshold,
            bulk_data_element_handler=bulk_data_element_handler,
            dump_handler=dump_handler,
            suppress_invalid_tags=suppress_invalid_tags,
        )

    def save_as(
        self,
        filename: str | os.PathLike[str] | Any,
        *,
        transfer_syntax: str | None = None,
        implicit_vr: bool | None = None,
        little_endian: bool | None = None,
        enforce_file_format: bool = True,
        overwrite: bool = True,
        lengths: Lengths = "keep",
        validate: Validation = None,
        sync: bool = True,
    ) -> None:
        """Write it as a file, whole or not at all: see `dicomet.writer.dcmwrite`. PS3.10 §7."""
        from dicomet.writer import dcmwrite

        dcmwrite(
            filename,
            self._data_set(),
            transfer_syntax=transfer_syntax,
            implicit_vr=implicit_vr,
            little_endian=little_endian,
            enforce_file_format=enforce_file_format,
            overwrite=overwrite,
            lengths=lengths,
            validate=validate,
            sync=sync,
        )

    def transcode(
        self,
        transfer_syntax: str,
        *,
        workers: int | None = None,
        offset_table: OffsetTable = "auto",
        new_uid: bool | None = None,
        **options: Any,
    ) -> FileDataset:
        """A new data set in another transfer syntax: see `dicomet.pixels.transcode.transcode`. PS3.5 §10."""
        from dicomet.pixels.transcode import transcode

        return transcode(
            self._data_set(), transfer_syntax, workers=workers, offset_table=offset_table, new_uid=new_uid, **options
        )

    @staticmethod
    def from_json(
        json_dataset: str | bytes | bytearray | dict[str, Any],
        bulk_data_uri_handler: BulkDataUriHandler | None = None,
    ) -> Dataset:
        """A data set out of the DICOM JSON Model: see `dicomet.json.from_json`. PS3.18 Annex F."""
        from dicomet.json import from_json

        return from_json(json_dataset, bulk_data_uri_handler)

    def to_xml(
        self,
        bulk_data_threshold: int = 1024,
        bulk_data_element_handler: Callable[[DataElement], str] | None = None,
        suppress_invalid_tags: bool = False,
    ) -> str:
        """The Native DICOM Model as text: see `dicomet.xml.to_xml`. PS3.19 §A.1."""
        from dicomet.xml import to_xml

        return to_xml(
            self._data_set(),
            bulk_data_threshold=bulk_data_threshold,
            bulk_data_element_handler=bulk_data_element_handler,
            suppress_invalid_tags=suppress_invalid_tags,
        )

    @staticmethod
    def from_xml(
        text: str | bytes | bytearray, bulk_data_uri_handler: BulkDataUriHandler | None = None
    ) -> Dataset:
        """A data set out of the Native DICOM Model: see `dicomet.xml.from_xml`. PS3.19 §A.1."""
        from dicomet.xml import from_xml

        return from_xml(text, bulk_data_uri_handler)
