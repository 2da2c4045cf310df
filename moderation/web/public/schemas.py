"""The shapes of the public API, from which its OpenAPI document is made."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PostedComment(BaseModel):
    """What a form sends. Unknown fields are ignored."""

    model_config = ConfigDict(json_schema_extra={"required": ["site", "thread_url", "name", "email", "comment"]})

    site: str = Field(description="The site's key.", max_length=64)
    thread_url: str = Field(description="The page's address, http or https.", max_length=2000)
    thread_title: str = Field("", description="The page's title; longer ones are cut.")
    thread_section: str = Field(
        "", description="The part of the site that the page belongs to; empty: the first part of its address."
    )
    name: str = Field(description="Shown with the comment.", max_length=80)
    email: str = Field(description="Never published.", max_length=254)
    website: str = Field("", description="http or https, or empty.", max_length=2000)
    comment: str = Field(description="Plain text.", max_length=10000)
    parent: str = Field("", description="The id of the comment this one replies to, or empty.")
    form_token: str = Field("", description="From GET /api/v1/form; without it a person looks first.")
    contact_me_by_fax: str = Field("", description="A trap for machines: leave it empty.")


class Comment(BaseModel):
    """A comment as the public sees it."""

    id: str
    parent: str | None
    name: str
    website: str | None
    text: str
    created_at: str = Field(description="ISO 8601, UTC.")


class Taken(BaseModel):
    """What became of a comment."""

    id: str
    state: Literal["approved", "pending", "rejected", "spam"]
    status_url: str = Field(description="Private: where its author can follow the comment.")
    message: str
    comment: Comment


class StatusPath(BaseModel):
    token: str = Field(description="From `status_url`.")


class Status(BaseModel):
    """What an author may know of their own comment."""

    id: str
    state: Literal["approved", "pending", "rejected", "spam", "withdrawn", "erased"]
    message: str
    reason: str | None = None
    from_the_team: str | None = Field(None, description="What a moderator wrote to the author with the decision.")
    appeal: Literal["none", "possible", "waiting", "answered"] = "none"
    decided_at: str | None = None
    thread_url: str
    comment: Comment


class Thread(BaseModel):
    url: str
    title: str
    count: int = Field(description="Approved comments in the whole thread.")
    open: bool


class ThreadDocument(BaseModel):
    """A page of a thread, oldest comment first; a reply never comes before its parent."""

    thread: Thread
    comments: list[Comment]
    page: int
    pages: int


class Limits(BaseModel):
    comment: int
    name: int
    email: int
    website: int


class FormDocument(BaseModel):
    """What a form needs before it can be sent."""

    token: str
    honeypot: str
    min_seconds: float
    limits: Limits
    open: bool
    strings: dict[str, str] = Field(description="The form's texts, in the reader's language.")


class ProblemDocument(BaseModel):
    """RFC 9457. `errors` has a sentence for each field that needs another look."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: dict[str, str] | None = None
