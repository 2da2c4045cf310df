"""A Flask route that does nothing but read JSON and answer JSON: what the framework and the server alone cost."""

from flask import Flask, Response, jsonify, request

from moderation.web.serving.worker import LaneWorker

app = Flask(__name__)


class QuickWorker(LaneWorker):
    """Answers the route as the service answers what is quick."""

    quick = (b"POST /bare ",)


@app.post("/bare")
def bare() -> Response:
    return jsonify({"size": len(request.get_json()["comment"]["text"])})
