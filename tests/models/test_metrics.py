"""What the figures mean."""

from __future__ import annotations

import numpy as np
import pytest

from models.metrics import calibration_error


def test_a_row_that_stands_for_many_counts_as_often_in_the_calibration_error() -> None:
    truth, chances = np.array([True, False, False, True]), np.array([0.9, 0.05, 0.3, 0.35])
    times = np.array([1, 4, 2, 3])
    repeated = calibration_error(np.repeat(truth, times), np.repeat(chances, times))
    assert calibration_error(truth, chances, weight=times.astype(float)) == pytest.approx(repeated)
    # By hand: bins of .9 (gap .1), .05 (.2 together), .3 (.6) and .35 (1.95), of ten comments.
    assert repeated == pytest.approx((0.1 + 0.2 + 0.6 + 1.95) / 10)
