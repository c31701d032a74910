"""What watchers ask; always open but for the metrics."""

from bonded.index.openapi.operations import TEXT, Answer, Operation, array, obj

__all__ = ["OPERATIONS"]

_JSON = "application/json"
_READY = obj({"status": TEXT, "failed": array(TEXT)})


def _get(path: str, name: str, says: str, *answers: Answer) -> Operation:
    return Operation(
        method="get", path=path, name=name, says=says, family="health", answers=answers
    )


OPERATIONS = (
    _get(
        *("/health", "health", "Whether the process answers."),
        Answer(status=200, media=(_JSON,), schema=obj({"status": TEXT})),
    ),
    _get(
        *("/ready", "ready", "Whether it can do its work, or the names of the checks that fail."),
        Answer(status=200, media=(_JSON,), schema=_READY),
        Answer(status=503, media=(_JSON,), schema=_READY),
    ),
    Operation(
        method="get",
        path="/metrics",
        name="metrics",
        says="Counters for Prometheus.",
        family="health",
        answers=(Answer(status=200, media=("text/plain",)),),
        no=(401,),
        auth="metrics",
    ),
    _get(
        *("/-/openapi.json", "openapi", "This description."),
        Answer(status=200, media=(_JSON,), schema=obj({"openapi": TEXT})),
    ),
)
