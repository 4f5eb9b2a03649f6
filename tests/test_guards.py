"""Completeness checks: every model, text field, import and setting must be listed or follow a rule."""

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

# Text fields that are shown in the back office only, by model.
NEVER_SHOWN = {
    "council.AgendaItem": {"internal_note"},
    "council.Meeting": {"internal_note"},
    "council.Hearing": {"sender_email", "approved_version"},
    "council.Minutes": {"approved_version"},
    "council.Input": {"text", "name", "phone", "email", "group", "wished_times", "reference", "form_key"},
    "council.Person": {"email", "phone", "note"},
}
NOT_SEARCHED = {
    "udsat.Region": {"name"},
    "udsat.User": {"password", "username", "first_name", "last_name", "email"},
    "udsat.Assignment": set(),
    "udsat.RegionPeriod": set(),
    "udsat.PublicationEvent": {"by_name"},
    "udsat.CprOverride": {"page", "target", "fingerprint", "reason", "by_name", "seconded_by_name"},
    # A file of an unsaved form, which only the person who sent it can open.
    "udsat.HeldFile": {"field", "name", "media_type"},
    "udsat.CreatedRow": set(),
    # An uploaded document, shown to its user only; the objects that are made of it are searched.
    "udsat.DocumentImport": {"page", "reader", "name", "error"},
    # The search index is built from texts that were searched for CPR numbers before publication.
    "udsat.SearchEntry": {"url", "pdf_url", "title", "body", "meta", "topics", "title_tokens", "body_tokens", "tags"},
    "udsat.SearchWord": {"word", "start", "tail"},
    "udsat.Revision": {"by_name", "label"},
    "udsat.Deletion": {"by_name", "label"},
    "udsat.Letter": {"key", "composer", "to", "to_name", "subject", "text", "calendar", "last_error", "given_up_by"},
    "udsat.LetterFile": {"name", "media_type"},
    "udsat.FormSubmission": {"purpose", "network"},
    "udsat.PublicStamp": set(),
    # What a logged-out user sent, shown to that user only.
    "udsat.KeptForm": {"key", "action", "page"},
    "udsat.KeptFile": {"field", "name", "media_type"},
    "strategies.Topic": {"name", "slug", "description"},
    "strategies.Situation": {"title", "slug", "advice", "search_words"},
    "strategies.Helpline": {"number", "name", "audience", "hours", "source"},
    # Members' texts to the secretary, which become public only as part of an agenda item.
    "council.Proposal": {"title", "text", "answer"},
    "council.Approval": {"text_version"},
    "council.Remark": {"text"},
    "council.Invitation": {"announced"},
    "council.StandardItem": {"title"},
    # Clashing texts of the meeting desk, searched when one is saved in its field.
    "council.DeskClash": {"field", "label", "text", "by_name", "field_text"},
    "council.DeskEdit": {"outcome", "fingerprint"},
    "council.DeskPresence": {"row"},
    "council.DeskRow": set(),
    "council.FormerDate": set(),
    # E-mail addresses, which are not shown, and the notices sent to them.
    "council.Follower": {"email"},
    "council.Subscription": set(),
    "council.Notice": {"news_item"},
    # Copies of public texts.
    "udsat.PublicVersion": set(),
    # Searched as the minutes' field of the same name.
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
def test_every_model_has_a_municipality_lookup_or_is_listed(model):
    without = {
        "udsat.Region",
        "udsat.User",
        "udsat.CprOverride",
        "udsat.HeldFile",
        "udsat.CreatedRow",
        "udsat.DocumentImport",
        "udsat.SearchWord",
        "udsat.FormSubmission",
        "udsat.PublicStamp",
        "udsat.KeptForm",
        "udsat.KeptFile",
        "strategies.Topic",
        # Followers are not shown to municipalities.
        "council.Follower",
        "council.Subscription",
        "council.Notice",
        "strategies.Situation",
        "strategies.Helpline",
    }
    lookup = getattr(model, "municipality_lookup", None)
    if model._meta.label in without:
        assert lookup is None
    else:
        assert model.objects.filter(**{lookup: 1}).query


# Packages in the order of the README: each imports only those of the lines above.
LAYERS = [
    line.removeprefix("← ").split(", ")
    for line in re.search(r"```text\n(udsat\.lib\n.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1].splitlines()
]
LAYER_OF = {package: number for number, layer in enumerate(LAYERS) for package in layer}
# Packages that must work without the back office.
WITHOUT_BACK_OFFICE = (
    "udsat.templatetags", "udsat.mail_delivery", "strategies.parsing", "strategies.models", "council.models",
    "council.rights", "council.public", "udsat.portal",
)  # fmt: skip


def source_files():
    """Yield the name and path of every module of ours."""
    for folder in ("udsat", "strategies", "council"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" not in path.parts:
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


MODULES = dict(source_files())


def imports_of(module):
    """Return our modules that a module imports, also inside its functions."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            up = package.split(".")
            base = [*up[: len(up) - node.level + 1], node.module] if node.level else [node.module]
            # "from udsat.lib import roles" imports the module udsat.lib.roles.
            names += [".".join(filter(None, [*base, alias.name])) for alias in node.names]
    found = {longest(MODULES, name) for name in names if name.split(".")[0] in ("udsat", "strategies", "council")}
    return found - {module, None}


def longest(packages, name):
    """Return the package that the name is in, the innermost one if several are."""
    return max((package for package in packages if f"{name}.".startswith(f"{package}.")), key=len, default=None)


IMPORTS = {module: imports_of(module) for module in MODULES}


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module):
    """No import against the arrows of the README."""
    here = longest(LAYER_OF, module)
    for imported in IMPORTS[module]:
        there = longest(LAYER_OF, imported)
        assert there == here or LAYER_OF[there] < LAYER_OF[here], f"{module} may not import {imported}"
        assert not (here in WITHOUT_BACK_OFFICE and there.startswith("udsat.admin")), (
            f"{module} imports the back office"
        )


def test_the_readme_lists_no_package_that_is_gone():
    assert set(LAYER_OF) <= set(MODULES)


def test_no_modules_import_each_other_in_a_circle():
    """Strongly connected components by Tarjan's algorithm; imports inside functions count."""
    order, lowest, stack, circles = {}, {}, [], []

    def visit(module):
        order[module] = lowest[module] = len(order)
        stack.append(module)
        for imported in IMPORTS[module]:
            if imported not in order:
                visit(imported)
            if imported in stack:
                lowest[module] = min(lowest[module], lowest[imported])
        if lowest[module] == order[module]:
            component = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(component) > 1:
                circles.append(sorted(component))

    for module in MODULES:
        if module not in order:
            visit(module)
    assert not circles


def test_every_setting_from_the_environment_is_in_the_readme():
    source = (ROOT / "udsat" / "settings.py").read_text()
    read = set(re.findall(r"\benv(?:_list|_int|_bool)?\([\"']([A-Z_]+)[\"']", source))
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert read == table


def test_no_template_holds_inline_style_or_script():
    pattern = re.compile(r"\sstyle=|<style|<script(?![^>]*\bsrc=)|\son[a-z]+=|javascript:", re.IGNORECASE)
    for path in (ROOT / "templates").rglob("*.html"):
        # Ignore template tags, such as {% with style=meeting.style %}.
        assert not pattern.search(re.sub(r"{%.*?%}|{{.*?}}", "", path.read_text())), path


def test_every_page_of_the_back_office_is_scoped():
    for model, page in admin.site._registry.items():
        assert isinstance(page, ScopedAdmin), model


def test_every_model_change_has_its_migration(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
