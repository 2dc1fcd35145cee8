"""What every command shares: where the configuration is, and how a fault is told."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from bot.config import Config, ConfigError, load
from storage.database import Database, DatabaseInUseError, DatabaseSilentError
from storage.keys_in_use import LostKeyError
from storage.migrate import NewSchemaError, OldSchemaError, check_schema

DEFAULT = Path("config.toml")


def config_option(envvar: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Name the configuration on the command line, else in a variable of the environment."""
    return click.option(
        "--config",
        "path",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar=envvar,
        help=f"The configuration file; {DEFAULT} where nothing is named.",
    )


def configured(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hand a command its configuration, named before or after the command's own name."""

    @config_option()
    @click.pass_context
    @wraps(command)
    def run(context: click.Context, /, path: Path | None, **arguments: Any) -> Any:
        config = _load(path or context.find_root().obj)
        try:
            return command(config, **arguments)
        except (
            DatabaseInUseError,
            DatabaseSilentError,
            OldSchemaError,
            NewSchemaError,
            LostKeyError,
        ) as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            if not error.filename:
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}") from None

    return run


@asynccontextmanager
async def open_database(config: Config) -> AsyncIterator[Database]:
    """Open the database at the schema of this program, and shut it afterwards."""
    database = Database(config.database.url.get_secret_value(), config.privacy.keyring)
    try:
        await check_schema(database)
        yield database
    finally:
        await database.dispose()


@contextmanager
def address_told(config: Config) -> Iterator[None]:
    """Say that the address cannot be had, instead of a traceback."""
    try:
        yield
    except OSError as error:
        if error.filename:
            raise  # it is about a file, and not about the address
        where = f"{config.server.host}:{config.server.port}"
        raise click.ClickException(f"cannot serve at {where}: {error.strerror}") from None


def stop_at(faults: list[str]) -> None:
    """Go no further where there are faults, and say each."""
    if faults:
        raise click.ClickException("\n".join(faults))


def _load(named: Path | None) -> Config:
    with faults_told():
        return load(named or (DEFAULT if DEFAULT.exists() else None))


@contextmanager
def faults_told() -> Iterator[None]:
    """Say what is wrong with a configuration, instead of a traceback."""
    try:
        yield
    except ConfigError as error:
        raise click.ClickException("\n".join(error.faults)) from None
