"""What the widget says, in the reader's language; the keys are those of static/public/embed/strings.js.

A test holds the two together. Slots such as {name} are filled in by the widget.
"""

from flask_babel import get_locale
from flask_babel import gettext as _


def widget_strings() -> dict[str, str]:
    """All sentences of the widget, and `lang`, the language that they are in."""
    return {
        "lang": str(get_locale() or "en").replace("_", "-"),
        "loading": _("Loading comments…"),
        "count_none": _("No comments yet"),
        "count_one": _("1 comment"),
        "count_other": _("{n} comments"),
        "empty": _("Be the first to say something about this article."),
        "closed": _("Comments on this article are closed."),
        "more": _("Show more comments"),
        "load_failed": _(
            "The comments could not be loaded. Your connection may be down, or the comment service may be."
        ),
        "form_failed": _("The form could not be loaded, so nothing can be sent at the moment."),
        "load_again": _("Try again"),
        "plain_page": _("Open the comments on a page of their own"),
        "reply": _("Reply"),
        "reply_label": _("Reply to {name}"),
        "report": _("Report"),
        "report_label": _("Report the comment by {name}"),
        "in_reply_to": _("in reply to {name}"),
        "heading": _("Leave a comment"),
        "heading_reply": _("Reply to {name}"),
        "cancel_reply": _("Cancel reply"),
        "new_instead": _("Leave a comment"),
        "intro": _("Your email address will not be published. Required fields are marked *"),
        "comment": _("Comment"),
        "name": _("Name"),
        "email": _("Email"),
        "website": _("Website"),
        "honeypot": _("Leave this field empty"),
        "submit": _("Post comment"),
        "sending": _("Sending…"),
        "again": _("Try again"),
        "chars_left_one": _("1 character left"),
        "chars_left_other": _("{n} characters left"),
        "chars_over_one": _("1 character too many"),
        "chars_over_other": _("{n} characters too many"),
        "restored": _("What you had typed is still here."),
        "discard": _("Discard it"),
        "missing_comment": _("Please write a comment."),
        "missing_name": _("Please give a name. It is shown with your comment."),
        "missing_email": _("Please give an email address. It is not published."),
        "bad_email": _("This does not look like an email address. It should be like name@example.org."),
        "bad_website": _("This is not a web address. It should be like https://example.org, or empty."),
        "long_comment": _("This is {n} characters long; {most} is the most. Please shorten it by {over}."),
        "problem_one": _("One thing to mend before your comment can be sent"),
        "problem_other": _("{n} things to mend before your comment can be sent"),
        "not_sent": _("Your comment was not sent"),
        "kept": _("What you wrote is kept."),
        "offline": _("We could not reach the comment service. Check your connection and try again."),
        "server_error": _("The comment service had a problem. Try again in a moment."),
        "too_many": _("You have sent several comments in a short time. Please wait a little."),
        "wait": _("You can try again in {time}."),
        "ready": _("You can try again now."),
        "published": _("Published"),
        "pending": _("Waiting for a moderator. Only you can see it."),
        "follow": _("Follow it here"),
        "not_published": _("This comment was not published. Only you can see it."),
        "see_why": _("See why"),
    }
