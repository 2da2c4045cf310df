"""Pairs of sentences that differ only in whom or what they are about, or in being for or against it.

Written to measure with, not taken from anywhere, and not what training is given: other frames, other slots.
"""

from __future__ import annotations

from itertools import product

SIDES = [
    ("Democrats", "Republicans"), ("liberals", "conservatives"), ("Labour", "the Tories"), ("the left", "the right"),
    ("socialists", "libertarians"), ("Trump", "Biden"), ("Obama", "Bush"), ("Hillary Clinton", "Donald Trump"),
    ("Sanders", "Cruz"), ("Christians", "Muslims"), ("Jews", "Christians"), ("Hindus", "Muslims"),
    ("Catholics", "Protestants"), ("atheists", "believers"), ("immigrants", "locals"), ("men", "women"),
    ("gay people", "straight people"), ("black voters", "white voters"), ("Israelis", "Palestinians"),
    ("Russians", "Ukrainians"), ("the young", "the old"), ("gun owners", "gun opponents"),
    ("pro-life groups", "pro-choice groups"), ("unions", "employers"), ("landlords", "tenants"),
]  # fmt: skip
ABOUT_SIDES = [
    "I think {} got this one right.", "In my opinion {} handled that badly.", "What do {} want from this bill?",
    "The paper is always too kind to {}.", "I have voted with {} all my life and I stand by it.",
    "After last night I cannot defend {} any longer.", "There is a lot to learn from {} on this question.",
    "It was {} who blocked the compromise in the end.", "Why does the press never ask {} a hard question?",
    "My whole family sides with {} and we still talk at dinner.", "The numbers simply do not support what {} claim.",
    "I would like to hear more from {} in these pages.", "Once again {} are blamed for everything.",
    "You can say about {} what you like, they did their homework.", "These plans of {} will cost my town its school.",
    "Nobody gave {} a fair hearing yesterday.", "A good speech for {} tonight, better than expected.",
    "Please stop pretending that {} speak for all of us.", "The debate showed how weak the case of {} is.",
    "I changed my mind about {} after reading this.",
]  # fmt: skip
QUESTIONS = [
    "immigration", "sanctuary cities", "abortion", "gun control", "the death penalty", "gay marriage", "a carbon tax",
    "nuclear power", "a wall at the border", "universal health care", "affirmative action", "school prayer",
    "the vaccine mandate", "legal cannabis", "a wealth tax", "the strike", "the new mosque", "the embargo",
    "defunding the police", "free trade", "rent control", "military aid", "a basic income", "home schooling",
]  # fmt: skip
FOR_AND_AGAINST = [
    ("I am for {}.", "I am against {}."),
    ("I strongly support {}.", "I strongly oppose {}."),
    ("We need more of {}.", "We need less of {}."),
    ("Yes to {} in our county.", "No to {} in our county."),
    ("{} makes us safer.", "{} makes us less safe."),
    ("{} is good for working families.", "{} is bad for working families."),
    ("The case for {} is strong.", "The case against {} is strong."),
    ("I will vote for anyone who defends {}.", "I will vote for anyone who opposes {}."),
    ("History will prove the supporters of {} right.", "History will prove the opponents of {} right."),
    ("Every argument in favour of {} convinces me.", "Every argument in opposition to {} convinces me."),
    ("Congress should allow {}.", "Congress should forbid {}."),
    ("The court was right to uphold {}.", "The court was right to strike down {}."),
    ("{} will help our economy.", "{} will hurt our economy."),
    ("Keep {}, it works.", "End {}, it fails."),
    ("My church supports {} and so do I.", "My church opposes {} and so do I."),
    ("Thank you for standing up for {}.", "Thank you for standing up against {}."),
    ("I marched for {} last year.", "I marched against {} last year."),
    ("Our senator was brave to back {}.", "Our senator was brave to resist {}."),
    ("Without {} this country has no future.", "With {} this country has no future."),
    ("The editors should say openly that they favour {}.", "The editors should say openly that they reject {}."),
    ("It is time to expand {}.", "It is time to limit {}."),
    ("I trust the experts who recommend {}.", "I trust the experts who warn of {}."),
]


def pairs() -> list[tuple[str, str]]:
    about = [(frame.format(one), frame.format(other)) for frame, (one, other) in product(ABOUT_SIDES, SIDES)]
    asked = [
        (_upper(yes.format(topic)), _upper(no.format(topic)))
        for (yes, no), topic in product(FOR_AND_AGAINST, QUESTIONS)
    ]
    return about + asked


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
