"""What forms have in common."""

from crispy_forms.helper import FormHelper


class FieldsOnly:
    """For a form of which crispy draws the fields and nothing else: its page brings the tag, the token, the button."""

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        return helper
