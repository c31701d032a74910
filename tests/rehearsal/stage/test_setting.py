from pathlib import Path

from bonded.rehearsal.stage.setting import Surroundings, _upstream


def test_the_users_index_is_asked_as_the_users_tools_ask_it(tmp_path: Path) -> None:
    """Wherever it is, without TLS where the user has none, and through the proxy and authorities of the environment."""
    environ = {"HTTPS_PROXY": "http://proxy.example:3128", "SSL_CERT_FILE": "/certs.pem"}
    around = Surroundings(
        environ=environ,
        home=tmp_path,
        cache=tmp_path / "cache",
        offline=True,
        isolate=False,
        keep_index=None,
    )

    found = _upstream(around, "http://me:hunter2@mirror.example/simple/")

    assert found.proxies.proxy_for("https", "far.example", 443) == "http://proxy.example:3128"
    assert (found.ca_bundle, found.cache) == (Path("/certs.pem"), tmp_path / "cache")
    assert (found.private_network, found.plain_http, found.offline) == (True, True, True)
    assert (found.follows, found.cooldown.min_age) == (True, 0)
    assert "hunter2" not in repr(found)
