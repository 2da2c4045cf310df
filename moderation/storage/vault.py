"""E-mail addresses at rest: sealed with a key from the settings, and a keyed hash to look them up by.

A plain hash would be no protection, since addresses can be guessed. The hash includes the site, so
that two sites' tables cannot be joined. Network addresses are only ever kept as a hash whose key
changes every day.
"""

import hashlib
from collections.abc import Sequence

from cryptography.fernet import Fernet, MultiFernet

DAY_US = 86_400_000_000


class Vault:
    def __init__(self, keys: Sequence[str], hash_key: str) -> None:
        """The first of `keys` seals; all of them open, so that a key can be replaced without downtime."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._hash_key = hashlib.sha256(hash_key.encode()).digest()

    def seal(self, address: str) -> str:
        return self._fernet.encrypt(address.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        return self._fernet.decrypt(sealed.encode("ascii")).decode()

    def reseal(self, sealed: str) -> str:
        """The same address under the first key."""
        return self._fernet.rotate(sealed.encode("ascii")).decode("ascii")

    def digest(self, site_id: str, address: str) -> str:
        return self._hash(f"email\0{site_id}\0{address.casefold()}", 64)

    def text_digest(self, site_id: str, folded: str) -> str:
        """Of words that are no longer kept; without the key, short ones could be guessed."""
        return self._hash(f"text\0{site_id}\0{folded}", 64)

    def address_digest(self, network_address: str, now_us: int) -> str:
        return self._hash(f"address\0{now_us // DAY_US}\0{network_address}", 32)

    def log_key(self) -> bytes:
        """What seals the log; it changes when EMAIL_HASH_KEY does, which is hardly ever."""
        return hashlib.blake2b(b"log", key=self._hash_key, digest_size=32).digest()

    def key_digest(self, api_key: str) -> str:
        """Of a key that other programs call us with: 48 random bits, too few for a hash without a key of its own."""
        return self._hash(f"api key\0{api_key}", 64)

    def _hash(self, value: str, length: int) -> str:
        # BLAKE2b takes a key of its own: a MAC as strong as HMAC, at a tenth of the cost of a post.
        message = value.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(message, key=self._hash_key, digest_size=length // 2).hexdigest()
