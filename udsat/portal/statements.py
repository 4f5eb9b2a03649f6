"""Static pages: about, accessibility statement and privacy notice."""

import datetime
import functools
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from council.citizens.inputs.lifecycle import SPAM_DAYS
from council.models.subscription import MAX_REFUSALS, UNCONFIRMED_DAYS
from udsat.models.rate_limit import RETENTION as SUBMISSION_RETENTION

from .views import municipalities_with_content

FACTS = settings.BASE_DIR / "udsat" / "data" / "tilgaengelighed.json"

# Last change of the page texts; a test compares it with the templates.
LAST_CHANGED = {"about": datetime.date(2026, 11, 23), "privacy": datetime.date(2026, 11, 23)}


@require_safe
def about(request):
    return render(request, "about.html", {"section": "om", "updated": LAST_CHANGED["about"]})


@functools.cache
def facts():
    """Return the accessibility test results, which the tests write (tests/statement_facts.py)."""
    results = json.loads(FACTS.read_text())
    return results | {"checked_on": datetime.date.fromisoformat(results["checked_on"])}


def was_address():
    """Return the URL of the statement at Digitaliseringsstyrelsen, empty outside production."""
    return (
        f"https://was.digst.dk/{urlsplit(settings.SITE_URL).hostname.replace('.', '-')}" if settings.PRODUCTION else ""
    )


def _contacts():
    """Return municipalities with content, each with the phone and e-mail that its pages show."""
    municipalities = list(municipalities_with_content().select_related("council"))
    for one in municipalities:
        one.shown_council = one.council if one.has_council else None
        for field in ("phone", "phone_hours", "email"):
            setattr(one, f"shown_{field}", getattr(one.shown_council, field, "") or getattr(one, field))
    return municipalities


@require_safe
def accessibility(request):
    context = {
        "section": "tilgaengelighed",
        "facts": facts(),
        "updated": facts()["checked_on"],
        "site": settings.SITE_URL,
        "was": was_address(),
        "municipalities": _contacts(),
    }
    return render(request, "accessibility.html", context)


@require_safe
def was(request):
    """Redirect the short address that the accessibility law requires."""
    return redirect("accessibility")


@dataclass(frozen=True)
class DataRetention:
    """A kind of stored personal data and its retention. A test requires every model with contact data to be listed."""

    title: str
    what: str
    reader: str
    until: str
    models: tuple[str, ...] = ()


def data_retention():
    days = settings.LETTER_DAYS
    return [
        DataRetention(
            "Når du skriver til et råd eller taler med det",
            "Det, du skriver eller siger, og det navn, den telefon og den e-mail, du selv giver. Du kan også skrive "
            "uden navn.",
            "Rådets sekretær i den kommune, du skriver til. Andre ser det ikke. Er svaret til gavn for flere, kan "
            "rådet vise det med sine egne ord, hvis du har sagt ja.",
            f"Til rådet har svaret og nogle måneder derefter. Antallet står under din kommune. Spam slettes efter "
            f"{SPAM_DAYS} dage.",
            ("council.Input",),
        ),
        DataRetention(
            "Når du følger et råd, en strategi eller et emne",
            "Din e-mail, hvad du følger, og hvor tit du vil høre om det.",
            "Ingen. Heller ikke sekretæren kan se, hvem der følger med.",
            f"Til du siger stop. Så slettes det med det samme. Bekræfter du ikke, slettes det efter {UNCONFIRMED_DAYS} "
            f"dage. Kan {MAX_REFUSALS} mails i træk ikke komme frem til dig, slettes det også.",
            ("council.Follower", "council.Subscription"),
        ),
        DataRetention(
            "Når du er medlem af et råd",
            "Navn, telefon og e-mail, hvem du taler for, fremmøde, og hvad du har svaret på indkaldelser og referater. "
            "Har du sagt ja, også et foto.",
            "Rådets sekretær. På siderne står kun så meget af navnet, som du har sagt ja til. Telefon og e-mail vises "
            "aldrig.",
            "Så længe du sidder i rådet, og så mange år derefter, som rådet har bestemt. Antallet står under din "
            "kommune.",
            ("council.Person",),
        ),
        DataRetention(
            "Når et udvalg spørger rådet",
            "E-mailen, som rådets svar skal sendes til.",
            "Rådets sekretær.",
            "Sammen med høringen.",
            ("council.Hearing",),
        ),
        DataRetention(
            "Når portalen sender en mail",
            "Hvem den er til, og hvad der står i den.",
            "Rådets sekretær, når mailen er fra rådet. Mails om det, du følger, kan ingen se.",
            f"Teksten slettes {days} dage efter, at mailen er sendt. Så står kun, at der er sendt en mail.",
            ("udsat.Letter",),
        ),
        DataRetention(
            "Når du sender en formular",
            "Et fingeraftryk af det net, du er på, så maskiner ikke kan sende tusind formularer. Det kan ikke regnes "
            "tilbage til dig, og det er nyt hver dag.",
            "Ingen.",
            f"{SUBMISSION_RETENTION.total_seconds() / 3600:.0f} timer.",
            ("udsat.FormSubmission",),
        ),
        DataRetention(
            "Når du arbejder i redaktionen",
            "Navn, e-mail, brugernavn, og hvad du har skrevet, rettet og offentliggjort.",
            "Dine kolleger i kommunen og den, der driver portalen.",
            f"Historikken bliver stående, for den hører til sagen. En cookie holder dig logget ind i højst "
            f"{settings.SESSION_COOKIE_AGE // 3600} timer.",
            ("udsat.User", "udsat.Revision", "udsat.PublicationEvent"),
        ),
    ]


@require_safe
def privacy(request):
    context = {
        "section": "privatliv",
        "retention": data_retention(),
        "municipalities": _contacts(),
        "updated": LAST_CHANGED["privacy"],
    }
    return render(request, "privacy.html", context)
