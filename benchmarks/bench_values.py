"""Every value of every element, opening included; and 1.4 million decimal strings as arrays."""

from .bench_structure import one_file
from .journey import Journey, contenders, faster_than


def _values(name: str, title: str, whole: str, tenth: str) -> Journey:
    return Journey(
        name=name,
        title=title,
        unit="element",
        prepare=one_file(whole, {10: tenth}),
        contenders=contenders(
            "values", "dicomsdl", "fastdicom", "pydicom", slow={"pydicom": 10} if tenth else {}
        ),
        bars=faster_than(fastdicom=2, dicomsdl=8, pydicom=40),
    )


JOURNEYS = (
    _values(
        "values-frames", "every value of an enhanced multi-frame, 500 frames", "undefined_500", ""
    ),
    _values("values-report", "every value of a structured report", "report", "report_tenth"),
    _values("values-dicomdir", "every value of a DICOMDIR", "dicomdir", "dicomdir_tenth"),
    Journey(
        name="arrays",
        title="1.4 million DS of a structure set as arrays",
        unit="number",
        prepare=one_file("structures", {10: "structures_tenth"}),
        contenders=contenders("arrays", "dicomsdl", "fastdicom", "pydicom", slow={"pydicom": 10}),
        bars=faster_than(dicomsdl=5),
    ),
)
