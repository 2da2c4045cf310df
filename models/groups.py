"""Hide from the model which group a word names: only that one is named, of which kind, and in which number.

"I am gay" and "I am tall", "Muslims are vermin" and "Christians are vermin" must not differ by the group. Every word
below becomes two signs that no text can hold, the same for all words of its kind; so no n-gram can tell the groups
apart, whatever the training data say about them. Slurs are not on the list: they are read as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.text import SPACE, View
from models.words import Words, hashes, words_of

# Private use: folding turns such characters of a text into blanks, so that nobody can write a veiled word.
VEILED = 0xF0000
KINDS = {
    "trait": (
        "gay lesbian bisexual bi homosexual queer transgender trans transsexual transgendered lgbt lgbtq lgbtqia "
        "lgbti nonbinary heterosexual straight asexual pansexual intersex cisgender cis polyamorous sapphic "
        "black white brown african european hispanic latino latina latinx latin asian arab arabic indigenous native "
        "aboriginal caucasian mixed biracial american canadian mexican cuban brazilian colombian venezuelan haitian "
        "jamaican british english scottish welsh irish french german italian spanish portuguese dutch belgian swedish "
        "norwegian danish finnish icelandic polish czech slovak hungarian romanian bulgarian greek serbian croatian "
        "bosnian albanian ukrainian russian turkish kurdish armenian georgian israeli palestinian syrian lebanese "
        "iraqi iranian persian saudi yemeni egyptian moroccan algerian tunisian libyan somali ethiopian eritrean "
        "sudanese kenyan nigerian ghanaian congolese rwandan ugandan zimbabwean indian pakistani bangladeshi afghan "
        "nepali tibetan chinese taiwanese japanese korean vietnamese thai cambodian filipino filipina indonesian "
        "malaysian burmese australian maori hawaiian samoan puerto rican roma romani sinti "
        "muslim islamic islam jewish jew judaism christian christianity catholic catholicism protestant evangelical "
        "mormon orthodox hindu hinduism buddhist buddhism sikh sikhism taoist jain pagan atheist agnostic quaker "
        "baptist lutheran methodist sunni shia bahai zoroastrian rastafarian "
        "immigrant migrant refugee foreigner foreign disabled handicapped deaf blind autistic paralyzed paralysed "
        "amputee dyslexic epileptic bipolar schizophrenic wheelchair deafblind mute "
        "believing believer unbeliever nonbeliever nonbelieving "
    ),
    "folk": (
        "gays lesbians bisexuals homosexuals queers transgenders transsexuals heterosexuals straights asexuals "
        "blacks whites africans europeans hispanics latinos latinas asians arabs aboriginals caucasians americans "
        "canadians mexicans cubans brazilians colombians venezuelans haitians jamaicans brits germans italians "
        "spaniards swedes norwegians danes finns poles czechs hungarians romanians bulgarians greeks serbs croats "
        "bosnians albanians ukrainians russians turks kurds armenians georgians israelis palestinians syrians iraqis "
        "iranians persians saudis egyptians moroccans algerians tunisians somalis ethiopians eritreans sudanis "
        "kenyans nigerians ghanaians indians pakistanis bangladeshis afghans nepalis tibetans koreans filipinos "
        "indonesians malaysians australians maoris hawaiians muslims jews christians catholics protestants "
        "evangelicals mormons hindus buddhists sikhs taoists jains pagans atheists agnostics quakers baptists "
        "lutherans methodists immigrants migrants refugees foreigners amputees autistics schizophrenics "
        "believers unbelievers nonbelievers churchgoers locals natives newcomers islanders villagers townsfolk "
    ),
    "gender": "woman man girl boy lady gentleman female male wife husband mother father daughter son sister brother",
    "genders": "women men girls boys ladies gentlemen females males wives husbands mothers fathers daughters sons sisters brothers",  # noqa: E501
    "age": "old older young younger elderly teenage teenager millennial millenial middleaged senior boomer zoomer",
    "ages": "teenagers millennials millenials seniors boomers zoomers pensioners",
    "party": (
        "democrat democratic republican gop liberal conservative progressive socialist libertarian leftist rightist "
        "leftwing rightwing centrist tory labour labor green communist capitalist populist feminist dem maga antifa "
        "left right prolife prochoice "
    ),
    "parties": (
        "democrats republicans liberals conservatives progressives socialists libertarians leftists rightists "
        "centrists tories greens communists capitalists populists feminists dems "
    ),
    "politician": (
        "trump biden obama clinton harris pence bush romney mccain sanders warren pelosi mcconnell "
        "desantis reagan gore kerry cruz rubio schumer vance walz haley newsom johnson corbyn starmer sunak cameron "
        "blair thatcher merkel scholz merz macron trudeau harper poilievre netanyahu modi "
        # First names that stand before few other family names: two signs for whoever is named in full.
        "donald barack bernie hillary kamala mitt nikki gavin boris angela keir rishi emmanuel justin narendra "
    ),
}


@dataclass(frozen=True)
class Veil:
    """hashes (k,) of the listed words, rising; kind (k,) of each; likely (65536,): some listed hash starts so;
    sign (kinds,) and sign_hash (kinds,): what stands for a word of that kind."""

    hashes: NDArray[np.uint64]
    kind: NDArray[np.int64]
    likely: NDArray[np.bool_]
    sign: NDArray[np.uint32]
    sign_hash: NDArray[np.uint64]


_TOP = np.uint64(48)


@lru_cache(maxsize=1)
def veil() -> Veil:
    listed = {word: kind for kind, words in enumerate(KINDS.values()) for word in words.split()}
    hashed = hashes(list(listed))
    order = np.argsort(hashed)
    likely = np.zeros(1 << 16, dtype=bool)
    likely[hashed >> _TOP] = True
    signs = VEILED + np.arange(len(KINDS), dtype=np.uint32)
    stand_ins = hashes([chr(sign) * 2 for sign in signs.tolist()])
    return Veil(hashed[order], np.array(list(listed.values()))[order], likely, signs, stand_ins)


def veiled(view: View, words: Words | None = None) -> tuple[View, Words]:
    """The view with every listed word as two signs, which keep the places of its first and last character."""
    words, known = words or words_of(view), veil()
    maybe = np.flatnonzero(known.likely[words.hashed >> _TOP])
    if not len(maybe):
        return view, words
    at = np.minimum(np.searchsorted(known.hashes, words.hashed[maybe]), len(known.hashes) - 1)
    hit = known.hashes[at] == words.hashed[maybe]
    if not hit.any():
        return view, words
    which, kind = maybe[hit], known.kind[at[hit]]
    return _replaced(view, words, which, known.sign[kind], known.sign_hash[kind])


def _replaced(
    view: View, words: Words, which: NDArray[np.int64], sign: NDArray[np.uint32], sign_hash: NDArray[np.uint64]
) -> tuple[View, Words]:
    start, end = words.start[which], words.end[which]
    codes, hashed = view.codes.copy(), words.hashed.copy()
    codes[start], codes[end - 1], hashed[which] = sign, sign, sign_hash
    # Between the first and the last character of a listed word nothing stays.
    change = np.zeros(len(codes) + 1, dtype=np.int32)
    change[start + 1] += 1
    change[end - 1] -= 1
    keep = np.cumsum(change[:-1]) == 0
    moved = np.cumsum(keep, dtype=np.int32) - keep
    bounds = np.append(moved, keep.sum())[view.bounds].astype(np.int64)
    folded = View(codes[keep], view.origin[keep], view.doc[keep], bounds)
    return folded, Words(moved[words.start], moved[words.end - 1] + 1, words.doc, hashed)


assert SPACE < VEILED
