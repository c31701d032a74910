import subprocess
import sys

import pytest
from twine import repository, utils

from bonded.dists import endpoints
from bonded.dists.endpoints import Endpoints, for_host, known, pypi
from bonded.dists.names import parse_project_name


def test_addresses_are_twines() -> None:
    """The upload addresses are those to which twine uploads."""
    assert pypi().upload_url == utils.DEFAULT_REPOSITORY
    assert endpoints.testpypi().upload_url == utils.TEST_REPOSITORY
    assert pypi().web_url == repository.WAREHOUSE_WEB
    assert [index.audience for index in known()] == ["pypi", "testpypi"]


@pytest.mark.parametrize("index", known(), ids=lambda index: index.name)
def test_every_host_leads_back_to_its_index(index: Endpoints) -> None:
    """A host name belongs to one index, in any letter case and with the root's dot."""
    for host in index.hosts:
        assert for_host(host) is index
        assert for_host(host.upper() + ".") is index

    assert for_host(index.upload_url.split("/")[2]) is index
    assert index.simple_url == index.web_url + "simple/"


@pytest.mark.parametrize("host", ["", "example.org", "evil-{}", "{}.example.org", "{}:443"])
def test_other_hosts_belong_to_none(host: str) -> None:
    """A host name that only contains a known one is a stranger's."""
    assert for_host(host.format(next(iter(pypi().hosts)))) is None


def test_the_publisher_form_is_filled_in_beforehand() -> None:
    """The link carries the fields that are set, in a form that no value can break out of."""
    fields = {
        "provider": "github",
        "owner": "octo",
        "environment": "",
        "workflow_filename": "a&b=é /#.yml",
    }
    url = endpoints.testpypi().publishing_form_url(parse_project_name("My.Widget"), fields)

    assert url == (
        endpoints.testpypi().web_url + "manage/project/my-widget/settings/publishing/"
        "?provider=github&owner=octo&workflow_filename=a%26b%3D%C3%A9%20%2F%23.yml"
    )
    assert pypi().publishing_form_url(parse_project_name("x"), {}).endswith("/publishing/")
    assert pypi().project_url(parse_project_name("x")) == pypi().web_url + "project/x/"


def test_a_constant_of_another_form_is_noticed() -> None:
    """Should twine's constants change their form, that is an error and not an empty host."""
    with pytest.raises(ValueError, match="not an https address"):
        endpoints._host("ftp://example.org/")


def test_twine_is_not_imported_before_the_first_question() -> None:
    """Importing the module does not import twine, which is slow."""
    program = "import sys, bonded.dists.endpoints; raise SystemExit('twine' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_path_is_one_value_of_a_query() -> None:
    """Everything but the unreserved letters is encoded (RFC 3986)."""
    assert endpoints.percent_encoded("/a-b~c/ü&=") == "%2Fa-b~c%2F%C3%BC%26%3D"
