"""Attacks on the form of a token and on its signature."""

from collections.abc import Iterator

from attacks.forging import (
    Attack,
    curve,
    es256,
    genuine,
    header,
    hs256,
    private,
    public_forms,
    rs256,
    stranger,
)
from claims_builder import claims, key, segment

ALGORITHMS: tuple[object, ...] = (
    *(
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "rs256",
        "RS256 ",
        " RS256",
        "RS256\x00",
        "RS384",
        "RS512",
    ),
    *("PS256", "HS256", "HS384", "HS512", "ES256", "ES384", "ES256K", "EdDSA", "Ed25519"),
    *("RSA-OAEP", "dir", None, 0, True, ["RS256"], {"RS256": 1}, ...),
)
KEY_IDS: tuple[tuple[object, str, str], ...] = (
    (..., "invalid-token", "names no key"),
    ("", "invalid-token", "names no key"),
    (None, "invalid-payload", "malformed"),
    (7, "invalid-payload", "malformed"),
    (["k"], "invalid-payload", "malformed"),
    ("../../../../dev/null", "invalid-token", "no key with the id"),
    ("' OR 1=1 --", "invalid-token", "no key with the id"),
    ("%00", "invalid-token", "no key with the id"),
    ("k" * 4000, "invalid-token", "no key with the id"),
)


def algorithms() -> Iterator[Attack]:
    """The token chooses its algorithm: it may not. The signature under each is the issuer's own."""
    for value in ALGORITHMS:
        yield Attack(
            f"alg {value!r}", rs256(header(alg=value), claims()), "invalid-token", "signed with"
        )
    unsigned = f"{segment(header(alg='none'))}.{segment(claims())}."
    yield Attack("alg none, no signature", unsigned, "invalid-payload", "malformed")
    for form, secret in public_forms().items():
        token = hs256(header(alg="HS256"), claims(), secret)
        yield Attack(f"HS256 with the public key as {form}", token, "invalid-token", "signed with")
        token = hs256(header(), claims(), secret)
        yield Attack(f"HMAC under RS256, {form}", token, "invalid-token", "signature")
    yield Attack(
        "an EC signature under RS256", es256(header(), claims()), "invalid-token", "signature"
    )
    yield Attack(
        "PSS under RS256", rs256(header(), claims(), pss=True), "invalid-token", "signature"
    )


def brought_keys() -> Iterator[Attack]:
    """The token brings its own key, or says where to find it: nobody looks."""
    numbers = stranger().public_key().public_numbers()
    jwk = {
        "kty": "RSA",
        "n": segment(numbers.n.to_bytes(256)),
        "e": segment(numbers.e.to_bytes(3)),
        "kid": key().key_id,
    }
    address = "https://evil.example/jwks.json"
    for extra in (
        {"jwk": jwk},
        {"jku": address},
        {"x5u": address},
        {"x5c": ["MIIB"]},
        {"x5t": "AAAA"},
        {"jwk": jwk, "jku": address, "x5u": address},
        {},
    ):
        token = rs256(header(**extra), claims(), stranger())
        name = f"a stranger's key with {', '.join(extra) or 'a known key id'}"
        yield Attack(name, token, "invalid-token", "signature")
    token = rs256(header(kid="evil", jwk=jwk | {"kid": "evil"}), claims(), stranger())
    yield Attack("a stranger's key under its own id", token, "invalid-token", "no key with the id")
    for critical in (["exp"], [], "exp", ["b64"], None):
        token = rs256(header(crit=critical), claims())
        yield Attack(f"crit {critical!r}", token, "invalid-token", "'crit' is not supported")
    for flag in (False, True):
        token = rs256(header(b64=flag), claims())
        yield Attack(f"b64 {flag}", token, "invalid-token", "'b64' is not supported")
    for value, code, why in KEY_IDS:
        yield Attack(f"kid {str(value)[:30]!r}", rs256(header(kid=value), claims()), code, why)


def signatures() -> Iterator[Attack]:
    """The signature is another one, or a part of one."""
    good = genuine()
    text, _, signature = good.rpartition(".")
    other = genuine(jti="another").rpartition(".")[2]
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    for name, bent in {
        "of another token": other,
        "one bit flipped": flipped,
        "cut": signature[:-6],
        "doubled": signature + signature,
        "one byte": "AA",
        "zeros": segment(bytes(256)),
        "the EC key's": segment(curve().private_numbers().private_value.to_bytes(32)),
    }.items():
        yield Attack(f"signature: {name}", f"{text}.{bent}", "invalid-token", "signature")
    head, body, _ = good.split(".")
    swapped = segment(claims(repository_owner_id="6666"))
    yield Attack("claims swapped", f"{head}.{swapped}.{signature}", "invalid-token", "signature")
    bent_head = segment(header(typ="at+jwt"))
    yield Attack("header swapped", f"{bent_head}.{body}.{signature}", "invalid-token", "signature")


def shapes() -> Iterator[Attack]:
    """What is not three parts of strict JSON in strict base64url is no token, whoever signed it."""
    good = genuine()
    head, body, signature = good.split(".")
    tail = ALPHABET[ALPHABET.index(signature[-1]) ^ 1]
    for name, text in {
        "two parts": f"{head}.{body}",
        "four parts": f"{good}.{signature}",
        "five parts": f"{head}.{body}.{signature}.{body}.{signature}",
        "padding": f"{head}.{body}.{signature}=",
        "a space": f"{head}.{body} .{signature}",
        "a line end at the end": f"{good}\n",
        "a line end before": f"\n{good}",
        "standard base64": f"{head}.{body}.{signature[:-4]}+/+/",
        "other alphabet": f"{head}.{body}.\uff21\uff21\uff21\uff21",
        "too long": f"{head}.{body}{'A' * 20_000}.{signature}",
        "empty header": f".{body}.{signature}",
        "empty claims": f"{head}..{signature}",
        "dots": "..",
        "nothing": "",
        "JSON serialisation": '{"payload":"e30","signatures":[]}',
        "spare bits in the signature": f"{head}.{body}.{signature[:-1]}{tail}",
    }.items():
        yield Attack(f"shape: {name}", text, "invalid-payload", "malformed")
    for name, raw in JSON_TRICKS.items():
        yield Attack(f"claims: {name}", rs256(header(), raw), "invalid-payload", "malformed")
    for name, raw in HEADER_TRICKS.items():
        yield Attack(f"header: {name}", rs256(raw, claims()), "invalid-payload", "malformed")


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ISS = b'"iss":"https://token.actions.githubusercontent.com"'
JSON_TRICKS = {
    "the issuer twice": b'{%s,"iss":"https://evil.example"}' % ISS,
    "the audience twice": b'{%s,"aud":"x","aud":"pypi"}' % ISS,
    "the repository twice": b'{%s,"repository":"evil/x","repository":"octo/widget"}' % ISS,
    "a name twice, once escaped": b'{%s,"aud":"pypi","\\u0061ud":"x"}' % ISS,
    "a name twice, deep inside": b'{%s,"x":[{"a":1,"a":2}]}' % ISS,
    "NaN": b'{%s,"exp":NaN}' % ISS,
    "Infinity": b'{%s,"exp":Infinity}' % ISS,
    "a lone surrogate": b'{%s,"jti":"\\ud800"}' % ISS,
    "invalid UTF-8": b'{%s,"jti":"\xff"}' % ISS,
    "UTF-16": b"\xff\xfe{\x00}\x00",
    "a byte order mark": b"\xef\xbb\xbf{%s}" % ISS,
    "a comment": b"{%s /* x */}" % ISS,
    "a trailing comma": b"{%s,}" % ISS,
    "more behind": b"{%s} {}" % ISS,
    "a list": b"[1]",
    "a text": b'"x"',
    "null": b"null",
    "no issuer": b"{}",
    "an issuer that is a list": b'{"iss":["https://token.actions.githubusercontent.com"]}',
    "an issuer that is null": b'{"iss":null}',
    "a number of 5,000 digits": b'{%s,"exp":%s}' % (ISS, b"9" * 5000),
    "a thousand levels": b'{%s,"x":%s%s}' % (ISS, b"[" * 1500, b"]" * 1500),
}
HEADER_TRICKS = {
    "alg twice": b'{"alg":"none","alg":"RS256","kid":"x"}',
    "kid twice": b'{"alg":"RS256","kid":"x","kid":"y"}',
    "a list": b"[]",
    "null": b"null",
    "not JSON": b"{alg:RS256}",
}


def form_and_signature() -> Iterator[Attack]:
    """Every attack of this file."""
    yield from algorithms()
    yield from brought_keys()
    yield from signatures()
    yield from shapes()
    assert private().key_size == 2048
