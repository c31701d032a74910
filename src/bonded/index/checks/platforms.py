"""The platform tags that PyPI takes wheels for, as patterns."""

import re

__all__ = ["is_allowed_platform"]

_GLIBC = "x86_64|i686|aarch64|armv7l|ppc64le|s390x|riscv64|ppc64"
_MUSL = "x86_64|i686|aarch64|armv7l|ppc64le|s390x|riscv64"
_MAC = "ppc|ppc64|i386|x86_64|arm64|intel|fat|fat3|fat64|universal|universal2"

_ALLOWED = re.compile(
    "|".join(
        (
            "any",
            "win32|win_amd64|win_arm64|win_ia64",
            "manylinux(1|2010)_(x86_64|i686)",
            "manylinux2014_(x86_64|i686|aarch64|armv7l|ppc64|ppc64le|s390x)",
            "linux_(armv6l|armv7l)",
            rf"manylinux_\d+_\d+_({_GLIBC})",
            rf"musllinux_\d+_\d+_({_MUSL})",
            rf"macosx_10_\d+_({_MAC})",
            rf"macosx_(11|12|13|14|15|26)_0_({_MAC})",
            r"ios_\d+_\d+_(arm64|x86_64)_(iphoneos|iphonesimulator)",
            r"android_\d+_(armeabi_v7a|arm64_v8a|x86|x86_64)",
            r"pyemscripten_\d+_\d+_wasm32",
        )
    ),
    re.ASCII,
)


def is_allowed_platform(tag: str) -> bool:
    """Tell whether PyPI takes a wheel with this one, expanded platform tag."""
    return _ALLOWED.fullmatch(tag) is not None
