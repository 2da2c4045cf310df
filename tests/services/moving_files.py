"""Files as other systems write them, built field by field from their documented formats."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

WXR_HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/{version}/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="http://wordpress.org/export/{version}/">
<channel><title>Gazette</title><link>http://news.test</link><wp:wxr_version>{version}</wp:wxr_version>
<wp:base_site_url>http://news.test</wp:base_site_url><wp:base_blog_url>http://news.test</wp:base_blog_url>
"""
WXR_TAIL = "</channel></rss>\n"


def wxr_comment(id: int, text: str = "A quiet word.", **given: Any) -> str:
    """wp-admin/includes/export.php, wxr_export: the elements in their order."""
    field = {
        "author": f"Reader {id}", "email": f"reader{id}@readers.example.org", "url": "", "date": "2024-05-01 10:00:00",
        "approved": "1", "type": "comment", "parent": 0, "user_id": 0, **given,
    }  # fmt: skip
    return (
        f"<wp:comment><wp:comment_id>{id}</wp:comment_id>"
        f"<wp:comment_author><![CDATA[{field['author']}]]></wp:comment_author>"
        f"<wp:comment_author_email><![CDATA[{field['email']}]]></wp:comment_author_email>"
        f"<wp:comment_author_url>{field['url']}</wp:comment_author_url>"
        "<wp:comment_author_IP><![CDATA[192.0.2.1]]></wp:comment_author_IP>"
        f"<wp:comment_date><![CDATA[{field['date']}]]></wp:comment_date>"
        f"<wp:comment_date_gmt><![CDATA[{field['date']}]]></wp:comment_date_gmt>"
        f"<wp:comment_content><![CDATA[{text}]]></wp:comment_content>"
        f"<wp:comment_approved><![CDATA[{field['approved']}]]></wp:comment_approved>"
        f"<wp:comment_type><![CDATA[{field['type']}]]></wp:comment_type>"
        f"<wp:comment_parent>{field['parent']}</wp:comment_parent>"
        f"<wp:comment_user_id>{field['user_id']}</wp:comment_user_id>"
        "<wp:commentmeta><wp:meta_key><![CDATA[akismet_result]]></wp:meta_key>"
        "<wp:meta_value><![CDATA[false]]></wp:meta_value></wp:commentmeta></wp:comment>\n"
    )


def wxr_item(comments: Iterable[str], *, link: str = "http://news.test/depot/", title: str = "The depot") -> str:
    return (
        f"<item><title>{title}</title><link>{link}</link><wp:post_id>7</wp:post_id>"
        "<wp:post_date_gmt><![CDATA[2024-04-30 08:00:00]]></wp:post_date_gmt>"
        "<wp:comment_status><![CDATA[open]]></wp:comment_status><wp:post_type><![CDATA[post]]></wp:post_type>"
        "<content:encoded><![CDATA[<p>The article itself.</p>]]></content:encoded>" + "".join(comments) + "</item>\n"
    )


def wxr(path: Path, *items: str, version: str = "1.2") -> Path:
    path.write_text(WXR_HEAD.format(version=version) + "".join(items) + WXR_TAIL, encoding="utf-8")
    return path


def disqus_post(id: int, text: str = "<p>A quiet word.</p>", **given: Any) -> str:
    """https://help.disqus.com/en/articles/1717164-comments-export"""
    field = {
        "thread": 1, "parent": None, "spam": "false", "deleted": "false", "email": f"reader{id}@readers.example.org",
        "name": f"Reader {id}", "anonymous": "false", "at": "2011-08-31T15:16:29Z", **given,
    }  # fmt: skip
    parent = f'<parent dsq:id="{field["parent"]}" />' if field["parent"] else ""
    email = f"<email>{field['email']}</email>" if field["email"] else ""
    return (
        f'<post dsq:id="{id}"><id>wp_id={id}</id><message><![CDATA[{text}]]></message>'
        f"<createdAt>{field['at']}</createdAt><isDeleted>{field['deleted']}</isDeleted>"
        f"<isSpam>{field['spam']}</isSpam><author>{email}<name>{field['name']}</name>"
        f"<isAnonymous>{field['anonymous']}</isAnonymous><username>reader_{id}</username></author>"
        f'<ipAddress>192.0.2.1</ipAddress><thread dsq:id="{field["thread"]}" />{parent}</post>\n'
    )


def disqus(path: Path, *posts: str, link: str = "http://news.test/depot/") -> Path:
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com" '
        'xmlns:dsq="http://disqus.com/disqus-internals" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        '<category dsq:id="9"><forum>gazette</forum><title>General</title></category>\n'
        f'<thread dsq:id="1"><id>7</id><forum>gazette</forum><category dsq:id="9" /><link>{link}</link>'
        "<title>The depot</title><message /><createdAt>2011-08-30T10:00:00Z</createdAt><author><email>ed@news.test"
        "</email><name>Ed</name><isAnonymous>false</isAnonymous><username>ed</username></author>"
        "<ipAddress>192.0.2.2</ipAddress><isClosed>true</isClosed><isDeleted>false</isDeleted></thread>\n"
        + "".join(posts)
        + "</disqus>\n",
        encoding="utf-8",
    )
    return path


def isso(path: Path, *comments: Mapping[str, Any]) -> Path:
    """isso/db/comments.py and threads.py of 0.14.0."""
    with closing(sqlite3.connect(path)) as file, file:
        file.executescript(
            "PRAGMA user_version = 5;"
            "CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE, title VARCHAR(256));"
            "CREATE TABLE comments (tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER,"
            " created FLOAT NOT NULL, modified FLOAT, mode INTEGER, remote_addr VARCHAR, text VARCHAR NOT NULL,"
            " author VARCHAR, email VARCHAR, website VARCHAR, likes INTEGER DEFAULT 0, dislikes INTEGER DEFAULT 0,"
            " voters BLOB NOT NULL, notification INTEGER DEFAULT 0);"
            "INSERT INTO threads VALUES (1, '/depot/', 'The depot');"
        )
        for given in comments:
            row = {"tid": 1, "parent": None, "created": 1714557600.25, "modified": None, "mode": 1,
                   "remote_addr": "192.0.2.0", "text": "A *quiet* word.", "author": None, "email": None,
                   "website": None, "voters": b"", **given}  # fmt: skip
            names = ", ".join(row)
            file.execute(f"INSERT INTO comments ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
    return path


def remark42(path: Path, *comments: Mapping[str, Any] | str) -> Path:
    """github.com/umputun/remark42 at 4793c1cd2c41f3b3c4fcc9a1bb610752eddf9410: backend/app/migrator/native.go,
    store/comment.go, store/user.go, store/service/service.go (UserMetaData, PostMetaData), store/engine/engine.go."""
    nobody = {"status": False, "until": "0001-01-01T00:00:00Z"}
    users = [
        {"id": "github_1", "blocked": nobody, "verified": True,
         "details": {"user_id": "github_1", "email": "Dev@readers.example.org"}},
        {"id": "anonymous_2", "blocked": nobody, "verified": False, "details": {"user_id": ""}},
    ]  # fmt: skip
    posts = [{"url": "http://news.test/closed/", "read_only": True}]
    lines = [json.dumps({"version": 1, "users": users, "posts": posts})]
    for given in comments:
        if isinstance(given, str):
            lines.append(given)
            continue
        comment = {
            "pid": "", "text": "<p>A <em>quiet</em> word.</p>", "orig": "A *quiet* word.",
            "user": {"name": "Dev", "id": "github_1", "picture": "", "ip": "ab12", "admin": False,
                     "site_id": "gazette"},
            "locator": {"site": "gazette", "url": "http://news.test/depot/"}, "score": 1, "votes": {"github_3": True},
            "voted_ips": {"cd34": {"Timestamp": "2018-12-25T12:00:01Z", "Value": True}}, "vote": 0, "controversy": 0.5,
            "time": "2018-12-25T12:00:00.123456789-06:00", "imported": True, "pin": True,
            "edit": {"time": "2018-12-25T12:01:00Z", "summary": ""}, "title": "The depot", **given,
        }  # fmt: skip
        lines.append(json.dumps(comment))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
