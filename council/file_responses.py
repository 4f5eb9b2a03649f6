"""Responses with an uploaded file: the photo of a person, an attachment of a meeting."""

from django.http import FileResponse, Http404

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


def photo_response(person: Person) -> FileResponse:
    try:
        response = FileResponse(person.photo.open("rb"), content_type="image/jpeg")
    except (OSError, ValueError):
        raise Http404("Der er ikke noget foto her.") from None
    # Search engines would match the face with other photos.
    response["X-Robots-Tag"] = "noindex, noimageindex"
    return response


def attachment_response(attachment: Attachment) -> FileResponse:
    extension = attachment.extension.lower()
    content_type = INLINE_TYPES.get(extension) or DOWNLOAD_TYPES.get(extension) or "application/octet-stream"
    try:
        file = attachment.file.open("rb")
    except FileNotFoundError:
        raise Http404("Filen mangler på vores server. Ring til rådet, og få den sendt.") from None
    return FileResponse(
        file, as_attachment=extension not in INLINE_TYPES, filename=attachment.filename, content_type=content_type
    )
