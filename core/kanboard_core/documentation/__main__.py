"""``python -m kanboard_core.documentation``."""

from kanboard_core.documentation import main

main()
