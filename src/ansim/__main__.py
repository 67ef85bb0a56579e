"""`python -m ansim` is the `ansim` command."""

from ansim.cli import main

if __name__ == "__main__":
    main()
