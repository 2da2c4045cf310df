"""The desk's own words, in the moderator's language: views, states, reasons, attributes, ages, shares."""

from datetime import UTC, datetime

from babel import Locale, UnknownLocaleError
from flask_babel import format_datetime, get_locale, ngettext
from flask_babel import gettext as _

from moderation.domain.comment import State
from moderation.domain.reason import Reason

MINUTE_US = 60_000_000


def view_name(view: str) -> str:
    return {
        "pending": _("Pending"),
        "reported": _("Reported"),
        "unscored": _("Unscored"),
        "escalated": _("Escalated"),
        "appeals": _("Appeals"),
        "audit": _("Audit sample"),
        "approved": _("Approved"),
        "rejected": _("Rejected"),
        "spam": _("Spam"),
    }[view]


def role_name(role: str) -> str:
    return {
        "admin": _("Administrator"),
        "lead": _("Lead"),
        "moderator": _("Moderator"),
        "viewer": _("Viewer"),
        "none": _("No role"),
    }[role]


def nothing_here(view: str) -> tuple[str, str]:
    """What would be here, and what to do."""
    return {
        "pending": (
            _("Nothing waits for a moderator"),
            _("Comments we are not sure about appear here by themselves."),
        ),
        "unscored": (
            _("Every comment was scored"),
            _("When the classifier cannot score a comment, it waits here for a person and is tried again."),
        ),
        "reported": (
            _("No reader reported a comment"),
            _("What readers report under an article comes here; whatever you decide settles all reports about it."),
        ),
        "escalated": (
            _("Nobody asked a lead"),
            _("A comment comes here when a moderator escalates it with a question; a lead decides it or answers."),
        ),
        "appeals": (
            _("No author asked again"),
            _("An author whose comment was refused can ask once, from its private page, to have it read again."),
        ),
        "audit": (
            _("No comments to check"),
            _("A random few of the automatic decisions come here, so that we learn how often they are wrong."),
        ),
        "approved": (_("Nothing is approved yet"), _("Comments that readers can see are listed here.")),
        "rejected": (_("Nothing is rejected yet"), _("Comments that were refused are listed here.")),
        "spam": (_("No spam yet"), _("Comments that were filed as spam are listed here.")),
    }[view]


def state_name(state: str) -> str:
    return {
        State.PENDING: _("Pending"),
        State.APPROVED: _("Approved"),
        State.REJECTED: _("Rejected"),
        State.SPAM: _("Spam"),
        State.WITHDRAWN: _("Withdrawn by its author"),
        State.ERASED: _("Erased"),
    }[State(state)]


# What a verdict looks like where colour alone would not do.
SIGNS = {"approved": "✓", "rejected": "✕", "spam": "⊘", "pending": "…"}


def reason_name(reason: str) -> str:
    return {
        Reason.INSULT: _("Insult"),
        Reason.HATE: _("Hate"),
        Reason.THREAT: _("Threat"),
        Reason.OFF_TOPIC: _("Off topic"),
        Reason.SPAM: _("Spam-like"),
        Reason.PERSONAL_DATA: _("Personal data"),
        Reason.FALSE_CLAIM: _("False claim"),
        Reason.PROFANITY: _("Profanity"),
        Reason.OTHER: _("Other"),
    }[Reason(reason)]


def attribute_name(attribute: str) -> str:
    return {
        "toxicity": _("Rude or hostile"),
        "severe_toxicity": _("Very hostile"),
        "obscene": _("Obscene"),
        "insult": _("Insult"),
        "threat": _("Threat"),
        "identity_attack": _("Attack on a group"),
        "spam": _("Advertising"),
    }.get(attribute, attribute.replace("_", " ").capitalize())


REASON_OF_ATTRIBUTE = {
    "insult": Reason.INSULT,
    "identity_attack": Reason.HATE,
    "threat": Reason.THREAT,
    "spam": Reason.SPAM,
    "obscene": Reason.PROFANITY,
}


def percent(share: float) -> str:
    """A share as people write it, with a decimal where 1 % more or less is much."""
    return f"{_hundredths(share)} %"


def _hundredths(share: float) -> str:
    near_an_end = 0 < share < 0.05 or 0.95 < share < 1
    return f"{share * 100:.1f}" if near_an_end else str(round(share * 100))


def chance(probability: float) -> str:
    """What a model thinks: it is never certain, whatever its figure was rounded to."""
    if probability < 0.001:
        return _("under %(share)s", share="0.1 %")
    if probability > 0.999:
        return _("over %(share)s", share="99.9 %")
    return percent(probability)


def bounds(low: float, high: float) -> str:
    """An interval; one figure where it is narrower than its figures can say."""
    ends = list(dict.fromkeys((_hundredths(low), _hundredths(high))))
    return f"{'–'.join(ends)} %"


def age(since_us: int, now_us: int) -> str:
    """How long ago, in one unit: 14 min, 2 h, 3 d."""
    minutes = max(0, now_us - since_us) // MINUTE_US
    if minutes < 1:
        return _("now")
    if minutes < 60:
        return _("%(n)s min", n=minutes)
    if minutes < 48 * 60:
        return _("%(n)s h", n=minutes // 60)
    return _("%(n)s d", n=minutes // (24 * 60))


def ago(at_us: int, now_us: int) -> str:
    if now_us - at_us < MINUTE_US:
        return _("just now")
    return _("%(age)s ago", age=age(at_us, now_us))


def exact(at_us: int) -> str:
    return _("%(moment)s UTC", moment=format_datetime(_moment(at_us), "d MMM yyyy, HH:mm:ss"))


def day(at_us: int) -> str:
    return _moment(at_us).strftime("%Y-%m-%d")


def iso(at_us: int) -> str:
    return _moment(at_us).isoformat(timespec="seconds").replace("+00:00", "Z")


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC)


def count(number: int, most: int | None = None, *, more: bool = False) -> str:
    """A number that was counted up to `most`; or with `more` at least that."""
    if most is not None and number > most:
        return f"{_grouped(most)}+"
    return f"{_grouped(number)}+" if more else _grouped(number)


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def comments_counted(number: int) -> str:
    return ngettext("%(n)s comment", "%(n)s comments", number, n=_grouped(number))


def decided(row: object) -> str:
    """Who decided what: "Rejected as insult by Ines"."""
    state = state_name(row.state_after)  # type: ignore[attr-defined]
    reason: str = row.reason  # type: ignore[attr-defined]
    moderator: str | None = row.moderator  # type: ignore[attr-defined]
    if reason:
        state = _("%(state)s as %(reason)s", state=state, reason=reason_name(reason).lower())
    if moderator:
        return _("%(state)s by %(name)s", state=state, name=moderator)
    if str(row.decided_by).startswith("import:"):  # type: ignore[attr-defined]
        return _("%(state)s where it was moved from", state=state)
    return _("%(state)s automatically", state=state)


def report_reason(code: str) -> str:
    return reason_name(code) if code in set(Reason) else _("Other")


def _section(name: str) -> str:
    if name == "-":
        return _("no section")
    return _("section “%(name)s”", name=name) if name else ""


def language_name(code: str) -> str:
    """In the reader's own words; the code itself where it is not known."""
    if code == "-":
        return _("language not known")
    try:
        return Locale.parse(code).get_display_name(get_locale()) or code
    except (UnknownLocaleError, ValueError):
        return code


def narrowed(chosen: object) -> str:
    """What a filter asks for, in a few words."""

    def get(name: str) -> str:
        return str(getattr(chosen, name))

    told = [
        _("words “%(q)s”", q=get("q")) if get("q") else "",
        _("one author") if get("author") else "",
        _("one article") if get("thread") else "",
        _("one flood") if get("flood") else "",
        _("site %(key)s", key=get("site")) if get("site") else "",
        _section(get("section")),
        language_name(get("language")) if get("language") else "",
        _("score from %(share)s %%", share=get("low")) if get("low") else "",
        _("score up to %(share)s %%", share=get("high")) if get("high") else "",
        _("since %(day)s", day=get("since")) if get("since") else "",
        _("until %(day)s", day=get("until")) if get("until") else "",
    ]
    return ", ".join(each for each in told if each)


def standing_name(standing: str) -> str:
    return {
        "normal": _("normal"),
        "trusted": _("trusted"),
        "always_review": _("always reviewed"),
        "suspended": _("suspended"),
        "banned": _("banned"),
    }.get(standing, standing)
