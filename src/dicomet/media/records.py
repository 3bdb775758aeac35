"""Types of directory records: where each stands, and what an instance of each SOP class is listed as.

PS3.3 §F.4, Table F.4-1; PS3.4 Annex I.
"""

from __future__ import annotations

from dicomet._native import dictionary
from dicomet.errors import DicomError

PATIENT, STUDY, SERIES, INSTANCE = range(4)
"""Levels of records; what has no patient (a palette, a hanging protocol) stands on the first one alone."""

_AT_ROOT = ("PATIENT", "HANGING PROTOCOL", "PALETTE", "IMPLANT", "IMPLANT ASSY", "IMPLANT GROUP", "INVENTORY")
_IN_SERIES = (
    "IMAGE", "RT DOSE", "RT STRUCTURE SET", "RT PLAN", "RT TREAT RECORD", "PRESENTATION", "WAVEFORM", "SR DOCUMENT",
    "KEY OBJECT DOC", "SPECTROSCOPY", "RAW DATA", "REGISTRATION", "FIDUCIAL", "ENCAP DOC", "VALUE MAP",
    "STEREOMETRIC", "PLAN", "MEASUREMENT", "SURFACE", "SURFACE SCAN", "TRACT", "ASSESSMENT", "RADIOTHERAPY",
    "ANNOTATION",
)  # fmt: skip
# Retired types are read where they stood: PS3.3-2004 Table F.4-1.
_RETIRED = {
    "TOPIC": PATIENT, "PRINT QUEUE": PATIENT, "VISIT": STUDY, "RESULTS": STUDY, "STUDY COMPONENT": STUDY,
    "INTERPRETATION": SERIES, "FILM SESSION": STUDY, "FILM BOX": SERIES, "IMAGE BOX": INSTANCE,
    "OVERLAY": INSTANCE, "MODALITY LUT": INSTANCE, "VOI LUT": INSTANCE, "CURVE": INSTANCE,
    "STORED PRINT": INSTANCE, "MRDR": PATIENT,
}  # fmt: skip

LEVELS: dict[str, int] = {
    **dict.fromkeys(_AT_ROOT, PATIENT),
    "STUDY": STUDY,
    "HL7 STRUC DOC": STUDY,
    "SERIES": SERIES,
    **dict.fromkeys(_IN_SERIES, INSTANCE),
    **_RETIRED,
}
"""Level of each record type; PRIVATE may stand anywhere."""

RETIRED = frozenset(_RETIRED)

# SOP classes by keyword (PS3.6 Annex A). What is not here and has rows of pixels is an IMAGE.
_SOP_CLASSES = {
    "RT DOSE": "RTDoseStorage",
    "RT STRUCTURE SET": "RTStructureSetStorage",
    "RT PLAN": "RTPlanStorage RTIonPlanStorage",
    "RT TREAT RECORD": """RTBeamsTreatmentRecordStorage RTBrachyTreatmentRecordStorage
        RTTreatmentSummaryRecordStorage RTIonBeamsTreatmentRecordStorage""",
    "PRESENTATION": """GrayscaleSoftcopyPresentationStateStorage ColorSoftcopyPresentationStateStorage
        PseudoColorSoftcopyPresentationStateStorage BlendingSoftcopyPresentationStateStorage
        XAXRFGrayscaleSoftcopyPresentationStateStorage GrayscalePlanarMPRVolumetricPresentationStateStorage
        CompositingPlanarMPRVolumetricPresentationStateStorage AdvancedBlendingPresentationStateStorage
        VolumeRenderingVolumetricPresentationStateStorage SegmentedVolumeRenderingVolumetricPresentationStateStorage
        MultipleVolumeRenderingVolumetricPresentationStateStorage
        VariableModalityLUTSoftcopyPresentationStateStorage BasicStructuredDisplayStorage
        WaveformPresentationStateStorage WaveformAcquisitionPresentationStateStorage""",
    "WAVEFORM": """TwelveLeadECGWaveformStorage GeneralECGWaveformStorage AmbulatoryECGWaveformStorage
        General32bitECGWaveformStorage HemodynamicWaveformStorage CardiacElectrophysiologyWaveformStorage
        BasicVoiceAudioWaveformStorage GeneralAudioWaveformStorage ArterialPulseWaveformStorage
        RespiratoryWaveformStorage MultichannelRespiratoryWaveformStorage
        RoutineScalpElectroencephalogramWaveformStorage ElectromyogramWaveformStorage
        ElectrooculogramWaveformStorage SleepElectroencephalogramWaveformStorage BodyPositionWaveformStorage""",
    "SR DOCUMENT": """BasicTextSRStorage EnhancedSRStorage ComprehensiveSRStorage Comprehensive3DSRStorage
        ExtensibleSRStorage ProcedureLogStorage MammographyCADSRStorage ChestCADSRStorage ColonCADSRStorage
        XRayRadiationDoseSRStorage RadiopharmaceuticalRadiationDoseSRStorage PatientRadiationDoseSRStorage
        EnhancedXRayRadiationDoseSRStorage ImplantationPlanSRStorage AcquisitionContextSRStorage
        SimplifiedAdultEchoSRStorage PlannedImagingAgentAdministrationSRStorage
        PerformedImagingAgentAdministrationSRStorage WaveformAnnotationSRStorage
        SpectaclePrescriptionReportStorage MacularGridThicknessAndVolumeReportStorage""",
    "KEY OBJECT DOC": "KeyObjectSelectionDocumentStorage",
    "SPECTROSCOPY": "MRSpectroscopyStorage",
    "RAW DATA": "RawDataStorage",
    "REGISTRATION": "SpatialRegistrationStorage DeformableSpatialRegistrationStorage",
    "FIDUCIAL": "SpatialFiducialsStorage",
    "ENCAP DOC": """EncapsulatedPDFStorage EncapsulatedCDAStorage EncapsulatedSTLStorage EncapsulatedOBJStorage
        EncapsulatedMTLStorage""",
    "VALUE MAP": "RealWorldValueMappingStorage",
    "STEREOMETRIC": "StereometricRelationshipStorage",
    "PLAN": "RTBeamsDeliveryInstructionStorage RTBrachyApplicationSetupDeliveryInstructionStorage",
    "MEASUREMENT": """LensometryMeasurementsStorage AutorefractionMeasurementsStorage
        KeratometryMeasurementsStorage SubjectiveRefractionMeasurementsStorage VisualAcuityMeasurementsStorage
        OphthalmicAxialMeasurementsStorage IntraocularLensCalculationsStorage
        OphthalmicVisualFieldStaticPerimetryMeasurementsStorage""",
    "SURFACE": "SurfaceSegmentationStorage",
    "SURFACE SCAN": "SurfaceScanMeshStorage SurfaceScanPointCloudStorage",
    "TRACT": "TractographyResultsStorage",
    "ASSESSMENT": "ContentAssessmentResultsStorage",
    "RADIOTHERAPY": """RTPhysicianIntentStorage RTSegmentAnnotationStorage RTRadiationSetStorage
        CArmPhotonElectronRadiationStorage TomotherapeuticRadiationStorage RoboticArmRadiationStorage
        RTRadiationRecordSetStorage RTRadiationSalvageRecordStorage TomotherapeuticRadiationRecordStorage
        CArmPhotonElectronRadiationRecordStorage RoboticRadiationRecordStorage
        RTRadiationSetDeliveryInstructionStorage RTTreatmentPreparationStorage
        RTPatientPositionAcquisitionInstructionStorage""",
    "ANNOTATION": "MicroscopyBulkSimpleAnnotationsStorage",
    "HANGING PROTOCOL": "HangingProtocolStorage",
    "PALETTE": "ColorPaletteStorage",
    "IMPLANT": "GenericImplantTemplateStorage",
    "IMPLANT ASSY": "ImplantAssemblyTemplateStorage",
    "IMPLANT GROUP": "ImplantTemplateGroupStorage",
    "INVENTORY": "InventoryStorage",
}

_TYPES = {
    dictionary.uid_of_keyword(keyword): record_type
    for record_type, keywords in _SOP_CLASSES.items()
    for keyword in keywords.split()
}


class RecordError(DicomError, ValueError):
    """An instance that a directory cannot list: a key is missing, or no record type takes its SOP class."""


def record_type_of(sop_class: str, has_rows: bool) -> str:
    """Type of the record of an instance.

    Parameters
    ----------
    sop_class : str
        SOP Class UID.
    has_rows : bool
        Whether the instance has Rows (0028,0010).

    Raises
    ------
    RecordError
        No type takes it.
    """
    found = _TYPES.get(sop_class)
    if found is not None:
        return found
    if has_rows:
        return "IMAGE"
    name = (dictionary.uid_entry(sop_class) or ("", sop_class))[1]
    raise RecordError(f"no directory record type takes instances of {name}", clause="PS3.3 §F.4")
