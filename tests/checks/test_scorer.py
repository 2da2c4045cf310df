"""Texts scored together get what each gets alone, whichever site each is for."""

import pytest

from models import shelf
from moderation.checks.classifier import Scorer
from moderation.domain.finding import Missing, Opinion

TEXTS = [
    "Thank you, that was a thoughtful article about the new bridge.",
    "",
    "y0u st.upid i d i o t",
    "Subscribe to my channel and win a free iphone at http://example.com/win !!!",
    "Das ist doch alles Unsinn \u201ehier\u201c \U0001f595",
    "The council met on Tuesday and talked about roads. " * 30 + "You are an idiot.",
]


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(shelf.SHIPPED)


def test_a_batch_gives_the_opinions_of_its_texts_alone(scorer: Scorer) -> None:
    together = scorer.opinions(TEXTS, [f"site-{at}" for at in range(len(TEXTS))])
    for text, found in zip(TEXTS, together, strict=True):
        alone = scorer.opinion(text)
        assert isinstance(found, Opinion) and isinstance(alone, Opinion)
        assert found.model == alone.model
        bounds = alone.p_reject, alone.low, alone.high
        assert (found.p_reject, found.low, found.high) == pytest.approx(bounds, abs=1e-6)
        assert found.attributes == pytest.approx(alone.attributes, abs=1e-6)


def test_a_text_that_the_model_cannot_read_costs_only_itself_its_opinion(
    scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = scorer.current()
    assert classifier is not None

    class Fragile:
        version, operating_point = classifier.version, classifier.operating_point

        def score(self, texts: list[str]) -> object:
            if "bad" in texts:
                raise ValueError("no")
            return classifier.score(texts)

    monkeypatch.setattr(scorer, "current", Fragile)
    good, bad, other = scorer.opinions(["good", "bad", "other"], ["a", "b", "a"])
    assert isinstance(good, Opinion) and isinstance(other, Opinion)
    assert isinstance(bad, Missing) and "ValueError" in bad.reason
