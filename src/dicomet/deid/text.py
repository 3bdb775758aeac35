"""Text without identifiers. PS3.15 §E.3.4, §E.3.5: the Clean Descriptors and Clean Structured Content Options.

What is known of the patient from the rest of the data set (names and their parts, identifiers, dates, UIDs) is taken
out wherever it occurs, whatever the case; and so is what looks like an identifier: dates, numbers of five digits and
more, UIDs, addresses of mail and web, and capitalized words behind a title. Nobody but a reader can tell whether what
is left names somebody that the data set does not.
"""

from __future__ import annotations

import re

_MIN_NCHARS = 3
_MAX_PATTERNS = 200
_TITLES = "Dr|Prof|Mr|Mrs|Ms|Miss|Herr|Frau|Mme|Mlle|Sig|Dott"
_GENERIC = re.compile(
    rf"""
    (?P<mail>(?<![\w.+-])[\w.+-]{{1,64}}@[\w-]+\.[\w.-]+)
    | (?P<web>\b(?:https?|ftp)://\S+ | \bwww\.\S+)
    | (?P<uid>\b[0-2](?:\.\d+){{4,}}\b)
    | (?P<date>\b\d{{1,4}}[-./]\d{{1,2}}[-./]\d{{1,4}}\b
        | \b\d{{1,2}}\.?[ -]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[ -,]{{0,2}}\d{{2,4}}\b
        | \b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[ ]\d{{1,2}},?[ ]\d{{2,4}}\b)
    | (?P<number>(?<![\w.])[A-Za-z]{{0,4}}[-#]?\d{{5,}}(?![\w.]))
    | (?P<name>(?-i:\b(?:{_TITLES})\.?[ ]+(?:[A-Z]\.?[ ]*){{0,4}}[A-Z][\w'-]+))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BLANKS = re.compile(r"[ \t]{2,}")


class Cleaner:
    """Takes the identifiers of one data set out of texts.

    Parameters
    ----------
    identifiers : set of str
        What is known; parts of less than 3 characters are passed over.
    """

    def __init__(self, identifiers: frozenset[str]) -> None:
        self._identifiers = frozenset(one.lower() for one in identifiers if len(one) >= _MIN_NCHARS)
        self._pattern: re.Pattern[str] | None = None

    def clean(self, text: str) -> str:
        """The text without known identifiers, and without what looks like one."""
        return _tidy(_GENERIC.sub("", self.strip(text)), text)

    def strip(self, text: str) -> str:
        """The text without known identifiers."""
        lowered = text.lower()
        if not any(one in lowered for one in self._identifiers):
            return text  # nearly every text: a pattern takes longer to make than a file to be done
        if self._pattern is None:
            self._pattern = _pattern_of(self._identifiers)
        return _tidy(self._pattern.sub("", text), text)


def _tidy(text: str, before: str) -> str:
    return before if text == before else _BLANKS.sub(" ", text).strip(" ")


def _pattern_of(identifiers: frozenset[str]) -> re.Pattern[str]:
    """Any of them, the longest first."""
    longest = sorted(identifiers, key=lambda one: (-len(one), one))[:_MAX_PATTERNS]
    return re.compile("|".join(map(_one, longest)), re.IGNORECASE)


def _one(text: str) -> str:
    """A short one is a word of its own, a long one is taken out of words too."""
    escaped = re.escape(text)
    return escaped if len(text) >= 8 else rf"(?<![^\W_]){escaped}(?![^\W_])"
