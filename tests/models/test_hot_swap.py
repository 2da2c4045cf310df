"""Another model comes into service under load: no opinion is missing, none is judged by another model's thresholds."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from models import artefact, shelf
from models.artefact import Artefact
from moderation.checks import classifier
from moderation.checks.classifier import Scorer
from moderation.domain.finding import Opinion

USUAL_INTERVAL_S = classifier.LOOK_AT_SHELF_EVERY_S
POINTS = {"first": (0.11, 0.91), "second": (0.22, 0.82)}


@pytest.fixture
def two(tmp_path: Path, tiny: Artefact, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(classifier, "LOOK_AT_SHELF_EVERY_S", 0.01)
    for name, (approve_below, reject_from) in POINTS.items():
        point = {"approve_below": approve_below, "reject_from": reject_from, "spam_from": 0.5}
        artefact.save(tmp_path / name, tiny.arrays, {**tiny.manifest, "version": name, "operating_point": point})
    shelf.promote(tmp_path, "first")
    return tmp_path


class Load:
    """Threads that ask for opinions, as requests do, until told to stop."""

    def __init__(self, scorer: Scorer, threads: int = 4) -> None:
        self._scorer = scorer
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]
        self.answers = 0
        self.by: set[str] = set()
        self.wrong: list[object] = []

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _ask(self) -> None:
        while not self._stop.is_set():
            opinion = self._scorer.opinion("The council met on Tuesday.")
            if not isinstance(opinion, Opinion):
                self.wrong.append(opinion)
                continue
            point = self._scorer.operating_point(opinion.model)
            if point is None or (point.approve_below, point.reject_from) != POINTS[opinion.model]:
                self.wrong.append((opinion.model, point))
            self.answers += 1
            self.by.add(opinion.model)

    def until(self, version: str) -> None:
        """Wait until the model of that version answers."""
        self.by.clear()
        deadline = time.monotonic() + 30
        while version not in self.by:
            assert time.monotonic() < deadline, f"{version} never came into service"
            time.sleep(0.005)


def test_models_change_places_under_load_and_no_request_fails(two: Path) -> None:
    with Load(Scorer(two)) as load:
        for _ in range(4):
            shelf.promote(two, "second")
            load.until("second")
            began = time.perf_counter()
            assert shelf.rollback(two) == "first"
            assert time.perf_counter() - began < 1.0
            load.until("first")
    assert load.wrong == []
    assert load.answers > 0


def test_what_is_rolled_back_is_out_of_force_within_a_second(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "LOOK_AT_SHELF_EVERY_S", USUAL_INTERVAL_S)
    with Load(Scorer(two), threads=1) as load:
        shelf.promote(two, "second")
        load.until("second")
        began = time.perf_counter()
        shelf.rollback(two)
        load.until("first")
        assert time.perf_counter() - began < 1.0
    assert load.wrong == []


def test_a_damaged_model_that_gets_the_pointer_is_not_taken_up(two: Path) -> None:
    scorer = Scorer(two)
    with Load(scorer) as load:
        load.until("first")
        (two / "second" / artefact.ARRAYS).write_bytes(b"nothing of the kind")
        (two / shelf.CURRENT).write_text("second\n")
        deadline = time.monotonic() + 30
        while scorer.problem is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        load.until("first")
    assert load.wrong == [] and load.by == {"first"}
    (two / shelf.CURRENT).write_text("first\n")
    time.sleep(0.02)
    assert scorer.current() is not None and scorer.problem is None


def test_requests_do_not_wait_for_the_one_that_loads(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer, loading, go_on = Scorer(two), threading.Event(), threading.Event()
    assert scorer.current() is not None
    real = classifier.open_current

    def slow(folder: Path) -> object:
        loading.set()
        assert go_on.wait(30)
        return real(folder)

    monkeypatch.setattr(classifier, "open_current", slow)
    shelf.promote(two, "second")
    time.sleep(0.02)
    loader = threading.Thread(target=scorer.current)
    loader.start()
    assert loading.wait(30)
    opinion = scorer.opinion("Meanwhile.")  # would hang here if it waited
    assert isinstance(opinion, Opinion) and opinion.model == "first"
    go_on.set()
    loader.join(timeout=30)
    assert isinstance(found := scorer.opinion("Afterwards."), Opinion) and found.model == "second"
