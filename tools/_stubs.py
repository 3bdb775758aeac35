"""Stubs for editors: keyword attributes of a data set and UID constants. PS3.6, PS3.5 §6.2."""

from collections.abc import Sequence

# Underscores in the types' names: some are keywords too, such as PersonName (0040,A123).
_TEXT = "AE AS CS DA DT LO LT SH ST TM UC UR UT"
_BYTES = "OB OD OF OL OV OW UN OX"
_INTEGERS = "IS SL SS SV UL US UV XS"
_VALUE_TYPES = {
    **dict.fromkeys(_TEXT.split(), "str"),
    **dict.fromkeys(_BYTES.split(), "bytes"),
    **dict.fromkeys(_INTEGERS.split(), "int"),
    **dict.fromkeys(["DS", "FD", "FL"], "float"),
    "AT": "_BaseTag",
    "PN": "_PersonName",
    "UI": "_UID",
    "SQ": "_Sequence",
    "XO": "_Any",  # a number or bytes, as the VR turns out to be
    "UO": "_Any",
}


def _value_type(vr: str, vm: str) -> str:
    single = _VALUE_TYPES[vr]
    if single in ("bytes", "_Sequence", "_Any") or vm == "1":
        return single
    if vm.startswith("1-"):
        return "_Any"  # one value or several
    return f"_MultiValue[{single}]"


def keyword_stub(title: str, elements: Sequence[tuple[str, str, str]]) -> str:
    """`_keywords.pyi`: one annotated attribute per keyword, from (keyword, vr, vm)."""
    lines = [
        f"# {title}",
        '"""What `Dataset` offers by keyword, for type checkers and completion. PS3.6 §6."""',
        "",
        "from typing import Any as _Any",
        "",
        "from dicomet.sequence import Sequence as _Sequence",
        "from dicomet.tags import BaseTag as _BaseTag",
        "from dicomet.uids import UID as _UID",
        "from dicomet.valuetypes import MultiValue as _MultiValue",
        "from dicomet.valuetypes import PersonName as _PersonName",
        "",
        "class KeywordAttributes:",
        '    """Base of `Dataset`; its attributes are found by keyword at run time."""',
        "",
    ]
    lines += [f"    {keyword}: {_value_type(vr, vm)}" for keyword, vr, vm in sorted(elements)]
    return "\n".join(lines) + "\n"


def uid_stub(title: str, keywords: Sequence[str]) -> str:
    """`_uid_constants.pyi`: one constant per UID keyword."""
    lines = [
        f"# {title}",
        '"""Constants of `dicomet.uids`, for type checkers and completion only. PS3.6 Annex A."""',
        "",
        "from dicomet.uids import UID",
        "",
    ]
    lines += [f"{keyword}: UID" for keyword in sorted(keywords)]
    return "\n".join(lines) + "\n"
