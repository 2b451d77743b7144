"""The command line: ``python -m worker COMMAND``."""

from worker.cli import main

if __name__ == "__main__":
    main(prog_name="python -m worker")
