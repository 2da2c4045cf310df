"""A site as WordPress writes its own export, WXR 1.2, so that WordPress and Isso can read it.

As there, spam stays out. Ids are numbers, counted through the file; the id that a comment has here goes along as a
meta value of its own, by which our importer knows it again.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from sqlalchemy import Connection

from moderation.domain.comment import State
from moderation.domain.site import Site
from moderation.services.moving.wxr import ID_META
from moderation.storage import exports
from moderation.storage.rows import Record

if TYPE_CHECKING:
    from moderation.wiring import Wiring

APPROVED = {State.APPROVED: "1", State.PENDING: "0", State.REJECTED: "trash"}
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>{title}</title>
<link>{link}</link>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>{link}</wp:base_site_url>
<wp:base_blog_url>{link}</wp:base_blog_url>
"""


def lines(wiring: "Wiring", conn: Connection, site: Site, *, with_emails: bool) -> Iterator[tuple[str, int]]:
    """A piece of the file, and how many comments are in it."""
    link = f"{wiring.settings.public_url}/#{site.key}"
    yield _HEAD.format(title=_text(site.name), link=_text(link)), 0
    number = 0
    for page, thread in enumerate(exports.threads_of(conn, site.id), 1):
        numbers: dict[str, int] = {}
        for row in exports.under(conn, thread.id, sorted(APPROVED)):
            if not numbers:
                yield _item(page, thread), 0
            number += 1
            numbers[row.id] = number
            email = wiring.vault.open(row.email_sealed) if with_emails else ""
            yield _comment(row, number, numbers.get(row.parent_id or "", 0), email), 1
        if numbers:
            yield "</item>\n", 0
    yield "</channel>\n</rss>\n", 0


def _item(number: int, thread: Record) -> str:
    date = _date(thread.created_at)
    return (
        f"<item>\n<title>{_cdata(thread.title)}</title>\n<link>{_text(thread.url)}</link>\n"
        f"<wp:post_id>{number}</wp:post_id>\n<wp:post_date>{_cdata(date)}</wp:post_date>\n"
        f"<wp:post_date_gmt>{_cdata(date)}</wp:post_date_gmt>\n"
        f"<wp:comment_status>{_cdata('open' if thread.open else 'closed')}</wp:comment_status>\n"
        "<wp:status><![CDATA[publish]]></wp:status>\n<wp:post_type><![CDATA[post]]></wp:post_type>\n"
    )


def _comment(row: Record, number: int, parent: int, email: str) -> str:
    date = _cdata(_date(row.created_at))
    # WordPress keeps HTML: what a reader typed as < is &lt; there.
    content = row.text.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f"<wp:comment>\n<wp:comment_id>{number}</wp:comment_id>\n"
        f"<wp:comment_author>{_cdata(row.name)}</wp:comment_author>\n"
        f"<wp:comment_author_email>{_cdata(email)}</wp:comment_author_email>\n"
        f"<wp:comment_author_url>{_text(row.website)}</wp:comment_author_url>\n"
        "<wp:comment_author_IP><![CDATA[0.0.0.0]]></wp:comment_author_IP>\n"
        f"<wp:comment_date>{date}</wp:comment_date>\n<wp:comment_date_gmt>{date}</wp:comment_date_gmt>\n"
        f"<wp:comment_content>{_cdata(content)}</wp:comment_content>\n"
        f"<wp:comment_approved>{_cdata(APPROVED[State(row.state)])}</wp:comment_approved>\n"
        "<wp:comment_type><![CDATA[comment]]></wp:comment_type>\n"
        f"<wp:comment_parent>{parent}</wp:comment_parent>\n<wp:comment_user_id>0</wp:comment_user_id>\n"
        f"<wp:commentmeta><wp:meta_key>{_cdata(ID_META)}</wp:meta_key>"
        f"<wp:meta_value>{_cdata(row.id)}</wp:meta_value></wp:commentmeta>\n</wp:comment>\n"
    )


def _date(at: int) -> str:
    return datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _text(value: str) -> str:
    return escape(_FORBIDDEN.sub("", value))


def _cdata(value: str) -> str:
    return "<![CDATA[" + _FORBIDDEN.sub("", value).replace("]]>", "]]]]><![CDATA[>") + "]]>"
