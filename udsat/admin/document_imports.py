"""Upload of a document in the back office: it is read outside the request, and a page shows progress and result."""

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.forms import Form
from django.http import HttpResponseRedirect
from django.utils import timezone

from udsat.document_reading import read_at_once, start_reading
from udsat.lib.documents import is_small
from udsat.models import DocumentImport


def receive(request, file, reader, municipality=None) -> HttpResponseRedirect:
    """Keep an uploaded document and start reading it. Redirect to the address of its progress and result."""
    content = file.read()
    document = DocumentImport.keep(
        request.user, file.name, content, page=request.path, reader=reader, municipality=municipality
    )
    if is_small(content, file.name):
        read_at_once(document)
    if document.is_unread:
        transaction.on_commit(start_reading)
    return HttpResponseRedirect(document.get_absolute_url())


def is_result(request) -> bool:
    """Return whether the address is that of an uploaded document."""
    return "fil" in request.GET


def find(request) -> DocumentImport | None:
    """Return the document of the address; None if it is deleted or was not uploaded by the user on this page."""
    try:
        key = uuid.UUID(request.GET["fil"])
    except ValueError:
        return None
    document = DocumentImport.objects.filter(user=request.user, page=request.path, key=key).first()
    return document if document and document.is_open_to(request.user) else None


def refused_form(make_form, document, **values) -> Form:
    """Return the form of the upload with the reason why the document cannot be read, at the field »file«."""
    form = make_form(values, {"file": SimpleUploadedFile(document.name, b"-")})
    form.add_error("file", document.error)
    return form


def show_progress(response, document):
    """Let the browser request the page again, less often as time passes."""
    age = (timezone.now() - document.at).total_seconds()
    response["Refresh"] = str(max(1, min(10, int(age) // 10)))
    return response
