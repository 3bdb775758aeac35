"""Enhanced MR multi-frame objects with many per-frame functional groups. PS3.3 §A.36, §C.7.6.16."""

from dataclasses import dataclass

from .encoding import EXPLICIT_LITTLE_ENDIAN, element, part10, sequence

ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"


@dataclass(frozen=True)
class Pixels:
    """Frames of 16 bits allocated and the element that holds them, encoded."""

    element: bytes
    rows: int = 8
    columns: int = 8
    bits_stored: int = 12
    transfer_syntax: str = EXPLICIT_LITTLE_ENDIAN
    slope: str = "1"  # Rescale Slope: with any other, ITK gives all samples as floating point numbers


def _frame(number: int, undefined: bool, slope: str) -> bytes:
    """The functional groups of one frame: 32 data elements, 9 of them sequences."""
    seconds = number % 60
    stamp = f"2024031512{number // 60 % 60:02d}{seconds:02d}.{number % 1000:03d}000"

    def group(tag: int, *elements: bytes) -> bytes:
        return sequence(tag, [b"".join(elements)], undefined=undefined)

    return b"".join(
        (
            group(
                0x00189112,
                element(0x00180080, "DS", "2000"),
                element(0x00180091, "IS", "16"),
                element(0x00181314, "DS", "90"),
            ),
            group(
                0x00189114,
                element(0x00189082, "FD", 30.0 + number % 8),
            ),
            group(
                0x00189226,
                element(0x00080008, "CS", "ORIGINAL\\PRIMARY\\T2\\NONE"),
                element(0x00089205, "CS", "MONOCHROME"),
                element(0x00089206, "CS", "VOLUME"),
                element(0x00089207, "CS", "NONE"),
                element(0x00089208, "CS", "MAGNITUDE"),
                element(0x00089209, "CS", "T2"),
            ),
            group(
                0x00209111,
                element(0x00189074, "DT", stamp),
                element(0x00189151, "DT", stamp),
                element(0x00189220, "FD", 31.25),
                element(0x00209056, "SH", "1"),
                element(0x00209057, "UL", number % 40 + 1),
                element(0x00209128, "UL", number // 40 + 1),
                element(0x00209156, "US", 1 + number % 65000),
                element(0x00209157, "UL", (1, number // 40 + 1, number % 40 + 1)),
            ),
            group(
                0x00209113,
                element(0x00200032, "DS", f"-112.5\\-98.{number % 1000:03d}\\{number * 0.5:.3f}"),
            ),
            group(
                0x00209116,
                element(0x00200037, "DS", "1\\0\\0\\0\\0.999847695\\-0.01745240"),
            ),
            group(
                0x00289110,
                element(0x00180050, "DS", "3.5"),
                element(0x00280030, "DS", "0.859375\\0.859375"),
            ),
            group(
                0x00289132,
                element(0x00281050, "DS", str(400 + number % 300)),
                element(0x00281051, "DS", str(900 + number % 300)),
            ),
            group(
                0x00289145,
                element(0x00281052, "DS", "0"),
                element(0x00281053, "DS", slope),
                element(0x00281054, "LO", "US"),
            ),
        )
    )


def enhanced_multiframe(nframes: int, *, undefined: bool, pixels: Pixels | None = None) -> bytes:
    """An Enhanced MR Image, sequences of defined or undefined length; empty frames of 8 x 8 unless told."""
    if pixels is None:
        pixels = Pixels(element(0x7FE00010, "OW", bytes(128 * nframes)), slope="1.221001")
    instance = f"2.25.7{nframes}{int(undefined)}"
    body = b"".join(
        (
            element(0x00080005, "CS", "ISO_IR 100"),
            element(0x00080008, "CS", "ORIGINAL\\PRIMARY\\T2\\NONE"),
            element(0x00080016, "UI", ENHANCED_MR),
            element(0x00080018, "UI", instance),
            element(0x00080020, "DA", "20240315"),
            element(0x00080023, "DA", "20240315"),
            element(0x0008002A, "DT", "20240315120000"),
            element(0x00080030, "TM", "115500"),
            element(0x00080033, "TM", "120000"),
            element(0x00080050, "SH", "A0815"),
            element(0x00080060, "CS", "MR"),
            element(0x00080070, "LO", "Example Systems"),
            element(0x00080090, "PN", "Referring^Doctor"),
            element(0x00081090, "LO", "Model 7"),
            element(0x00100010, "PN", "Functional^Groups"),
            element(0x00100020, "LO", "FG-0001"),
            element(0x00100030, "DA", "19700101"),
            element(0x00100040, "CS", "F"),
            element(0x00181000, "LO", "4711"),
            element(0x0020000D, "UI", "2.25.71"),
            element(0x0020000E, "UI", "2.25.72"),
            element(0x00200010, "SH", "1"),
            element(0x00200011, "IS", "3"),
            element(0x00200013, "IS", "1"),
            element(0x00280002, "US", 1),
            element(0x00280004, "CS", "MONOCHROME2"),
            element(0x00280008, "IS", str(nframes)),
            element(0x00280010, "US", pixels.rows),
            element(0x00280011, "US", pixels.columns),
            element(0x00280100, "US", 16),
            element(0x00280101, "US", pixels.bits_stored),
            element(0x00280102, "US", pixels.bits_stored - 1),
            element(0x00280103, "US", 0),
            sequence(
                0x52009229,
                [sequence(0x00189006, [element(0x00180089, "IS", "256")], undefined=undefined)],
                undefined=undefined,
            ),
            sequence(
                0x52009230,
                (_frame(number, undefined, pixels.slope) for number in range(nframes)),
                undefined=undefined,
            ),
            pixels.element,
        )
    )
    return part10(ENHANCED_MR, instance, body, pixels.transfer_syntax)
