"""A new password by e-mail: Django's own views, limited per network and per account.

The answer is the same whether an account has the address or not. The link is made when the e-mail is sent, so that no
table holds it.
"""

import datetime
import hmac
import uuid
from hashlib import sha256

from django import forms
from django.conf import settings
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import path, reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from udsat.lib.spam_protection import network_of
from udsat.models import FormSubmission, Letter, User
from udsat.models.letters import LetterContent

COMPOSER = "adgangskode"
MAX_PER_NETWORK, MAX_PER_ADDRESS = 10, 3  # in an hour


def compose(letter: Letter) -> LetterContent | None:
    """Write the e-mail with the link, unless the user cannot log in any more."""
    user = User.objects.filter(pk=letter.key.split(":")[1], is_active=True).exclude(email="").first()
    if user is None or not user.has_usable_password():
        return None
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    link = reverse("admin:password_reset_confirm", args=[uid, default_token_generator.make_token(user)])
    context = {"user": user, "url": settings.SITE_URL + link, "hours": settings.PASSWORD_RESET_TIMEOUT // 3600}
    text = render_to_string("email/password_reset.txt", context)
    return LetterContent(user.email, "Ny adgangskode til Udsatteportalen", text, ("Udsatteportalen", ""))


class RequestForm(PasswordResetForm):
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
        help_text="Den, du er oprettet med.",
    )

    def save(self, **kwargs):
        """Write one letter for each account with the address, unless the address has had enough of them."""
        email = self.cleaned_data["email"]
        address = hmac.new(settings.SECRET_KEY.encode(), email.casefold().encode(), sha256).hexdigest()[:32]
        hour = datetime.timedelta(hours=1)
        # Addresses without an account are counted alike.
        if FormSubmission.objects.record_if_allowed(COMPOSER, address, at_most=MAX_PER_ADDRESS, within=hour):
            for user in self.get_users(email):
                Letter.objects.create(composer=COMPOSER, key=f"{COMPOSER}:{user.pk}:{uuid.uuid4()}")


class RequestView(views.PasswordResetView):
    form_class = RequestForm
    template_name = "registration/password_reset_form.html"
    success_url = reverse_lazy("admin:password_reset_done")

    @transaction.atomic
    def form_valid(self, form):
        hour = datetime.timedelta(hours=1)
        network = network_of(self.request)
        if not FormSubmission.objects.record_if_allowed(
            f"{COMPOSER}-net", network, at_most=MAX_PER_NETWORK, within=hour
        ):
            form.add_error(None, "Der er bedt om mange nye adgangskoder fra dit netværk. Prøv igen om en time.")
            return self.render_to_response(self.get_context_data(form=form), status=429)
        return super().form_valid(form)


class ConfirmView(views.PasswordResetConfirmView):
    template_name = "registration/password_reset_confirm.html"
    success_url = reverse_lazy("admin:password_reset_complete")


def urls(context):
    """Return the addresses of the four pages; `context` is what all pages of the back office show."""
    extra = {"extra_context": context}
    done = views.PasswordResetDoneView.as_view(template_name="registration/password_reset_done.html", **extra)
    complete = views.PasswordResetCompleteView.as_view(
        template_name="registration/password_reset_complete.html", **extra
    )
    return [
        path("glemt-adgangskode/", RequestView.as_view(**extra), name="password_reset"),
        path("glemt-adgangskode/sendt/", done, name="password_reset_done"),
        path("ny-adgangskode/<uidb64>/<token>/", ConfirmView.as_view(**extra), name="password_reset_confirm"),
        path("ny-adgangskode/gemt/", complete, name="password_reset_complete"),
    ]
