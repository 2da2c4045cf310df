"""What all tables share: one metadata with names for its constraints, and the two kinds of id column."""

from sqlalchemy import Column, ForeignKey, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_column() -> Column[str]:
    return Column("id", String(26), primary_key=True)


def ref(name: str, target: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, String(26), ForeignKey(target), nullable=nullable)
