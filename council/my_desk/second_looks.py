"""Tasks of those who look at a suspected CPR number after the person who has given a reason for it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.apps import apps

from udsat.admin.review_form import names_of
from udsat.admin.scope import municipalities_where
from udsat.lib import roles
from udsat.lib.cpr import hide_cpr
from udsat.models import CprOverride, possible_seconders

from .tasks import MyDesk, Severity, Task


def second_looks(desk: MyDesk) -> Iterator[Task]:
    """One task for each gate, for those who may confirm its reasons and for the person who gave them."""
    requests = CprOverride.objects.waiting().filter(municipality__in=municipalities_where(desk.user, roles.PUBLISH))
    by_gate: dict[tuple[str, int | None], tuple[CprOverride, object]] = {}
    for request, part in _in_present_texts(requests.select_related("municipality", "by").order_by("at", "pk")):
        by_gate.setdefault((request.page, request.by_id), (request, part))
    seconders = possible_seconders(request.municipality for request, _ in by_gate.values())
    for request, part in by_gate.values():
        asked = [person for person in seconders[request.municipality_id] if person != request.by]
        title, where = "Noget, der ligner et CPR-nummer, venter på", f"Det står i »{hide_cpr(str(part))}«."
        if desk.user in asked:
            reason = (
                f"{where} {request.by_name} har skrevet, hvad det er. Det bliver først offentligt, når du har set det."
            )
            title, severity, button = f"{title} dig", Severity.READY, "Se på det"
        elif desk.user == request.by and asked:
            reason = f"{where} Det bliver først offentligt, når der er set på det. Haster det, så sig det til dem."
            title, severity, button = f"{title} {names_of(asked)}", Severity.SOMETIME, "Se siden"
        else:
            continue
        yield Task(title, reason, severity, request.municipality, request.page, button, abilities=(roles.PUBLISH,))


def _in_present_texts(requests: Iterable[CprOverride]) -> Iterator[tuple[CprOverride, object]]:
    """Yield the requests whose number is still in the text, each with the object that has it."""
    by_model = defaultdict(list)
    for request in requests:
        label, pk, field = request.target.split(":")
        by_model[label].append((int(pk), field, request))
    for label, group in by_model.items():
        parts = apps.get_model(label)._base_manager.select_related().in_bulk([pk for pk, _, _ in group])
        for pk, field, request in group:
            texts = parts[pk].public_texts() if pk in parts else ()
            if any(text.field.name == field and request.fingerprint in text.numbers for text in texts):
                yield request, parts[pk]
