"""Load the national lists of topics and situations. Can be repeated; entries are matched by slug."""

from django.core.management.base import BaseCommand
from django.db import transaction

from strategies.models import Situation, Topic

TOPICS = [
    ("bolig", "Bolig", "Et sted at bo, hjemløshed, botilbud og skæve boliger."),
    ("sundhed", "Sundhed", "Læge, tandlæge, forebyggelse og et liv på lige vilkår."),
    ("afhaengighed", "Afhængighed", "Alkohol, stoffer og spil: behandling og skadesreduktion."),
    ("psykisk-sygdom", "Psykisk sygdom", "Støtte og behandling, når sindet er sygt."),
    ("arbejde", "Arbejde og uddannelse", "Vejen til job, skole og et fællesskab på en arbejdsplads."),
    ("faellesskab", "Fællesskab", "Ensomhed, væresteder, foreninger og frivillige."),
    ("boern-og-unge", "Børn og unge", "Opvækst, fritid og overgangen til voksenlivet."),
    ("familie", "Familie og pårørende", "Støtte til forældre, partnere og andre tæt på."),
    ("oekonomi", "Økonomi", "Fattigdom, gæld og ydelser."),
    ("vold-og-kriser", "Vold og kriser", "Krisecentre og hjælp, når livet falder sammen."),
    ("indflydelse", "Indflydelse og rettigheder", "At blive hørt, forstået og mødt med respekt."),
    ("byens-rum", "Byens rum", "Steder at være, mødesteder og opsøgende arbejde."),
]

# Slug, title, slugs of topics, and advice that holds in the whole country. Comments name the law behind a sentence.
SITUATIONS = [
    (
        "mangler-et-sted-at-bo",
        "Jeg mangler et sted at bo",
        "bolig byens-rum",
        # Serviceloven § 110: own approach; its leader decides.
        "Har du ikke et sted at sove, kan du selv gå hen til et herberg. Du behøver ikke at spørge kommunen først. "
        "Lederen af herberget afgør, om der er plads til dig.",
        "Ring til kommunen, eller gå ind i borgerservice. Sig, at du ikke har et sted at bo.",
        "Er du ved at blive sat ud af din bolig, så ring til kommunen nu. Jo før, jo mere kan den gøre.",
        # Forvaltningsloven § 8.
        "Du må gerne tage en anden med, når du taler med kommunen.",
    ),
    (
        "soen-paa-gaden",
        "Min søn er på gaden",
        "bolig familie byens-rum afhaengighed",
        "Er han i fare lige nu, så ring 112.",
        "Han kan selv gå hen til et herberg og bede om en plads. Det kræver ingen henvisning.",
        "Ring til kommunen, og spørg, om den har medarbejdere, der går ud og finder folk på gaden.",
        "Er han under 18 år, så ring til kommunen med det samme. Den har pligt til at hjælpe børn og unge.",
        "Det er hårdt at være den, der venter. Du kan tale med din egen læge om, hvordan du selv har det.",
    ),
    (
        "bliver-slaaet",
        "Jeg bliver slået",
        "vold-og-kriser familie",
        "Er du i fare nu, så ring 112.",
        # Serviceloven § 109, from 1 July 2024 for everybody: anonymous, own approach; its leader decides.
        "Du kan selv henvende dig til et krisecenter. Du behøver ingen henvisning, og du kan være anonym. "
        "Det gælder både kvinder og mænd. Lederen afgør, om der er plads til dig.",
        "Gå til lægen eller skadestuen med dine skader. De bliver skrevet ned, og det kan hjælpe dig senere.",
        "Du kan anmelde volden til politiet, også når der er gået noget tid.",
        "Fortæl det til én, du stoler på. Det er ikke din skyld.",
    ),
    (
        "drikker-for-meget",
        "Jeg drikker for meget",
        "afhaengighed sundhed",
        "Drikker du meget hver dag, så stop ikke fra den ene dag til den anden. Det kan være farligt. "
        "Tal med lægen først.",
        # Sundhedsloven § 141.
        "Kommunen skal tilbyde dig gratis behandling. Den skal begynde senest 14 dage efter, at du beder om den.",
        "Du har ret til at være anonym. Du behøver ingen henvisning fra lægen.",
        "Ryster du voldsomt, får du kramper, eller ser du ting, der ikke er der, så ring 112.",
    ),
    (
        "tager-stoffer",
        "Jeg tager stoffer og kan ikke stoppe",
        "afhaengighed sundhed",
        "Er nogen bevidstløs, eller er der taget for meget, så ring 112. Bliv der, til hjælpen kommer.",
        # Serviceloven § 101 and sundhedsloven § 142.
        "Bed kommunen om behandling. Den skal begynde senest 14 dage efter, at du har bedt om den.",
        "Din egen læge kan også hjælpe dig i gang.",
        "Du må gerne tage en anden med til samtalen.",
    ),
    (
        "har-det-psykisk-daarligt",
        "Jeg har det psykisk dårligt",
        "psykisk-sygdom sundhed",
        "Tænker du på at tage dit liv, og er det lige nu, så ring 112. Du må ikke være alene med det.",
        "Ring til din egen læge. Uden for åbningstiden kan du ringe til lægevagten.",
        "Sig det til en, du kender. Bed om, at personen bliver hos dig eller går med dig til lægen.",
        "Har du brug for støtte i hverdagen, kan du søge om det hos kommunen.",
    ),
    (
        "ensom",
        "Jeg er ensom",
        "faellesskab",
        "Mange byer har et værested, hvor man kan komme uden aftale. Spørg i borgerservice, hvor det nærmeste er.",
        "Ring til kommunen eller spørg på biblioteket, hvilke foreninger og frivillige der er hos dig.",
        "Er du ked af det det meste af tiden, så tal med din egen læge.",
        "Tænker du på at tage dit liv, og er det lige nu, så ring 112.",
    ),
    (
        "gaeld",
        "Jeg har gæld, jeg ikke kan betale",
        "oekonomi",
        "Betal først husleje, el og varme. Så beholder du dit hjem.",
        "Er du bagud med huslejen, så ring til udlejeren og til kommunen med det samme.",
        "Skriv ned, hvem du skylder, og hvor meget. Ring til dem, og bed om at betale lidt ad gangen.",
        # Konkursloven § 197 ff.
        "Er gælden så stor, at den aldrig kan betales, kan du søge om gældssanering i skifteretten.",
        # Aktivloven § 81.
        "Kan du ikke betale en nødvendig regning, du ikke kunne forudse, kan du søge kommunen om hjælp til den.",
    ),
    (
        "mistet-arbejde",
        "Jeg har mistet mit arbejde",
        "arbejde oekonomi",
        "Meld dig ledig den første dag, du er uden arbejde.",
        "Er du medlem af en a-kasse, så ring til den.",
        "Har du ingen penge at leve for, så søg kommunen om hjælp. Vent ikke. Du får sjældent penge for tiden før.",
        "Kan du ikke betale huslejen, så sig det til kommunen og udlejeren, før den skal betales.",
    ),
    (
        "ude-af-faengsel",
        "Jeg er kommet ud af fængsel",
        "bolig arbejde oekonomi",
        "Gå ind i borgerservice. Sig, at du lige er kommet ud, og hvad du mangler: et sted at bo, penge, MitID.",
        "Har du ingen penge at leve for, kan du søge kommunen om hjælp.",
        "Har du ikke et sted at sove, kan du selv gå hen til et herberg og bede om en plads.",
        "Har du tilsyn, så ring til din kontaktperson i Kriminalforsorgen.",
        "Var du i behandling i fængslet, så ring til din egen læge, så den ikke bliver afbrudt.",
    ),
    (
        "bekymret-for-et-barn",
        "Jeg er bekymret for et barn",
        "boern-og-unge familie vold-og-kriser",
        "Er barnet i fare nu, så ring 112.",
        # Barnets lov § 135.
        "Fortæl kommunen, hvad du har set eller hørt. Det hedder en underretning. "
        "Alle voksne har pligt til det, når et barn bliver forsømt eller slået.",
        "Du kan underrette uden at sige, hvem du er, hvis du gør det som privatperson.",
        "Er du selv barn eller ung, så fortæl det til en voksen, du stoler på: en lærer, en træner, en slægtning.",
    ),
    (
        "kan-ikke-mere-derhjemme",
        "Jeg er forælder og kan ikke mere",
        "familie boern-og-unge",
        "Ring til kommunen, og sig, at din familie har brug for hjælp. Du behøver ikke at vide hvilken.",
        "Har du et lille barn, kan du ringe til sundhedsplejersken. Går barnet i skole, kan du tale med læreren.",
        "Tal med din egen læge om, hvordan du selv har det.",
        "Er du bange for at gøre dig selv eller barnet noget, så ring 112.",
    ),
    (
        "min-ven",
        "Min ven har brug for hjælp",
        "faellesskab afhaengighed psykisk-sygdom bolig",
        "Er der fare for liv, så ring 112.",
        "Spørg, hvordan det går, og lyt. Du skal ikke løse det hele.",
        # Forvaltningsloven § 8.
        "Tilbyd at gå med til lægen eller kommunen. Alle har ret til at tage en anden med.",
        "Du kan ringe til kommunen og spørge til råds uden at sige, hvem det handler om.",
    ),
    (
        "kommunen-hoerer-ikke",
        "Kommunen hører ikke på mig",
        "indflydelse",
        # Forvaltningsloven §§ 8, 9, 22 and 25.
        "Tag en med til mødet. Det hedder en bisidder, og det har du ret til.",
        "Du har ret til at se din egen sag. Bed om aktindsigt.",
        "Får du nej på skrift, skal kommunen skrive hvorfor, og hvordan du klager.",
        # Retssikkerhedsloven §§ 66 and 67.
        "Vil du klage, så skriv til kommunen. Fristen er for det meste fire uger. Kommunen skal se på sagen igen.",
        "Et udsatteråd kan ikke gå ind i din sag. Men det vil gerne vide, hvad der går galt for mange.",
    ),
]


class Command(BaseCommand):
    help = "Indlæs listerne over emner og livssituationer. Kan gentages."

    @transaction.atomic
    def handle(self, **options):
        topics = {}
        for position, (slug, name, description) in enumerate(TOPICS):
            topics[slug], _ = Topic.objects.update_or_create(
                slug=slug, defaults={"name": name, "description": description, "position": position}
            )
        for position, (slug, title, about, *advice) in enumerate(SITUATIONS):
            situation, _ = Situation.objects.update_or_create(
                slug=slug, defaults={"title": title, "advice": "\n".join(advice), "position": position}
            )
            situation.topics.set(topics[name] for name in about.split())
        self.stdout.write(f"{len(TOPICS)} emner og {len(SITUATIONS)} livssituationer er på plads.")
