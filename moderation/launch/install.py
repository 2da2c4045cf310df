"""Makes .venv from a lock file: run by `make` with the system's Python, so standard library only.

    python3 -m moderation.launch.install requirements.txt

A stamp in .venv says which lock was installed; when it still fits, nothing is done.
"""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
# What the test lock installs holds all of the other's pins (a test sees to it).
ALSO_INSTALLS = {"requirements-test.txt": ["requirements.txt"]}
_STEP = re.compile(r"(Collecting|Requirement already satisfied:|Installing collected packages) ?([\w.-]*)")


def install(lock_name: str) -> int:
    lock = ROOT / lock_name
    if _stamp(lock_name).is_file() and _stamp(lock_name).read_text() == _fingerprint(lock):
        return 0
    if sys.version_info < (3, 11):  # noqa: UP036 - whatever python3 is on this machine runs this
        return _complain(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
    if not _venv_works():
        print("  Making .venv", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True)
        if made.returncode:
            return _complain(made.stdout + made.stderr, "Hint: on Debian and Ubuntu, apt-get install python3-venv")
    print(f"  Installing {lock_name} (once; every file is checked against its hash)", flush=True)
    if not _pip(lock):
        return 1
    for name in [lock_name, *ALSO_INSTALLS.get(lock_name, [])]:
        _stamp(name).write_text(_fingerprint(ROOT / name))
    return 0


def _pip(lock: Path) -> bool:
    wanted = len(re.findall(r"^[\w.-]+==", lock.read_text(), re.M))
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "-r", str(lock)]
    quietly = ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
    lines: list[str] = []
    seen = 0
    with subprocess.Popen(
        [*command, *quietly], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.append(line)
            step = _STEP.match(line)
            if step and step[1].startswith("Installing"):
                _progress("unpacking", last=True)
            elif step:
                seen += 1
                _progress(f"{seen} of about {wanted}: {step[2]}", last=False, worth_a_line=seen % 20 == 1)
    if pip.returncode:
        _complain("".join(lines[-15:]), "The installation failed; the lines above are pip's. Nothing was started.")
    return pip.returncode == 0


def _progress(text: str, *, last: bool, worth_a_line: bool = True) -> None:
    """One line that is written over on a terminal; a line now and then elsewhere."""
    if sys.stdout.isatty():
        print(f"\r\033[K    {text}", end="\n" if last else "", flush=True)
    elif worth_a_line:
        print(f"    {text}", flush=True)


def _venv_works() -> bool:
    python = VENV / "bin" / "python"
    if not python.exists():
        return False
    try:
        return subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def _stamp(lock_name: str) -> Path:
    return VENV / f"installed-{lock_name}"


def _fingerprint(lock: Path) -> str:
    version = ".".join(str(part) for part in sys.version_info[:2])
    return f"{hashlib.sha256(lock.read_bytes()).hexdigest()} {version}\n"


def _complain(*sentences: str) -> int:
    print("\n".join(sentence.strip() for sentence in sentences), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(install(sys.argv[1]))
