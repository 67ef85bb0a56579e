"""Which cameras see her: how sure the place is, what stands between, how many pixels she gets, and where to turn a lens."""

from ansim.city.cameras.sight.choice import TOGETHER
from ansim.city.cameras.sight.course import Course
from ansim.city.cameras.sight.density import Mode
from ansim.city.cameras.sight.ground import Ground
from ansim.city.cameras.sight.sight import Sight
from ansim.city.cameras.sight.spread import Spread

__all__ = ["TOGETHER", "Course", "Ground", "Mode", "Sight", "Spread"]
