"""openai (PyPI), switched to us by its base address. URL KEY -> what it saw, as JSON."""

import json
import sys

import openai

url, key = sys.argv[1:]
client = openai.OpenAI(api_key=key, base_url=f"{url}/v1")
one = client.moderations.create(model="omni-moderation-latest", input="You complete fool")
many = client.moderations.create(input=["Hello", "You complete fool"])
parts = client.moderations.create(input=[{"type": "text", "text": "Hello"}])
seen = {
    "one": one.results[0].category_scores.model_dump(by_alias=True), "flagged": one.results[0].flagged,
    "applied": one.results[0].category_applied_input_types.model_dump(by_alias=True),
    "many": len(many.results), "parts": len(parts.results),
}  # fmt: skip
try:
    openai.OpenAI(api_key="sk-nothing", base_url=f"{url}/v1", max_retries=0).moderations.create(input="x")
except openai.AuthenticationError as error:
    seen["refused"] = [error.status_code, error.code]
try:
    client.moderations.create(input=[])
except openai.BadRequestError as error:
    seen["bad"] = error.param
print(json.dumps(seen))
