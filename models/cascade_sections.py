"""Parts of the second look's report about both looks as the service runs them: harm, disguises, viewpoints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.second_look import SecondLook
from models.sections import disguises, viewpoint_parity
from models.site_look import Cascade

Truth = NDArray[np.bool_]
DISGUISED = "wikipedia_talk_test"


def harm(truth: Truth, bands: NDArray[np.str_]) -> str:
    approved, refused = bands == "auto_approve", (bands == "auto_reject") | (bands == "auto_spam")
    return (
        f"HateCheck, both looks as in service: {approved[truth].mean():.1%} of the hateful cases are approved, "
        f"{refused[~truth].mean():.1%} of the harmless ones rejected; "
        f"{1 - (approved | refused).mean():.1%} wait for a person."
    )


def of_the_cascade(look: SecondLook, disguised: tuple[Sequence[str], Truth] | None) -> list[str]:
    """disguised: the texts of DISGUISED and which are to be rejected, where the set is there."""
    cascade = Cascade(look)
    lines = [viewpoint_parity(cascade)]
    if disguised is not None:
        lines += disguises(cascade, *disguised, f"{DISGUISED}, both looks as in service")[0]
    return ["\n".join(lines[1:]), lines[0]] if disguised is not None else lines
