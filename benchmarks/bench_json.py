"""Files to the text of the DICOM JSON Model and of the Native DICOM Model, and back. PS3.18 Annex F, PS3.19 §A.1.

DCMTK's programs are measured as processes, start-up included: a seventh of their time for the report, less for the
others. There is no physical limit here: the text is made, not read.
"""

import shutil
from collections.abc import Callable
from typing import Any

from .bench_headers import header_files
from .bench_structure import one_file
from .corpus import corpus_file
from .journey import Contender, CorpusMissing, Journey, contenders, faster_than

Prepare = Callable[[int], tuple[tuple[Any, ...], float]]


def _among(function: str, *rivals: str, slow: dict[str, int] | None = None) -> tuple[Contender, ...]:
    return contenders(function, *rivals, slow=slow)[:-1]  # without a limit


def _with_dcmtk(prepare: Prepare) -> Prepare:
    def checked(share: int) -> tuple[tuple[Any, ...], float]:
        if shutil.which("dcm2json") is None:
            raise CorpusMissing("DCMTK's programs are not installed")
        return prepare(share)

    return checked


def _text_of(whole: str, part: str) -> Prepare:
    """JSON of a corpus, by dicomet."""

    def prepare(share: int) -> tuple[tuple[Any, ...], float]:
        import dicomet

        return (dicomet.dcmread(corpus_file(whole if share == 1 else part)).to_json(),), 0

    return prepare


REPORT = one_file("report", {10: "report_tenth"})
STRUCTURES = one_file("structures", {10: "structures_tenth"})
FRAMES = one_file("undefined_5000", {5: "undefined_1000"})
PIXELS = one_file("square_2048", {})

JOURNEYS = (
    Journey(
        name="json-headers",
        title="1,600 files to DICOM JSON, Pixel Data cut to 100 kB",
        unit="file",
        prepare=header_files,
        contenders=_among("json_texts", "pydicom", slow={"pydicom": 8}),
        bars=faster_than(pydicom=20),
    ),
    Journey(
        name="json-report",
        title="a structured report of 57,000 elements to DICOM JSON",
        unit="element",
        prepare=_with_dcmtk(REPORT),
        contenders=_among("json_text", "dcmtk", "pydicom", slow={"pydicom": 10}),
        bars=faster_than(pydicom=20, dcmtk=3),
    ),
    Journey(
        name="json-frames",
        title="5,000 functional groups to DICOM JSON",
        unit="element",
        prepare=_with_dcmtk(FRAMES),
        contenders=_among("json_text", "dcmtk", "pydicom", slow={"pydicom": 5}),
        bars=faster_than(pydicom=20, dcmtk=3),
    ),
    Journey(
        name="json-structures",
        title="1.4 million DS of a structure set to DICOM JSON",
        unit="element",
        prepare=_with_dcmtk(STRUCTURES),
        contenders=_among("json_text", "dcmtk", "pydicom", slow={"pydicom": 10}),
        bars=faster_than(pydicom=20, dcmtk=3),
    ),
    Journey(
        name="json-pixels",
        title="67 MB of pixels to DICOM JSON, in Base64",
        unit="element",
        prepare=_with_dcmtk(PIXELS),
        contenders=_among("json_text", "dcmtk", "pydicom"),
        bars=faster_than(pydicom=3, dcmtk=3),
    ),
    Journey(
        name="xml-report",
        title="a structured report of 57,000 elements to the Native DICOM Model",
        unit="element",
        prepare=_with_dcmtk(REPORT),
        contenders=_among("xml_text", "dcmtk"),
        bars=faster_than(dcmtk=3),
    ),
    Journey(
        name="json-in",
        title="DICOM JSON of a structured report to a data set",
        unit="element",
        prepare=_text_of("report", "report_tenth"),
        contenders=_among("json_in", "pydicom", slow={"pydicom": 10}),
        bars=faster_than(pydicom=3),
    ),
)
