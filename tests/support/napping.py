"""The bare route, and one that is thought to be quick and is not."""

import time

from flask import Response

from moderation.web.serving.worker import LONG_TURN_S
from tests.bench.bare import QuickWorker, app, bare

NAP_S = LONG_TURN_S + 0.3


class NappingWorker(QuickWorker):
    quick = (*QuickWorker.quick, b"POST /nap ")


@app.post("/nap")
def nap() -> Response:
    time.sleep(NAP_S)
    return bare()
