"""Which of the processor's instructions numpy may use: to be said before it is imported."""

from collections.abc import MutableMapping
from pathlib import Path

_NAME = "NPY_DISABLE_CPU_FEATURES"
_AVX512 = "X86_V4 AVX512_ICL AVX512_SPR"


def suit_numpy(environ: MutableMapping[str, str], told: Path = Path("/proc/cpuinfo")) -> None:
    """Sorting takes a quarter of a look, and AMD's processors sort six times slower by numpy's AVX-512 code, which
    stores compressed registers, than by its AVX2 code: 382,000 numbers in 10.4 ms instead of 1.8 (EPYC, numpy 2.4)."""
    try:
        says = told.read_text(encoding="ascii", errors="replace")
    except OSError:
        return
    if "AuthenticAMD" in says and " avx512f " in says:
        environ.setdefault(_NAME, _AVX512)
