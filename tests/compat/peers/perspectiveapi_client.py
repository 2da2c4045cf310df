"""perspectiveapi, unmodified, asynchronous and blocking. KEY -> what it saw, as JSON."""

import asyncio
import json
import sys

from perspective import Attribute, Perspective, blocking

(key,) = sys.argv[1:]
asked = ("You complete fool", [Attribute.TOXICITY, Attribute.THREAT])
scores = asyncio.run(Perspective(key=key).score(*asked))
again = blocking.Perspective(key=key).score(asked[0])
seen = {"toxicity": scores.toxicity, "threat": scores.threat, "insult": scores.insult, "again": again.toxicity}
print(json.dumps(seen))
