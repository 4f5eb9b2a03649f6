"""Admin of people and their seats: consent, photo, anonymisation, and the end of a seat."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst

from council.file_responses import photo_response
from council.meetings.invitations.sending import cancel_invitations_after_leaving
from council.members.consent import anonymise, anonymised_data, check_has_left, mentions
from council.members.forms import LeavingForm, PersonForm
from council.models import Council, Membership, Person
from udsat.admin import ScopedAdmin, may_edit
from udsat.admin.edit_versions import increment_version
from udsat.admin.scope import municipalities_where
from udsat.admin_site import MORE
from udsat.lib import roles
from udsat.lib.danish import count, weekday_date
from udsat.lib.photos import PhotoField
from udsat.models import EditConflict, checked_transaction


@admin.register(Person)
class PersonAdmin(ScopedAdmin):
    form = PersonForm
    change_form_template = "admin/council/person/change_form.html"
    index_section = (MORE, 1)
    index_description = "Dem, der sidder i rådet, og hvad siden må vise om dem"
    guide = "personer"
    list_display = ["__str__", "shown", "seats"]
    list_filter = ["shown"]
    search_fields = ["first_name", "last_name"]
    fieldsets = [
        (None, {"fields": ["municipality", "first_name", "last_name"]}),
        ("Hvad må siden vise?", {"fields": ["shown", "consent_on"]}),
        (
            "Foto",
            {
                "fields": ["photo", "remove_photo", "photo_alt", "photo_until"],
                "description": "Fotoet vises kun sammen med et navn, kun så længe personen sidder i rådet, og højst "
                "til den dag, du skriver.",
            },
        ),
        (
            "Kun for redaktionen",
            {"fields": ["email", "phone", "note"], "description": "Det her kommer aldrig på en side."},
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("municipality").prefetch_related("memberships__council")

    def get_fieldsets(self, request, obj=None):
        gone = set()
        if obj is not None and not self.may_change(request.user, obj):
            gone = {"photo", "remove_photo"}  # the page shows the picture itself
        elif obj is None or not obj.photo:
            gone = {"remove_photo"}
        return [
            (name, options | {"fields": [field for field in options["fields"] if field not in gone]})
            for name, options in super().get_fieldsets(request, obj)
        ]

    @admin.display(description="i rådet som")
    def seats(self, obj):
        return ", ".join(seat.role_label for seat in obj.memberships.all()) or "ikke medlem"

    def _count_change(self, obj):
        for council in Council.objects.filter(memberships__person=obj):
            increment_version(council)

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
            texts = count(len(remaining), "tekst", "tekster")
            self.message_user(request, format_html(message, self.edit_url(obj), texts), messages.WARNING)

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

    def file_url(self, obj, field):
        return self.url("photo", obj)

    def photo_view(self, request, object_id):
        """Return the photo, whether it is public or not."""
        person = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, person):
            raise PermissionDenied
        return photo_response(request, person)

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
            with checked_transaction():
                self._count_change(person)
                anonymise(person)
            self.message_user(request, "Navnet er slettet. Plads, område og år bliver stående.", messages.SUCCESS)
            if remaining:
                links = ((mention["url"], mention["where"]) for mention in remaining)
                links = format_html_join(", ", '<a href="{}">{}</a>', links)
                message = format_html("Navnet står stadig i {}: {}", count(len(remaining), "tekst", "tekster"), links)
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


def _councils_of(user):
    """Return the councils of the municipalities in which the user edits."""
    return Council.objects.filter(municipality__in=municipalities_where(user, roles.EDIT))


class RoleFilter(admin.SimpleListFilter):
    """Roles in the own words of the user's councils, such as »Forperson«."""

    title = "rolle"
    parameter_name = "role__exact"

    def lookups(self, request, model_admin):
        return Membership.roles_in(_councils_of(request.user))

    def queryset(self, request, queryset):
        return queryset.filter(role=self.value()) if self.value() else queryset


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    change_form_template = "admin/council/membership/change_form.html"
    guide = "personer"
    list_display = ["__str__", "area", "starts_on", "ends_on"]
    list_filter = [RoleFilter]
    search_fields = ["person__first_name", "person__last_name", "area"]
    addable_fields = ("person",)
    fields = [
        "council",
        "role",
        "person",
        "is_vacant",
        "speaks_as",
        "area",
        "appointed_by",
        "substitute_for",
        "starts_on",
        "ends_on",
        "position",
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("person__municipality", "council__municipality")

    def get_form(self, request, obj=None, change=False, **kwargs):
        """Name the roles in the council's own words, such as »Forperson«."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if "role" in form.base_fields:
            councils = [obj.council] if obj else _councils_of(request.user)
            form.base_fields["role"].choices = Membership.roles_in(councils)
        return form

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/udtraadt/", view(self.leave_view), name="council_membership_leave"),
            *super().get_urls(),
        ]

    def return_url(self, obj):
        """Return to the row in the list of members."""
        if obj is None:
            return super().return_url(obj)
        return f"{reverse('admin:council_council_members', args=[obj.council_id])}#membership-{obj.pk}"

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
                with checked_transaction():
                    council = Council.objects.select_for_update(of=("self",)).get(pk=seat.council_id)
                    if council.version != seat.council.version:
                        raise EditConflict
                    following = form.save()
                    increment_version(seat.council)
                    self._cancel_invitations(request, seat)
            except EditConflict:
                return self.leave_view(request, object_id)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                self.message_user(request, _seat_message(seat, following), messages.SUCCESS)
                if form.cleaned_data["then"] == "ny":
                    return HttpResponseRedirect(reverse("admin:council_person_change", args=[following.person_id]))
                return HttpResponseRedirect(f"{members}#membership-{seat.pk}")
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

    def _cancel_invitations(self, request, seat):
        written, by_phone = cancel_invitations_after_leaving(seat)
        for meeting in written:
            message = (
                f"{seat.person} får en mail om ikke længere at være indkaldt til mødet {weekday_date(meeting.date)}."
            )
            self.message_user(request, message, messages.SUCCESS)
        for meeting in by_phone:
            message = f"Ring til {seat.person}. Indkaldelsen til mødet {weekday_date(meeting.date)} gælder ikke mere."
            self.message_user(request, message, messages.WARNING)


def _seat_message(seat, following):
    if following is None:
        return f"{seat} er udtrådt, og pladsen er nedlagt."
    if following == seat:
        return f"{following} har fået pladsen."
    if following.is_vacant:
        return f"{seat} er udtrådt. Pladsen står tom."
    return f"{seat} er udtrådt, og {following} har fået pladsen. Spørg, hvad siden må vise."
