"""Admins of udsat's own models: municipalities, regions, users and the publication log."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import BaseUserCreationForm, SetPasswordForm
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from udsat.admin_site import MORE, PORTAL
from udsat.lib import roles
from udsat.models import Assignment, Municipality, PublicationEvent, Region, RegionPeriod, User

from .forms import RefusableForm, ScopedChangeForm, ScopedModelForm
from .model_admins import NationalAdmin, ReadOnlyAdmin, ScopedAdmin, ScopedStackedInline
from .scope import municipalities_where


class AccentSelect(forms.RadioSelect):
    """Radio buttons with a colour sample drawn by the stylesheet."""

    def create_option(self, name, value, *args, **kwargs):
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-accent"] = value
        return option


class RegionPeriodInline(ScopedStackedInline):
    model = RegionPeriod
    fields = [("region", "starts_on", "ends_on")]

    def has_view_permission(self, request, obj=None):
        return request.user.is_superuser

    has_change_permission = has_delete_permission = has_add_permission = has_view_permission


@admin.register(Municipality)
class MunicipalityAdmin(ScopedAdmin):
    index_section = (PORTAL, 1)
    index_description = "Telefon, adresse og farve"
    guide = "adgang"
    ability = roles.MANAGE
    list_display = ["official_name", "phone", "email"]
    search_fields = ["name"]
    inlines = [RegionPeriodInline]
    fieldsets = [
        (
            "Kontakt",
            {
                "fields": ["phone", "phone_hours", "email", "address", "website"],
                "description": "Står på kommunens sider og i dokumenterne. Mange vil hellere ringe end skrive.",
            },
        ),
        ("Udseende", {"fields": ["accent"], "description": "Farven på kommunens sider og dokumenter."}),
    ]
    for_operators = ("Navn og adresse", {"fields": ["name", "official_name", "code", "slug", "is_fictional"]})

    def get_fieldsets(self, request, obj=None):
        return [*([self.for_operators] if request.user.is_superuser else []), *self.fieldsets]

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "accent":
            kwargs["widget"] = AccentSelect
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def may_change(self, user, obj):
        return user.may(roles.MANAGE, obj)

    def has_add_permission(self, request):
        return request.user.is_active and request.user.is_superuser

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Region)
class RegionAdmin(NationalAdmin):
    list_display = ["name", "position"]
    fieldsets = [(None, {"fields": ["name", "position"]})]


def managed_by(user):
    """Return the municipalities whose users the user administers."""
    return municipalities_where(user, roles.MANAGE)


class NewUserForm(RefusableForm, BaseUserCreationForm):
    """Create a user together with a first role."""

    user = None
    municipality = forms.ModelChoiceField(Municipality.objects.none(), label="Kommune")
    role = forms.ChoiceField(label="Rolle", choices=roles.Role.choices, initial=roles.Role.SECRETARY)

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ["username", "first_name", "last_name", "email"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["municipality"]
        field.queryset = managed_by(self.user)
        if len(field.queryset[:2]) == 1:
            self.initial["municipality"] = field.queryset[0].pk
            field.widget = forms.HiddenInput()

    def clean_username(self):
        username = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(
                "Brugernavnet er taget. Vælg et andet. Arbejder personen allerede i en anden kommune, "
                "så bed driften om at give rollen."
            )
        return username


class AssignmentForm(ScopedModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "municipality" in self.fields:
            self.fields["municipality"].queryset = managed_by(self.user)

    def _limit_scope_field(self, name, field):
        field.disabled = bool(self.instance.pk)

    def may_save(self):
        return self.user.may(roles.MANAGE, self.instance.municipality)


class AssignmentInline(ScopedStackedInline):
    model = Assignment
    form = AssignmentForm
    fields = [("municipality", "role")]
    verbose_name_plural = "roller"

    def get_queryset(self, request):
        return super().get_queryset(request).filter(municipality__in=managed_by(request.user))

    def has_view_permission(self, request, obj=None):
        return request.user.may(roles.MANAGE)

    def has_change_permission(self, request, obj=None):
        """Users cannot change their own roles."""
        return request.user.is_superuser or (request.user.may(roles.MANAGE) and obj != request.user)


class UserForm(ScopedChangeForm):
    class Meta:
        labels = {"is_active": "må logge ind"}
        help_texts = {"is_active": "Fjern hakket, når personen holder op. Så bliver historikken stående."}


@admin.register(User)
class UserAdmin(ScopedAdmin):
    index_section = (PORTAL, 2)
    index_description = "Hvem der kan logge ind, og hvad de må"
    guide = "adgang"
    ability = roles.MANAGE
    form = UserForm
    list_display = ["__str__", "username", "roles_here", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["username", "first_name", "last_name", "email"]
    ordering = ["first_name", "last_name", "username"]
    change_form_template = "admin/user/change_form.html"
    person_fields = ["first_name", "last_name", "email", "username", "is_active"]

    def get_queryset(self, request):
        users = super(ScopedAdmin, self).get_queryset(request).prefetch_related("assignments__municipality")
        if request.user.is_superuser:
            return users
        # Users without the right to manage get 403 for colleagues and 404 for everybody else.
        municipalities = managed_by(request.user) if request.user.may(roles.MANAGE) else request.user.reach
        return users.filter(pk__in=Assignment.objects.filter(municipality__in=municipalities).values("user"))

    @admin.display(description="roller")
    def roles_here(self, obj):
        return ", ".join(f"{one.get_role_display()} i {one.municipality.name}" for one in obj.assignments.all())

    def get_list_display(self, request):
        columns = self.list_display if request.user.is_superuser else [*self.list_display[:2], "is_active"]
        return [self.in_words(name) for name in columns]

    # Permissions

    def has_module_permission(self, request):
        return request.user.may(roles.MANAGE)

    def has_view_permission(self, request, obj=None):
        if obj is None or request.user.is_superuser:
            return request.user.may(roles.MANAGE)
        return (
            request.user.may(roles.MANAGE)
            and obj.assignments.filter(municipality__in=managed_by(request.user)).exists()
        )

    def may_change(self, user, obj):
        if user.is_superuser:
            return user.is_active
        return not obj.is_superuser and any(user.may(roles.MANAGE, one.municipality) for one in obj.assignments.all())

    def may_change_person(self, user, obj):
        """Name, e-mail and password require the right to manage every municipality of the person."""
        return self.may_change(user, obj) and all(
            user.may(roles.MANAGE, one.municipality) for one in obj.assignments.all()
        )

    def has_delete_permission(self, request, obj=None):
        return False

    # Pages

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [
                ("Personen", {"fields": ["first_name", "last_name", "email"]}),
                ("Arbejdet", {"fields": ["municipality", "role"]}),
                ("Log ind", {"fields": ["username", "password1", "password2"]}),
            ]
        person = ("Personen", {"fields": self.person_fields})
        if not self.may_change_person(request.user, obj):
            person[1]["description"] = (
                "Personen arbejder også et andet sted. Derfor kan du kun ændre rollen hos dig selv. "
                "Bed driften om resten."
            )
        if request.user.is_superuser:
            return [person, ("Drift", {"fields": ["is_staff", "is_superuser"]})]
        return [person]

    def get_readonly_fields(self, request, obj=None):
        if obj is not None and not self.may_change_person(request.user, obj):
            return self.person_fields
        return ["is_active"] if obj == request.user else []

    def get_inlines(self, request, obj):
        return [AssignmentInline] if obj else []

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            kwargs["form"] = NewUserForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)
        if not change:
            Assignment.objects.create(
                user=obj, municipality=form.cleaned_data["municipality"], role=form.cleaned_data["role"]
            )

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None and self.may_change_person(request.user, obj):
            context["password_url"] = reverse("admin:udsat_user_password", args=[quote(obj.pk)])
        return super().render_change_form(request, context, add, change, form_url, obj)

    @method_decorator(sensitive_post_parameters("password1", "password2"))
    def add_view(self, *args, **kwargs):
        return super().add_view(*args, **kwargs)

    def get_urls(self):
        return [
            path(
                "<path:object_id>/adgangskode/",
                self.admin_site.admin_view(self.password_view),
                name="udsat_user_password",
            ),
            *super().get_urls(),
        ]

    @method_decorator(sensitive_post_parameters("new_password1", "new_password2"))
    def password_view(self, request, object_id):
        person = self.get_object(request, unquote(object_id))
        if not self.may_change_person(request.user, person):
            raise PermissionDenied
        form = SetPasswordForm(person, request.POST if request.method == "POST" else None)
        form.helper = FormHelper()
        form.helper.attrs = {"novalidate": True}
        form.helper.add_input(Submit("save", "Gem ny adgangskode"))
        if form.is_valid():
            with transaction.atomic():
                form.save()
                self.log_change(request, person, "Ny adgangskode")
            if person == request.user:
                update_session_auth_hash(request, person)
            self.message_user(request, f"{person} har fået en ny adgangskode.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:udsat_user_change", args=[quote(person.pk)]))
        return TemplateResponse(
            request,
            "admin/user/password.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": person,
                "title": "Ny adgangskode",
                "crumbs": self.crumbs_to(person),
                "form": form,
            },
        )


@admin.register(PublicationEvent)
class PublicationEventAdmin(ReadOnlyAdmin):
    """The publication log, read-only."""

    index_section = (MORE, 9)
    index_description = "Hvem der offentliggjorde hvad, og hvornår"
    guide = "historik"
    list_display = ["what", "action", "at", "by_name"]
    list_filter = ["action"]
    date_hierarchy = "at"
    fieldsets = [(None, {"fields": ["what", "action", "at", "by_name", "version", "confirmed", "overrides"]})]
    readonly_fields = ["what", "overrides"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("subject")

    @admin.display(description="hvad")
    def what(self, obj):
        return f"{obj.content_type.name}: {obj.subject or 'slettet'}"

    @admin.display(description="tilsidesatte advarsler")
    def overrides(self, obj):
        return "\n".join(override.log_text for override in obj.overrides.all()) or "ingen"
