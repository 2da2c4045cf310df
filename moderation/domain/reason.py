"""Why a moderator rejects a comment; the order is that of the keys 1 to 9 at the desk."""

from enum import StrEnum


class Reason(StrEnum):
    INSULT = "insult"
    HATE = "hate"
    THREAT = "threat"
    OFF_TOPIC = "off_topic"
    SPAM = "spam"
    PERSONAL_DATA = "personal_data"
    FALSE_CLAIM = "false_claim"
    PROFANITY = "profanity"
    OTHER = "other"
