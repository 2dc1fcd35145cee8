"""Which keys have sealed something here: without each of them something could not be read."""

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Database, insert_new


class SealingKey(Base):
    """A key by its id, from before anything is sealed under it until nothing is any more."""

    __tablename__ = "sealing_keys"

    id: Mapped[str] = mapped_column(String(8), primary_key=True)


class LostKeyError(Exception):
    """What was sealed here cannot be read with the keys that we were given."""

    def __init__(self, lost: list[str]) -> None:
        super().__init__(
            f"people's words in this database are sealed under the key {', '.join(lost)}, which "
            "privacy.keys does not have: add it again, behind the newest"
        )


async def check_keys(database: Database) -> None:
    """Note the newest key before anything is sealed under it. Raises LostKeyError."""
    ids = database.keyring.ids if database.keyring else ()
    async with database.reading() as session:
        noted = set(await session.scalars(select(SealingKey.id)))
    if lost := sorted(noted - set(ids)):
        raise LostKeyError(lost)
    if ids and ids[0] not in noted:
        async with database.writing() as session:
            await insert_new(session, SealingKey, [], [{"id": ids[0]}])


async def retire_others(database: Database) -> None:
    """Forget the keys under which nothing is sealed any more."""
    if database.keyring is not None:
        async with database.writing() as session:
            await session.execute(
                delete(SealingKey).where(SealingKey.id != database.keyring.ids[0])
            )
