"""The variables that lead a step's tools through the proxy and let them believe the evening's authority.

Every family of tools reads its own name. Read in their documentation and tried: curl, git, OpenSSL, Python's ssl,
requests, pip, twine, uv, cargo, Node, the AWS tools, Go (which reads SSL_CERT_FILE on Linux).
"""

from pathlib import Path

__all__ = ["environment"]

PROXIED = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
"""curl reads `http_proxy` in lower case only; many others read upper case first."""

BUNDLES = (
    "SSL_CERT_FILE",  # OpenSSL, Python's ssl, httpx, uv and other rustls programs, Go
    "REQUESTS_CA_BUNDLE",  # requests, so twine and most Python tools
    "PIP_CERT",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "CARGO_HTTP_CAINFO",
    "AWS_CA_BUNDLE",
    "DENO_CERT",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
)

OWN_MACHINE = "localhost,127.0.0.1,::1"


def environment(proxy_url: str, bundle: Path) -> dict[str, str]:
    """Return the variables for a step; `bundle` is the PEM file of Authority.bundle, readable to steps.

    SSL_CERT_DIR must not be among the step's other variables: OpenSSL and uv would add what is in it. uv reads
    SSL_CERT_FILE whether or not it is told to use the system's certificates (tried with 0.13).
    """
    return {
        **dict.fromkeys(PROXIED, proxy_url),
        "no_proxy": OWN_MACHINE,
        "NO_PROXY": OWN_MACHINE,
        **dict.fromkeys(BUNDLES, str(bundle)),
        "NODE_USE_ENV_PROXY": "1",  # Node 24 and later take proxies from the environment when told
    }
