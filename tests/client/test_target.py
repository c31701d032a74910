"""Where to publish."""

import pytest

from bonded.client.target import parse_target
from bonded.dists import endpoints
from bonded.dists.names import ProjectName
from bonded.errors import UsageError

GREETER = ProjectName("greeter")


@pytest.mark.parametrize("known", endpoints.known(), ids=lambda one: one.name)
def test_an_index_is_known_by_name_and_by_address(known: endpoints.Endpoints) -> None:
    """Both ways lead to the same place."""
    named = parse_target(known.name.upper())

    assert named == parse_target(known.upload_url)
    assert named.is_known
    assert (named.name, named.simple_url) == (known.name, known.simple_url)
    assert named.page_url(GREETER) == f"{known.simple_url}greeter/"
    assert named.release_url(GREETER, "1.0") == f"{known.web_url}project/greeter/1.0/"


@pytest.mark.parametrize(
    ("address", "given", "simple"),
    [
        ("https://pkgs.example/legacy/", "", "https://pkgs.example/simple/"),
        ("https://pkgs.example:8443/team/legacy", "", "https://pkgs.example:8443/team/simple/"),
        ("https://pkgs.example/upload", "", ""),
        ("https://pkgs.example/upload", "https://read.example/s", "https://read.example/s/"),
        ("http://127.0.0.1:3000/legacy/", "", "http://127.0.0.1:3000/simple/"),
    ],
)
def test_any_other_index_is_an_address(address: str, given: str, simple: str) -> None:
    """Where its files are listed is guessed from the usual shape, or said."""
    found = parse_target(address, simple_url=given)

    assert (found.name, found.simple_url, found.is_known) == ("other", simple, False)
    assert found.page_url(GREETER) == (f"{simple}greeter/" if simple else "")
    assert found.release_url(GREETER, "1") == found.page_url(GREETER)
    assert address.startswith(found.origin)


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("", ""),
        ("staging", ""),
        ("http://pkgs.example/legacy/", ""),
        ("https://user:password@pkgs.example/legacy/", ""),
        ("ftp://pkgs.example/", ""),
        ("https://pkgs.example/legacy/", "http://read.example/"),
        ("https://pkgs.example/legacy/", "nonsense"),
    ],
)
def test_what_would_carry_a_token_openly_is_no_index(text: str, simple: str) -> None:
    """Plain http is for this machine alone, and no password stands in an address."""
    with pytest.raises(UsageError, match=r"^--to: "):
        parse_target(text, simple_url=simple)
