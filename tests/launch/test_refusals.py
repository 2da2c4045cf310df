"""What keeps the service from starting is said in a sentence with a hint, before anything runs."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.env_file import read_env_file
from moderation.launch import data_folder, port, procfile, redis_server, secrets_file
from moderation.refusal import Refusal

ROOT = Path(__file__).resolve().parents[2]


def test_a_second_copy_on_the_same_folder_is_told_who_has_it(tmp_path: Path) -> None:
    data_folder.prepare(tmp_path)
    told = f"in use by another copy .process {os.getpid()}, http://localhost:8000"
    with data_folder.hold(tmp_path, "http://localhost:8000"), pytest.raises(Refusal, match=told):
        data_folder.hold(tmp_path, "http://localhost:8001")
    data_folder.hold(tmp_path, "http://localhost:8001").close()


def test_a_taken_port_is_named_with_a_free_one_to_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with pytest.raises(Refusal, match=f"Port {taken} is already taken") as caught:
            port.check("127.0.0.1", taken)
    assert f"PORT={taken + 1}" in caught.value.hint
    port.check("127.0.0.1", taken)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(Refusal, match=r"Cannot listen on HOST=192\.0\.2\.1"):
        port.check("192.0.2.1", 8000)


def test_a_data_folder_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refusal, match="lies under something that is no folder"):
        data_folder.prepare(tmp_path / "file" / "data")


def test_a_data_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from moderation.launch import data_folder; from moderation.refusal import Refusal\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "try: data_folder.prepare(Path(sys.argv[1]))\n"
        "except Refusal as refusal: print(refusal)"
    )
    tmp_path.chmod(0o500)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tmp_path.chmod(0o700)
    assert "cannot be written to by this user" in done.stdout


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 KiB; making one needs root."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40k,mode=700", "tmpfs", str(tmp_path)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_is_refused(full_disk: Path) -> None:
    with pytest.raises(Refusal, match="is on a full disk"):
        data_folder.prepare(full_disk)


def test_too_little_room_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_folder, "FREE_MIB", 1 << 40)
    with pytest.raises(Refusal, match="MiB of room left"):
        data_folder.prepare(tmp_path)


def test_sockets_are_never_put_where_others_can_reach_them(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o777)
    (tmp_path / "run").chmod(0o777)
    with pytest.raises(Refusal, match="not private"):
        data_folder.prepare(tmp_path)


def test_secrets_are_made_once_and_for_this_user_alone(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path)}
    fresh = secrets_file.missing(environ)
    secrets_file.keep(tmp_path, fresh)
    path = tmp_path / "secrets.env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_env_file(path) == fresh
    assert set(fresh) == {"SECRET_KEY", "EMAIL_KEYS", "EMAIL_HASH_KEY"}
    assert secrets_file.missing(environ) == {}


def test_secrets_that_are_set_are_not_made(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path), "SECRET_KEY": "s" * 32, "EMAIL_KEYS_FILE": "/run/keys"}
    assert set(secrets_file.missing(environ)) == {"EMAIL_HASH_KEY"}


def test_lost_secrets_are_not_replaced_where_addresses_would_become_unreadable(tmp_path: Path) -> None:
    (tmp_path / "moderato.sqlite3").touch()
    with pytest.raises(Refusal, match="new ones could not read its addresses"):
        secrets_file.keep(tmp_path, secrets_file.missing({"DATA_DIR": str(tmp_path)}))
    assert not (tmp_path / "secrets.env").exists()


def old_server(folder: Path, version: str) -> None:
    program = folder / "redis-server"
    program.write_text(f'#!/bin/sh\necho "Redis server v={version} sha=00000000:0 malloc=libc bits=64"\n')
    program.chmod(0o755)


def test_a_redis_on_path_is_used_if_new_enough_and_the_wheels_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    old_server(tmp_path, "6.2.0")
    assert redis_server.find_server() == tmp_path / "redis-server"
    old_server(tmp_path, "6.0.16")
    assert redis_server.find_server().name == "valkey-server"


def test_without_any_redis_the_way_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(redis_server.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Refusal, match="There is no Redis here") as caught:
        redis_server.find_server()
    assert "REDIS_URL" in caught.value.hint


def test_the_procfile_names_what_production_runs() -> None:
    assert list(procfile.read(ROOT / "Procfile")) == ["release", "web", "worker", "clock"]
