"""The automatic actions that Kanboard itself has, in modules named after what they do. Source: spec page "actions"."""

from __future__ import annotations

from kanboard_core.actions import Action
from kanboard_plugins.actions.catalogue import (
    assignment,
    categories,
    closing,
    colors,
    dates,
    dormant,
    mail,
    moving,
    other_projects,
    subtasks,
)

ACTIONS: tuple[Action, ...] = (
    *assignment.ACTIONS,
    *categories.ACTIONS,
    *closing.ACTIONS,
    *colors.ACTIONS,
    *dates.ACTIONS,
    *dormant.ACTIONS,
    *mail.ACTIONS,
    *moving.ACTIONS,
    *other_projects.ACTIONS,
    *subtasks.ACTIONS,
)
