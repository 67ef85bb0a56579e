"""signal: something arrived. Stored exactly once, answered with a receipt after it is durable."""
