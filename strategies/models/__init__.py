from .follow_up import FollowUp
from .strategy import Section, Strategy
from .themes import Action, Goal, Theme
from .topics import Situation, Topic

__all__ = ["Action", "FollowUp", "Goal", "Section", "Situation", "Strategy", "Theme", "Topic"]
