"""`make screenshots`: every page at 1600, 1024 and 360 px, light and dark, of a newsroom at work, into screenshots/.

python -m tests.screenshots [part of a file's name, such as desk or 360-dark …]
python -m tests.screenshots docs: the few that docs/pictures keeps, with a palette so that they stay small
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.browser import ARGUMENTS, MISSING, chromium
from tests.support.redis import running_redis
from tests.support.staged import Staged, running_stage
from tests.support.states import STATES, Shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "screenshots"
SIZES = {
    "1600": {"width": 1600, "height": 1000},
    "1024": {"width": 1024, "height": 768},
    "360": {"width": 360, "height": 760},
}
SCHEMES = ("light", "dark")
PICTURES = ROOT / "docs" / "pictures"
KEPT = (
    "article-after-posting-1024-light", "article-with-errors-360-dark", "status-360-light", "sign-in-360-dark",
    "desk-1600-light", "desk-1600-dark", "desk-1024-light", "desk-360-light", "desk-reject-360-dark",
    "desk-help-1024-dark",
    "desk-conflict-1024-light", "desk-escalated-1024-dark", "desk-search-1600-light", "desk-many-1024-light",
    "desk-author-1024-dark", "learning-1600-light", "policy-1600-light", "numbers-1600-dark", "log-1024-light",
    "people-1024-dark", "account-passkeys-360-light", "desk-empty-1024-light",
)
TALLEST = 1500


def main(wanted: list[str]) -> int:
    to_keep = wanted == ["docs"]
    wanted = [f"{name}.png" for name in KEPT] if to_keep else wanted
    if chromium() is None:
        print(MISSING, file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    TARGET.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="moderato-") as folder,
        running_redis() as redis_url,
        running_stage(Path(folder), redis_url, by_meaning=True) as stage,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for shown, size, scheme in itertools.product(STATES, SIZES, SCHEMES):
            file = TARGET / f"{shown.name}-{size}-{scheme}.png"
            if file.name in wanted if to_keep else not wanted or any(word in file.name for word in wanted):
                _take(browser, shown, stage, size, scheme, file)
                if to_keep:
                    _keep(file)
                print(file.relative_to(ROOT), flush=True)
        browser.close()
    return 0


def _take(browser: Browser, shown: Shown, stage: Staged, size: str, scheme: str, file: Path) -> None:
    context = browser.new_context(
        locale="en-GB",
        viewport=SIZES[size],
        color_scheme=scheme,
        reduced_motion="reduce",
        java_script_enabled=shown.script,
    )  # type: ignore[call-overload]
    context.set_default_timeout(90_000)
    page = stage.opened(context, shown.who, shown.path)
    shown.act(page, stage)
    if shown.whole and shown.who:  # these scroll inside the window
        height = page.evaluate("() => (document.querySelector('.sheet')?.scrollHeight ?? 0) + 120")
        page.set_viewport_size({**SIZES[size], "height": max(height, SIZES[size]["height"])})
    page.screenshot(path=file, full_page=shown.whole)
    context.close()


def _keep(file: Path) -> None:
    """Into docs/, cut where nobody would scroll on, in 128 colours."""
    from PIL import Image

    PICTURES.mkdir(exist_ok=True)
    with Image.open(file) as picture:
        cut = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, TALLEST)))
        cut.quantize(128, dither=Image.Dither.NONE).save(PICTURES / file.name, optimize=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
