"""Other people's classifiers on the same texts, each in an environment of its own: none is a dependency.

python -m venv ENV && ENV/bin/pip install alt-profanity-check better-profanity glin-profanity
python -m models evaluate --peers ENV/bin/python
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PATIENCE_S = 900
# Each reads a JSON list of texts and prints a JSON list of numbers, the higher the worse.
PEERS = {
    "alt-profanity-check": "from profanity_check import predict_prob\nsay(list(map(float, predict_prob(texts))))",
    "better-profanity": (
        "from better_profanity import profanity\nprofanity.load_censor_words()\n"
        "say([float(profanity.contains_profanity(text)) for text in texts])"
    ),
    "glin-profanity": (
        "from glin_profanity import Filter\nfilter = Filter()\n"
        "say([float(len(filter.check_profanity(text).get('profane_words', []))) for text in texts])"
    ),
    "hatesonar": (
        "from hatesonar import Sonar\nsonar = Sonar()\n"
        "say([1 - next(c['confidence'] for c in sonar.ping(text)['classes'] if c['class_name'] == 'neither') "
        "for text in texts])"
    ),
}
_FRAME = (
    "import json, sys\nout = sys.stdout\nsys.stdout = sys.stderr\ntexts = json.load(sys.stdin)\n"
    "def say(found): json.dump(found, out)\n"
)


def scores(python: Path, peer: str, texts: Sequence[str]) -> NDArray[np.float64] | str:
    """(n,) what a peer says in that environment, or in words why it says nothing."""
    try:
        done = subprocess.run(
            [str(python), "-c", _FRAME + PEERS[peer]],
            input=json.dumps(list(texts)),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"did not run: {type(error).__name__}"
    if done.returncode:
        return f"did not run: {(done.stderr.strip().splitlines() or ['no message'])[-1][:120]}"
    found = np.array(json.loads(done.stdout), dtype=float)
    return found if len(found) == len(texts) else f"gave {len(found)} answers to {len(texts)} texts"
