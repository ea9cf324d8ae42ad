"""A synthetic world of Operation Mekong Dragon whose truth is known.

    world = simulate(seed=0)                 # .shipments .cases .inspections .truth .phases
    world.write("world/")                    # the files of eight administrations, untidy as such files are

No public data joins drug or wildlife seizures to cleared cargo, so a method can be judged only where the truth is
made. All figures are parameters, with their sources, in ``world.toml``; goods, places and names lie in tables
beside it.

How it is made
--------------
Honest traders keep relations: a pair of firms, goods, a lane, a forwarder, a usual size and price. Relations are
born and end, volumes are very unequal, some goods have seasons, a fifth of the relations last only weeks; by
courier and post, many senders and receivers are private persons who come once. Networks are founded, choose a
corridor and covers, and ship through fronts that first send clean goods, keep addresses, telephones, forwarders and
shippers of older fronts, and are given up after a seizure; between periods they drop tells that were seized, change
covers and move. Some loads go with established traders, some are hidden in honest reefers whose papers are true
(rip-on/rip-off). Officers select by rules, tips, whim, chance and, later, by a model; examinations miss; reports
come late, lack keys, are wrong and are withdrawn. Networks and officers are played week by week, so what a network
does depends on what was seized from it before.

What this world can show
------------------------
- whether a method is sound: no knowledge of the future, honest estimates under biased selection, calibration for
  rare events, reading of dirty files without loss;
- which kinds of signal a method can use (norms by goods and origin, novelty, links over shared telephones and
  addresses, past finds) and how it fails when networks learn: compare levels ``easy``, ``default`` and ``hard``, or
  ``adaptation.strength`` 0 and 1;
- how far an estimate lies from the truth, since the truth of uninspected shipments is known here.

What it cannot show
-------------------
- how well a model would do at a real border. Prevalence, tells and their frequencies are assumptions; the world is
  as easy or as hard as its parameters make it, and a figure from it must be quoted with this sentence;
- which country, firm, good or route is risky in reality. Corridors follow public reports in outline, names are
  invented, carriers and ports carry their real codes only so that reference tables work;
- anything about persons: nothing in it depends on a nationality, an ethnic group, a religion or a sex;
- passengers, road and rail, smuggling outside of declared cargo, and corruption among officials.

The truth is a table of its own, `World.truth`; no column of another table is derived from it except through what
officers found. References are shuffled. `World.write` puts the truth into a folder of its own.
"""

from omdrisk.simulation.campaign import Campaign, campaign
from omdrisk.simulation.parameters import levels, read_parameters
from omdrisk.simulation.world import World, simulate, simulate_in_parts

__all__ = ["Campaign", "World", "campaign", "levels", "read_parameters", "simulate", "simulate_in_parts"]
