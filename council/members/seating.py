"""Admin pages for seats and people: list of members, end of a seat, consent, photo and anonymisation."""

import datetime

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst

from council.file_responses import photo_response
from council.members.consent import anonymise, anonymised_data, check_has_left, due_to_anonymise, mentions
from council.models import Membership, Person
from udsat.admin import ScopedChangeForm
from udsat.admin.edit_versions import increment_version
from udsat.admin.form_fields import DateInputField
from udsat.admin.scope import may_edit
from udsat.lib import roles
from udsat.lib.cpr import find_cpr
from udsat.lib.danish import long_date
from udsat.lib.photos import PhotoField
from udsat.models import Revision


class PersonForm(ScopedChangeForm):
    remove_photo = forms.BooleanField(label="Fjern fotoet", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.photo:
            self.fields.pop("remove_photo", None)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("remove_photo"):
            cleaned["photo"] = False
        has_photo = bool(cleaned.get("photo"))
        if has_photo and not cleaned.get("photo_alt"):
            self.add_error("photo_alt", "Skriv, hvad fotoet viser. Det bliver læst højt for dem, der ikke kan se det.")
        if has_photo and "photo" in self.changed_data and not cleaned.get("consent_on"):
            self.add_error("consent_on", "Skriv, hvornår personen har sagt ja til fotoet.")
        return cleaned


class ConsentPages:
    """Mixin of `PersonAdmin`: photo, mentions of a hidden name, and anonymisation."""

    form = PersonForm
    change_form_template = "admin/council/person/change_form.html"

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "photo":
            return PhotoField(label="Foto", required=False, max_length=db_field.max_length)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def may_change(self, user, obj):
        return obj.anonymised_at is None and super().may_change(user, obj)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/glem/", view(self.forget_view), name="council_person_forget"),
            path("<path:object_id>/foto.jpg", view(self.photo_view), name="council_person_photo"),
            *super().get_urls(),
        ]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None and obj.pk:
            context |= {
                "mentions": self.mentions_of(obj),
                "may_forget": self.may_forget(request.user, obj),
                "photo_url": self.url("photo", obj) if obj.photo else "",
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and {"shown", "first_name", "last_name"} & set(form.changed_data) and (remaining := mentions(obj)):
            message = '<a href="{}#naevnt">Navnet står stadig i {}. Se hvor</a>'
            count = _text_count(len(remaining))
            self.message_user(request, format_html(message, self.edit_url(obj), count), messages.WARNING)

    def mentions_of(self, person, names=None) -> list[dict]:
        return [
            {
                "where": f"{capfirst(mention.obj._meta.verbose_name)} »{mention.obj}«: {mention.field.verbose_name}",
                "name": mention.name,
                "is_public": mention.is_public,
                "url": self.admin_site.get_model_admin(type(mention.obj)).field_url(mention.obj, mention.field.name),
            }
            for mention in mentions(person, names)
        ]

    def may_forget(self, user, obj) -> bool:
        municipality = obj.municipality
        may_publish = user.may(roles.EDIT, municipality) and user.may(roles.PUBLISH, municipality)
        return obj.anonymised_at is None and may_publish

    def photo_view(self, request, object_id):
        """The photo, whether the public sees it or not."""
        person = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, person):
            raise PermissionDenied
        return photo_response(person)

    @transaction.atomic
    def forget_view(self, request, object_id):
        person = self.get_object(request, unquote(object_id))
        if not self.may_forget(request.user, person):
            raise PermissionDenied
        try:
            check_has_left(person)
        except ValidationError as error:
            self.message_user(request, error.messages[0], messages.ERROR)
            return HttpResponseRedirect(self.edit_url(person))
        names = [name for name in (str(person), person.last_name or person.first_name) if name]
        remaining = self.mentions_of(person, list(dict.fromkeys(names)))
        if request.method == "POST":
            self._count_change(person)
            anonymise(person)
            self.message_user(request, "Navnet er slettet. Plads, område og år bliver stående.", messages.SUCCESS)
            if remaining:
                links = ((mention["url"], mention["where"]) for mention in remaining)
                links = format_html_join(", ", '<a href="{}">{}</a>', links)
                message = format_html("Navnet står stadig i {}: {}", _text_count(len(remaining)), links)
                self.message_user(request, message, messages.WARNING)
            return HttpResponseRedirect(reverse("admin:council_person_changelist"))
        return TemplateResponse(
            request,
            "admin/council/person/forget.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": person,
                "title": "Slet navnet",
                "crumbs": self.crumbs_to(person),
                "page_url": self.edit_url(person),
                "goes": anonymised_data(person),
                "seats": person.memberships.select_related("council"),
                "mentions": remaining,
            },
        )


def _text_count(count):
    return f"{count} {'tekst' if count == 1 else 'tekster'}"


# The end of a seat


class LeavingForm(forms.Form):
    """When a member leaves, and who takes over the seat."""

    SUCCESSIONS = [
        ("tom", "Pladsen står tom, indtil der er fundet en ny"),
        ("person", "En, der allerede står her på portalen, overtager den"),
        ("ny", "En ny person overtager den"),
        ("vaek", "Pladsen bliver nedlagt"),
    ]

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    ends_on = DateInputField(label="Udtrådt", help_text="Den sidste dag som medlem.")
    then = forms.ChoiceField(
        label="Hvad sker der med pladsen?",
        choices=SUCCESSIONS,
        widget=forms.RadioSelect,
        initial="tom",
        error_messages={"required": "Vælg, hvad der sker med pladsen."},
    )
    person = forms.ModelChoiceField(
        Person.objects.none(), label="Person, der overtager", required=False, empty_label="Vælg"
    )
    first_name = forms.CharField(label="Den nyes fornavn", max_length=80, required=False)
    last_name = forms.CharField(label="Den nyes efternavn", max_length=80, required=False)
    email = forms.EmailField(
        label="Den nyes e-mail", required=False, help_text="Vises aldrig. Indkaldelser sendes hertil."
    )
    starts_on = DateInputField(label="Indtrådt", required=False, help_text="Tom: dagen efter.")

    def __init__(self, *args, seat, **kwargs):
        super().__init__(*args, **kwargs)
        self.seat, self.stamp = seat, str(seat.council.version)
        self.fields["seen"].initial = self.stamp
        self.fields["ends_on"].initial = timezone.localdate()
        people = Person.objects.filter(municipality=seat.council.municipality, anonymised_at=None)
        self.fields["person"].queryset = people.exclude(pk=seat.person_id)
        if seat.is_vacant:
            del self.fields["ends_on"]
            self.fields["then"].choices = [choice for choice in self.SUCCESSIONS if choice[0] in ("person", "ny")]
            self.fields["then"].initial = "ny"
            self.fields["starts_on"].help_text = "Tom: i dag."
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True}
        self.helper.add_input(Submit("save", "Gem"))

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("seen") != self.stamp:
            self.data = self.data.copy()
            self.data["seen"] = self.stamp
            self.add_error(None, "En anden har ændret rådet imens. Se efter, om det stadig passer, og gem igen.")
        ends_on, starts_on = cleaned.get("ends_on"), cleaned.get("starts_on")
        if ends_on and self.seat.starts_on and ends_on < self.seat.starts_on:
            self.add_error("ends_on", f"Medlemmet indtrådte først {long_date(self.seat.starts_on)}.")
        if ends_on and starts_on and starts_on <= ends_on:
            self.add_error("starts_on", "Den nye kan først indtræde dagen efter, at den anden er udtrådt.")
        then = cleaned.get("then")
        if then == "person" and not cleaned.get("person"):
            self.add_error("person", "Vælg, hvem der overtager pladsen.")
        if then == "ny" and not cleaned.get("first_name"):
            self.add_error("first_name", "Skriv i det mindste fornavnet. Ingen ser det, før personen har sagt ja.")
        for name in ("first_name", "last_name"):
            if any(find_cpr(cleaned.get(name) or "")):
                self.add_error(name, "Det ligner et CPR-nummer. Skriv kun navnet.")
        return cleaned

    def save(self) -> Membership | None:
        """Return the seat that follows, occupied or vacant; None if the seat is abolished."""
        seat, data = self.seat, self.cleaned_data
        person = data.get("person") if data["then"] == "person" else None
        if data["then"] == "ny":
            names = {name: data[name] for name in ("first_name", "last_name", "email")}
            person = Person(municipality=seat.council.municipality, **names)
            person.full_clean()
            person.save()
        if seat.is_vacant:
            seat.person, seat.is_vacant = person, False
            seat.starts_on = data["starts_on"] or timezone.localdate()
            seat.full_clean()
            seat.save()
            return seat
        seat.ends_on = data["ends_on"]
        seat.full_clean()
        seat.save()
        if data["then"] == "vaek":
            return None
        same = ("council", "position", "role", "speaks_as", "area", "appointed_by", "substitute_for")
        following = Membership(
            **{name: getattr(seat, name) for name in same},
            person=person,
            is_vacant=person is None,
            starts_on=data["starts_on"] or seat.ends_on + datetime.timedelta(1),
        )
        following.full_clean()
        following.save()
        for substitute in seat.substitutes.on(following.starts_on):
            substitute.substitute_for = following
            substitute.save()
        for group in seat.groups.all():
            if person is not None:
                group.members.add(following)
        return following


class SeatPages:
    """Mixin of `MembershipAdmin`: end a seat or fill a vacant one."""

    change_form_template = "admin/council/membership/change_form.html"

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/udtraadt/", view(self.leave_view), name="council_membership_leave"),
            *super().get_urls(),
        ]

    @transaction.atomic
    def leave_view(self, request, object_id):
        seat = self.get_object(request, unquote(object_id))
        if not may_edit(request.user, seat):
            raise PermissionDenied
        members = reverse("admin:council_council_members", args=[seat.council_id])
        if seat.has_ended:
            self.message_user(request, f"{seat} er allerede udtrådt.", messages.WARNING)
            return HttpResponseRedirect(members)
        form = LeavingForm(request.POST if request.method == "POST" else None, seat=seat)
        if form.is_valid():
            try:
                with transaction.atomic():
                    following = form.save()
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                increment_version(seat.council)
                self.message_user(request, _seat_message(seat, following), messages.SUCCESS)
                if form.cleaned_data["then"] == "ny":
                    return HttpResponseRedirect(reverse("admin:council_person_change", args=[following.person_id]))
                return HttpResponseRedirect(members)
        return TemplateResponse(
            request,
            "admin/council/membership/leave.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": seat,
                "title": "Besæt pladsen" if seat.is_vacant else "Udtrådt",
                "crumbs": [*self.crumbs(seat), (members, "Medlemmer")],
                "form": form,
            },
        )


def _seat_message(seat, following):
    if following is None:
        return f"{seat} er udtrådt, og pladsen er nedlagt."
    if following == seat:
        return f"{following} har fået pladsen."
    if following.is_vacant:
        return f"{seat} er udtrådt. Pladsen står tom."
    return f"{seat} er udtrådt, og {following} har fået pladsen. Spørg, hvad siden må vise."


# The list of members


class MembersPage:
    """Mixin of `CouncilAdmin`: current members, vacant seats and former members."""

    change_form_template = "admin/council/council/change_form.html"

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/medlemmer/", view(self.members_view), name="council_council_members"),
            *super().get_urls(),
        ]

    def history_of(self, obj):
        """Include the history of the council's people."""
        people = Person.objects.filter(memberships__council=obj).values("pk")
        kind = ContentType.objects.get_for_model(Person)
        return super().history_of(obj) | Revision.objects.filter(content_type=kind, object_id__in=people)

    def members_view(self, request, object_id):
        council = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, council):
            raise PermissionDenied
        seats = list(
            council.memberships.select_related("person", "council", "substitute_for__person", "substitute_for__council")
        )
        in_a_year = timezone.localdate() + datetime.timedelta(366)
        people = due_to_anonymise(in_a_year, Person.objects.filter(memberships__council=council))
        forget_on = {person.pk: person.forget_on for person in people}
        for seat in seats:
            seat.forget_on = forget_on.get(seat.person_id) if seat.has_ended else None
        return TemplateResponse(
            request,
            "admin/council/council/members.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": council,
                "title": "Medlemmer",
                "crumbs": self.crumbs_to(council),
                "current": [seat for seat in seats if not seat.has_ended and not seat.is_vacant],
                "vacant": [seat for seat in seats if not seat.has_ended and seat.is_vacant],
                "former": sorted(
                    (seat for seat in seats if seat.has_ended), key=lambda seat: seat.ends_on, reverse=True
                ),
                "may_edit": may_edit(request.user, council),
                "today": timezone.localdate(),
            },
        )
