"""What a site may set at the desk: read from what somebody typed, with a sentence for each wrong value."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MODES = ("autopilot", "assist", "review_all")
WORD_LISTS = ("rejected_words", "reviewed_words", "spam_words")
MOST_WORDS = 2_000
LONGEST_WORD = 100
# name: lowest, highest
NUMBERS = {
    "links_held_above": (0, 100),
    "links_spam_above": (0, 100),
    "close_after_days": (0, 36_500),
    "oldest_target_minutes": (1, 100_000),
}
# At most this share of the automatic decisions may be wrong, in percent: lowest, highest.
BUDGETS = {"max_wrong_approvals": (0.01, 50), "max_wrong_rejections": (0.01, 50)}
SHARES = ("approve_below", "reject_from", "spam_from")
EDITED = ("mode", "hold_first_time_authors", *NUMBERS, *BUDGETS, "thresholds", *WORD_LISTS, "blocked_hosts")
# A thread may differ in these alone.
OF_A_THREAD = ("mode", "hold_first_time_authors")
_SHARE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass
class Read:
    """`values` are complete only without `problems`: a fact for each field, and what it is about."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, tuple[str, str]] = field(default_factory=dict)


def read(given: Mapping[str, str]) -> Read:
    found = Read()
    mode = given.get("mode", "")
    if mode in MODES:
        found.values["mode"] = mode
    else:
        found.problems["mode"] = ("choice", mode[:40])
    found.values["hold_first_time_authors"] = bool(given.get("hold_first_time_authors"))
    for name, (lowest, highest) in NUMBERS.items():
        _number(found, name, given.get(name, ""), lowest, highest)
    _thresholds(found, given)
    for name, (least, most) in BUDGETS.items():
        _budget(found, name, given.get(name, ""), least, most)
    for name in WORD_LISTS:
        _words(found, name, given.get(name, ""))
    _hosts(found, given.get("blocked_hosts", ""))
    if not found.problems and found.values["links_spam_above"] < found.values["links_held_above"]:
        found.problems["links_spam_above"] = ("order", "")
    return found


def _number(found: Read, name: str, text: str, lowest: int, highest: int) -> None:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 7 and lowest <= int(text) <= highest):
        found.problems[name] = ("number", f"{lowest}–{highest}")
        return
    found.values[name] = int(text)


def _budget(found: Read, name: str, text: str, lowest: float, highest: float) -> None:
    text = _percent(text)
    if _SHARE.fullmatch(text) is None or not lowest <= float(text) <= highest:
        found.problems[name] = ("budget", f"{lowest:g}–{highest:g}")
        return
    found.values[name] = round(float(text) / 100, 6)


def _percent(text: str) -> str:
    return text.strip().replace(",", ".").rstrip("%").strip()


def _thresholds(found: Read, given: Mapping[str, str]) -> None:
    """In percent; all left empty: those that were chosen with the model."""
    texts = {name: _percent(given.get(name, "")) for name in SHARES}
    if not any(texts.values()):
        found.values["thresholds"] = None
        return
    shares: dict[str, float] = {}
    for name, text in texts.items():
        if _SHARE.fullmatch(text) is None or float(text) > 100:
            found.problems[name] = ("share", text[:20])
        else:
            shares[name] = round(float(text) / 100, 6)
    if len(shares) == len(SHARES) and shares["approve_below"] > shares["reject_from"]:
        found.problems["reject_from"] = ("order", "")
    found.values["thresholds"] = shares


def _words(found: Read, name: str, text: str) -> None:
    words = list(dict.fromkeys(_lines(text)))
    long = next((word for word in words if len(word) > LONGEST_WORD), None)
    if len(words) > MOST_WORDS:
        found.problems[name] = ("many", str(MOST_WORDS))
    elif long is not None:
        found.problems[name] = ("long", long[:40])
    elif bare := next((word for word in words if not any(c.isalnum() or ord(c) > 0x2000 for c in word)), None):
        found.problems[name] = ("bare", bare[:40])
    found.values[name] = words


def _hosts(found: Read, text: str) -> None:
    hosts = []
    for line in _lines(text):
        host = line.casefold().removeprefix("https://").removeprefix("http://").partition("/")[0]
        if _HOST.fullmatch(host) is None or "." not in host:
            found.problems["blocked_hosts"] = ("host", line[:60])
        hosts.append(host)
    found.values["blocked_hosts"] = list(dict.fromkeys(hosts))[:MOST_WORDS]


def _lines(text: str) -> Iterable[str]:
    for line in text.splitlines():
        word = unicodedata.normalize("NFC", "".join(c for c in line if c.isprintable())).strip()
        if word:
            yield word


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What differs, setting by setting; of lists, what was added and what was taken out."""
    told: dict[str, Any] = {}
    for name in EDITED:
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        if isinstance(other, (list, tuple)):
            old = set(one or ())
            told[name] = {
                "added": [word for word in other if word not in old],
                "taken out": [word for word in one or () if word not in set(other)],
            }
        else:
            told[name] = {"before": one, "after": other}
    return told


def of_a_thread(own: Mapping[str, Any]) -> dict[str, Any]:
    """What of a thread's stored values counts; anything else is ignored, and an unknown mode holds."""
    kept = {name: own[name] for name in OF_A_THREAD if name in own}
    if "mode" in kept and kept["mode"] not in MODES:
        kept["mode"] = "review_all"
    return kept
