"""x"""

from omdrisk.simulation.world import World, simulate
