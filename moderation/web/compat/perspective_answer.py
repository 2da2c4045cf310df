"""What analyze answers, written as JSON at once: scores of many spans under many names are thousands of small objects,
and names that share a score share what is written of it."""

import json
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from moderation.services.assess_text import ScoredText, Span
from moderation.web.compat.perspective_wire import LONGEST_KEPT, Asked, Call

Languages = tuple[Sequence[str], Sequence[str]]  # those to go by, those detected


def analysis(call: Call, scored: ScoredText, languages: Languages) -> str:
    """Without the attributes that stay below their thresholds; without any, there is no map of them."""
    asked = [each for each in call.attributes if each.threshold is None or scored.scores[each.score] >= each.threshold]
    fields = [f'"languages":{_list(languages[0])}', f'"detectedLanguages":{_list(languages[1])}']
    if asked:
        fields.insert(0, f'"attributeScores":{{{_attributes(asked, call.text, scored)}}}')
    if call.token is not None:
        fields.append(f'"clientToken":{json.dumps(call.token)}')
    return f"{{{','.join(fields)}}}\n"


def _attributes(asked: Sequence[Asked], text: str, scored: ScoredText) -> str:
    places = [f'{{"begin":{begin},"end":{end},"score":' for begin, end in _utf16(text, scored.spans)]
    written = {score: _written(score, scored, places) for score in {each.score for each in asked}}
    return ",".join(f"{_quoted(each.name)}:{written[each.score]}" for each in asked)


def _written(score: str, scored: ScoredText, places: Sequence[str]) -> str:
    spans = ",".join(
        f"{place}{_score(span.scores[score])}}}" for place, span in zip(places, scored.spans, strict=True)
    )
    return f'{{"spanScores":[{spans}],"summaryScore":{_score(scored.scores[score])}}}'


def _score(value: float) -> str:
    return f'{{"value":{round(value, 8)!r},"type":"PROBABILITY"}}'


def _list(codes: Sequence[str]) -> str:
    return f"[{','.join(map(_quoted, codes))}]"


def _quoted(name: str) -> str:
    return _kept(name) if len(name) <= LONGEST_KEPT else json.dumps(name)


@lru_cache(maxsize=1_000)
def _kept(name: str) -> str:
    return json.dumps(name)


def _utf16(text: str, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Offsets as Java and JavaScript count: two for each character beyond the Basic Multilingual Plane."""
    if text.isascii() or max(text) < "\U00010000":
        return [(span.begin, span.end) for span in spans]
    units = [0, *accumulate(1 + (character > "\uffff") for character in text)]
    return [(units[span.begin], units[span.end]) for span in spans]
