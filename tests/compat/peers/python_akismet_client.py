"""python-akismet, unmodified; its key is in the host. KEY -> what it saw, as JSON."""

import datetime
import json
import sys

from akismet import Akismet

(key,) = sys.argv[1:]
client = Akismet(key, blog="https://blog.example", application_user_agent="Tests/1.0")
common = {"comment_content": "A comment", "comment_date": datetime.datetime(2026, 11, 25), "referrer": "unknown"}
checked = [
    client.check("203.0.113.7", "Mozilla/5.0", comment_author=name, user_role=role, **common)
    for name, role in (("viagra-test-123", None), ("Ann", "administrator"))
]
client.submit_spam("203.0.113.7", "Mozilla/5.0", comment_author="Ann", **common)
client.submit_ham("203.0.113.7", "Mozilla/5.0", comment_author="Ann", **common)
print(json.dumps({"checked": checked}))
