"""No connection leaves this machine: any that copipe, or a library under it, tries to open is an error.

Python tells an audit hook of every connection before it is opened, whoever asks (PEP 578), so that no library gets
round it by keeping its own copy of `socket`. A connection opened by machine code without Python is not seen; such
libraries are told by environment variables (`copipe/__init__.py`) and kept out by version (pyproject.toml). Programs
that copipe starts are programs of their own: `copipe models pull` lets pip or a child of copipe fetch, and nothing else
starts one that connects.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from ipaddress import ip_address

from copipe.errors import CopipeError

_LOCAL_NAMES = frozenset({"", "localhost", "localhost.localdomain", "ip6-localhost"})
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
# (event, index of what says where): https://docs.python.org/3/library/audit_events.html
_CONNECTS = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
_ASKS = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.gethostbyaddr": 0, "socket.getnameinfo": 0}


class ConnectionRefusedHereError(CopipeError):
    """Something tried to open a connection; it was not opened."""


@dataclass(slots=True)
class _State:
    hooked: bool = False
    on: bool = False
    offline: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)


_state = _State()


def guard() -> None:
    """Refuse connections from here on, in all threads of this program; libraries for hubs are told to stay offline.

    To be called before anything heavy is imported: those libraries read their environment once.
    """
    if not _state.hooked:
        sys.addaudithook(_hook)  # cannot be taken out again, hence `on`
        _state.hooked = True
    _state.on = True
    for name in _OFFLINE:
        if name not in os.environ:
            os.environ[name] = "1"
            _state.offline.add(name)


def unguard() -> None:
    """Let connections be opened again: for tests, which have a guard of their own."""
    _state.on = False
    _state.refused.clear()


def environment() -> dict[str, str]:
    """The environment for a program that is started to fetch something: without what `guard` has set."""
    return {k: v for k, v in os.environ.items() if k not in _state.offline}


def refused() -> tuple[str, ...]:
    """Where connections were tried to and refused, once each: a library may have swallowed the error."""
    return tuple(dict.fromkeys(_state.refused))


def is_local(where: object) -> bool:
    """True for an address that does not leave this machine, as a socket takes it or as a name.

    >>> is_local(("127.0.0.1", 80)), is_local("localhost"), is_local(("example.org", 443))
    (True, True, False)
    """
    if where is None:
        return True
    if isinstance(where, tuple):
        if not where or not isinstance(where[0], str | bytes):
            return True  # of another family (netlink, Bluetooth): no network
        return is_local(where[0])
    host = where.decode("utf-8", errors="replace") if isinstance(where, bytes) else str(where)
    if host.casefold() in _LOCAL_NAMES:
        return True
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _state.on or not event.startswith("socket."):
        return
    at = _CONNECTS.get(event, _ASKS.get(event))
    if at is None or len(arguments) <= at or is_local(arguments[at]):
        return
    if event in _CONNECTS and not isinstance(arguments[at], tuple):
        return  # a socket that is a file
    host = _host(arguments[at])
    _state.refused.append(host)
    raise ConnectionRefusedHereError(
        f"Something tried to open a connection to {host}. copipe refused it.",
        "copipe connects only for `copipe models pull`. Please report this: no data have left this machine.",
    )


def _host(where: object) -> str:
    host = where[0] if isinstance(where, tuple) and where else where
    return host.decode("utf-8", errors="replace") if isinstance(host, bytes) else str(host)
