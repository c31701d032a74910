"""Run a command where the real index hosts lead to a canary on this machine, and count who comes.

Started as a program inside fresh network and mount namespaces: `canary.py RESULT HOST… -- COMMAND…`. Every HOST
resolves to the loopback, where the canary listens on the ports of the web; nothing else can be reached at all. The
result file gets the command's exit code and one entry for each connection that the canary saw.
"""

import ctypes
import fcntl
import json
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

MS_BIND = 4096
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
PORTS = (80, 443)


def raise_loopback() -> None:
    """Bring `lo` up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def lead_to_loopback(hosts: list[str], folder: Path) -> None:
    """Let these hosts resolve to this machine, for everything inside the namespace."""
    file = folder / "hosts"
    file.write_text("".join(f"127.0.0.1 {host}\n" for host in ("localhost", *hosts)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(bytes(file), b"/etc/hosts", None, MS_BIND, None):
        raise OSError(ctypes.get_errno(), "mount")


def listen(seen: list[int]) -> None:
    """Note every connection to the web's ports, and end it."""
    for port in PORTS:
        server = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=_accept, args=(server, port, seen), daemon=True).start()


def _accept(server: socket.socket, port: int, seen: list[int]) -> None:
    while True:
        connection, _ = server.accept()
        seen.append(port)
        connection.close()


def main() -> None:
    """Set the trap, run the command, write the result."""
    result, *rest = sys.argv[1:]
    split = rest.index("--")
    hosts, command = rest[:split], rest[split + 1 :]
    seen: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        raise_loopback()
        lead_to_loopback(hosts, Path(folder))
        listen(seen)
        with socket.create_connection((hosts[0], PORTS[0])):
            pass  # the trap works: this one is seen
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
    data = {"code": ended.returncode, "out": ended.stdout, "err": ended.stderr, "seen": seen}
    Path(result).write_text(json.dumps(data))


if __name__ == "__main__":
    main()
