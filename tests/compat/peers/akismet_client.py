"""akismet (PyPI), unmodified, synchronous and asynchronous. KEY -> what it saw, as JSON."""

import asyncio
import json
import sys

import akismet

(key,) = sys.argv[1:]
config = akismet.Config(key=key, url="https://blog.example")
ham = {"comment_content": "I read the report twice. Thank you for it.", "comment_type": "comment",
       "comment_author": "Ann", "comment_author_email": "ann@example.org", "user_agent": "Mozilla/5.0",
       "comment_date_gmt": "2026-11-25T10:00:00Z", "blog_lang": "en", "user_role": "administrator"}  # fmt: skip
spam = {**ham, "comment_author": "viagra-test-123", "user_role": "guest"}
blatant = {"comment_content": "Buy", "honeypot_field_name": "comment_author", "comment_author": "a bot"}
seen = {}
client = akismet.SyncClient.validated_client(config=config)
seen["checked"] = [int(client.comment_check(user_ip="203.0.113.7", **each)) for each in (ham, spam, blatant)]
seen["submitted"] = [client.submit_spam(user_ip="203.0.113.7", **spam), client.submit_ham(user_ip="203.0.113.7", **ham)]
seen["usage"] = client.usage_limit()
try:
    akismet.SyncClient.validated_client(config=akismet.Config(key="0" * 12, url="https://blog.example"))
except akismet.APIKeyError:
    seen["refused"] = True


async def asynchronously() -> int:
    async with akismet.AsyncClient(config=config) as other:
        return int(await other.comment_check(user_ip="203.0.113.7", **spam))


seen["asynchronously"] = asyncio.run(asynchronously())
print(json.dumps(seen))
