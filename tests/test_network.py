"""The guard against connections, in programs of its own: an audit hook cannot be taken out again."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.attack("connections")


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('198.51.100.7', 80), timeout=2)",
        "socket.socket().connect(('198.51.100.7', 80))",
        "socket.socket().connect_ex(('198.51.100.7', 80))",
        "socket.socket(socket.AF_INET6).connect(('2001:db8::7', 80, 0, 0))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('198.51.100.7', 53))",
        "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('198.51.100.7', 53))",
        "socket.getaddrinfo('example.org', 443)",
        "socket.gethostbyname('example.org')",
        "early('198.51.100.7')",
        "__import__('urllib.request').request.urlopen('http://198.51.100.7/', timeout=2)",
        "__import__('_socket').socket().connect(('198.51.100.7', 80))",
    ],
)
def test_a_connection_is_refused_whoever_asks(attempt: str) -> None:
    done = run(f"""
        import socket
        connect = socket.socket.connect
        early = lambda host: connect(socket.socket(), (host, 80))
        from copipe import network
        network.guard()
        try:
            {attempt}
        except network.ConnectionRefusedHereError as error:
            print(error.message, network.refused())
    """)
    assert "copipe refused it" in done.stdout, done.stderr
    assert "198.51.100.7" in done.stdout or "example.org" in done.stdout or "2001:db8::7" in done.stdout


def test_this_machine_may_be_talked_to() -> None:
    done = run("""
        import asyncio, os, socket, tempfile
        from copipe import network
        network.guard()
        server = socket.create_server(("127.0.0.1", 0))
        socket.create_connection(server.getsockname()).close()
        socket.getaddrinfo("localhost", 80); socket.getaddrinfo(None, 80)
        if hasattr(socket, "AF_UNIX"):
            os.chdir(tempfile.mkdtemp())
            here = socket.socket(socket.AF_UNIX); here.bind("name.sock"); here.listen()
            socket.socket(socket.AF_UNIX).connect("name.sock")
        socket.socketpair()
        asyncio.run(asyncio.sleep(0))
        print("good", network.refused())
    """)
    assert done.stdout == "good ()\n", done.stderr


def test_hubs_are_told_to_stay_offline_and_a_program_that_fetches_is_not() -> None:
    done = run("""
        import os
        os.environ.pop("HF_HUB_OFFLINE", None)
        os.environ["TRANSFORMERS_OFFLINE"] = "0"
        from copipe import network
        network.guard()
        child = network.environment()
        print(os.environ["HF_HUB_OFFLINE"], "HF_HUB_OFFLINE" in child, child["TRANSFORMERS_OFFLINE"])
        import huggingface_hub.constants
        print(huggingface_hub.constants.HF_HUB_OFFLINE)
    """)
    assert done.stdout.split() == ["1", "False", "0", "True"], done.stderr


def test_a_command_that_tries_ends_with_an_error() -> None:
    script = """
        import socket, sys
        from copipe.cli import app
        def tries(**kwargs):
            {0}
        app.app = tries
        sys.argv = ["copipe"]
        app.main()
    """
    done = run(script.format("socket.create_connection(('198.51.100.7', 80))"))
    assert done.returncode == 1
    assert "connection to 198.51.100.7. copipe refused it" in done.stderr
    assert "Traceback" not in done.stderr
    quiet = run(
        script.format(
            "\n            ".join(["try:", "    socket.gethostbyname('example.org')", "except Exception:", "    pass"])
        )
    )
    assert quiet.returncode == 1
    assert "Done. But something tried to open a connection to example.org" in quiet.stderr
