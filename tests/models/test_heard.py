"""What a stretch of a long text counts for, and what unlikely spam does not."""

from __future__ import annotations

import numpy as np

from models.attributes import ATTRIBUTES, SPAM, TOXICITY
from models.calibration import reject_logit
from models.classifier import Classifier
from models.reference import reject_branches
from models.windows import MOST, heard

PADDING = "The council meets on Tuesday at seven in the library and the soup was warm. " * 6


def test_a_louder_stretch_is_never_heard_less_and_one_of_many_less_than_one_of_few() -> None:
    rising = np.repeat(np.linspace(-8, 12, 81)[:, None], len(ATTRIBUTES), axis=1)
    few, many = heard(rising, np.full(81, 4)), heard(rising, np.full(81, 40))
    assert (np.diff(few, axis=0) >= 0).all()
    assert (many <= few).all() and (many < few).any()


def test_a_stretch_alone_makes_no_text_louder_than_the_limit_by_being_steep() -> None:
    loud = np.full((1, len(ATTRIBUTES)), MOST)
    assert heard(loud, np.array([4]))[0, TOXICITY] <= MOST


def test_unlikely_spam_is_quieter_than_it_is_calibrated_and_likely_spam_is_not() -> None:
    branches = reject_branches(np.ones(len(ATTRIBUTES)), np.zeros(len(ATTRIBUTES)))
    logits = np.full((2, len(ATTRIBUTES)), -9.0)
    logits[:, SPAM] = -3.0, 3.0
    unlikely, likely = reject_logit(logits, branches)
    assert unlikely < -3.0 < 3.0 < likely


def test_a_disguised_insult_is_heard_through_padding(shipped: Classifier) -> None:
    insult = "You are a f.u.c.k.i.n.g 1d10t and a st*pid m0ron."
    harmless, padded = shipped.score([PADDING, f"{PADDING}{insult} {PADDING}"])
    assert harmless.p_reject < 0.1
    assert padded.p_reject > 0.4
