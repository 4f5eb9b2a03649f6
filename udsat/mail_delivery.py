"""Delivery of letters by SMTP, without loss or duplicates when the mail server fails."""

import datetime
import hashlib
import re
import smtplib
from collections.abc import Callable
from email.charset import QP, Charset
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.checks import Error, register
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.encoding import punycode

from udsat.models import Letter, Municipality
from udsat.models.letters import LETTER_COMPOSERS, one_line

SMTP = "django.core.mail.backends.smtp.EmailBackend"


class ServerDown(Exception):
    """The mail server cannot be reached or refuses the login."""


def send_letters(now: datetime.datetime, may_continue: Callable[[], bool] = lambda: True) -> int:
    """Send due letters and return their number. Raises ServerDown.

    Commits after each letter, so it must not run in a transaction.
    """
    offset = now - timezone.now()
    sent = 0
    Letter.objects.give_up_outdated(now)
    connection = get_connection()
    try:
        while may_continue():
            # Claim times must advance during a long run.
            letter = Letter.objects.claim(timezone.now() + offset)
            if letter is None:
                break
            sent += _send(letter, connection, timezone.now() + offset)
    finally:
        _close(connection)
    return sent


def _send(letter: Letter, connection, now: datetime.datetime) -> bool:
    if letter.composer and not _compose(letter, now):
        return False
    try:
        message = email_of(letter)
        message.message()
    except ValueError:
        # Invalid header values affect this letter only.
        letter.mark_failed(now, "Adressen er ikke en mailadresse. Ret den, og send igen.", is_final=True)
        return False
    try:
        _open(connection)
    except OSError as error:  # smtplib's own errors are among them
        letter.mark_failed(now, _why_down(error))
        raise ServerDown from error
    try:
        connection.send_messages([message])
    except OSError as error:
        text, is_final = _why_refused(error)
        is_refused = is_final and isinstance(error, smtplib.SMTPRecipientsRefused)
        letter.mark_failed(now, text, is_final=is_final, is_refused=is_refused)
        # Open a new connection for the next letter, since the state of this one is unknown.
        _close(connection)
        return False
    except Exception:
        letter.mark_failed(now, "Der er en fejl i portalen. Sig det til driften.")
        raise
    letter.mark_sent(now)
    return True


def _compose(letter: Letter, now: datetime.datetime) -> bool:
    """Compose the content; delete the letter and return False if there is none."""
    try:
        content = LETTER_COMPOSERS[letter.composer](letter)
    except Exception:
        letter.mark_failed(now, "Der er en fejl i portalen. Sig det til driften.")
        raise
    if content is None:
        letter.delete()
        return False
    letter.set_content(content)
    return True


def _open(connection):
    if settings.EMAIL_BACKEND == SMTP and not settings.EMAIL_HOST:
        raise ConnectionError("EMAIL_HOST is empty")
    connection.open()


def _close(connection):
    try:
        connection.close()
    except OSError:
        connection.connection = None


def _why_down(error: Exception) -> str:
    if settings.EMAIL_BACKEND == SMTP and not settings.EMAIL_HOST:
        return "Portalen har ingen mailserver endnu. Spørg driften."
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "Mailserveren afviser portalens adgangskode. Spørg driften."
    return "Mailserveren svarer ikke. Portalen prøver igen."


def _why_refused(error: Exception) -> tuple[str, bool]:
    """Return an error text without the server's message, which contains addresses, and whether it is final."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [(code, _), *_] = error.recipients.values()
        if 500 <= code < 600:
            return f"Adressen findes ikke, eller modtageren vil ikke have mailen ({code}).", True
        return f"Modtagerens mailserver bad os komme igen senere ({code}).", False
    if isinstance(error, smtplib.SMTPResponseException):
        if error.smtp_code == 552:
            return "Mailen fylder for meget for mailserveren (552).", True
        if isinstance(error, smtplib.SMTPDataError) and 500 <= error.smtp_code < 600:
            return f"Mailserveren vil ikke sende mailen ({error.smtp_code}).", True
        return f"Mailserveren kunne ikke tage mailen ({error.smtp_code}). Portalen prøver igen.", False
    return "Forbindelsen til mailserveren blev afbrudt. Portalen prøver igen.", False


# A letter as an e-mail


class LetterEmail(EmailMultiAlternatives):
    """An e-mail whose texts are sent as short lines of ASCII; some servers cut longer lines or an eighth bit."""

    is_seven_bit = True

    def message(self, **options):
        message = super().message(**options)
        if self.is_seven_bit:
            for part in message.walk():
                if part.get_content_maintype() == "text" and not part.get_filename():
                    text = part.get_payload(decode=True).decode()
                    del part["Content-Transfer-Encoding"]
                    part.set_payload(text, _QUOTED_PRINTABLE)
        return message


_QUOTED_PRINTABLE = Charset("utf-8")
_QUOTED_PRINTABLE.body_encoding = QP


def email_of(letter: Letter) -> LetterEmail:
    """Return the letter as an e-mail message. Raises ValueError if the address is invalid."""
    try:
        validate_email(letter.to)
    except ValidationError as error:
        raise ValueError("No e-mail address.") from error
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    name, reply_to = letter.sender or sender_of(letter.municipality)
    headers = {
        # Constant across attempts, so that mail programs drop duplicates.
        "Message-ID": f"<{hashlib.sha256(letter.key.encode()).hexdigest()[:40]}@{sender.rpartition('@')[2]}>",
        # Suppress absence notes (RFC 3834; the second header is for Exchange).
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": "da",
    }
    if letter.unsubscribe_url:
        # One-click unsubscribe (RFC 8058), honoured if both headers are signed (DKIM).
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = LetterEmail(
        subject=one_line(letter.subject),
        body=letter.text,
        from_email=_address(name, sender),
        to=[_address(letter.to_name, letter.to)],
        reply_to=[_address(name, reply_to)] if reply_to else None,
        headers=headers,
    )
    if letter.calendar:
        method = re.search(r"^METHOD:([A-Z]+)\r?$", letter.calendar, re.MULTILINE)
        # Outlook and Google read the alternative, other programs the attachment.
        message.attach_alternative(letter.calendar, f"text/calendar; method={method[1] if method else 'PUBLISH'}")
        message.attach("moede.ics", letter.calendar.encode(), "application/ics")
    for file in letter.files.order_by("pk"):
        is_valid = re.fullmatch(r"[a-z]+/[\w.+-]+", file.media_type, re.ASCII)
        media_type = file.media_type if is_valid else "application/octet-stream"
        message.attach(one_line(file.name), bytes(file.content), media_type)
    return message


def _address(name: str, email: str) -> str:
    local_part, _, domain = email.rpartition("@")
    return formataddr((one_line(name), f"{local_part}@{punycode(domain)}"))


def sender_of(municipality: Municipality) -> tuple[str, str]:
    """Return sender name and reply address."""
    council = getattr(municipality, "council", None)
    return (council.sender_name, council.mailbox) if council else (municipality.official_name, municipality.email)


# Retention and system check


def erase_old_letters(now: datetime.datetime) -> int:
    """Erase the content of old letters; recipient, subject and time are kept."""
    return Letter.objects.erase_content_before(now - datetime.timedelta(days=settings.LETTER_DAYS))


@register("udsat", deploy=True)
def check_mail(app_configs, **kwargs):
    """Deployment check of the mail settings."""
    errors = []
    if settings.EMAIL_BACKEND == SMTP and not settings.EMAIL_HOST:
        errors.append(
            Error("No mail server: letters wait and are never sent.", hint="Set EMAIL_HOST.", id="udsat.E001")
        )
    if "@" not in parseaddr(settings.DEFAULT_FROM_EMAIL)[1]:
        errors.append(Error("DEFAULT_FROM_EMAIL is no e-mail address.", id="udsat.E002"))
    return errors
