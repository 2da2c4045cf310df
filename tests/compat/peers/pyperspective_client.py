"""PyPerspective, unmodified. KEY -> what it saw, as JSON."""

import json
import sys

from PyPerspective.errors import InvalidAuthKey
from PyPerspective.Perspective import Perspective

(key,) = sys.argv[1:]
try:
    Perspective("000000000000")
    refused = False
except InvalidAuthKey:
    refused = True
found = Perspective(key).get_score("You complete fool", tests=["TOXICITY", "INSULT"], langs=["en"])
print(
    json.dumps(
        {
            "refused": refused, "scores": {each.name: each.score for each in found.attributes},
            "detected": found.detected_langs, "span": str(found["TOXICITY"].spans[0]),
        }
    )
)  # fmt: skip
