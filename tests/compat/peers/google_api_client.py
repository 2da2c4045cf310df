"""google-api-python-client, switched to us by its discovery address. URL KEY -> what it saw, as JSON."""

import json
import sys

from googleapiclient import discovery
from googleapiclient.errors import HttpError

url, key = sys.argv[1:]
address = f"{url}/$discovery/rest?version=v1alpha1"
service = discovery.build(
    "commentanalyzer", "v1alpha1", developerKey=key, discoveryServiceUrl=address, static_discovery=False
)
asked = {
    "comment": {"text": "What kind of idiot name is foo? \U0001f600 Sorry, I like your name."},
    "requestedAttributes": {
        name: {} for name in "TOXICITY SEVERE_TOXICITY IDENTITY_ATTACK INSULT PROFANITY THREAT SPAM OBSCENE".split()
    },
    "spanAnnotations": True, "clientToken": "token", "doNotStore": True,
}  # fmt: skip
seen = {"analyze": service.comments().analyze(body=asked).execute()}
seen["suggest"] = (
    service.comments()
    .suggestscore(
        body={
            "comment": {"text": "You complete fool"}, "languages": ["en"], "clientToken": "c9",
            "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
        }
    )
    .execute()
)  # fmt: skip
seen["errors"] = []
for broken in (
    {"comment": {"text": ""}, "requestedAttributes": {"TOXICITY": {}}},
    {"comment": {"text": "x"}, "requestedAttributes": {"FLIRTATION": {}}, "languages": ["en"]},
    {"comment": {"text": "x"}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["om"]},
):
    try:
        service.comments().analyze(body=broken).execute()
    except HttpError as error:
        seen["errors"].append([error.status_code, error.reason, error.error_details])
keyless = discovery.build("commentanalyzer", "v1alpha1", discoveryServiceUrl=address, static_discovery=False)
try:
    keyless.comments().analyze(body=asked).execute()
except HttpError as error:
    seen["keyless"] = error.status_code
seen["batch"] = {}
batch = service.new_batch_http_request(
    callback=lambda id, answer, error: seen["batch"].update({id: answer or error.status_code})
)
batch.add(service.comments().analyze(body=asked), request_id="good")
batch.add(service.comments().analyze(body={}), request_id="bad")
batch.execute()
print(json.dumps(seen))
