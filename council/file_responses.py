"""Responses with an uploaded file: the photo of a person, an attachment of a meeting."""

from django.http import Http404, HttpRequest, HttpResponseBase

from udsat.lib.responses import file_response

from .models import Attachment, Person

# Types that a browser opens without risk. Every other file is downloaded, whatever its extension.
INLINE_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg"}
DOWNLOAD_TYPES = {
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def photo_response(request: HttpRequest, person: Person) -> HttpResponseBase:
    try:
        response = file_response(request, person.photo.open("rb"), content_type="image/jpeg")
    except (OSError, ValueError):
        raise Http404("Der er ikke noget foto her.") from None
    # Search engines would match the face with other photos.
    response["X-Robots-Tag"] = "noindex, noimageindex"
    return response


def attachment_response(request: HttpRequest, attachment: Attachment) -> HttpResponseBase:
    extension = attachment.extension.lower()
    content_type = INLINE_TYPES.get(extension) or DOWNLOAD_TYPES.get(extension) or "application/octet-stream"
    try:
        file = attachment.file.open("rb")
    except FileNotFoundError:
        raise Http404("Filen mangler på vores server. Ring til rådet, og få den sendt.") from None
    return file_response(
        request,
        file,
        content_type=content_type,
        filename=attachment.filename,
        is_download=extension not in INLINE_TYPES,
    )
