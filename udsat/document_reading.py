"""Reading of uploaded documents: small ones in the request, all others in a process of its own.

`manage.py read_documents` is that process, which an upload starts. Each `run_due` reads one document that it has left,
for instance when the server was restarted.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils import timezone

from udsat.lib.failures import describe_failure
from udsat.lib.file_checks import UnreadableDocument
from udsat.lib.limited_process import FailedProcess, call_with_limits
from udsat.models import DOCUMENT_READERS, DocumentImport

logger = logging.getLogger(__name__)

FAILED = "Der skete en fejl hos os, da vi læste filen. Gem den på ny i Word, eller gem kun teksten som .txt."


def start_reading() -> subprocess.Popen | None:
    """Start a process that reads the waiting documents. If that is impossible, run_due reads them."""
    try:
        return subprocess.Popen(
            [sys.executable, "manage.py", "read_documents"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "UDSAT_MODE": settings.MODE},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        logger.error("Reading of documents cannot start: %s", describe_failure(error))
        return None


def read_next() -> int:
    """Read one of the waiting documents in a process with limits. Return the number of documents read, 0 or 1."""
    document = DocumentImport.objects.claim(timezone.now())
    if document is None:
        return 0
    read(document, call_with_limits)
    return 1


def read_at_once(document: DocumentImport) -> None:
    """Read a small document in the request of the upload, unless its result takes long to store."""
    read(document, lambda parse, *arguments: parse(*arguments), DOCUMENT_READERS[document.reader].is_long)


def read(
    document: DocumentImport, call: Callable[..., Any], is_left: Callable[[Any], bool] = lambda parsed: False
) -> None:
    """Parse the document by `call`, outside transactions, and save the result or the reason why there is none.

    A result for which `is_left` is true is not saved.
    """
    try:
        parsed = call(DOCUMENT_READERS[document.reader].parse, bytes(document.content), document.name)
        if not is_left(parsed):
            document.finish(parsed)
    except UnreadableDocument as error:
        document.finish(error=str(error))
    except Exception as error:
        what = error if isinstance(error, FailedProcess) else describe_failure(error)
        logger.error("Reading a document failed: %s", what)
        document.finish(error=FAILED)
