"""What every section of the configuration is made of."""

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

NO_SECRET = SecretStr("")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def host_of(url: str) -> str:
    """Return the host of a web address, "" where it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number of a port
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in {"http", "https"} else ""


def secret_address(url: SecretStr, key: str) -> SecretStr:
    """Return an address that is a secret itself. Raises ValueError where it is none."""
    if url.get_secret_value() and not host_of(url.get_secret_value()):
        raise ValueError(f"{key} must begin with https:// or http://")
    return url
