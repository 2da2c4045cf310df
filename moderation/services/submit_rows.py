"""What is stored of a comment that was let in."""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moderation.domain import decision as decisions
from moderation.domain.comment import Band, Look, State
from moderation.domain.decision import Decision
from moderation.domain.finding import Opinion
from moderation.domain.priority import priority, sort_key
from moderation.storage.ids import new_id

if TYPE_CHECKING:
    from moderation.services.assess import Assessment
    from moderation.services.submission import Arrival, SubmitComment
    from moderation.storage.vault import Vault

DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Ready:
    """A comment ready to be stored; `new_author` is the row of one who may be new, a known one is only counted."""

    arrival: "Arrival"
    decision: Decision
    second_look: bool
    new_author: Mapping[str, str] | None
    address_digest: str

    @property
    def comment_id(self) -> str:
        return self.decision.comment_id


def ready(vault: "Vault", one: "Arrival", assessment: "Assessment") -> Ready:
    decision = _decision(one, assessment)
    new_author = None
    if one.author is None:
        new_author = {
            "id": new_id(one.at), "site_id": one.site.id, "email_digest": one.email_digest,
            "email_sealed": vault.seal(one.command.email),
        }  # fmt: skip
    # What could not be scored is tried again whatever the site's policy says of second looks.
    second_look = decision.state_after is State.PENDING and (
        one.site.policy.second_look or decision.band is Band.UNSCORED
    )
    return Ready(one, decision, second_look, new_author, vault.address_digest(one.command.network_address, one.at))


def _decision(one: "Arrival", assessment: "Assessment") -> Decision:
    verdict, opinion, policy = assessment.verdict, assessment.opinion, one.site.policy
    probability = decisions.audit_probability(policy, verdict, opinion)
    return Decision(
        id=new_id(one.at),
        site_id=one.site.id,
        comment_id=new_id(one.at),
        revision=1,
        version_before=0,
        look=Look.FIRST,
        state_before=None,
        state_after=verdict.state,
        decided_by=decisions.decided_by(verdict, opinion, assessment.findings),
        at=one.at,
        band=verdict.band,
        because=[code.value for code in verdict.because],
        findings=[finding.as_json() for finding in assessment.findings],
        opinion=opinion.as_json() if isinstance(opinion, Opinion) else None,
        model=opinion.model if isinstance(opinion, Opinion) else None,
        thresholds=verdict.thresholds.as_json() if verdict.thresholds else None,
        policy_version=policy.version,
        audit_probability=probability,
        audit_drawn=probability is not None and random.random() < probability,
        queue_key=sort_key(priority(opinion), one.at),
    )


def comment_row(one: Ready, thread_id: str, author_id: str) -> dict[str, Any]:
    arrival, decision = one.arrival, one.decision
    command, opinion = arrival.command, decision.opinion or {}
    return {
        "id": one.comment_id,
        "site_id": arrival.site.id,
        "thread_id": thread_id,
        "parent_id": command.parent,
        "depth": min(DEEPEST, arrival.parent.depth + 1) if arrival.parent else 0,
        "author_id": author_id,
        "revision": 1,
        "version": 1,
        "state": decision.state_after,
        "band": decision.band,
        "p_reject": opinion.get("p_reject"),
        "p_low": opinion.get("low"),
        "p_high": opinion.get("high"),
        "queue_key": decision.queue_key,
        "text_digest": arrival.text_digest,
        "flood_id": None,
        "idempotency_key": command.idempotency_key,
        "request_digest": request_digest(command) if command.idempotency_key else None,
        "address_digest": one.address_digest,
        "audit_drawn": decision.audit_drawn,
        "created_at": decision.at,
        "decided_at": None if decision.state_after is State.PENDING else decision.at,
    }


def revision_row(one: Ready) -> dict[str, Any]:
    command = one.arrival.command
    return {
        "comment_id": one.comment_id, "revision": 1, "name": command.name, "website": command.website,
        "text": command.text, "created_at": one.arrival.at,
    }  # fmt: skip


def text_digest(text: str) -> int:
    """63 bits of a hash of the text with case and spacing folded; equal texts are compared by it alone."""
    folded = " ".join(text.casefold().split()).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(folded, digest_size=8).digest(), "big") >> 1


def request_digest(command: "SubmitComment") -> str:
    parts = (
        command.thread_url, command.name, command.email, command.website, command.text, command.parent or "",
    )  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
