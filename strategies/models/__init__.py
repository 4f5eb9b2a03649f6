from .follow_up import FollowUp
from .strategy import Section, Strategy
from .themes import Action, Goal, Theme
from .topics import Helpline, Situation, Topic

__all__ = ["Action", "FollowUp", "Goal", "Helpline", "Section", "Situation", "Strategy", "Theme", "Topic"]
