"""What we think of a text that another program shows us: scores for all of it and for each sentence, and a verdict.

In process and without a trace: nothing is stored, nothing is queued.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from models.text import MAX_CODE_POINTS
from moderation.checks.classifier import Scorer
from moderation.checks.context import Form
from moderation.domain.comment import Band
from moderation.domain.finding import Code, Missing, Opinion
from moderation.domain.site import Site
from moderation.services.assess import Assessment, Question, assess
from moderation.services.shared_looks import Opinions, SharedLooks

if TYPE_CHECKING:
    from moderation.wiring import Wiring

# Ends of sentences: marks and what closes after them, before a space; CJK marks end one anywhere; so do lines.
_SENTENCE = re.compile(
    r"[^\s](?:[^\n.!?…。！？]++|[.!?…]++(?![\s\"'”’)\]]))*+[.!?…。！？]*[\"'”’)\]]*"
)
MOST_SENTENCES = 1_000
# Akismet's "discard": so plainly spam that nobody needs to see it.
BLATANT_FROM = 0.99
# Below the threshold, but worth a second look. Of training texts that are no spam 0.5% (SMS), 3.3% (YouTube) and none
# (under articles) lie in between; of spam in forums, which the first look mostly misses, 30% do.
DOUBTFUL_FROM = 0.1

Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Span:
    """Scores of text[begin:end], counted in code points."""

    begin: int
    end: int
    scores: Scores


@dataclass(frozen=True, slots=True)
class ScoredText:
    scores: Scores
    spans: Sequence[Span]
    model: str


@dataclass(frozen=True, slots=True)
class Judgement:
    band: Band
    is_spam: bool
    is_blatant: bool
    because: tuple[str, ...]
    is_doubtful: bool = False
    spam_from: float = 1.1


def score_text(looks: SharedLooks, text: str, *, site_id: str = "", by_sentence: bool = False) -> ScoredText | Missing:
    """The seven attributes and `p_reject` of the text, by the site's own head where it has one; one span for the whole,
    or one a sentence."""
    return score_texts(looks, [text], site_id=site_id, by_sentence=by_sentence)[0]


def score_texts(
    looks: SharedLooks, texts: Sequence[str], *, site_id: str, by_sentence: bool = False
) -> list[ScoredText | Missing]:
    """The same of each, from one look."""
    parts = [_windows(text) for text in texts]
    bounds = [sentences(text) if by_sentence else [] for text in texts]
    pieces = [
        [*windows, *(text[begin:end] for begin, end in inside)]
        for text, windows, inside in zip(texts, parts, bounds, strict=True)
    ]
    opinions = iter(looks.opinions([piece for each in pieces for piece in each], site_id))
    return [
        _scored(text, list(islice(opinions, len(windows))), list(islice(opinions, len(inside))), inside)
        for text, windows, inside in zip(texts, parts, bounds, strict=True)
    ]


def _scored(text: str, windows: Opinions, inside: Opinions, bounds: Sequence[tuple[int, int]]) -> ScoredText | Missing:
    missing = next((each for each in (*windows, *inside) if isinstance(each, Missing)), None)
    if missing is not None:
        return missing
    parts = [each for each in windows if isinstance(each, Opinion)]
    whole = _highest(parts)
    spans = [
        Span(begin, end, _scores(opinion))
        for (begin, end), opinion in zip(bounds, inside, strict=True)
        if isinstance(opinion, Opinion)
    ]
    return ScoredText(whole, spans or [Span(0, len(text), whole)], parts[0].model)


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends; beyond MOST_SENTENCES the rest is one."""
    found: list[tuple[int, int]] = []
    for match in _SENTENCE.finditer(text):
        if len(found) == MOST_SENTENCES:
            found[-1] = (found[-1][0], len(text.rstrip()))
            break
        found.append((match.start(), match.start() + len(match.group().rstrip())))
    return found


def judge(wiring: "Wiring", site: Site, text: str, *, name: str = "", website: str = "",
          trapped: bool = False, alone: bool = False) -> Judgement:  # fmt: skip
    """The site's policy on a text of which we know neither thread nor author's history.

    `alone`: say what the text deserves whatever the site lets us do alone; the program that asks acts on it.
    """
    policy = replace(site.policy, hold_first_time_authors=False)
    if alone:
        policy = replace(policy, mode="autopilot")
    question = Question(policy, name, website, text, form=Form(trap_filled=trapped), site_id=site.id)
    assessed = assess(wiring.scorer, question)
    band = assessed.verdict.band
    spam = _spam_score(assessed)
    spam_from = assessed.verdict.thresholds.spam_from if assessed.verdict.thresholds else 1.1
    is_spam = band is Band.AUTO_SPAM or spam >= spam_from
    has_links = any(finding.code is Code.MANY_LINKS for finding in assessed.findings)
    return Judgement(
        band, is_spam, is_spam and (trapped or spam >= BLATANT_FROM),
        tuple(code.value for code in assessed.verdict.because),
        is_doubtful=not is_spam and band is not Band.UNSCORED and (has_links or spam >= DOUBTFUL_FROM),
        spam_from=spam_from,
    )  # fmt: skip


def _windows(text: str) -> list[str]:
    """The model reads so many characters of one text; a longer one is as bad as its worst part."""
    return [text[at : at + MAX_CODE_POINTS] for at in range(0, max(1, len(text)), MAX_CODE_POINTS)]


def _scores(opinion: Opinion) -> Scores:
    return {**opinion.attributes, "p_reject": opinion.p_reject}


def _highest(opinions: Sequence[Opinion]) -> Scores:
    every = [_scores(opinion) for opinion in opinions]
    if len(every) == 1:
        return every[0]
    return {name: max(scores[name] for scores in every) for name in every[0]}


def _spam_score(assessed: Assessment) -> float:
    return 0.0 if isinstance(assessed.opinion, Missing) else assessed.opinion.attributes.get("spam", 0.0)


def trained_languages(scorer: Scorer) -> tuple[str, ...]:
    """What the current model learned from; English, where a model's manifest does not say."""
    current = scorer.current()
    told = current.manifest.get("languages") if current is not None else None
    return tuple(told) if told else ("en",)
