"""What both apps stand on."""

from .history import Recorded, Revision
from .letters import COMPOSERS, Letter, LetterFile, Words
from .municipalities import RESERVED_SLUGS, Municipality, MunicipalityQuerySet, Region, RegionPeriod
from .publication import (
    KNOWN_BY,
    Conflict,
    CprOverride,
    Part,
    PublicationEvent,
    Publishable,
    Stop,
    indexed_once,
    is_overridden,
    known_in,
    last_published,
    own_domains,
)
from .rate_limit import Knock, forget_knocks
from .search import KIND_WORDS, PAPER_WORDS, SEARCH_TEXTS, Kind, SearchEntry, SearchText, SearchWord
from .users import Assignment, User

__all__ = [
    "KIND_WORDS",
    "PAPER_WORDS",
    "COMPOSERS",
    "KNOWN_BY",
    "RESERVED_SLUGS",
    "SEARCH_TEXTS",
    "Assignment",
    "Conflict",
    "CprOverride",
    "Kind",
    "Knock",
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
    "SearchEntry",
    "SearchText",
    "SearchWord",
    "Stop",
    "User",
    "Words",
    "forget_knocks",
    "indexed_once",
    "is_overridden",
    "known_in",
    "last_published",
    "own_domains",
]
