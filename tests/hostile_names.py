"""File names under which a good wheel or source distribution must not come: the check, and words of its sentence."""

from dataclasses import replace

from hostile_forms import SDIST, WHEEL, Bend
from index_world import Offer

__all__ = ["NAMES"]


def _named(filename: str, offer: Offer = WHEEL) -> Offer:
    return replace(offer, filename=filename)


NAMES: dict[str, Bend] = {
    **{
        repr(name): ("filename_is_bare", _named(name), "in its name")
        for name in (
            "../greeter-1.0-py3-none-any.whl",
            "/etc/greeter-1.0-py3-none-any.whl",
            "a/greeter-1.0-py3-none-any.whl",
            "a\\greeter-1.0-py3-none-any.whl",
            "greeter-1.0-py3-none-any.whl/",
            "greeter-1.0-py3-none-any\x7f.whl",
            "greeter-1.0-py3-none-any\x1b.whl",
            "greeter\t-1.0-py3-none-any.whl",
        )
    },
    **{
        repr(name): ("extension_fits_filetype", _named(name), "Invalid file extension")
        for name in (
            "",
            ".",
            "greeter",
            "greeter-1.0.egg",
            "greeter-1.0.exe",
            "greeter-1.0.tar",
            "greeter-1.0.tgz",
            "greeter-1.0.tar.bz2",
            "greeter-1.0.tar.xz",
            "greeter-1.0.tar.Z",
            "greeter-1.0-py3-none-any.whl ",
            "greeter-1.0-py3-none-any.whl.asc",
            "greeter-1.0-py3-none-any.wh",
            "greeter-1.0-py3-none-any.WHL",
            "greeter-1.0.tar.gz",
            "greeter-1.0.zip",
        )
    },
    **{
        f"sdist {name!r}": (
            "extension_fits_filetype",
            _named(name, SDIST),
            "Invalid file extension",
        )
        for name in ("greeter-1.0-py3-none-any.whl", "greeter-1.0.TAR.GZ", "greeter-1.0.gz")
    },
    **{
        repr(name): ("archive_is_sound|filename_parses", _named(name), "")
        for name in (
            "-.whl",
            "greeter-1.0-py3.whl",
            "greeter-1.0-py3-none.whl",
            "greeter-1.0-a-b-c-d-e.whl",
            "greeter.whl",
            ".whl",
            "greeter-1.0-x1-py3-none-any.whl",
            "greeter--1.0-py3-none-any.whl",
            "greeter-1.0-py3-none-any .whl",
            "gréeter-1.0-py3-none-any.whl",
            "greeter-one-py3-none-any.whl",
            "gree__ter-1.0-py3-none-any.whl",
            f"greeter-1.0-{'x' * 250}-none-any.whl",
            "greeter-1.0-1\u0661-py3-none-any.whl",
        )
    },
    **{
        f"sdist {name!r}": (
            "filename_parses",
            _named(name, SDIST),
            "Invalid source distribution filename",
        )
        for name in (
            "greeter.tar.gz",
            "greeter-one.tar.gz",
            ".tar.gz",
            "-1.0.tar.gz",
            "greeter-.tar.gz",
            "greeter 1.0.tar.gz",
            "gréeter-1.0.tar.gz",
            f"{'g' * 300}-1.0.tar.gz",
            "_-1.0.tar.gz",
            f"greeter-{'1' * 3000}.tar.gz",
        )
    },
    **{
        f"sdist {name!r}": (
            "filename_is_of_the_project",
            _named(name, SDIST),
            "Start filename for 'greeter'",
        )
        for name in (
            "other-1.0.tar.gz",
            "greeter-greeter-1.0.tar.gz",
            "greeter2-1.0.tar.gz",
            "gree.ter-1.0.tar.gz",
        )
    },
    **{
        f"sdist {name!r}": (
            "filename_is_of_the_version",
            _named(name, SDIST),
            "Version in filename should be '1.0'",
        )
        for name in (
            "greeter-2.0.tar.gz",
            "greeter-1.0.post1.tar.gz",
            "greeter-1!1.0.tar.gz",
            "greeter-1.0+x.tar.gz",
        )
    },
    **{
        f"sdist {name!r}": (
            "filename_is_strict",
            _named(name, SDIST),
            "should be 'greeter-1.0.tar.gz'",
        )
        for name in (
            "Greeter-1.0.tar.gz",
            "greeter-1.00.tar.gz",
            "greeter-v1.0.tar.gz",
            "GREETER-1.0.tar.gz",
            "greeter-01.0.tar.gz",
        )
    },
    "sdist as zip": (
        "archive_is_sound|filename_is_strict",
        replace(SDIST, filename="greeter-1.0.zip"),
        "",
    ),
    **{
        f"platform {tag!r}": (
            "platform_is_allowed",
            _named(f"greeter-1.0-py3-none-{tag}.whl"),
            "unsupported platform tag",
        )
        for tag in (
            "linux_x86_64",
            "linux_aarch64",
            "macosx_9_2_x86_64",
            "macosx_11_2_arm64",
            "macosx_27_0_arm64",
            "macosx_10_9_amd64",
            "win_x86",
            "manylinux_x86_64",
            "manylinux1_aarch64",
            "musllinux_1_1_ppc64",
            "any.linux_x86_64",
            "freebsd_13_amd64",
            "wasm32",
            "x",
            "manylinux_2_17_x86_64.linux_x86_64",
        )
    },
}
