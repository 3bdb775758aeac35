"""De-identification. PS3.15 Annex E."""

from dicomet.deid.deidentifier import Deidentifier as Deidentifier
from dicomet.deid.profile import OPTIONS as OPTIONS
from dicomet.deid.rectangles import BlankRules as BlankRules
from dicomet.deid.rectangles import Rectangle as Rectangle
from dicomet.deid.report import Report as Report
from dicomet.deid.run import Settings as Settings
from dicomet.deid.run import deidentify_folder as deidentify_folder
from dicomet.deid.store import Store as Store
