"""Keys of each type of directory record: what a record says of what it stands for. PS3.3 §F.5, PS3.11.

Types are those of PS3.5 §7.4: 1 must have a value, 2 may be empty, 1C and 2C only where there is one.
"""

from __future__ import annotations

from dicomet._native.dictionary import keyword_tag, tag_implicit_vr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Keys: TypeAlias = "tuple[Key, ...]"

_CONTENT = "ContentDate=1 ContentTime=1"
_IDENTIFIED = "InstanceNumber=1 ContentLabel=1 ContentDescription=2 ContentCreatorName=2"  # PS3.3 Table 10-12

_KEYS = {
    "PATIENT": "PatientName=2 PatientID=1",
    "STUDY": "StudyDate=1 StudyTime=1 AccessionNumber=2 StudyDescription=2 StudyInstanceUID=1 StudyID=1",
    "SERIES": "Modality=1 SeriesInstanceUID=1 SeriesNumber=1",
    "IMAGE": "ImageType=1C ReferencedImageSequence=1C InstanceNumber=1",
    "RT DOSE": "InstanceNumber=1 DoseSummationType=1",
    "RT STRUCTURE SET": "InstanceNumber=1 StructureSetLabel=1 StructureSetDate=2 StructureSetTime=2",
    "RT PLAN": "InstanceNumber=1 RTPlanLabel=1 RTPlanDate=2 RTPlanTime=2",
    "RT TREAT RECORD": "InstanceNumber=1 TreatmentDate=2 TreatmentTime=2",
    "PRESENTATION": f"""{_IDENTIFIED} PresentationCreationDate=1 PresentationCreationTime=1
        ReferencedSeriesSequence=1C BlendingSequence=1C""",
    "WAVEFORM": f"InstanceNumber=1 {_CONTENT}",
    "SR DOCUMENT": f"""InstanceNumber=1 {_CONTENT} CompletionFlag=1 VerificationFlag=1 VerificationDateTime=1C
        ConceptNameCodeSequence=1 ContentSequence=1C""",
    "KEY OBJECT DOC": f"InstanceNumber=1 {_CONTENT} ConceptNameCodeSequence=1 ContentSequence=1C",
    "SPECTROSCOPY": f"""ImageType=1 {_CONTENT} InstanceNumber=1 ReferencedImageEvidenceSequence=1C
        NumberOfFrames=1 Rows=1 Columns=1 DataPointRows=1 DataPointColumns=1""",
    "RAW DATA": f"InstanceNumber=2 {_CONTENT}",
    "REGISTRATION": f"{_CONTENT} {_IDENTIFIED}",
    "FIDUCIAL": f"{_CONTENT} {_IDENTIFIED}",
    "HANGING PROTOCOL": """HangingProtocolName=1 HangingProtocolDescription=1 HangingProtocolLevel=1
        HangingProtocolCreator=1 HangingProtocolCreationDateTime=1 HangingProtocolDefinitionSequence=1
        NumberOfPriorsReferenced=1 HangingProtocolUserIdentificationCodeSequence=2""",
    "ENCAP DOC": """ContentDate=2 ContentTime=2 InstanceNumber=1 DocumentTitle=2 HL7InstanceIdentifier=1C
        ConceptNameCodeSequence=2 MIMETypeOfEncapsulatedDocument=1""",
    "VALUE MAP": f"{_CONTENT} {_IDENTIFIED}",
    "STEREOMETRIC": "",
    "PALETTE": "ContentLabel=1 ContentDescription=2",
    "IMPLANT": "Manufacturer=1 ImplantName=1 ImplantSize=1C ImplantPartNumber=1",
    "IMPLANT ASSY": "ImplantAssemblyTemplateName=1 Manufacturer=1 ProcedureTypeCodeSequence=1",
    "IMPLANT GROUP": "ImplantTemplateGroupName=1 ImplantTemplateGroupIssuer=1",
    "PLAN": "",
    "MEASUREMENT": f"{_CONTENT} {_IDENTIFIED}",
    "SURFACE": f"{_CONTENT} {_IDENTIFIED}",
    "SURFACE SCAN": _CONTENT,
    "TRACT": f"{_CONTENT} {_IDENTIFIED}",
    "ASSESSMENT": "InstanceNumber=1 InstanceCreationDate=1 InstanceCreationTime=2",
    "RADIOTHERAPY": """InstanceNumber=1 UserContentLabel=1C UserContentLongLabel=1C ContentDescription=2
        ContentCreatorName=2""",
    "ANNOTATION": f"{_CONTENT} {_IDENTIFIED}",
    "INVENTORY": f"{_CONTENT} InventoryPurpose=2 InventoryLevel=1",
    "HL7 STRUC DOC": "HL7InstanceIdentifier=1 HL7DocumentEffectiveTime=1",
}

# What the general purpose profiles with compression ask for beside them. PS3.11 §H.3.3, §J.3.3, §L.3.3.
_MORE_KEYS = {
    "PATIENT": "PatientBirthDate=1C PatientSex=1C",
    "SERIES": "InstitutionName=1C InstitutionAddress=1C PerformingPhysicianName=1C",
    "IMAGE": """AcquisitionDateTime=1C ImagePositionPatient=1C ImageOrientationPatient=1C FrameOfReferenceUID=1C
        NumberOfFrames=1C Rows=1 Columns=1 PixelSpacing=1C LossyImageCompressionRatio=1C""",
}

_TEXT = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))


class Key:
    """A key of a record type.

    Attributes
    ----------
    keyword : str
    tag : int
    vr : str
    type : str
        ``"1"``, ``"1C"``, ``"2"`` or ``"2C"``.
    header : bytes
        Tag and VR as they are written in explicit VR little endian, with the reserved bytes of long forms.
    is_required, is_sequence, is_text : bool
        Whether it must have a value; is a sequence; may be under a Specific Character Set.
    """

    __slots__ = ("header", "is_required", "is_sequence", "is_text", "keyword", "tag", "type", "vr")

    def __init__(self, keyword: str, type_: str) -> None:
        self.keyword = keyword
        self.tag = keyword_tag(keyword)
        self.vr = tag_implicit_vr(self.tag)
        self.type = type_
        self.is_required = type_ == "1"
        self.is_sequence = self.vr == "SQ"
        self.is_text = self.vr in _TEXT or (self.is_sequence and not keyword.startswith("Referenced"))
        self.header = element_header(self.tag, self.vr)

    def __repr__(self) -> str:
        return f"<Key {self.keyword}, type {self.type}>"


def element_header(tag: int, vr: str) -> bytes:
    """Tag and VR of an element whose length has 16 bits, explicit VR little endian. PS3.5 §7.1.2."""
    return (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little") + vr.encode("ascii")


def _parsed(text: str) -> Keys:
    pairs = (one.split("=") for one in text.split())
    return tuple(sorted((Key(keyword, type_) for keyword, type_ in pairs), key=lambda key: key.tag))


KEYS: dict[str, Keys] = {name: _parsed(text) for name, text in _KEYS.items()}
"""Keys of each record type, in ascending order of their tags. PS3.3 Tables F.5-1 to F.5-47."""

MORE_KEYS: dict[str, Keys] = {
    **KEYS, **{name: _parsed(f"{_KEYS[name]} {text}") for name, text in _MORE_KEYS.items()}
}  # fmt: skip
"""The same, with those of the profiles for compressed images."""
