"""What the header of a compressed frame says: T.81 Annex B, T.87 Annex C, T.800 Annexes A and I, ISO/IEC 18181.

Read before a codec touches the frame, so that sizes can be held against the data set before anything
is allocated. Nothing is decoded: marker segments and boxes are stepped over by their lengths.
"""

from typing import Any, Literal, NoReturn, TypeAlias, final

import typing_extensions
from numpy import ndarray

Buffer: TypeAlias = typing_extensions.Buffer | ndarray[Any, Any]  # checkers do not know arrays as buffers

@final
class Codestream:
    """What a header says; made by `read`. Holds no reference to the bytes; never changes; not picklable.

    Offsets are bytes from the start of what was given to `read`. What a kind of codestream does not
    have is 0, False, None or empty.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Raises `TypeError`: `read` makes them."""

    @property
    def kind(self) -> Literal["JPEG", "JPEG-LS", "JPEG 2000", "HTJ2K", "JPEG XL"]:
        """Family of the codestream; `sof` tells the processes of JPEG apart."""

    @property
    def sof(self) -> int | None:
        """n of the frame header SOFn: 0 baseline, 1 extended, 2 progressive, 3 lossless, 55 JPEG-LS.

        None where there is none. T.81 table B.1, T.87 §C.2.2.
        """

    @property
    def rows(self) -> int:
        """Rows of the image; of JPEG 2000, of the reference grid (Ysiz - YOsiz).

        0 where `dnl` says that the number follows the first scan, and the frame does not end with it.
        """

    @property
    def columns(self) -> int:
        """Columns of the image; of JPEG 2000, of the reference grid (Xsiz - XOsiz). Never 0."""

    @property
    def samples(self) -> int:
        """Number of components; of JPEG XL, colour channels (1 or 3). 0 where the header is cut before."""

    @property
    def precision(self) -> int:
        """Bits per sample of component 0. 0 where the header is cut before."""

    @property
    def is_signed(self) -> bool:
        """Whether component 0 is signed; only JPEG 2000 can tell."""

    @property
    def is_float(self) -> bool:
        """Whether samples are floating point; only JPEG XL can be."""

    @property
    def differs(self) -> bool:
        """JPEG 2000: not all components have one precision and sign."""

    @property
    def subsampled(self) -> bool:
        """Whether some component has fewer samples than the image."""

    @property
    def lossless(self) -> bool | None:
        """Whether the coding is one that loses nothing; None where the header does not tell.

        JPEG: SOF3, 7, 11, 15. JPEG-LS: NEAR of the first scan is 0. JPEG 2000: the reversible 5/3
        transform, which can be cut to lossy still. JPEG XL: False for XYB and for recompressed JPEG,
        else None.
        """

    @property
    def complete(self) -> bool:
        """Whether the header was read up to the first entropy-coded byte."""

    @property
    def eoi(self) -> bool:
        """Whether EOI or EOC stands at the end, with at most 62 bytes of padding (00, FF) behind it.

        JPEG XL has no end marker: False.
        """

    @property
    def header_nbytes(self) -> int:
        """Bytes up to the first entropy-coded one; up to where reading ended, if not `complete`.

        JPEG XL: up to the end of what is read of the metadata.
        """

    @property
    def codestream_offset(self) -> int:
        """Where SOI, SOC or FF0A stands: behind boxes, or behind up to 64 bytes of junk."""

    @property
    def codestream_nbytes(self) -> int:
        """Bytes from there to the end of its box, else to the end of what was given."""

    @property
    def fault(self) -> str | None:
        """The first thing that is wrong with the header, though the sizes could be read."""

    @property
    def fault_offset(self) -> int | None:
        """Where it is: the marker or box concerned, or where bytes are missing."""

    @property
    def fault_clause(self) -> str | None:
        """Clause that it is against."""

    @property
    def h(self) -> tuple[int, ...]:
        """JPEG: horizontal sampling factors; JPEG 2000: XRsiz. Of the first four components."""

    @property
    def v(self) -> tuple[int, ...]:
        """JPEG: vertical sampling factors; JPEG 2000: YRsiz. Of the first four components."""

    @property
    def component_ids(self) -> bytes:
        """JPEG: identifiers of the first four components; ``b"RGB"`` is met for RGB. T.81 §B.2.2."""

    @property
    def jfif(self) -> bool:
        """JPEG: an APP0 segment "JFIF": three components are YCbCr. T.871."""

    @property
    def adobe_transform(self) -> int | None:
        """JPEG: APP14 "Adobe": 0 none, 1 YCbCr, 2 YCCK. None without one, or if cut. T.872 §6.5.3."""

    @property
    def spiff_colour(self) -> int | None:
        """JPEG, JPEG-LS: colour space of a SPIFF header: 3 YCbCr, 8 grey, 10 RGB. T.84 §F.2."""

    @property
    def dnl(self) -> bool:
        """JPEG: the frame header leaves the number of rows to a DNL segment. T.81 §B.2.5."""

    @property
    def restart_interval(self) -> int:
        """JPEG: in MCUs; JPEG-LS: in lines; 0 none. T.81 §B.2.4.4."""

    @property
    def scan_components(self) -> int:
        """JPEG: components of the first scan: fewer than `samples` where they are not interleaved."""

    @property
    def predictor(self) -> int:
        """Lossless JPEG: selection value of the first scan, 1 to 7. T.81 table H.1."""

    @property
    def point_transform(self) -> int:
        """Lossless JPEG, JPEG-LS: bits that were shifted away."""

    @property
    def near(self) -> int:
        """JPEG-LS: largest error of a sample, in the first scan. T.87 §C.2.3."""

    @property
    def interleave(self) -> int:
        """JPEG-LS: ILV of the first scan: 0 none, 1 line, 2 sample. T.87 §C.2.3."""

    @property
    def hp_transform(self) -> int:
        """JPEG-LS: colour transform 1 to 3 of an APP8 segment "mrfx", 0 none. Not of the standard."""

    @property
    def jls_preset(self) -> bool:
        """JPEG-LS: coding parameters of its own (LSE of type 1). T.87 §C.2.4.1.1."""

    @property
    def jls_mapping_table(self) -> bool:
        """JPEG-LS: samples are indices of a mapping table (LSE of type 2 or 3). T.87 §C.2.4.1.2."""

    @property
    def x_offset(self) -> int:
        """JPEG 2000: columns of the reference grid left of the image, XOsiz. T.800 §A.5.1."""

    @property
    def y_offset(self) -> int:
        """JPEG 2000: rows of the reference grid above the image, YOsiz. T.800 §A.5.1."""

    @property
    def tile_columns(self) -> int:
        """JPEG 2000: columns of one tile, XTsiz."""

    @property
    def tile_rows(self) -> int:
        """JPEG 2000: rows of one tile, YTsiz."""

    @property
    def progression(self) -> int:
        """JPEG 2000: 0 LRCP, 1 RLCP, 2 RPCL, 3 PCRL, 4 CPRL. T.800 table A.16."""

    @property
    def layers(self) -> int:
        """JPEG 2000: number of quality layers."""

    @property
    def levels(self) -> int:
        """JPEG 2000: number of decompositions; there is one resolution more."""

    @property
    def mct(self) -> bool:
        """JPEG 2000: the first three components went through RCT or ICT. T.800 Annex G."""

    @property
    def jp2(self) -> bool:
        """JPEG 2000: in boxes, which DICOM does not allow. T.800 Annex I."""

    @property
    def jp2_palette(self) -> bool:
        """JPEG 2000: the boxes hold a palette, and the samples are its indices."""

    @property
    def enumcs(self) -> int:
        """JPEG 2000: enumerated colour space of the boxes: 16 sRGB, 17 grey, 18 sYCC; 0 none."""

    @property
    def jxl_container(self) -> bool:
        """JPEG XL: in boxes."""

    @property
    def jxl_jpeg(self) -> bool:
        """JPEG XL: a box near the codestream's start rebuilds the JPEG that it was made from (jbrd)."""

    @property
    def xyb(self) -> bool:
        """JPEG XL: samples were coded as XYB, which is lossy."""

    @property
    def extra_channels(self) -> int:
        """JPEG XL: channels beside colour: alpha and others."""

    @property
    def orientation(self) -> int:
        """JPEG XL: 1 to 8 as in Exif. Rows and columns are those before it; from 5 on they change places."""

    def __reduce__(self) -> NoReturn: ...

def read(data: Buffer) -> Codestream | None:
    """Read the header of a compressed frame.

    Parameters
    ----------
    data : buffer
        One frame: all of its fragments joined, or the first if its header is whole. Borrowed for the
        call, contiguous; may lie in a mapped file.

    Returns
    -------
    Codestream or None
        None if no signature stands within the first 64 bytes (at the very start for FF0A).

    Raises
    ------
    PixelDataError
        The header is cut or contradicts itself before rows and columns are known. With `offset` in
        `data`, and `clause`.
    SourceChanged
        The mapped file shrank.
    TypeError, BufferError
        No buffer, or one that is not contiguous.

    Notes
    -----
    Reads the header and the last 64 bytes, allocates nothing but the result. Damage behind the sizes does
    not raise: see `Codestream.fault`.
    """

def begins(data: Buffer) -> bool:
    """Whether a fragment starts an image: SOI, SOC, a JP2 signature box, or JPEG XL's signatures.

    Meant for the fragments of one transfer syntax: FF0A, which starts JPEG XL, may also start a later
    fragment of JPEG 2000. Raises `SourceChanged`, `TypeError`, `BufferError` as `read` does.
    """

def ends(data: Buffer) -> bool:
    """Whether the last bytes are EOI or EOC, with at most 62 bytes of padding (00, FF) behind it.

    Raises as `begins` does.
    """
