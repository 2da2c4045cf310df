"""What a newcomer is told once the pages answer: where to look and how to sign in.

The demonstration and the sign-in link need the whole application, so a process of its own makes
them, while the web processes start, and this one stays small.
"""

import json
import subprocess
import sys

from config.settings import ROOT, Settings
from moderation.launch import linux


class Welcome:
    def __init__(self, settings: Settings, environ: dict[str, str]) -> None:
        self._settings = settings
        self._preparing = subprocess.Popen(
            [sys.executable, "-m", "moderation", "welcome"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=linux.end_with_parent,
            start_new_session=True,
        )

    def text(self) -> str:
        """The banner, once everything in it exists."""
        settings = self._settings
        lines = ["", "  Moderato is running.", ""]
        if settings.demo:
            lines.append(f"    An article with comments    {settings.public_url}/demo/")
        lines.append(f"    The moderators' desk        {settings.public_url}/desk/")
        lines.append(f"    {self._first_moderator()}")
        lines += ["", f"    Data in {settings.data_dir}, logs in its folder logs. Ctrl-C stops it.", ""]
        return "\n".join(lines)

    def stop(self) -> None:
        if self._preparing.poll() is None:
            self._preparing.terminate()

    def _first_moderator(self) -> str:
        out, problem = self._preparing.communicate()
        if self._preparing.returncode:
            last = (problem.strip().splitlines() or ["no reason given"])[-1]
            return f"Sign in                     no link could be made: {last}"
        told = json.loads(out.splitlines()[-1])
        if told["sign_in_link"]:
            return f"Sign in (works once)        {told['sign_in_link']}"
        return f"Sign in as                  {told['moderator']}"
