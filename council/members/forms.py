"""Forms for a person's consent and photo, and for the end of a seat."""

import datetime

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.utils import timezone

from council.models import Membership, Person
from udsat.admin import ScopedChangeForm
from udsat.admin.form_fields import DateInputField
from udsat.lib.cpr import find_cpr
from udsat.lib.danish import long_date


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
