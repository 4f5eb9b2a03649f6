"""Stop words, and synonyms from everyday words to those of official texts.

Synonyms hold words that official texts rarely use, and work one way: *druk* also finds *alkohol*, but not the reverse.
"""

STOP_WORDS = frozenset(
    """
    ad af alle alt altså anden andet at blev blive bliver da de dem den denne deres det dette dig din dine disse dit du
    efter ej eller en end ens er et få får for fordi fra før gerne går gå ham han hans har havde have hende hendes her
    hos hun hvad hvem hver hvilke hvilken hvilket hvis hvor hvordan hvorfor hvornår i igen ikke ind ingen ingenting
    intet ja jeg jer jeres jo kan kom komme kommer kun kunne lige man mange med meget men mener mig min mine mit må
    måtte nej nok nogen noget nogle nu når og også om op os over på se sidder sig sin sine sit skal skulle snart som
    søger så sådan til to under ud uden var ved vi vil ville vores være været
    behov brug finde findes findet hjælp hjælpe information leder mangler oplysninger vide
    """.split()
)

# Words without meaning beside the name of a municipality: »bolig i Esbjerg Kommune«.
MUNICIPALITY_WORDS = frozenset({"kommune", "kommunen", "kommunens", "kommunes", "by"})

_SYNONYMS = """
    drikke drikker druk drukker alkoholiker alkoholisme spiritus sprut øl: alkohol afhængighed
    narko narkotika hash heroin kokain narkoman stofmisbrug stofmisbruger junkie: stoffer misbrug afhængighed
    rusmidler rusmiddel: alkohol stoffer misbrug
    misbruger afhængig: misbrug afhængighed
    ludomani ludoman spilleafhængig gambling kasino: spil
    boligløs husvild posemand: hjemløs
    lejlighed husleje værelse: bolig
    sove sover overnatte overnatning: seng natcafé herberg
    forsorgshjem: herberg
    arbejdsløs ledig ledighed job beskæftigelse: arbejde job
    fattig fattigdom: penge økonomi
    skylder skyld regninger regning lån inkasso rki: gæld
    tand tænder tænderne tandpine: tandlæge
    psykiatri depression deprimeret angst skizofreni sindslidende sindslidelse: psykisk sind
    alene venner: ensom fællesskab
    formand formanden: forperson
    næstformand næstformanden: næstforperson
    søn sønnen datter datteren teenager: unge barn
    mor far forælder: forældre
    kone mand kæreste ægtefælle bror søster: pårørende familie
    tæsk slår voldelig: vold krisecenter
    prostitueret prostitution sexarbejde sexarbejder: sex prostitution
    mødereferat: referat
    handleplan handlingsplan: plan strategi
"""
SYNONYMS = {
    word: tuple(official_words.split())
    for line in _SYNONYMS.strip().splitlines()
    for everyday_words, official_words in [line.split(":")]
    for word in everyday_words.split()
}
