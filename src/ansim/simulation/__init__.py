"""A whole centre, or a country of them, and everybody around in virtual time: one seed is one history, byte for byte.

What runs is what ships: the centre as `ansim.app.centre` wires it, its SQL on a real PostgreSQL. What is simulated is
outside of it: time, the disk under the keys, the way to the database, the network, phones, operators, an agency.
"""
