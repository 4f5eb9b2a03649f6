"""The words people ask with, and what the texts call the same. No database, no app.

Only words that official texts rarely use lead on, and only one way: who asks for *druk* is shown what is said of
alcohol, but who asks for *alkohol* is not shown everything.
"""

# Words of a question that say nothing of what it is about. They are looked for only when there are no others.
_SILENT = """
    ad af alle alt altså anden andet at blev blive bliver da de dem den denne deres det dette dig din dine disse dit du
    efter ej eller en end ens er et få får for fordi fra før gerne går gå ham han hans har havde have hende hendes her
    hos hun hvad hvem hver hvilke hvilken hvilket hvis hvor hvordan hvorfor hvornår i igen ikke ind ingen ingenting
    intet ja jeg jer jeres jo kan kom komme kommer kun kunne lige man mange med meget men mener mig min mine mit må
    måtte nej nok nogen noget nogle nu når og også om op os over på se sidder sig sin sine sit skal skulle snart som
    søger så sådan til to under ud uden var ved vi vil ville vores være været
    behov brug finde findes findet hjælp hjælpe information leder mangler oplysninger vide
"""
SILENT = frozenset(_SILENT.split())

# What may be left out beside the name of a municipality: »bolig i Esbjerg Kommune«.
OF_PLACE = frozenset({"kommune", "kommunen", "kommunens", "kommunes", "by"})

_CALLED = """
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
CALLED = {
    asked: tuple(texts.split())
    for line in _CALLED.strip().splitlines()
    for words, texts in [line.split(":")]
    for asked in words.split()
}
