"""`python -m bonded` is `bonded`: the entrance, which loads nothing before an interrupt has a quiet end."""


def run() -> None:
    """Run the program as a process."""
    from bonded.cli.interrupts import end_at_once

    end_at_once()

    from bonded.cli.main import run as run_commands

    run_commands()


if __name__ == "__main__":
    run()
