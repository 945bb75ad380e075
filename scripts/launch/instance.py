"""One instance of Casework: a folder, a database, a queue, and the environment that tells every process about them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape

from .console import Stop, note, undisturbed, warn
from .project import PYTHON, ROOT, VAR, VENV, Users, locked, private_folder
from .servers import Postgres, Valkey

DATABASE = ROLE = "casework"

FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  {folders}
  <cachedir>{cache}</cachedir>
  <alias><family>serif</family><prefer><family>Casework Song</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>Casework Hei</family></prefer></alias>
</fontconfig>
"""


class Instance:
    """`var` holds everything it keeps; servers named by the caller's environment are used instead of private ones."""

    def __init__(self, var: Path, *, throw_away: bool = False) -> None:
        self.var = private_folder(var)
        self.log = private_folder(var / "log")
        given: Mapping[str, str] = {} if throw_away else os.environ
        self._database_url = given.get("DATABASE_URL", "")
        self._redis_url = given.get("REDIS_URL", "")
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        if not self._database_url:
            self.postgres = Postgres(var / "postgres", self.log / "postgres.log", throw_away=throw_away)
        if not self._redis_url:
            self.valkey = Valkey(var / "valkey", self.log / "valkey.log", throw_away=throw_away)

    @contextmanager
    def servers(self) -> Iterator[dict[str, str]]:
        """Servers up and the database there, as an environment; the last launcher that leaves stops them."""
        users = Users(self.var / "servers.users")
        try:
            with locked(self.var / "servers.lock"):
                users.join()
                for server in self._private():
                    server.start()
            environment = self.environment()
            self._prepare_servers(environment)
            yield environment
        finally:
            with undisturbed(), locked(self.var / "servers.lock"):
                if users.leave():
                    self.stop_servers()

    def keep_servers_up(self) -> None:
        """Start again what has died."""
        for server in self._private():
            if server.has_died():
                warn(f"{server.name} has died; starting it again ({server.log})")
                server.start()

    def stop_servers(self) -> None:
        for server in reversed(self._private()):
            server.stop()

    def forget(self) -> None:
        """Remove everything a throw-away instance kept."""
        for server in self._private():
            shutil.rmtree(server.home, ignore_errors=True)
        shutil.rmtree(self.var, ignore_errors=True)

    def _private(self) -> list[Postgres | Valkey]:
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def environment(self) -> dict[str, str]:
        """The caller's environment and what every process of this instance must know."""
        database = self.postgres.url(ROLE, DATABASE) if self.postgres else _with_driver(self._database_url)
        return os.environ | {
            "DATABASE_URL": database,
            "REDIS_URL": self.valkey.url if self.valkey else self._redis_url,
            "CASEWORK_VAR": str(self.var),
            "CASEWORK_SECRET_KEY_FILE": str(self.var / "secret.key"),
            "FONTCONFIG_FILE": str(self._fonts_conf()),
            "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            # First on the path, even where .venv is borrowed from another clone.
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            "VIRTUAL_ENV": str(VENV),
            "PYTHONUNBUFFERED": "1",
        }

    def _prepare_servers(self, environment: Mapping[str, str]) -> None:
        """Role and database there, everything fit for Chinese: once on private servers, always on others."""
        is_done = self.postgres.home / "prepared" if self.postgres and self.valkey else None
        if is_done and is_done.exists():
            return
        admin = {"ADMIN_URL": self.postgres.url(self.postgres.admin, "postgres")} if self.postgres else {}
        command = [PYTHON, ROOT / "scripts" / "prepare_servers.py"]
        done = subprocess.run(command, env={**environment, **admin}, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise Stop(done.stderr.strip())
        if done.stderr:
            note(done.stderr.strip())
        if is_done:
            is_done.touch()

    def _fonts_conf(self) -> Path:
        """Only the project's fonts and the operator's own (CASEWORK_FONTS): the same page on every machine."""
        own = os.environ.get("CASEWORK_FONTS")
        folders = [ROOT / "fonts", *([Path(own).resolve()] if own else [])]
        text = FONTS_CONF.format(
            folders="".join(f"<dir>{escape(str(folder))}</dir>" for folder in folders),
            cache=escape(str(private_folder(VAR) / "fontconfig")),
        )
        file = self.var / "fonts.conf"
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
        return file


@contextmanager
def throw_away_instance() -> Iterator[Instance]:
    """An instance in a temporary folder, on free ports, gone afterwards."""
    instance = Instance(Path(tempfile.mkdtemp(prefix="casework-")), throw_away=True)
    try:
        yield instance
    finally:
        with undisturbed():
            instance.forget()


def _with_driver(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url
