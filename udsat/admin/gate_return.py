"""From the publication gate to a field and back: the answers are kept in the session while the text is corrected."""

from collections.abc import Iterable
from urllib.parse import quote

from django.http import HttpRequest, HttpResponseRedirect

from .review_form import AGREE_PREFIX, REASON_PREFIX, REVIEW_PREFIX

SESSION_KEY, PARAMETER, BUTTON = "gates", "gate", "fix"
# Answers that apply to a part of the text, or to none. The final confirmation is for the whole text and is not kept.
KEPT = (REVIEW_PREFIX, REASON_PREFIX, AGREE_PREFIX)
KEPT_FIELDS = ("files_seen", "at")
MAX_GATES = 5  # in a session


def leave_gate(request: HttpRequest, addresses: Iterable[str]) -> HttpResponseRedirect | None:
    """Keep the answers and redirect to the field of the pressed button, if it is one of these addresses."""
    address = request.POST.get(BUTTON, "")
    if not address or address not in addresses:
        return None
    gates = request.session.get(SESSION_KEY, {})
    gates.pop(request.path, None)
    answers = {name: value for name, value in request.POST.items() if name in KEPT_FIELDS or name.startswith(KEPT)}
    gates[request.path] = {name: value for name, value in answers.items() if value}
    request.session[SESSION_KEY] = dict(list(gates.items())[-MAX_GATES:])
    path, _, field = address.partition("#")
    return HttpResponseRedirect(f"{path}?{PARAMETER}={quote(request.path)}#{field}")


def kept_answers(request: HttpRequest) -> dict[str, str]:
    """Return the answers that were given at this gate before the text was corrected."""
    return request.session.get(SESSION_KEY, {}).get(request.path, {})


def forget_gate(request: HttpRequest) -> None:
    if request.path in request.session.get(SESSION_KEY, {}):
        del request.session[SESSION_KEY][request.path]
        request.session.modified = True


def gate_behind(request: HttpRequest) -> str:
    """Return the address of the gate from which this page was opened; empty if it was opened otherwise."""
    path = request.GET.get(PARAMETER, "")
    return path if path in request.session.get(SESSION_KEY, {}) else ""
