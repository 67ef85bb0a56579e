"""LoST (RFC 5222): who answers where, in the words of the standard."""
