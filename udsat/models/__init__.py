"""Models that strategies and council build on."""

from .created_rows import CreatedRow, delete_old_created_rows
from .deletions import REMOVAL_HOOKS, Deletion, delete_unused_files, kept_until, remove_old_deletions
from .document_imports import (
    DOCUMENT_READERS,
    DocumentImport,
    DocumentReader,
    delete_old_document_imports,
    give_up_interrupted_imports,
)
from .held_files import HeldFile, delete_old_held_files
from .history import Revision, RevisionedModel
from .kept_forms import KeptFile, KeptForm, delete_old_kept_forms
from .letters import LETTER_COMPOSERS, Letter, LetterContent, LetterFile
from .municipalities import RESERVED_SLUGS, Municipality, Region, RegionPeriod
from .public_changes import checked_transaction
from .public_stamps import COUNTRY, PublicStamp, StampedModel, StampedQuerySet, fold_stamps, raise_stamp, stamps
from .public_versions import PublicVersion, texts_in, version_history
from .publication import (
    ALLOWED_NAMES_PROVIDERS,
    EditConflict,
    Part,
    PublicationBlocker,
    Publishable,
    allowed_names_of,
    batch_reindexing,
    own_domains,
)
from .publication_log import (
    CprOverride,
    PublicationEvent,
    check_override_reasons,
    is_cpr_overridden,
    last_published,
    override_seconders,
    possible_seconders,
)
from .rate_limit import FormSubmission, delete_old_submissions
from .search import (
    KIND_DOCUMENT_WORDS,
    KIND_SYNONYMS,
    SEARCH_SOURCES,
    SearchEntry,
    SearchKind,
    SearchSource,
    SearchText,
    SearchWord,
    remove_expired_entries,
)
from .users import Assignment, User

__all__ = [
    "COUNTRY",
    "PublicStamp",
    "StampedModel",
    "StampedQuerySet",
    "fold_stamps",
    "raise_stamp",
    "stamps",
    "DOCUMENT_READERS",
    "DocumentImport",
    "DocumentReader",
    "delete_old_document_imports",
    "give_up_interrupted_imports",
    "KIND_SYNONYMS",
    "KIND_DOCUMENT_WORDS",
    "LETTER_COMPOSERS",
    "ALLOWED_NAMES_PROVIDERS",
    "REMOVAL_HOOKS",
    "RESERVED_SLUGS",
    "Deletion",
    "SEARCH_SOURCES",
    "SearchSource",
    "Assignment",
    "CreatedRow",
    "EditConflict",
    "CprOverride",
    "SearchKind",
    "FormSubmission",
    "Letter",
    "KeptFile",
    "KeptForm",
    "LetterFile",
    "Municipality",
    "Part",
    "PublicVersion",
    "PublicationEvent",
    "Publishable",
    "RevisionedModel",
    "Region",
    "RegionPeriod",
    "Revision",
    "SearchEntry",
    "SearchText",
    "SearchWord",
    "PublicationBlocker",
    "User",
    "LetterContent",
    "delete_old_kept_forms",
    "delete_old_submissions",
    "delete_unused_files",
    "kept_until",
    "remove_old_deletions",
    "batch_reindexing",
    "is_cpr_overridden",
    "allowed_names_of",
    "last_published",
    "own_domains",
    "remove_expired_entries",
    "HeldFile",
    "check_override_reasons",
    "delete_old_created_rows",
    "checked_transaction",
    "delete_old_held_files",
    "override_seconders",
    "possible_seconders",
    "texts_in",
    "version_history",
]
