"""Publication gate: review, confirmation, preview, publishing and withdrawal."""

import copy
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404, HttpResponseRedirect, QueryDict
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, resolve
from django.utils import timezone
from django.utils.html import format_html

from udsat.lib import roles
from udsat.lib.cpr import hide_cpr
from udsat.lib.danish import join_words, long_datetime
from udsat.lib.publishing import Status
from udsat.lib.readability import lix, lix_label
from udsat.lib.richtext import plain_text
from udsat.lib.transactions import atomic_post
from udsat.models import EditConflict, Letter, PublicationEvent, User

from .form_fields import DateTimeInputField
from .gate_return import forget_gate, kept_answers, leave_gate
from .model_admins import ScopedAdmin, file_url
from .privacy_review import privacy_review
from .review_form import ReviewForm, names_of
from .scope import municipality_of


def local_datetime(moment):
    return long_datetime(timezone.localtime(moment))


MAX_EASY_LIX = 35


def readability_notes(obj, field_url):
    """Return (sentence, field URL) pairs on the readability of easy texts. They do not prevent publication."""
    notes, missing = [], {}
    for part in obj.publication_parts():
        if not hasattr(part, "plain_text") or not part.is_field_public("plain_text", obj):
            continue
        value = lix(plain_text(part.plain_text)) if part.plain_text else None
        if value is None:
            missing.setdefault(type(part), []).append(part)
        elif value > MAX_EASY_LIX:
            note = f"»Kort fortalt« til {part.object_label()} har LIX {value}: {lix_label(value)}. Prøv kortere"
            notes.append((f"{hide_cpr(note)} sætninger og kortere ord.", field_url(part, "plain_text")))
    if obj in missing.pop(type(obj), []):
        notes.insert(0, ("Der er ingen »Kort fortalt« endnu.", field_url(obj, "plain_text")))
    if missing:
        counts = [
            f"{len(parts)} {kind._meta.verbose_name if len(parts) == 1 else kind._meta.verbose_name_plural}"
            for kind, parts in missing.items()
        ]
        first = next(iter(missing.values()))[0]
        notes.append((f"Uden »Kort fortalt«: {join_words(counts)}.", field_url(first, "plain_text")))
    return notes


def write_to_seconders(obj, people, by, path) -> list[User]:
    """Write to those of the people who have an address, without the text or the number. Return them."""
    reached = [person for person in people if person.email]
    for person in reached:
        Letter.objects.write(
            municipality=obj.municipality,
            key=f"cpr-second:{obj._meta.label_lower}:{obj.pk}:{obj.version}:{person.pk}",
            to=person.email,
            to_name=str(person),
            subject="Se på noget, der ligner et CPR-nummer",
            text=render_to_string(
                "email/cpr_second.txt", {"person": person, "by": by, "url": f"{settings.SITE_URL}{path}"}
            ),
        )
    return reached


class PublishForm(ReviewForm):
    """Confirmations before publication."""

    at = DateTimeInputField(
        label="Offentlig fra",
        required=False,
        help_text="Lad feltet stå tomt, hvis det skal være nu. Ellers vælg dag og klokkeslæt i dansk tid.",
    )

    def __init__(self, *args, publishable, **kwargs):
        super().__init__(*args, municipality=publishable.municipality, **kwargs)
        self.publishable = publishable
        if publishable.is_scheduled:
            self.fields["at"].initial = publishable.publish_at

    def clean_at(self):
        at = self.cleaned_data["at"]
        if at and at <= timezone.now():
            raise ValidationError("Tidspunktet er passeret. Vælg et senere, eller lad feltet stå tomt.")
        return at

    def clean(self):
        super().clean()
        ends = self.publishable.expires_at
        if ends and ends <= (self.cleaned_data.get("at") or timezone.now()):
            raise ValidationError(
                f"Det vises kun til {local_datetime(ends)}. Ret feltet »Vises til«, før du offentliggør."
            )


class PublishableAdmin(ScopedAdmin):
    """Change page with publication buttons and log, and the views behind the buttons."""

    change_form_template = "admin/publishable/change_form.html"
    # Whether it is listed among the last edited on the front page.
    shows_in_last_edited = True

    def get_urls(self):
        def name(what):
            return f"{self.opts.app_label}_{self.opts.model_name}_{what}"

        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/offentliggoer/", view(self.publish_view), name=name("publish")),
            path("<path:object_id>/traek-tilbage/", view(self.withdraw_view), name=name("withdraw")),
            path("<path:object_id>/forhaandsvisning/", view(self.preview_view), name=name("preview")),
            *super().get_urls(),
        ]

    # Hooks for apps

    def papers(self, obj) -> list[dict]:
        """Return the publishables of the page as dicts of `label` and `paper` (None before it exists)."""
        return [{"label": "Siden", "paper": obj}]

    def seen_version(self, obj) -> str:
        """Return a token that changes when anything published with it is saved."""
        return str(obj.version)

    def consequences(self, obj) -> list[str]:
        """Return Danish sentences about the side effects of publication, such as e-mails."""
        return []

    def before_publication(self, obj) -> None:
        """Hook for values that are published with it, called in the transaction of the publication."""

    def after_publication(self, obj) -> None:
        """Hook for follow-up actions that a job repeats if they are interrupted; called after the publication."""

    def was_never_public(self, obj) -> bool:
        return obj.status == Status.DRAFT and obj.published_at is None and not self.events(obj).exists()

    def tabs(self, request, obj) -> list[dict]:
        """Return `label` and `url` of each page about the object, if there are several."""
        return []

    # Deletion

    def has_delete_permission(self, request, obj=None):
        return obj is not None and super().has_delete_permission(request, obj) and self.was_never_public(obj)

    # The change page

    def events(self, *objs):
        query = models.Q(pk__in=[])
        for obj in objs:
            query |= models.Q(content_type=ContentType.objects.get_for_model(obj), object_id=obj.pk)
        return PublicationEvent.objects.filter(query).prefetch_related("overrides").select_related("content_type")

    def history_events(self, obj):
        return self.events(*(paper["paper"] for paper in self.papers(obj) if paper["paper"]))

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            may_publish = request.user.may(roles.PUBLISH, municipality_of(obj))
            papers = [self._with_buttons(paper, obj, may_publish) for paper in self.papers(obj)]
            events = list(self.events(*(paper["paper"] for paper in papers if paper["paper"])))
            context |= {"papers": papers, "events": events, "may_publish": may_publish, "tabs": self.tabs(request, obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _with_buttons(self, paper, page, may_publish):
        document = paper["paper"]
        if document is None:
            return {**paper, "status": "ikke lavet endnu", "may_publish": may_publish}
        return {
            **paper,
            "status": document.status_text,
            "state": "planlagt" if document.is_scheduled else document.status,
            "is_public": document.is_published,
            "publish_url": self.url("publish", document)
            if may_publish and (not document.is_live or document.is_scheduled)
            else "",
            "withdraw_url": self.url("withdraw", document) if may_publish and document.is_live else "",
            "correct_url": paper.get("correct_url", "")
            if may_publish and document.is_live and not document.is_scheduled
            else "",
        }

    def page(self, request, obj, template, *, title, status=200, **context):
        """Render `admin/<app>/<template>` about the object, with breadcrumbs and tabs."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": obj,
            self.opts.model_name: obj,
            "title": title,
            "crumbs": self.crumbs_to(obj),
            "tabs": self.tabs(request, obj),
            **context,
        }
        return TemplateResponse(request, f"admin/{self.opts.app_label}/{template}", context, status=status)

    # The gate

    def _publishable(self, request, object_id):
        obj = self.get_object(request, unquote(object_id))
        if not request.user.may(roles.PUBLISH, municipality_of(obj)):
            raise PermissionDenied
        return obj

    def _page(self, request, obj, template, **context):
        return TemplateResponse(
            request,
            f"admin/publishable/{template}",
            {
                **self.admin_site.each_context(request),
                "opts": self.owner(obj)._meta,  # an agenda is listed under its meeting
                "original": obj,
                "page_url": self.edit_url(obj),
                "crumbs": self.crumbs(obj)
                if self.owner(obj) != obj
                else [*self.crumbs(obj), (self.edit_url(obj), str(obj))],
                "public_url": obj.get_absolute_url(),
                **context,
            },
        )

    def publish_view(self, request, object_id):
        obj = self._publishable(request, object_id)
        if obj.is_live and not obj.is_scheduled:
            self.message_user(request, f"{obj} er allerede offentlig.", messages.WARNING)
            return HttpResponseRedirect(self.edit_url(obj))
        form = self.gate_form(request, obj)
        notes = readability_notes(obj, self.part_url)
        if departure := leave_gate(request, [*self.gate_addresses(form), *(url for _, url in notes)]):
            return departure
        if form.is_valid():
            answers = form.cleaned_data
            try:
                with transaction.atomic():
                    self.lock_as_read(request, obj)
                    if self.asks_second_person(request, obj, form):
                        return HttpResponseRedirect(request.get_full_path())
                    self.before_publication(obj)
                    obj.publish(
                        by=request.user, confirmed=answers["confirmed"], reasons=form.review.reasons, at=answers["at"]
                    )
            except EditConflict:
                return self.publish_view(request, object_id)  # shows what stands there now
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                self.after_publication(obj)
                forget_gate(request)
                return self._done(request, obj)
        return self._page(
            request,
            obj,
            "publish.html",
            title="Offentliggør",
            texts=form.review.reviewed,
            withheld_notes=obj.withheld_notes(),
            readability_notes=notes,
            consequences=self.consequences(obj),
            preview_url=self.url("preview", obj),
            **self.gate_context(form),
        )

    def lock_as_read(self, request, obj):
        """Lock what is published. Raise EditConflict if it has changed since its texts and files were reviewed."""
        saved = self.get_object(request, str(obj.pk))
        if self.seen_version(saved) != self.seen_version(obj) or saved.status != obj.status:
            raise EditConflict

    def gate_form(self, request, obj, parts=None, form_class=PublishForm):
        """Return the form of a gate for these parts of the object, or all."""
        parts = obj.publication_parts() if parts is None else parts
        reviewed = self.privacy_review(obj, parts)
        by_target = {part.target: part for part in parts}
        return form_class(
            request.POST if request.method == "POST" else None,
            initial=kept_answers(request),
            publishable=obj,
            reviewed=reviewed,
            unread_files=[
                (file.text, file_url(self.admin_site, by_target[one.target], file.field.name))
                for one in reviewed
                for file in one.unread_files
            ],
            seen=self.seen_version(obj),
            user=request.user,
        )

    def gate_context(self, form):
        return {
            "form": form,
            "files": form.unread_files,
            "reviewed": form.review.rows(),
            "suspects": form.review.suspects,
            "seconders": form.review.second_person,
            "blockers": self._blockers(form),
        }

    def _blockers(self, form):
        blockers = form.publishable.publication_blockers()
        return [(one.message, self.part_url(one.part, one.field)) for one in blockers]

    def gate_addresses(self, form) -> list[str]:
        """Return the addresses of the fields that a person may want to correct."""
        findings = [finding.url for one in form.review.reviewed for finding in one.findings]
        return findings + [url for _, url in self._blockers(form)]

    def asks_second_person(self, request, obj, form) -> bool:
        """Record what the person says about suspected numbers. Return whether another one must confirm it first."""
        for override in form.review.agreed:
            override.second(by=request.user)
        if not form.review.reasons or not form.review.seconders:
            return False
        findings = [suspect.finding for suspect in form.review.suspects]
        obj.request_overrides(findings, form.review.reasons, by=request.user, page=request.path)
        written = write_to_seconders(obj, form.review.seconders, request.user, request.path)
        message = f"{names_of(form.review.seconders)} skal også se på det, der ligner et CPR-nummer."
        by_mail = f" {names_of(written)} får en mail." if written else " Sig det til dem."
        self.message_user(request, f"Det er ikke offentligt endnu. {message}{by_mail}", messages.WARNING)
        return True

    def privacy_review(self, obj, parts=None, field_url=None):
        """Return the findings that a person has to review, by object."""
        return privacy_review(obj.publication_parts() if parts is None else parts, obj, field_url or self.part_url)

    def preview_view(self, request, object_id):
        """Render the public view while the object is published in a transaction that is always rolled back."""
        obj = self._publishable(request, object_id)
        public_request = copy.copy(request)
        query = QueryDict("kort=1" if request.GET.get("kort") == "1" else "")
        public_request.user, public_request.GET, public_request.method = AnonymousUser(), query, "GET"
        public_request.path = public_request.path_info = urlsplit(obj.get_absolute_url()).path
        public_request.gate_url = (
            self.url("publish", obj) if not obj.is_live or obj.is_scheduled else self.edit_url(obj)
        )
        match = resolve(public_request.path_info)
        with transaction.atomic():
            obj.show_as_public()
            try:
                response = match.func(public_request, *match.args, **match.kwargs)
            except Http404:
                response = None
            transaction.set_rollback(True)
        if response is None:
            self.message_user(
                request, "Siden kan først vises, når det, den hører til, er offentligt.", messages.WARNING
            )
            return HttpResponseRedirect(public_request.gate_url)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def _done(self, request, obj):
        self.log_change(request, obj, "Planlagt" if obj.is_scheduled else "Offentliggjort")
        status = f"bliver offentlig {local_datetime(obj.publish_at)}" if obj.is_scheduled else "er offentliggjort"
        link = "Se, hvordan den kommer til at se ud" if obj.is_scheduled else "Se siden"
        self.message_user(
            request,
            format_html('{} {}. <a href="{}">{}</a>', obj, status, obj.get_absolute_url(), link),
            messages.SUCCESS,
        )
        return HttpResponseRedirect(self.edit_url(obj))

    def part_url(self, part, field) -> str:
        """Return the URL of the field on the page where its object is edited."""
        return self.admin_site.get_model_admin(type(part)).field_url(part, field)

    @atomic_post
    def withdraw_view(self, request, object_id):
        obj = self._publishable(request, object_id)
        if not obj.is_live:
            self.message_user(request, f"{obj} er ikke offentlig.", messages.WARNING)
            return HttpResponseRedirect(self.edit_url(obj))
        if request.method == "POST":
            obj.withdraw(by=request.user)
            self.log_change(request, obj, "Trukket tilbage")
            self.message_user(
                request, f"{obj} er trukket tilbage. Ingen uden for redaktionen kan læse det.", messages.SUCCESS
            )
            return HttpResponseRedirect(self.edit_url(obj))
        others = [paper for paper in self.papers(obj) if paper["paper"] not in (None, obj)]
        also = [paper["label"] for paper in others if paper["paper"].is_live]
        return self._page(request, obj, "withdraw.html", title="Træk tilbage", also_withdrawn=also)
