"""Open each file as a data set and read twelve attributes by keyword."""

from .bench_headers import header_files
from .journey import Journey, contenders, faster_than

JOURNEYS = (
    Journey(
        name="facade",
        title="dcmread and 12 attributes by keyword",
        unit="file",
        prepare=header_files,
        contenders=contenders(
            "facade", "dicomsdl", "fastdicom", "gdcm", "pydicom", slow={"gdcm": 4, "pydicom": 4}
        ),
        bars=faster_than(pydicom=40, dicomsdl=3.5, fastdicom=3.5),
    ),
)
