"""The one machine of the room: seals what is known of an informant, and gives keys by which it can be found again."""

import hmac
import json
import os
import re
from collections.abc import Mapping
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from casework.intake.rules import Person

_NONCE = 12
_NOISE = re.compile(r"[\s\-—－·.()（）]+")
_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")


def seal(told: Mapping[str, str | None]) -> bytes:
    """Texts by name as bytes that say nothing without the secret key file (AES-256-GCM, a fresh nonce each time)."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_key(b"seal")).encrypt(nonce, json.dumps(dict(told)).encode(), None)


def unseal(sealed: bytes) -> dict[str, str | None]:
    """The texts again. Bytes that were tampered with, or sealed under another key, raise."""
    told: dict[str, str | None] = json.loads(AESGCM(_key(b"seal")).decrypt(sealed[:_NONCE], sealed[_NONCE:], None))
    return told


def keys_of(person: Person) -> list[str]:
    """What finds an informant again by name, telephone or identity number: keyed hashes that lead back to nobody."""
    return sorted({key_of(text) for text in (person.name, person.phone, person.id_number) if text})


def key_of(text: str) -> str:
    """The key of one name or number, however it is spaced."""
    plain = _NOISE.sub("", text.translate(_DIGITS)).upper()
    return hmac.new(_key(b"find"), plain.encode(), sha256).hexdigest()


def _key(purpose: bytes) -> bytes:
    """A key for one purpose, derived from the secret of this installation."""
    secret: str = current_app.config["CASEWORK"].secret_key
    return HKDF(SHA256(), length=32, salt=None, info=b"casework intake " + purpose).derive(secret.encode())
