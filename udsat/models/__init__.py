"""What both apps stand on."""

from .history import Recorded, Revision
from .letters import Letter, LetterFile
from .places import RESERVED_SLUGS, Municipality, MunicipalityQuerySet, Region, RegionPeriod
from .publication import Conflict, CprOverride, Part, PublicationEvent, Publishable, is_overridden
from .users import Assignment, User

__all__ = [
    "RESERVED_SLUGS",
    "Assignment",
    "Conflict",
    "CprOverride",
    "Letter",
    "LetterFile",
    "Municipality",
    "MunicipalityQuerySet",
    "Part",
    "PublicationEvent",
    "Publishable",
    "Recorded",
    "Region",
    "RegionPeriod",
    "Revision",
    "User",
    "is_overridden",
]
