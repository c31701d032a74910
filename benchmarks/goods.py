"""Distributions for benchmarks: wheels that every index takes, the same bytes for each of them."""

import base64
import hashlib
import io
import random
import zipfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["projects", "wheel", "write"]


def wheel(name: str, version: str, size: int) -> bytes:
    """Return a wheel whose one data file has `size` bytes that do not compress."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: >=3.9\n"
    members = {
        f"{name}/data.bin": random.Random(f"{name} {version}").randbytes(size),
        f"{name}/__init__.py": b"",
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: b\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{path},sha256={_digest(data)},{len(data)}" for path, data in members.items()]
    record = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path, data in {**members, f"{info}/RECORD": record}.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return stream.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def projects(others: int) -> Mapping[str, tuple[int, int]]:
    """Return projects by name: how many releases of one wheel each, and how large those are."""
    small = {f"other{number}": (1, 1000) for number in range(others)}
    return {"small": (5, 4000), "large": (500, 1000), "huge": (1, 50 << 20), **small}


def write(folder: Path, others: int) -> None:
    """Write the wheels of these projects into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (count, size) in projects(others).items():
        for number in range(count):
            path = folder / f"{name}-1.{number}-py3-none-any.whl"
            path.write_bytes(wheel(name, f"1.{number}", size))
