"""`python -m service.cli` is `qalibrate`."""

from service.cli import main

main()
