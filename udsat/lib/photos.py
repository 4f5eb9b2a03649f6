"""Portrait photos for publication: a small square JPEG without metadata.

Only the pixels are copied, so camera metadata (position, time, model) is dropped.
"""

import io
import warnings
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.utils.crypto import get_random_string
from PIL import Image, ImageOps, UnidentifiedImageError

from .file_checks import MB

SIDE = 480  # pixels, twice the displayed width
MAX_PHOTO_BYTES = 20 * MB
MAX_PIXELS = 60_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")


def portrait(file: File) -> ContentFile:
    """Return the picture cropped to a square of SIDE pixels. Raises ValidationError, in Danish, for other files."""
    if file.size > MAX_PHOTO_BYTES:
        raise ValidationError(f"Fotoet fylder mere end {MAX_PHOTO_BYTES // MB} MB. Gør det mindre, og prøv igen.")
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(file, formats=_FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise ValidationError("Fotoet har for mange pixels. Gem det i en mindre størrelse, og prøv igen.")
            # A JPEG is decoded at about the size needed, which saves time and memory.
            image.draft("RGB", (SIDE * 2, SIDE * 2))
            upright = ImageOps.exif_transpose(image)
            flat = Image.new("RGB", upright.size, "white")
            whole = upright.convert("RGBA")
            flat.paste(whole, mask=whole.getchannel("A"))
    except UnidentifiedImageError:
        raise ValidationError(
            "Filen er ikke et foto, vi kan læse. Brug JPG, PNG eller WebP. Er det et iPhone-foto (HEIC), så gem det "
            "som JPG først."
        ) from None
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError, Warning):
        raise ValidationError("Fotoet er i stykker eller for stort. Åbn det, gem det på ny, og prøv igen.") from None
    # Faces are usually in the upper half.
    square = ImageOps.fit(flat, (SIDE, SIDE), Image.Resampling.LANCZOS, centering=(0.5, 0.35))
    out = io.BytesIO()
    square.save(out, "JPEG", quality=84, optimize=True, progressive=True)
    # A random name, since the original file name may identify the person.
    return ContentFile(out.getvalue(), f"{get_random_string(20).lower()}.jpg")


class PhotoField(forms.FileField):
    """Form field for a model's FileField, which converts the upload with `portrait`."""

    widget = forms.FileInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs["accept"] = "image/jpeg,image/png,image/webp"
        self.help_text = self.help_text or (
            "JPG, PNG eller WebP. Vi skærer fotoet til et kvadrat og fjerner det, kameraet har skrevet i filen, "
            "for eksempel stedet."
        )

    def to_python(self, data: Any) -> Any:
        file = super().to_python(data)
        return portrait(file) if file is not None else None
