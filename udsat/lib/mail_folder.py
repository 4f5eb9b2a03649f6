"""E-mail backend without a mail server: one .eml file per message, which any mail program opens."""

import datetime
import os
from collections.abc import Iterable
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from .danish import slugify


class MailFolder(BaseEmailBackend):
    """Writes messages to VAR_DIR/mails, unencoded where possible, so that a text editor shows them too."""

    def send_messages(self, email_messages: Iterable[EmailMessage]) -> int:
        folder = Path(settings.VAR_DIR) / "mails"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths = [write_message(folder, message) for message in email_messages]
        return len(paths)


def write_message(folder: Path, message: Any) -> Path:
    """Write the message to a new file that only its owner can read, since it may contain personal links."""
    moment = datetime.datetime.now().strftime("%Y-%m-%d %H.%M.%S")
    to = parseaddr(message.to[0])[1].replace("@", " at ").replace(".", " ")
    name = f"{moment} {slugify(message.subject, 60)} til {slugify(to, 60)}"
    for number in range(1, 10_000):
        path = folder / f"{name}{f' ({number})' if number > 1 else ''}.eml"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        message.is_seven_bit = False
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.message().as_bytes())
        return path
    raise FileExistsError(name)
