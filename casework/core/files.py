"""Stored bytes by their sha256: the same bytes are kept once, and what was stored is never altered."""

import gzip
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO

from flask import current_app
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from casework.core import clock
from casework.core.db import Base, session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _


class StoredFile(Base):
    """What is known of some bytes. The bytes lie under the files folder; a row without its bytes cannot be made."""

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int]
    media_type: Mapped[str]
    name: Mapped[str]
    stored_at: Mapped[datetime]


def folder() -> Path:
    """Where the bytes lie."""
    return Path(current_app.config["CASEWORK"].files)


def path_of(sha256: str) -> Path:
    """The file that holds these bytes."""
    return folder() / sha256[:2] / sha256[2:4] / sha256


def store(source: BinaryIO | bytes, *, name: str, media_type: str, limit: int | None = None) -> StoredFile:
    """Keeps the bytes (idempotent by their sha256); more than `limit` bytes are refused and nothing is left behind."""
    folder().mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder(), delete=False) as temporary:
        try:
            for chunk in _chunks(source):
                size += len(chunk)
                if limit is not None and size > limit:
                    raise Refusal(  # noqa: TRY301
                        _("文件超过 %(limit)s MB 的上限，未保存。", limit=limit // 1024 // 1024)
                    )
                digest.update(chunk)
                temporary.write(chunk)
            temporary.flush()
            os.fsync(temporary.fileno())
        except BaseException:
            os.unlink(temporary.name)
            raise
    return _keep(Path(temporary.name), digest.hexdigest(), size, name, media_type)


@contextmanager
def writing(*, name: str, media_type: str, compress: bool = False) -> Iterator["Writing"]:
    """Streams text into a new stored file; `.file` is set when the block ends without an error."""
    folder().mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder())
    os.close(handle)
    opener = gzip.open if compress else open
    job = Writing()
    try:
        with opener(temporary, "wt", encoding="utf-8", newline="") as stream:
            job.stream = stream
            yield job
        with open(temporary, "rb") as done:
            digest = hashlib.file_digest(done, "sha256").hexdigest()
        job.file = _keep(Path(temporary), digest, os.path.getsize(temporary), name, media_type)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class Writing:
    """A file being written: write to `stream`, afterwards ask for `file`."""

    stream: IO[str]
    file: StoredFile


def read(sha256: str) -> bytes:
    """The bytes, checked against their name."""
    data = opened(sha256).read()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Refusal(_("文件内容与登记的校验值不符，请联系系统管理员。"), rule=sha256)
    return data


def opened(sha256: str) -> BinaryIO:
    """The bytes as a stream."""
    try:
        return path_of(sha256).open("rb")
    except FileNotFoundError:
        raise NotFound(_("文件不存在。"), rule=sha256) from None


def _chunks(source: BinaryIO | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    while chunk := source.read(1 << 20):
        yield chunk


def _keep(temporary: Path, digest: str, size: int, name: str, media_type: str) -> StoredFile:
    target = path_of(digest)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(temporary, target)
    session.execute(
        postgresql.insert(StoredFile)
        .values(sha256=digest, size=size, media_type=media_type, name=name, stored_at=clock.now())
        .on_conflict_do_nothing()
    )
    return session.get_one(StoredFile, digest)
