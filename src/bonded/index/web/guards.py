"""What browsers are told to keep pages from doing; and when a client is a browser at all.

`img-src 'self'` and nothing else: a picture from elsewhere would tell its server who reads which page and when, and
that server is chosen by whoever wrote the README. Pictures are shown as links instead (`pages.readme`), so nothing is
missing that the policy forbids. There is no `script-src`: with `default-src 'none'` nothing runs.
"""

from starlette.requests import Request

from bonded.index.web.accept import weights
from bonded.index.web.representation import RawHeaders

__all__ = ["GUARDS", "is_browser"]

GUARDS: RawHeaders = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
            b"frame-ancestors 'none'"
        ),
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)

_PAGE = "text/html"
_READ = frozenset({"GET", "HEAD"})


def is_browser(request: Request) -> bool:
    """Tell whether a refusal is best told as a page: somebody reads, and wants nothing more than HTML.

    Installers name `text/html` too, but as what they like least.
    """
    wanted = weights(request.headers.get("accept", ""))
    page = wanted.get(_PAGE, 0.0)
    return request.method in _READ and page > 0 and page >= max(wanted.values())
