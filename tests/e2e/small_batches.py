"""The command line with batches so small that a short run commits, merges and cleans up often."""

from datetime import timedelta

from lookalike.cli.main import main
from lookalike.pipeline import intake
from lookalike.store import maintenance

intake.MAX_PENDING = 15
maintenance.MAX_FILES = 3
maintenance.KEEP_VERSIONS = timedelta(0)

main()
