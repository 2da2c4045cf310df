"""Addresses of readers: the quick way and the library's give the same."""

from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.web.public.fields import normal_email

DOMAINS = st.sampled_from(
    ["example.org", "EXAMPLE.org", "bücher.example", "localhost", "-bad.org", "a..b", "", "x" * 64 + ".org", "1.2.3.4"]
)
BEFORE = st.one_of(st.from_regex(r"[A-Za-z0-9._+-]{0,70}", fullmatch=True), st.text(max_size=8))


def theirs(address: str) -> str | None:
    try:
        return str(validate_email(address, check_deliverability=False).normalized)
    except EmailNotValidError:
        return None


def ours(address: str) -> str | None:
    try:
        return normal_email(address)
    except EmailNotValidError:
        return None


@given(BEFORE, DOMAINS)
@example("ann", "example.org")
@example("a" * 65, "example.org")
@example("a" * 64, "x" * 60 + "." + "y" * 60 + "." + "z" * 60 + ".example.org")
@example("a.b+c", "EXAMPLE.org")
@example(".a", "example.org")
@example("a@b", "example.org")
def test_an_address_is_read_as_the_library_reads_it(before: str, domain: str) -> None:
    address = f"{before}@{domain}"
    assert ours(address) == theirs(address)
