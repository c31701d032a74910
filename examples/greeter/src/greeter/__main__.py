"""Lets `python -m greeter` do what the command `greeter` does."""

import sys

from greeter.cli import main

if __name__ == "__main__":
    sys.exit(main())
