"""What other packages choose from the same draws: run by an interpreter that has them, never by ours.

python budget_peers.py DRAWS.npz ANSWERS.npz: p (pool,), y (pool,), draws (k, n) indices; budgets (b,).
Answers: commcp (b, k), its cut-off on the confidence; mapie (b, k), the threshold under which MAPIE would approve.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from pathlib import Path

import numpy as np


def _commcp():  # type: ignore[no-untyped-def]
    """Its conformal module alone: the package asks for an account with a language model when imported."""
    found = importlib.util.find_spec("commcp")
    path = Path(found.submodule_search_locations[0]) / "conformal.py"
    spec = importlib.util.spec_from_file_location("commcp_conformal", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Known:
    """A classifier whose probabilities are given: X is the index of a row."""

    def __init__(self, p: np.ndarray) -> None:
        self.p = p

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        p = self.p[np.asarray(rows).ravel()]
        return np.column_stack([1 - p, p])


def main(given: str, answers: str) -> None:
    warnings.simplefilter("ignore")
    from mapie.risk_control import BinaryClassificationController

    data, conformal = np.load(given), _commcp()
    model, y, draws, budgets = Known(data["p"]), data["y"].astype(int), data["draws"], data["budgets"]
    grid = np.unique(np.quantile(data["p"], np.linspace(0.1, 0.999, 150)))
    commcp = np.zeros((len(budgets), len(draws)))
    mapie = np.full_like(commcp, np.nan)
    for row, budget in enumerate(budgets):
        for column, draw in enumerate(draws):
            found = conformal.calculate_conformal_threshold(model, draw, y[draw], alpha=budget)
            commcp[row, column] = 1 - found
            if column < int(data["mapie_draws"]):
                control = BinaryClassificationController(
                    model.predict_proba, "negative_predictive_value", target_level=1 - budget,
                    confidence_level=0.95, list_predict_params=grid, fwer_method="fixed_sequence",
                    best_predict_param_choice="recall",
                )  # fmt: skip
                control.calibrate(draw[:, None], y[draw])
                valid = np.asarray(control.valid_predict_params)
                mapie[row, column] = valid.max() if valid.size else 0.0
    np.savez(answers, commcp=commcp, mapie=mapie)


if __name__ == "__main__":
    main(*sys.argv[1:])
