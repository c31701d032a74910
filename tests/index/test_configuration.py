"""The file that says what an index demands and whom it trusts."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bonded.dists.endpoints import known
from bonded.errors import InvalidInput
from bonded.index.configuration import Configuration, audience_fault, read_configuration
from bonded.index.settings import Access, Attestations
from bonded.minting.policy import Policy
from bonded.oidc.issuers import TrustedIssuer
from bonded.oidc.verify import TokenRules
from bonded.publishers import PYPI, STRICT, Rules
from bonded.publishers.github import ISSUER
from index_world import signing_key
from issuer_server import authority_bundle

Read = Callable[[str], Configuration]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Give what reads a text as the file."""

    def reading(text: str) -> Configuration:
        path = tmp_path / "bonded.toml"
        path.write_text(text, encoding="utf-8")
        return read_configuration(path)

    return reading


def faults_of(read: Read, text: str) -> list[str]:
    """Return every fault of a text, with its hint."""
    with pytest.raises(InvalidInput) as refused:
        read(text)
    return [f"{one.message} / {one.hint}" for one in refused.value.faults]


def issuer_of(configuration: Configuration, url: str) -> TrustedIssuer:
    """Return one trusted issuer."""
    (found,) = [one for one in configuration.issuers if one.url == url]
    return found


def test_an_empty_file_is_the_default(read: Read) -> None:
    """Without a word the rules are the strict ones, and the services that bonded knows are trusted."""
    assert read("") == Configuration()
    assert Configuration().mint == Policy.strict("")
    assert {"github", "gitlab", "google", "activestate"} <= {
        one.kind for one in Configuration().issuers
    }


def test_every_rule_has_its_key(read: Read) -> None:
    """Each rule is switched by its own name, and nothing else changes with it."""
    names = [rule.name for rule in fields(Rules)]
    for name in names:
        said = read(f'[mint]\nlike = "pypi"\n{name.replace("_", "-")} = true')

        assert said.mint == Policy(audience="", rules=Rules(**{name: True}))


def test_everything_is_read(read: Read) -> None:
    """Audience, switches, lifetimes, name and proxies."""
    said = read(
        """
        name = "Example"
        trusted-proxies = ["10.0.0.1", "::1"]
        [mint]
        audience = "packages.example"
        disabled-kinds = ["google"]
        enabled = false
        max-lifetime = 600
        once-without-jti = false
        explains = false
        require-environment = true
        """
    )

    assert said.name == "Example"
    assert said.trusted_proxies == {"10.0.0.1", "::1"}
    assert said.mint.audience == "packages.example"
    assert said.mint.disabled_kinds == {"google"}
    assert said.mint.tokens == TokenRules(max_lifetime=600)
    assert said.mint.rules == replace(STRICT, require_environment=True)
    assert not any((said.mint.enabled, said.mint.once_without_jti, said.mint.explains))
    assert said.settings(Path("x"), "here").mint.audience == "here"


def test_like_pypi_is_pypi(read: Read) -> None:
    """One word makes an index decide as PyPI does."""
    assert read('[mint]\nlike = "pypi"').mint == Policy(audience="")
    assert read('[mint]\nlike = "pypi"').mint.rules == PYPI
    assert read("[mint]\nmax-lifetime = 0").mint.tokens == TokenRules(max_lifetime=None)


def test_an_issuer_is_added(read: Read, tmp_path: Path) -> None:
    """A service of one's own is trusted as what it is, beside those that bonded knows."""
    (tmp_path / "keys.json").write_text(json.dumps(signing_key().jwks()))
    said = read(
        """
        [[issuers]]
        url = "https://gitlab.example"
        kind = "gitlab"
        algorithms = ["RS256", "ES256"]
        keys = "keys.json"
        jwks-hosts = ["keys.example"]
        private-network = true
        """
    )

    issuer = issuer_of(said, "https://gitlab.example")
    assert issuer.kind == "gitlab"
    assert issuer.algorithms == {"RS256", "ES256"}
    assert issuer.jwks_hosts == {"keys.example"}
    assert issuer.private_network
    assert issuer.pinned is not None
    assert issuer_of(said, ISSUER).kind == "github"


def test_a_known_issuer_keeps_what_it_needs(read: Read, tmp_path: Path) -> None:
    """Who pins the keys of a service that bonded knows need not know its algorithms and hosts."""
    (tmp_path / "keys.json").write_text(json.dumps(signing_key().jwks()))
    said = read(f'[[issuers]]\nurl = "{ISSUER}"\nkind = "github"\nkeys = "keys.json"')
    google = read('[[issuers]]\nurl = "https://accounts.google.com"\nkind = "google"')

    assert issuer_of(said, ISSUER).pinned is not None
    assert issuer_of(google, "https://accounts.google.com") in Configuration().issuers


def test_only_the_named_issuers(read: Read) -> None:
    """One switch leaves out everything that is not named, organisations included."""
    said = read('issuers-only = true\n[[issuers]]\nurl = "https://gitlab.example"\nkind = "gitlab"')

    assert [one.url for one in said.issuers] == ["https://gitlab.example"]
    assert not said.organisations


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("nane = 1", "nane: unknown key / did you mean 'name'?"),
        ("zzz = 1", "zzz: unknown key / known: name"),
        ("[mint]\npin-id = true", "mint.pin-id: unknown key / did you mean 'pin-ids'?"),
        ("[mint]\npin_ids = true", "mint.pin_ids: unknown key / did you mean 'pin-ids'?"),
        ("[mint]\npin-ids = 1", "mint.pin-ids: expected true or false, got 1"),
        ("mint = 1", "mint: expected a table, got 1"),
        ("name = 1", "name: expected a text, got 1"),
        ("[mint]\nmax-lifetime = true", "mint.max-lifetime: expected a number of seconds"),
        ("[mint]\nmax-lifetime = -1", "mint.max-lifetime: expected a number of seconds"),
        ("[mint]\nmax-lifetime = nan", "mint.max-lifetime: expected a number of seconds"),
        ("[mint]\nmax-lifetime = inf", "mint.max-lifetime: expected a number of seconds"),
        ('[mint]\nlike = "npm"', "mint.like: expected 'bonded' or 'pypi', got 'npm'"),
        ('[mint]\naudience = "a b"', "mint.audience: an audience has no spaces"),
        ('[mint]\ndisabled-kinds = ["x"]', "mint.disabled-kinds: 'x' is not one of activestate"),
        ('[mint]\ndisabled-kinds = "x"', "mint.disabled-kinds: expected a list of texts"),
        ("[mint]\ndisabled-kinds = [1]", "mint.disabled-kinds: expected a list of texts"),
        ('trusted-proxies = ["host"]', "trusted-proxies: expected addresses such as"),
        ("issuers = [1]", "issuers: expected an array of tables, written [[issuers]]"),
        ("issuers = 1", "issuers: expected an array of tables, written [[issuers]], got 1"),
        ('[[issuers]]\nurl = "https://a.example"', "issuers[0].kind: expected one of activestate"),
        ('[[issuers]]\nkind = "gitlab"', "issuers[0].url: not an address"),
        (
            '[[issuers]]\nurl = "https://a.example/"\nkind = "gitlab"',
            "issuers[0].url: an issuer is compared to the letter",
        ),
        (
            '[[issuers]]\nurl = "https://a.example"\nkind = "gitlab"\nkeys = "none.json"',
            "issuers[0].keys: ",
        ),
        (
            '[[issuers]]\nurl = "https://a.example"\nkind = "gitlab"\nkey = "x"',
            "issuers[0].key: unknown key / did you mean 'keys'?",
        ),
        (
            '[[issuers]]\nurl = "https://a.example"\nkind = "gitlab"\nalgorithms = ["HS256"]',
            "issuers[0].algorithms: expected 'ES256' or 'RS256', got 'HS256'",
        ),
        (
            f'[[issuers]]\nurl = "{ISSUER}"\nkind = "gitlab"',
            f"issuers: the issuer '{ISSUER}' is GitHub's own",
        ),
        (
            f'[[issuers]]\nurl = "{ISSUER.upper().replace("HTTPS", "https")}"\nkind = "gitlab"',
            "GitHub's own",
        ),
        (
            '[[issuers]]\nurl = "https://a.example"\nkind = "github"',
            "issuers: no publisher of the kind 'github' can have the issuer",
        ),
        ("[mint]\nmax-pending = 1.5", "mint.max-pending: expected a whole number, got 1.5"),
        ("[mint]\nmax-pending = -1", "mint.max-pending: expected a whole number from 0"),
        ("[mint]\nmax-pending = true", "mint.max-pending: expected a whole number, got True"),
        ('[database]\nurl = "mysql://u:s@h/d"', "database.url: expected postgresql://USER@HOST"),
        ("[database]\nurI = 1", "database.urI: unknown key / did you mean 'url'?"),
        ('ca-bundle = "none.pem"', "ca-bundle: 'none.pem' is no file of certificates"),
        ('ca-bundle = "bonded.toml"', "there is no certificate in it"),
        ('ca-bundle = "a\\u0000b"', "is no file of certificates in PEM form"),
        (
            '[[issuers]]\nurl = "https://a.example"\nkind = "gitlab"\n' * 2,
            "issuers: the issuer 'https://a.example' is named twice",
        ),
    ],
)
def test_what_cannot_be_is_named(read: Read, text: str, fault: str) -> None:
    """A fault says which key, what was expected and what came."""
    (said,) = faults_of(read, text)

    assert fault in said


def test_all_faults_are_named_at_once(read: Read) -> None:
    """Nobody has to start a server three times to hear three faults."""
    assert len(faults_of(read, "nane = 1\n[mint]\npin-id = 1\nlike = 2\n[[issuers]]\nu = 1")) == 6


def test_all_faults_of_an_issuer_are_named_at_once(read: Read) -> None:
    """A file of keys that is missing hides neither a wrong address, nor a wrong algorithm, nor a wrong kind."""
    said = faults_of(
        read,
        """
        [[issuers]]
        url = "http://gitlab.example"
        kind = "gitlub"
        keys = "none.json"
        algorithms = ["HS256"]
        ca-bundle = "none.pem"
        """,
    )

    keys = ("url", "kind", "keys", "algorithms", "ca-bundle")
    for key in keys:
        assert sum(f"issuers[0].{key}: " in fault for fault in said) == 1
    assert len(said) == len(keys)


def test_authorities_are_named_for_all_or_for_one(read: Read, tmp_path: Path) -> None:
    """A file of authorities counts for every issuer, or for the one in whose table it stands."""
    bundle = authority_bundle(tmp_path)
    said = read(
        f"""
        ca-bundle = "{bundle.name}"
        [[issuers]]
        url = "https://gitlab.example"
        kind = "gitlab"
        ca-bundle = "{bundle.name}"
        """
    )

    assert said.ca_bundle == bundle
    assert said.ca_bundles == {"https://gitlab.example": bundle}


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    """A missing file, and one that is not TOML, are named."""
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    (tmp_path / "worse.toml").write_text("= 1")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 5000)
    for name, fault in (
        ("none.toml", "cannot be read: No such file"),
        ("nul\0.toml", "cannot be read"),
        ("half\ud800.toml", "cannot be read"),
        ("deep.toml", "is not TOML: nested too deeply"),
        ("bad.toml", "is not TOML"),
        ("worse.toml", "is not TOML"),
    ):
        with pytest.raises(InvalidInput, match=fault) as refused:
            read_configuration(tmp_path / name)
        assert refused.value.faults[0].location.file == str(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "policy", "root"),
    [
        ("", Attestations.VERIFY, None),
        ("[attestations]", Attestations.VERIFY, None),
        ('[attestations]\npolicy = "refuse"', Attestations.REFUSE, None),
        ('[attestations]\npolicy = "store-unverified"', Attestations.STORE_UNVERIFIED, None),
        ('[attestations]\ntrust-root = "public"', Attestations.VERIFY, None),
        ('[attestations]\ntrust-root = "none"', Attestations.REFUSE, None),
        ('[attestations]\npolicy = "verify"\ntrust-root = "root.json"', Attestations.VERIFY, "root.json"),
    ],
)  # fmt: skip
def test_whom_attestations_are_believed_by(
    read: Read, tmp_path: Path, text: str, policy: Attestations, root: str | None
) -> None:
    """They are verified by the public Sigstore, or by one of a file beside this one; by none, they are refused."""
    (tmp_path / "root.json").touch()

    said = read(text)

    assert (said.attestations, said.trust_root) == (policy, tmp_path / root if root else None)
    assert said.settings(tmp_path, "a").attestations is policy


@pytest.mark.parametrize("root", ["public", "bundled"])
def test_the_public_root_is_kept_new_unless_it_may_not(read: Read, root: str) -> None:
    """An index that may ask nobody believes what came with the library, if its owner says so."""
    said = read(f'[attestations]\ntrust-root = "{root}"')

    assert said.trust_root is None
    assert said.trust_refreshes is (root == "public")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('policy = "maybe"', "attestations.policy: expected 'refuse' or 'store-unverified' or 'verify', got 'maybe'"),
        ("policy = 1", "attestations.policy: expected a text, got 1"),
        ('trust-root = "none.json"', "attestations.trust-root: there is no file 'none.json'"),
        ('trust-root = "."', "there is no file '.'"),
        ('trust-root = "a\\u0000"', "there is no file"),
        (f'trust-root = "{"a" * 5000}"', "there is no file"),
        ('policy = "refuse"\ntrust-root = "public"', "is asked only where policy is 'verify', not 'refuse'"),
        ('trust-rot = "public"', "did you mean 'trust-root'?"),
    ],
)  # fmt: skip
def test_what_cannot_be_believed_is_named(read: Read, text: str, fault: str) -> None:
    """A fault in the table of attestations is one like every other."""
    (said,) = faults_of(read, f"[attestations]\n{text}")

    assert fault in said


@pytest.mark.parametrize(
    "audience", ["", "a b", "\n", "x" * 256, *(index.audience for index in known()), "PyPI"]
)
def test_an_audience_that_cannot_be(audience: str) -> None:
    """An index is not called as PyPI is: a token for the one must be worth nothing at the other."""
    assert audience_fault(audience)


@pytest.mark.parametrize("audience", ["packages.example", "localhost:8443", "https://a.example"])
def test_an_audience_that_can_be(audience: str) -> None:
    """A host, or an address."""
    assert audience_fault(audience) == ""


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(
            ["name", "mint", "issuers", "issuers-only", "trusted-proxies", "attestations", "x"]
        ),
        st.recursive(
            st.booleans() | st.integers() | st.text('ab"', max_size=3),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(
                        (
                            *("url", "kind", "audience", "like", "max-lifetime", "keys"),
                            *("policy", "trust-root"),
                        )
                    ),
                    inner,
                    max_size=2,
                )
            ),
            max_leaves=4,
        ),
    )
)
def test_any_toml_is_read_or_refused(read: Read, document: dict[str, object]) -> None:
    """Whatever stands in the file, the answer is a value or faults."""
    import tomlkit

    with contextlib.suppress(InvalidInput):
        read(tomlkit.dumps(document))


def test_the_book_may_be_a_database(read: Read, tmp_path: Path) -> None:
    """The address goes to the index as it is, and is never shown; without one there is a file."""
    said = read('[database]\nurl = "postgresql://u:secret@db.example/x"\n[mint]\nmax-pending = 7')
    settings = said.settings(tmp_path, "here")

    assert (settings.database, settings.max_pending) == ("postgresql://u:secret@db.example/x", 7)
    assert "secret" not in repr(said) + repr(settings)
    assert read("").settings(tmp_path, "here").database is None
    assert "secret" not in str(faults_of(read, '[database]\nurl = "mysql://u:secret@h/d"'))


def test_who_may_read_and_how_much_is_taken(read: Read, tmp_path: Path) -> None:
    """Anyone may read and the sizes are PyPI's, unless the file says otherwise."""
    usual = Configuration().settings(tmp_path, "a")
    text = '[access]\nread = "token"\n[limits]\nfile-size = "1 GiB"\nproject-size = 7'
    bent = read(text).settings(tmp_path, "a")

    assert (usual.access, usual.file_size, usual.project_size) == (
        Access.ANYONE,
        100 << 20,
        10 << 30,
    )
    assert (bent.access, bent.file_size, bent.project_size) == (Access.TOKEN, 1 << 30, 7)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[access]\nread = "nobody"', "access.read: expected 'anyone' or 'token', got 'nobody'"),
        ("[limits]\nfile-size = 0", "limits.file-size: expected a size above 0, got 0"),
        ('[limits]\nproject-size = "0 MiB"', "limits.project-size: expected a size above 0"),
        ("[limits]\nprojectsize = 3", "limits.projectsize: unknown key"),
    ],
)
def test_bent_access_and_limits_are_faults(read: Read, text: str, fault: str) -> None:
    """A misspelt word would leave the index open, or closed to every upload."""
    assert fault in "\n".join(faults_of(read, text))
