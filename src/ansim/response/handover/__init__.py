"""handed over: a case goes to another centre as one thing, and is somebody's at every moment of its way."""
