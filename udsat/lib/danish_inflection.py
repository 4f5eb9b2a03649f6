"""Keys that inflected forms of a Danish word share where the Snowball stemmer gives them different stems.

Three kinds are covered: e before a final l, n or r that is dropped (regel, regler), a final consonant that is doubled
(budget, budgetter), and irregular forms (barn, børn), also as the last part of a compound (plejebarn, plejebørn). The
forms follow Retskrivningsordbogen. Words are in lower case, with æ, ø and å.
"""

import functools
import re

from .search_synonyms import STOP_WORDS

# Nouns and their irregular forms, which also take -s, -ne or -ene, and -nes or -enes.
_IRREGULAR_NOUNS = """
    and: ænder
    barn: børn
    bog: bøger
    bonde: bønder
    bror: brødre broder
    datter: døtre
    eksamen: eksaminer
    far: fædre fader
    fod: fødder
    gås: gæs
    hovedstad: hovedstæder
    hånd: hænder
    klo: kløer
    konto: konti
    kraft: kræfter
    kurs: kursus kurser kurset
    mand: mænd
    mor: mødre moder
    nat: nætter
    risiko: risici
    rod: rødder
    stad: stæder
    stang: stænger
    tand: tænder
    tang: tænger
    tå: tæer
    øje: øjne
"""
_IRREGULAR_ADJECTIVES = """
    egen: egne eget egent
    få: færre færrest
    hel: helt
    lille: små småt
    ny: nyt
    ren: rent
    sen: sent
    stor: større størst
    ung: ungt
"""
# Short adjectives whose neuter in -t Snowball does not stem: others may be nouns, as kort is no form of kor.
_SHORT_ADJECTIVES = """
    blå brun dum dyr fin fri god grov grøn grå gul halv hård høj jævn klar klog kær lang lav mør nær pæn rig rå sjov
    skarp skrap skøn smal stor svag svær syg tom tryg tung tør varm
"""
# The same, but not as the last part of longer words: udbredt is no form of udbred.
_SHORT_ADJECTIVES_ALONE = """
    anonym bleg blød bred dyb død døv fjern gal grim hul hvid klam lun ond rar rød skæv slem sløv smuk spids stram stum
    sur sær sød tam travl tyk vred våd
"""
# Not looked for at the end of longer words: brænder, prøvestænger.
_NEVER_LAST = {"and", "klo", "tang", "tå"}
# Keys of words in -re that are no form of a word in -er: bedre is no form of beder.
_NOT_KEYS = STOP_WORDS | set("andr bedr højr mindr ordr værr ældr ændr yngr".split())
# Words in -en that lose their e, by their ending: aftner, åbne. Others keep it: havn is no form of haven.
_EN_WITHOUT_E = re.compile(
    r"(?:afte|beskede|bunde|bække|båre|dove|erfare|falde|fersk?e|fige|forlege|forlore|frosse|frøke|funde|gedige|give"
    r"|gnave|gylde|hilse|holde|kriste|komme|kræse|kæle|køkke|lage|lunke|lyste|mode|morge|nøge|orde|overlege|præke|rådde"
    r"|sjælde|skreve|skåre|slage|stjåle|sulte|tallerke|tvunge|ulde|underlege|verde|vokse|vunde|væse|våbe|våge|åbe"
    r"|ørke)n$"
)
_L_OR_R_AFTER_E = re.compile(r"[bcdfgklmnprstvz]e[lr]$")
_NEUTER = re.compile(r".{2}(?:al|an|bar|el|er|ig|il|iv|om|ær|øs)t$")
# sikreste, enklere: degrees of an adjective that has lost its e.
_DEGREE = re.compile(r"[bdfgkmnpstv][lnr](?:ere|este?)$")
# »ae« and »oe« are read as æ and ø, also where they are the end of a word and its ending: temaer, beboerne.
_VOWEL_BEFORE_ENDING = re.compile(r"(?P<stem>.+)(?P<vowel>[æø])(?:ns?|ts?|rs?|re[ns]?|rnes?)")
_VOWELS = {"æ": "a", "ø": "o"}
# handicappede is a form of handicappet.
_PARTICIPLE = re.compile(r".{4}ede$")
_LATIN = re.compile(r".{3}[eiæ]um$")
_ENDINGS = ("ernes", "erne", "enes", "ene", "ers", "ens", "ets", "er", "en", "et", "es", "e")
_GENITIVE = re.compile(r".{2}[abcdfghjklmnoprtvyzåé]s$")
_DOUBLED = re.compile(r"([bdfgklmnprst])\1(?=[lnr]?$)")
_MAX_LENGTH = 60  # letters of a word that has keys
_VOWEL = re.compile("[aeiouyæøå]")


def _forms() -> dict[str, tuple[str, bool]]:
    """Return by irregular form its word, and whether longer words may end in it."""
    forms: dict[str, tuple[str, bool]] = {}
    for line in _IRREGULAR_NOUNS.strip().splitlines():
        word, listed = line.strip().split(": ")
        for form in listed.split():
            definite = f"{form}ne" if form.endswith("e") or form.endswith("er") else f"{form}ene"
            if form in ("broder", "fader", "moder"):
                definite = f"{form}en"
            elif form == "gæs":
                definite = "gæssene"
            for inflected in (form, f"{form}s", definite, f"{definite}s"):
                forms[inflected] = (word, word not in _NEVER_LAST)
    for line in _IRREGULAR_ADJECTIVES.strip().splitlines():
        word, listed = line.strip().split(": ")
        forms |= dict.fromkeys(listed.split(), (word, False))
    for adjectives, may_be_last in ((_SHORT_ADJECTIVES, True), (_SHORT_ADJECTIVES_ALONE, False)):
        forms |= {f"{word}t": (word, may_be_last) for word in adjectives.split()}
    return forms


_FORMS = _forms()


def base_form(word: str) -> str:
    """Return the word with an irregular form, or its irregular last part, replaced by the base form."""
    if word in _FORMS:
        return _FORMS[word][0]
    if len(word) > _MAX_LENGTH:
        return word
    for start in range(2, len(word) - 2):
        base, may_be_last = _FORMS.get(word[start:], ("", False))
        if may_be_last:
            return word[:start] + base
    return word


def _contracted(word: str) -> str:
    """Return the word with single consonants at its end, and without e before a final l, n or r: gammel, gaml."""
    word = _DOUBLED.sub(r"\1", word)
    if _L_OR_R_AFTER_E.search(word) and _VOWEL.search(word[:-2]) or _EN_WITHOUT_E.search(word):
        word = word[:-2] + word[-1]
    return _DOUBLED.sub(r"\1", word)


def _without_ending(word: str) -> str:
    for ending in _ENDINGS:
        rest = word.removesuffix(ending)
        if rest != word and len(rest) > 1 and _VOWEL.search(rest):
            return rest
    return word


@functools.lru_cache(maxsize=20_000)
def inflection_keys(word: str) -> tuple[str, ...]:
    """Return the keys of a word; two words are forms of one another if they have a key in common.

    Most words have two or three: the word itself (budget) and the word without what may be an ending (budg). Stop
    words, numbers and very long words have none.
    """
    if word in STOP_WORDS or not word.isalpha() or len(word) > _MAX_LENGTH:
        return ()
    regular = base_form(word.replace("é", "e"))
    if regular != word.replace("é", "e"):
        return (_contracted(regular.removesuffix("e")),)
    inflected, uninflected = [word], []
    if _GENITIVE.match(word, max(0, len(word) - 4)):
        inflected.append(word[:-1])
    if _NEUTER.search(word) or word.endswith("ent") and _EN_WITHOUT_E.search(word[:-1]):
        uninflected.append(word[:-1])
    if _LATIN.search(word):
        uninflected.append(word[:-2])
    if _DEGREE.search(word):
        uninflected.append(re.sub("(?:ere|este?)$", "", word))
    if _PARTICIPLE.search(word) and not word.endswith("billede"):
        inflected.append(f"{word[:-3]}et")
    match = _VOWEL_BEFORE_ENDING.fullmatch(word)
    if match and len(match["stem"]) > 1 and _VOWEL.search(match["stem"]):
        uninflected.append(match["stem"] + _VOWELS[match["vowel"]])
    bases = [*(base for form in inflected for base in (form, _without_ending(form))), *uninflected]
    keys = (_contracted(base).replace("é", "e") for base in bases)
    return tuple(key for key in dict.fromkeys(keys) if key not in _NOT_KEYS)


def are_forms_of_one_word(a: str, b: str) -> bool:
    """Whether two words are equal or share a key. Stop words equal themselves only."""
    return a == b or not set(inflection_keys(a)).isdisjoint(inflection_keys(b))
