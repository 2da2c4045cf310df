"""Somebody asks for another look: a reader reports, a moderator escalates, an author appeals."""

from enum import StrEnum


class Concern(StrEnum):
    REPORT = "report"
    ESCALATION = "escalation"
    APPEAL = "appeal"


class ReportReason(StrEnum):
    """What a reader may choose from; the order is that of the form."""

    INSULT = "insult"
    HATE = "hate"
    THREAT = "threat"
    PERSONAL_DATA = "personal_data"
    SPAM = "spam"
    FALSE_CLAIM = "false_claim"
    OTHER = "other"


MOST_TEXT = 2000
