"""Readability: one table of examples for server and browser, and the notes that editors see."""

import pytest
from playwright.sync_api import expect

from udsat.lib import readability
from udsat.lib.publishing import Status

from . import factories as make

LONG = "Kommunen og rådet vil sammen " + "og så videre " * 6 + "finde et sted"
# Text, sentences, LIX.
EXAMPLES = [
    ("", [], None),
    ("… — !", [], None),
    # 6 words, 2 sentences, 2 long words: 3 + 33,3.
    ("Kommunen hjælper dig. Ring i dag", ["Kommunen hjælper dig.", "Ring i dag"], 36),
    # A long word has at least seven letters.
    ("Maries hus", ["Maries hus"], 2),
    ("Kirsten bor", ["Kirsten bor"], 52),
    ("ja\nnej\nmåske", ["ja", "nej", "måske"], 1),
    ("Vi vil:\n• bygge\n• lytte", ["Vi vil:", "bygge", "lytte"], 1),
    ("1. Kom i dag\n2) Ring i dag\na. Skriv", ["Kom i dag", "Ring i dag", "Skriv"], 2),
    ("Rådet siger: Byg nu", ["Rådet siger:", "Byg nu"], 2),
    ("Vi mødes kl. 14.30 den 3. marts 2025. Kom bare.", ["Vi mødes kl. 14.30 den 3. marts 2025.", "Kom bare."], 5),
    ("Det var den 1. 3. 2025. Vi var 12. Kom med.", ["Det var den 1. 3. 2025.", "Vi var 12.", "Kom med."], 4),
    ("Der er bl.a. Kompasset og f.eks. nr. 4.", ["Der er bl.a. Kompasset og f.eks. nr. 4."], 21),
    ("Der er mad, kaffe m.m. Kom forbi.", ["Der er mad, kaffe m.m.", "Kom forbi."], 4),
    ("H. C. Hansen kom. Han gik.", ["H. C. Hansen kom.", "Han gik."], 3),
    ("»Hvad nu?« spurgte hun. Ingen svarede!", ["»Hvad nu?« spurgte hun.", "Ingen svarede!"], 36),
    ("Han sagde ”Kom.” Vi kom.", ["Han sagde ”Kom.”", "Vi kom."], 3),
    ("Det koster 1.250.000 kr. og 12,5 mio. kroner", ["Det koster 1.250.000 kr. og 12,5 mio. kroner"], 8),
    ("Se https://www.eksempel.dk/en/lang.side?x=1 eller skriv til post@eksempel.dk", None, 6),
    ("Natcafé-gruppen kom", ["Natcafé-gruppen kom"], 52),
    ("Hvem | Hvornår\nRådet | Mandag", ["Hvem", "Hvornår", "Rådet", "Mandag"], 26),
    ("Æbler på Ærø\u00a0er gode. Øl er dyrt.", ["Æbler på Ærø\u00a0er gode.", "Øl er dyrt."], 4),
    # Letters with combining characters are normalised.
    ("Ra\u030adet ga\u030ar hjem", ["Rådet går hjem"], 3),
    (f"{LONG}. Kom.", [f"{LONG}.", "Kom."], None),
    ("Skriv (til post@eksempel.dk). Kom.", ["Skriv (til post@eksempel.dk).", "Kom."], 2),
    # Texts of one kind of character.
    ("." * 50_000, [], None),
    (". " * 50_000, [], None),
    ("(" * 50_000, [], None),
    ("a" * 50_000, ["a" * 50_000], 101),
    ("a@" * 50_000, ["a@" * 50_000], 1),
]


@pytest.mark.parametrize(("text", "sentences", "lix"), EXAMPLES)
def test_sentences_and_lix(text, sentences, lix):
    if sentences is not None:
        assert readability.sentences(text) == sentences
    if lix is not None or not sentences:
        assert readability.lix(text) == lix


@pytest.mark.parametrize(
    ("lix", "word"),
    [
        (24, "let at læse, også for børn"),
        (25, "let at læse"),
        (34, "let at læse"),
        (35, "middelsvær at læse"),
        (45, "svær at læse"),
        (55, "meget svær at læse"),
    ],
)
def test_lix_has_a_label(lix, word):
    assert readability.lix_label(lix) == word


def test_the_longest_sentence_is_quoted_when_it_is_too_long():
    assert f"Den længste sætning har 26 ord: »{LONG}.«" in readability.readability_note(f"Kom. {LONG}.")
    assert (
        readability.readability_note("Kommunen hjælper dig i dag. Ring til Kompasset, eller kom forbi.")
        == "LIX 33: let at læse."
    )
    assert readability.readability_note("Vi vil hjælpe dig.") == ""


def test_a_very_long_sentence_is_quoted_in_part():
    said = readability.readability_note("ord " * 400)
    assert said.endswith(" …«") and len(said) < 260


HARD = "<p>Kommunalbestyrelsen prioriterer helhedsorienterede boligindsatser gennem mange tværfaglige samarbejder.</p>"
EASY = "<p>Kommunen hjælper dig i dag. Ring til Kompasset, eller kom forbi.</p>"


def test_the_form_shows_readability_without_javascript(client, anna, esbjerg):
    strategy = make.strategy(esbjerg, status=Status.DRAFT, plain_text=EASY)
    goal = make.goal(make.theme(strategy), plain_text="Vi vil bygge nogle flere små huse, som du kan betale.")
    client.force_login(anna)
    page = client.get(f"/admin/strategies/strategy/{strategy.pk}/resume/").content.decode()
    assert "LIX 33: let at læse." in page
    assert "LIX " in client.get(f"/admin/strategies/goal/{goal.pk}/change/").content.decode()


def test_the_message_after_saving_shows_readability(client, anna, esbjerg):
    council = make.council(esbjerg, Status.DRAFT)
    agenda = make.agenda(make.meeting(council), status=Status.DRAFT, plain_text=HARD)
    client.force_login(anna)
    data = {"intro": "", "plain_text": EASY, "expires_at_0": "", "expires_at_1": "", "version": agenda.version}
    address = f"/admin/council/agenda/{agenda.pk}/change/"
    form = client.get(address).context["adminform"].form
    data |= {form.add_prefix(name): form[name].value() or "" for name in form.fields if name not in data}
    response = client.post(address, data, follow=True)
    assert "er gemt. Kort fortalt: LIX 33: let at læse." in response.content.decode()


def test_the_gate_notes_what_is_hard_or_missing_and_locks_nothing(client, anna, esbjerg):
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    make.theme(strategy, "Et sted at bo", plain_text=HARD)
    make.theme(strategy, "Penge")
    client.force_login(anna)
    address = f"/admin/strategies/strategy/{strategy.pk}/offentliggoer/"
    page = client.get(address).content.decode()
    assert "Der er ingen »Kort fortalt« endnu." in page
    assert "»Kort fortalt« til Tema Et sted at bo har LIX" in page
    assert "Uden »Kort fortalt«: 1 tema." in page
    client.post(address, {"seen": client.get(address).context["form"].stamp, "confirmed": "on"})
    strategy.refresh_from_db()
    assert strategy.is_published


def test_the_gate_requires_no_easy_text_for_closed_items(client, anna, esbjerg):
    minutes = make.minutes(make.meeting(make.council(esbjerg)), status=Status.DRAFT, plain_text=EASY)
    make.item(minutes.meeting, "Personsag", is_closed=True, public_title="Lukket punkt")
    client.force_login(anna)
    page = client.get(f"/admin/council/minutes/{minutes.pk}/offentliggoer/").content.decode()
    assert "Kan det læses let?" not in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_readability_note_is_updated_while_typing(page, live_server, client, anna, esbjerg):
    strategy = make.strategy(esbjerg, status=Status.DRAFT, plain_text=HARD)
    client.force_login(anna)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto(f"/admin/strategies/strategy/{strategy.pk}/resume/")

    # The same table in the browser.
    counted = page.evaluate(
        """async (texts) => {
          const script = document.querySelector("script[src*='lix']");
          const { lix, sentences, readabilityNote } = await import(script.src);
          return texts.map((text) => [sentences(text), lix(text), readabilityNote(text)]);
        }""",
        [text for text, _, _ in EXAMPLES],
    )
    assert counted == [
        [readability.sentences(t), readability.lix(t), readability.readability_note(t)] for t, _, _ in EXAMPLES
    ]

    field = page.locator(".field-plain_text .field").first
    assert "meget svær at læse" in field.locator(".lix").inner_text()
    text = field.get_by_role("textbox")
    text.fill("Kommunen hjælper dig i dag. Ring til Kompasset, eller kom forbi.")
    expect(field.locator(".lix")).to_have_text("LIX 33: let at læse.")
