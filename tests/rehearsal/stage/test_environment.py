from pathlib import Path

from bonded.rehearsal.stage.environment import environment


def test_every_tool_is_told() -> None:
    """The proxy is named in both cases, the bundle under every tool's own name, and the loopback stays direct."""
    told = environment("http://127.0.0.1:9", Path("/stage/ca.pem"))

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        assert told[name] == told[name.upper()] == "http://127.0.0.1:9"
    for name in (
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "PIP_CERT",
        "CURL_CA_BUNDLE",
        "GIT_SSL_CAINFO",
    ):
        assert told[name] == "/stage/ca.pem"
    assert told["NODE_EXTRA_CA_CERTS"] == "/stage/ca.pem"
    assert told["no_proxy"] == told["NO_PROXY"] == "localhost,127.0.0.1,::1"
    assert "SSL_CERT_DIR" not in told
