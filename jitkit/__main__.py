"""`python -m jitkit`: the command line."""

from jitkit.cli import main

if __name__ == "__main__":
    main(prog_name="jitkit")
