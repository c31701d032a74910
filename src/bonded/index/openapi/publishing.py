"""What publishers ask: the mint and uploads."""

from bonded.index.openapi.operations import PROBLEM, TEXT, Answer, Operation, Query, array, obj

__all__ = ["OPERATIONS"]

_JSON = "application/json"
_TOKEN = obj({"token": TEXT})
_REFUSED = obj({"message": TEXT}, errors=array(obj({"code": TEXT, "description": TEXT})))
_MINTED = obj({"success": {"const": True}, "token": TEXT}, expires={"type": "number"})

_FORM = {
    "type": "object",
    "required": [":action", "protocol_version", "content"],
    "properties": {
        ":action": {"const": "file_upload"},
        "protocol_version": {"const": "1"},
        "metadata_version": TEXT,
        "name": TEXT,
        "version": TEXT,
        "filetype": {"enum": ["bdist_wheel", "sdist"]},
        "pyversion": TEXT,
        "md5_digest": TEXT,
        "sha256_digest": TEXT,
        "blake2_256_digest": TEXT,
        "attestations": TEXT,
        "content": {"type": "string", "format": "binary"},
    },
}


def _mint(path: str, name: str) -> Operation:
    refused = (
        Answer(status=status, media=(_JSON, PROBLEM), schema=_REFUSED)
        for status in (400, 403, 422, 503)
    )
    return Operation(
        method="post",
        path=path,
        name=name,
        says="Exchange an ID token for an upload token.",
        family="mint",
        answers=(Answer(status=200, media=(_JSON,), schema=_MINTED), *refused),
        body=(_JSON, _TOKEN),
    )


OPERATIONS = (
    Operation(
        method="get",
        path="/.well-known/pytp",
        name="discovery",
        says="Where the mint is (PEP 807).",
        family="mint",
        answers=(Answer(status=200, media=("application/vnd.pypi.pytp.v1+json", _JSON)),),
        no=(400, 404, 406),
        query=(Query(name="discover", meaning="the path of the uploads", schema=TEXT),),
    ),
    Operation(
        method="get",
        path="/_/oidc/audience",
        name="audience",
        says="Whom an ID token must be made for.",
        family="mint",
        answers=(Answer(status=200, media=(_JSON,), schema=obj({"audience": TEXT})),),
        no=(403,),
    ),
    _mint("/_/oidc/mint-token", "mint_token"),
    _mint("/_/oidc/github/mint-token", "mint_token_github"),
    Operation(
        method="post",
        path="/_/oidc/burn-token",
        name="burn_token",
        says="End an upload token early; the answer is always the same.",
        family="mint",
        answers=(Answer(status=202, media=(_JSON,), schema=obj({"message": TEXT})),),
        no=(503,),
        body=(_JSON, _TOKEN),
    ),
    Operation(
        method="get",
        path="/legacy/",
        name="upload_help",
        says="What this address is for.",
        family="upload",
        answers=(Answer(status=200, media=("text/plain",)),),
    ),
    *(
        Operation(
            method="post",
            path=path,
            name=name,
            says="Publish one file.",
            family="upload",
            answers=(Answer(status=200),),
            no=(400, 401, 403, 404, 405, 409, 410, 413, 422, 502, 503),
            body=("multipart/form-data", _FORM),
            auth="upload",
        )
        for path, name in (("/legacy/", "upload"), ("/legacy", "upload_without_slash"))
    ),
    Operation(
        method="get",
        path="/legacy",
        name="upload_help_moved",
        says="The address without its slash.",
        family="upload",
        answers=(Answer(status=308),),
    ),
)
