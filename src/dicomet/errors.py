"""The exceptions of dicomet: one tree, every leaf also a builtin that callers expect."""

from __future__ import annotations


class DicomError(Exception):
    """Anything wrong with DICOM data or with what was asked of it.

    Attributes
    ----------
    offset : int or None
        Byte position in the source, counted from its start.
    tag : int or None
        Data element concerned, as 0xGGGGEEEE.
    path : str or None
        File concerned.
    clause : str or None
        Clause of the standard, such as ``"PS3.5 §7.1.2"``.
    """

    def __init__(
        self,
        message: str = "",
        *,
        offset: int | None = None,
        tag: int | None = None,
        path: str | None = None,
        clause: str | None = None,
    ) -> None:
        super().__init__(message)
        self.offset = offset
        self.tag = tag
        self.path = path
        self.clause = clause

    def __str__(self) -> str:
        text = super().__str__()
        if self.clause:
            text = f"{self.clause}: {text}"
        if self.offset is not None:
            text += f" at byte {self.offset}"
        if self.tag is not None:
            text += f", ({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"
        if self.path:
            text += f" [{self.path}]"
        return text

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))


def _rebuild(
    cls: type[DicomError], args: tuple[str, ...], state: dict[str, object]
) -> DicomError:
    error = cls(*args)
    error.__dict__.update(state)
    return error


class InvalidDicomError(DicomError, ValueError):
    """The bytes are not DICOM."""


class LimitError(DicomError, ValueError):
    """A stated limit was passed: nesting depth, number of rows, inflated size."""


class SourceError(DicomError, OSError):
    """The bytes cannot be had."""


class SourceChanged(SourceError):
    """The file changed or shrank after it was opened."""


class SourceClosed(DicomError, ValueError):
    """The source was closed; nothing more can be read from it."""


class MissingElement(DicomError, KeyError):
    """The data set has no such element."""

    __str__ = DicomError.__str__


class ValueDecodeError(DicomError, ValueError):
    """Bytes that cannot be a value of the element's VR."""


class PixelDataError(DicomError, ValueError):
    """Pixel data that cannot be had: damaged, cut short, or not what the header says."""


class PixelDataMissing(DicomError, AttributeError):
    """The data set has no pixel data."""


class UnsupportedError(DicomError, NotImplementedError):
    """Sound DICOM that this version cannot handle; the message says what would be needed."""


class WriteError(DicomError, ValueError):
    """A data set that cannot be written as asked: a value that its VR cannot hold, or a rule of the file format."""


class DeidentificationError(DicomError, ValueError):
    """A data set that cannot be de-identified as asked: nothing of it is given out."""


class ProtocolError(DicomError, ValueError):
    """Bytes off the network that no peer may send, or a step that the protocol does not have."""


class NetworkError(DicomError, ConnectionError):
    """An association that cannot be had, or ended before its time."""


class NetworkTimeout(NetworkError, TimeoutError):
    """A peer that did not answer in time. The association is aborted."""


class AssociationRejected(NetworkError):
    """The peer does not want the association. PS3.8 §9.3.4.

    Attributes
    ----------
    result, source, reason : int
        As they stand in the A-ASSOCIATE-RJ PDU, Table 9-21.
    """

    def __init__(self, message: str = "", *, result: int = 0, source: int = 0, reason: int = 0) -> None:
        super().__init__(message, clause="PS3.8 §9.3.4")
        self.result = result
        self.source = source
        self.reason = reason


class AssociationAborted(NetworkError):
    """The association was aborted, or the connection broke. PS3.8 §9.3.8.

    Attributes
    ----------
    source, reason : int or None
        As they stand in the A-ABORT PDU, Table 9-26; None where the connection was closed without one.
    """

    def __init__(self, message: str = "", *, source: int | None = None, reason: int | None = None) -> None:
        super().__init__(message, clause="PS3.8 §9.3.8")
        self.source = source
        self.reason = reason


class AssociationReleased(NetworkError):
    """The peer released the association while something was still wanted of it. PS3.8 §7.2."""
