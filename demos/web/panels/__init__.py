"""The panels beside the trace: what the run knows, the reconstruction in 3D, the graphics programs."""
