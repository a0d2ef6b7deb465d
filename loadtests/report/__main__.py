"""``python -m loadtests.report RUN [RUN …]``."""

import sys

from loadtests.report.command import main

if __name__ == "__main__":
    sys.exit(main())
