"""Which of the deaths of our processes are worth a sentence: the first at once, a series now and then."""

import time
from dataclasses import dataclass, field
from pathlib import Path

QUIET_S = 20.0


@dataclass
class Deaths:
    logs: Path
    _said_at: dict[str, float] = field(default_factory=dict)
    _since: dict[str, int] = field(default_factory=dict)

    def sentence(self, process: str, how: str) -> str | None:
        """None while the last sentence about this process is young."""
        self._since[process] = self._since.get(process, 0) + 1
        now = time.monotonic()
        if now - self._said_at.get(process, float("-inf")) < QUIET_S:
            return None
        count = self._since.pop(process)
        self._said_at[process] = now
        if count == 1:
            return f"{process} stopped ({how}) and was started again"
        log = self.logs / f"{process}.log"
        return f"{process} stopped {count} times more ({how}); {log} ends with:\n{self.tail(process)}"

    def tail(self, process: str, lines: int = 5) -> str:
        try:
            kept = (self.logs / f"{process}.log").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return "    (no log)"
        return "\n".join(f"    {line[:300]}" for line in kept[-lines:])
