"""at a border: the centres on both sides know of a case, whoever has it, before anybody crosses."""
