"""`python -m evals.cli` is `qalibrate`."""

from evals.cli import main

main()
