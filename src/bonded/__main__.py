"""`python -m bonded` is `bonded`."""

if __name__ == "__main__":
    from bonded.cli.interrupts import end_at_once

    end_at_once()

    from bonded.cli.main import run

    run()
