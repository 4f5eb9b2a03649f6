"""Checks of files that are uploaded for publication: accepted types, and content that agrees with the file name."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File

from .file_checks import MB, UnreadableDocument, decode, open_archive, real_type
from .text_extraction import extract_text

MAX_UPLOAD_BYTES = 20 * MB
# Signature of each extension: the first bytes, or a part of the archive. The other extensions are text.
_FIRST_BYTES = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff"}
_ARCHIVE_PART = {
    "docx": "word/document.xml",
    "xlsx": "xl/workbook.xml",
    "pptx": "ppt/presentation.xml",
    "odt": "content.xml",
}
ACCEPTED_UPLOADS = (".pdf", ".docx", ".xlsx", ".pptx", ".odt", ".txt", ".csv", ".png", ".jpg", ".jpeg")
_READABLE = (
    "PDF, Word (.docx), Excel (.xlsx), PowerPoint (.pptx), OpenDocument (.odt), tekst (.txt, .csv), .png og .jpg"
)


def check_upload(file: File) -> None:
    """Raise ValidationError, in Danish, if the file is above 20 MB, of a wrong type, broken or locked."""
    name = file.name or ""
    if file.size > MAX_UPLOAD_BYTES:
        raise ValidationError(
            f"Filen fylder {-(-file.size // MB)} MB og må højst fylde {MAX_UPLOAD_BYTES // MB} MB. "
            "Gør den mindre, for eksempel ved at gemme den som PDF, eller del den i flere."
        )
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if f".{ending}" not in ACCEPTED_UPLOADS:
        raise ValidationError(f"Du kan ikke lægge den slags filer op. Brug {_READABLE}.")
    file.seek(0)
    data = file.read()
    file.seek(0)
    if not data:
        raise ValidationError("Filen er tom. Vælg en anden.")
    try:
        if not _content_matches(data, ending):
            raise ValidationError(
                f"Filen hedder .{ending}, men indholdet er noget andet. Åbn den i det program, den er lavet i, "
                "og gem den på ny."
            )
        extract_text(data, name)
    except UnreadableDocument as error:
        raise ValidationError(str(error)) from error


def _content_matches(data: bytes, ending: str) -> bool:
    kind = real_type(data)
    if ending == "pdf":
        return kind == "pdf"
    if ending in _FIRST_BYTES:
        return data.startswith(_FIRST_BYTES[ending])
    if ending in _ARCHIVE_PART:
        # For old or locked Office files, open_archive raises an error with its own message.
        return kind in ("zip", "ole") and _ARCHIVE_PART[ending] in open_archive(data).namelist()
    return kind == "" and bool(decode(data))


class UploadField(forms.FileField):
    """Form field for a model's FileField, with `check_upload`."""

    widget = forms.FileInput
    default_error_messages = {"empty": "Filen er tom. Vælg en anden."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs["accept"] = ",".join(ACCEPTED_UPLOADS)
        self.help_text = self.help_text or f"Højst {MAX_UPLOAD_BYTES // MB} MB: {_READABLE}."

    def to_python(self, data: Any) -> Any:
        file = super().to_python(data)
        if file is not None:
            check_upload(file)
        return file
