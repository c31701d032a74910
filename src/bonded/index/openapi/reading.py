"""What readers ask: installers, browsers, programs. Every GET is answered to HEAD too, without the body."""

from bonded.index.openapi.operations import TEXT, Answer, Operation, Query, array, obj

__all__ = ["OPERATIONS"]

_HTML = "text/html"
_SIMPLE = (_HTML, "application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+json")
_BYTES = "application/octet-stream"
_PAGE = (Answer(status=200, media=(_HTML,)), Answer(status=304))
_OTHERWISE = (404, 503)


def _get(
    path: str,
    name: str,
    says: str,
    family: str,
    *answers: Answer,
    no: tuple[int, ...] = _OTHERWISE,
    query: tuple[Query, ...] = (),
) -> Operation:
    return Operation(
        method="get",
        path=path,
        name=name,
        says=says,
        family=family,
        answers=answers,
        no=no,
        query=query,
        auth="read",
    )


_SIMPLE_ANSWERS = (Answer(status=200, media=_SIMPLE), Answer(status=304))
_FILE_ANSWERS = (
    Answer(status=200, media=(_BYTES,)),
    Answer(status=206, media=(_BYTES, "multipart/byteranges")),
    Answer(status=304),
)
_JSON_ANSWERS = (
    Answer(
        status=200,
        media=("application/json",),
        schema=obj({"info": {"type": "object"}, "urls": array({"type": "object"})}),
    ),
    Answer(status=304),
    Answer(status=301),
)
_PROVENANCE = (
    Answer(
        status=200,
        media=("application/vnd.pypi.integrity.v1+json", "application/json"),
        schema=obj({"version": {"const": 1}, "attestation_bundles": array({"type": "object"})}),
    ),
    Answer(status=304),
)
_MOVED = Answer(status=301)

OPERATIONS = (
    _get("/simple", "simple_moved", "The address without its slash.", "simple", _MOVED),
    _get("/simple/", "simple_index", "Every project (PEP 503, 691).", "simple", *_SIMPLE_ANSWERS),
    _get(
        "/simple/{name}",
        "simple_project_moved",
        "The address without its slash.",
        "simple",
        _MOVED,
        no=(404, 502, 503),
    ),
    _get(
        "/simple/{name}/",
        "simple_project",
        "One project's files (PEP 503, 691, 700, 740, 792).",
        "simple",
        *_SIMPLE_ANSWERS,
        _MOVED,
        no=(404, 502, 503),
    ),
    _get(
        "/packages/{a}/{b}/{rest}/{filename}",
        "file",
        "A file, or its metadata by `.metadata` behind its name (PEP 714).",
        "files",
        *_FILE_ANSWERS,
        no=(404, 416, 503),
    ),
    _get(
        "/upstream/{name}/{sha256}/{filename}",
        "upstream_file",
        "A file of the index behind this one.",
        "files",
        *_FILE_ANSWERS,
        no=(404, 416, 502, 503),
    ),
    *(
        _get(
            path + slash,
            name + ("_slash" if slash else ""),
            says,
            "json",
            *_JSON_ANSWERS,
            no=(404, 502, 503),
        )
        for path, name, says in (
            ("/pypi/{name}/json", "project_json", "A project as JSON."),
            ("/pypi/{name}/{version}/json", "release_json", "One version as JSON."),
        )
        for slash in ("", "/")
    ),
    _get(
        "/integrity/{name}/{version}/{filename}/provenance",
        "provenance",
        "Who built a file (PEP 740).",
        "integrity",
        *_PROVENANCE,
        no=(404, 406, 503),
    ),
    _get("/", "home", "What is new, for people.", "pages", *_PAGE),
    _get(
        "/search",
        "search",
        "Projects by words, for people.",
        "pages",
        *_PAGE,
        query=(Query(name="q", meaning="the words", schema=TEXT),),
    ),
    *(
        _get(
            path + slash,
            name + ("_slash" if slash else ""),
            says,
            "pages",
            *_PAGE,
            _MOVED,
            Answer(status=302),
        )
        for path, name, says in (
            ("/project/{name}", "project_page", "A project, for people."),
            ("/project/{name}/{version}", "release_page", "One version, for people."),
        )
        for slash in ("", "/")
    ),
    _get(
        "/assets/{filename}",
        "asset",
        "What the pages are drawn with.",
        "pages",
        Answer(status=200),
        Answer(status=304),
    ),
)
