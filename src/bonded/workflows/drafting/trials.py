"""What a stranger does first with a package: how a built one is tried."""

from bonded.dists.names import parse_project_name
from bonded.workflows.drafting.pythons import IMAGE, KNOWN, admits
from bonded.workflows.drafting.subject import Package

__all__ = ["python_option", "trial"]


def python_option(package: Package) -> str:
    """Return uv's option for a Python that the package admits; empty where that of the image is one."""
    if admits(package.requires_python, IMAGE):
        return ""
    fitting = [python for python in KNOWN if admits(package.requires_python, python)]
    return f" --python {fitting[0]}" if fitting else ""


def trial(package: Package) -> str:
    """Return the Python code that tries an installed package; it holds no single quote."""
    if package.module:
        return f"import {package.module}"
    name = parse_project_name(package.name)
    return f'import importlib.metadata as m; print(m.version("{name}"))'
