"""Was the form filled in by a machine: the field nobody sees, and the time nobody needs."""

from collections.abc import Iterator

from moderation.checks.context import Context
from moderation.domain.finding import Code, Finding


def check(context: Context) -> Iterator[Finding]:
    form = context.form
    if form.trap_filled:
        yield Finding(Code.HONEYPOT)
    if form.token == "missing":
        yield Finding(Code.NO_FORM_TOKEN)
    elif form.token == "bad":
        yield Finding(Code.BAD_FORM_TOKEN)
    elif form.age_s is not None and form.age_s < context.policy.min_form_seconds:
        yield Finding(
            Code.TOO_FAST, {"seconds": round(form.age_s, 1), "threshold": context.policy.min_form_seconds}
        )
