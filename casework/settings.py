"""Every setting, read from the environment once."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """How this process runs. Legal numbers are not here: they are dated parameters (`casework.core.parameters`)."""

    database_url: str
    redis_url: str
    var: Path
    secret_key: str
    secure_cookies: bool
    idle_minutes: int
    pool_size: int
    upload_limit: int
    import_rows_limit: int
    public_url: str
    demo: bool
    """The database holds the demo city: every page says so, and the sign-in page introduces its accounts."""
    heartbeat_seconds: float
    """A worker silent for so long is dead, and its messages are delivered again."""
    retry_seconds: float
    """The pause before the first repetition of a failed job; each further one doubles it."""
    sweep_seconds: float
    """How often the relay looks for what the queue lost."""
    lost_seconds: float
    """A message sent so long ago, that no worker began and the queue does not know, was lost."""
    silent_seconds: float
    """A job under way that reported nothing for so long, and that the queue does not know, is dead."""

    @property
    def files(self) -> Path:
        """Where stored bytes lie, by their sha256."""
        return self.var / "files"

    @classmethod
    def from_environment(cls) -> "Settings":
        """Reads `DATABASE_URL`, `REDIS_URL`, `CASEWORK_*`; an unset secret is made once and kept with mode 0600."""
        var = Path(os.environ.get("CASEWORK_VAR", ROOT / "var"))
        port = os.environ.get("PORT", "8000")
        return cls(
            database_url=_psycopg(os.environ.get("DATABASE_URL", "postgresql://127.0.0.1/casework")),
            redis_url=os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
            var=var,
            secret_key=_secret(Path(os.environ.get("CASEWORK_SECRET_KEY_FILE", var / "secret.key"))),
            secure_cookies=os.environ.get("CASEWORK_SECURE_COOKIES", "0") == "1",
            idle_minutes=int(os.environ.get("CASEWORK_IDLE_MINUTES", "30")),
            pool_size=int(os.environ.get("CASEWORK_POOL_SIZE", "5")),
            upload_limit=int(os.environ.get("CASEWORK_UPLOAD_LIMIT", str(200 * 1024 * 1024))),
            import_rows_limit=int(os.environ.get("CASEWORK_IMPORT_ROWS_LIMIT", "5000000")),
            public_url=os.environ.get("CASEWORK_PUBLIC_URL", f"http://127.0.0.1:{port}"),
            demo=os.environ.get("CASEWORK_DEMO", "0") == "1",
            heartbeat_seconds=float(os.environ.get("CASEWORK_HEARTBEAT_SECONDS", "15")),
            retry_seconds=float(os.environ.get("CASEWORK_RETRY_SECONDS", "1")),
            sweep_seconds=float(os.environ.get("CASEWORK_SWEEP_SECONDS", "20")),
            lost_seconds=float(os.environ.get("CASEWORK_LOST_SECONDS", "60")),
            silent_seconds=float(os.environ.get("CASEWORK_SILENT_SECONDS", "600")),
        )


def _psycopg(url: str) -> str:
    """SQLAlchemy's spelling of a PostgreSQL address."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _secret(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
