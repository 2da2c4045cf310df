"""Settings: every knob explained, every wrong value named with its bound, no secret echoed."""

import base64
import re
from pathlib import Path

import pytest

from config.settings import VARIABLES, BadSetting, embedded_socket, load_settings

ROOT = Path(__file__).resolve().parents[2]
FERNET_KEY = base64.urlsafe_b64encode(bytes(32)).decode()


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    given = {
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": "s" * 32,
        "EMAIL_KEYS": FERNET_KEY,
        "EMAIL_HASH_KEY": "h" * 32,
    }
    return {name: value for name, value in {**given, **more}.items() if value is not None}


def problems(tmp_path: Path, **more: str) -> list[str]:
    with pytest.raises(BadSetting) as caught:
        load_settings(environment(tmp_path, **more))
    return caught.value.problems


def test_each_setting_is_in_the_example_and_each_line_of_the_example_is_a_setting() -> None:
    text = (ROOT / "config" / "example.env").read_text(encoding="utf-8")
    assert set(re.findall(r"^#([A-Z_]+)=", text, re.M)) == set(VARIABLES)


def test_the_example_states_the_true_defaults(tmp_path: Path) -> None:
    text = (ROOT / "config" / "example.env").read_text(encoding="utf-8")
    stated = {name: value for name, value in re.findall(r"^#([A-Z_]+)=(.+)$", text, re.M) if name != "DATA_DIR"}
    spelled_out = load_settings(environment(tmp_path, **stated))
    assert spelled_out.model_copy(update={"model_dir": None}) == load_settings(environment(tmp_path)).model_copy(
        update={"model_dir": None}
    )
    assert spelled_out.model_dir == Path("models/artefacts").absolute()


def test_all_wrong_settings_are_named_at_once_with_value_bound_and_hint(tmp_path: Path) -> None:
    told = problems(tmp_path, PORT="70000", WEB_THREADS="many", LOG_LEVEL="LOUD")
    assert told == [
        "PORT=70000 must be a whole number from 1 to 65535; unset it for the default, 8000",
        "WEB_THREADS=many must be a whole number from 1 to 64; unset it for the default, 8",
        "LOG_LEVEL=LOUD must be DEBUG, INFO, WARNING or ERROR; unset it for the default, INFO",
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "0"), ("PORT", "http"), ("HOST", "a b"), ("DATABASE_URL", "mysql://h/d"),
        ("REDIS_URL", "localhost"),
        ("PUBLIC_URL", "news.example"), ("PUBLIC_URL", "https://news.example/comments"), ("SITE_KEY", "My Site"),
        ("SITE_NAME", "x" * 81), ("SITE_ORIGINS", "https://*.example"), ("SITE_ORIGINS", "https://a.example,b.example"),
        ("SECRET_KEY", "short"), ("EMAIL_KEYS", "nokey"), ("EMAIL_KEYS", f"{FERNET_KEY},nokey"),
        ("EMAIL_HASH_KEY", "x"),
        ("DEMO", "perhaps"), ("WEB_PROCESSES", "0"), ("WEB_THREADS", "65"), ("WORKER_PROCESSES", "-1"),
        ("TRUSTED_PROXIES", "9"), ("LOG_LEVEL", "TRACE"), ("RATE_LIMIT_COMMENTS", "ten a minute"),
        ("RATE_LIMIT_SIGN_IN", "0/minute"), ("REDIS_KEY_PREFIX", "a:b"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_a_line_of_its_own(tmp_path: Path, variable: str, value: str) -> None:
    (told,) = problems(tmp_path, **{variable: value})
    assert told.startswith(variable)
    assert " must " in told
    assert "; " in told


@pytest.mark.parametrize("variable", ["SECRET_KEY", "EMAIL_KEYS", "EMAIL_HASH_KEY", "DATABASE_URL", "REDIS_URL"])
def test_no_secret_is_echoed_in_an_error(tmp_path: Path, variable: str) -> None:
    (told,) = problems(tmp_path, **{variable: "hunter2"})
    assert "hunter2" not in told


def test_no_secret_is_in_the_settings_printed(tmp_path: Path) -> None:
    settings = load_settings(environment(tmp_path, DATABASE_URL="postgresql://u:hunter2@h/d"))
    assert "hunter2" not in repr(settings)
    assert "s" * 32 not in repr(settings)


def test_a_missing_secret_says_how_to_make_one(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, SECRET_KEY="")
    assert told.startswith("SECRET_KEY is not set")
    assert "secrets.token_urlsafe" in told


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("f" * 40 + "\n")
    settings = load_settings(environment(tmp_path, SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "key")))
    assert settings.secret_key == "f" * 40


def test_a_secret_file_that_cannot_be_read_is_the_one_problem(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, SECRET_KEY="", SECRET_KEY_FILE="/nowhere/key")
    assert told == "SECRET_KEY_FILE=/nowhere/key cannot be read: No such file or directory"


def test_the_environment_overrules_the_data_folders_secrets(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text(f"SECRET_KEY={'k' * 32}\nEMAIL_HASH_KEY={'k' * 32}\n")
    settings = load_settings(environment(tmp_path, EMAIL_HASH_KEY=""))
    assert (settings.secret_key, settings.email_hash_key) == ("s" * 32, "k" * 32)


def test_what_hosts_hand_out_as_a_database_is_understood(tmp_path: Path) -> None:
    settings = load_settings(environment(tmp_path, DATABASE_URL="postgres://u:p@h:5432/d?sslmode=require"))
    assert settings.database_url == "postgresql+psycopg://u:p@h:5432/d?sslmode=require"


def test_origins_are_written_one_way(tmp_path: Path) -> None:
    settings = load_settings(environment(tmp_path, SITE_ORIGINS="HTTPS://News.Example:443/, http://a.example:8080"))
    assert settings.site_origins == ("https://news.example", "http://a.example:8080")


def test_our_redis_listens_on_a_path_that_a_socket_can_have(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    assert embedded_socket(Path("/srv/moderato")) == Path("/srv/moderato/run/redis.sock")
    assert len(str(embedded_socket(deep))) < 100
    assert embedded_socket(deep) != embedded_socket(deep / "f")
