"""Forms for inputs: two for citizens, and one for the secretary to record a spoken input."""

from collections.abc import Iterable

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from council.models import Council, Input
from strategies.models import Topic
from udsat.lib.cpr import find_cpr
from udsat.lib.fingerprints import fingerprint
from udsat.lib.forms import FieldsOnly, NormalisedEmailField
from udsat.lib.spam_protection import TrapForm

NO_EMAIL = "Det ligner ikke en e-mail. Skriv den som navn@eksempel.dk, eller lad feltet stå tomt."
CPR = (
    "Her står noget, der ligner et CPR-nummer: »{masked}« Slet det, og prøv igen. Er det noget andet, så skriv det på "
    "en anden måde. Vi har ikke gemt noget."
)


def refuse_cpr(form: forms.Form, names: Iterable[str]) -> None:
    """Add an error to each of the fields whose value looks like a CPR number."""
    for name in names:
        value = form.cleaned_data.get(name)
        match = next(find_cpr(value), None) if isinstance(value, str) else None
        if match:
            form.add_error(name, CPR.format(masked=match.masked))


class _InputForm(FieldsOnly, forms.ModelForm):
    required_fields = ("text",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages["invalid"] = NO_EMAIL
        for name in self.required_fields:
            self.fields[name].required = True

    def clean(self):
        cleaned = super().clean()
        refuse_cpr(self, self.fields)
        # Equal for the same text from the same copy of the form, so that a second click saves no second input.
        content = "\0".join(str(self.cleaned_data.get(name, "")) for name in ("hentet", *sorted(self._meta.fields)))
        self.instance.form_key = fingerprint("udsat.input", f"{self.instance.council_id}\0{content}")
        return cleaned


CONTACT_WIDGETS = {
    "name": forms.TextInput({"autocomplete": "name"}),
    "email": forms.EmailInput({"autocomplete": "email"}),
}


class LetterForm(TrapForm, _InputForm):
    topic = forms.ModelChoiceField(
        Topic.objects.all(), label="Emne", required=False, empty_label="Vælg, hvis et af dem passer"
    )

    class Meta:
        model = Input
        field_classes = {"email": NormalisedEmailField}
        fields = ["text", "topic", "name", "phone", "email", "for_other", "may_publish"]
        labels = {
            "text": "Hvad vil du sige til rådet?",
            "name": "Dit navn",
            "phone": "Din telefon",
            "email": "Din e-mail",
            "for_other": "Jeg skriver for en anden",
            "may_publish": "Rådet må vise svaret her på siden",
        }
        help_texts = {
            "text": "Skriv, som du taler. Skriv ikke CPR-nummer, og skriv ikke andres navne.",
            "name": "",
            "phone": "",
            "email": "Så får du en kvittering og svaret som mail.",
            "for_other": "For eksempel som pårørende eller frivillig.",
            "may_publish": "Uden dit navn. Sekretæren skriver dit spørgsmål om med få ord.",
        }
        widgets = {"text": forms.Textarea({"rows": 9}), **CONTACT_WIDGETS}
        error_messages = {"text": {"required": "Skriv, hvad du vil sige."}}


class DialogueForm(TrapForm, _InputForm):
    required_fields = ("text", "group")

    class Meta:
        model = Input
        field_classes = {"email": NormalisedEmailField}
        fields = ["text", "group", "people", "wished_times", "name", "phone", "email"]
        labels = {
            "text": "Hvad vil I tale om?",
            "group": "Hvem er I?",
            "people": "Hvor mange kommer I?",
            "wished_times": "Hvornår passer det jer?",
            "name": "Hvem skal rådet svare?",
            "phone": "Telefon",
            "email": "E-mail",
        }
        help_texts = {
            "text": "Et par linjer er nok.",
            "group": "For eksempel et værested, en forening, et udvalg eller nogle venner. Og hvor I holder til.",
            "people": "Et cirkatal er fint.",
            "wished_times": "For eksempel »en tirsdag om eftermiddagen i marts«.",
            "email": "",
        }
        widgets = {
            "text": forms.Textarea({"rows": 5}),
            "people": forms.TextInput({"inputmode": "numeric"}),
            **CONTACT_WIDGETS,
        }
        error_messages = {
            "text": {"required": "Skriv, hvad I vil tale om."},
            "group": {"required": "Skriv, hvem I er."},
            "people": {"invalid": "Skriv et tal, for eksempel 12.", "min_value": "Skriv et tal, for eksempel 12."},
        }

    def clean_people(self):
        people = self.cleaned_data["people"]
        if people is not None and not 1 <= people <= 2000:
            raise forms.ValidationError("Skriv et tal mellem 1 og 2000, eller lad feltet stå tomt.")
        return people

    def clean(self):
        cleaned = super().clean()
        if not ({"phone", "email"} & set(self.errors)) and not (
            self.cleaned_data.get("phone") or self.cleaned_data.get("email")
        ):
            self.add_error("phone", "Skriv et telefonnummer eller en e-mail, så rådet kan svare jer.")
        return cleaned


class NotedForm(_InputForm):
    """A spoken input, recorded by the secretary."""

    # When the form was rendered, which identifies a second click.
    hentet = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)

    class Meta(LetterForm.Meta):
        fields = ["council", "text", "topic", "name", "phone", "email", "for_other", "may_publish"]
        labels = {
            "council": "Råd",
            "text": "Hvad vil borgeren sige til rådet?",
            "topic": "Emne",
            "name": "Borgerens navn",
            "phone": "Telefon",
            "email": "E-mail",
            "for_other": "Borgeren taler for en anden",
            "may_publish": "Borgeren har sagt ja til, at svaret bliver vist",
        }
        help_texts = {
            "text": "Brug borgerens egne ord, hvor du kan. Skriv ikke CPR-nummer, og skriv ikke andres navne.",
            "name": "",
            "phone": "",
            "email": "Så får borgeren en kvittering og svaret som mail.",
            "for_other": "",
            "may_publish": "Uden navn, og med dine ord.",
        }
        widgets = {"text": forms.Textarea({"rows": 9})}
        error_messages = {"text": {"required": "Skriv, hvad borgeren sagde."}}

    def __init__(self, data=None, *, councils: QuerySet[Council]):
        super().__init__(data, instance=Input(council=councils[0]))
        council = self.fields["council"]
        council.queryset = councils
        council.empty_label = None
        if len(councils) == 1:
            del self.fields["council"]
        self.fields["topic"].empty_label = "Vælg, hvis et af dem passer"
        self.initial["hentet"] = timezone.now().isoformat()
