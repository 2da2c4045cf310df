"""Every address behind the desk's door, what it needs, and what it names: the rows of the access matrix.

A route that is not here fails `tests/web/test_access_matrix.py`. `{comment}`, `{author}`, `{thread}`, `{site}`
(its key) and `{person}` are filled in with things of the first site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from moderation.domain.roles import Right


@dataclass(frozen=True)
class Route:
    """`fine`: statuses that a person with the right may get, besides 2xx and 3xx."""

    method: str
    path: str
    right: Right
    body: Mapping[str, str] = field(default_factory=dict)
    fine: tuple[int, ...] = (409, 422)
    everybody: bool = False  # who is signed in may, with a role or without

    @property
    def names_something(self) -> bool:
        """Does it name a thing of a site? Then it is not there for people of another one."""
        named = (value.replace("{person}", "") for value in (self.path, *self.body.values()))
        return any("{" in value for value in named)


DECISION = {"verdict": "spam", "version": "1"}
LOOK, DECIDE, LEAD, ADMINISTER = Right.LOOK, Right.DECIDE, Right.LEAD, Right.ADMINISTER

# By endpoint; several where one address is asked in several ways.
ROUTES: dict[str, tuple[Route, ...]] = {
    "desk.start": (Route("GET", "/desk/", LOOK),),
    "desk.counts": (Route("GET", "/desk/counts.json", LOOK),),
    "desk.live": (Route("GET", "/desk/live", LOOK),),
    "desk.comment": (Route("GET", "/desk/comments/{comment}", LOOK),),
    "desk.view": (
        Route("GET", "/desk/pending", LOOK),
        Route("GET", "/desk/unscored", LOOK),
        Route("GET", "/desk/audit", LOOK),
        Route("GET", "/desk/approved", LOOK),
        Route("GET", "/desk/pending?comment={comment}", LOOK),
        Route("GET", "/desk/rejected?comment={comment}", LOOK),
    ),
    "desk_change.decide": (
        Route("POST", "/desk/comments/{comment}/decision", DECIDE, DECISION),
        Route(
            "POST", "/desk/comments/{comment}/decision", DECIDE, {**DECISION, "view": "spam", "following": "{comment}"}
        ),
    ),
    "desk_change.skip": (Route("POST", "/desk/comments/{comment}/skip", DECIDE),),
    "desk_change.heartbeat": (Route("POST", "/desk/comments/{comment}/claim", DECIDE),),
    "desk_change.release": (
        Route("POST", "/desk/claims/release", DECIDE, {"comment": "{comment}", "claimed_at": "1"}),
    ),
    "desk_lead.log": (Route("GET", "/desk/log?automatic=1", LEAD),),
    "desk_lead.log_csv": (Route("GET", "/desk/log.csv?automatic=1", LEAD),),
    "desk.numbers": (Route("GET", "/desk/numbers", LOOK), Route("GET", "/desk/numbers?site={site}", LOOK)),
    "desk.numbers_csv": (
        Route("GET", "/desk/numbers/volume.csv", LOOK),
        Route("GET", "/desk/numbers/volume.csv?site={site}", LOOK),
    ),
    "desk_lead.policy": (
        Route("GET", "/desk/policy", LEAD),
        Route("GET", "/desk/policy?site={site}", LEAD),
    ),
    "desk_lead.try_policy": (Route("POST", "/desk/policy/try", LEAD, {"site": "{site}"}),),
    "desk_lead.save_policy": (Route("POST", "/desk/policy", LEAD, {"site": "{site}"}),),
    "desk_lead.take_back": (
        Route("POST", "/desk/policy/take-back", LEAD, {"site": "{site}", "to_version": "x", "version": "1"}),
    ),
    "desk_lead.thread_policy": (Route("POST", "/desk/policy/thread", LEAD, {"site": "{site}", "url": "x"}),),
    "desk.learning": (Route("GET", "/desk/learning", LOOK), Route("GET", "/desk/learning?site={site}", LOOK)),
    "desk_lead.promote": (Route("POST", "/desk/learning/promote", LEAD, {"site": "{site}", "name": "x"}),),
    "desk_lead.rollback": (Route("POST", "/desk/learning/rollback", LEAD, {"site": "{site}", "name": "x"}),),
    # Of no site, so only who administers all may; test_desk_learning.py tells of the others.
    "desk_all_sites.promote": (Route("POST", "/desk/learning/model/promote", ADMINISTER, {"name": "x"}, (403, 409)),),
    "desk_all_sites.rollback": (Route("POST", "/desk/learning/model/rollback", ADMINISTER, {"name": "x"}, (403, 409)),),
    "desk_change.second_reading": (
        Route("POST", "/desk/comments/{comment}/second-reading", DECIDE, {"verdict": "keep", "version": "1"}),
    ),
    "desk_people.people": (Route("GET", "/desk/people", ADMINISTER),),
    "desk_people.invite": (Route("POST", "/desk/people", ADMINISTER, {"email": "x", "name": "", "role": "none"}),),
    # Of people: `{person}` may do nothing anywhere but at every site, so only who administers all may touch them.
    **{
        f"desk_people.{name}": (
            Route("POST", f"/desk/people/{{person}}/{path}", ADMINISTER, {"role": "x"}, fine=(403, 422)),
        )
        for name, path in (
            ("role", "role"), ("link", "link"), ("close", "close"), ("open", "open"), ("reset", "second-factor")
        )
    },
    "desk_connect.connect": (Route("GET", "/desk/connect?how=akismet", ADMINISTER),),
    "desk_connect.add": (Route("POST", "/desk/connect/keys", ADMINISTER, {"site": "{site}", "name": "A blog"}),),
    # A key that is not there; of one that is, test_connect_page.py tells what another site's people get.
    "desk_connect.revoke": (Route("POST", f"/desk/connect/keys/{'0' * 26}/revoke", ADMINISTER, fine=(404,)),),
    "desk_connect.try": (
        Route("POST", "/desk/connect/try", ADMINISTER, {"how": "perspective", "key": "0" * 12}),
        Route("POST", "/desk/connect/try", ADMINISTER, {"how": "form", "site": "{site}"}),
    ),
    "desk_account.show": (Route("GET", "/desk/account", LOOK, everybody=True),),
    "desk_account.begin": (Route("POST", "/desk/account/second-factor", LOOK, everybody=True),),
    "desk_account.turn_on": (Route("POST", "/desk/account/second-factor/on", LOOK, everybody=True),),
    "desk_account.turn_off": (Route("POST", "/desk/account/second-factor/off", LOOK, everybody=True),),
    "desk_account.codes": (Route("POST", "/desk/account/second-factor/codes", LOOK, everybody=True),),
    "desk_account.passkey_challenge": (
        Route("GET", "/desk/account/passkeys/challenge?for=add", LOOK, everybody=True),
        Route("GET", "/desk/account/passkeys/challenge?for=prove", LOOK, everybody=True),
    ),
    "desk_account.add_passkey": (Route("POST", "/desk/account/passkeys", LOOK, {"name": "Stick"}, everybody=True),),
    # A passkey that is not there; of another's, test_passkeys.py tells.
    "desk_account.name_passkey": (
        Route("POST", f"/desk/account/passkeys/{'0' * 26}/name", LOOK, {"name": "Stick"}, (404,), everybody=True),
    ),
    "desk_account.remove_passkey": (
        Route("POST", f"/desk/account/passkeys/{'0' * 26}/remove", LOOK, {"code": "0"}, everybody=True),
    ),
    # Another's decision is not there for anybody.
    "desk_change.undo": (Route("POST", "/desk/undo", DECIDE, {"decision": "{decision}"}, fine=(404,)),),
    "desk_change.again": (Route("POST", "/desk/pending/again", DECIDE),),
    "desk_change.ahead": (Route("POST", "/desk/pending/ahead", DECIDE, {"comment": "{comment}"}),),
    "desk_change.escalate": (Route("POST", "/desk/comments/{comment}/escalate", DECIDE, {"text": "Is this libel?"}),),
    "desk_lead.answer": (Route("POST", "/desk/comments/{comment}/answer", LEAD, {"text": "No."}, fine=(404,)),),
    "desk_change.note": (
        Route("POST", "/desk/comments/{comment}/note", DECIDE, {"text": "Seen before.", "about": "author"}),
    ),
    "desk.search": (
        Route("GET", "/desk/search", LOOK),
        Route("GET", "/desk/search?q=mayor&state=pending&low=0&high=100", LOOK),
        Route("GET", "/desk/search?author={author}", LOOK),
        Route("GET", "/desk/search?thread={thread}&site={site}", LOOK),
    ),
    "desk_change.bulk_preview": (Route("GET", "/desk/bulk?author={author}&verdict=spam", DECIDE),),
    "desk_change.bulk": (
        Route("POST", "/desk/bulk", DECIDE, {"author": "{author}", "filter": "q=nothing", "verdict": "spam"}),
    ),
    # Another's act is not there for anybody.
    "desk_change.bulk_progress": (Route("GET", "/desk/bulk/" + "0" * 26, DECIDE, fine=(404,)),),
    "desk_change.bulk_undo": (Route("POST", f"/desk/bulk/{'0' * 26}/undo", DECIDE, fine=(404,)),),
    "desk_change.filters": (Route("POST", "/desk/filters", DECIDE, {"name": "Mayors", "query": "q=mayor"}),),
    "desk.author": (Route("GET", "/desk/authors/{author}", LOOK),),
    "desk_change.standing": (
        Route("POST", "/desk/authors/{author}/standing", DECIDE, {"standing": "trusted", "reason": "Years of it."}),
    ),
    "desk_change.standing_undo": (
        Route("POST", "/desk/authors/{author}/standing/undo", DECIDE, {"standing_id": "0" * 26}),
    ),
    "desk.settings": (Route("GET", "/desk/settings", LOOK),),
    "desk_change.keep_settings": (Route("POST", "/desk/settings", DECIDE),),
    # Last, since it ends the sessions of those who ask.
    "desk_account.sign_out": (Route("POST", "/desk/account/sign-out-everywhere", LOOK, everybody=True),),
}
