import pytest

from bonded.workflows.expressions import names, parse, references


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("", ()),
        ("'secrets.X'", ()),
        ("github", ("github",)),
        ("secrets.X", ("secrets.X",)),
        ("Secrets['X']", ("Secrets.X",)),
        ("needs.a.outputs.b && needs.a", ("needs.a.outputs.b", "needs.a")),
        ("needs.*.result", ("needs.*.result",)),
        ("needs[*].result", ("needs.*.result",)),
        ("jobs[0].x", ("jobs.0.x",)),
        ("secrets[matrix.name].x", ("secrets.?", "matrix.name")),
        ("a.b == a.b", ("a.b",)),
        ("fromJSON(env.X).y", ("env.X",)),
        ("(github.event).number", ("github.event.number",)),
        ("!contains(a.b, c[d.e || 'f'])", ("a.b", "c.?", "d.e")),
    ],
)
def test_paths_are_listed_once_in_order(text: str, paths: tuple[str, ...]) -> None:
    """The longest paths that an expression reads are known without evaluating it."""
    assert references(parse(text)) == paths


def test_contexts_are_listed_in_lower_case() -> None:
    """The contexts of an expression are a set of names."""
    assert names(parse("GitHub.ref && github.sha || x[Y.z]")) == {"github", "x", "y"}
