"""Why a comment is where it is, as a moderator would say it: one sentence a finding, with its evidence."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from moderation.domain.finding import SITES_HEAD, Code
from moderation.web.desk import words

Evidence = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Clue:
    """What was found, and what it is compared with or where it came from."""

    found: str
    beside: str = ""


def heading(because: Sequence[str], band: str | None) -> str:
    """Why it waits for a person."""
    first = because[0] if because else ""
    if band == "unscored" or first == Code.SCORER_FAILED:
        return _("We could not score this comment, so a person looks at it")
    return {
        Code.NO_FORM_TOKEN: _("Held because it did not come through the form"),
        Code.BAD_FORM_TOKEN: _("Held because it did not come through the form"),
        Code.TOO_FAST: _("Held because it was sent faster than people type"),
        Code.MANY_LINKS: _("Held because it has many links"),
        Code.LINK_FLOOD: _("Held because it is full of links"),
        Code.BLOCKED_LINK: _("Held because of where it links to"),
        Code.REJECTED_WORD: _("Held because of a word this site rejects"),
        Code.REVIEWED_WORD: _("Held because of a word this site reviews"),
        Code.SPAM_WORD: _("Held because of a word this site counts as spam"),
        Code.REPEATED_TEXT: _("Held because the same text keeps coming"),
        Code.POSTING_FAST: _("Held because many comments come from this address"),
        Code.FIRST_COMMENT: _("Held because it is a first comment"),
        Code.ALWAYS_REVIEW: _("Held because this author is always reviewed"),
        Code.OFTEN_REJECTED: _("Held because this author was often rejected"),
        Code.SPAMMED_BEFORE: _("Held because this author sent spam before"),
        Code.NEAR_DUPLICATE: _("Held because it is one of many alike"),
        Code.CHECK_FAILED: _("Held because one of our checks failed"),
    }.get(Code(first) if first in _CODES else Code.LIKELY_REJECTED, _("Held because we are not sure"))


_OF_THE_MODEL = (Code.LIKELY_REJECTED, Code.SECOND_OPINION, Code.ATTRIBUTE)
_CODES = frozenset(code.value for code in Code)


def clues(because: Sequence[str], findings: Sequence[Evidence], *, marked: bool = False) -> list[Clue]:
    """What decided comes first, then what the model sees, then the rest; `marked`: words are marked in the text."""
    rank = {code: place for place, code in enumerate(dict.fromkeys((*because, *_OF_THE_MODEL)))}
    ordered = sorted(findings, key=lambda each: rank.get(str(each["code"]), len(rank)))
    told: list[Clue] = []
    for code in dict.fromkeys(str(each["code"]) for each in ordered):
        same = [each for each in ordered if each["code"] == code]
        told.extend(_told(code, same, code in because, marked))
    return told


def _told(code: str, same: list[Evidence], decided: bool, marked: bool) -> Iterable[Clue]:
    if code == Code.ATTRIBUTE:
        return [_attribute(each, marked) for each in same]
    if code == Code.PRECEDENT:
        return _precedents(same)
    if code == Code.FIRST_COMMENT:
        return [Clue(_("First comment from this address"), _("policy: hold first-time authors") if decided else "")]
    tell = _SENTENCES.get(code)
    if tell is None:
        return []
    return list(dict.fromkeys(tell(each) for each in same))


def _attribute(evidence: Evidence, marked: bool) -> Clue:
    name, score = str(evidence.get("attribute", "")), float(evidence.get("score", 0))
    from_where = _("from the words marked above") if marked else _("from the text as a whole")
    return Clue(f"{words.attribute_name(name)} {words.chance(score)}", from_where)


def _precedents(same: list[Evidence]) -> list[Clue]:
    verdicts = [str(each["verdict"]) for each in same if "verdict" in each]
    if not verdicts:
        return []
    tally = [
        f"{verdicts.count(state)} {words.state_name(state).lower()}"
        for state in ("approved", "rejected", "spam")
        if state in verdicts
    ]
    found = ngettext("%(num)d comment like it was decided", "%(num)d comments like it were decided", len(verdicts))
    return [Clue(found, ", ".join(tally))]


def _likely_rejected(evidence: Evidence) -> Clue:
    score = float(evidence.get("score", 0))
    interval = words.bounds(float(evidence.get("low", score)), float(evidence.get("high", score)))
    compared = [interval] if "–" in interval else []
    share, thresholds = words.chance(score), evidence.get("thresholds")
    if thresholds:
        compared += _beside_thresholds(share, float(thresholds["approve_below"]), float(thresholds["reject_from"]))
    found = (
        _("Likely to be rejected, by this site’s own decisions: %(share)s", share=share)
        if _by_sites_head(evidence)
        else _("Likely to be rejected: %(share)s", share=share)
    )
    return Clue(found, f"({'; '.join(compared)})" if compared else "")


def _beside_thresholds(share: str, approve_below: float, reject_from: float) -> list[str]:
    low, high = words.percent(approve_below), words.percent(reject_from)
    if reject_from >= 1:
        said = [_("approved automatically below %(low)s, never refused", low=low)]
    elif approve_below <= 0:
        said = [_("refused automatically above %(high)s, never approved", high=high)]
    else:
        said = [_("decided automatically below %(low)s or above %(high)s", low=low, high=high)]
    if share in (low, high):  # rounded, they look the same
        said.append(_("this is just above the one") if share == low else _("this is just below the other"))
    return said


def _by_sites_head(evidence: Evidence) -> bool:
    return SITES_HEAD in str(evidence.get("model", ""))


def _second_opinion(evidence: Evidence) -> Clue:
    told = _likely_rejected(evidence)
    share = words.chance(float(evidence.get("score", 0)))
    found = (
        _("Read again as sentences, by this site’s own decisions: %(share)s", share=share)
        if _by_sites_head(evidence)
        else _("Read again as sentences: %(share)s", share=share)
    )
    if (evidence.get("low"), evidence.get("high")) == (0.0, 1.0) and not _by_sites_head(evidence):
        return Clue(found, _("in words that the first look does not know, so nothing is decided from it"))
    return Clue(found, told.beside)


def _word(listed: str) -> Callable[[Evidence], Clue]:
    def tell(evidence: Evidence) -> Clue:
        lists = {
            "rejected": _("on this site’s list of rejected words"),
            "reviewed": _("on this site’s list of words to review"),
            "spam": _("on this site’s list of spam words"),
        }
        where = _("in the name, ") if evidence.get("field") == "name" else ""
        return Clue(_("The word “%(word)s”", word=evidence.get("word", "")), where + lists[listed])

    return tell


def _links(evidence: Evidence) -> Clue:
    return Clue(_count_of_links(evidence), _("a few links are usually sources"))


def _many_links(evidence: Evidence) -> Clue:
    return Clue(_count_of_links(evidence), _("more than %(n)s are held", n=evidence.get("threshold", "?")))


def _count_of_links(evidence: Evidence) -> str:
    return ngettext("%(num)d link", "%(num)d links", int(evidence.get("count", 0)))


def _link_flood(evidence: Evidence) -> Clue:
    return Clue(_count_of_links(evidence), _("more than %(n)s count as spam", n=evidence.get("threshold", "?")))


def _blocked_link(evidence: Evidence) -> Clue:
    return Clue(_("Links to %(host)s", host=evidence.get("host", "?")), _("which this site blocks"))


def _too_fast(evidence: Evidence) -> Clue:
    return Clue(
        _("Sent %(n)s seconds after the form was opened", n=evidence.get("seconds", "?")),
        _("people take %(n)s or more", n=evidence.get("threshold", "?")),
    )


def _repeated(evidence: Evidence) -> Clue:
    return Clue(
        ngettext("The same text came %(num)d time today", "The same text came %(num)d times today",
                 int(evidence.get("count", 0))),
        _("%(n)s times or more are held", n=evidence.get("threshold", "?")),
    )  # fmt: skip


def _posting_fast(evidence: Evidence) -> Clue:
    return Clue(
        _("%(n)s comments from this address in ten minutes", n=evidence.get("count", "?")),
        _("more than %(n)s are held", n=evidence.get("threshold", "?")),
    )


def _often_rejected(evidence: Evidence) -> Clue:
    beside = _("more than %(share)s is held", share=words.percent(float(evidence.get("threshold", 0.5))))
    return Clue(
        _("%(n)s of %(of)s decided comments of this author were rejected",
          n=evidence.get("count", "?"), of=evidence.get("of", "?")),
        beside,
    )  # fmt: skip


def _spammed_before(evidence: Evidence) -> Clue:
    return Clue(
        _("%(n)s of %(of)s earlier comments of this author were spam",
          n=evidence.get("count", "?"), of=evidence.get("of", "?")),
        _("at least as many as were approved"),
    )  # fmt: skip


def _trusted(evidence: Evidence) -> Clue:
    return Clue(
        _("A trusted author"),
        ngettext("%(num)d comment approved", "%(num)d comments approved", int(evidence.get("approved", 0))),
    )


def _near_duplicate(evidence: Evidence) -> Clue:
    compared = [_("groups are made from %(n)s", n=evidence.get("threshold", "?"))]
    if "similarity" in evidence:
        compared.insert(0, _("%(share)s alike", share=words.percent(float(evidence["similarity"]))))
    return Clue(_("One of %(n)s near-identical comments", n=evidence.get("count", "?")), ", ".join(compared))


_SENTENCES: dict[str, Callable[[Evidence], Clue]] = {
    Code.HONEYPOT: lambda e: Clue(
        _("A field that people cannot see was filled in"), _("programs do that, readers do not")
    ),
    Code.NO_FORM_TOKEN: lambda e: Clue(
        _("Sent without opening the form"), _("readers get a token with the form; none came")
    ),
    Code.BAD_FORM_TOKEN: lambda e: Clue(
        _("The form’s token was not ours or too old"), _("readers get a new one with each page")
    ),
    Code.TOO_FAST: _too_fast,
    Code.LINKS: _links,
    Code.MANY_LINKS: _many_links,
    Code.LINK_FLOOD: _link_flood,
    Code.BLOCKED_LINK: _blocked_link,
    Code.REJECTED_WORD: _word("rejected"),
    Code.REVIEWED_WORD: _word("reviewed"),
    Code.SPAM_WORD: _word("spam"),
    Code.REPEATED_TEXT: _repeated,
    Code.POSTING_FAST: _posting_fast,
    Code.ALWAYS_REVIEW: lambda e: Clue(
        _("Every comment of this author is reviewed"), _("because of the standing a moderator gave them")
    ),
    Code.TRUSTED: _trusted,
    Code.OFTEN_REJECTED: _often_rejected,
    Code.SPAMMED_BEFORE: _spammed_before,
    Code.LIKELY_REJECTED: _likely_rejected,
    Code.SECOND_OPINION: _second_opinion,
    Code.NEAR_DUPLICATE: _near_duplicate,
    Code.SCORER_FAILED: lambda e: Clue(
        _("The classifier gave no score"), _("this says nothing about the comment; it is tried again")
    ),
    Code.CHECK_FAILED: lambda e: Clue(
        _("The check “%(name)s” failed", name=str(e.get("check", "?")).replace("_", " ")),
        _("a fault of ours; it says nothing about the comment"),
    ),
}
