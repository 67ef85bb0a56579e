"""Shows what phones film, picture by picture, beside the cameras and under the same rights."""
