"""A portrait as it may be handed out: a small square JPEG with nothing in it but the picture.

What the camera wrote (place, time, model) does not come along, because only the pixels do.
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

SIDE = 480  # pixels: twice as wide as it is shown
MAX_PHOTO_BYTES = 20 * MB
MAX_PIXELS = 60_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")


def portrait(file: File) -> ContentFile:
    """The picture cut to a square and written anew; ValidationError, in Danish, for what is no picture."""
    if file.size > MAX_PHOTO_BYTES:
        raise ValidationError(f"Fotoet fylder mere end {MAX_PHOTO_BYTES // MB} MB. Gør det mindre, og prøv igen.")
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(file, formats=_FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise ValidationError("Fotoet har for mange pixels. Gem det i en mindre størrelse, og prøv igen.")
            # A JPEG is read at about the size that is needed, which spares time and memory.
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
    # Faces are rather in the upper half.
    square = ImageOps.fit(flat, (SIDE, SIDE), Image.Resampling.LANCZOS, centering=(0.5, 0.35))
    out = io.BytesIO()
    square.save(out, "JPEG", quality=84, optimize=True, progressive=True)
    # A name that tells nothing, of the person or of the file she sent.
    return ContentFile(out.getvalue(), f"{get_random_string(20).lower()}.jpg")


class PhotoField(forms.FileField):
    """A photo that is cut and cleaned as it comes in, for a model's FileField."""

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
