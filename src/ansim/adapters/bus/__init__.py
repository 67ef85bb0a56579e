"""Ways for facts to travel: in memory within one process, a broker between processes."""
