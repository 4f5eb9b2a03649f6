"""Lists of what exists. Something new fails here until somebody has decided what it is."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command
from django.db import models

from udsat.admin import ScopedAdmin
from udsat.lib.publishing import CheckedText
from udsat.models import Part, Publishable

ROOT = Path(__file__).resolve().parent.parent
OUR_MODELS = [
    model for label in ("udsat", "strategies", "council") for model in apps.get_app_config(label).get_models()
]

# Texts no one outside the back office reads, or that only the portal's operator writes.
NEVER_SHOWN = {
    "council.AgendaItem": {"internal_note"},
    "council.Meeting": {"internal_note"},
    "council.Hearing": {"sender_email"},
    "council.Input": {"text", "name", "phone", "email", "group", "wished_times", "reference", "form_key"},
    "council.Person": {"email", "phone", "note"},
}
NOT_SEARCHED = {
    "udsat.Region": {"name"},
    "udsat.User": {"password", "username", "first_name", "last_name", "email"},
    "udsat.Assignment": set(),
    "udsat.RegionPeriod": set(),
    "udsat.PublicationEvent": {"by_name"},
    "udsat.CprOverride": {"target", "fingerprint", "reason"},
    # The index holds what is public, by way of the texts that were searched.
    "udsat.SearchEntry": {"url", "pdf_url", "title", "body", "meta", "topics", "title_tokens", "body_tokens", "tags"},
    "udsat.SearchWord": {"word", "start", "tail"},
    "udsat.Revision": {"by_name", "label"},
    "udsat.Letter": {"key", "composer", "to", "to_name", "subject", "text", "calendar", "last_error", "given_up_by"},
    "udsat.LetterFile": {"name", "media_type"},
    "udsat.FormSubmission": {"purpose", "network"},
    "strategies.Topic": {"name", "slug", "description"},
    "strategies.Situation": {"title", "slug", "advice"},
    # What members write to the secretary; it becomes public only when she takes it into an item.
    "council.Proposal": {"title", "text", "answer"},
    "council.Approval": {"text_version"},
    "council.Remark": {"text"},
    "council.Invitation": {"told"},
    "council.StandardItem": {"title"},
    # Texts that wait beside their field at the desk; the field searches them when they come into it.
    "council.DeskClash": {"field", "label", "text", "by_name", "field_text"},
    "council.DeskEdit": {"outcome", "fingerprint"},
    "council.DeskPresence": {"row"},
    "council.DeskRow": set(),
    "council.FormerDate": set(),
    # An address that nobody is shown, and what it has been told.
    "council.Follower": {"email"},
    "council.Subscription": set(),
    "council.Notice": {"news_item"},
    # What was corrected is searched as the minutes' field of that name.
    "council.Edition": {"by_name", "correction"},
}


def text_fields(model):
    kinds = (models.CharField, models.TextField, models.FileField)
    return {f.name for f in model._meta.concrete_fields if isinstance(f, kinds) and not f.choices}


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model._meta.label)
def test_every_text_is_searched_for_cpr_numbers_or_declared_here(model):
    if issubclass(model, CheckedText):
        searched = {field.name for field in model.checked_fields()}
        assert text_fields(model) - searched == NEVER_SHOWN.get(model._meta.label, set())
    else:
        assert text_fields(model) == NOT_SEARCHED[model._meta.label]


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model._meta.label)
def test_everything_a_municipality_writes_is_published_by_one_of_two_rules(model):
    by_rule = issubclass(model, (Publishable, Part))
    # A person shows through memberships, a municipality is always public.
    assert by_rule or model._meta.label in {*NOT_SEARCHED, "udsat.Municipality", "council.Person"}


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model._meta.label)
def test_every_model_knows_its_municipality(model):
    without = {
        "udsat.Region",
        "udsat.RegionPeriod",
        "udsat.User",
        "udsat.CprOverride",
        "udsat.SearchWord",
        "udsat.FormSubmission",
        "strategies.Topic",
        # Who follows is the business of no municipality.
        "council.Follower",
        "council.Subscription",
        "council.Notice",
        "strategies.Situation",
    }
    lookup = getattr(model, "municipality_lookup", None)
    if model._meta.label in without:
        assert lookup is None
    else:
        assert model.objects.filter(**{lookup: 1}).query


# What each room may import of ours, besides itself.
MAY_IMPORT = {
    "udsat.lib": {"udsat.lib"},
    "udsat.models": {"udsat.lib"},
    # The site and the names of its shelves; what stands on them registers itself.
    "udsat.admin_site": {"udsat.lib", "udsat.models"},
    "udsat.admin": {"udsat.lib", "udsat.models", "udsat.admin_site"},
    "udsat.templatetags": {"udsat.lib", "udsat.models"},
    "strategies": {"udsat.lib", "udsat.models", "udsat.admin_site", "udsat.admin", "strategies"},
    "council": {"udsat.lib", "udsat.models", "udsat.admin_site", "udsat.admin", "strategies", "council"},
    # The composition root sees everything.
    "udsat": {"udsat", "strategies", "council"},
}


def room(module):
    return max((name for name in MAY_IMPORT if f"{module}.".startswith(f"{name}.")), key=len, default=None)


def our_imports(path):
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")
                base = ".".join([*up[: len(up) - node.level + 1], *filter(None, [base])])
            # "from udsat.lib import roles" imports the module udsat.lib.roles.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def source_files():
    for folder in ("udsat", "strategies", "council"):
        yield from (path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


@pytest.mark.parametrize("path", list(source_files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path):
    here = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
    allowed = {here, *MAY_IMPORT[here]}
    for imported in our_imports(path):
        if imported.split(".")[0] in {"udsat", "strategies", "council"}:
            there = room(imported)
            assert any(f"{there}.".startswith(f"{name}.") for name in allowed), f"{here} may not import {imported}"


def test_every_setting_from_the_environment_is_in_the_readme():
    source = (ROOT / "udsat" / "settings.py").read_text()
    read = set(re.findall(r"\benv(?:_list|_int|_bool)?\([\"']([A-Z_]+)[\"']", source))
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert read == table


def test_no_template_holds_inline_style_or_script():
    pattern = re.compile(r"\sstyle=|<style|<script(?![^>]*\bsrc=)|\son[a-z]+=|javascript:", re.IGNORECASE)
    for path in (ROOT / "templates").rglob("*.html"):
        # What stands in Django's own tags is no HTML, as in {% with style=meeting.style %}.
        assert not pattern.search(re.sub(r"{%.*?%}|{{.*?}}", "", path.read_text())), path


def test_every_page_of_the_back_office_is_scoped():
    for model, page in admin.site._registry.items():
        assert isinstance(page, ScopedAdmin), model


def test_every_model_change_has_its_migration(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
