"""Bytes bent at random: what a fuzzer does that knows nothing of the format but a few of its words."""

import random
from collections.abc import Sequence
from pathlib import Path

__all__ = ["CORPUS", "corpus", "mutated"]

CORPUS = Path(__file__).parent / "fuzz" / "corpus"

_WORDS = [
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\0" * 512,
    b"ustar\x0000",
    b"ustar  \0",
    b"00000000000\0",
    b"77777777777\0",
    b"x",
    b"g",
    b"L",
    b"K",
    b"S",
    b"10 path=a\n",
    b"\x1f\x8b",
    b"../",
    b"/",
    b"\\",
    b"\0",
    b"\r\n",
    b"\r\n--limit",
    b"--limit--",
    b"\r\n\r\n",
    b"\xff",
    b"\xc3\xa9",
    b".whl",
    b".tar.gz",
    b"-",
    b"_",
    b"1!",
    b"+x",
    b".post1",
    b"any",
    b"eyJ",
    b".",
    b"==",
    b'"',
    b"{",
    b"[",
    b"=",
    b"; ",
    b": ",
    b"\n",
    b"UNKNOWN",
    b"Name: ",
    b"Version: ",
    b"Requires-Dist: ",
    b"Dynamic: ",
    b"a @ b",
    b"2.2",
    b"Content-Disposition: form-data",
    b"name=",
]


def corpus(target: str) -> list[bytes]:
    """Return the seeds of a target, in the order of their names."""
    return [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Return one seed with a few changes: bits, bytes, words, pieces doubled or gone, the end of another seed."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        place = chance.randrange(len(data) + 1)
        length = chance.choice((1, 2, 4, 8, 64, 512))
        kind = chance.randrange(7)
        if kind == 0 and place < len(data):
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1 and place < len(data):
            data[place] = chance.randrange(256)
        elif kind == 2:
            data[place:place] = chance.choice(_WORDS)
        elif kind == 3:
            word = chance.choice(_WORDS)
            data[place : place + len(word)] = word
        elif kind == 4:
            del data[place : place + length]
        elif kind == 5:
            data[place:place] = data[place : place + length]
        else:
            other = chance.choice(seeds)
            data[place:] = other[chance.randrange(len(other) + 1) :]
    return bytes(data)
