"""A Flask route that does nothing but read JSON and answer JSON: what the framework and the server alone cost."""

from flask import Flask, Response, jsonify, request

app = Flask(__name__)


@app.post("/bare")
def bare() -> Response:
    return jsonify({"size": len(request.get_json()["comment"]["text"])})
