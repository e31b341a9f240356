"""Reconstruction: cameras and points from pictures."""
