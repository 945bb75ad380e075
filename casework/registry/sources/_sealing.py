"""Personal data at rest: sealed with a key derived from the application's secret, and compared without being opened."""

import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Seal:
    """Seals texts so that the same text gives the same bytes (AES-SIV, RFC 5297): a second import sees no change."""

    def __init__(self, secret: str) -> None:
        derived = HKDF(SHA256(), length=96, salt=None, info=b"casework registry persons").derive(secret.encode())
        self._cipher, self._key = AESSIV(derived[:64]), derived[64:]

    def seal(self, text: str) -> bytes:
        """The text, unreadable without the secret."""
        return self._cipher.encrypt(text.encode(), None)

    def unseal(self, sealed: bytes) -> str:
        """The text again."""
        return self._cipher.decrypt(sealed, None).decode()

    def key_of(self, text: str) -> str:
        """Stands for a person in comparisons: equal texts give equal keys, and a key does not lead back to its text."""
        return hmac.new(self._key, text.encode(), sha256).hexdigest()[:32]
