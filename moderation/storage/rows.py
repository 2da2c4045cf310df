"""The type of a row whose columns are known by name."""

from typing import Any, TypeAlias

from sqlalchemy import Row

Record: TypeAlias = Row[*tuple[Any, ...]]
