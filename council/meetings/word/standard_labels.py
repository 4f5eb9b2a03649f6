"""Labels that the export writes into Word files and the import reads; label_patterns has further ones to read."""

MINUTES, AGENDA = "Referat", "Dagsorden"

# Labels above the items.
KIND, TITLE, DATE, TIME, PLACE, ADDRESS = "Slags", "Titel", "Dato", "Tid", "Sted", "Adresse"
COUNCIL, CANCELLED, OPEN, APPROVAL = "Råd", "Aflyst", "Åbent møde", "Godkendelse"
PRESENT, EXCUSED, ABSENT = "Til stede", "Afbud", "Fraværende"
GUESTS, CHAIRED_BY, MINUTES_BY = "Gæster", "Ordstyrer", "Referent"
INTRO, PLAIN_TEXT, CORRECTED = "Indledning", "Kort fortalt", "Rettet"
FILES_OF_ALL = "Bilag til hele mødet"

# Lines under the title of an item.
CASE_NUMBER, PUBLIC_TITLE = "Sagsnr.", "Neutral titel"
CLOSED, RAISED = "Lukket punkt", "Rejst på mødet"
CLOSED_NOTE = "Punktet er lukket. Dets tekst er ikke med her."

# Fields of an item, in the order of the document.
FIELDS = {
    "presentation": "Sagsfremstilling",
    "recommendation": "Indstilling",
    "discussion": "Referat",
    "decision": "Beslutning",
    "dissent": "Mindretalsudtalelse",
}
AGREEMENTS, SINCE, STRATEGY, FILES = "Aftaler", "Siden sidst", "Om strategien", "Bilag"
WHAT, WHO, WHEN, DONE, OUTCOME = "Hvad", "Hvem", "Hvornår", "Gjort", "Hvad kom der ud af det?"
INSTEAD_OF = "i stedet for"


def seat_name(member) -> str:
    """Return the name of the seat's holder, or else what identifies the seat."""
    if member.person:
        return str(member.person)
    return "Vakant plads" if member.is_vacant else member.area or member.get_speaks_as_display() or member.role_label
