"""What stands beside a place in an array of code points."""

from __future__ import annotations

import numpy as np

from models.folding import Mask


def before(mask: Mask, by: int) -> Mask:
    shifted = np.zeros_like(mask)
    shifted[by:] = mask[:-by]
    return shifted


def after(mask: Mask, by: int) -> Mask:
    shifted = np.zeros_like(mask)
    shifted[:-by] = mask[by:]
    return shifted
