"""The checks, in the order in which they run; one clue a file, each `check(context) -> findings`.

A check that raises becomes a finding that holds the comment: a failing rule never publishes and
never accuses. What each finding calls for is the site's policy.
"""

from collections.abc import Callable, Iterable

from moderation.checks import author_history, classifier, form_trap, links, repeats, speed, word_lists
from moderation.checks.context import Context
from moderation.domain.finding import Code, Finding

Check = Callable[[Context], Iterable[Finding]]

FIRST_LOOK: tuple[Check, ...] = (
    # Was it a person at all?
    form_trap.check,
    # What the text carries.
    links.check,
    word_lists.check,
    repeats.check,
    # Who sent it, and how.
    speed.check,
    author_history.check,
    # What the model makes of it.
    classifier.check,
)


def run(checks: Iterable[Check], context: Context) -> list[Finding]:
    findings: list[Finding] = []
    for check in checks:
        try:
            findings.extend(list(check(context)))
        except Exception as error:
            name = check.__module__.rpartition(".")[2]
            findings.append(Finding(Code.CHECK_FAILED, {"check": name, "error": type(error).__name__}))
    return findings
