"""Where repaired words make English of a text: in another language most words are uncommon, and near to something that
they do not mean."""

from __future__ import annotations

from models.repair import MAX_LOOKED_AT, SHORTEST_JOINED, UNKNOWN_LETTER, repaired
from models.vocabulary import known

# Of words that were not repaired: so many can tell the language, and of English this share is common.
FEW, COMMON_SHARE = 5, 0.45
# No language has words of so many letters: a whole sentence in one may hold a name.
SENTENCE = 24
MOST_PER_LETTER, MOST_PER_SENTENCES_LETTER = 2.2, 3.4
MOST_PER_STRONG_LETTER, MOST_PER_GLUED_LETTER = 2.8, 3.2


def mended_text(text: str) -> str:
    """Folded words with spaces between them, the disguised ones repaired, where that makes English of it."""
    cost, words = known().cost, text.split()
    plain = [_without_marks(word) for word in words]
    odd = [at for at, word in enumerate(plain) if len(word) >= 3 and word not in cost][:MAX_LOOKED_AT]
    found = {at: better for at in odd if (better := repaired(plain[at])) and _is_english(better, plain[at])}
    if not found:
        return text
    read = " ".join(found.get(at, word) for at, word in enumerate(words))
    others = [word for at, word in enumerate(plain) if at not in found and not word.isdigit()]
    # What a word was cut into says little about the language, where other words can: not where most of the text is cut.
    telling = len(others) >= FEW and sum(map(len, others)) > sum(len(plain[at]) for at in found)
    judged = others if telling else read.split()
    return read if sum(word in cost for word in judged) > COMMON_SHARE * len(judged) else text


def _without_marks(word: str) -> str:
    """Of joined words alone: bob's is not boobs."""
    return word.replace("'", "") if len(word) >= SHORTEST_JOINED else word


def _is_english(read: str, word: str) -> bool:
    """By how unlikely the words are for their length: a sentence run together costs some 1.8 a letter, a German
    compound cut into small change 2.7 and more."""
    words = read.split()
    costs = sum(known().cost.get(word, UNKNOWN_LETTER * len(word)) for word in words)
    return costs < _most_per_letter(words, len(word)) * sum(map(len, words))


def _most_per_letter(words: list[str], letters: int) -> float:
    if letters >= SENTENCE:
        return MOST_PER_SENTENCES_LETTER
    if len(words) == 1 or not known().strong.intersection(words):
        return MOST_PER_LETTER
    if letters < SHORTEST_JOINED:
        return MOST_PER_GLUED_LETTER
    # A rare word falls into small change too (dis-penis-at-i-on), but seldom into "what" or "the".
    return MOST_PER_STRONG_LETTER if known().frequent.intersection(words) else MOST_PER_LETTER
