"""``python -m kanboard_core.commands``: the same as ``kanboard-server``."""

from kanboard_core.commands import main

main(prog_name="kanboard-server")
