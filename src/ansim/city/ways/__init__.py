"""Where one can walk in the city, how far it is along streets, and which way is lit, seen and near help."""
