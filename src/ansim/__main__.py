"""`python -m ansim` is the `ansim` command."""

import sys

from ansim.cli import main

if __name__ == "__main__":
    sys.exit(main())
