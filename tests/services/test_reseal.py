"""A key is replaced: both open during the change, the old one opens nothing after it."""

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import text

from moderation.services import reseal
from moderation.storage.vault import Vault
from moderation.wiring import Wiring
from tests.support import moderating


def test_after_resealing_the_old_key_may_go(wiring: Wiring) -> None:
    moderating.comment(wiring)
    old, new = wiring.settings.email_keys[0], Fernet.generate_key().decode()
    both = replace(wiring, vault=Vault([new, old], wiring.settings.email_hash_key))
    assert sum(reseal.reseal(both)) == 1
    with wiring.database.read() as conn:
        sealed = conn.execute(text("SELECT email_sealed FROM authors")).scalar_one()
    assert "@" in Vault([new], wiring.settings.email_hash_key).open(sealed)
    with pytest.raises(InvalidToken):
        Vault([old], wiring.settings.email_hash_key).open(sealed)
