"""`python -m bonded` is `bonded`."""

from bonded.cli.main import run

if __name__ == "__main__":
    run()
