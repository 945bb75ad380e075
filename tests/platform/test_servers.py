"""The private servers, for real: started, killed with -9, started again with all they had, stopped."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from launch.servers import Postgres, Server, Valkey

pytestmark = pytest.mark.servers


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Server]]:
    servers: list[Server] = []
    yield servers
    for server in servers:
        server.stop()
        shutil.rmtree(server.home)


def test_postgresql_survives_a_kill(tmp_path: Path, started: list[Server]):
    server = Postgres(tmp_path / "pg", tmp_path / "pg.log", throw_away=True)
    started.append(server)
    server.start()
    port = server.port
    with _connect(server) as connection:
        connection.execute("CREATE TABLE kept AS SELECT '周口市' AS name")
        connection.commit()
        assert connection.execute(
            "SELECT upper('é'), '周' ~ '^[[:alpha:]]$', current_setting('TimeZone')"
        ).fetchone() == (
            "É",
            True,
            "UTC",
        )
    server.kill()
    assert not server.is_up()
    server.start()
    assert server.port == port, "whoever knows the address finds it again"
    with _connect(server) as connection:
        assert connection.execute("SELECT name FROM kept").fetchone() == ("周口市",)
    server.stop()
    assert not server.is_up()


def _connect(server: Postgres) -> psycopg.Connection:
    return psycopg.connect(server.url("postgres", "postgres").replace("+psycopg", ""))


def test_valkey_keeps_its_work_and_wants_a_password(tmp_path: Path, started: list[Server]):
    server = Valkey(tmp_path / "queue", tmp_path / "queue.log")
    started.append(server)
    server.start()
    with redis.from_url(server.url) as queue:
        queue.rpush("work", "one")
        assert queue.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert queue.config_get("appendfsync") == {"appendfsync": "everysec"}
    with socket.create_connection(("127.0.0.1", server.port)) as stranger:
        stranger.sendall(b"PING\r\n")
        assert stranger.recv(64).startswith(b"-NOAUTH")
    server.kill()
    server.start()
    with redis.from_url(server.url) as queue:
        assert queue.lrange("work", 0, -1) == [b"one"]


def test_a_running_server_is_found_by_the_next_launcher(tmp_path: Path, started: list[Server]):
    first = Valkey(tmp_path / "queue", tmp_path / "queue.log", throw_away=True)
    started.append(first)
    first.start()
    second = Valkey(tmp_path / "queue", tmp_path / "queue.log", throw_away=True)
    assert second.is_up()
    assert second.url == first.url
    second.start()
    assert second.url == first.url
